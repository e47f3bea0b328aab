//! A body as a tree that bears what senders do to types: `[]` for an empty object, numbers as texts and texts as numbers, nulls
//! and sentinels for what is not known.

use serde_json::value::RawValue;

use crate::body::Object;
use crate::domain::user_data::is_placeholder;

/// Deeper than any platform's body; what lies deeper is not read.
const MAX_DEPTH: usize = 32;

/// A value. A number is the text that was written: no float ever holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Null, and what cannot be read (a text with half a surrogate pair).
    Null,
    /// A truth value.
    Bool(bool),
    /// A number as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// An object, its fields in the order in which they came.
    Object(Vec<(String, Value)>),
}

static NULL: Value = Value::Null;

impl Value {
    /// Reads JSON. Bytes that are not UTF-8 stand as U+FFFD, so that a broken name does not cost the sale.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(body);
        let raw: &RawValue = serde_json::from_str(&text).ok()?;
        Some(read(raw.get(), 0))
    }

    /// The value at a path of names, and of numbers in lists: `data.items.0.id`. Null if there is none. Of a name that comes
    /// twice in an object the last counts.
    pub(crate) fn at(&self, path: &str) -> &Self {
        path.split('.').fold(self, Self::child)
    }

    fn child(&self, name: &str) -> &Self {
        let found = match self {
            Self::Object(fields) => fields.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value),
            Self::List(values) => name.parse::<usize>().ok().and_then(|index| values.get(index)),
            _ => None,
        };
        found.unwrap_or(&NULL)
    }

    /// A text, or a number's digits, without outer white space; `None` if nothing is in it, or a sentinel that says that
    /// nothing is known ("Não Informado", "null"), or it was broken on the way (U+FFFD; NUL, which Postgres cannot hold).
    pub(crate) fn text(&self) -> Option<&str> {
        let (Self::Text(text) | Self::Number(text)) = self else { return None };
        let text = text.trim();
        let is_absent = text.is_empty() || text.contains(['\u{fffd}', '\0']) || is_placeholder(text);
        (!is_absent).then_some(text)
    }

    /// The same as a text of its own.
    pub(crate) fn owned(&self) -> Option<String> {
        self.text().map(str::to_owned)
    }

    /// A whole number, also as a text.
    pub(crate) fn integer(&self) -> Option<i64> {
        self.text()?.parse().ok()
    }

    /// How many there are of something: a whole number above zero, also as a text.
    pub(crate) fn count(&self) -> Option<u32> {
        self.text()?.parse().ok().filter(|count| *count > 0)
    }

    /// A truth value, also as `1`, `"1"` or `"true"` and their opposites.
    pub(crate) fn flag(&self) -> Option<bool> {
        if let Self::Bool(flag) = self {
            return Some(*flag);
        }
        match self.text()? {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        }
    }

    /// The values of a list, or of an object whose names are a list's numbers, as forms and PHP write one. Anything else has
    /// none.
    pub(crate) fn list(&self) -> Vec<&Self> {
        match self {
            Self::List(values) => values.iter().collect(),
            Self::Object(fields) if fields.iter().all(|(name, _)| name.parse::<u32>().is_ok()) => {
                fields.iter().map(|(_, value)| value).collect()
            }
            _ => Vec::new(),
        }
    }

    /// An object's fields; none of anything else.
    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }
}

/// A value from its text, which is valid JSON.
fn read(raw: &str, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Null;
    }
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map_or(Value::Null, Value::Text),
        Some(b'{') => serde_json::from_str(raw).map_or(Value::Null, |Object::<false>(fields)| {
            Value::Object(fields.into_iter().map(|(name, value)| (name, read(value.get(), depth + 1))).collect())
        }),
        Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw).map_or(Value::Null, |values| {
            Value::List(values.iter().map(|value| read(value.get(), depth + 1)).collect())
        }),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'-' | b'0'..=b'9') => Value::Number(raw.to_owned()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(json: &str) -> Value {
        Value::parse(json.as_bytes()).unwrap()
    }

    #[test]
    fn p09_type_instability_numbers_and_texts_are_read_alike() {
        let body = parsed(r#"{"a":{"id":123,"ref":"123"},"flag":[true,"1",0,"false"],"n":[7,"7"]}"#);
        assert_eq!(body.at("a.id").text(), body.at("a.ref").text());
        let flags: Vec<_> = body.at("flag").list().iter().map(|value| value.flag()).collect();
        assert_eq!(flags, [Some(true), Some(true), Some(false), Some(false)]);
        assert_eq!((body.at("n.0").integer(), body.at("n.1").count()), (Some(7), Some(7)));
        let none = parsed(r#"{"n":[0,-1,1.5,"x",null,99999999999]}"#);
        assert!(none.at("n").list().iter().all(|value| value.count().is_none()));
    }

    #[test]
    fn p09_type_instability_an_empty_list_is_as_good_as_an_empty_object() {
        for json in [r#"{"metas":[]}"#, r#"{"metas":{}}"#, r#"{"metas":null}"#, "{}"] {
            let body = parsed(json);
            assert_eq!(body.at("metas.name").text(), None, "{json}");
            assert!(body.at("metas").list().is_empty() && body.at("metas").fields().is_empty(), "{json}");
        }
        assert_eq!(parsed(r#"{"l":{"0":"a","1":"b"}}"#).at("l").list().len(), 2);
    }

    #[test]
    fn p10_sentinels_and_empty_texts_are_absent() {
        for text in ["", "  ", "null", "Não Informado", "NÃO INFORMADO", "undefined", "N/A"] {
            assert_eq!(Value::Text(text.to_owned()).text(), None, "{text}");
        }
        assert_eq!(Value::Text(" São Paulo ".to_owned()).text(), Some("São Paulo"));
    }

    #[test]
    fn a_number_is_the_text_that_was_written() {
        assert_eq!(parsed(r#"{"v":97.10}"#).at("v").text(), Some("97.10"));
        assert_eq!(parsed(r#"{"v":12345678901234567890}"#).at("v").text(), Some("12345678901234567890"));
    }

    #[test]
    fn a_broken_text_is_absent_and_the_rest_is_read() {
        let body = Value::parse(b"{\"name\":\"Jos\xe9\",\"half\":\"\\ud800\",\"id\":\"1\"}").unwrap();
        assert_eq!((body.at("name").text(), body.at("half").text(), body.at("id").text()), (None, None, Some("1")));
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_counts() {
        assert_eq!(parsed(r#"{"a":1,"a":2}"#).at("a").text(), Some("2"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), path in "[a-z0-9.]{0,10}") {
            if let Some(value) = Value::parse(&body) {
                let _ = (value.at(&path).text(), value.list().len());
            }
        }
    }

    #[test]
    fn a_deep_body_costs_no_stack() {
        let body = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Value::parse(body.as_bytes()).is_none_or(|value| value.at("0.0").text().is_none()));
    }
}
