//! Lists by keyset: a page begins behind the last row of the page before, whatever came or went in between.

use lambda_http::{Request, RequestExt};

use crate::http::Problem;

/// How many rows a page has, unless the caller says otherwise.
const ROWS: u32 = 50;
/// The most that it may have.
const MOST: u32 = 100;
/// The end of the year 9999, Unix microseconds: behind every row.
pub const END_US: i64 = 253_402_300_800_000_000;

/// A row's place in a list that is ordered by a time and an id, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Unix microseconds.
    at_us: i64,
    id: String,
}

impl Cursor {
    /// The place of a row.
    pub fn new(at_us: i64, id: String) -> Self {
        Self { at_us, id }
    }

    /// Reads what [`text`](Self::text) gave.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let (at_us, id) = std::str::from_utf8(&bytes).ok()?.split_once('.')?;
        let at_us = at_us.parse().ok().filter(|it| (0..END_US).contains(it))?;
        // An id, and room for the word of a list that has several kinds.
        let is_id =
            (1..=80).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
        is_id.then(|| Self { at_us, id: id.to_owned() })
    }

    /// As a caller hands it back: nothing to be read in it.
    pub fn text(&self) -> String {
        hex::encode(format!("{}.{}", self.at_us, self.id))
    }
}

/// The part of a list that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    rows: u32,
    after: Option<Cursor>,
}

impl Page {
    /// So many rows, behind the last of the page before.
    pub fn behind(after: Option<Cursor>, rows: u32) -> Self {
        Self { rows, after }
    }

    /// The same page, behind this row.
    ///
    /// # Errors
    /// 400 for a text that no page has given.
    pub fn after(self, text: Option<&str>) -> Result<Self, Problem> {
        let Some(text) = text else { return Ok(self) };
        Ok(Self { after: Some(Cursor::parse(text).ok_or_else(no_cursor)?), ..self })
    }

    /// By `?limit=` and `?after=`.
    ///
    /// # Errors
    /// 400 for what is none of both.
    pub fn of(request: &Request) -> Result<Self, Problem> {
        let parameters = request.query_string_parameters();
        let rows = match parameters.first("limit").map(str::parse::<u32>) {
            None => ROWS,
            Some(Ok(rows)) if (1..=MOST).contains(&rows) => rows,
            Some(_) => {
                let message = format!("must be a whole number from 1 to {MOST}");
                return Err(Problem::bad_parameter("limit", "out_of_range", &message));
            }
        };
        let after = match parameters.first("after").map(Cursor::parse) {
            None => None,
            Some(Some(cursor)) => Some(cursor),
            Some(None) => return Err(no_cursor()),
        };
        Ok(Self { rows, after })
    }

    /// What the page's rows come before, in the order of time (Unix microseconds) and id.
    pub fn before(&self) -> (i64, &str) {
        self.after.as_ref().map_or((END_US, ""), |cursor| (cursor.at_us, cursor.id.as_str()))
    }

    /// The limit of a statement: one row more than the page has tells whether there is another page.
    pub fn one_more(&self) -> i64 {
        i64::from(self.rows) + 1
    }

    /// The page's rows as they are told, and the place of the last one if there is another page.
    ///
    /// # Errors
    /// Those of the two functions.
    pub fn cut<R, T, E>(
        &self,
        rows: &[R],
        read: impl Fn(&R) -> Result<T, E>,
        place: impl Fn(&R) -> Result<Cursor, E>,
    ) -> Result<(Vec<T>, Option<Cursor>), E> {
        let most = self.rows as usize;
        let kept = rows.get(..most).unwrap_or(rows);
        let next = if rows.len() > most { kept.last().map(place).transpose()? } else { None };
        Ok((kept.iter().map(read).collect::<Result<_, E>>()?, next))
    }
}

fn no_cursor() -> Problem {
    Problem::bad_parameter("after", "no_cursor", "must be the `next` of a page")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_again_and_anything_else_is_none() {
        let cursor = Cursor::new(1_795_528_800_123_456, "tnt_a-key".to_owned());
        assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        for text in ["", "x", "31", "1.a", "ff2e61"].into_iter().map(str::to_owned).chain(
            ["1.", ".a", "-1.a", "1.a b", "1.a.b", "253402300800000000.a", "9999999999999999999.a", "1.ä"]
                .map(hex::encode),
        ) {
            assert_eq!(Cursor::parse(&text), None, "{text}");
        }
    }

    #[test]
    fn a_page_names_the_next_one_only_where_there_is_one() {
        let page = Page { rows: 2, after: None };
        let cut = |rows: &[i64]| page.cut(rows, |row| Ok::<_, ()>(*row), |row| Ok(Cursor::new(*row, "x".to_owned())));
        assert_eq!(page.one_more(), 3);
        assert_eq!(cut(&[]), Ok((vec![], None)));
        assert_eq!(cut(&[3, 2]), Ok((vec![3, 2], None)));
        assert_eq!(cut(&[3, 2, 1]), Ok((vec![3, 2], Some(Cursor::new(2, "x".to_owned())))));
    }
}
