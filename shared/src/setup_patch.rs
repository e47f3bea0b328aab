//! What a PATCH of a setup session changes: a merge by RFC 7396 of fields that are known.
//!
//! Every wrong field is named at once. Secrets are taken out of the body as it is read: they never become part of the input.

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::body::{Object, object, shown};
use crate::domain::setup::Locale;
use crate::http::FieldError;

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One line of so many characters at the most.
    Text(usize),
    /// true or false.
    Flag,
    /// A list of so many lines at the most, each of 253 characters at the most.
    Texts(usize),
    /// Unix seconds, or RFC 3339.
    Moment,
    /// A secret of so many characters at the most.
    Secret(usize),
}

/// Every field of the input.
const FIELDS: [(&str, &str, Kind); 19] = [
    ("business", "name", Kind::Text(120)),
    ("business", "slug", Kind::Text(64)),
    ("business", "country", Kind::Text(8)),
    ("business", "currency", Kind::Text(8)),
    ("funnel", "name", Kind::Text(120)),
    ("funnel", "domains", Kind::Texts(50)),
    ("funnel", "requires_consent", Kind::Flag),
    ("meta", "pixel_id", Kind::Text(64)),
    ("meta", "access_token", Kind::Secret(2000)),
    ("meta", "app_secret", Kind::Secret(200)),
    ("meta", "test_event_code", Kind::Text(64)),
    ("meta", "test_event_code_until", Kind::Moment),
    ("checkout", "platform", Kind::Text(64)),
    ("checkout", "amount", Kind::Text(16)),
    ("checkout", "domains", Kind::Texts(50)),
    ("checkout", "secret", Kind::Secret(2000)),
    ("checkout", "shop", Kind::Text(64)),
    ("checkout", "order_id_slot", Kind::Text(100)),
    ("other_senders", "purchase", Kind::Text(32)),
];

/// A secret of a body. Not printable.
#[derive(Clone, PartialEq, Eq)]
pub struct Entered(String);

impl Entered {
    /// The text, for who keeps it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// What becomes of a field.
enum Change {
    /// It is taken out.
    Remove,
    /// It gets this value.
    Set(Value),
    /// It is a secret.
    Keep(Entered),
}

/// What a body changes.
#[derive(Default)]
pub struct Patch {
    /// The language of the session's texts.
    pub locale: Option<Locale>,
    changes: Vec<(&'static str, &'static str, Change)>,
}

/// Why a body is no patch.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be read at all.
    NotParseable(String),
    /// It holds these wrong fields.
    Invalid(Vec<FieldError>),
}

impl Patch {
    /// Reads a body.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(body: &[u8]) -> Result<Self, Refused> {
        let sections = object(body).map_err(Refused::NotParseable)?;
        let (mut patch, mut errors) = (Self::default(), Vec::new());
        for (name, raw) in sections {
            match FIELDS.iter().find(|(section, ..)| *section == name) {
                _ if name == "locale" => patch.locale(raw.get(), &mut errors),
                Some((section, ..)) => patch.section(section, raw, &mut errors),
                None => errors.push(error(shown(&name), "unknown_field", "is not a field of this request")),
            }
        }
        if errors.is_empty() { Ok(patch) } else { Err(Refused::Invalid(errors)) }
    }

    fn locale(&mut self, raw: &str, errors: &mut Vec<FieldError>) {
        match serde_json::from_str::<String>(raw).ok().as_deref().and_then(Locale::parse) {
            Some(locale) => self.locale = Some(locale),
            None => errors.push(error(
                "locale".to_owned(),
                "unknown_word",
                format!("must be one of {}", Locale::WORDS.join(", ")),
            )),
        }
    }

    fn section(&mut self, section: &'static str, raw: &RawValue, errors: &mut Vec<FieldError>) {
        let fields = || FIELDS.into_iter().filter(move |(of, ..)| *of == section);
        if raw.get() == "null" {
            self.changes.extend(fields().map(|(_, field, _)| (section, field, Change::Remove)));
            return;
        }
        let Ok(Object::<true>(given)) = serde_json::from_str(raw.get()) else {
            let code = if raw.get().starts_with('{') { "duplicate_field" } else { "wrong_type" };
            errors.push(error(section.to_owned(), code, "must be an object, each field of it once"));
            return;
        };
        for (name, raw) in given {
            let path = format!("{section}.{}", shown(&name));
            match fields().find(|(_, field, _)| *field == name) {
                Some((_, field, kind)) => match change(kind, raw.get()) {
                    Ok(change) => self.changes.push((section, field, change)),
                    Err((code, message)) => errors.push(error(path, code, message)),
                },
                None => errors.push(error(path, "unknown_field", "is not a field of this request")),
            }
        }
    }

    fn last(&self, section: &str, field: &str) -> Option<&Change> {
        self.changes.iter().find(|(of, name, _)| (*of, *name) == (section, field)).map(|(.., change)| change)
    }

    /// The names of the fields that it changes, each with its section.
    pub fn fields(&self) -> Vec<String> {
        let locale = self.locale.map(|_| "locale".to_owned());
        locale.into_iter().chain(self.changes.iter().map(|(section, field, _)| format!("{section}.{field}"))).collect()
    }

    /// A text that the patch sets.
    pub fn text(&self, section: &str, field: &str) -> Option<&str> {
        match self.last(section, field)? {
            Change::Set(value) => value.as_str(),
            Change::Remove | Change::Keep(_) => None,
        }
    }

    /// A secret that the patch brings.
    pub fn secret(&self, section: &str, field: &str) -> Option<&Entered> {
        match self.last(section, field)? {
            Change::Keep(secret) => Some(secret),
            Change::Remove | Change::Set(_) => None,
        }
    }

    /// Merges it into an input. Of a secret the input gets only that it was kept at `now_s`, Unix seconds.
    ///
    /// A platform's secret goes with its platform: another platform begins without one.
    pub fn merge(&self, input: &mut Value, now_s: i64) {
        let before = input["checkout"]["platform"].clone();
        for (section, field, change) in &self.changes {
            match change {
                Change::Remove => {
                    if let Some(section) = input.get_mut(section).and_then(Value::as_object_mut) {
                        section.remove(*field);
                    }
                }
                Change::Set(value) => put(input, section, field, value.clone()),
                Change::Keep(_) => put(input, section, field, json!({ "set_at": now_s })),
            }
        }
        if input["checkout"]["platform"] != before
            && self.secret("checkout", "secret").is_none()
            && let Some(checkout) = input.get_mut("checkout").and_then(Value::as_object_mut)
        {
            checkout.remove("secret");
        }
        if let Some(sections) = input.as_object_mut() {
            sections.retain(|_, section| section.as_object().is_some_and(|it| !it.is_empty()));
        }
    }
}

fn put(input: &mut Value, section: &str, field: &str, value: Value) {
    if !input[section].is_object() {
        input[section] = Value::Object(Map::new());
    }
    input[section][field] = value;
}

fn error(field: String, code: &'static str, message: impl Into<String>) -> FieldError {
    FieldError { field, code, message: message.into() }
}

type Wrong = (&'static str, String);

fn change(kind: Kind, raw: &str) -> Result<Change, Wrong> {
    if raw == "null" {
        return Ok(Change::Remove);
    }
    let set = |value: Option<Value>| value.map_or(Change::Remove, Change::Set);
    match kind {
        Kind::Text(max) => Ok(set(line(&text(raw)?, max)?.map(Value::String))),
        Kind::Flag => match raw {
            "true" | "false" => Ok(Change::Set(Value::Bool(raw == "true"))),
            _ => Err(("wrong_type", "must be true or false".to_owned())),
        },
        Kind::Texts(max) => lines(raw, max).map(Change::Set),
        Kind::Moment => moment(raw).map(|moment| Change::Set(json!(moment))),
        Kind::Secret(max) => Ok(line(&text(raw)?, max)?.map_or(Change::Remove, |text| Change::Keep(Entered(text)))),
    }
}

fn text(raw: &str) -> Result<String, Wrong> {
    match serde_json::from_str(raw) {
        Ok(text) => Ok(text),
        Err(_) if raw.starts_with('"') => Err(("not_unicode", "holds a lone surrogate".to_owned())),
        Err(_) => Err(("wrong_type", "must be a text".to_owned())),
    }
}

/// A trimmed line; none when it is empty, as a form sends what was left blank.
fn line(text: &str, max: usize) -> Result<Option<String>, Wrong> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(("control_characters", "must be one line without control characters".to_owned()));
    }
    if text.chars().count() > max {
        return Err(("too_long", format!("must have {max} characters at the most")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn lines(raw: &str, max: usize) -> Result<Value, Wrong> {
    const LONGEST: usize = 253;
    let Ok(entries) = serde_json::from_str::<Vec<String>>(raw) else {
        return Err(("wrong_type", "must be a list of texts".to_owned()));
    };
    if entries.len() > max {
        return Err(("too_many", format!("must have {max} entries at the most")));
    }
    let mut kept: Vec<String> = Vec::new();
    for entry in entries {
        if let Some(entry) = line(&entry, LONGEST)?.filter(|entry| !kept.contains(entry)) {
            kept.push(entry);
        }
    }
    Ok(json!(kept))
}

fn moment(raw: &str) -> Result<i64, Wrong> {
    /// The end of the year 9999.
    const LAST: i64 = 253_402_300_799;
    let wrong = || ("not_a_time", "must be Unix seconds or a time such as 2026-11-28T12:00:00Z".to_owned());
    let seconds = match raw.parse::<i64>() {
        Ok(seconds) => seconds,
        Err(_) => OffsetDateTime::parse(text(raw)?.trim(), &Rfc3339).map_err(|_| wrong())?.unix_timestamp(),
    };
    (0..=LAST).contains(&seconds).then_some(seconds).ok_or_else(wrong)
}

#[cfg(test)]
mod tests;
