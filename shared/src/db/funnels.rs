//! Funnels: whether they are live, and what their pages need to know.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::Error;
use crate::domain::country::Country;

/// Why a funnel takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such funnel, or a draft.
    NoFunnel,
    /// The tenant is retired.
    Retired,
    /// The redirect leads to a host that is not the funnel's.
    LeadsAstray,
}

/// The row of a statement on a funnel, if the funnel is live: by the columns `active` and `retired`.
pub(super) fn live(row: Option<Row>) -> Result<Result<Row, Refusal>, Error> {
    let Some(row) = row else { return Ok(Err(Refusal::NoFunnel)) };
    if row.try_get("retired")? {
        return Ok(Err(Refusal::Retired));
    }
    Ok(if row.try_get("active")? { Ok(row) } else { Err(Refusal::NoFunnel) })
}

/// The same, if the visit may also go where it leads to: by the column `leads_on` too.
pub(super) fn leading_on(row: Option<Row>) -> Result<Result<Row, Refusal>, Error> {
    Ok(match live(row)? {
        Ok(row) if !row.try_get::<_, bool>("leads_on")? => Err(Refusal::LeadsAstray),
        it => it,
    })
}

/// Where a funnel's pages lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The domain, lower case, with its subdomains.
    pub domain: String,
    /// The parameter in which the platform gives the click id back.
    pub slot: String,
}

/// What the snippet needs to know of a funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its tenant, which is part of each event id.
    pub tenant_id: String,
    /// Whether nothing is kept before the visitor has agreed.
    pub requires_consent: bool,
    /// Its checkouts, the longest domain first: the most specific one counts.
    pub checkouts: Vec<Checkout>,
}

/// The statement of [`settings`], for who measures or explains it.
pub const SETTINGS: &str = "
    select f.tenant_id, f.status = 'active' as active, t.status::text = 'retired' as retired, f.requires_consent,
           array(select c.domain from funnel_checkouts c where c.tenant_id = f.tenant_id and c.funnel_id = f.id
                 order by length(c.domain) desc, c.domain) as domains,
           array(select c.slot from funnel_checkouts c where c.tenant_id = f.tenant_id and c.funnel_id = f.id
                 order by length(c.domain) desc, c.domain) as slots
    from funnels f join tenants t on t.id = f.tenant_id
    where f.id = $1::text";

/// Reads what the snippet needs to know of a funnel.
pub async fn settings(client: &Client, funnel_id: &str) -> Result<Result<Settings, Refusal>, Error> {
    let statement = client.prepare_cached(SETTINGS).await?;
    let row = match live(client.query_opt(&statement, &[&funnel_id]).await?)? {
        Ok(row) => row,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (domains, slots): (Vec<String>, Vec<String>) = (row.try_get("domains")?, row.try_get("slots")?);
    Ok(Ok(Settings {
        tenant_id: row.try_get("tenant_id")?,
        requires_consent: row.try_get("requires_consent")?,
        checkouts: domains.into_iter().zip(slots).map(|(domain, slot)| Checkout { domain, slot }).collect(),
    }))
}

/// Whether a page may read a funnel's answers: its host is of one of the funnel's domains, and the funnel is live.
pub async fn has_site(client: &Client, funnel_id: &str, host: &str) -> Result<bool, Error> {
    const SQL: &str = "
        select from funnels f join tenants t on t.id = f.tenant_id
            join funnel_domains d on d.tenant_id = f.tenant_id and d.funnel_id = f.id
        where f.id = $1 and f.status = 'active' and t.status::text <> 'retired' and '.' || $2::text like '%.' || d.domain
        limit 1";
    let statement = client.prepare_cached(SQL).await?;
    Ok(client.query_opt(&statement, &[&funnel_id, &host]).await?.is_some())
}

/// The statement of [`country`], for who measures or explains it.
pub const COUNTRY: &str = "
    select t.country from funnels f join tenants t on t.id = f.tenant_id where f.id = $1::text";

/// The country of a funnel's tenant, which reads phones without a country code. None also where there is no such funnel.
pub async fn country(client: &Client, funnel_id: &str) -> Result<Option<Country>, Error> {
    let statement = client.prepare_cached(COUNTRY).await?;
    let Some(row) = client.query_opt(&statement, &[&funnel_id]).await? else { return Ok(None) };
    Ok(row.try_get::<_, Option<&str>>("country")?.and_then(Country::parse))
}
