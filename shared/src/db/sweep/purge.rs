//! What is older than personal data may be kept, tenant by tenant, whatever the tenant's status.
//!
//! `dedupe_registry` stays for good: it has no personal data, and is what tells a duplicate. The ledger's counts stay as days.

use std::sync::LazyLock;

use deadpool_postgres::Client;

use super::super::books::DAYS_SHOWN;
use super::super::kept::DAYS;
use super::{Error, count};

/// The statement of [`next`], for who measures or explains it.
pub const NEXT: &str = "
    with next as (
        select id from tenants where purged_at <= clock() - interval '1 hour'
        order by purged_at limit 1 for no key update skip locked
    )
    update tenants t set purged_at = clock() from next where t.id = next.id returning t.id";

/// Takes the tenant that was looked at longest ago, if that is an hour or more. Two runs at once take two.
pub async fn next(client: &Client) -> Result<Option<String>, Error> {
    let statement = client.prepare_cached(NEXT).await?;
    Ok(client.query_opt(&statement, &[]).await?.map(|row| row.try_get(0)).transpose()?)
}

/// Gives back a tenant of which more is left: it is due again, behind those that wait longer.
pub async fn give_back(client: &Client, tenant_id: &str) -> Result<(), Error> {
    const SQL: &str = "update tenants set purged_at = clock() - interval '1 hour' where id = $1";
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&tenant_id]).await?;
    Ok(())
}

/// A kind of data. The order is the one in which they let go of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Deliveries, their conversions and attempts, by the time that they came.
    Deliveries,
    /// What Meta answered, by the time of sending.
    Receipts,
    /// Observations, by their last change.
    Identities,
    /// Clicks with their aliases, by the time of the click. One that an observation or another browser's row still points
    /// at waits for it.
    Clicks,
    /// Orders without a conversion, by their last change.
    Orders,
    /// Visits that were no clicks, by their day.
    Visits,
    /// How many clicks a funnel had in a minute, by the minute: a day is more than any limit looks back.
    Minutes,
    /// Bodies that made no order, by the time that they came: a week, as long as Meta takes a sale.
    Bodies,
    /// Issues of the doctor that are over, by when they ended.
    Issues,
    /// What people changed, by the time of the change.
    Audit,
    /// Counts that came to nothing, since what they counted is gone, and those of attempts that no page shows any more.
    Tallies,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::Deliveries,
        Self::Receipts,
        Self::Identities,
        Self::Clicks,
        Self::Orders,
        Self::Visits,
        Self::Minutes,
        Self::Bodies,
        Self::Issues,
        Self::Audit,
        Self::Tallies,
    ];

    /// The statement of [`purge`], for who measures or explains it.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Deliveries => DELIVERIES,
            Self::Receipts => RECEIPTS,
            Self::Identities => IDENTITIES,
            Self::Clicks => CLICKS,
            Self::Orders => ORDERS,
            Self::Visits => VISITS,
            Self::Minutes => MINUTES,
            Self::Bodies => &BODIES,
            Self::Issues => ISSUES,
            Self::Audit => AUDIT,
            Self::Tallies => &TALLIES,
        }
    }
}

/// Deletes a batch of a tenant's data of this kind that is older than so many days, of minutes than one, of bodies than seven. Gives how many rows, of
/// clicks and deliveries without what goes along.
pub async fn purge(client: &Client, kind: Kind, tenant_id: &str, retention_days: u16) -> Result<u64, Error> {
    count(client, kind.sql(), &[&tenant_id, &f64::from(retention_days)]).await
}

/// Deliveries become a count of their day in the statement that deletes them, so that the ledger says the same at any moment. What
/// is counted is what was deleted: a conversion that is replayed meanwhile stays, with its delivery.
///
/// An ignored conversion is as old as the last delivery that was ignored: it goes with that one, not with the first.
///
/// Here and below, lookups are scalar subqueries and arrays: a plan goes by what a tenant has on the average, and would join by
/// walking over all that the largest one has.
const DELIVERIES: &str = "
    with picked as (
        select d.id, d.event_id, d.received_at, d.outcome, d.reason,
               (select c.id from conversions c where c.tenant_id = $1 and c.event_id = d.event_id) is null as missing
        from deliveries d
        where d.tenant_id = $1 and d.received_at < clock() - $2::float8 * interval '1 day'
          and (d.outcome <> 'conversion' or coalesce(
              (select c.state not in ('pending', 'held', 'parked') from conversions c
               where c.tenant_id = $1 and c.event_id = d.event_id), true))
        order by d.received_at limit 1000
        for update skip locked
    ), event as (
        select event_id, bool_or(outcome = 'conversion') as claimed
        from picked where outcome in ('conversion', 'ignored') group by event_id
    ), done as (
        delete from conversions c using event
        where c.tenant_id = $1 and c.event_id = any(array(select event_id from event)) and c.event_id = event.event_id
          and (event.claimed and c.state not in ('pending', 'held', 'parked')
               or c.state = 'ignored' and c.created_at < clock() - $2 * interval '1 day')
        returning c.event_id, c.state, c.reason
    ), attempts as (
        delete from dispatch_attempts a where a.tenant_id = $1 and a.event_id = any(array(select event_id from done))
    ), gone as (
        delete from deliveries d
        where d.tenant_id = $1 and d.id = any(array(
            select p.id from picked p
            where p.outcome <> 'conversion' or p.missing or p.event_id in (select event_id from done)))
        returning d.event_id, d.outcome, d.reason, (d.received_at at time zone 'UTC')::date as day
    ), sale as (
        select gone.day, case when gone.outcome = 'conversion' then coalesce(done.state, 'missing') else gone.outcome end as state,
               coalesce(case when gone.outcome = 'conversion' then done.reason else gone.reason end, '') as reason
        from gone left join done on done.event_id = gone.event_id
    ), counted as (
        insert into ledger_days as l (tenant_id, day, state, reason, sales)
        select $1, day, state, reason, count(*) from sale group by day, state, reason order by day, state, reason
        on conflict (tenant_id, day, state, reason) do update set sales = l.sales + excluded.sales
    )
    select count(*) from gone";

const RECEIPTS: &str = "
    with old as (
        select id from receipts
        where tenant_id = $1 and sent_at < clock() - $2::float8 * interval '1 day'
        order by sent_at limit 1000 for update skip locked
    ), gone as (
        delete from receipts where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

const IDENTITIES: &str = "
    with old as (
        select id from identities
        where tenant_id = $1 and created_at < clock() - $2::float8 * interval '1 day'
          and updated_at < clock() - $2 * interval '1 day'
        order by created_at limit 1000 for update skip locked
    ), gone as (
        delete from identities where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

const CLICKS: &str = "
    with old as (
        select c.id from clicks c
        where c.tenant_id = $1 and c.created_at < clock() - $2::float8 * interval '1 day'
          and (select i.id from identities i where i.tenant_id = $1 and i.click_id = c.id limit 1) is null
          and (select s.id from clicks s where s.tenant_id = $1 and s.shared_from = c.id limit 1) is null
        order by c.created_at limit 1000 for update skip locked
    ), aliases as (
        delete from click_aliases where tenant_id = $1 and click_id = any(array(select id from old))
    ), gone as (
        delete from clicks where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

const ORDERS: &str = "
    with old as (
        select r.id from orders r
        where r.tenant_id = $1 and r.created_at < clock() - $2::float8 * interval '1 day'
          and r.updated_at < clock() - $2 * interval '1 day'
          and (select c.id from conversions c where c.tenant_id = $1 and c.order_key = r.order_key limit 1) is null
        order by r.created_at limit 1000 for update skip locked
    ), gone as (
        delete from orders where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

/// These two have no id; a row that is locked keeps its place until the statement ends.
const VISITS: &str = "
    with old as (
        select ctid from unrecorded_visits
        where tenant_id = $1 and day < ((clock() - $2::float8 * interval '1 day') at time zone 'UTC')::date
        order by day limit 1000 for update skip locked
    ), gone as (
        delete from unrecorded_visits where ctid = any(array(select ctid from old)) returning 1
    )
    select count(*) from gone";

const MINUTES: &str = "
    with old as (
        select ctid from funnel_minutes
        where tenant_id = $1 and minute < clock() - least($2::float8, 1) * interval '1 day'
        order by minute limit 1000 for update skip locked
    ), gone as (
        delete from funnel_minutes where ctid = any(array(select ctid from old)) returning 1
    )
    select count(*) from gone";

const ISSUES: &str = "
    with old as (
        select id from tenant_issues
        where tenant_id = $1 and ended_at < clock() - $2::float8 * interval '1 day'
        limit 1000 for update skip locked
    ), gone as (
        delete from tenant_issues where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

const AUDIT: &str = "
    with old as (
        select id from audit
        where tenant_id = $1 and at < clock() - $2::float8 * interval '1 day'
        order by at limit 1000 for update skip locked
    ), gone as (
        delete from audit where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone";

/// A count that changes meanwhile is looked at again, and stays; one that is added up after it is gone is a new row. Retention has no
/// part in it: what it takes of what is counted leaves counts of nothing.
static TALLIES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    with old as (
        select ctid from tallies
        where tenant_id = $1 and $2::float8 is not null
          and (tally = 0 or kind = 'attempt' and day < (clock() at time zone 'UTC')::date - {DAYS_SHOWN})
        limit 1000 for update skip locked
    ), gone as (
        delete from tallies where ctid = any(array(select ctid from old)) returning 1
    )
    select count(*) from gone"
    )
});

static BODIES: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    with old as (
        select id from kept_bodies
        where tenant_id = $1 and received_at < clock() - least($2::float8, {DAYS}) * interval '1 day'
        limit 1000 for update skip locked
    ), gone as (
        delete from kept_bodies where tenant_id = $1 and id = any(array(select id from old)) returning 1
    )
    select count(*) from gone"
    )
});
