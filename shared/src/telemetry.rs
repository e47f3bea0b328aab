//! Logs: JSON on Lambda (`AWS_LAMBDA_LOG_FORMAT=JSON`), text locally, levels by `AWS_LAMBDA_LOG_LEVEL`.
//!
//! No personal data, no token, no body and no whole click id is ever logged; a failure is logged once, where it is
//! handled, with its causes.

use std::error::Error;

/// Starts the Lambda runtime's own subscriber.
pub fn init() {
    lambda_runtime::tracing::init_default_subscriber();
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
