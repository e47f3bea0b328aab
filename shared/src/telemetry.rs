//! Logs: JSON on Lambda (`AWS_LAMBDA_LOG_FORMAT=JSON`), text locally, levels by `AWS_LAMBDA_LOG_LEVEL`.
//!
//! No personal data, no token, no body and no whole click id is ever logged; a failure is logged once, where it is
//! handled, with its causes.

use std::error::Error;

use lambda_runtime::tracing::level_filters::LevelFilter;
use lambda_runtime::tracing::subscriber::filter::Targets;
use lambda_runtime::tracing::subscriber::prelude::*;
use lambda_runtime::tracing::subscriber::{fmt, registry};

use crate::config::environment;

/// Starts the subscriber: as the Lambda runtime's own writes, but without its filter by the fields of spans, for which every function
/// would bring an engine of regular expressions along.
pub fn init() {
    let targets = targets(environment("AWS_LAMBDA_LOG_LEVEL").or_else(|| environment("RUST_LOG")).as_deref());
    let layer = fmt::layer().with_target(false).without_time();
    if environment("AWS_LAMBDA_LOG_FORMAT").is_some_and(|it| it.eq_ignore_ascii_case("json")) {
        registry().with(layer.json()).with(targets).init();
    } else {
        registry().with(layer).with(targets).init();
    }
}

/// What is logged: from info on, or by Lambda's words for levels (AWS, Log-level filtering), and of single targets by `target=level` as
/// in `RUST_LOG`, parted by commas. What is neither changes nothing.
fn targets(said: Option<&str>) -> Targets {
    let mut targets = Targets::new().with_default(LevelFilter::INFO);
    for part in said.unwrap_or_default().split(',') {
        let (target, word) = part.split_once('=').map_or((None, part), |(target, word)| (Some(target.trim()), word));
        let Some(level) = level(word) else { continue };
        targets = match target {
            None => targets.with_default(level),
            Some(target) => targets.with_target(target, level),
        };
    }
    targets
}

fn level(word: &str) -> Option<LevelFilter> {
    match word.trim() {
        "" => None,
        word if word.eq_ignore_ascii_case("fatal") => Some(LevelFilter::ERROR),
        word => word.parse().ok(),
    }
}

/// An error with all its causes in one line.
///
/// Of what Postgres says only the code and the names of what it is about: its own texts quote the row.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(postgres) =
            inner.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::as_db_error)
        {
            text.push_str(&said(postgres));
            break;
        }
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

fn said(error: &tokio_postgres::error::DbError) -> String {
    let names = [error.table(), error.column(), error.constraint(), error.routine()];
    let names: Vec<&str> = names.into_iter().flatten().collect();
    let line = error.line().map_or_else(String::new, |line| format!(":{line}"));
    format!(": SQLSTATE {} {}{line}", error.code().code(), names.join(" "))
}

#[cfg(test)]
mod tests {
    use lambda_runtime::tracing::Level;

    use super::*;

    #[test]
    fn the_words_of_lambda_and_of_rust_log_say_what_is_logged() {
        for (said, logged, not) in [
            (None, Level::INFO, Level::DEBUG),
            (Some("WARN"), Level::WARN, Level::INFO),
            (Some("trace"), Level::TRACE, Level::TRACE),
            (Some("FATAL"), Level::ERROR, Level::WARN),
            (Some("shared=debug,warn"), Level::DEBUG, Level::TRACE),
            (Some("shared=debug"), Level::DEBUG, Level::TRACE),
            (Some("?!=,"), Level::INFO, Level::DEBUG),
            (Some("verbose"), Level::INFO, Level::DEBUG),
        ] {
            let targets = targets(said);
            assert!(targets.would_enable("shared::db", &logged), "{said:?}");
            assert!(not == logged || !targets.would_enable("shared::db", &not), "{said:?}");
        }
        let others = targets(Some("shared=debug,warn"));
        assert!(others.would_enable("hyper", &Level::WARN) && !others.would_enable("hyper", &Level::INFO));
    }
}
