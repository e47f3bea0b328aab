//! An examination of a tenant: what its rows say, what Meta says, what that comes to, and the record of it.
//!
//! The same on demand and each day. Two statements, and one question to Meta between them while no connection is held.

use std::time::{Duration, Instant};

use crate::db::doctor::{self, Issue};
use crate::db::{self, Db};
use crate::domain::doctor::{Asked, Clocks, Facts, examine as judge};
use crate::domain::setup::{MetaVerdict, is_pixel};
use crate::meta::{Client, Probe};
use crate::secrets::{self, MetaCredentials};

/// How long Meta's answer is waited for. Most come within a second; one that hangs must hold up nobody for long.
const PATIENCE: Duration = Duration::from_secs(5);

/// What Secrets Manager has of a tenant's token.
pub enum Credentials {
    /// It.
    Kept(MetaCredentials),
    /// None that can be used.
    Missing,
    /// It did not answer.
    Unknown,
}

impl Credentials {
    /// By what reading it came to.
    pub fn of(read: Result<MetaCredentials, secrets::Error>) -> Self {
        match read {
            Ok(credentials) => Self::Kept(credentials),
            Err(secrets::Error::Missing(_) | secrets::Error::Malformed(..)) => Self::Missing,
            Err(secrets::Error::Unavailable(_)) => Self::Unknown,
        }
    }
}

/// What an examination came to.
#[derive(Clone, Debug)]
pub struct Examination {
    /// When, by the database; Unix seconds.
    pub examined_at: i64,
    /// What Meta said of pixel and token; none where it was not asked.
    pub asked: Option<Probe>,
    /// The issues that are open now.
    pub issues: Vec<Issue>,
}

/// Why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There is no such tenant.
    NoTenant,
    /// It is retired: there is nothing to repair any more.
    Retired,
}

/// Examines a tenant.
pub async fn examine(
    db: &Db,
    meta: &Client,
    credentials: Credentials,
    tenant_id: &str,
) -> Result<Result<Examination, Refused>, db::Error> {
    let Some(facts) = db.run(|client| async move { doctor::facts(&client, tenant_id).await }).await? else {
        return Ok(Err(Refused::NoTenant));
    };
    if facts.status == "retired" {
        return Ok(Err(Refused::Retired));
    }
    let looked_at = Instant::now();
    let (asked, probe) = ask(meta, &facts, credentials).await;
    let elapsed_s = i64::try_from(looked_at.elapsed().as_secs()).unwrap_or_default();
    let clocks = probe.as_ref().and_then(|probe| probe.dated).map(|dated| Clocks {
        meta_s: dated.meta_s,
        database_s: facts.now_s + elapsed_s,
        function_s: dated.function_s,
    });
    let findings = &judge(&facts, asked, clocks);
    let issues = db.run(|client| async move { doctor::record(&client, tenant_id, findings).await }).await?;
    Ok(Ok(Examination { examined_at: facts.now_s, asked: probe, issues }))
}

async fn ask(meta: &Client, facts: &Facts, credentials: Credentials) -> (Asked, Option<Probe>) {
    let credentials = match credentials {
        Credentials::Kept(credentials) => credentials,
        Credentials::Missing => return (Asked::NoToken, None),
        Credentials::Unknown => return (Asked::Unknown, None),
    };
    // The column lets no other shape in; it goes into a URL.
    let Some(pixel_id) = facts.pixel_id.as_deref().filter(|it| is_pixel(it)) else {
        return (Asked::Said(MetaVerdict::Unknown), None);
    };
    match tokio::time::timeout(PATIENCE, meta.probe(pixel_id, &credentials)).await {
        Ok(probe) => (Asked::Said(probe.verdict), Some(probe)),
        Err(_) => (Asked::Said(MetaVerdict::Unknown), None),
    }
}
