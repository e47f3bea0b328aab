//! The statement of an order, made from the rules' own ranks, stages and bounds.

use std::sync::LazyLock;

use crate::domain::attribution::{CLOCK_SLACK_US, Evidence, NETWORK_WINDOW_US, Stage};
use crate::domain::conversion::{IgnoredReason, TOO_BROAD};
use crate::domain::delivery::SEND_WITHIN_S;
use crate::domain::order::OrderState;

/// How many of the newest observations of a hash are looked at, of those from orders and of those from browsers: a checkout that
/// sends one address for everybody must not make each order slower than the last, and claims must not hide what orders know.
const OBSERVATIONS: i32 = 20;

/// The clicks with which a hash of the buyer was seen, as SQL. An order's observation is confirmed by itself; a browser's is where an
/// order's points at a click of the same browser.
fn observed(evidence: Evidence, hash: &str) -> String {
    let column = evidence.as_str();
    let newest = |source: &str| {
        format!(
            "(select o.click_id, o.source, o.created_at from identities o
              where o.tenant_id = $1 and o.{column} || o.source = {hash} || '{source}'
                and o.{column} is not null and o.click_id is not null and o.created_at <= latest
              order by o.created_at desc limit {OBSERVATIONS})"
        )
    };
    format!(
        "(select '{column}', c.id, c.created_at, i.created_at, coalesce(c.browser = bounds.browser, false) as same_browser,
                 i.source = 'order' or c.browser is not null and bool_or(i.source = 'order') over (partition by c.browser) as confirmed
          from bounds cross join lateral ({orders} union all {browsers}) i
              join clicks c on c.tenant_id = $1 and c.id = i.click_id and c.created_at <= latest
          order by c.created_at >= oldest desc, same_browser desc, confirmed desc, i.created_at desc limit 5)",
        orders = newest("order"),
        browsers = newest("browser"),
    )
}

/// Rank and stage of each evidence as SQL, from the rules' own definition.
fn evidence_case(column: &str, value: impl Fn(Evidence) -> String) -> String {
    let arms: Vec<String> = Evidence::WORDS
        .iter()
        .filter_map(|word| Evidence::parse(word).map(|evidence| format!("when '{word}' then {}", value(evidence))))
        .collect();
    format!("case {column} {} end", arms.join(" "))
}

/// How far an order is, as SQL, from the state's own definition.
fn progress_case(column: &str) -> String {
    let arms: Vec<String> = OrderState::WORDS
        .iter()
        .filter_map(|word| OrderState::parse(word).map(|state| format!("when '{word}' then {}", state.progress())))
        .collect();
    format!("case {column} {} end", arms.join(" "))
}

fn sql_list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// The statement.
pub(super) static SQL: LazyLock<String> = LazyLock::new(|| {
    let rank = evidence_case("evidence", |it| it.rank().to_string());
    let stage = evidence_case("evidence", |it| format!("'{}'", it.stage().as_str()));
    let remembered = sql_list(
        Evidence::WORDS.iter().copied().filter(|word| Evidence::parse(word).is_some_and(Evidence::is_remembered)),
    );
    let nobody = TOO_BROAD
        .iter()
        .map(|set| format!("keys <@ array[{}]", sql_list(set.iter().copied())))
        .collect::<Vec<_>>()
        .join(" or ");
    let (identity, network) = (Stage::Identity.as_str(), Stage::Network.as_str());
    let (new_progress, old_progress) = (progress_case("excluded.state"), progress_case("o.state"));
    let (no_person, consent_denied) = (IgnoredReason::NoPerson.as_str(), IgnoredReason::ConsentDenied.as_str());
    let identity_candidates = [
        observed(Evidence::Email, "$15::text"),
        observed(Evidence::Phone, "$16::text"),
        observed(Evidence::ExternalId, "$27::text"),
    ]
    .join("\n        union all\n        ");
    format!(
        "
    with gate as (
        select t.status::text as status, t.attribution_window_days as window_days, t.action_source, t.denied_consent,
               t.status = 'active' or (t.status = 'provisioning' and coalesce(t.test_event_code_until > clock(), false)) as sends
        from tenants t
        where t.id = $1::text
          and exists (select from api_keys k where k.tenant_id = $1 and k.id = $2::text and k.revoked_at is null)
    ), open as (
        select * from gate where status <> 'retired'
    ), known as (
        select event_id from dedupe_registry where tenant_id = $1 and event_id = $6::text
    ), times as (
        select least((select ordered_at from orders where tenant_id = $1 and order_key = $5::text), happened_at) as ordered_at,
               happened_at, window_days
        -- By a function's clock it may lie ahead.
        from open, lateral (
            select coalesce(least(timestamptz 'epoch' + $10::bigint * interval '1 microsecond', clock()), clock()) as happened_at
        ) event
    ), bounds as (
        select browser_of($20::text) as browser, ordered_at, ordered_at - window_days * interval '1 day' as oldest,
               ordered_at + {CLOCK_SLACK_US} * interval '1 microsecond' as latest,
               ordered_at - {NETWORK_WINDOW_US} * interval '1 microsecond' as network_oldest
        from times
    ), candidate as (
        select 'click_id' as evidence, c.id as click_id, c.created_at as clicked_at, c.created_at as observed_at,
               coalesce(c.browser = bounds.browser, false) as same_browser, true as confirmed
        from bounds join clicks c on c.tenant_id = $1 and c.id = coalesce(
            (select a.click_id from click_aliases a where a.tenant_id = $1 and a.id = $17::text), $17)
        union all
        select 'fbc', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
        from bounds join clicks c on c.tenant_id = $1 and c.fbc = $18::text
        union all
        select 'fbclid', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
        from bounds join clicks c on c.tenant_id = $1 and c.fbclid = $19::text
        union all
        select 'fbclid', s.id, s.created_at, s.created_at, true, true
        from bounds join clicks c on c.tenant_id = $1 and c.fbclid = $19
            join clicks s on s.tenant_id = $1 and s.shared_from = c.id and s.browser = bounds.browser
        union all
        (select 'fbp', c.id, c.created_at, c.created_at, true, true
         from bounds join clicks c on c.tenant_id = $1 and c.browser = bounds.browser and c.created_at <= latest
         order by c.created_at desc limit 5)
        union all
        {identity_candidates}
        union all
        (select 'network', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
         from bounds join clicks c on c.tenant_id = $1 and c.ip = $22::text and c.user_agent = $23::text
             and c.created_at between network_oldest and latest
         order by c.created_at desc limit 3)
    ), fit as (
        select candidate.*, {rank} as rank, {stage} as stage
        from candidate, bounds
        where clicked_at >= oldest
          and (evidence not in ({remembered}) or clicked_at <= latest and observed_at <= latest)
          and (evidence <> 'network'
               or 1 = (select count(distinct n.click_id) from candidate n where n.evidence = 'network' and n.clicked_at >= oldest))
    ), chosen as (
        select click_id, stage, evidence from fit
        order by rank, same_browser desc, confirmed desc, observed_at desc, clicked_at desc, click_id limit 1
    ), click as (
        select c.id, coalesce(c.fbclid, f.fbclid) as fbclid, coalesce(c.fbc, f.fbc) as fbc, c.url,
               c.consent is not distinct from 'denied' as denied,
               -- By more than the network and a browser's word.
               exists (select from fit where fit.click_id = c.id and fit.confirmed and fit.stage <> '{network}') as vouched,
               case when exists (select from fit where fit.click_id = c.id and fit.stage = '{identity}')
                   then '{identity}' else chosen.stage end as stage,
               -- An ad click alone does not say which of those who shared its link ordered: then nobody's address, agent
               -- or browser goes along.
               case when chosen.evidence not in ('fbc', 'fbclid')
                      or exists (select from fit where fit.click_id = c.id and fit.evidence not in ('fbc', 'fbclid'))
                      or coalesce(c.browser = bounds.browser, not exists (
                             select from clicks s where s.tenant_id = $1 and s.shared_from = coalesce(c.shared_from, c.id)))
                   then jsonb_build_object('fbp', c.fbp, 'client_ip_address', c.ip, 'client_user_agent', c.user_agent)
                   else '{{}}' end as visitor
        from bounds, chosen join clicks c on c.tenant_id = $1 and c.id = chosen.click_id
            left join clicks f on f.tenant_id = $1 and f.id = c.shared_from
    ), event as (
        select click.id as click_id, coalesce(click.stage, 'none') as stage, coalesce($24::text, click.url) as url,
               coalesce(click.denied, false) as denied, coalesce(click.vouched, false) as vouched,
               jsonb_strip_nulls(coalesce(click.visitor, '{{}}') || jsonb_build_object('fbc',
                   -- The order's own fbclid wins over a remembered click of another ad.
                   case when $21::text is null or click.fbclid = $19 then coalesce(click.fbc, $21) else $21 end))
                   || $13::text::jsonb as user_data
        from open left join click on true
    ), judged as (
        select event.*, gate.sends,
               coalesce($12::text, case when denied and gate.denied_consent = 'nothing' then '{consent_denied}'
                                        when {nobody} then '{no_person}' end) as ignored,
               case when url is null or not user_data ? 'client_user_agent'
                   then coalesce(nullif(coalesce($25::text, gate.action_source), 'website'), 'system_generated')
                   else coalesce($25, gate.action_source, 'website') end as action_source
        from gate, event, lateral (select array(select jsonb_object_keys(user_data)) as keys) named
    ), claim as (
        insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency, created_at)
        select $1, $3::text, $6, $5, $7::text, $8::text::numeric, $9::text, clock() from judged where ignored is null
        on conflict on constraint dedupe_registry_tenant_id_event_id_key do nothing
        returning event_id
    ), conversion as (
        insert into conversions as c (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
            event_source_url, user_data, custom_data, limited_data_use, click_id, match_stage, match_candidates, match_rules,
            state, reason, created_at, updated_at)
        select $1, $3, $6, $5, $7, times.happened_at, $8::text::numeric, $9, judged.action_source, judged.url, judged.user_data,
               $14::text::jsonb, judged.denied, judged.click_id, judged.stage,
               (select coalesce(jsonb_agg(jsonb_build_array(evidence, click_id,
                    (extract(epoch from clicked_at) * 1000000)::bigint, (extract(epoch from observed_at) * 1000000)::bigint,
                    same_browser, confirmed)), '[]') from candidate),
               jsonb_build_object('ordered_at', (extract(epoch from times.ordered_at) * 1000000)::bigint,
                                  'window_days', times.window_days),
               case when judged.ignored is not null then 'ignored' when judged.sends then 'pending' else 'held' end,
               judged.ignored, clock(), clock()
        from judged, times
        where exists (select from claim) or (judged.ignored is not null and not exists (select from known))
        on conflict on constraint conversions_tenant_id_event_id_key do update
            set id = excluded.id, event_time = excluded.event_time, action_source = excluded.action_source,
                event_source_url = excluded.event_source_url, user_data = excluded.user_data,
                custom_data = excluded.custom_data, limited_data_use = excluded.limited_data_use,
                click_id = excluded.click_id, match_stage = excluded.match_stage,
                match_candidates = excluded.match_candidates, match_rules = excluded.match_rules,
                state = excluded.state, reason = excluded.reason, created_at = excluded.created_at,
                updated_at = excluded.updated_at
            where c.state = 'ignored'
        returning c.*, c.xmax = '0' as inserted
    ), attempt as (
        insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at, expires_at)
        select $1, $3, event_id, clock(), clock(), times.happened_at + {SEND_WITHIN_S} * interval '1 second' from claim, times
    ), observation as (
        insert into identities (tenant_id, id, email_hash, phone_hash, external_id_hash, click_id, source, created_at, updated_at)
        -- A match by the network alone is too weak to vouch for the next one, and a claim must not confirm itself. Who denied is not
        -- remembered.
        select $1, $3, $15, $16, $27,
               case when judged.vouched and not judged.denied then conversion.click_id end, 'order', clock(), clock()
        from conversion, judged
        where ($15 is not null or $16 is not null or $27 is not null) and (conversion.inserted or exists (select from claim))
    ), placed as (
        insert into orders as o (tenant_id, id, order_key, state, ordered_at, paid_at, utm, created_at, updated_at)
        select $1, $3, $5, $11::text, ordered_at, case when $11 = 'paid' then happened_at end, $26::text::jsonb, clock(), clock()
        from times where $11 is not null
        on conflict on constraint orders_tenant_id_order_key_key do update
            set state = case when {new_progress} >= {old_progress} then excluded.state else o.state end,
                ordered_at = least(o.ordered_at, excluded.ordered_at),
                paid_at = coalesce(o.paid_at, excluded.paid_at), updated_at = excluded.updated_at
            where o.state <> excluded.state or o.ordered_at > excluded.ordered_at
    ), delivery as (
        insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, reason)
        select $1, $3, $4::text, clock(), $5, $6,
               case when ignored is not null then 'ignored' when exists (select from claim) then 'conversion' else 'duplicate' end,
               ignored
        from judged
        on conflict on constraint deliveries_pkey do nothing
    )
    select (select status from gate) as tenant_status, exists (select from claim) as claimed, exists (select from known) as known,
           c.id as conversion_id, c.state, c.reason, c.action_source, c.click_id,
           c.match_candidates::text as match_candidates, c.match_rules::text as match_rules
    from (select) one left join (
        -- The view standings cannot see the row that this statement makes; a test holds the two to each other.
        select n.id, case when n.state = 'pending' and g.parked_reason is not null then 'parked' else n.state end as state,
               case n.state
                   when 'pending' then coalesce(g.parked_reason, case when g.breaker in ('open', 'half_open') then 'breaker_open'
                                                                      when g.throttled_until > clock() then 'throttled' end)
                   when 'held' then (select status from gate) else n.reason end as reason,
               n.action_source, n.click_id, n.match_candidates, n.match_rules
        from conversion n left join delivery_gates g on g.tenant_id = $1
        union all
        select k.id, s.state, s.reason, k.action_source, k.click_id, k.match_candidates, k.match_rules
        from conversions k join standings s on s.tenant_id = k.tenant_id and s.id = k.id
        where k.tenant_id = $1 and k.event_id = $6 and not exists (select from conversion) and exists (select from open)
    ) c on true"
    )
});
