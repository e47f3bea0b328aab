//! Where the event stands, why, and what would change it.

use super::super::conversion::State;
use super::super::order::Ignored;
use super::Facts;
use super::when::clock_time;

/// `None` where the attempts have said it all.
pub(super) fn sentence(facts: &Facts<'_>) -> Option<String> {
    let reason = facts.reason;
    match facts.state {
        State::Sent => {
            facts.attempts.iter().all(|it| it.finished_at.is_none()).then(|| "Meta has the event.".to_owned())
        }
        State::Pending => pending(facts),
        State::Parked => Some(format!("Waits: {}.{}{}", parked(reason), next_look(facts), deadline(facts))),
        State::Held => Some(held(facts)),
        State::Quarantined if reason == Some("unclear") => Some(UNCLEAR.to_owned()),
        State::Quarantined => Some(
            "Set aside: it is not sent again by itself. Once what Meta names is put right, it can be replayed."
                .to_owned(),
        ),
        State::Expired => Some(
            "Expired: it could not be sent within the 7 days that Meta takes events for, and is not sent any more."
                .to_owned(),
        ),
        State::Ignored => Some(format!("Nothing goes to Meta: {}.{}", ignored(reason), mended(reason))),
    }
}

const UNCLEAR: &str = "Set aside: for 47 hours nothing said whether Meta has the event, and after 48 hours Meta would count a \
                       repetition as a second sale. A person decides: look for it in Events Manager, and have it replayed if it \
                       is not there.";

fn pending(facts: &Facts<'_>) -> Option<String> {
    match facts.reason {
        Some("breaker_open") => Some(format!(
            "Waits: the last sends to Meta all failed, so none is made until a single try succeeds.{}{}",
            next_look(facts),
            deadline(facts)
        )),
        Some("throttled") => Some(match facts.gate.throttled_until {
            Some(until) => format!("Waits: Meta wants no more requests until {}.", clock_time(until, facts.now)),
            None => "Waits: Meta wants no more requests for now.".to_owned(),
        }),
        Some(other) => Some(format!("Waits ({}).{}", words(other), deadline(facts))),
        None => {
            let to_come = facts.attempts.iter().rev().find(|it| it.finished_at.is_none());
            let is_told = facts.attempts.len() > 1 && to_come.is_none_or(|it| it.replayed_at.is_none());
            (!is_told).then(|| "It is on its way to Meta.".to_owned())
        }
    }
}

fn parked(reason: Option<&str>) -> String {
    let text = match reason {
        Some("credentials") => "Meta refuses the access token. Put a new token in place and it goes by itself",
        Some("no_pixel") => "no pixel is set. Set it and it goes by itself",
        Some("no_token") => "there is no access token. Put one in place and it goes by itself",
        Some("malformed_token") => "the stored access token cannot be read. Put it in place anew and it goes by itself",
        Some("refused_alike") => {
            "Meta refuses all events alike, so they are not at fault. Look at the pixel in Events Manager; it goes by itself as \
             soon as Meta takes events again"
        }
        Some(other) => return format!("nothing can be sent until it is repaired ({})", words(other)),
        None => "nothing can be sent until token, pixel or permission are repaired",
    };
    text.to_owned()
}

fn held(facts: &Facts<'_>) -> String {
    match facts.reason {
        Some("suspended") => {
            format!("Held: the account is suspended. It goes when the account is active again.{}", deadline(facts))
        }
        Some("provisioning") => format!("Held: the account is not active yet. It goes when it is.{}", deadline(facts)),
        Some("retired") => "Held: the account is retired and sends nothing any more.".to_owned(),
        _ => format!("Held: the account is not active. It goes when it is.{}", deadline(facts)),
    }
}

/// Why nothing is sent, without an end.
pub(super) fn ignored(reason: Option<&str>) -> String {
    match reason {
        Some("order_not_paid") => "the order was not paid, and only a paid order is a Purchase".to_owned(),
        Some("no_person") => "the order had nothing by which Meta knows a person".to_owned(),
        Some("consent_denied") => {
            "the visitor whose click it came from denied consent, and the account sends nothing then".to_owned()
        }
        Some("erased") => "the buyer's data was erased before it could be sent".to_owned(),
        Some("pending") => "the payment was still to come".to_owned(),
        Some("refused") => "the payment was refused".to_owned(),
        Some("expired") => "it was not paid in time".to_owned(),
        Some("canceled") => "it was called off".to_owned(),
        Some("abandoned") => "the checkout was left".to_owned(),
        Some("refunded") => "it was paid back, which does not undo that there was a sale".to_owned(),
        Some("partially_refunded") => "a part was paid back, which does not undo that there was a sale".to_owned(),
        Some("charged_back") => "the buyer's bank took the payment back".to_owned(),
        Some("renewal") => "it is a further payment of a subscription, and the ad sold only the first".to_owned(),
        Some(other) => match Ignored::parse(other) {
            Some(reason) => reason.words().to_owned(),
            None => format!("the order was left out ({})", words(other)),
        },
        None => "the order was left out".to_owned(),
    }
}

fn mended(reason: Option<&str>) -> &'static str {
    match reason {
        Some("order_not_paid") => " When it is paid, send it again as paid.",
        Some("no_person") => " Send it again with an e-mail, a phone or what the browser had of the click.",
        _ => "",
    }
}

fn next_look(facts: &Facts<'_>) -> String {
    match facts.gate.probe_at {
        Some(at) if at > facts.now => format!(" The next try is at {}.", clock_time(at, facts.now)),
        _ => String::new(),
    }
}

fn deadline(facts: &Facts<'_>) -> String {
    let expires_at = facts.attempts.iter().rev().find(|it| it.finished_at.is_none()).and_then(|it| it.expires_at);
    expires_at.map_or_else(String::new, |at| format!(" It can go until {}.", clock_time(at, facts.now)))
}

/// A word of ours as a person reads it.
fn words(word: &str) -> String {
    word.replace('_', " ")
}
