//! What a browser says of its visitor: one statement checks the funnel and its tenant, finds the click, and keeps the observation.

use std::sync::LazyLock;

use deadpool_postgres::Client;

use super::Error;
use super::funnels::{self, Refusal};

/// The most distinct observations that browsers may leave at one click. A visitor who mistypes, corrects and adds fields needs a few.
pub const MOST_OF_A_CLICK: i32 = 20;
/// The most observations of one browser (fbp) that are kept in [`BROWSERS_DAY_S`], at whichever of its tenant's clicks.
pub const MOST_OF_A_BROWSER: i32 = 20;
/// The time over which a browser's observations are counted, in seconds: a day that ends now.
pub const BROWSERS_DAY_S: u32 = 24 * 3600;

/// Of a link that more browsers than this have shared, a visitor without fbp is not looked for by address and agent.
const SHARERS: i32 = 20;

/// An observation as a browser told it, every part already checked.
#[derive(Clone, Debug, Default)]
pub struct NewObservation {
    /// The funnel in the path.
    pub funnel_id: String,
    /// The id of the row, if one is made.
    pub own_id: String,
    /// The click, by the id that the browser minted or was given.
    pub click_id: Option<String>,
    /// The ad click, by itself or from fbc.
    pub fbclid: Option<String>,
    /// The browser.
    pub fbp: Option<String>,
    /// The visitor's address.
    pub ip: Option<String>,
    /// The visitor's agent.
    pub user_agent: Option<String>,
    /// The digest of the e-mail address.
    pub email_hash: Option<String>,
    /// The digest of the phone number.
    pub phone_hash: Option<String>,
    /// The digest of the seller's own id of the person.
    pub external_id_hash: Option<String>,
    /// The host of the page.
    pub site: Option<String>,
}

/// What became of an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observed {
    /// What there is to keep of it is kept.
    Taken {
        /// The row, made by this statement or an earlier one. None where nothing was said, no click was found, or its visitor denied.
        identity_id: Option<String>,
        /// Whether the page is of one of the funnel's domains.
        own_site: bool,
    },
    /// The click or the browser has all that it may have.
    Full {
        /// See [`Observed::Taken`].
        own_site: bool,
    },
}

/// The statement of [`observe`], for who measures or explains it.
pub fn sql() -> &'static str {
    &SQL
}

/// `click` is the first that there is of: the click that the id names, unless it is another browser's (1); the row of the ad click,
/// first or shared, that is this browser's (2); the one row of the ad click where one side has no fbp, and neither address nor
/// agent differs (3); the newest of this browser's clicks (4).
static SQL: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    with funnel as (
        select f.tenant_id, f.status = 'active' as active, t.status::text = 'retired' as retired,
               exists (select from funnel_domains d
                       where d.tenant_id = f.tenant_id and d.funnel_id = f.id and '.' || $11::text like '%.' || d.domain) as own_site
        from funnels f join tenants t on t.id = f.tenant_id
        where f.id = $1::text
    ), live as (
        select tenant_id, browser_of($5::text) as browser from funnel where active and not retired
    ), first as (
        select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.fbclid = $4::text
    ), sharer as (
        select s.* from live join first on true join clicks s on s.tenant_id = live.tenant_id and s.shared_from = first.id
        limit {SHARERS} + 1
    ), alike as (
        select it.* from live, (select * from first union all select * from sharer) it
        where (it.browser is null or live.browser is null)
          and coalesce(it.ip = $6::text, true) and coalesce(it.user_agent = $7::text, true)
    ), candidate as (
        select 1 as preference, c.id, c.browser, c.consent, c.created_at
        from live join clicks c on c.tenant_id = live.tenant_id and c.id = coalesce(
            (select a.click_id from click_aliases a where a.tenant_id = live.tenant_id and a.id = $3::text), $3)
        where coalesce(c.browser = live.browser, true)
        union all
        select 2, first.id, first.browser, first.consent, first.created_at
        from live join first on first.browser = live.browser
        union all
        select 2, s.id, s.browser, s.consent, s.created_at
        from live join first on true
            join clicks s on s.tenant_id = live.tenant_id and s.shared_from = first.id and s.browser = live.browser
        union all
        select 3, id, browser, consent, created_at from alike
        where 1 = (select count(*) from alike) and {SHARERS} >= (select count(*) from sharer)
        union all
        (select 4, c.id, c.browser, c.consent, c.created_at
         from live join clicks c on c.tenant_id = live.tenant_id and c.browser = live.browser
         order by c.created_at desc limit 1)
    ), click as (
        select id, coalesce(candidate.browser, live.browser) as browser, consent
        from candidate, live order by preference, created_at desc, id limit 1
    ), person as (
        select live.tenant_id, click.id as click_id, click.browser
        from live, click
        where click.consent is distinct from 'denied' and coalesce($8::text, $9::text, $10::text) is not null
    ), known as (
        select i.id
        from person p join identities i
            on i.tenant_id = p.tenant_id and i.source || i.click_id = 'browser' || p.click_id and i.source = 'browser'
        where i.email_hash is not distinct from $8 and i.phone_hash is not distinct from $9
          and i.external_id_hash is not distinct from $10
    ), full_already as (
        select p.click_id from person p
        where {MOST_OF_A_CLICK} <= (select count(*) from (
                  select from identities i
                  where i.tenant_id = p.tenant_id and i.source || i.click_id = 'browser' || p.click_id and i.source = 'browser'
                  limit {MOST_OF_A_CLICK}) its)
           or {MOST_OF_A_BROWSER} <= (select count(*) from (
                  select from identities i
                  where i.tenant_id = p.tenant_id and i.browser = p.browser and i.source = 'browser'
                    and i.created_at > clock() - {BROWSERS_DAY_S} * interval '1 second'
                  limit {MOST_OF_A_BROWSER}) its)
    ), added as (
        insert into identities (tenant_id, id, email_hash, phone_hash, external_id_hash, click_id, source, browser,
                                created_at, updated_at)
        select tenant_id, $2::text, $8, $9, $10, click_id, 'browser', browser, clock(), clock()
        from person
        where not exists (select from known) and not exists (select from full_already)
        on conflict do nothing
        returning id
    )
    select funnel.active, funnel.retired, funnel.own_site,
           coalesce((select id from known), (select id from added)) as identity_id,
           exists (select from person) as wanted, exists (select from full_already) as is_full
    from funnel"
    )
});

/// Keeps an observation. The same one again is the row that was there.
///
/// Each request counts what is committed when its statement starts, so requests that come at once can leave more than the bounds
/// say, by as many as there are at that moment: never more than Postgres has connections.
pub async fn observe(client: &Client, observation: &NewObservation) -> Result<Result<Observed, Refusal>, Error> {
    let statement = client.prepare_cached(sql()).await?;
    let row = client
        .query_opt(
            &statement,
            &[
                &observation.funnel_id,
                &observation.own_id,
                &observation.click_id,
                &observation.fbclid,
                &observation.fbp,
                &observation.ip,
                &observation.user_agent,
                &observation.email_hash,
                &observation.phone_hash,
                &observation.external_id_hash,
                &observation.site,
            ],
        )
        .await?;
    let row = match funnels::live(row)? {
        Ok(row) => row,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (identity_id, own_site) = (row.try_get::<_, Option<String>>("identity_id")?, row.try_get("own_site")?);
    if identity_id.is_some() || !row.try_get::<_, bool>("wanted")? {
        return Ok(Ok(Observed::Taken { identity_id, own_site }));
    }
    // Else another request made the same row after this statement's snapshot was taken.
    if row.try_get("is_full")? { Ok(Ok(Observed::Full { own_site })) } else { Err(Error::Race) }
}
