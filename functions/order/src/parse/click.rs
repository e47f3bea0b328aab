//! `click`: the identifiers of the ad click that the order itself carries.

use shared::body::Fields;
use shared::domain::fb::{Fbc, Fbclid, Fbp};
use shared::domain::text;
use shared::http::FieldError;

use super::warning;

/// The identifiers, each well formed.
#[derive(Default)]
pub(super) struct Identifiers {
    pub(super) click_id: Option<String>,
    pub(super) fbc: Option<Fbc>,
    /// Of its own, else the one inside fbc.
    pub(super) fbclid: Option<String>,
    pub(super) fbp: Option<Fbp>,
    /// For an fbclid that came without fbc and whose click is not known: first seen now, by a server.
    pub(super) built_fbc: Option<Fbc>,
}

/// Reads `click`. `now_s` is Unix seconds.
pub(super) fn read(fields: &mut Fields<'_>, now_s: i64, warnings: &mut Vec<FieldError>) -> Identifiers {
    let click_id = one(fields, "click_id", |text| text::line(text, 64), "is not a click id", warnings);
    let fbclid = one(fields, "fbclid", Fbclid::parse, "is not a click id of Meta", warnings);
    let fbp = one(fields, "fbp", Fbp::parse, "is not of the form fb.1.1700000000000.1234567890", warnings);
    let given = one(fields, "fbc", Fbc::parse, "is not of the form fb.1.1700000000000.fbclid", warnings);
    // An fbclid beside an fbc of another ad click is the newer of the two: the page's URL beats the cookie.
    let fbc = given.filter(|fbc| fbclid.as_ref().is_none_or(|fbclid| fbc.fbclid() == fbclid));
    let fbclid = fbclid.or_else(|| fbc.as_ref().map(|fbc| fbc.fbclid().clone()));
    let built_fbc = match (&fbc, &fbclid) {
        (None, Some(fbclid)) => Fbc::build(None, now_s.saturating_mul(1000), fbclid),
        _ => None,
    };
    Identifiers { click_id, fbc, fbclid: fbclid.map(|it| it.as_str().to_owned()), fbp, built_fbc }
}

fn one<T>(
    fields: &mut Fields<'_>,
    name: &str,
    parse: impl Fn(&str) -> Option<T>,
    why: &str,
    warnings: &mut Vec<FieldError>,
) -> Option<T> {
    let text = fields.text(name).filter(|text| !text.is_empty())?;
    let value = parse(&text);
    if value.is_none() {
        warnings.push(warning(format!("click.{name}"), why));
    }
    value
}
