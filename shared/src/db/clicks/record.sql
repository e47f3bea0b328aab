-- $1 funnel, $2 the browser's click id, $3 our id, $4 fbclid, $5 fbc, $6 fbp, $7 to $11 UTM, $12 address, $13 agent, $14 url, $15 referrer,
-- $16 consent, $17 first campaign, $18 host of the page, $19 host that a redirect leads to, $20 an fbp for a browser that has none,
-- $21 how many clicks this one counts for in its funnel's minute.
with funnel as (
    select f.tenant_id, f.id, f.status = 'active' as active, t.status::text = 'retired' as retired,
           f.clicks_per_minute, f.clicks_per_minute_per_address,
           $16::text is not distinct from 'denied' or $16 is null and f.requires_consent as denied,
           exists (select from funnel_domains d
                   where d.tenant_id = f.tenant_id and d.funnel_id = f.id and '.' || $18::text like '%.' || d.domain) as own_site,
           (select c.slot from funnel_checkouts c
            where c.tenant_id = f.tenant_id and c.funnel_id = f.id and '.' || $19::text like '%.' || c.domain
            order by length(c.domain) desc limit 1) as slot,
           $19 is null
           or exists (select from funnel_domains d
                      where d.tenant_id = f.tenant_id and d.funnel_id = f.id and '.' || $19 like '%.' || d.domain) as own_destination
    from funnels f join tenants t on t.id = f.tenant_id
    where f.id = $1::text
), live as (
    -- What may be kept of this visit. Who denied leaves a click without a person, and pages without their parameters.
    select tenant_id, id, denied, case when denied then 'denied' else $16 end as consent,
           case when not denied then $4::text end as fbclid, case when not denied then $5::text end as fbc,
           case when not denied then coalesce($6::text, case when own_site then $20::text end) end as fbp,
           case when not denied then $12::text end as ip, case when not denied then $13::text end as user_agent,
           case when denied then substring($14::text from '^[^?#]*') else $14 end as url,
           case when denied then substring($15::text from '^[^?#]*') else $15 end as referrer,
           case when not denied then $17::text::jsonb end as first_utm,
           clicks_per_minute, clicks_per_minute_per_address
    from funnel where active and not retired and (own_destination or slot is not null)
), first as (
    select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.fbclid = live.fbclid
), named as (
    select c.* from live join clicks c on c.tenant_id = live.tenant_id and c.id = $2::text
    union all
    select c.* from live join click_aliases a on a.tenant_id = live.tenant_id and a.id = $2
        join clicks c on c.tenant_id = a.tenant_id and c.id = a.click_id
    limit 1
), candidate as (
    -- A row of this click, by preference: what the visitor has denied stays so (0), the row that the click id names, if it is of this
    -- ad click and browser (1); a row of the fbclid, first or shared, of this browser (2); the row that the click id names and that
    -- has no ad click yet (3); a row of the fbclid where one side has no fbp, and neither address nor agent differs (4).
    select case when named.consent = 'denied' then 0
                when live.fbclid is null or named.fbclid = live.fbclid or named.shared_from = first.id then 1
                else 3 end as preference, named.*
    from live join named on true left join first on true
    where named.consent = 'denied'
       or (named.browser is null or live.fbp is null or named.browser = browser_of(live.fbp))
          and (live.fbclid is null or named.fbclid = live.fbclid
               or named.fbclid is null and (named.shared_from is null or named.shared_from = first.id))
    union all
    select case when first.browser = browser_of(live.fbp) then 2 else 4 end, first.*
    from live join first on true
    where first.browser = browser_of(live.fbp)
       or (first.browser is null or live.fbp is null)
          and coalesce(first.ip = live.ip, true) and coalesce(first.user_agent = live.user_agent, true)
    union all
    select case when s.browser = browser_of(live.fbp) then 2 else 4 end, s.*
    from live join first on true join clicks s on s.tenant_id = live.tenant_id and s.shared_from = first.id
    where s.browser = browser_of(live.fbp)
       or (s.browser is null or live.fbp is null)
          and coalesce(s.ip = live.ip, true) and coalesce(s.user_agent = live.user_agent, true)
), preferred as (
    select candidate.*, first.id as first_id,
           -- It has no ad click yet, and no row of the same browser has this one.
           candidate.fbclid is null and candidate.shared_from is null and live.fbclid is not null
           and not exists (
               select from clicks o
               where o.tenant_id = candidate.tenant_id and o.shared_from = first.id
                 and o.browser is not distinct from coalesce(candidate.browser, browser_of(live.fbp))
           ) as joins,
           candidate.fbp is null and live.fbp is not null
           and not exists (
               select from clicks o
               where o.tenant_id = candidate.tenant_id and o.shared_from = coalesce(candidate.shared_from, first.id)
                 and o.browser = browser_of(live.fbp)
           ) as takes_fbp
    from live join candidate on true left join first on true
    order by preference, candidate.created_at, candidate.id limit 1
), own as (
    select preferred.*,
           case when live.denied then preferred.consent is distinct from 'denied'
                when preferred.consent = 'denied' then false
                else joins or takes_fbp
                     or utm_source is null and $7::text is not null or utm_medium is null and $8::text is not null
                     or utm_campaign is null and $9::text is not null or utm_content is null and $10::text is not null
                     or utm_term is null and $11::text is not null
                     or (preferred.ip is null and live.ip is not null or preferred.user_agent is null and live.user_agent is not null)
                        and coalesce(preferred.ip = live.ip, true) and coalesce(preferred.user_agent = live.user_agent, true)
                     or preferred.url is null and live.url is not null or preferred.referrer is null and live.referrer is not null
                     or preferred.first_utm is null and live.first_utm is not null
                     or preferred.consent is null and live.consent is not null
           end as lacks
    from live join preferred on true
), pressed as (
    select coalesce((select m.clicks from funnel_minutes m
                     where m.tenant_id = live.tenant_id and m.funnel_id = live.id
                       and m.minute = date_trunc('minute', clock())) >= clicks_per_minute, false)
           or (select count(*) from (
                   select from clicks c
                   where c.tenant_id = live.tenant_id and c.ip = live.ip and c.created_at > clock() - interval '1 minute'
                   limit clicks_per_minute_per_address) recent) >= clicks_per_minute_per_address as is_full
    from live where not exists (select from own)
), added as (
    insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, utm_source, utm_medium, utm_campaign, utm_content, utm_term,
                        ip, user_agent, url, referrer, consent, first_utm, shared_from, created_at, updated_at)
    select live.tenant_id, case when $2 is null or exists (select from named) then $3::text else $2 end, live.id,
           case when exists (select from first) then null else live.fbclid end,
           case when exists (select from first) then null else live.fbc end,
           live.fbp, $7, $8, $9, $10, $11, live.ip, live.user_agent, live.url, live.referrer, live.consent, live.first_utm,
           (select id from first), clock(), clock()
    from live join pressed on not pressed.is_full
    where $3 is not null or not exists (select from named)
    on conflict do nothing
    returning tenant_id, funnel_id, id, fbc, fbp
), counted as (
    insert into funnel_minutes as m (tenant_id, funnel_id, minute, clicks)
    select tenant_id, funnel_id, date_trunc('minute', clock()), $21::integer from added where $21 > 0
    on conflict (tenant_id, funnel_id, minute) do update set clicks = m.clicks + excluded.clicks
), completed as (
    update clicks c
    set fbclid = case when live.denied then null when own.joins and own.first_id is null then live.fbclid else c.fbclid end,
        fbc = case when live.denied then null when own.joins and own.first_id is null then live.fbc else c.fbc end,
        shared_from = case when live.denied then null when own.joins then own.first_id else c.shared_from end,
        fbp = case when live.denied then null when own.takes_fbp then live.fbp else c.fbp end,
        utm_source = coalesce(c.utm_source, $7), utm_medium = coalesce(c.utm_medium, $8),
        utm_campaign = coalesce(c.utm_campaign, $9), utm_content = coalesce(c.utm_content, $10),
        utm_term = coalesce(c.utm_term, $11),
        -- Never one visitor's address beside another's agent.
        ip = case when live.denied then null when coalesce(c.user_agent = live.user_agent, true) then coalesce(c.ip, live.ip) else c.ip end,
        user_agent = case when live.denied then null when coalesce(c.ip = live.ip, true) then coalesce(c.user_agent, live.user_agent)
                          else c.user_agent end,
        url = case when live.denied then substring(coalesce(c.url, live.url) from '^[^?#]*') else coalesce(c.url, live.url) end,
        referrer = case when live.denied then substring(coalesce(c.referrer, live.referrer) from '^[^?#]*')
                        else coalesce(c.referrer, live.referrer) end,
        first_utm = case when live.denied then null else coalesce(c.first_utm, live.first_utm) end,
        consent = case when live.denied then 'denied' else coalesce(c.consent, live.consent) end,
        updated_at = clock()
    from live join own on own.lacks
    where c.tenant_id = live.tenant_id and c.id = own.id
      -- A request at the same time may have made it another browser's or ad click's, or denied it: then it is to be looked at again.
      and c.fbclid is not distinct from own.fbclid and c.shared_from is not distinct from own.shared_from
      and c.fbp is not distinct from own.fbp and c.consent is not distinct from own.consent
    returning c.id, c.fbc, c.fbp
), forgotten as (
    -- Who denies takes back what the browser has said of them.
    delete from identities i using live, completed
    where live.denied and i.tenant_id = live.tenant_id
      and i.source || i.click_id = 'browser' || completed.id and i.source = 'browser'
), heirs as (
    -- Who came by the link of a visitor who denied later: their ad click is to be their own.
    update clicks s set shared_from = null, updated_at = clock()
    from live, completed
    where live.denied and s.tenant_id = live.tenant_id and s.shared_from = completed.id
), over as (
    insert into unrecorded_visits as v (tenant_id, funnel_id, day, reason, part, visits)
    select live.tenant_id, live.id, (clock() at time zone 'UTC')::date, 'limit', 0, $21
    from live join pressed on pressed.is_full where $21 > 0
    on conflict (tenant_id, funnel_id, day, reason, part) do update set visits = v.visits + excluded.visits
), alias as (
    insert into click_aliases (tenant_id, id, click_id, created_at)
    select live.tenant_id, $2, own.id, clock()
    from live join own on own.id <> $2
    where not exists (select from named)
      -- What could not be completed may be another browser's by now: then the id is not to name it.
      and (not own.lacks or exists (select from completed))
      -- More than a browser that loses its cookies on each visit gives.
      and 50 > (select count(*) from (select from click_aliases a
                                      where a.tenant_id = live.tenant_id and a.click_id = own.id limit 50) known)
    on conflict do nothing
)
select funnel.active, funnel.retired, funnel.own_site, funnel.slot, funnel.own_destination or funnel.slot is not null as leads_on,
       coalesce(pressed.is_full, false) as is_full,
       case when own.lacks and completed.id is null then null else coalesce(added.id, own.id) end as click_id,
       case when not live.denied and own.consent is distinct from 'denied' then
           coalesce(added.fbc, completed.fbc, own.fbc, first.fbc,
                    (select p.fbc from clicks p where p.tenant_id = funnel.tenant_id and p.id = own.shared_from)) end as fbc,
       case when not live.denied and own.consent is distinct from 'denied' then coalesce(added.fbp, completed.fbp, own.fbp) end as fbp,
       added.id is not null as new
from funnel left join live on true left join pressed on true left join added on true left join own on true
    left join completed on true left join first on true
