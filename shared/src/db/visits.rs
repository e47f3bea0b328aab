//! Visits that are no clicks: counted, and nothing else.

use deadpool_postgres::Client;

use super::Error;
use super::funnels::{self, Refusal};

/// Why a visit is no click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoClick {
    /// A crawler or a link preview.
    Crawler,
    /// A browser that loads ahead what nobody may ever look at.
    Prefetch,
    /// A request for the headers alone.
    Head,
}

impl NoClick {
    /// Its word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crawler => "crawler",
            Self::Prefetch => "prefetch",
            Self::Head => "head",
        }
    }
}

/// The statement of [`count`], for who measures or explains it.
pub const COUNT: &str = "
    with funnel as (
        select f.tenant_id, f.id, f.status = 'active' as active, t.status::text = 'retired' as retired,
               $3::text is null
               or exists (select from funnel_domains d
                          where d.tenant_id = f.tenant_id and d.funnel_id = f.id and '.' || $3 like '%.' || d.domain)
               or exists (select from funnel_checkouts c
                          where c.tenant_id = f.tenant_id and c.funnel_id = f.id and '.' || $3 like '%.' || c.domain) as leads_on
        from funnels f join tenants t on t.id = f.tenant_id
        where f.id = $1::text
    ), counted as (
        insert into unrecorded_visits as v (tenant_id, funnel_id, day, reason, part, visits)
        select tenant_id, id, (clock() at time zone 'UTC')::date, $2::text, floor(random() * 16), 1
        from funnel where active and not retired and leads_on
        on conflict (tenant_id, funnel_id, day, reason, part) do update set visits = v.visits + 1
    )
    select active, retired, leads_on from funnel";

/// Counts a visit of a funnel that is no click. `destination` is the host that a redirect leads to. What is refused is not counted.
pub async fn count(
    client: &Client,
    funnel_id: &str,
    why: NoClick,
    destination: Option<&str>,
) -> Result<Result<(), Refusal>, Error> {
    let statement = client.prepare_cached(COUNT).await?;
    let row = client.query_opt(&statement, &[&funnel_id, &why.as_str(), &destination]).await?;
    Ok(funnels::leading_on(row)?.map(drop))
}
