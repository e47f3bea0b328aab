//! `click`: the identifiers of the ad click that the order itself carries.

use crate::body::Fields;
use crate::domain::fb::{Fbc, Fbclid, Fbp};
use crate::domain::order::Tracking;
use crate::domain::text;
use crate::http::FieldError;

use super::left_out;

/// Reads `click`.
pub(super) fn read(fields: &mut Fields<'_>, warnings: &mut Vec<FieldError>) -> Tracking {
    let click_id = one(fields, "click_id", |text| text::line(text, 64), "is not a click id", warnings);
    let fbclid = one(fields, "fbclid", Fbclid::parse, "is not a click id of Meta", warnings);
    let fbp = one(fields, "fbp", Fbp::parse, "is not of the form fb.1.1700000000000.1234567890", warnings);
    let fbc = one(fields, "fbc", Fbc::parse, "is not of the form fb.1.1700000000000.fbclid", warnings);
    Tracking { click_id, fbclid, fbc, fbp, ..Tracking::default() }
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
        warnings.push(left_out(format!("click.{name}"), why));
    }
    value
}
