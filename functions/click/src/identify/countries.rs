//! The country of a funnel's tenant, remembered for a minute: only a phone without a country code asks for it.

use std::time::Duration;

use shared::clock::Clock;
use shared::db::{Db, Error, funnels};
use shared::domain::country::Country;
use shared::memory::Memory;

/// How long a country is believed.
const BELIEVED: Duration = Duration::from_mins(1);

/// Countries that were looked up, by funnel.
#[derive(Default)]
pub(crate) struct Countries(Memory<String, Option<Country>>);

impl Countries {
    /// The country of a funnel's tenant; none as well where there is no such funnel.
    pub(crate) async fn of(&self, db: &Db, funnel_id: &str) -> Result<Option<Country>, Error> {
        if let Some(country) = self.0.get(funnel_id, Clock::SYSTEM.now_ms()) {
            return Ok(country);
        }
        let country = db.run(|client| async move { funnels::country(&client, funnel_id).await }).await?;
        self.0.put(funnel_id.to_owned(), country, Clock::SYSTEM.now_ms(), BELIEVED);
        Ok(country)
    }
}
