//! What is asked for of a connection, field by field.

use lambda_http::Request;
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
        let amount = fields.text("amount");
        let amount = match amount.as_deref().map(Amount::parse) {
            None => Amount::default(),
            Some(Some(amount)) => amount,
            Some(None) => {
                fields.error("amount", "unknown_word", format!("must be one of {}", Amount::WORDS.join(", ")));
                Amount::default()
            }
        };
        let label = line(&mut fields, "label", LABEL_MAX);
        let (order_id_slot, shop) = (given(&mut fields, "order_id_slot"), given(&mut fields, "shop"));
        let secret = line(&mut fields, "secret", SECRET_MAX);
        crate::finish(fields)?;
        let settings = Settings { label: label.unwrap_or_default(), amount, order_id_slot, shop };
        known.map(|platform| Self { platform, settings, secret }).ok_or_else(Problem::unavailable)
    }
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
