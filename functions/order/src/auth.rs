//! API keys of callers, remembered for a minute so that a request need not ask for them; the write checks again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lambda_http::Request;
use shared::db::keys::{self, Key, PresentedKey};
use shared::http::{self, Problem};

use crate::State;

/// How long a key is believed for what only reads; a write checks it in its own statement.
const BELIEVED: Duration = Duration::from_mins(1);
/// One environment serves few tenants at a time; past this the memory starts afresh.
const MOST: usize = 1000;

/// Keys that were found in force.
#[derive(Default)]
pub(crate) struct Cache(Mutex<HashMap<PresentedKey, (Instant, Key)>>);

impl Cache {
    fn get(&self, presented: &PresentedKey) -> Option<Key> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, key) = known.get(presented)?;
        (since.elapsed() < BELIEVED).then(|| key.clone())
    }

    fn put(&self, presented: PresentedKey, key: Key) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(presented, (Instant::now(), key));
    }

    fn forget(&self, presented: &PresentedKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(presented);
    }
}

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

/// Who calls, by `Authorization: Bearer`.
///
/// # Errors
/// 401 for every way in which a key can be wrong; 503 when the database is away.
pub(crate) async fn caller(state: &State, request: &Request) -> Result<Caller, Problem> {
    let presented = http::bearer(request).and_then(PresentedKey::parse).ok_or_else(Problem::unauthorized)?;
    if let Some(key) = state.keys.get(&presented) {
        return Ok(Caller { key, presented });
    }
    let wanted = &presented;
    let found = state.db.run(|client| async move { keys::find(&client, wanted).await }).await;
    let key = found.map_err(|error| crate::unavailable(request, &error))?.ok_or_else(Problem::unauthorized)?;
    state.keys.put(presented.clone(), key.clone());
    Ok(Caller { key, presented })
}
