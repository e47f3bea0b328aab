//! Events that may not be sent any more, whatever their tenant's status.

use deadpool_postgres::Client;

use super::{Error, count};
use crate::domain::delivery::SEND_WITHIN_S;

/// The statement of [`expire`], for who measures or explains it.
///
/// What Meta may have taken is not lost for sure: while the event itself is young enough for Meta, a person may decide to send it
/// again, so it is quarantined. A tenant has a quarter of a batch at the most: one with very many does not keep the others back.
pub const EXPIRE: &str = concat!(
    waiting!(),
    ", late as (
        select over.tenant_id, over.id
        from waiting, lateral (
            select a.tenant_id, a.id from dispatch_attempts a
            where a.tenant_id = waiting.tenant_id and a.status = 'pending' and a.expires_at <= clock()
              and a.leased_until is null
            order by a.expires_at limit 250
            for update skip locked
        ) over
        limit 1000
    ), failed as (
        update dispatch_attempts a
        set status = 'failed', finished_at = clock(),
            answer = case when a.unclear_since is null then 'too_old' else 'unclear' end
        from late where a.tenant_id = late.tenant_id and a.id = late.id
        returning a.tenant_id, a.event_id, a.unclear_since is not null as unclear, a.answer
    ), ended as (
        update conversions c
        set state = case when failed.unclear and c.event_time + $1::float8 * interval '1 second' > clock() then 'quarantined'
                         else 'expired' end,
            reason = failed.answer, updated_at = clock()
        from failed
        where c.tenant_id = failed.tenant_id and c.event_id = failed.event_id and c.state in ('pending', 'held', 'parked')
    )
    select count(*) from failed"
);

/// Ends attempts whose deadline has passed and that nobody holds, with their conversions.
pub async fn expire(client: &Client) -> Result<u64, Error> {
    #[expect(clippy::cast_precision_loss, reason = "a week in seconds")]
    let sent_by = SEND_WITHIN_S as f64;
    count(client, EXPIRE, &[&sent_by]).await
}
