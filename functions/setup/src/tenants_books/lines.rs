//! A table of orders: each row becomes a body of `POST /v1/orders`, which the reader of that route judges.
//!
//! The header has the fields by their paths, as errors name them: `order_id`, `customer.email`, `utm.utm_source`, `items[0].id`.

use std::cell::Cell;

use serde_json::Value;
use shared::domain::money::{self, Currency, Money};
use shared::http::{FieldError, Problem};

use super::columns::{Column, columns, order};
use super::rows::{self, Fault, Row};

/// The most orders of a file: some seconds of work, where an answer may take thirty.
pub(super) const ORDERS_MAX: usize = 2000;
/// A row.
pub(super) struct Line {
    /// The line of the file on which it begins, from 1.
    pub(super) number: u64,
    /// The line on which it ends.
    pub(super) last: u64,
    /// The order's id as it stands there, for who looks for it.
    pub(super) order_id: Option<String>,
    /// The body that it makes; `None` where its cells cannot be told from each other.
    pub(super) body: Option<Vec<u8>>,
    /// What is wrong with it as a row.
    pub(super) errors: Vec<FieldError>,
}

/// Reads a file with commas, semicolons or tabs between its cells, whichever its header has most of.
///
/// # Errors
/// 400 where it is no table at all; 422 where its header names something else than fields of an order, or is short of one.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Line>, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        Problem::not_parseable(format!("It is not UTF-8 at byte {at}; save the table as CSV in UTF-8."))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let header = text.split(['\n', '\r']).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|it| count(*it)).unwrap_or(b',');
    let width = Cell::new(0);
    let mut rows = rows::rows(text, delimiter, || width.get());
    let header = rows.next();
    if let Some(fault) = header.as_ref().and_then(|header| header.fault) {
        return Err(Problem::invalid(vec![told(fault, None)]));
    }
    let columns = columns(&header.map(|header| header.cells).unwrap_or_default())?;
    width.set(columns.len());
    let mut lines = Vec::new();
    for row in rows {
        if row.cells.iter().all(|cell| cell.trim().is_empty()) && row.fault.is_none() {
            continue;
        }
        if lines.len() >= ORDERS_MAX {
            let message = format!("has more than {ORDERS_MAX} orders: send it in parts");
            return Err(refused("file", "too_many", message));
        }
        lines.push(line(&columns, &row));
    }
    Ok(lines)
}

/// What is wrong with a row's quotes, which ends on line `last`.
fn told(fault: Fault, last: Option<u64>) -> FieldError {
    let (code, message) = match (fault, last) {
        (Fault::LineBreak, Some(last)) => (
            "line_break",
            format!("has a cell with a line break, and ends on line {last}: write each order on one line"),
        ),
        (Fault::LineBreak, None) => ("line_break", "has a cell with a line break".to_owned()),
        (Fault::Unclosed, _) => ("unclosed_quote", "has a quote that is not closed".to_owned()),
        (Fault::Stray, _) => (
            "stray_quote",
            "has a quote in the middle of a cell: put the whole cell in quotes, and write the one in it twice"
                .to_owned(),
        ),
    };
    FieldError { field: String::new(), code, message }
}

pub(super) fn refused(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError { field: field.into(), code, message: message.into() }])
}

fn line(columns: &[Column], row: &Row) -> Line {
    let order = order(columns, &row.cells);
    let order_id = order.get("order_id").and_then(Value::as_str).map(|id| id.chars().take(255).collect());
    let (number, last) = (row.number, row.last);
    if let Some(fault) = row.fault {
        return Line { number, last, order_id, body: None, errors: vec![told(fault, Some(last))] };
    }
    let mut errors = Vec::new();
    let mut error = |field: &str, code, message: &str| {
        errors.push(FieldError { field: field.to_owned(), code, message: message.to_owned() });
    };
    if row.cells.len() > columns.len() {
        error("", "too_many_cells", "has more cells than the header");
    }
    if !order.contains_key("event_time") {
        error("event_time", "required", "is required: when the order was paid");
    }
    let currency = order.get("currency").and_then(Value::as_str).and_then(Currency::parse);
    for (column, cell) in columns.iter().zip(&row.cells) {
        if let Some(field) = column.amount().filter(|_| is_ambiguous(cell, currency)) {
            let message =
                "may have a mark of thousands: write 1500.00 for fifteen hundred, and 1.50 for one and a half";
            error(&field, "thousands_mark", message);
        }
    }
    Line { number, last, order_id, body: Some(Value::Object(order).to_string().into_bytes()), errors }
}

/// Whether a person may have meant a thousand times what is read: `1.500` as spreadsheets of some countries write fifteen hundred. A
/// currency with three decimals writes one and a half so.
fn is_ambiguous(cell: &str, currency: Option<Currency>) -> bool {
    let is_usual = |currency: &Currency| currency.decimals() == 3 && Money::parse(cell, *currency).is_ok();
    money::may_mark_thousands(cell) && !currency.as_ref().is_some_and(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<Value> {
        let lines = read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        lines.iter().map(|line| serde_json::from_slice(line.body.as_deref().unwrap()).unwrap()).collect()
    }

    #[test]
    fn a_row_is_the_body_that_its_columns_name() {
        let text = "order_id,value,currency,event_time,customer.email,utm.utm_source,items[1].id,items[0].id,items[0].price\r\n\
                    1001,97.00,BRL,1700000000,maria@example.com,,b,a,97\r\n\r\n\
                    \"10,02\",1,BRL,1700000000,\"\",ads,,,\r\n";
        let wanted = [
            serde_json::json!({"order_id": "1001", "value": "97.00", "currency": "BRL", "event_time": "1700000000",
                "customer": {"email": "maria@example.com"}, "items": [{"id": "a", "price": "97"}, {"id": "b"}]}),
            serde_json::json!({"order_id": "10,02", "value": "1", "currency": "BRL", "event_time": "1700000000",
                "utm": {"utm_source": "ads"}}),
        ];
        assert_eq!(bodies(text), wanted);
        assert_eq!(bodies(&format!("\u{feff}{}", text.replace("\"10,02\"", "1002"))).len(), 2);
        let semicolons = "order_id;value;currency;event_time\n1;\"9,7\";BRL;1700000000\n";
        assert_eq!(bodies(semicolons)[0]["value"], "9,7");
        assert_eq!(bodies("event_time\tvalue\tcurrency\torder_id\n1\t2\tBRL\t3")[0]["order_id"], "3");
    }

    #[test]
    fn each_row_has_the_line_on_which_it_begins() {
        let text = "order_id,value,currency,event_time\n\"a\nb\",1,BRL,1\n\nc,1,BRL,1,too many\nd,1,BRL,\ne,1,BRL,\"1\nf,1,BRL,1\n";
        let lines = read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 5, 6, 7, 8]);
        let windows = read(text.replace('\n', "\r\n").as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(windows.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 5, 6, 7, 8]);
        let codes: Vec<Vec<&str>> = lines.iter().map(|line| line.errors.iter().map(|it| it.code).collect()).collect();
        let wanted = [vec!["line_break"], vec!["too_many_cells"], vec!["required"], vec!["unclosed_quote"], vec![]];
        assert_eq!(codes, wanted);
        assert_eq!(lines.iter().map(|line| line.last).collect::<Vec<_>>(), [3, 5, 6, 7, 8]);
    }

    #[test]
    fn an_amount_that_may_have_a_mark_of_thousands_is_refused() {
        for (amount, currency, is_refused) in [
            ("1.500", "BRL", true),
            ("\"1,500\"", "BRL", true),
            ("1.500", "JPY", true),
            ("12.345.678", "BRL", true),
            ("1.500", "CLF", true),
            ("\"1,500\"", "KWD", true),
            ("1.500", "none", true),
            ("1.500", "KWD", false),
            ("1500.00", "BRL", false),
            ("1500.000", "BRL", false),
            ("0.500", "BRL", false),
            ("1.50", "BRL", false),
        ] {
            let text = format!(
                "order_id,value,currency,event_time,items[0].id,items[0].price\n1,{amount},{currency},1,a,{amount}\n"
            );
            let lines = read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
            let told: Vec<_> = lines[0].errors.iter().map(|it| (it.field.as_str(), it.code)).collect();
            let wanted = [("value", "thousands_mark"), ("items[0].price", "thousands_mark")];
            assert_eq!(told, if is_refused { &wanted[..] } else { &[] }, "{amount} {currency}");
        }
    }

    #[test]
    fn a_header_that_is_not_an_order_s_is_refused_as_a_whole() {
        for (header, status) in [
            ("", 422),
            ("\"order_id,value,currency,event_time", 422),
            ("order_id,value,currency", 422),
            ("order_id,value,currency,event_time,color", 422),
            ("order_id,value,currency,event_time,customer.shoe_size", 422),
            ("order_id,value,currency,event_time,items[20].id", 422),
            ("order_id,value,currency,event_time,value", 422),
            ("order_id,value,currency,event_time,customer,customer.email", 422),
        ] {
            let problem = read(format!("{header}\n1,2,BRL,3\n").as_bytes()).err().map(|it| it.status().as_u16());
            assert_eq!(problem, Some(status), "{header}");
        }
        assert_eq!(read(b"order_id\xff\n").err().map(|it| it.status().as_u16()), Some(400));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_row_panics(row in ".{0,200}") {
            let _ = read(format!("order_id,value,currency,event_time,items[0].id\n{row}").as_bytes());
        }
    }
}
