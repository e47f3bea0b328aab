//! A table of orders: each row becomes a body of `POST /v1/orders`, which the reader of that route judges.
//!
//! The header has the fields by their paths, as errors name them: `order_id`, `customer.email`, `utm.utm_source`, `items[0].id`.

use std::collections::BTreeMap;

use csv::StringRecord;
use serde_json::{Map, Value};
use shared::http::{FieldError, Problem};
use shared::order_body::{self, Refused, Rules};

/// The most orders of a file: some seconds of work, where an answer may take thirty.
pub(super) const ORDERS_MAX: usize = 2000;
/// The most items of an order in a table.
const ITEMS_MAX: usize = 20;
/// Without these no row is an order. The last has no default here: an order of last week must not count as one of now.
const REQUIRED: [&str; 4] = ["order_id", "value", "currency", "event_time"];

/// A row.
pub(super) struct Line {
    /// The line of the file on which it begins, from 1.
    pub(super) number: u64,
    /// The order's id as it stands there, for who looks for it.
    pub(super) order_id: Option<String>,
    /// The body that it makes.
    pub(super) body: Vec<u8>,
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
    let header = text.lines().next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|it| count(*it)).unwrap_or(b',');
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(true).from_reader(text.as_bytes());
    let columns = columns(reader.headers().map_err(|_| unreadable())?)?;
    let mut lines = Vec::new();
    let mut place = Place::default();
    for record in reader.records() {
        let record = record.map_err(|_| unreadable())?;
        let number = place.line_of(text, &record);
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if lines.len() >= ORDERS_MAX {
            let message = format!("has more than {ORDERS_MAX} orders: send it in parts");
            return Err(refused("file", "too_many", message));
        }
        lines.push(Line { number, ..line(&columns, &record) });
    }
    Ok(lines)
}

/// How far the lines of a text are counted. The reader's own count is of where it began to read: before empty lines.
#[derive(Default)]
struct Place {
    byte: usize,
    line_ends: u64,
}

impl Place {
    /// The line on which a record begins, from 1. Records are asked for in their order.
    fn line_of(&mut self, text: &str, record: &StringRecord) -> u64 {
        let at = record.position().and_then(|at| usize::try_from(at.byte()).ok()).unwrap_or_default();
        let bytes = text.as_bytes();
        let empty = bytes.iter().skip(at).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let begin = at + empty;
        let passed = bytes.get(self.byte..begin).unwrap_or_default();
        self.line_ends += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.byte = begin;
        self.line_ends + 1
    }
}

fn unreadable() -> Problem {
    Problem::not_parseable("It is not a table in CSV.")
}

fn refused(field: impl Into<String>, code: &'static str, message: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError { field: field.into(), code, message: message.into() }])
}

/// Where a cell goes.
enum Column {
    Top(String),
    Inner(String, String),
    Item(usize, String),
}

impl Column {
    fn parse(name: &str) -> Self {
        match name.split_once('.') {
            None => Self::Top(name.to_owned()),
            Some((object, inner)) => {
                let index = object.strip_prefix("items[").and_then(|rest| rest.strip_suffix(']'));
                match index.and_then(|index| index.parse().ok()).filter(|index| *index < ITEMS_MAX) {
                    Some(index) => Self::Item(index, inner.to_owned()),
                    None => Self::Inner(object.to_owned(), inner.to_owned()),
                }
            }
        }
    }
}

/// The columns of a header, each a field of an order and none twice.
fn columns(header: &StringRecord) -> Result<Vec<Column>, Problem> {
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let mut errors = Vec::new();
    let mut error = |field: &str, code, message: &str| {
        errors.push(FieldError { field: field.chars().take(64).collect(), code, message: message.to_owned() });
    };
    if names.len() > 200 {
        return Err(refused("header", "too_many", "has more than 200 columns"));
    }
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) || names.iter().any(|other| other.starts_with(&format!("{name}."))) {
            error(name, "duplicate_field", "stands in the header twice");
        }
    }
    for name in REQUIRED {
        if !names.iter().any(|it| it == name) {
            error(name, "required", "is required as a column");
        }
    }
    let columns: Vec<Column> = names.iter().map(|name| Column::parse(name)).collect();
    // The reader itself says which names it knows.
    let filled = StringRecord::from(vec!["1"; names.len()]);
    let rules = Rules { times: None, refuses_unknown: true };
    if let Err(Refused::Invalid(found)) = order_body::parse(&line(&columns, &filled).body, &rules) {
        errors.extend(
            found
                .into_iter()
                .filter(|it| it.code == "unknown_field")
                .map(|it| FieldError { message: "is not a field of an order".to_owned(), ..it }),
        );
    }
    if errors.is_empty() { Ok(columns) } else { Err(Problem::invalid(errors)) }
}

fn line(columns: &[Column], record: &StringRecord) -> Line {
    let mut order = Map::new();
    let mut inner: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut items: BTreeMap<usize, Map<String, Value>> = BTreeMap::new();
    for (column, cell) in columns.iter().zip(record) {
        if cell.trim().is_empty() {
            continue;
        }
        let cell = Value::from(cell.trim());
        match column {
            Column::Top(name) => order.insert(name.clone(), cell),
            Column::Inner(object, name) => inner.entry(object).or_default().insert(name.clone(), cell),
            Column::Item(index, name) => items.entry(*index).or_default().insert(name.clone(), cell),
        };
    }
    for (object, fields) in inner {
        order.insert(object.to_owned(), Value::Object(fields));
    }
    if !items.is_empty() {
        order.insert("items".to_owned(), items.into_values().map(Value::Object).collect());
    }
    let mut errors = Vec::new();
    let mut error = |field: &str, code, message: &str| {
        errors.push(FieldError { field: field.to_owned(), code, message: message.to_owned() });
    };
    if record.len() > columns.len() {
        error("", "too_many_cells", "has more cells than the header");
    }
    if !order.contains_key("event_time") {
        error("event_time", "required", "is required: when the order was paid");
    }
    Line {
        number: 0,
        order_id: order.get("order_id").and_then(Value::as_str).map(|id| id.chars().take(255).collect()),
        body: Value::Object(order).to_string().into_bytes(),
        errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<Value> {
        let lines = read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        lines.iter().map(|line| serde_json::from_slice(&line.body).unwrap()).collect()
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
        let text = "order_id,value,currency,event_time\n\"a\nb\",1,BRL,1\n\nc,1,BRL,1,too many\nd,1,BRL,\n";
        let lines = read(text.as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 5, 6]);
        let windows = read(text.replace('\n', "\r\n").as_bytes()).unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(windows.iter().map(|line| line.number).collect::<Vec<_>>(), [2, 5, 6]);
        let codes: Vec<Vec<&str>> = lines.iter().map(|line| line.errors.iter().map(|it| it.code).collect()).collect();
        assert_eq!(codes, [vec![], vec!["too_many_cells"], vec!["required"]]);
    }

    #[test]
    fn a_header_that_is_not_an_order_s_is_refused_as_a_whole() {
        for (header, status) in [
            ("", 422),
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
