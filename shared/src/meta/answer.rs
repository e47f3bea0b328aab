//! What an answer of Meta means, in one place: by `is_transient`, then code and subcode, then HTTP status, then the
//! body's shape. Texts are never looked at: they are localised and may change.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::words::{bounded, without_personal_data};
use crate::domain::delivery::{Meaning, Refusal, Said};

/// What to make of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it means for the events.
    pub meaning: Meaning,
    /// The same as the word that is kept with the attempt.
    pub word: &'static str,
    /// What was said.
    pub said: Said,
}

#[derive(Deserialize)]
struct Success {
    /// Nothing that has one is a success.
    error: Option<IgnoredAny>,
    events_received: i64,
    fbtrace_id: Option<String>,
}

#[derive(Deserialize)]
struct Failure {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default, deserialize_with = "number")]
    code: Option<i32>,
    #[serde(default, deserialize_with = "number")]
    error_subcode: Option<i32>,
    r#type: Option<String>,
    is_transient: Option<bool>,
    error_user_msg: Option<String>,
    message: Option<String>,
    fbtrace_id: Option<String>,
}

/// A number, also one written as a text.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(i32),
        Text(String),
        Other(IgnoredAny),
    }
    Ok(match Option::<Written>::deserialize(from)? {
        Some(Written::Number(number)) => Some(number),
        Some(Written::Text(text)) => text.trim().parse().ok(),
        Some(Written::Other(_)) | None => None,
    })
}

impl Answer {
    /// The request never left.
    pub(super) fn not_sent(word: &'static str) -> Self {
        Self { meaning: Meaning::Passing, word, said: Said::default() }
    }

    /// The token cannot even be written into a header.
    pub(super) fn bad_token() -> Self {
        Self { meaning: Meaning::Credentials, word: "credentials", said: Said::default() }
    }

    /// No whole answer.
    pub(super) fn unclear(status: Option<u16>) -> Self {
        let said = Said { http_status: status.map(i32::from), ..Said::default() };
        Self { meaning: Meaning::Unclear, word: "unclear", said }
    }

    /// Reads a whole answer to a request with `sent` events.
    pub(super) fn of(status: u16, body: &[u8], sent: usize) -> Self {
        if let Ok(Failure { error }) = serde_json::from_slice(body) {
            return Self::of_error(status, error);
        }
        let said = Said { http_status: Some(i32::from(status)), ..Said::default() };
        if (200..300).contains(&status) {
            return Self::of_success(said, body, sent);
        }
        let (meaning, word) = match status {
            // The request was too large for whoever answered: the half of it may not be.
            413 => (Meaning::Data(Refusal { code: Some(413), subcode: None }), "data"),
            429 => (Meaning::Passing, "throttled"),
            // A gateway's error page: whether the request had got through is not said.
            500.. => (Meaning::Unclear, "unclear"),
            _ => (Meaning::Passing, "unreadable"),
        };
        Self { meaning, word, said }
    }

    fn of_success(said: Said, body: &[u8], sent: usize) -> Self {
        let Ok(success) = serde_json::from_slice::<Success>(body) else {
            return Self { meaning: Meaning::Unclear, word: "unclear", said };
        };
        let whole = usize::try_from(success.events_received) == Ok(sent) && success.error.is_none();
        let events_received = i32::try_from(success.events_received).ok();
        let said = Said { events_received, fbtrace_id: success.fbtrace_id.map(|id| bounded(&id)), ..said };
        let (meaning, word) = if whole { (Meaning::Accepted, "accepted") } else { (Meaning::Unclear, "unclear") };
        Self { meaning, word, said }
    }

    fn of_error(status: u16, error: ErrorBody) -> Self {
        let (meaning, word) = meaning(status, &error);
        let said = Said {
            http_status: Some(i32::from(status)),
            code: error.code,
            subcode: error.error_subcode,
            message: error.error_user_msg.or(error.message).map(|text| without_personal_data(&text)),
            fbtrace_id: error.fbtrace_id.map(|id| bounded(&id)),
            events_received: None,
        };
        Self { meaning, word, said }
    }
}

fn meaning(status: u16, error: &ErrorBody) -> (Meaning, &'static str) {
    const CREDENTIALS: (Meaning, &str) = (Meaning::Credentials, "credentials");
    const TRANSIENT: (Meaning, &str) = (Meaning::Passing, "transient");
    const THROTTLED: (Meaning, &str) = (Meaning::Passing, "throttled");
    let refusal = Refusal { code: error.code, subcode: error.error_subcode };
    if error.is_transient == Some(true) {
        return TRANSIENT;
    }
    match (error.code, error.error_subcode) {
        (Some(4 | 17 | 32 | 341 | 613 | 80000..=80004 | 80014), _) => THROTTLED,
        (Some(1 | 2 | 368 | 5000 | 21009), _) => TRANSIENT,
        (Some(190 | 102 | 104 | 3 | 10 | 200..=299), _) | (Some(100), Some(33)) => CREDENTIALS,
        (None, _) if status == 401 => CREDENTIALS,
        // About the object or the call, such as a missing or wrong appsecret_proof; about events it is an OAuthException.
        (Some(100), None) if error.r#type.as_deref() == Some("GraphMethodException") => CREDENTIALS,
        (Some(100 | 105 | 506), _) => (Meaning::Data(refusal), "data"),
        _ if status == 429 => THROTTLED,
        _ if status >= 500 => TRANSIENT,
        _ => (Meaning::Unknown(refusal), "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> &'static str {
        Answer::of(status, body.as_bytes(), 2).word
    }

    fn error(status: u16, fields: &str) -> &'static str {
        kind(status, &format!(r#"{{"error":{{"message":"x",{fields}}}}}"#))
    }

    #[test]
    fn only_a_whole_yes_is_a_yes() {
        assert_eq!(kind(200, r#"{"events_received":2,"messages":[],"fbtrace_id":"A"}"#), "accepted");
        assert_eq!(kind(200, r#"{"events_received":1}"#), "unclear");
        assert_eq!(kind(200, "{}"), "unclear");
        assert_eq!(kind(200, "Service Unavailable"), "unclear");
        assert_eq!(kind(200, r#"{"events_received":2"#), "unclear");
        assert_eq!(error(200, r#""code":190"#), "credentials");
        assert_eq!(kind(200, r#"{"error":"x","events_received":2}"#), "unclear");
        assert_eq!(kind(200, r#"{"error":null,"events_received":2}"#), "accepted");
    }

    #[test]
    fn codes_decide_before_the_status() {
        assert_eq!(error(400, r#""code":100,"is_transient":true"#), "transient");
        assert_eq!(error(400, r#""code":"190","is_transient":null"#), "credentials");
        assert_eq!(error(400, r#""code":190,"error_subcode":null"#), "credentials");
        assert_eq!(error(400, r#""code":99999999999"#), "unknown");
        for (status, code) in [(403, 4), (400, 17), (400, 613), (400, 80004)] {
            assert_eq!(error(status, &format!(r#""code":{code}"#)), "throttled", "{code}");
        }
        for code in [190, 102, 10, 200, 294] {
            assert_eq!(error(400, &format!(r#""code":{code}"#)), "credentials", "{code}");
        }
        assert_eq!(error(400, r#""code":100,"error_subcode":33"#), "credentials");
        assert_eq!(error(400, r#""code":100,"error_subcode":2804003"#), "data");
        assert_eq!(error(400, r#""code":100,"type":"OAuthException""#), "data");
        assert_eq!(error(400, r#""code":100,"type":"GraphMethodException""#), "credentials");
        assert_eq!(error(500, r#""code":1"#), "transient");
        assert_eq!(error(400, r#""code":987654"#), "unknown");
    }

    #[test]
    fn without_a_code_the_status_decides() {
        assert_eq!(kind(429, ""), "throttled");
        assert_eq!(kind(502, "<html>"), "unclear");
        assert_eq!(kind(404, "<html>"), "unreadable");
        assert_eq!(kind(413, "<html>"), "data");
        assert_eq!(kind(302, ""), "unreadable");
    }
}
