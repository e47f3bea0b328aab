//! Clicks: one statement checks the funnel and its tenant, and inserts the click or finds it.

use deadpool_postgres::Client;

use super::Error;

/// A click as it was captured, every part already checked.
#[derive(Clone, Debug, Default)]
pub struct NewClick {
    /// The funnel in the path.
    pub funnel_id: String,
    /// The click id that the browser minted, else ours.
    pub click_id: String,
    /// Ours, for the case that the browser's id is another browser's.
    pub spare_id: String,
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
pub const RECORD: &str = "
    with funnel as (
        select f.tenant_id, f.id, f.status, t.status::text as tenant_status
        from funnels f join tenants t on t.id = f.tenant_id
        where f.id = $1::text
    ), live as (
        select tenant_id, id from funnel where status = 'active' and tenant_status <> 'retired'
    ), first as (
        select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.fbclid = $4::text
    ), named as (
        select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.id = $2::text
    ), own as (
        select named.id, named.fbc, named.fbp, named.shared_from, 1 as preference
        from named join first on first.id = named.shared_from
        where named.fbp is null or $6::text is null or named.fbp = $6
        union all
        select id, fbc, fbp, shared_from, 2 from first where fbp is null or $6 is null or fbp = $6
        union all
        select s.id, s.fbc, s.fbp, s.shared_from, 3
        from first join clicks s on s.tenant_id = first.tenant_id and s.shared_from = first.id and s.fbp = $6
        union all
        select id, fbc, fbp, shared_from, 4 from named
        where (fbp is null or $6 is null or fbp = $6)
          and ($4 is null or fbclid = $4 or fbclid is null and shared_from is null)
        order by preference limit 1
    ), added as (
        insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, utm_source, utm_medium, utm_campaign,
                            utm_content, utm_term, ip, user_agent, url, referrer, shared_from, created_at, updated_at)
        select live.tenant_id, case when exists (select from named) then $3::text else $2 end, live.id,
               case when exists (select from first) then null else $4 end,
               case when exists (select from first) then null else $5::text end,
               $6, $7::text, $8::text, $9::text, $10::text, $11::text, $12::text, $13::text, $14::text, $15::text,
               (select id from first), clock(), clock()
        from live
        where not exists (select from own)
        on conflict do nothing
        returning id, fbc, fbp
    ), completed as (
        update clicks c
        set fbclid = case when exists (select from first) then c.fbclid else coalesce(c.fbclid, $4) end,
            fbc = case when exists (select from first where first.id <> c.id) then c.fbc else coalesce(c.fbc, $5) end,
            shared_from = case when c.fbclid is null
                then coalesce(c.shared_from, (select id from first where first.id <> c.id)) else c.shared_from end,
            fbp = coalesce(c.fbp, $6),
            utm_source = coalesce(c.utm_source, $7), utm_medium = coalesce(c.utm_medium, $8),
            utm_campaign = coalesce(c.utm_campaign, $9), utm_content = coalesce(c.utm_content, $10),
            utm_term = coalesce(c.utm_term, $11), ip = coalesce(c.ip, $12),
            user_agent = coalesce(c.user_agent, $13), url = coalesce(c.url, $14),
            referrer = coalesce(c.referrer, $15), updated_at = clock()
        from live join own on true
        where c.tenant_id = live.tenant_id and c.id = own.id
          and (c.fbclid is null and $4 is not null and c.shared_from is null
            or c.fbp is null and $6 is not null
            or c.utm_source is null and $7 is not null or c.utm_medium is null and $8 is not null
            or c.utm_campaign is null and $9 is not null or c.utm_content is null and $10 is not null
            or c.utm_term is null and $11 is not null or c.ip is null and $12 is not null
            or c.user_agent is null and $13 is not null or c.url is null and $14 is not null
            or c.referrer is null and $15 is not null)
        returning c.fbc, c.fbp
    )
    select funnel.status = 'active' as active, funnel.tenant_status = 'retired' as retired,
           coalesce(added.id, own.id) as click_id,
           coalesce(added.fbc, completed.fbc, own.fbc, first.fbc,
                    (select c.fbc from live join clicks c on c.tenant_id = live.tenant_id and c.id = own.shared_from)) as fbc,
           coalesce(added.fbp, completed.fbp, own.fbp) as fbp,
           added.id is not null as new
    from funnel left join added on true left join own on true left join completed on true left join first on true";

/// Records a click. First-seen wins, later data completes it.
///
/// The row of an fbclid is the first browser's; another browser (another fbp) that comes with the same fbclid gets a
/// row of its own that points at the first. Without an fbclid, the click id names the row. A race with the same
/// click's other request is [`Error::Race`]: the next try finds its row.
pub async fn record(client: &Client, click: &NewClick) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(RECORD).await?;
    let [source, medium, campaign, content, term] = &click.utm;
    let row = client
        .query_opt(
            &statement,
            &[
                &click.funnel_id,
                &click.click_id,
                &click.spare_id,
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
