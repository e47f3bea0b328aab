//! Forms as browsers post them.

use lambda_http::Request;
use shared::http::{self, Problem};

/// The fields of a form, in their order.
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads a request's body.
    ///
    /// # Errors
    /// 413 and 415.
    pub(crate) fn read(request: &Request) -> Result<Self, Problem> {
        Self::read_up_to(request, http::BROWSER_BODY_MAX)
    }

    /// The same, where more than a few fields is to be expected. `max` is in bytes as they are sent.
    ///
    /// # Errors
    /// 413 and 415.
    pub(crate) fn read_up_to(request: &Request, max: usize) -> Result<Self, Problem> {
        let body = http::body_of(request, max, &["application/x-www-form-urlencoded"])?;
        Ok(Self(url::form_urlencoded::parse(body).into_owned().collect()))
    }

    /// A field's text without outer space; none where it is empty or not there.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|it| !it.is_empty())
    }

    /// Whether a box is ticked.
    pub(crate) fn is_ticked(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Whether a field came at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Every value of a field, each without outer space and none empty.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.trim());
        values.filter(|it| !it.is_empty()).collect()
    }

    /// A field that is a list, an entry a line or between commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let text = self.raw(name).unwrap_or_default();
        text.split([',', '\n', '\r', ' ', ';']).map(str::trim).filter(|it| !it.is_empty()).collect()
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
