//! The simulator as a program of its own: its arguments, and what it tells.

use std::fmt::Write as _;

use super::{Config, DEMO_PIXEL, DEMO_TOKEN, RequestRecord};

/// What `--help` says.
pub const USAGE: &str = "\
usage: meta_simulator [--port PORT] [--pixel ID=TOKEN]... [--app-secret ID=SECRET]... [--no-bodies]

Answers POST /v26.0/{pixel}/events on 127.0.0.1 as Meta's Conversions API does, until it is ended.

  --port PORT             port on 127.0.0.1 (default 0: any free one)
  --pixel ID=TOKEN        a pixel and its access token; without any: 1000000000000001=demo-access-token
  --app-secret ID=SECRET  requests to this pixel must carry an appsecret_proof made with this secret
  --no-bodies             count events, but do not keep their JSON: for hundreds of thousands of them

The last line that it writes at its start, alone on stdout, is {\"url\": \"http://127.0.0.1:PORT\"}.
Tokens on a command line are seen by everybody on the machine: give it invented ones.";

/// What the arguments ask for. No `Debug`: it holds access tokens.
pub enum Asked {
    /// The usage.
    Help,
    /// A simulator.
    Run(Box<Config>),
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub fn read(arguments: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let mut config = Config::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} takes a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--no-bodies" => config.keep_bodies = false,
            "--port" => config.port = port(&value()?)?,
            "--pixel" => {
                let (pixel, token) = pair("--pixel", "TOKEN", &value()?)?;
                if config.pixels.insert(pixel.clone(), token).is_some() {
                    return Err(format!("--pixel {pixel} is given twice"));
                }
            }
            "--app-secret" => {
                let (pixel, secret) = pair("--app-secret", "SECRET", &value()?)?;
                if config.app_secrets.insert(pixel.clone(), secret).is_some() {
                    return Err(format!("--app-secret {pixel} is given twice"));
                }
            }
            other => return Err(format!("unknown argument {other}")),
        }
    }
    if config.pixels.is_empty() {
        config = config.with_pixel(DEMO_PIXEL, DEMO_TOKEN);
    }
    match config.app_secrets.keys().find(|pixel| !config.pixels.contains_key(*pixel)) {
        Some(pixel) => Err(format!("--app-secret {pixel}: there is no such pixel")),
        None => Ok(Asked::Run(Box::new(config))),
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("--port takes a number from 0 to 65535, not {text:?}"))
}

/// A pixel stands in a path, so its id is of letters, digits, `_` and `-`; Meta's are digits.
fn pair(option: &str, of: &str, text: &str) -> Result<(String, String), String> {
    let in_path = |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    match text.split_once('=') {
        Some((id, value)) if !id.is_empty() && in_path(id) && !value.is_empty() => Ok((id.into(), value.into())),
        // The text may be a secret that was mistyped: it is not repeated.
        _ => Err(format!("{option} takes ID={of}, both not empty, the id of letters, digits, _ and -")),
    }
}

/// What one can try with a simulator at `url`. Shows no token but the demo pixel's.
pub fn introduction(url: &str, config: &Config) -> String {
    let pixel = config.pixels.keys().next().map_or(DEMO_PIXEL, String::as_str);
    let demo = config.pixels.get(pixel).is_some_and(|token| token == DEMO_TOKEN);
    let token = if demo { DEMO_TOKEN } else { "..." };
    let pixels: Vec<&str> = config.pixels.keys().map(String::as_str).collect();
    format!(
        r#"The Meta simulator is up: {url} (META_GRAPH_URL), pixels {pixels}.

  URL={url} PIXEL={pixel} TOKEN={token}

  # an event
  curl -s $URL/v26.0/$PIXEL/events -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{{"data": [{{
    "event_name": "Purchase", "event_time": '$(date +%s)', "event_id": "order-1001", "action_source": "system_generated",
    "user_data": {{"em": "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"}},
    "custom_data": {{"currency": "BRL", "value": 97.00}}}}]}}'

  # what it took, and what became of each request
  curl -s $URL/_simulator; curl -s "$URL/_simulator/events?limit=10"; curl -s $URL/_simulator/requests

  # the next two requests meet a token that has expired; the names: curl -s $URL/_simulator/presets
  curl -s $URL/_simulator/faults -H 'content-type: application/json' -d '{{"times": 2, "answer": {{"preset": "auth_190_463"}}}}'
  curl -s -X DELETE $URL/_simulator/faults
"#,
        pixels = pixels.join(", "),
    )
}

/// One line on one request.
pub fn line(request: &RequestRecord) -> String {
    let RequestRecord { number, method, path, events, taken, duplicates, .. } = request;
    let status = request.status.map_or_else(|| "no answer".into(), |status| status.to_string());
    let mut line = format!("{number} {method} {path}: {status}, {taken} of {events} events taken");
    // Writing to a String does not fail.
    if *duplicates > 0 {
        let _ = write!(line, ", {duplicates} again");
    }
    if let Some(code) = request.code {
        let subcode = request.subcode.map(|subcode| format!("/{subcode}")).unwrap_or_default();
        let _ = write!(line, ", code {code}{subcode}");
    }
    if let Some(rule) = &request.rule {
        let field = request.field.as_deref().map(|field| format!(" ({field})")).unwrap_or_default();
        let _ = write!(line, ", rule {rule}{field}");
    }
    if let Some(fault) = &request.fault {
        let _ = write!(line, ", fault {fault}");
    }
    line
}
