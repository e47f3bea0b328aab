//! Reads a JSON request body field by field, so that one answer names everything that is wrong with it.
//!
//! Values are kept as the text that came until a field asks for a type: amounts never pass through a float, and
//! duplicate and unknown fields are seen.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::http::FieldError;

/// An object's fields in the order in which they came, with their values as written. Where they are to be `DISTINCT`, a name that
/// comes twice is an error, and so are too many.
pub(crate) struct Object<'a, const DISTINCT: bool>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de, const DISTINCT: bool> Deserialize<'de> for Object<'de, DISTINCT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields<const DISTINCT: bool>;
        impl<'de, const DISTINCT: bool> Visitor<'de> for Fields<DISTINCT> {
            type Value = Object<'de, DISTINCT>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if DISTINCT && fields.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{}`", shown(&name))));
                    }
                    if DISTINCT && fields.len() >= MAX_FIELDS {
                        return Err(A::Error::custom("too many fields"));
                    }
                    fields.push((name, map.next_value()?));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields::<DISTINCT>)
    }
}

/// The fields of a body that is one JSON object; otherwise what is not JSON about it and where, without its values.
pub(crate) fn object(body: &[u8]) -> Result<Vec<(String, &RawValue)>, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))?;
    // serde's own words for another kind of value would hold the value.
    if !text.trim_start().starts_with('{') {
        return Err("not a JSON object".to_owned());
    }
    let Object::<true>(fields) = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Ok(fields)
}

/// More fields than any body of ours has; bounds the search for duplicates.
const MAX_FIELDS: usize = 256;

/// A field's name as an error may show it: bounded, without control characters.
pub(crate) fn shown(name: &str) -> String {
    name.chars().filter(|it| !it.is_control()).take(64).collect()
}

/// The fields of one object, with the errors found so far.
///
/// Every `take` removes its field; [`Fields::finish`] reports what nobody asked for.
pub struct Fields<'a> {
    path: String,
    left: Vec<(String, &'a RawValue)>,
    /// What was wrong, in the order found.
    pub errors: Vec<FieldError>,
}

impl<'a> Fields<'a> {
    /// Reads a body that is one JSON object.
    ///
    /// # Errors
    /// A text that says what is not JSON about it and where; also for duplicate fields, which readers of JSON
    /// resolve in different ways (RFC 8259, section 4).
    pub fn parse(body: &'a [u8]) -> Result<Self, String> {
        Ok(Self { path: String::new(), left: object(body)?, errors: Vec::new() })
    }

    /// Notes an error of a field of this object.
    pub fn error(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let field = format!("{}{name}", self.path);
        self.errors.push(FieldError { field, code, message: message.into() });
    }

    /// Whether a field is there that nobody took yet; null is as good as absent.
    pub fn has(&self, name: &str) -> bool {
        self.left.iter().any(|(known, raw)| known == name && raw.get() != "null")
    }

    /// The raw text of a field that is there and not null.
    fn take(&mut self, name: &str) -> Option<&'a str> {
        let index = self.left.iter().position(|(known, _)| known == name)?;
        let raw = self.left.swap_remove(index).1.get();
        (raw != "null").then_some(raw)
    }

    /// A text; null is as good as absent.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let raw = self.take(name)?;
        match serde_json::from_str::<String>(raw) {
            Ok(text) => Some(text),
            Err(_) if raw.starts_with('"') => {
                self.error(name, "not_unicode", "holds a lone surrogate");
                None
            }
            Err(_) => {
                self.error(name, "wrong_type", "must be a text");
                None
            }
        }
    }

    /// A text that the rest can do without: what is wrong with its type goes to `left_out`, not to the errors.
    pub fn extra_text(&mut self, name: &str, left_out: &mut Vec<FieldError>) -> Option<String> {
        let before = self.errors.len();
        let text = self.text(name);
        left_out.extend(self.errors.drain(before..));
        text
    }

    /// A text, or a whole number as the text that it was written as (ids and phones often come so).
    pub fn text_or_integer(&mut self, name: &str) -> Option<String> {
        let index = self.left.iter().position(|(known, _)| known == name)?;
        let raw = self.left[index].1.get();
        if raw.bytes().all(|byte| byte.is_ascii_digit()) {
            self.left.swap_remove(index);
            return Some(raw.to_owned());
        }
        self.text(name)
    }

    /// A number or a text with a number: the text as it came.
    pub fn number(&mut self, name: &str) -> Option<String> {
        let index = self.left.iter().position(|(known, _)| known == name)?;
        let raw = self.left[index].1.get();
        if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            self.left.swap_remove(index);
            return Some(raw.to_owned());
        }
        self.text(name)
    }

    /// true or false; absent and null are false.
    pub fn flag(&mut self, name: &str) -> bool {
        match self.take(name) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                self.error(name, "wrong_type", "must be true or false");
                false
            }
        }
    }

    /// Words of a list, each one of `taken`; empty when absent or null.
    pub fn words<'w>(&mut self, name: &str, taken: &[&'w str]) -> Vec<&'w str> {
        let Some(raw) = self.take(name) else { return Vec::new() };
        let words = serde_json::from_str::<Vec<String>>(raw).ok();
        let known = |word: &String| taken.iter().find(|it| **it == word).copied();
        words.and_then(|words| words.iter().map(known).collect()).unwrap_or_else(|| {
            self.error(name, "unknown_word", format!("must be a list of these: {}", taken.join(", ")));
            Vec::new()
        })
    }

    /// The fields of an object inside this one; empty when absent or null, or an empty list, which is what PHP makes of an
    /// empty object.
    #[must_use]
    pub fn object(&mut self, name: &str) -> Fields<'a> {
        let mut inner = Fields { path: format!("{}{name}.", self.path), left: Vec::new(), errors: Vec::new() };
        if let Some(raw) = self.take(name) {
            match serde_json::from_str::<Object<'a, true>>(raw) {
                Ok(Object(fields)) => inner.left = fields,
                Err(_) if serde_json::from_str::<[(); 0]>(raw).is_ok() => {}
                Err(error) => self.not_an_object(name, raw, &error),
            }
        }
        inner
    }

    /// The objects of a list inside this object; empty when absent or null. Past `max` entries it is an error.
    pub fn objects(&mut self, name: &str, max: usize) -> Vec<Fields<'a>> {
        let Some(raw) = self.take(name) else { return Vec::new() };
        let Ok(entries) = serde_json::from_str::<Vec<&'a RawValue>>(raw) else {
            self.error(name, "wrong_type", "must be a list");
            return Vec::new();
        };
        if entries.len() > max {
            self.error(name, "too_many", format!("must have {max} entries at most"));
            return Vec::new();
        }
        let mut all = Vec::with_capacity(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let entry_name = format!("{name}[{index}]");
            match serde_json::from_str::<Object<'a, true>>(entry.get()) {
                Ok(Object(fields)) => {
                    all.push(Fields { path: format!("{}{entry_name}.", self.path), left: fields, errors: Vec::new() });
                }
                Err(error) => self.not_an_object(&entry_name, entry.get(), &error),
            }
        }
        all
    }

    fn not_an_object(&mut self, name: &str, raw: &str, error: &serde_json::Error) {
        if raw.starts_with('{') {
            self.error(name, "duplicate_field", error.to_string());
        } else {
            self.error(name, "wrong_type", "must be an object");
        }
    }

    /// Ends the reading of this object: each field that nobody took is an error. Gives the errors.
    pub fn finish(mut self) -> Vec<FieldError> {
        for (name, _) in std::mem::take(&mut self.left) {
            self.error(&shown(&name), "unknown_field", "is not a field of this request");
        }
        self.errors
    }

    /// Ends the reading of an object that the rest can do without: what was wrong with its fields goes to `left_out`.
    /// Gives the errors: the fields that nobody took.
    pub fn finish_extras(mut self, left_out: &mut Vec<FieldError>) -> Vec<FieldError> {
        left_out.append(&mut self.errors);
        self.finish()
    }

    /// Ends the reading of a browser's object, which may hold more than we know.
    pub fn finish_leniently(self) -> Vec<FieldError> {
        self.errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes(errors: &[FieldError]) -> Vec<(String, &'static str)> {
        errors.iter().map(|it| (it.field.clone(), it.code)).collect()
    }

    #[test]
    fn numbers_are_kept_as_they_were_written() {
        let mut fields = Fields::parse(br#"{"a":97.10,"b":"97,00","c":1e400,"d":-0,"e":true}"#).unwrap();
        assert_eq!(fields.number("a").as_deref(), Some("97.10"));
        assert_eq!(fields.number("b").as_deref(), Some("97,00"));
        assert_eq!(fields.number("c").as_deref(), Some("1e400"));
        assert_eq!(fields.number("d").as_deref(), Some("-0"));
        assert_eq!(fields.number("e"), None);
        assert_eq!(codes(&fields.finish()), [("e".into(), "wrong_type")]);
    }

    #[test]
    fn all_errors_are_named_with_their_path() {
        let body = br#"{"a":1,"customer":{"email":[],"x":1},"items":[{"id":{}},3],"z":"\ud800","n":null}"#;
        let mut fields = Fields::parse(body).unwrap();
        assert_eq!(fields.text("a"), None);
        assert_eq!(fields.text("n"), None);
        assert_eq!(fields.text("z"), None);
        let mut customer = fields.object("customer");
        assert_eq!(customer.text("email"), None);
        let mut items = fields.objects("items", 5);
        assert_eq!(items[0].text_or_integer("id"), None);
        let mut errors = fields.finish();
        errors.extend(customer.finish());
        errors.extend(items.remove(0).finish());
        assert_eq!(
            codes(&errors),
            [
                ("a".into(), "wrong_type"),
                ("z".into(), "not_unicode"),
                ("items[1]".into(), "wrong_type"),
                ("customer.email".into(), "wrong_type"),
                ("customer.x".into(), "unknown_field"),
                ("items[0].id".into(), "wrong_type"),
            ]
        );
    }

    #[test]
    fn what_is_not_one_json_object_is_refused() {
        for body in [
            &b""[..],
            b"[]",
            b"1",
            b"\"text\"",
            b"{",
            b"{\"a\":1,}",
            b"{\"a\":1}{}",
            b"\xff",
            b"{\"a\":1,\"a\":2}",
            b"{\"a\":NaN}",
        ] {
            assert!(Fields::parse(body).is_err(), "{body:?}");
        }
        let mut fields = Fields::parse(br#"{"o":{"a":1,"a":2}}"#).unwrap();
        drop(fields.object("o"));
        assert_eq!(codes(&fields.finish()), [("o".into(), "duplicate_field")]);
    }

    #[test]
    fn extras_of_a_wrong_type_are_left_out_and_unknown_ones_are_errors() {
        let mut fields = Fields::parse(br#"{"page":1,"customer":{"email":[],"name":"\ud800","x":1}}"#).unwrap();
        let mut left_out = Vec::new();
        assert_eq!(fields.extra_text("page", &mut left_out), None);
        let mut customer = fields.object("customer");
        assert_eq!((customer.text("email"), customer.text("name")), (None, None));
        assert_eq!(codes(&customer.finish_extras(&mut left_out)), [("customer.x".into(), "unknown_field")]);
        assert_eq!(codes(&fields.finish()), []);
        let expected = [("page", "wrong_type"), ("customer.email", "wrong_type"), ("customer.name", "not_unicode")];
        assert_eq!(codes(&left_out), expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn what_is_wrong_with_a_body_is_said_without_its_values() {
        for body in [r#""hunter2""#, r#"["hunter2"]"#, "hunter2", r#"{"a":"hunter2"#, r#"{"a":hunter2}"#] {
            let why = Fields::parse(body.as_bytes()).err().unwrap();
            assert!(!why.contains("hunter2"), "{why}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::parse(&body).map(|mut fields| {
                fields.text("a");
                fields.finish()
            });
        }
    }
}
