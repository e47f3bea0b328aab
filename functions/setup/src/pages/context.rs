//! What every page is made with: who looks, in which language, and where.

use lambda_http::Request;
use lambda_http::http::{HeaderMap, header};
use shared::domain::setup::Locale;
use shared::http::Problem;

use crate::State;
use crate::access::Caller;

/// The cookie that remembers a language that was chosen.
pub(super) const LANGUAGE: &str = "lang";

/// A request for a page.
pub(crate) struct Context<'a> {
    pub(crate) state: &'a State,
    pub(crate) request: &'a Request,
    /// The language of its texts.
    pub(crate) locale: Locale,
    /// Who is logged in.
    pub(crate) caller: Option<Caller>,
}

impl<'a> Context<'a> {
    /// Of a request; nobody is logged in yet.
    pub(super) fn new(state: &'a State, request: &'a Request) -> Self {
        Self { state, request, locale: locale(request), caller: None }
    }

    /// A text in the page's language: both stand together where it is used, so that none is ever missing.
    pub(crate) fn t<'t>(&self, english: &'t str, portuguese: &'t str) -> &'t str {
        match self.locale {
            Locale::English => english,
            Locale::Portuguese => portuguese,
        }
    }

    /// Who is logged in.
    ///
    /// # Errors
    /// 401 where nobody is: the page becomes the login.
    pub(crate) fn caller(&self) -> Result<&Caller, Problem> {
        self.caller.as_ref().ok_or_else(Problem::unauthorized_for_setup)
    }

    /// Whether the operator looks.
    pub(crate) fn is_operator(&self) -> bool {
        matches!(self.caller, Some(Caller::Operator))
    }

    /// A parameter of the query, if it is there and not empty.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let query = self.request.uri().query().unwrap_or_default();
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).filter(|it| !it.is_empty())
    }

    /// The path as the browser asked for it.
    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }
}

/// As the query says, else as was chosen before, else as the browser would like it (RFC 9110, 12.5.4: by order; weights that say
/// otherwise are rare, and cost nothing but a click).
fn locale(request: &Request) -> Locale {
    let query = request.uri().query().unwrap_or_default();
    let asked = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == LANGUAGE);
    asked
        .and_then(|(_, value)| Locale::parse(&value))
        .or_else(|| cookie(request.headers(), LANGUAGE).as_deref().and_then(Locale::parse))
        .or_else(|| preferred(request.headers()))
        .unwrap_or_default()
}

fn preferred(headers: &HeaderMap) -> Option<Locale> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    accepted.split(',').find_map(|language| {
        let tag = language.split(';').next()?.trim().to_ascii_lowercase();
        match tag.split('-').next()? {
            "pt" => Some(Locale::Portuguese),
            "en" => Some(Locale::English),
            _ => None,
        }
    })
}

/// The value of a cookie of the request.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}
