//! Replay: quarantined conversions go back to be sent, after what was at fault is repaired.

use deadpool_postgres::Client;
use serde::Serialize;
use utoipa::ToSchema;

use super::Error;
use super::audit::{Entry, audited};
use crate::ids;

/// The most conversions that one statement puts back.
pub const MOST: usize = 1000;

/// Which conversions of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which<'a> {
    /// All that are quarantined.
    All,
    /// The one of an event.
    Event(&'a str),
}

/// What a replay did, and what it left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Replayed {
    /// Conversions that are pending again.
    pub replayed: i64,
    /// Left quarantined: older than Meta takes.
    pub too_old: i64,
    /// Left quarantined: Meta may have them, and nobody said that they may be counted twice. Counted by the last call,
    /// which puts none back any more.
    pub unclear: i64,
    /// Whether there may be more to put back: run it again.
    pub more: bool,
}

/// The statement of [`replay`], for who measures or explains it. The times are those of the migration that added
/// `expires_at`: 7 days less a minute for the way, 47 hours after the first send that Meta may have taken.
///
/// It walks along the index of what is quarantined and stops when it has enough, however much there is; what is left is
/// counted up to 10,000.
pub const REPLAY: &str = concat!(
    "
    with chosen as (
        select c.id, c.event_id, c.event_time + interval '7 days' - interval '1 minute' as too_old_at,
               coalesce(last.number, 0) as number, case when not $3::boolean then last.unclear_since end as unclear_since
        from conversions c
            left join lateral (
                select a.number, a.unclear_since from dispatch_attempts a
                where a.tenant_id = c.tenant_id and a.event_id = c.event_id
                order by a.number desc limit 1
            ) last on true
        where c.tenant_id = $1 and c.state = 'quarantined' and ($2::text is null or c.event_id = $2)
          and c.event_time > clock() - interval '7 days' + interval '1 minute'
          and ($3 or c.reason is distinct from 'unclear' and coalesce(last.unclear_since + interval '47 hours' > clock(), true))
        order by c.event_time limit cardinality($4::text[])
        for update of c skip locked
    ), moved as (
        update conversions c set state = 'pending', reason = null, updated_at = clock()
        from chosen where c.tenant_id = $1 and c.id = chosen.id
    ), attempt as (
        insert into dispatch_attempts (tenant_id, id, event_id, number, unclear_since, created_at, due_at, expires_at)
        select $1, $4[row_number() over ()], event_id, number + 1, unclear_since, clock(), clock(),
               least(too_old_at, unclear_since + interval '47 hours')
        from chosen
    ), ",
    audited!(
        "$1",
        "$5",
        "jsonb_build_object('replayed', (select count(*) from chosen))",
        "(select from chosen limit 1) any_chosen"
    ),
    "
    -- The counts see all as it was before.
    select (select count(*) from chosen) as replayed,
           (select count(*) from (
               select from conversions c
               where c.tenant_id = $1 and c.state = 'quarantined' and ($2 is null or c.event_id = $2)
                 and c.event_time <= clock() - interval '7 days' + interval '1 minute' limit 10000) old) as too_old,
           (select count(*) from (
               select from conversions c
               where c.tenant_id = $1 and c.state = 'quarantined' and ($2 is null or c.event_id = $2)
                 and c.event_time > clock() - interval '7 days' + interval '1 minute' limit 10000) young)
               - (select count(*) from chosen) as left_over,
           $2 is null and (select count(*) from chosen) = cardinality($4) as more"
);

/// Puts quarantined conversions of a tenant back to pending, each with a new attempt that is due now; up to [`MOST`] at a
/// time, the oldest first. Two at once put each back once.
///
/// What Meta may have already is put back only if `may_be_there`: the operator says that counting it twice is better than
/// losing it, and the 47 hours then do not bind it.
pub async fn replay(
    client: &Client,
    tenant_id: &str,
    which: Which<'_>,
    may_be_there: bool,
    entry: Option<&Entry>,
) -> Result<Replayed, Error> {
    let statement = client.prepare_cached(REPLAY).await?;
    let (event_id, most) = match which {
        Which::All => (None, MOST),
        Which::Event(event_id) => (Some(event_id), 1),
    };
    let attempts: Vec<String> = (0..most).map(|_| ids::new_id()).collect();
    let row = client
        .query_one(&statement, &[&tenant_id, &event_id, &may_be_there, &attempts, &entry.map(Entry::text)])
        .await?;
    let more = row.try_get("more")?;
    Ok(Replayed {
        replayed: row.try_get("replayed")?,
        too_old: row.try_get("too_old")?,
        // While there are more to put back, the others cannot be told apart.
        unclear: if more { 0 } else { row.try_get("left_over")? },
        more,
    })
}
