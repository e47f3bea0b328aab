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
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
