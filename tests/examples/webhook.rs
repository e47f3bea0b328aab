//! Shows what we would make of a checkout platform's delivery: no signature is needed, nothing is kept, nothing is sent.
//!
//! Reads a body (JSON, or form-encoded) from a file and prints one JSON object: the outcome `order`, `ignored` or `rejected` with
//! its reason, the order's own fields, and the buyer normalised and not hashed. `event_name` is there only where an event would
//! be sent if nothing had been heard of the order before. `--country` is the tenant's, by which a phone without a country code
//! is read; `--amount` what the connection is set to send; `--header` a header of the delivery, where the platform says something
//! in one.
//!
//! ```text
//! cargo run -q -p tests --example webhook -- hotmart body.json --country BR
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::path::Path;
use std::process::ExitCode;

use lambda_http::http::{HeaderMap, HeaderName, HeaderValue};
use shared::clock::Clock;
use shared::domain::country::Country;
use shared::domain::order::Amount;
use shared::platforms::{Context, Platform};
use tests::webhook::{self, Question};

struct Options {
    platform: Platform,
    file: String,
    country: Option<Country>,
    amount: Amount,
    headers: HeaderMap,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n{}", usage());
            return ExitCode::from(2);
        }
    };
    let body = match std::fs::read(&options.file) {
        Ok(body) => body,
        Err(error) => {
            eprintln!("{} cannot be read: {error}", options.file);
            return ExitCode::FAILURE;
        }
    };
    let context = Context { received_at_s: Clock::SYSTEM.now_s(), country: options.country };
    let Options { platform, amount, headers, file, .. } = options;
    let headers = with_named(headers, platform, Path::new(&file));
    println!("{:#}", Question { platform, headers: &headers, body: &body, context, amount }.answer());
    ExitCode::SUCCESS
}

/// What the file's name says stands in for a header that was not given.
fn with_named(mut headers: HeaderMap, platform: Platform, file: &Path) -> HeaderMap {
    for (name, value) in webhook::headers_by_name(platform, file) {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.entry(name).or_insert(value);
        }
    }
    headers
}

fn usage() -> String {
    format!(
        "usage: webhook <platform> <file> [--country <ISO 3166>] [--amount {}] [--header <name: value>]\nplatforms: {}",
        Amount::WORDS.join("|"),
        Platform::WORDS.join(" ")
    )
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut country, mut amount, mut headers, mut rest) = (None, Amount::default(), HeaderMap::new(), Vec::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--country" => country = Some(parsed(&value()?, "country", Country::parse)?),
            "--amount" => amount = parsed(&value()?, "amount", Amount::parse)?,
            "--header" => {
                let (name, value) = parsed(&value()?, "header", header)?;
                headers.insert(name, value);
            }
            option if option.starts_with("--") => return Err(format!("{option} is not an option")),
            _ => rest.push(argument),
        }
    }
    let [platform, file] = <[String; 2]>::try_from(rest).map_err(|_| "a platform and a file are needed".to_owned())?;
    Ok(Options { platform: parsed(&platform, "platform", Platform::parse)?, file, country, amount, headers })
}

fn parsed<T>(text: &str, what: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, String> {
    parse(text).ok_or(format!("{text:?} is no {what}"))
}

fn header(text: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = text.split_once(':')?;
    Some((name.trim().parse().ok()?, value.trim().parse().ok()?))
}
