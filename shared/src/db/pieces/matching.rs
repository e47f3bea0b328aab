//! From an order's identifiers to its click, and what is sent of the two.

use super::words::{evidence_case, list};
use crate::domain::attribution::{CLOCK_SLACK_US, Evidence, NETWORK_WINDOW_US, Stage};
use crate::domain::conversion::{IgnoredReason, TOO_BROAD};

/// What the order says, as SQL expressions.
pub(crate) struct Given<'a> {
    /// The buyer's hashes.
    pub(crate) email_hash: &'a str,
    pub(crate) phone_hash: &'a str,
    pub(crate) external_id_hash: &'a str,
    /// Identifiers of the click.
    pub(crate) click_id: &'a str,
    pub(crate) fbc: &'a str,
    pub(crate) fbclid: &'a str,
    pub(crate) fbp: &'a str,
    /// fbc made from the order's fbclid.
    pub(crate) built_fbc: &'a str,
    pub(crate) ip: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) url: &'a str,
    pub(crate) action_source: &'a str,
    /// The order's own `user_data`, jsonb.
    pub(crate) user_data: &'a str,
    /// Why it sends nothing.
    pub(crate) ignored: &'a str,
}

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

/// The CTEs `bounds` to `judged`, which has the event as it would be sent.
///
/// They stand on `gate` (the tenant's settings), `telling` (a row where an event is to be made, else none) and `times`
/// (`ordered_at`, `happened_at`, `window_days`).
pub(crate) fn matching(given: &Given<'_>) -> String {
    format!("{}, {}", candidates(given), event(given))
}

/// The CTEs `bounds`, `candidate` (every click that any evidence points at) and `fit` (those that may be taken).
fn candidates(given: &Given<'_>) -> String {
    let Given { click_id, fbc, fbclid, fbp, ip, user_agent, .. } = given;
    let rank = evidence_case("evidence", |it| it.rank().to_string());
    let stage = evidence_case("evidence", |it| format!("'{}'", it.stage().as_str()));
    let remembered =
        list(Evidence::WORDS.iter().copied().filter(|word| Evidence::parse(word).is_some_and(Evidence::is_remembered)));
    let identity_candidates = [
        observed(Evidence::Email, given.email_hash),
        observed(Evidence::Phone, given.phone_hash),
        observed(Evidence::ExternalId, given.external_id_hash),
    ]
    .join("\n        union all\n        ");
    format!(
        "bounds as (
        select browser_of({fbp}) as browser, ordered_at, ordered_at - window_days * interval '1 day' as oldest,
               ordered_at + {CLOCK_SLACK_US} * interval '1 microsecond' as latest,
               ordered_at - {NETWORK_WINDOW_US} * interval '1 microsecond' as network_oldest
        from times
    ), candidate as (
        select 'click_id' as evidence, c.id as click_id, c.created_at as clicked_at, c.created_at as observed_at,
               coalesce(c.browser = bounds.browser, false) as same_browser, true as confirmed
        from bounds join clicks c on c.tenant_id = $1 and c.id = coalesce(
            (select a.click_id from click_aliases a where a.tenant_id = $1 and a.id = {click_id}), {click_id})
        union all
        select 'fbc', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
        from bounds join clicks c on c.tenant_id = $1 and c.fbc = {fbc}
        union all
        select 'fbclid', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
        from bounds join clicks c on c.tenant_id = $1 and c.fbclid = {fbclid}
        union all
        select 'fbclid', s.id, s.created_at, s.created_at, true, true
        from bounds join clicks c on c.tenant_id = $1 and c.fbclid = {fbclid}
            join clicks s on s.tenant_id = $1 and s.shared_from = c.id and s.browser = bounds.browser
        union all
        (select 'fbp', c.id, c.created_at, c.created_at, true, true
         from bounds join clicks c on c.tenant_id = $1 and c.browser = bounds.browser and c.created_at <= latest
         order by c.created_at desc limit 5)
        union all
        {identity_candidates}
        union all
        (select 'network', c.id, c.created_at, c.created_at, coalesce(c.browser = bounds.browser, false), true
         from bounds join clicks c on c.tenant_id = $1 and c.ip = {ip} and c.user_agent = {user_agent}
             and c.created_at between network_oldest and latest
         order by c.created_at desc limit 3)
    ), fit as (
        select candidate.*, {rank} as rank, {stage} as stage
        from candidate, bounds
        where clicked_at >= oldest
          and (evidence not in ({remembered}) or clicked_at <= latest and observed_at <= latest)
          and (evidence <> 'network'
               or 1 = (select count(distinct n.click_id) from candidate n where n.evidence = 'network' and n.clicked_at >= oldest))
    )"
    )
}

/// The CTEs `chosen`, `click`, `event` and `judged`.
fn event(given: &Given<'_>) -> String {
    let Given { fbclid, built_fbc, url, user_data, ignored, action_source, .. } = given;
    let nobody: Vec<String> =
        TOO_BROAD.iter().map(|set| format!("keys <@ array[{}]", list(set.iter().copied()))).collect();
    let nobody = nobody.join(" or ");
    let (identity, network) = (Stage::Identity.as_str(), Stage::Network.as_str());
    let (no_person, consent_denied) = (IgnoredReason::NoPerson.as_str(), IgnoredReason::ConsentDenied.as_str());
    format!(
        "chosen as (
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
        select click.id as click_id, coalesce(click.stage, 'none') as stage, coalesce({url}, click.url) as url,
               coalesce(click.denied, false) as denied, coalesce(click.vouched, false) as vouched,
               jsonb_strip_nulls(coalesce(click.visitor, '{{}}') || jsonb_build_object('fbc',
                   -- The order's own fbclid wins over a remembered click of another ad.
                   case when {built_fbc} is null or click.fbclid = {fbclid} then coalesce(click.fbc, {built_fbc}) else {built_fbc} end))
                   || {user_data} as user_data
        from telling left join click on true
    ), judged as (
        select event.*, gate.sends,
               coalesce({ignored}, case when denied and gate.denied_consent = 'nothing' then '{consent_denied}'
                                        when {nobody} then '{no_person}' end) as ignored,
               case when url is null or not user_data ? 'client_user_agent'
                   then coalesce(nullif(coalesce({action_source}, gate.action_source), 'website'), 'system_generated')
                   else coalesce({action_source}, gate.action_source, 'website') end as action_source
        from gate, event, lateral (select array(select jsonb_object_keys(user_data)) as keys) named
    )"
    )
}
