//! From claimed attempts to what became of each: one request, split only when Meta refuses what is in it.

use shared::db::dispatch::{Claimed, Done, Event, Outcome};
use shared::domain::conversion::State as Stands;
use shared::domain::delivery;
use shared::ids;
use shared::meta::{Answer, Said};
use shared::secrets;

use crate::State;

/// Sends a tenant's attempts. Every one of them is in the answer.
pub(crate) async fn deliver(state: &State, tenant_id: &str, claimed: Vec<Claimed>) -> Vec<Done> {
    let (old, fresh): (Vec<_>, Vec<_>) = claimed.into_iter().partition(|it| it.too_old);
    let mut done: Vec<Done> =
        old.iter().map(|it| outcome(it, Outcome::Stop(Stands::Expired), "too_old", &Said::default())).collect();
    let Some(first) = fresh.first() else { return done };
    let Some(pixel_id) = first.pixel_id.clone() else {
        done.extend(fresh.iter().map(|it| outcome(it, Outcome::Stop(Stands::Parked), "no_pixel", &Said::default())));
        return done;
    };
    let credentials = match state.credentials.get(tenant_id).await {
        Ok(credentials) => credentials,
        Err(error) => {
            tracing::warn!(tenant.id = tenant_id, %error, "no credentials for Meta");
            done.extend(fresh.iter().map(|it| without_credentials(it, &error)));
            return done;
        }
    };
    let test_event_code = first.test_event_code.clone();
    // Halves of a refused request, the first half on top.
    let mut parts: Vec<&[Claimed]> = vec![&fresh];
    while let Some(part) = parts.pop() {
        let events: Vec<&Event> = part.iter().map(|it| &it.event).collect();
        let answer = state.meta.send(&pixel_id, &credentials.access_token, test_event_code.as_deref(), &events).await;
        if matches!(answer, Answer::Data(_)) && part.len() > 1 {
            let (left, right) = part.split_at(part.len() / 2);
            parts.extend([right, left]);
            continue;
        }
        if matches!(answer, Answer::Credentials(_)) {
            state.credentials.forget(tenant_id);
        }
        log(tenant_id, part.len(), &answer);
        done.extend(part.iter().map(|it| judged(it, &answer)));
    }
    done
}

/// What an answer means for one attempt.
fn judged(it: &Claimed, answer: &Answer) -> Done {
    match answer {
        Answer::Accepted(said) => outcome(it, Outcome::Sent, "accepted", said),
        Answer::Transient(why, said) => outcome(it, again(it), why, said),
        Answer::Unclear(said) if delivery::may_resend_unclear(it.age_s) => outcome(it, again(it), "unclear", said),
        Answer::Unclear(said) => outcome(it, Outcome::Stop(Stands::Quarantined), "unclear", said),
        Answer::Credentials(said) => outcome(it, Outcome::Stop(Stands::Parked), "credentials", said),
        Answer::Data(said) => outcome(it, Outcome::Stop(Stands::Quarantined), "data", said),
    }
}

fn without_credentials(it: &Claimed, error: &secrets::Error) -> Done {
    let said = Said::default();
    match error {
        secrets::Error::Missing(_) => outcome(it, Outcome::Stop(Stands::Parked), "no_token", &said),
        secrets::Error::Malformed(..) => outcome(it, Outcome::Stop(Stands::Parked), "malformed_token", &said),
        secrets::Error::Unavailable(_) => outcome(it, again(it), "secrets_unavailable", &said),
    }
}

fn again(it: &Claimed) -> Outcome {
    Outcome::Retry { wait_ms: delivery::backoff_ms(it.number, fastrand::f64()), next_id: ids::new_id() }
}

fn outcome(it: &Claimed, outcome: Outcome, answer: &'static str, said: &Said) -> Done {
    Done { attempt_id: it.attempt_id.clone(), lease_token: it.lease_token, outcome, answer, said: said.clone() }
}

fn log(tenant_id: &str, events: usize, answer: &Answer) {
    match answer {
        Answer::Accepted(said) => {
            tracing::info!(tenant.id = tenant_id, events, fbtrace_id = said.fbtrace_id, "sent to Meta");
        }
        Answer::Transient(_, said) | Answer::Unclear(said) | Answer::Credentials(said) | Answer::Data(said) => {
            tracing::warn!(
                tenant.id = tenant_id,
                events,
                http.status = said.http_status,
                error.code = said.code,
                error.subcode = said.subcode,
                fbtrace_id = said.fbtrace_id,
                "Meta did not take the events"
            );
        }
    }
}
