//! What a command answers.

use serde_json::Value;
use time::OffsetDateTime;

/// An answer, for people and for scripts.
pub(crate) struct Said {
    /// For people.
    pub(crate) text: String,
    /// For scripts.
    pub(crate) json: Value,
    /// Whether all is well: else the program ends with 1.
    pub(crate) sound: bool,
}

impl Said {
    /// All is well.
    pub(crate) fn well(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, sound: true }
    }
}

/// A time of Unix seconds as a person reads it.
pub(crate) fn at(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(
        |_| seconds.to_string(),
        |it| format!("{} {:02}:{:02}:{:02} UTC", it.date(), it.hour(), it.minute(), it.second()),
    )
}

/// Rows below a head, each column as wide as its widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.max().unwrap_or_default().max(head[column].chars().count())
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}
