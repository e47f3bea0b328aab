//! Clicks: one statement checks the funnel and its tenant, and inserts the click or finds it.

use deadpool_postgres::Client;

use super::Error;

/// A click as it was captured, every part already checked.
#[derive(Clone, Debug, Default)]
pub struct NewClick {
    /// The funnel in the path.
    pub funnel_id: String,
    /// The click id that the browser minted, if it did.
    pub click_id: Option<String>,
    /// Ours, for where the browser gave none, or one that is another click's.
    pub own_id: String,
    /// The ad click.
    pub fbclid: Option<String>,
    /// Always there when `fbclid` is.
    pub fbc: Option<String>,
    /// The browser.
    pub fbp: Option<String>,
    /// `utm_source`, `utm_medium`, `utm_campaign`, `utm_content`, `utm_term`.
    pub utm: [Option<String>; 5],
    /// The visitor's address.
    pub ip: Option<String>,
    /// The visitor's agent.
    pub user_agent: Option<String>,
    /// The landing page.
    pub url: Option<String>,
    /// The page before it.
    pub referrer: Option<String>,
}

/// What became of a click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    Click {
        /// Its id: of the row that was there before, if the click was known.
        click_id: String,
        /// Its fbc.
        fbc: Option<String>,
        /// Its fbp.
        fbp: Option<String>,
        /// Whether it was not known before.
        new: bool,
    },
    /// No such funnel, or a draft.
    NoFunnel,
    /// The tenant is retired.
    Retired,
}

/// The statement of [`record`], for who measures or explains it.
///
/// `own` is the row of this click, if there is one, by preference: the row that the click id names, if it is of this ad
/// click and browser (1); a row of the fbclid, first or shared, of this browser (2); the row that the click id names and that
/// has no ad click yet (3); a row of the fbclid where one side has no fbp, and neither address nor agent differs (4).
pub const RECORD: &str = "
    with funnel as (
        select f.tenant_id, f.id, f.status, t.status::text as tenant_status
        from funnels f join tenants t on t.id = f.tenant_id
        where f.id = $1::text
    ), live as (
        select tenant_id, id, browser_of($6::text) as browser from funnel where status = 'active' and tenant_status <> 'retired'
    ), first as (
        select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.fbclid = $4::text
    ), named as (
        select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.id = $2::text
        union all
        select c.* from live join click_aliases a on a.tenant_id = live.tenant_id and a.id = $2
            join clicks c on c.tenant_id = a.tenant_id and c.id = a.click_id
        limit 1
    ), candidate as (
        select case when $4 is null or named.fbclid = $4 or named.shared_from = first.id then 1 else 3 end as preference, named.*
        from live join named on true left join first on true
        where (named.browser is null or live.browser is null or named.browser = live.browser)
          and ($4 is null or named.fbclid = $4
               or named.fbclid is null and (named.shared_from is null or named.shared_from = first.id))
        union all
        select case when first.browser = live.browser then 2 else 4 end, first.*
        from live join first on true
        where first.browser = live.browser
           or (first.browser is null or live.browser is null)
              and coalesce(first.ip = $12::text, true) and coalesce(first.user_agent = $13::text, true)
        union all
        select case when s.browser = live.browser then 2 else 4 end, s.*
        from live join first on true join clicks s on s.tenant_id = live.tenant_id and s.shared_from = first.id
        where s.browser = live.browser
           or (s.browser is null or live.browser is null)
              and coalesce(s.ip = $12, true) and coalesce(s.user_agent = $13, true)
    ), preferred as (
        select candidate.*, first.id as first_id,
               -- It has no ad click yet, and no row of the same browser has this one.
               candidate.fbclid is null and candidate.shared_from is null and $4 is not null
               and not exists (
                   select from clicks o
                   where o.tenant_id = candidate.tenant_id and o.shared_from = first.id
                     and o.browser is not distinct from coalesce(candidate.browser, browser_of($6))
               ) as joins,
               candidate.fbp is null and $6 is not null
               and not exists (
                   select from clicks o
                   where o.tenant_id = candidate.tenant_id and o.shared_from = coalesce(candidate.shared_from, first.id)
                     and o.browser = browser_of($6)
               ) as takes_fbp
        from candidate left join first on true
        order by preference, candidate.created_at, candidate.id limit 1
    ), own as (
        select preferred.*,
               joins or takes_fbp
               or utm_source is null and $7::text is not null or utm_medium is null and $8::text is not null
               or utm_campaign is null and $9::text is not null or utm_content is null and $10::text is not null
               or utm_term is null and $11::text is not null
               or (ip is null and $12 is not null or user_agent is null and $13 is not null)
                  and coalesce(ip = $12, true) and coalesce(user_agent = $13, true)
               or url is null and $14::text is not null or referrer is null and $15::text is not null as lacks
        from preferred
    ), added as (
        insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, utm_source, utm_medium, utm_campaign,
                            utm_content, utm_term, ip, user_agent, url, referrer, shared_from, created_at, updated_at)
        select live.tenant_id, case when $2 is null or exists (select from named) then $3::text else $2 end, live.id,
               case when exists (select from first) then null else $4 end,
               case when exists (select from first) then null else $5::text end,
               $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, (select id from first), clock(), clock()
        from live
        where not exists (select from own)
        on conflict do nothing
        returning id, fbc
    ), completed as (
        update clicks c
        set fbclid = case when own.joins and own.first_id is null then $4 else c.fbclid end,
            fbc = case when own.joins and own.first_id is null then $5 else c.fbc end,
            shared_from = case when own.joins then own.first_id else c.shared_from end,
            fbp = case when own.takes_fbp then $6 else c.fbp end,
            utm_source = coalesce(c.utm_source, $7), utm_medium = coalesce(c.utm_medium, $8),
            utm_campaign = coalesce(c.utm_campaign, $9), utm_content = coalesce(c.utm_content, $10),
            utm_term = coalesce(c.utm_term, $11),
            -- Never one visitor's address beside another's agent.
            ip = case when coalesce(c.user_agent = $13, true) then coalesce(c.ip, $12) else c.ip end,
            user_agent = case when coalesce(c.ip = $12, true) then coalesce(c.user_agent, $13) else c.user_agent end,
            url = coalesce(c.url, $14), referrer = coalesce(c.referrer, $15), updated_at = clock()
        from live join own on own.lacks
        where c.tenant_id = live.tenant_id and c.id = own.id
          -- A request at the same time may have made it another browser's or ad click's: then it is to be looked at again.
          and c.fbclid is not distinct from own.fbclid and c.shared_from is not distinct from own.shared_from
          and c.fbp is not distinct from own.fbp
        returning c.id, c.fbc, c.fbp
    ), alias as (
        insert into click_aliases (tenant_id, id, click_id, created_at)
        select live.tenant_id, $2, own.id, clock()
        from live join own on own.id <> $2
        where not exists (select from named)
        on conflict do nothing
    )
    select funnel.status = 'active' as active, funnel.tenant_status = 'retired' as retired,
           case when own.lacks and completed.id is null then null else coalesce(added.id, own.id) end as click_id,
           coalesce(added.fbc, completed.fbc, own.fbc, first.fbc,
                    (select p.fbc from clicks p where p.tenant_id = funnel.tenant_id and p.id = own.shared_from)) as fbc,
           case when added.id is not null then $6 else coalesce(completed.fbp, own.fbp) end as fbp,
           added.id is not null as new
    from funnel left join added on true left join own on true left join completed on true left join first on true";

/// Records a click. First-seen wins, later data completes it.
///
/// The row of an fbclid is the first visitor's; another one that comes with the same fbclid (the link was shared) gets a
/// row of its own that points at the first. Each click id that a browser gave for a click names it from then on. A race
/// with another request is [`Error::Race`]: the next try sees what it made.
pub async fn record(client: &Client, click: &NewClick) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(RECORD).await?;
    let [source, medium, campaign, content, term] = &click.utm;
    let row = client
        .query_opt(
            &statement,
            &[
                &click.funnel_id,
                &click.click_id,
                &click.own_id,
                &click.fbclid,
                &click.fbc,
                &click.fbp,
                source,
                medium,
                campaign,
                content,
                term,
                &click.ip,
                &click.user_agent,
                &click.url,
                &click.referrer,
            ],
        )
        .await?;
    let Some(row) = row else { return Ok(Recorded::NoFunnel) };
    if row.try_get("retired")? {
        return Ok(Recorded::Retired);
    }
    if !row.try_get::<_, bool>("active")? {
        return Ok(Recorded::NoFunnel);
    }
    let click_id: Option<String> = row.try_get("click_id")?;
    Ok(Recorded::Click {
        click_id: click_id.ok_or(Error::Race)?,
        fbc: row.try_get("fbc")?,
        fbp: row.try_get("fbp")?,
        new: row.try_get("new")?,
    })
}
