//! Wrong tokens are limited by the address that they come from.
//!
//! An address has [`MOST`] of them in [`MINUTES`] minutes, whichever environments of the function they reach: the count is in Postgres,
//! and is touched by a wrong token alone. Then it is refused before its token is looked at: at once by the environment that counted the
//! last one, by any other from the first wrong token on that it gets itself. So an address has at the most one guess more in each
//! environment that runs, and a right token costs no look-up. While Postgres is away nothing is counted.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use lambda_http::Request;
use shared::db::attempts::{self, MINUTES, MOST};
use shared::db::keys;
use shared::http::{self, Problem};
use shared::memory::Memory;
use shared::telemetry;

use crate::State;

/// Addresses that are refused, by their hash, with until when; Unix milliseconds.
pub(crate) type Attempts = Memory<String, i64>;

/// Refuses an address that had too many wrong tokens, before anything of its token is looked at.
///
/// # Errors
/// 429 with the time that is left.
pub(crate) fn refuse_blocked(state: &State, request: &Request) -> Result<(), Problem> {
    let now_ms = state.clock.now_ms();
    match state.attempts.get(&address_hash(state, request), now_ms) {
        Some(until_ms) => Err(too_many(until_ms.saturating_sub(now_ms).div_euclid(1000).saturating_add(1))),
        None => Ok(()),
    }
}

/// Counts a wrong token, or password, of whoever sends this request. Gives what to answer: `otherwise`, or 429 where it was one too
/// many.
pub(crate) async fn wrong(state: &State, request: &Request, otherwise: Problem) -> Problem {
    let address_hash = address_hash(state, request);
    let address = address_hash.as_str();
    let counted = match state.db.run(|client| async move { attempts::count(&client, address).await }).await {
        Ok(counted) => counted,
        Err(error) => {
            let (id, error) = (http::request_id(request), telemetry::chain(&error));
            tracing::error!(request.id = id, error, "a wrong token was not counted");
            return otherwise;
        }
    };
    if counted.attempts < MOST {
        return otherwise;
    }
    let left = Duration::from_secs(u64::try_from(counted.left_s).unwrap_or_default());
    let now_ms = state.clock.now_ms();
    let until_ms = now_ms.saturating_add(i64::from(counted.left_s).saturating_mul(1000));
    state.attempts.put(address_hash, until_ms, now_ms, left);
    if counted.attempts == MOST {
        tracing::warn!(
            request.id = http::request_id(request),
            minutes = MINUTES,
            "an address has had too many wrong tokens"
        );
        return otherwise;
    }
    too_many(i64::from(counted.left_s))
}

fn too_many(left_s: i64) -> Problem {
    let left_s = u32::try_from(left_s.max(1)).unwrap_or(u32::MAX);
    Problem::too_many_requests(left_s, "Too many wrong tokens came from this address.")
}

/// Who has IPv6 has a network of 64 bits to choose addresses from. Callers without an address are counted together.
fn address_hash(state: &State, request: &Request) -> String {
    let address = match http::client_ip(request, state.trusted_proxy_hops) {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            Some(IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)))
        }
        other => other,
    };
    keys::hash(&address.map(|it| it.to_string()).unwrap_or_default())
}
