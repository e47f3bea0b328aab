//! Shows which `fbc` and `fbp` the click function would keep of a page view.
//!
//! Reads JSON lines `{"id", "host", "query": {}, "cookies": {}, "referer"?, "now_ms"}` from standard input: the query's values
//! are decoded already, the referer is a URL, `now_ms` is Unix milliseconds. Answers each with `{"id", "fbc", "fbp"}`; null is
//! none. What it cannot read: `{"id", "error"}`.
//!
//! ```text
//! echo '{"id":1,"host":"example.com","query":{"fbclid":"IwAR1"},"cookies":{},"now_ms":1767225600000}' \
//!   | cargo run -q -p tests --example fbc
//! ```

#[path = "support/json_lines.rs"]
mod json_lines;

use std::{collections::HashMap, io};

use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::fb::{self, Fbc, Fbclid, Fbp};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct View {
    id: Value,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    query: HashMap<String, Option<String>>,
    #[serde(default)]
    cookies: HashMap<String, Option<String>>,
    #[serde(default)]
    referer: Option<String>,
    now_ms: i64,
}

fn main() -> io::Result<()> {
    json_lines::answer_each(|view| answer(&view))
}

fn answer(view: &View) -> Value {
    let url = text(&view.query, "fbclid").and_then(Fbclid::parse);
    let cookie = text(&view.cookies, "_fbc").and_then(Fbc::parse);
    let referer = view.referer.as_deref().and_then(fb::fbclid_in_url);
    let fbc = fb::resolve(url, cookie, referer, view.host.as_deref(), view.now_ms);
    let fbp = text(&view.cookies, "_fbp").and_then(Fbp::parse);
    json!({ "id": view.id, "fbc": fbc.as_ref().map(Fbc::as_str), "fbp": fbp.as_ref().map(Fbp::as_str) })
}

fn text<'a>(map: &'a HashMap<String, Option<String>>, key: &str) -> Option<&'a str> {
    map.get(key)?.as_deref()
}
