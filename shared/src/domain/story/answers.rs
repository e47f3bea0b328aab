//! What each attempt came to, and when the next one follows.

use super::super::conversion::State;
use super::when::clock_time;
use super::{Attempt, Facts, Line};

pub(super) fn lines(facts: &Facts<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, attempt) in facts.attempts.iter().enumerate() {
        if let Some(at) = attempt.replayed_at {
            lines.push(Line { at, text: "An operator put the event back to be sent.".to_owned() });
        }
        let next = facts.attempts.get(index + 1).filter(|next| next.replayed_at.is_none());
        lines.extend(line(facts, attempt, next));
    }
    lines
}

fn line(facts: &Facts<'_>, attempt: &Attempt, next: Option<&Attempt>) -> Option<Line> {
    let (at, answer) = (attempt.finished_at?, attempt.answer.as_deref().unwrap_or_default());
    if made_no_try(attempt) {
        return None;
    }
    let what = what(answer, &attempt.status);
    if attempt.status == "success" {
        let trace = attempt.fbtrace_id.as_ref().map_or_else(String::new, |trace| format!("; trace {trace}"));
        return Some(Line { at, text: format!("{what}{trace}.") });
    }
    let follows = next.map_or_else(String::new, |next| follows(facts, at, next));
    let marks = marks(attempt);
    let text = match &attempt.error_message {
        Some(message) => format!("{what}{follows}. Meta says: \"{message}\"{marks}."),
        None => format!("{what}{marks}{follows}."),
    };
    Some(Line { at, text })
}

/// An attempt that ended before anything was sent, since the event's time was up or its buyer was erased: where the event stands says it.
fn made_no_try(attempt: &Attempt) -> bool {
    match attempt.answer.as_deref() {
        Some("too_old" | "erased") => true,
        Some("unclear") => attempt.receipt_id.is_none(),
        _ => false,
    }
}

fn what(answer: &str, status: &str) -> String {
    let text = match answer {
        "accepted" => "Meta received the event",
        "throttled" => "Meta asked for fewer requests",
        "transient" => "Meta could not take the event at that moment",
        "unknown" => "Meta refused the event with an error that it does not document",
        "unreadable" => "what answered did not speak as Meta does",
        "not_connected" => "Meta could not be reached",
        "payload" => "the event could not be written down for Meta",
        "unclear" => "Meta's answer did not come through, so Meta may have the event or not",
        "credentials" => "Meta refused the access token or its permissions",
        "data" => "Meta refused what is in the event",
        "refused_alike" => "Meta refused one event after the other with the same error, so the events are not at fault",
        "no_pixel" => "no pixel was set",
        "no_token" => "there was no access token",
        "malformed_token" => "the stored access token could not be read",
        "secrets_unavailable" => "the access token could not be fetched at that moment",
        _ if status == "success" => "Meta received the event",
        "" => "The attempt failed",
        other => return format!("The attempt failed ({})", other.replace('_', " ")),
    };
    capitalized(text)
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What follows a failed attempt; where something keeps the event back, the story's last line says what.
fn follows(facts: &Facts<'_>, told_from: i64, next: &Attempt) -> String {
    match next.finished_at {
        Some(_) if made_no_try(next) => String::new(),
        Some(at) => format!("; the next try was at {}", clock_time(at, told_from)),
        None if facts.state != State::Pending || facts.reason.is_some() => String::new(),
        None if next.due_at > facts.now => format!("; the next try is at {}", clock_time(next.due_at, told_from)),
        None => "; the next try is due".to_owned(),
    }
}

/// What Meta's support asks for, in brackets.
fn marks(attempt: &Attempt) -> String {
    let number = |label: &str, value: Option<i32>| value.map(|value| format!("{label} {value}"));
    let marks: Vec<String> = [
        number("error", attempt.error_code),
        number("subcode", attempt.error_subcode),
        number("HTTP", attempt.http_status.filter(|_| attempt.error_code.is_none())),
        attempt.fbtrace_id.as_ref().map(|trace| format!("trace {trace}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) }
}
