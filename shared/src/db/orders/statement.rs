//! The statement of an order that the seller's own server tells of.

use std::sync::LazyLock;

use super::IMPORT;
use crate::db::pieces::{Given, conversion, gate, matching, progress, sold};
use crate::domain::order::EventName;

const GIVEN: Given<'static> = Given {
    email_hash: "$15::text",
    phone_hash: "$16::text",
    external_id_hash: "$27::text",
    click_id: "$17::text",
    fbc: "$18::text",
    fbclid: "$19::text",
    fbp: "$20::text",
    built_fbc: "$21::text",
    ip: "$22::text",
    user_agent: "$23::text",
    url: "$24::text",
    action_source: "$25::text",
    user_data: "$13::text::jsonb",
    ignored: "$12::text",
};

/// The statement.
pub(super) static SQL: LazyLock<String> = LazyLock::new(|| {
    let (new_progress, old_progress) = (progress("excluded.state"), progress("o.state"));
    let (matching, conversion) = (matching(&GIVEN), conversion(&GIVEN, "$5", "false"));
    let (purchase, sold) = (EventName::PURCHASE, sold("$5::text"));
    let gate =
        // By a key that is in force, or by something else than a key.
        gate("($2::text is null or exists (select from api_keys k where k.tenant_id = $1 and k.id = $2 and k.revoked_at is null))");
    format!(
        "
    with {gate}, before as (
        select ordered_at, caused ->> '{purchase}' as sold, known is not null as is_a_platforms
        from orders where tenant_id = $1 and order_key = $5::text
    ), sold as (
        -- A connection has told Meta of this sale: whatever value the seller's server gives it, it is the same one.
        select sold as event_id from before where $4::text <> '{IMPORT}' and is_a_platforms
        union all
        -- What is imported is of the past: whoever told of it before, and whatever the platform calls it.
        select event_id from ({sold}) earlier where $4 = '{IMPORT}'
    ), same as (
        select nullif(event_id, $6::text) as told from sold where $7::text = '{purchase}' and $12::text is null
    ), known as (
        select event_id from dedupe_registry where tenant_id = $1 and event_id = coalesce((select told from same), $6)
    ), telling as (
        select * from open where (select told from same) is null
    ), times as (
        select least((select ordered_at from before), happened_at) as ordered_at,
               happened_at, window_days
        -- By a function's clock it may lie ahead.
        from open, lateral (
            select coalesce(least(timestamptz 'epoch' + $10::bigint * interval '1 microsecond', clock()), clock()) as happened_at
        ) event
    ), {matching}, {conversion}, placed as (
        insert into orders as o (tenant_id, id, order_key, state, ordered_at, paid_at, utm, caused, created_at, updated_at)
        select $1, $3, $5, $11::text, ordered_at, case when $11 = 'paid' then happened_at end, $26::text::jsonb,
               case when exists (select from claim) then jsonb_build_object($7, $6) else '{{}}' end, clock(), clock()
        from times where $11 is not null
        on conflict on constraint orders_tenant_id_order_key_key do update
            set state = case when {new_progress} >= {old_progress} then excluded.state else o.state end,
                ordered_at = least(o.ordered_at, excluded.ordered_at),
                paid_at = coalesce(o.paid_at, excluded.paid_at), caused = excluded.caused || o.caused, updated_at = excluded.updated_at
            where o.state <> excluded.state or o.ordered_at > excluded.ordered_at or not o.caused @> excluded.caused and not o.caused ? $7
    ), delivery as (
        insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, reason)
        select $1, $3, $4::text, clock(), $5, coalesce((select told from same), $6),
               case when ignored is not null then 'ignored' when exists (select from claim) then 'conversion' else 'duplicate' end,
               ignored
        from open left join judged on true
        on conflict on constraint deliveries_pkey do nothing
    )
    select (select status from gate) as tenant_status, exists (select from claim) as claimed, exists (select from known) as known,
           (select told from same) as told,
           c.id as conversion_id, c.event_id, c.order_key, c.state, c.reason, c.action_source, c.click_id,
           c.match_candidates::text as match_candidates, c.match_rules::text as match_rules
    from (select) one left join (
        -- The view standings cannot see the row that this statement makes; a test holds the two to each other.
        select n.id, n.event_id, n.order_key, case when n.state = 'pending' and g.parked_reason is not null then 'parked' else n.state end as state,
               case n.state
                   when 'pending' then coalesce(g.parked_reason, case when g.breaker in ('open', 'half_open') then 'breaker_open'
                                                                      when g.throttled_until > clock() then 'throttled' end)
                   when 'held' then (select status from gate) else n.reason end as reason,
               n.action_source, n.click_id, n.match_candidates, n.match_rules
        from conversion n left join delivery_gates g on g.tenant_id = $1
        union all
        select k.id, k.event_id, k.order_key, s.state, s.reason, k.action_source, k.click_id, k.match_candidates, k.match_rules
        from conversions k join standings s on s.tenant_id = k.tenant_id and s.id = k.id
        where k.tenant_id = $1 and k.event_id = coalesce((select told from same), $6) and not exists (select from conversion) and exists (select from open)
    ) c on true"
    )
});
