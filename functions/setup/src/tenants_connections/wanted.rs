//! What is asked for of a connection, field by field.

use lambda_http::Request;
use serde_json::{Value, json};
use shared::body::Fields;
use shared::db::connections::Settings;
use shared::domain::order::Amount;
use shared::domain::text;
use shared::http::Problem;
use shared::platforms::Platform;

/// The longest label, in characters.
const LABEL_MAX: usize = 100;
/// The longest secret of a platform, in characters.
pub(super) const SECRET_MAX: usize = 2000;

/// What is asked for of a new connection.
pub(super) struct Wanted {
    pub(super) platform: Platform,
    pub(super) settings: Settings,
    pub(super) secret: Option<String>,
}

impl Wanted {
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        let mut fields = crate::fields(request)?;
        let platform = fields.text("platform");
        let known = platform.as_deref().and_then(Platform::parse);
        if known.is_none() && !has_error(&fields, "platform") {
            let code = if platform.is_none() { "required" } else { "unknown_word" };
            fields.error("platform", code, format!("must be one of {}", Platform::WORDS.join(", ")));
        }
        let amount = amount(&mut fields).unwrap_or_default();
        let label = line(&mut fields, "label", LABEL_MAX);
        let (order_id_slot, shop) = (given(&mut fields, "order_id_slot"), given(&mut fields, "shop"));
        let secret = line(&mut fields, "secret", SECRET_MAX);
        crate::finish(fields)?;
        let settings = Settings { label: label.unwrap_or_default(), amount, order_id_slot, shop };
        known.map(|platform| Self { platform, settings, secret }).ok_or_else(Problem::unavailable)
    }
}

/// What is to be otherwise of a connection. A label, slot or shop that is blank is none.
pub(super) struct Changes {
    label: Option<String>,
    amount: Option<Amount>,
    order_id_slot: Option<String>,
    shop: Option<String>,
}

impl Changes {
    pub(super) fn read(request: &Request) -> Result<Self, Problem> {
        let mut fields = crate::fields(request)?;
        let amount = amount(&mut fields);
        let mut trimmed = |name: &str| fields.text(name).map(|it| it.trim().to_owned());
        let (label, order_id_slot, shop) = (trimmed("label"), trimmed("order_id_slot"), trimmed("shop"));
        if label.as_deref().is_some_and(|it| !it.is_empty() && text::line(it, LABEL_MAX).is_none()) {
            let message = format!("must be one line of {LABEL_MAX} characters at the most");
            fields.error("label", "not_a_line", message);
        }
        crate::finish(fields)?;
        Ok(Self { label, amount, order_id_slot, shop })
    }

    /// The settings with the changes.
    pub(super) fn of(&self, before: Settings) -> Settings {
        let text = |new: &Option<String>, before: Option<String>| match new {
            None => before,
            Some(new) => Some(new.clone()).filter(|it| !it.is_empty()),
        };
        Settings {
            label: self.label.clone().unwrap_or(before.label),
            amount: self.amount.unwrap_or(before.amount),
            order_id_slot: text(&self.order_id_slot, before.order_id_slot),
            shop: text(&self.shop, before.shop),
        }
    }

    /// What is told of it: everything that is set, since none of it is a secret.
    pub(super) fn told(&self) -> Value {
        let amount = self.amount.map(Amount::as_str);
        json!({"label": self.label, "amount": amount, "order_id_slot": self.order_id_slot, "shop": self.shop})
    }
}

/// The word of an amount, if there is one.
fn amount(fields: &mut Fields<'_>) -> Option<Amount> {
    let word = fields.text("amount")?;
    let amount = Amount::parse(&word);
    if amount.is_none() {
        fields.error("amount", "unknown_word", format!("must be one of {}", Amount::WORDS.join(", ")));
    }
    amount
}

pub(super) fn has_error(fields: &Fields<'_>, name: &str) -> bool {
    fields.errors.iter().any(|it| it.field == name)
}

/// A text that is not left blank.
fn given(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    fields.text(name).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

/// One line; none where it is left blank.
pub(super) fn line(fields: &mut Fields<'_>, name: &str, max: usize) -> Option<String> {
    let text = given(fields, name)?;
    let line = text::line(&text, max);
    if line.is_none() {
        fields.error(name, "not_a_line", format!("must be one line of {max} characters at the most"));
    }
    line
}
