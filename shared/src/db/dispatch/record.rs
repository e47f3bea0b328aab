//! Recording: what became of each attempt, each request's receipt, and what it means for the tenant's gate, in one statement.

use std::sync::LazyLock;

use deadpool_postgres::Client;

use super::super::Error;
use super::Gate;
use crate::domain::conversion::State;
use crate::domain::delivery::gate::{FAILURES_TO_OPEN, FIRST_COOLDOWN_S, LONGEST_COOLDOWN_S, PARKED_S, Verdict};
use crate::domain::delivery::{MOST_ALIKE, Refusal, Said, UNCLEAR_WINDOW_S};

/// What an attempt comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Meta took the event.
    Sent,
    /// Failed, and made again after the wait.
    Again {
        /// From now, in milliseconds.
        wait_ms: i64,
        /// The id of the attempt to come.
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
    /// The receipt of the request that decided it, if there was one.
    pub receipt_id: Option<String>,
}

/// What is kept of a request to Meta.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its id.
    pub id: String,
    /// The id of the send's first request.
    pub send_id: String,
    /// To which pixel.
    pub pixel_id: String,
    /// How long ago it began, in milliseconds.
    pub ago_ms: i64,
    /// How long until its answer, in milliseconds.
    pub took_ms: i32,
    /// How many events it had.
    pub events: i32,
    /// The size of its body.
    pub body_bytes: i32,
    /// SHA-256 of its body, lower-case hex.
    pub body_sha256: String,
    /// A word for what the answer was.
    pub answer: &'static str,
    /// What Meta said.
    pub said: Said,
}

/// Events that were refused alone, one after the other with the same error, while Meta took none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error.
    pub with: Refusal,
    /// How many.
    pub count: usize,
}

/// What one record says.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The attempts.
    pub done: Vec<Done>,
    /// The requests.
    pub receipts: Vec<Receipt>,
    /// What the send was for the breaker; none while that is not known.
    pub verdict: Option<Verdict>,
    /// Whether the claim was a probe. With a record it ends.
    pub probe: bool,
    /// Parks the tenant, for the reason.
    pub park: Option<&'static str>,
    /// Meta asks to stay away, in seconds.
    pub throttle_s: Option<i64>,
    /// For the count over several sends.
    pub refused: Option<Refused>,
}

/// What a record did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How many attempts were still ours to record: a lease that was taken over since is left alone.
    pub attempts: u64,
    /// The gate before.
    pub before: Gate,
    /// And after.
    pub after: Gate,
}

/// The statement of [`record`], for who measures or explains it.
pub fn sql() -> &'static str {
    &SQL
}

/// `finished_at is null` is what pending means, and the tenant comes to each row with what is given: said so, the planner looks
/// rows up by their whole key, where with the parameter it would walk all that a tenant of average size has, and this one
/// may have a million. The gate's row is written and locked only where something changes: a healthy
/// tenant's sends do not contend for it.
static SQL: LazyLock<String> = LazyLock::new(|| {
    let taken = "$24::text = 'taken'";
    let none_taken = "$24::text = 'none_taken'";
    // By this many failures, or by a probe that failed.
    let opens = format!(
        "(coalesce({none_taken}, false) and (g.breaker = 'half_open' and $25 or g.breaker = 'closed' and g.failures + 1 >= {FAILURES_TO_OPEN}))"
    );
    let cooldown = format!("least(coalesce(g.cooldown_s * 2, {FIRST_COOLDOWN_S}), {LONGEST_COOLDOWN_S})");
    let refused_count = "(case when $28::text is null then g.refused_count
                               when g.refused_as = $28 then g.refused_count + $29::int else $29 end)";
    let park = format!(
        "coalesce($26::text, g.parked_reason, case when $28 is not null and {refused_count} >= {MOST_ALIKE} then 'refused_alike' end)"
    );
    format!(
        "
    with given as materialized (
        select $1::text as tenant_id, g.* from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
            as g (id, lease_token, state, wait_ms, next_id, answer, receipt_id)
    ), finished as (
        update dispatch_attempts a
        set status = (case when g.state = 'sent' then 'success' else 'failed' end)::dispatch_status,
            finished_at = clock(), leased_until = null, answer = g.answer, receipt_id = g.receipt_id
        from given g
        where a.tenant_id = g.tenant_id and a.id = g.id and a.lease_token = g.lease_token and a.finished_at is null
        returning a.tenant_id, a.event_id, a.number, a.expires_at, g.state, g.answer, g.wait_ms, g.next_id,
                  coalesce(a.unclear_since, case when g.answer = 'unclear' then clock() end) as unclear_since
    ), moved as (
        update conversions c
        set state = f.state, reason = case when f.state not in ('sent', 'pending') then f.answer end, updated_at = clock()
        from finished f
        where c.tenant_id = f.tenant_id and c.event_id = f.event_id
    ), again as (
        insert into dispatch_attempts (tenant_id, id, event_id, number, unclear_since, created_at, due_at, expires_at)
        select tenant_id, next_id, event_id, number + 1, unclear_since, clock(), clock() + wait_ms * interval '1 millisecond',
               least(expires_at, unclear_since + {UNCLEAR_WINDOW_S} * interval '1 second')
        from finished where next_id is not null
    ), kept as (
        insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer,
                              http_status, error_code, error_subcode, error_message, fbtrace_id, events_received)
        select $1, r.id, r.send_id, r.pixel_id, clock() - r.ago_ms * interval '1 millisecond', r.took_ms, r.events, r.body_bytes,
               r.body_sha256, r.answer, r.http_status, r.error_code, r.error_subcode, r.error_message, r.fbtrace_id, r.events_received
        from unnest($9::text[], $10::text[], $11::text[], $12::bigint[], $13::int[], $14::int[], $15::int[], $16::text[],
                    $17::text[], $18::int[], $19::int[], $20::int[], $21::text[], $22::text[], $23::int[])
            as r (id, send_id, pixel_id, ago_ms, took_ms, events, body_bytes, body_sha256, answer, http_status, error_code,
                  error_subcode, error_message, fbtrace_id, events_received)
        on conflict do nothing
    ), before as (
        select breaker, parked_reason,
               failures > 0 or breaker <> 'closed' or parked_reason is not null or refused_count > 0 or throttled_until is not null
                   as is_marked
        from delivery_gates where tenant_id = $1
    ), gate as (
        insert into delivery_gates as g (tenant_id, failures, parked_reason, parked_at, probe_at, throttled_until,
                                         refused_as, refused_count, updated_at)
        select $1, case when {none_taken} then 1 else 0 end, $26::text, case when $26::text is not null then clock() end,
               case when $26::text is not null then clock() + {PARKED_S} * interval '1 second' end,
               clock() + $27::bigint * interval '1 second', $28::text, coalesce($29::int, 0), clock()
        where ({none_taken} or $25::bool or $26 is not null or $27 is not null or $28 is not null
               or {taken} and exists (select from before where is_marked))
          -- Not again, when an answer of ours was lost and the record is repeated.
          and (exists (select from finished) or not exists (select from given))
        on conflict (tenant_id) do update
        set failures = case when {taken} then 0 when {none_taken} then g.failures + 1 else g.failures end,
            breaker = case when {taken} then 'closed' when {opens} then 'open'
                           when $25 and g.breaker = 'half_open' then 'open' else g.breaker end,
            opened_at = case when {taken} then null when {opens} then clock() else g.opened_at end,
            cooldown_s = case when {taken} then null when {opens} then {cooldown} else g.cooldown_s end,
            parked_reason = case when {taken} then null else {park} end,
            parked_at = case when {taken} or {park} is null then null else coalesce(g.parked_at, clock()) end,
            probe_at = case when {taken} then null
                else greatest(case when {opens} then clock() + {cooldown} * interval '1 second' else g.probe_at end,
                              case when {park} is not null and ($25 or g.parked_reason is null)
                                  then clock() + {PARKED_S} * interval '1 second' end) end,
            probe_until = case when {taken} or $25 then null else g.probe_until end,
            throttled_until = case when $27 is not null then clock() + $27 * interval '1 second'
                                   when {taken} then null else g.throttled_until end,
            refused_as = case when {taken} then null else coalesce($28, g.refused_as) end,
            refused_count = case when {taken} then 0 else {refused_count} end,
            updated_at = clock()
        where not coalesce({taken}, $24 is null) or $25 or $26 is not null or $27 is not null or $28 is not null
           or {taken} and (g.failures > 0 or g.breaker <> 'closed' or g.parked_reason is not null or g.refused_count > 0
                           or g.throttled_until is not null)
        returning breaker, parked_reason
    )
    select (select count(*) from finished) as attempts,
           before.breaker as breaker_before, before.parked_reason as parked_before,
           coalesce(gate.breaker, before.breaker) as breaker_after,
           case when gate.breaker is null then before.parked_reason else gate.parked_reason end as parked_after
    from (select) one left join before on true left join gate on true"
    )
});

/// Records attempts and requests of one tenant. Safe to repeat: attempts that were recorded are recorded no more.
pub async fn record(client: &Client, tenant_id: &str, of: &Record) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(&SQL).await?;
    let done = |value: fn(&Done) -> Option<&str>| of.done.iter().map(value).collect::<Vec<_>>();
    let receipt = |value: fn(&Receipt) -> Option<&str>| of.receipts.iter().map(value).collect::<Vec<_>>();
    let number = |value: fn(&Receipt) -> Option<i32>| of.receipts.iter().map(value).collect::<Vec<_>>();
    let tokens: Vec<i64> = of.done.iter().map(|it| it.lease_token).collect();
    let waits: Vec<Option<i64>> = of.done.iter().map(wait_ms).collect();
    let since: Vec<i64> = of.receipts.iter().map(|it| it.ago_ms).collect();
    let verdict = of.verdict.map(|it| match it {
        Verdict::Taken => "taken",
        Verdict::NoneTaken => "none_taken",
    });
    let refused_as = of.refused.map(|it| it.with.to_string());
    let refused_count = of.refused.map(|it| i32::try_from(it.count).unwrap_or(i32::MAX));
    let row = client
        .query_one(
            &statement,
            &[
                &tenant_id,
                &done(|it| Some(&it.attempt_id)),
                &tokens,
                &done(|it| Some(state(it))),
                &waits,
                &done(next_id),
                &done(|it| Some(it.answer)),
                &done(|it| it.receipt_id.as_deref()),
                &receipt(|it| Some(&it.id)),
                &receipt(|it| Some(&it.send_id)),
                &receipt(|it| Some(&it.pixel_id)),
                &since,
                &number(|it| Some(it.took_ms)),
                &number(|it| Some(it.events)),
                &number(|it| Some(it.body_bytes)),
                &receipt(|it| Some(&it.body_sha256)),
                &receipt(|it| Some(it.answer)),
                &number(|it| it.said.http_status),
                &number(|it| it.said.code),
                &number(|it| it.said.subcode),
                &receipt(|it| it.said.message.as_deref()),
                &receipt(|it| it.said.fbtrace_id.as_deref()),
                &number(|it| it.said.events_received),
                &verdict,
                &of.probe,
                &of.park,
                &of.throttle_s,
                &refused_as,
                &refused_count,
            ],
        )
        .await?;
    Ok(Recorded {
        attempts: u64::try_from(row.try_get::<_, i64>("attempts")?).unwrap_or_default(),
        before: Gate::read(row.try_get("breaker_before")?, row.try_get("parked_before")?)?,
        after: Gate::read(row.try_get("breaker_after")?, row.try_get("parked_after")?)?,
    })
}

fn state(done: &Done) -> &'static str {
    match done.outcome {
        Outcome::Sent => State::Sent.as_str(),
        Outcome::Again { .. } => State::Pending.as_str(),
        Outcome::Stop(state) => state.as_str(),
    }
}

fn wait_ms(done: &Done) -> Option<i64> {
    match &done.outcome {
        Outcome::Again { wait_ms, .. } => Some(*wait_ms),
        Outcome::Sent | Outcome::Stop(_) => None,
    }
}

fn next_id(done: &Done) -> Option<&str> {
    match &done.outcome {
        Outcome::Again { next_id, .. } => Some(next_id),
        Outcome::Sent | Outcome::Stop(_) => None,
    }
}
