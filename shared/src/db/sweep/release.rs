//! Leases that ran out: their dispatcher is dead.

use deadpool_postgres::Client;

use super::{Error, count};
use crate::db::dispatch::LEASE_S;
use crate::domain::delivery::UNCLEAR_WINDOW_S;

/// The statement of [`release`], for who measures or explains it. It looks through what is due, tenant by tenant: what is claimed
/// was due before.
pub const RELEASE: &str = concat!(
    waiting!(),
    ", dead as (
        select held.tenant_id, held.id, held.unclear_since
        from waiting, lateral (
            select a.tenant_id, a.id, coalesce(a.unclear_since, a.leased_until - $1::float8 * interval '1 second') as unclear_since
            from dispatch_attempts a
            where a.tenant_id = waiting.tenant_id and a.status = 'pending' and a.due_at <= clock()
              and a.leased_until <= clock()
            limit 1000
            for update skip locked
        ) held
        limit 1000
    ), released as (
        update dispatch_attempts a
        set leased_until = null, unclear_since = dead.unclear_since,
            expires_at = least(a.expires_at, dead.unclear_since + $2::float8 * interval '1 second')
        from dead where a.tenant_id = dead.tenant_id and a.id = dead.id
        returning 1
    )
    select count(*) from released"
);

/// Ends leases that ran out, of any tenant. Meta may have had what their dispatchers sent: from then on the event is unclear.
/// A claim does the same where it comes first.
pub async fn release(client: &Client) -> Result<u64, Error> {
    #[expect(clippy::cast_precision_loss, reason = "two days in seconds")]
    let unclear_window = UNCLEAR_WINDOW_S as f64;
    count(client, RELEASE, &[&f64::from(LEASE_S), &unclear_window]).await
}
