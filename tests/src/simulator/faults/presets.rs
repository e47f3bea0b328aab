//! Meta's documented codes, and what its gateways answer, by name.

use serde_json::{Value, json};

use super::super::graph::GraphError;
use super::Answer;

/// A named answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// `{class}_{code}` or `{class}_{code}_{subcode}`, such as `auth_190_463`.
    pub name: String,
    /// What it is to a sender: `transient`, `throttled`, `auth`, `permission`, `data`, `unknown` or `gateway`.
    pub class: &'static str,
    /// What is answered.
    pub answer: Answer,
}

impl Preset {
    /// For the list that developers read.
    pub(in super::super) fn json(&self) -> Value {
        let (status, code, subcode, says) = match &self.answer {
            Answer::Error(error) => (Some(error.status), Some(error.code), error.subcode, Some(&error.message)),
            Answer::Http { status, body } => (Some(*status), None, None, Some(body)),
            _ => (None, None, None, None),
        };
        json!({
            "name": self.name, "class": self.class, "status": status, "code": code, "subcode": subcode, "says": says,
        })
    }
}

/// (class, HTTP status, code, subcode, message). Statuses are what was seen where anything was (401 for 190, 403 for 4),
/// else 400, or 500 for Meta's own trouble: senders must not decide by them.
type Row = (&'static str, u16, i64, Option<i64>, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("transient", 500, 1, None, "Unknown error"),
    ("transient", 500, 2, None, "Service is not available now"),
    ("transient", 400, 368, None, "Blocked by a policy for now"),
    ("transient", 500, 5000, None, "Not ready"),
    ("transient", 400, 21009, None, "Not ready"),
    ("throttled", 403, 4, None, "(#4) Application request limit reached"),
    ("throttled", 403, 4, Some(1_504_022), "(#4) Application request limit reached"),
    ("throttled", 403, 4, Some(1_504_039), "(#4) Application request limit reached"),
    ("throttled", 400, 17, None, "(#17) User request limit reached"),
    ("throttled", 400, 17, Some(2_446_079), "(#17) User request limit reached"),
    ("throttled", 400, 32, None, "(#32) Page request limit reached"),
    ("throttled", 400, 341, None, "(#341) Application limit reached"),
    ("throttled", 400, 613, None, "(#613) Rate limit of this API reached"),
    ("throttled", 400, 613, Some(1_487_742), "(#613) Rate limit of this API reached"),
    ("throttled", 400, 80_000, None, "(#80000) Too many calls for this account"),
    ("throttled", 400, 80_001, None, "(#80001) Too many calls for this page"),
    ("throttled", 400, 80_002, None, "(#80002) Too many calls for this account"),
    ("throttled", 400, 80_003, None, "(#80003) Too many calls for this account"),
    ("throttled", 400, 80_004, None, "(#80004) Too many calls for this account"),
    ("throttled", 400, 80_014, None, "(#80014) Too many calls for this account"),
    ("auth", 401, 190, None, "Invalid OAuth access token"),
    ("auth", 401, 190, Some(452), "Access token: another session"),
    ("auth", 401, 190, Some(458), "Access token: the app is not authorized"),
    ("auth", 401, 190, Some(459), "Access token: the user has to log in"),
    ("auth", 401, 190, Some(460), "Access token: the password was changed"),
    ("auth", 401, 190, Some(463), "Access token: expired"),
    ("auth", 401, 190, Some(464), "Access token: the user is not confirmed"),
    ("auth", 401, 190, Some(465), "Access token: refused"),
    ("auth", 401, 190, Some(467), "Access token: invalid"),
    ("auth", 401, 190, Some(492), "Access token: invalid session"),
    ("auth", 400, 102, None, "Session is not valid any more"),
    ("auth", 400, 104, None, "Signature is not valid"),
    ("permission", 400, 3, None, "(#3) The app may not make this call"),
    ("permission", 403, 10, None, "(#10) The app has no permission for this"),
    ("permission", 400, 100, Some(33), "Unsupported post request. Object is missing or not shared"),
    ("data", 400, 100, None, "Invalid parameter"),
    ("data", 400, 100, Some(2_804_003), "Invalid parameter: Event Timestamp Too Old"),
    ("data", 400, 100, Some(2_804_009), "Invalid parameter: Purchase Value Missing"),
    ("data", 400, 100, Some(2_804_010), "Invalid parameter: Purchase Currency Missing"),
    ("data", 400, 100, Some(2_804_016), "Invalid parameter: User Parameter Not Hashed"),
    ("data", 400, 100, Some(2_804_050), "Invalid parameter: Too Little Customer Information"),
    ("data", 400, 105, None, "(#105) Too many parameters"),
    ("data", 400, 506, None, "(#506) Duplicate"),
    ("unknown", 400, 987_654, None, "(#987654) A code that no page names"),
];

const HTML: &str = "<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>";

/// (name, HTTP status, body)
#[rustfmt::skip]
const GATEWAY: &[(&str, u16, &str)] = &[
    ("gateway_html_200", 200, HTML),
    ("gateway_html_404", 404, HTML),
    ("gateway_html_502", 502, HTML),
    ("gateway_json_503", 503, r#"{"message":"Service Unavailable"}"#),
    ("gateway_text_200", 200, "Service Unavailable"),
    ("gateway_empty_504", 504, ""),
];

/// Every preset. Codes 200 to 299 are all permissions, so each has its own.
pub fn presets() -> Vec<Preset> {
    let permissions = (200..=299).map(|code| ("permission", 403, code, None, "Permissions error"));
    let mut all: Vec<Preset> = ROWS.iter().copied().chain(permissions).map(of_row).collect();
    // By its code permanent, by its word not: the word decides.
    let transient = GraphError::new(400, 100, "Please try again").transient();
    all.push(preset("transient_flag", "transient", Answer::Error(transient)));
    let in_200 = GraphError::new(200, 2, "Service is not available now");
    all.push(preset("gateway_error_200", "gateway", Answer::Error(in_200)));
    all.push(preset("throttled_429", "throttled", Answer::Http { status: 429, body: String::new() }));
    let gateway =
        |&(name, status, body): &(&str, u16, &str)| preset(name, "gateway", Answer::Http { status, body: body.into() });
    all.extend(GATEWAY.iter().map(gateway));
    all
}

fn preset(name: &str, class: &'static str, answer: Answer) -> Preset {
    Preset { name: name.into(), class, answer }
}

fn of_row((class, status, code, subcode, message): Row) -> Preset {
    let mut error = GraphError::new(status, code, message);
    error.subcode = subcode;
    let after = subcode.map(|subcode| format!("_{subcode}")).unwrap_or_default();
    Preset { name: format!("{class}_{code}{after}"), class, answer: Answer::Error(error) }
}
