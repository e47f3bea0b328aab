//! The country of a funnel's tenant, remembered for a minute: only a phone without a country code asks for it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::db::{Db, Error, funnels};
use shared::domain::country::Country;

/// How long a country is believed.
const BELIEVED: Duration = Duration::from_mins(1);
/// One environment serves few funnels at a time; past this the memory starts afresh.
const MOST: usize = 1000;

/// Countries that were looked up, by funnel.
#[derive(Default)]
pub(crate) struct Countries(Mutex<HashMap<String, (Instant, Option<Country>)>>);

impl Countries {
    /// The country of a funnel's tenant; none as well where there is no such funnel.
    pub(crate) async fn of(&self, db: &Db, funnel_id: &str) -> Result<Option<Country>, Error> {
        if let Some(country) = self.known(funnel_id) {
            return Ok(country);
        }
        let country = db.run(|client| async move { funnels::country(&client, funnel_id).await }).await?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(funnel_id.to_owned(), (Instant::now(), country));
        Ok(country)
    }

    #[expect(clippy::option_option, reason = "not known, and known to be none")]
    fn known(&self, funnel_id: &str) -> Option<Option<Country>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, country) = known.get(funnel_id)?;
        (since.elapsed() < BELIEVED).then_some(*country)
    }
}
