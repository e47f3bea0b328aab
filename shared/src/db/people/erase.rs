//! Forgetting a person.

use deadpool_postgres::Client;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::Error;
use super::super::audit::{Entry, audited};
use super::{Person, person};

/// The receipt of an erasure: nothing of the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erasure {
    /// Its id.
    pub id: String,
    /// Unix seconds.
    pub erased_at: i64,
    /// Observations that were deleted.
    pub identities: i32,
    /// Clicks that were emptied.
    pub clicks: i32,
    /// Orders of which nothing of the buyer is known any more.
    pub orders: i32,
    /// Events that were emptied.
    pub conversions: i32,
    /// Of these, events that had not been sent and are not sent any more.
    pub not_sent: i32,
}

/// What became of an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erased {
    /// It is done.
    Done(Erasure),
    /// An event of the person is on its way to Meta at this moment: nothing was changed.
    BeingSent,
    /// There is no such tenant.
    NoTenant,
}

/// The statement of [`erase`], for who measures or explains it.
///
/// What is locked is looked at as it is after the wait. Where an event or its attempt is not what it was when the statement began (a dispatcher
/// recorded an answer, an operator put it back), there may be an attempt that this statement cannot see: then nothing is changed, and it is
/// run again. Attempts are locked before their events, as whoever records an answer or ends what is too old does. An attempt that is held
/// is on its way. An event that waits is ignored with the reason `erased`, with its attempt ended: the ledger has it still. One that was
/// quarantined could not be sent without its data, so it is ignored too.
pub const ERASE: &str = concat!(
    person!(),
    ", was as materialized (
        select c.id, c.event_id, c.state from conversions c
        where c.tenant_id = $1 and c.order_key = any(array(select order_key from placed))
    ), waited as materialized (
        select a.id from was cross join lateral (
            select a.id from dispatch_attempts a
            where a.tenant_id = $1 and a.status = 'pending' and a.event_id = was.event_id limit 1) a
    ), attempt as materialized (
        select a.id, a.status = 'pending' as is_pending, coalesce(a.leased_until > clock(), false) as is_held
        from dispatch_attempts a where a.tenant_id = $1 and a.id = any(array(select id from waited)) order by a.id for update
    ), locked as materialized (
        select c.id, c.state from conversions c
        where c.tenant_id = $1 and c.id = any(array(select id from was)) and (select count(*) from attempt) >= 0
        order by c.id for update
    ), stale as materialized (
        select exists (select from was left join locked on locked.id = was.id where locked.state is distinct from was.state)
               or exists (select from attempt where not is_pending) as is_so
    ), free as materialized (
        select from stale where not is_so and not exists (select from attempt where is_held)
    ), ended as (
        update dispatch_attempts a set status = 'failed', finished_at = clock(), answer = 'erased', leased_until = null
        from free where a.tenant_id = $1 and a.id = any(array(select id from attempt))
    ), event as (
        update conversions c
        set user_data = '{}', event_source_url = null, click_id = null, match_stage = 'none', match_candidates = '[]',
            state = case when c.state in ('pending', 'held', 'parked', 'quarantined') then 'ignored' else c.state end,
            reason = case when c.state in ('pending', 'held', 'parked', 'quarantined') then 'erased' else c.reason end,
            updated_at = clock()
        from free where c.tenant_id = $1 and c.order_key = any(array(select order_key from placed))
        returning c.state = 'ignored' and c.reason = 'erased' as is_not_sent
    ), bought as (
        update orders r set known = case when r.known is not null then '{}'::jsonb end, updated_at = clock()
        from free where r.tenant_id = $1 and r.order_key = any(array(select order_key from placed))
        returning 1
    ), forgotten as (
        delete from identities i using free where i.tenant_id = $1 and i.id = any(array(select id from seen)) returning 1
    ), emptied as (
        update clicks c
        set ip = null, user_agent = null, fbclid = null, fbc = null, fbp = null, first_utm = null, shared_from = null,
            url = substring(c.url from '^[^?#]*'), referrer = substring(c.referrer from '^[^?#]*'), updated_at = clock()
        from free where c.tenant_id = $1 and c.id = any(array(select id from visit))
        returning 1
    ), heirs as (
        -- Who came by a link of theirs.
        update clicks s set shared_from = null, updated_at = clock()
        from free where s.tenant_id = $1 and s.shared_from = any(array(select id from visit))
          and s.id <> all(array(select id from visit))
    ), receipt as (
        insert into erasures (tenant_id, id, erased_at, identities, clicks, orders, conversions, not_sent)
        select t.id, $4::text, clock(), (select count(*) from forgotten), (select count(*) from emptied),
               (select count(*) from bought), (select count(*) from event), (select count(*) from event where is_not_sent)
        from free, tenants t where t.id = $1
        -- Run again after a lost answer: the receipt of the first time.
        on conflict (tenant_id, id) do update set id = excluded.id
        returning *
    ), ",
    audited!("$1", "$5", "'{}'", "receipt"),
    "
    select (select is_so from stale) as is_stale, r.id, extract(epoch from r.erased_at)::bigint as erased_at, r.identities, r.clicks, r.orders, r.conversions, r.not_sent
    from tenants t left join receipt r on true where t.id = $1"
);

/// Erases a person; `id` is the receipt's, `entry` tells of it. The same again erases what has come since, and gives a receipt of its own.
pub async fn erase(
    client: &Client,
    tenant_id: &str,
    person: Person<'_>,
    id: &str,
    entry: &Entry,
) -> Result<Erased, Error> {
    let statement = client.prepare_cached(ERASE).await?;
    let row =
        client.query_opt(&statement, &[&tenant_id, &person.email_hash, &person.phone_hash, &id, &entry.text()]).await?;
    let Some(row) = row else { return Ok(Erased::NoTenant) };
    if row.try_get("is_stale")? {
        return Err(Error::Race);
    }
    let Some(id) = row.try_get("id")? else { return Ok(Erased::BeingSent) };
    Ok(Erased::Done(Erasure {
        id,
        erased_at: row.try_get("erased_at")?,
        identities: row.try_get("identities")?,
        clicks: row.try_get("clicks")?,
        orders: row.try_get("orders")?,
        conversions: row.try_get("conversions")?,
        not_sent: row.try_get("not_sent")?,
    }))
}
