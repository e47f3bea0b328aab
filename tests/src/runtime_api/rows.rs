//! What is in the database before anything is measured: a tenant's clicks, and buyers who were seen with them.
//!
//! There are two halves of one size. The functions' traffic draws from [`OURS`], whose identifiers have Meta's forms;
//! `pgbench` draws from [`BARE`], whose identifiers are numbers, for its variables can be nothing else that differs
//! from transaction to transaction. Otherwise both find and write the same.

use anyhow::{Context, Result};
use tokio_postgres::Client;

/// The ids of the functions' clicks start here; those of 8 digits and more are taken as a browser's.
pub const OURS: u32 = 20_000_000;
/// The ids of pgbench's clicks start here.
pub const BARE: u32 = 10_000_000;

/// The time in seeded `fbc` and `fbp`, in Unix milliseconds.
pub const SEEN_MS: u64 = 1_700_000_000_000;

/// Fills both halves with `count` clicks and as many buyers, and lets the planner see them. The funnel may bring as many clicks a
/// minute as the machine can take.
pub async fn fill(client: &Client, tenant_id: &str, funnel_id: &str, count: u32) -> Result<()> {
    let unbounded =
        "update funnels set clicks_per_minute = 2147483647, clicks_per_minute_per_address = 2147483647 where id = $1";
    client.execute(unbounded, &[&funnel_id]).await.context("the funnel's limits")?;
    let agent = crate::request::AGENT;
    for (first, fbc, fbp, ip, email, phone) in [
        (
            OURS,
            format!("'fb.1.{SEEN_MS}.' || id"),
            format!("'fb.1.{SEEN_MS}.' || id"),
            "'2001:db8::' || to_hex(n / 65536) || ':' || to_hex(n % 65536)",
            "encode(sha256(convert_to('buyer' || n || '@example.com', 'UTF8')), 'hex')",
            "encode(sha256(convert_to('5511955' || lpad(n::text, 6, '0'), 'UTF8')), 'hex')",
        ),
        (BARE, "id".to_owned(), "id".to_owned(), "id", "id", "id"),
    ] {
        let sql = format!(
            "with made as (
                 select n, ({first} + n)::text as id, clock() - interval '2 days' - n * interval '1 second' as at
                 from generate_series(0, {last}) n
             ), click as (
                 insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, utm_source, utm_medium, utm_campaign,
                                     ip, user_agent, url, created_at, updated_at)
                 select '{tenant_id}', id, '{funnel_id}', id, {fbc}, {fbp}, 'meta', 'paid', 'spring', {ip}, '{agent}',
                        'https://shop.example.com/course?fbclid=' || id, at, at
                 from made
             )
             insert into identities (tenant_id, id, email_hash, phone_hash, click_id, source, created_at, updated_at)
             select '{tenant_id}', id, {email}, {phone}, id, 'browser', at, at from made",
            last = count - 1
        );
        client.batch_execute(&sql).await.with_context(|| format!("seed {count} clicks"))?;
    }
    // Those alone: nobody analyzes a table before anything is in it, and Postgres takes one that was found empty for empty for as long
    // as a plan lives.
    client.batch_execute("analyze tenants, funnels, funnel_domains, api_keys, clicks, identities").await?;
    Ok(())
}
