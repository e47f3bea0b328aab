//! What a seller looks at: how the tenant stands, its events newest first, and what is found among them.

/// The CTE `stands`: how each state in which a tenant's (`$1`) conversion may be stored is shown. What waits stands where its tenant
/// does.
macro_rules! stands {
    () => {
        "
    with stands as (
        select s.stored, coalesce(w.state, s.stored) as state, w.state is not null as waits, w.reason
        from unnest(array['pending', 'held', 'parked', 'sent', 'quarantined', 'expired', 'ignored']) as s (stored)
            left join waiting_standings w on w.tenant_id = $1 and w.stored = s.stored
    )"
    };
}

/// What is read of a conversion `c`.
macro_rules! columns {
    () => {
        "c.id, c.event_id, c.order_key, c.event_name, c.value, c.currency, c.match_stage, c.event_time, c.created_at, c.updated_at, c.state as stored,
               c.reason as own_reason"
    };
}

/// The rows of an answer, of the CTE `found`.
macro_rules! shown {
    () => {
        "
    select id, event_id, order_key, event_name, value::text as value, currency, state, case when waits then reason else own_reason end as reason,
           match_stage, extract(epoch from event_time)::bigint as event_at, extract(epoch from created_at)::bigint as received_at,
           extract(epoch from updated_at)::bigint as changed_at, (extract(epoch from created_at) * 1000000)::bigint as at_us
    from found order by created_at desc, id desc"
    };
}

mod events;
mod overview;
mod search;

pub use events::{Event, Found, LIST, Wanted, list};
pub use overview::{DAYS, DAYS_SHOWN, Day, MATCHES, Matched, days, matches};
pub use search::{SEARCH, Sought, country, search};
