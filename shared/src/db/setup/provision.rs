//! From a session to a tenant: every row of it in one statement, so that nothing is ever half there.

use deadpool_postgres::Client;

use super::super::Error;
use super::super::audit::{Entry, audited};
use super::super::connections::Token;
use super::{NewKey, connection_id, key_id, tenant_id};

/// What is made of a session.
pub struct Parts<'a> {
    /// The session.
    pub session_id: &'a str,
    /// Its funnel's id.
    pub funnel_id: &'a str,
    /// For people.
    pub name: &'a str,
    /// In the deployment.
    pub slug: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// ISO 4217.
    pub currency: &'a str,
    /// The pixel, once it is known.
    pub pixel_id: Option<&'a str>,
    /// The test code and until when, Unix seconds: both or neither.
    pub test_code: Option<(&'a str, i64)>,
    /// The funnel's name.
    pub funnel_name: &'a str,
    /// Its pages' domains.
    pub domains: &'a [String],
    /// Whether nothing is kept before the visitor has agreed.
    pub requires_consent: bool,
    /// The checkout's domains.
    pub checkouts: &'a [String],
    /// The platform's word and the parameter that brings the click id back.
    pub checkout: Option<(&'a str, &'a str)>,
    /// The connection, once it can be made.
    pub connection: Option<ConnectionPart<'a>>,
}

/// What a connection is made of.
pub struct ConnectionPart<'a> {
    /// The platform's word.
    pub platform: &'a str,
    /// The amount's word.
    pub amount: &'a str,
    /// The slot of the seller's own order id.
    pub order_id_slot: Option<&'a str>,
    /// The shop.
    pub shop: Option<&'a str>,
}

/// What is there now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Whether this call made the API key: it can be shown now, and never again.
    pub key: bool,
    /// Whether this call made the connection, likewise.
    pub connection: bool,
}

/// What a provisioning came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provisioned {
    /// The tenant stands as the session says.
    Done {
        /// Its status.
        status: String,
        /// What this call made.
        made: Made,
    },
    /// Another tenant has the slug.
    SlugTaken,
    /// The tenant is retired.
    Retired,
}

/// Each part hangs on the tenant's row: who comes at the same time waits there, and then finds what was made.
const PROVISION: &str = concat!(
    "
    with taken as (
        select from tenants where slug = $2::text and id <> $1::text
    ), tenant as (
        insert into tenants (id, slug, name, status, country, currency, pixel_id, test_event_code, test_event_code_until, created_at, updated_at)
        select $1, $2, $3::text, 'provisioning', $4::text, $5::text, $6::text, $7::text, to_timestamp($8::bigint), clock(), clock()
        where not exists (select from taken)
        on conflict (id) do update
            set slug = excluded.slug, name = excluded.name, country = excluded.country, currency = excluded.currency,
                pixel_id = coalesce(excluded.pixel_id, tenants.pixel_id), test_event_code = excluded.test_event_code,
                test_event_code_until = excluded.test_event_code_until, examine_at = clock(), updated_at = clock()
            where tenants.status <> 'retired'
        returning id, status::text as status
    ), session as (
        update setup_sessions s set tenant_id = tenant.id, updated_at = clock() from tenant where s.id = $9::text
    ), funnel as (
        insert into funnels (tenant_id, id, name, status, requires_consent, created_at, updated_at, created_by)
        select id, $10::text, $11::text, 'active', $12::boolean, clock(), clock(), 'setup' from tenant
        on conflict (tenant_id, id) do update
            set name = excluded.name, status = 'active', requires_consent = excluded.requires_consent, updated_at = clock(), updated_by = 'setup'
        returning tenant_id, id
    ), pages as (
        insert into funnel_domains (tenant_id, funnel_id, domain, created_at)
        select tenant_id, id, domain, clock() from funnel, unnest($13::text[]) domain
        on conflict do nothing
    ), former_pages as (
        delete from funnel_domains d using funnel where d.tenant_id = $1 and d.funnel_id = funnel.id and d.domain <> all ($13)
    ), checkouts as (
        insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot, created_at)
        select tenant_id, id, domain, $15::text, $16::text, clock() from funnel, unnest($14::text[]) domain
        on conflict (tenant_id, funnel_id, domain) do update set platform = excluded.platform, slot = excluded.slot
    ), former_checkouts as (
        delete from funnel_checkouts c using funnel where c.tenant_id = $1 and c.funnel_id = funnel.id and c.domain <> all ($14)
    ), key as (
        insert into api_keys (tenant_id, id, secret_hash, label, scopes, last4, created_at)
        select id, $17::text, $18::text, $25::text, $26::text[], $27::text, clock() from tenant
        on conflict (tenant_id, id) do nothing returning id
    ), connection as (
        insert into connections (tenant_id, id, platform, label, path_hash, amount, order_id_slot, shop, created_at, updated_at)
        select id, $19::text, $20::text, '', $21::text, $22::text, $23::text, $24::text, clock(), clock() from tenant
        where $19 is not null
        on conflict (tenant_id, id) do nothing returning id
    ), changed as (
        update connections c
        set amount = $22, order_id_slot = $23, shop = $24, version = version + 1, updated_at = clock()
        from tenant where c.tenant_id = tenant.id and c.id = $19
          and (c.amount, c.order_id_slot, c.shop) is distinct from ($22, $23, $24)
    ), ",
    audited!(
        "$1",
        "$28",
        "jsonb_build_object('api_key', exists (select from key), 'connection', exists (select from connection))",
        "tenant"
    ),
    "
    select (select status from tenant) as status, exists (select from taken) as taken, exists (select from key) as key,
           exists (select from connection) as connection"
);

/// Makes a tenant of a session, or brings it to what the session says now. Safe to repeat, also at the same time: nothing is doubled,
/// and what is shown once is shown to the one call that made it.
///
/// The key and the path are new ones; they count where the row is not there yet. The key's id is the session's own.
pub async fn provision(
    client: &Client,
    parts: &Parts<'_>,
    key: &NewKey,
    path: &Token,
    entry: &Entry,
) -> Result<Provisioned, Error> {
    let statement = client.prepare_cached(PROVISION).await?;
    let (code, until) = parts.test_code.unzip();
    let (platform, slot) = parts.checkout.unzip();
    let connection = parts.connection.as_ref();
    let connection_id = connection.map(|it| connection_id(parts.session_id, it.platform));
    let none: &[String] = &[];
    let checkouts = if platform.is_some() { parts.checkouts } else { none };
    let row = client
        .query_one(
            &statement,
            &[
                &tenant_id(parts.session_id),
                &parts.slug,
                &parts.name,
                &parts.country,
                &parts.currency,
                &parts.pixel_id,
                &code,
                &until,
                &parts.session_id,
                &parts.funnel_id,
                &parts.funnel_name,
                &parts.requires_consent,
                &parts.domains,
                &checkouts,
                &platform,
                &slot,
                &key_id(parts.session_id),
                &key.hash(),
                &connection_id,
                &connection.map(|it| it.platform),
                &path.hash(),
                &connection.map(|it| it.amount),
                &connection.and_then(|it| it.order_id_slot),
                &connection.and_then(|it| it.shop),
                &key.label,
                &key.scopes.words(),
                &key.last4(),
                &entry.text(),
            ],
        )
        .await?;
    let Some(status) = row.try_get::<_, Option<String>>("status")? else {
        let is_taken: bool = row.try_get("taken")?;
        return Ok(if is_taken { Provisioned::SlugTaken } else { Provisioned::Retired });
    };
    let made = Made { key: row.try_get("key")?, connection: row.try_get("connection")? };
    Ok(Provisioned::Done { status, made })
}
