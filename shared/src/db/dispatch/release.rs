//! Giving back what was claimed and not sent.

use deadpool_postgres::Client;

use super::super::Error;

/// The statement of [`release`], for who measures or explains it. As [`record`](super::record())'s, it looks rows up by
/// their whole key.
pub const RELEASE: &str = "
    with given as materialized (
        select $1::text as tenant_id, g.* from unnest($2::text[], $3::bigint[]) as g (id, lease_token)
    ), probe as (
        update delivery_gates
        set probe_until = null, breaker = case when breaker = 'half_open' then 'open' else breaker end, updated_at = clock()
        where tenant_id = $1 and $5
    )
    update dispatch_attempts a
    set leased_until = null, due_at = clock() + $4::bigint * interval '1 millisecond'
    from given g
    where a.tenant_id = g.tenant_id and a.id = g.id and a.lease_token = g.lease_token and a.finished_at is null";

/// Gives back attempts, each by its id and fencing token: they are due after the wait, in milliseconds, and count as not
/// sent. `probe` gives back the right to probe too.
pub async fn release(
    client: &Client,
    tenant_id: &str,
    claimed: &[(String, i64)],
    wait_ms: i64,
    probe: bool,
) -> Result<(), Error> {
    let statement = client.prepare_cached(RELEASE).await?;
    let (ids, tokens): (Vec<&str>, Vec<i64>) = claimed.iter().map(|(id, token)| (id.as_str(), *token)).unzip();
    client.execute(&statement, &[&tenant_id, &ids, &tokens, &wait_ms, &probe]).await?;
    Ok(())
}
