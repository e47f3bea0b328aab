//! API keys of callers, remembered for a minute so that a request need not ask for them; the write checks again.

use std::time::Duration;

use lambda_http::Request;
use shared::db::keys::{self, Key, PresentedKey};
use shared::domain::access::Scope;
use shared::http::{self, Problem};
use shared::memory::Memory;

use crate::State;

/// How long a key is believed for what only reads; a write checks it in its own statement.
const BELIEVED: Duration = Duration::from_mins(1);

/// Keys that were found in force.
pub(crate) type Cache = Memory<PresentedKey, Key>;

/// The caller of a request.
pub(crate) struct Caller {
    /// The key in force.
    pub(crate) key: Key,
    presented: PresentedKey,
}

impl Caller {
    /// The write found the key revoked: it is not to be believed any longer.
    pub(crate) fn revoked(&self, state: &State) -> Problem {
        state.keys.forget(&self.presented);
        Problem::unauthorized()
    }
}

/// Who calls, by `Authorization: Bearer`, for what needs this scope.
///
/// # Errors
/// 401 for every way in which a key can be wrong; 403 for one in force without the scope; 503 when the database is away.
pub(crate) async fn caller(state: &State, request: &Request, scope: Scope) -> Result<Caller, Problem> {
    let caller = known(state, request).await?;
    let scopes = caller.key.scopes;
    if scopes.allow(scope) { Ok(caller) } else { Err(Problem::lacks_scope(scope, scopes)) }
}

async fn known(state: &State, request: &Request) -> Result<Caller, Problem> {
    let presented = http::bearer(request).and_then(PresentedKey::parse).ok_or_else(Problem::unauthorized)?;
    if let Some(key) = state.keys.get(&presented, state.clock.now_ms()) {
        return Ok(Caller { key, presented });
    }
    let wanted = &presented;
    let found = state.db.run(|client| async move { keys::find(&client, wanted).await }).await;
    let key = found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(Problem::unauthorized)?;
    state.keys.put(presented.clone(), key.clone(), state.clock.now_ms(), BELIEVED);
    Ok(Caller { key, presented })
}
