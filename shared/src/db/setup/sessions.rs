//! Sessions: one row each, and what has come of its tenant in the same round trip.

use deadpool_postgres::Client;
use serde_json::Value;
use subtle::ConstantTimeEq;
use tokio_postgres::Row;

use super::super::Error;
use super::super::audit::{Entry, audited};
use super::{Link, tenant_id};
use crate::domain::setup::{Kept, Live, Locale, Meta};

/// A session as it stands.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Grows with each change.
    pub version: i32,
    /// The language of its texts.
    pub locale: Locale,
    /// What was entered.
    pub input: Value,
    /// What we found out.
    pub facts: Value,
    /// Until when its link is good; Unix seconds.
    pub expires_at: Option<i64>,
    /// The tenant's status, once there is one.
    pub tenant_status: Option<String>,
    /// What has come of it.
    pub live: Live,
    /// Whether another tenant has the slug that was asked for.
    pub slug_taken: bool,
    /// The database's time; Unix seconds.
    pub now_s: i64,
    token_hash: Option<String>,
    is_over: bool,
}

/// What a lookup came to.
#[derive(Clone, Debug)]
pub enum Found {
    /// The session.
    Open(Box<Session>),
    /// It is this link's, and the link's time is over, or the session was closed.
    Over,
}

impl Session {
    /// The tenant that is made of it.
    pub fn tenant_id(&self) -> String {
        tenant_id(&self.id)
    }

    /// What is found of it by who has this link, or by the operator, who has none.
    fn opened(self, link: Option<&Link>) -> Option<Found> {
        let Some(link) = link else { return Some(Found::Open(Box::new(self))) };
        let stored = self.token_hash.as_deref()?;
        if !bool::from(stored.as_bytes().ct_eq(link.hash().as_bytes())) {
            return None;
        }
        Some(if self.is_over { Found::Over } else { Found::Open(Box::new(self)) })
    }
}

/// The statement of [`find`], for who measures or explains it.
pub const FIND: &str = "
    select s.id, s.version, s.locale, s.input::text as input, s.facts::text as facts, s.token_hash,
           extract(epoch from s.expires_at)::bigint as expires_at,
           s.closed_at is not null or coalesce(s.expires_at <= clock(), true) as is_over, extract(epoch from clock())::bigint as now_s,
           t.status::text as tenant_status,
           exists (select from tenants o where o.slug = coalesce($2::text, s.input #>> '{business,slug}') and o.id <> 'tnt_' || s.id)
               as slug_taken,
           (select extract(epoch from c.created_at)::bigint from clicks c
            where c.tenant_id = s.tenant_id order by c.created_at limit 1) as first_click_at,
           (select extract(epoch from d.received_at)::bigint from deliveries d
            where d.tenant_id = s.tenant_id order by d.received_at limit 1) as first_order_at,
           (select extract(epoch from r.sent_at)::bigint from receipts r
            where r.tenant_id = s.tenant_id and r.answer = 'accepted' order by r.sent_at limit 1) as first_event_at
    from setup_sessions s left join tenants t on t.id = s.tenant_id
    where s.id = $1::text";

/// A session by its id, for who has its link, or for the operator. `slug` is the one that is about to be entered, if it changes.
///
/// None where there is no such session, and likewise where the link is another's.
pub async fn find(client: &Client, id: &str, link: Option<&Link>, slug: Option<&str>) -> Result<Option<Found>, Error> {
    let statement = client.prepare_cached(FIND).await?;
    let Some(row) = client.query_opt(&statement, &[&id, &slug]).await? else { return Ok(None) };
    Ok(read(&row)?.opened(link))
}

fn read(row: &Row) -> Result<Session, Error> {
    let inconsistent = |column| Error::Inconsistent { table: "setup_sessions", column };
    let json = |column: &'static str| -> Result<Value, Error> {
        let text: &str = row.try_get(column)?;
        serde_json::from_str(text).map_err(|_| inconsistent(column))
    };
    let tenant_status: Option<String> = row.try_get("tenant_status")?;
    Ok(Session {
        id: row.try_get("id")?,
        version: row.try_get("version")?,
        locale: Locale::parse(row.try_get("locale")?).ok_or_else(|| inconsistent("locale"))?,
        input: json("input")?,
        facts: json("facts")?,
        expires_at: row.try_get("expires_at")?,
        live: Live {
            is_provisioned: tenant_status.is_some(),
            is_active: tenant_status.as_deref() == Some("active"),
            first_click_at: row.try_get("first_click_at")?,
            first_order_at: row.try_get("first_order_at")?,
            first_event_at: row.try_get("first_event_at")?,
        },
        tenant_status,
        slug_taken: row.try_get("slug_taken")?,
        now_s: row.try_get("now_s")?,
        token_hash: row.try_get("token_hash")?,
        is_over: row.try_get("is_over")?,
    })
}

/// Whose a link is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The tenant that is made of its session, whether it is there yet or not.
    pub tenant_id: String,
    /// The tenant's status, once it is there.
    pub status: Option<String>,
    /// Whether the link's time is over, or the session was closed.
    pub is_over: bool,
}

/// Whose a link is; none where there is no such session, and likewise where its link is another one.
pub async fn owner(client: &Client, link: &Link) -> Result<Option<Owner>, Error> {
    const SQL: &str = "
        select s.token_hash, s.closed_at is not null or coalesce(s.expires_at <= clock(), true) as is_over, t.status::text as status
        from setup_sessions s left join tenants t on t.id = s.tenant_id
        where s.id = $1";
    let statement = client.prepare_cached(SQL).await?;
    let Some(row) = client.query_opt(&statement, &[&link.session_id]).await? else { return Ok(None) };
    let stored: Option<&str> = row.try_get("token_hash")?;
    if !stored.is_some_and(|stored| bool::from(stored.as_bytes().ct_eq(link.hash().as_bytes()))) {
        return Ok(None);
    }
    let tenant_id = tenant_id(&link.session_id);
    Ok(Some(Owner { tenant_id, status: row.try_get("status")?, is_over: row.try_get("is_over")? }))
}

/// Makes a session whose link is good for so many days. Gives until when; Unix seconds.
pub async fn create(
    client: &Client,
    link: &Link,
    locale: Locale,
    funnel_id: &str,
    days: u16,
    entry: &Entry,
) -> Result<i64, Error> {
    // Safe to run again: the id is made by the caller.
    const SQL: &str = concat!(
        "with made as (
            insert into setup_sessions (id, token_hash, expires_at, locale, facts, created_at, updated_at)
            values ($1::text, $2, clock() + $3::float8 * interval '1 day', $4, jsonb_build_object('funnel_id', $5::text), clock(), clock())
            on conflict (id) do update set updated_at = clock()
            returning id, expires_at
        ), ",
        audited!("'tnt_' || made.id", "$6", "'{}'", "made"),
        " select extract(epoch from expires_at)::bigint from made"
    );
    let statement = client.prepare_cached(SQL).await?;
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&link.session_id, &link.hash(), &f64::from(days), &locale.as_str(), &funnel_id, &entry.text()];
    Ok(client.query_one(&statement, &arguments).await?.try_get(0)?)
}

/// Gives a session a new link in place of the one before, and opens it if it was closed. Gives until when, and
/// its language; none where there is no such session.
pub async fn renew(client: &Client, link: &Link, days: u16, entry: &Entry) -> Result<Option<(i64, Locale)>, Error> {
    const SQL: &str = concat!(
        "with renewed as (
            update setup_sessions
            set token_hash = $2, expires_at = clock() + $3::float8 * interval '1 day', closed_at = null, updated_at = clock()
            where id = $1 returning id, expires_at, locale
        ), ",
        audited!("'tnt_' || renewed.id", "$4", "'{}'", "renewed"),
        " select extract(epoch from expires_at)::bigint, locale from renewed"
    );
    let statement = client.prepare_cached(SQL).await?;
    let row = client.query_opt(&statement, &[&link.session_id, &link.hash(), &f64::from(days), &entry.text()]).await?;
    row.map(|row| Ok((row.try_get(0)?, Locale::parse(row.try_get(1)?).unwrap_or_default()))).transpose()
}

/// What is written of a session.
pub struct Saved<'a> {
    /// What was entered.
    pub input: &'a Value,
    /// What we found out.
    pub facts: &'a Value,
    /// What is wrong, as it is told.
    pub issues: &'a Value,
    /// The next step.
    pub step: &'a str,
    /// The language.
    pub locale: Locale,
}

/// Writes a session if nobody wrote it since it was of this version. Whether it was written.
pub async fn save(client: &Client, id: &str, version: i32, saved: &Saved<'_>, entry: &Entry) -> Result<bool, Error> {
    const SQL: &str = concat!(
        "with saved as (
            update setup_sessions
            set input = $3::text::jsonb, facts = $4::text::jsonb, issues = $5::text::jsonb, step = $6, locale = $7, version = version + 1,
                updated_at = clock()
            where id = $1 and version = $2 returning id
        ), ",
        audited!("'tnt_' || saved.id", "$8", "'{}'", "saved"),
        " select count(*) from saved"
    );
    let statement = client.prepare_cached(SQL).await?;
    let (input, facts, issues) = (saved.input.to_string(), saved.facts.to_string(), saved.issues.to_string());
    let locale = saved.locale.as_str();
    let arguments: [&(dyn tokio_postgres::types::ToSql + Sync); 8] =
        [&id, &version, &input, &facts, &issues, &saved.step, &locale, &entry.text()];
    let written: i64 = client.query_one(&statement, &arguments).await?.try_get(0)?;
    Ok(written > 0)
}

/// Adds to what we found out of a session, whoever writes it at the same time. Told of where somebody did something to find it out.
pub async fn note(client: &Client, id: &str, facts: &Value, entry: Option<&Entry>) -> Result<(), Error> {
    const SQL: &str = concat!(
        "with noted as (
            update setup_sessions set facts = facts || $2::text::jsonb, version = version + 1, updated_at = clock() where id = $1 returning id
        ), ",
        audited!("'tnt_' || noted.id", "$3", "'{}'", "noted"),
        " select"
    );
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&id, &facts.to_string(), &entry.map(Entry::text)]).await?;
    Ok(())
}

/// Enters into a session what the operator replaced of its tenant's pixel and credentials, and what Meta said of it. A pixel that was
/// not replaced (`is_other` is false) leaves another one that was entered standing.
pub async fn enter_meta(client: &Client, id: &str, entered: &Meta, is_other: bool, facts: &Value) -> Result<(), Error> {
    const SQL: &str = "
        update setup_sessions
        set input = jsonb_set(input, '{meta}', jsonb_strip_nulls(coalesce(input -> 'meta', '{}') || jsonb_build_object(
                'pixel_id', case when $3::boolean then $2::text else coalesce(input #>> '{meta,pixel_id}', $2) end,
                'access_token', jsonb_build_object('set_at', $4::bigint),
                'app_secret', case when $5::bigint is not null then jsonb_build_object('set_at', $5) end))),
            facts = facts || $6::text::jsonb, version = version + 1, updated_at = clock()
        where id = $1";
    let statement = client.prepare_cached(SQL).await?;
    let set_at = |kept: &Option<Kept>| kept.map(|kept| kept.set_at);
    let (token, app_secret) = (set_at(&entered.access_token), set_at(&entered.app_secret));
    client.execute(&statement, &[&id, &entered.pixel_id, &is_other, &token, &app_secret, &facts.to_string()]).await?;
    Ok(())
}
