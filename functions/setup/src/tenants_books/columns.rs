//! The columns of a table of orders, and the order that a row's cells make.

use std::collections::BTreeMap;

use csv::StringRecord;
use serde_json::{Map, Value};
use shared::http::{FieldError, Problem};
use shared::order_body::{self, Refused, Rules};

use super::lines::refused;

/// The most items of an order in a table.
const ITEMS_MAX: usize = 20;
/// Without these no row is an order. The last has no default here: an order of last week must not count as one of now.
const REQUIRED: [&str; 4] = ["order_id", "value", "currency", "event_time"];

/// Where a cell goes.
pub(super) enum Column {
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

    /// Its field, where it holds an amount of money.
    pub(super) fn amount(&self) -> Option<String> {
        match self {
            Self::Top(name) if name == "value" => Some(name.clone()),
            Self::Item(index, name) if name == "price" => Some(format!("items[{index}].price")),
            _ => None,
        }
    }
}

/// The columns of a header, each a field of an order and none twice.
pub(super) fn columns(header: &StringRecord) -> Result<Vec<Column>, Problem> {
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
    let filled = Value::Object(order(&columns, &filled)).to_string();
    if let Err(Refused::Invalid(found)) = order_body::parse(filled.as_bytes(), &rules) {
        errors.extend(
            found
                .into_iter()
                .filter(|it| it.code == "unknown_field")
                .map(|it| FieldError { message: "is not a field of an order".to_owned(), ..it }),
        );
    }
    if errors.is_empty() { Ok(columns) } else { Err(Problem::invalid(errors)) }
}

/// What the cells of a row say.
pub(super) fn order(columns: &[Column], record: &StringRecord) -> Map<String, Value> {
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
    order
}
