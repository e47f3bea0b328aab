//! Parameters of a query: an unknown value is an error, never a guess.

use lambda_http::{Request, RequestExt};
use shared::domain::conversion::State;
use shared::domain::setup::Locale;
use shared::http::Problem;
use time::Date;
use time::macros::format_description;

/// A parameter that is there and not empty.
pub(crate) fn text(request: &Request, name: &str) -> Option<String> {
    let parameters = request.query_string_parameters_ref()?;
    parameters.first(name).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `state`.
pub(crate) fn state(request: &Request) -> Result<Option<State>, Problem> {
    let Some(text) = text(request, "state") else { return Ok(None) };
    let wrong = || Problem::bad_parameter("state", "invalid", &format!("must be one of {}", State::WORDS.join(", ")));
    State::parse(&text).ok_or_else(wrong).map(Some)
}

/// A day (UTC) as `2026-01-31`, from the year 2000 on.
pub(crate) fn day(request: &Request, name: &str) -> Result<Option<Date>, Problem> {
    let Some(text) = text(request, name) else { return Ok(None) };
    let day = Date::parse(&text, format_description!("[year]-[month]-[day]")).ok();
    let day = day.filter(|day| text.len() == 10 && day.year() >= 2000);
    day.ok_or_else(|| Problem::bad_parameter(name, "invalid", "must be a day such as 2026-01-31")).map(Some)
}

/// `locale`; English where nothing is said.
pub(crate) fn locale(request: &Request) -> Result<Locale, Problem> {
    let Some(text) = text(request, "locale") else { return Ok(Locale::default()) };
    let wrong = || Problem::bad_parameter("locale", "invalid", &format!("must be one of {}", Locale::WORDS.join(", ")));
    Locale::parse(&text).ok_or_else(wrong)
}

/// `check`: 1 or 0.
pub(crate) fn check(request: &Request) -> Result<bool, Problem> {
    match text(request, "check").as_deref() {
        None | Some("0") => Ok(false),
        Some("1") => Ok(true),
        Some(_) => Err(Problem::bad_parameter("check", "invalid", "must be 1 or 0")),
    }
}
