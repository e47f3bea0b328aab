//! The rows of a table in CSV, each on a line of its own.
//!
//! CSV lets a cell in quotes go on over several lines. Here that is an error of its row: no field of an order has a line break, and a
//! quote that was left open would make one cell of all the orders that follow.

use std::iter;

use csv::{ReaderBuilder, StringRecord};

/// A line that is not empty.
pub(super) struct Row {
    /// The line, from 1.
    pub(super) number: u64,
    /// The line on which it ends: another one where a cell of it has a line break.
    pub(super) last: u64,
    /// Its cells, as far as they can be read.
    pub(super) cells: StringRecord,
    /// What is wrong with its quotes.
    pub(super) fault: Option<Fault>,
}

/// What is wrong with the quotes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A cell goes on over several lines.
    LineBreak,
    /// A quote is not closed.
    Unclosed,
    /// A quote stands in the middle of a cell.
    Stray,
}

/// The rows of a text, its header first. `width` is how many cells a whole row has.
pub(super) fn rows(text: &str, delimiter: u8, width: impl Fn() -> usize) -> impl Iterator<Item = Row> {
    let mut lines = lines(text).zip(1..);
    iter::from_fn(move || {
        let (line, number) = lines.by_ref().find(|(line, _)| !line.trim().is_empty())?;
        let more = match quotes(line, delimiter, false) {
            Quotes::Open => lines_more(line, lines.clone().map(|(line, _)| line), delimiter, width()),
            _ => None,
        };
        let fault = match (quotes(line, delimiter, false), more) {
            (Quotes::Closed, _) => None,
            (Quotes::Stray, _) => Some(Fault::Stray),
            (Quotes::Open, None) => Some(Fault::Unclosed),
            (Quotes::Open, Some(_)) => Some(Fault::LineBreak),
        };
        let last = more.and_then(|more| lines.nth(more - 1)).map_or(number, |(_, last)| last);
        Some(Row { number, last, cells: cells(line, delimiter), fault })
    })
}

/// The lines of a text, however they end.
fn lines(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// On how many further lines a row goes on whose quote is open at the end of its first line; `None` where no such row has as many cells
/// as it must: then the quote was left open by mistake.
fn lines_more<'a>(first: &str, further: impl Iterator<Item = &'a str>, delimiter: u8, width: usize) -> Option<usize> {
    let mut whole = first.to_owned();
    for (line, more) in further.zip(1..) {
        whole.push('\n');
        whole.push_str(line);
        match quotes(line, delimiter, true) {
            Quotes::Open => {}
            Quotes::Stray => return None,
            Quotes::Closed => return (cells(&whole, delimiter).len() == width).then_some(more),
        }
    }
    None
}

/// How the quotes of a line stand at its end.
enum Quotes {
    Closed,
    Open,
    Stray,
}

/// `is_open`: whether the line begins within quotes.
fn quotes(line: &str, delimiter: u8, mut is_open: bool) -> Quotes {
    let mut bytes = line.bytes().peekable();
    let mut begins_cell = !is_open;
    while let Some(byte) = bytes.next() {
        if byte == b'"' {
            match (is_open, bytes.peek()) {
                (true, Some(b'"')) => drop(bytes.next()),
                (true, next) if next.is_none_or(|next| *next == delimiter) => is_open = false,
                (false, _) if begins_cell => is_open = true,
                _ => return Quotes::Stray,
            }
        }
        begins_cell = !is_open && byte == delimiter;
    }
    if is_open { Quotes::Open } else { Quotes::Closed }
}

/// The cells of one row.
fn cells(row: &str, delimiter: u8) -> StringRecord {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(row.as_bytes());
    let mut record = StringRecord::new();
    // It is UTF-8 and in memory: nothing to fail.
    let _ = reader.read_record(&mut record);
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row of three cells: first and last line, fault, first cell.
    fn read(text: &str) -> Vec<(u64, u64, Option<Fault>, String)> {
        let first = |row: &Row| row.cells.get(0).unwrap_or_default().to_owned();
        rows(text, b',', || 3).map(|row| (row.number, row.last, row.fault, first(&row))).collect()
    }

    fn right(line: u64, id: &str) -> (u64, u64, Option<Fault>, String) {
        (line, line, None, id.to_owned())
    }

    #[test]
    fn a_cell_over_several_lines_is_one_wrong_row_and_those_after_it_stand() {
        for text in [
            "1,2,3\n\"a\n\n\"\"b\",2,3\n4,\"5,\"\"\",6\n",
            "1,2,3\r\n\"a\r\n\r\n\"\"b\",2,3\r\n4,5,6",
            "1,2,3\r\"a\r\r\"\"b\",2,3\r4,5,6",
        ] {
            let found = read(text);
            assert_eq!(found[0], right(1, "1"), "{text:?}");
            assert_eq!((found[1].0, found[1].1, found[1].2), (2, 4, Some(Fault::LineBreak)), "{text:?}");
            assert_eq!(found[2..], [right(5, "4")], "{text:?}");
        }
    }

    #[test]
    fn a_quote_that_is_left_open_takes_no_other_row_with_it() {
        for (text, fault) in [
            ("1,\"2,3\n4,5,6\n7,8,9", Fault::Unclosed),
            ("1,2,\"3\n4,5,6\n7,8,9", Fault::Unclosed),
            ("1,\"2,3\n4,5,6\n7,\"8\",9", Fault::Unclosed),
            ("1,2\"x,3\n4,5,6\n7,8,9", Fault::Stray),
            ("1,\"2\"x,3\n4,5,6\n7,8,9", Fault::Stray),
            ("1, \"2\",3\n4,5,6\n7,8,9", Fault::Stray),
        ] {
            let found = read(text);
            assert_eq!((found[0].0, found[0].1, found[0].2), (1, 1, Some(fault)), "{text:?}");
            assert_eq!(found[1..], [right(2, "4"), right(3, "7")], "{text:?}");
        }
        // What closes it makes no row of it: it is no order either.
        let found = read("\"1\n1\",2,3,4\n5,6,7");
        assert_eq!(found.iter().map(|it| it.2).collect::<Vec<_>>(), [Some(Fault::Unclosed), Some(Fault::Stray), None]);
    }
}
