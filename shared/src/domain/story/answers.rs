//! What each attempt came to, and when the next one follows.

use super::super::conversion::State;
use super::when::clock_time;
use super::{Attempt, Facts, Line};

pub(super) fn lines(facts: &Facts<'_>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, attempt) in facts.attempts.iter().enumerate() {
        if let Some(at) = attempt.replayed_at {
            let text = facts.t("Somebody put the event back to be sent.", "Alguém recolocou o evento para envio.");
            lines.push(Line { at, text: text.to_owned() });
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
    let what = what(facts, answer, &attempt.status);
    if attempt.status == "success" {
        let trace = attempt.fbtrace_id.as_ref().map_or_else(String::new, |trace| format!("; trace {trace}"));
        return Some(Line { at, text: format!("{what}{trace}.") });
    }
    let follows = next.map_or_else(String::new, |next| follows(facts, at, next));
    let marks = marks(attempt);
    let text = match &attempt.error_message {
        Some(message) => {
            let says = facts.t("Meta says:", "A Meta diz:");
            format!("{what}{follows}. {says} \"{message}\"{marks}.")
        }
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

fn what(facts: &Facts<'_>, answer: &str, status: &str) -> String {
    let (english, portuguese) = match answer {
        "accepted" => ("Meta received the event", "A Meta recebeu o evento"),
        "throttled" => ("Meta asked for fewer requests", "A Meta pediu menos requisições"),
        "transient" => {
            ("Meta could not take the event at that moment", "A Meta não pôde aceitar o evento naquele momento")
        }
        "unknown" => (
            "Meta refused the event with an error that it does not document",
            "A Meta recusou o evento com um erro que ela não documenta",
        ),
        "unreadable" => ("What answered did not speak as Meta does", "O que respondeu não falou como a Meta fala"),
        "not_connected" => ("Meta could not be reached", "Não foi possível alcançar a Meta"),
        "payload" => ("The event could not be written down for Meta", "O evento não pôde ser escrito para a Meta"),
        "unclear" => (
            "Meta's answer did not come through, so Meta may have the event or not",
            "A resposta da Meta não chegou, então a Meta pode ter o evento ou não",
        ),
        "credentials" => (
            "Meta refused the access token or its permissions",
            "A Meta recusou o token de acesso ou as suas permissões",
        ),
        "data" => ("Meta refused what is in the event", "A Meta recusou o conteúdo do evento"),
        "refused_alike" => (
            "Meta refused one event after the other with the same error, so the events are not at fault",
            "A Meta recusou um evento após o outro com o mesmo erro, então a falha não é dos eventos",
        ),
        "no_pixel" => ("No pixel was set", "Nenhum pixel estava definido"),
        "no_token" => ("There was no access token", "Não havia token de acesso"),
        "malformed_token" => {
            ("The stored access token could not be read", "O token de acesso guardado não pôde ser lido")
        }
        "secrets_unavailable" => (
            "The access token could not be fetched at that moment",
            "O token de acesso não pôde ser buscado naquele momento",
        ),
        _ if status == "success" => ("Meta received the event", "A Meta recebeu o evento"),
        "" => ("The attempt failed", "A tentativa falhou"),
        other => {
            let failed = facts.t("The attempt failed", "A tentativa falhou");
            return format!("{failed} ({})", other.replace('_', " "));
        }
    };
    facts.t(english, portuguese).to_owned()
}

/// What follows a failed attempt; where something keeps the event back, the story's last line says what.
fn follows(facts: &Facts<'_>, told_from: i64, next: &Attempt) -> String {
    match next.finished_at {
        Some(_) if made_no_try(next) => String::new(),
        Some(at) => {
            let was = facts.t("the next try was at", "a próxima tentativa foi às");
            format!("; {was} {}", clock_time(at, told_from))
        }
        None if facts.state != State::Pending || facts.reason.is_some() => String::new(),
        None if next.due_at > facts.now => {
            let is = facts.t("the next try is at", "a próxima tentativa será às");
            format!("; {is} {}", clock_time(next.due_at, told_from))
        }
        None => facts.t("; the next try is due", "; a próxima tentativa é agora").to_owned(),
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
