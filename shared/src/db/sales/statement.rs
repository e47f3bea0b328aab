//! The statement of a sale that a platform tells of. It runs while the order's lock is held, so what it reads of the order is what
//! it changes.

use std::sync::LazyLock;

use crate::db::pieces::{Given, connection_in_force, conversion, finality, gate, imported, matching, progress};

/// What the order's deliveries said so far, this one included: the CTE `told`.
const GIVEN: Given<'static> = Given {
    email_hash: "(select email_hash from told)",
    phone_hash: "(select phone_hash from told)",
    external_id_hash: "(select external_id_hash from told)",
    click_id: "(select click_id from told)",
    fbc: "(select fbc from told)",
    fbclid: "(select fbclid from told)",
    fbp: "(select fbp from told)",
    built_fbc: "(select built_fbc from told)",
    ip: "(select ip from told)",
    user_agent: "(select user_agent from told)",
    url: "(select url from told)",
    action_source: "$25::text",
    user_data:
        "(select user_data || jsonb_strip_nulls(jsonb_build_object('fbc', fbc, 'fbp', fbp, 'client_ip_address', ip,
                                                                        'client_user_agent', user_agent)) from told)",
    ignored: "null::text",
};

/// The statement.
pub(super) static SQL: LazyLock<String> = LazyLock::new(|| {
    let (matching, conversion) = (matching(&GIVEN), conversion(&GIVEN, "$12::text", "(select is_so from repeated)"));
    let is_past = format!("coalesce({} > {}, false)", progress("before.state"), progress("$11::text"));
    let rank = |row: &str| {
        let state = format!("{row}.state");
        format!("({}, coalesce({row}.changed_at, '-infinity'), {})", progress(&state), finality(&state))
    };
    let (new_rank, old_rank) = (rank("excluded"), rank("o"));
    let imported = imported("$35::text", "timestamptz 'epoch' + $30::bigint * interval '1 microsecond'");
    let gate = gate(&connection_in_force("$28::integer"));
    format!(
        "
    with {gate}, before as (
        select o.state, o.ordered_at, coalesce(imported.caused, '{{}}') || coalesce(o.caused, '{{}}') as caused, o.known
        from (select) one
            left join orders o on o.tenant_id = $1 and o.order_key = $5::text
            left join lateral ({imported}) imported on true
    ), told as (
        select coalesce($15::text, k.email_hash) as email_hash, coalesce($16::text, k.phone_hash) as phone_hash,
               coalesce($27::text, k.external_id_hash) as external_id_hash,
               -- Of the click the first word holds, so that a payment days later keeps the click of the day the order was made.
               coalesce(k.click_id, $17::text) as click_id, coalesce(k.fbp, $20::text) as fbp,
               coalesce(k.ip, $22::text) as ip, coalesce(k.user_agent, $23::text) as user_agent, coalesce(k.url, $24::text) as url,
               coalesce(k.fbclid, $19::text) as fbclid,
               case when k.fbclid is null or k.fbclid = $19 then coalesce(k.fbc, $18::text) else k.fbc end as fbc,
               case when k.fbclid is null then $21::text else k.built_fbc end as built_fbc,
               coalesce(k.user_data, '{{}}') || $13::text::jsonb as user_data
        from before, lateral jsonb_to_record(coalesce(before.known, '{{}}')) as k(
            email_hash text, phone_hash text, external_id_hash text, click_id text, fbp text, ip text, user_agent text, url text,
            fbclid text, fbc text, built_fbc text, user_data jsonb)
    ), cause as (
        select caused ->> $32::text as known, $6::text is not null and not ($34::boolean and {is_past}) and not caused ? $32 as is_new
        from before
    ), repeated as (
        -- What could not be read, and now can, is no repetition.
        select exists (select from deliveries d where d.tenant_id = $1 and d.delivery_key = $29::text and d.connection_id = $2
                                                 and d.order_key = $5 and d.outcome <> 'rejected') as is_so
    ), known as (
        select event_id from dedupe_registry where tenant_id = $1 and event_id = $6
    ), telling as (
        select open.* from open, cause where cause.is_new
    ), moments as (
        select least(before.ordered_at, clock(), timestamptz 'epoch' + $30::bigint * interval '1 microsecond') as ordered_at,
               least(clock(), timestamptz 'epoch' + $10::bigint * interval '1 microsecond') as happened_at, window_days
        from open, before
    ), times as (
        select moments.* from moments, telling
    ), {matching}, {conversion}, placed as (
        insert into orders as o (tenant_id, id, order_key, state, ordered_at, paid_at, changed_at, utm, caused, known, created_at,
                                 updated_at)
        select $1, $3, $5, $11, ordered_at, case when $11 = 'paid' then happened_at end,
               timestamptz 'epoch' + $31::bigint * interval '1 microsecond', $26::text::jsonb,
               (select caused from before) || case when exists (select from judged where ignored is null) then jsonb_build_object($32, $6) else '{{}}' end,
               jsonb_strip_nulls(to_jsonb(told)), clock(), clock()
        from moments, told
        on conflict on constraint orders_tenant_id_order_key_key do update
            set state = case when {new_rank} > {old_rank} then excluded.state else o.state end,
                changed_at = case when {new_rank} > {old_rank} then excluded.changed_at else o.changed_at end,
                ordered_at = least(o.ordered_at, excluded.ordered_at), paid_at = coalesce(o.paid_at, excluded.paid_at),
                utm = excluded.utm || o.utm, caused = excluded.caused || o.caused, known = excluded.known,
                updated_at = excluded.updated_at
    ), delivery as (
        insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, reason, connection_id, delivery_key)
        select $1, $3, $4::text, clock(), $5, case when cause.is_new then $6 else cause.known end, became.outcome,
               case became.outcome when 'ignored' then coalesce(judged.ignored, $33::text)
                                   when 'duplicate' then case when repeated.is_so then 'redelivery' end end,
               $2, $29
        from open cross join cause cross join repeated left join judged on true, lateral (
            select case when exists (select from claim) then 'conversion'
                        when repeated.is_so or cause.known is not null or judged.ignored is null and cause.is_new then 'duplicate'
                        else 'ignored' end as outcome
        ) became
        on conflict on constraint deliveries_pkey do nothing
    )
    select (select status from gate) as tenant_status, (select event_id from claim) as claimed"
    )
});
