//! The outbox: claiming attempts that are due, and recording what became of them.

use deadpool_postgres::Client;
use serde_json::value::RawValue;
use tokio_postgres::Row;

use super::Error;
use crate::domain::conversion::State;
use crate::domain::delivery::{Event, Said};

/// How long a claim holds, in seconds: longer than a dispatcher may run, so that a lease only runs out on a dead one.
pub const LEASE_S: i32 = 300;

/// An event whose attempt this process holds.
pub struct Claimed {
    /// The attempt.
    pub attempt_id: String,
    /// The fencing token: a record under an older one is refused.
    pub lease_token: i64,
    /// Which attempt it is, from 1.
    pub number: i32,
    /// How old the event is, in seconds.
    pub age_s: i64,
    /// How long ago the first send was whose answer nobody knows, in seconds: an unclear answer, or a dispatcher that
    /// died with the lease.
    pub unclear_s: Option<i64>,
    /// The pixel to send to; none if the tenant has none yet.
    pub pixel_id: Option<String>,
    /// The test event code, while its end lies ahead.
    pub test_event_code: Option<String>,
    /// The event as it goes on the wire.
    pub event: Event,
}

/// The statement of [`claim`], for who measures or explains it.
///
/// A tenant in provisioning sends what came while its test code was live; what is held waits for active.
pub const CLAIM: &str = "
    with due as (
        select a.tenant_id, a.id,
               coalesce(a.unclear_since, a.leased_until - $3 * interval '1 second') as unclear_since
        from tenants t
            join dispatch_attempts a on a.tenant_id = t.id
            join conversions c on c.tenant_id = a.tenant_id and c.event_id = a.event_id
        where t.id = $1
          and (t.status = 'active' and c.state in ('pending', 'held', 'parked')
               or t.status = 'provisioning' and t.test_event_code_until > clock() and c.state in ('pending', 'parked'))
          and a.status = 'pending' and a.due_at <= clock()
          and (a.leased_until is null or a.leased_until <= clock())
        order by a.due_at limit $2
        for update of a skip locked
    ), claimed as (
        update dispatch_attempts a
        set leased_until = clock() + $3 * interval '1 second', lease_token = a.lease_token + 1,
            unclear_since = due.unclear_since
        from due where a.tenant_id = due.tenant_id and a.id = due.id
        returning a.tenant_id, a.id, a.event_id, a.lease_token, a.number, a.due_at, a.unclear_since
    )
    select claimed.id, claimed.lease_token, claimed.number, extract(epoch from clock() - c.event_time)::bigint as age_s,
           extract(epoch from clock() - claimed.unclear_since)::bigint as unclear_s,
           t.pixel_id, case when t.test_event_code_until > clock() then t.test_event_code end as test_event_code,
           c.event_id, c.event_name, extract(epoch from c.event_time)::bigint as event_time, c.action_source,
           c.event_source_url, c.user_data::text as user_data, c.custom_data::text as custom_data
    from claimed
        join conversions c on c.tenant_id = claimed.tenant_id and c.event_id = claimed.event_id
        join tenants t on t.id = claimed.tenant_id
    order by claimed.due_at, claimed.id";

/// Claims up to `limit` attempts of a tenant that are due, oldest first. Rows that another dispatcher holds are skipped.
pub async fn claim(client: &Client, tenant_id: &str, limit: i64) -> Result<Vec<Claimed>, Error> {
    let statement = client.prepare_cached(CLAIM).await?;
    client.query(&statement, &[&tenant_id, &limit, &f64::from(LEASE_S)]).await?.iter().map(claimed).collect()
}

fn claimed(row: &Row) -> Result<Claimed, Error> {
    let json = |column: &'static str| {
        let text: String = row.try_get(column)?;
        RawValue::from_string(text).map_err(|_| Error::Inconsistent { table: "conversions", column })
    };
    Ok(Claimed {
        attempt_id: row.try_get("id")?,
        lease_token: row.try_get("lease_token")?,
        number: row.try_get("number")?,
        age_s: row.try_get("age_s")?,
        unclear_s: row.try_get("unclear_s")?,
        pixel_id: row.try_get("pixel_id")?,
        test_event_code: row.try_get("test_event_code")?,
        event: Event {
            event_id: row.try_get("event_id")?,
            event_name: row.try_get("event_name")?,
            event_time_s: row.try_get("event_time")?,
            action_source: row.try_get("action_source")?,
            event_source_url: row.try_get("event_source_url")?,
            user_data: json("user_data")?,
            custom_data: json("custom_data")?,
        },
    })
}

/// What an attempt comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Meta took the event.
    Sent,
    /// Failed, and tried again after the wait, in milliseconds. The id is the new attempt's.
    Retry {
        /// Where the conversion stands meanwhile: pending, or parked.
        state: State,
        /// From now.
        wait_ms: i64,
        /// Of the attempt to come.
        next_id: String,
    },
    /// Failed for good: the conversion goes to a state that waits for a person, or ends.
    Stop(State),
}

/// What to record of an attempt.
#[derive(Clone, Debug)]
pub struct Done {
    /// The attempt.
    pub attempt_id: String,
    /// The claim's token.
    pub lease_token: i64,
    /// What it comes to.
    pub outcome: Outcome,
    /// A word for what the answer was: `accepted`, `throttled`, `unclear` ...
    pub answer: &'static str,
    /// What Meta said.
    pub said: Said,
}

/// The statement of [`record`], for who measures or explains it. `finished_at is null` is what pending means, said so that
/// the planner looks rows up by their key and does not walk all that a tenant has pending.
pub const RECORD: &str = "
    with given as (
        select * from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::int[],
                             $9::int[], $10::int[], $11::text[], $12::text[], $13::int[])
            as g (id, lease_token, state, wait_ms, next_id, answer, http_status, error_code, error_subcode,
                  error_message, fbtrace_id, events_received)
    ), finished as (
        update dispatch_attempts a
        set status = (case when g.state = 'sent' then 'success' else 'failed' end)::dispatch_status,
            finished_at = clock(), leased_until = null, answer = g.answer, http_status = g.http_status,
            error_code = g.error_code, error_subcode = g.error_subcode, error_message = g.error_message,
            fbtrace_id = g.fbtrace_id, events_received = g.events_received
        from given g
        where a.tenant_id = $1 and a.id = g.id and a.lease_token = g.lease_token and a.finished_at is null
        returning a.event_id, a.number, a.unclear_since, g.state, g.answer, g.wait_ms, g.next_id
    ), moved as (
        update conversions c
        set state = f.state, reason = case when f.state not in ('sent', 'pending') then f.answer end, updated_at = clock()
        from finished f
        where c.tenant_id = $1 and c.event_id = f.event_id
    ), again as (
        insert into dispatch_attempts (tenant_id, id, event_id, number, unclear_since, created_at, due_at)
        select $1, next_id, event_id, number + 1,
               coalesce(unclear_since, case when answer = 'unclear' then clock() end),
               clock(), clock() + wait_ms * interval '1 millisecond'
        from finished where next_id is not null
    )
    select count(*) from finished";

/// Records attempts of one tenant in one statement. Gives how many were still ours to record: a lease that was taken
/// over since is left alone.
pub async fn record(client: &Client, tenant_id: &str, done: &[Done]) -> Result<u64, Error> {
    let statement = client.prepare_cached(RECORD).await?;
    let column = |value: fn(&Done) -> Option<&str>| done.iter().map(value).collect::<Vec<_>>();
    let tokens: Vec<i64> = done.iter().map(|it| it.lease_token).collect();
    let waits: Vec<Option<i64>> = done.iter().map(wait_ms).collect();
    let number = |value: fn(&Done) -> Option<i32>| done.iter().map(value).collect::<Vec<_>>();
    let row = client
        .query_one(
            &statement,
            &[
                &tenant_id,
                &column(|it| Some(&it.attempt_id)),
                &tokens,
                &column(|it| Some(state(it))),
                &waits,
                &column(next_id),
                &column(|it| Some(it.answer)),
                &number(|it| it.said.http_status),
                &number(|it| it.said.code),
                &number(|it| it.said.subcode),
                &column(|it| it.said.message.as_deref()),
                &column(|it| it.said.fbtrace_id.as_deref()),
                &number(|it| it.said.events_received),
            ],
        )
        .await?;
    Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
}

fn state(done: &Done) -> &'static str {
    match done.outcome {
        Outcome::Sent => State::Sent.as_str(),
        Outcome::Stop(state) | Outcome::Retry { state, .. } => state.as_str(),
    }
}

fn wait_ms(done: &Done) -> Option<i64> {
    match &done.outcome {
        Outcome::Retry { wait_ms, .. } => Some(*wait_ms),
        Outcome::Sent | Outcome::Stop(_) => None,
    }
}

fn next_id(done: &Done) -> Option<&str> {
    match &done.outcome {
        Outcome::Retry { next_id, .. } => Some(next_id),
        Outcome::Sent | Outcome::Stop(_) => None,
    }
}

/// Gives back attempts that were claimed and not sent: they are due for the next dispatcher at once.
pub async fn release(client: &Client, tenant_id: &str, claimed: &[(String, i64)]) -> Result<(), Error> {
    const SQL: &str = "
        update dispatch_attempts a set leased_until = null
        from unnest($2::text[], $3::bigint[]) as g (id, lease_token)
        where a.tenant_id = $1 and a.id = g.id and a.lease_token = g.lease_token and a.finished_at is null";
    let statement = client.prepare_cached(SQL).await?;
    let (ids, tokens): (Vec<&str>, Vec<i64>) = claimed.iter().map(|(id, token)| (id.as_str(), *token)).unzip();
    client.execute(&statement, &[&tenant_id, &ids, &tokens]).await?;
    Ok(())
}

/// The statement of [`due`], for who measures or explains it. It steps from tenant to tenant along the index of pending
/// attempts, so that neither idle tenants nor finished attempts cost anything.
pub const DUE: &str = "
    with recursive waiting as (
        (select tenant_id from dispatch_attempts where status = 'pending' order by tenant_id limit 1)
        union all
        select (select a.tenant_id from dispatch_attempts a
                where a.status = 'pending' and a.tenant_id > waiting.tenant_id order by a.tenant_id limit 1)
        from waiting where waiting.tenant_id is not null
    )
    select t.id, due.event_id
    from waiting, lateral (
        select t.id from tenants t
        where t.id = waiting.tenant_id
          and (t.status = 'active' or t.status = 'provisioning' and t.test_event_code_until > clock())
        limit 1
    ) t, lateral (
        select a.event_id, a.due_at
        from dispatch_attempts a
        where a.tenant_id = t.id and a.status = 'pending' and a.due_at <= clock()
          and (a.leased_until is null or a.leased_until <= clock())
        order by a.due_at limit 1
    ) due
    order by due.due_at limit $1";

/// Tenants with an attempt that is due and held by nobody, with the oldest such event of each, longest waiting first.
pub async fn due(client: &Client, limit: i64) -> Result<Vec<(String, String)>, Error> {
    let statement = client.prepare_cached(DUE).await?;
    let rows = client.query(&statement, &[&limit]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}
