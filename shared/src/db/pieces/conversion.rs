//! From a judged event to its rows.

use super::Given;
use crate::domain::delivery::SEND_WITHIN_S;

/// The CTEs `claim` (a row where the event id is claimed by this statement) to `observation`, over those of [`super::matching()`].
/// `order_id` is the event's, as SQL; so is `is_repetition`, whether the ledger counts this delivery as a repetition if its event is
/// ignored again. An ignored conversion is as old as the last delivery that is counted as ignored, which the purge takes it along with.
///
/// An ignored conversion is never sent, and what is sent after all is claimed by a delivery that writes the row anew. So it has nobody's
/// data: an observation is made of its first delivery alone, and without one a person's erasure would not find it.
///
/// Their parameters: `$1` tenant, `$3` the id of every row, `$5` order key, `$6` event id, `$7` event name, `$8` value, `$9` currency,
/// `$14` `custom_data`.
pub(crate) fn conversion(given: &Given<'_>, order_id: &str, is_repetition: &str) -> String {
    let Given { email_hash, phone_hash, external_id_hash, .. } = given;
    format!(
        "claim as (
        insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency, created_at)
        select $1, $3::text, $6::text, {order_id}, $7::text, $8::text::numeric, $9::text, clock() from judged where ignored is null
        on conflict on constraint dedupe_registry_tenant_id_event_id_key do nothing
        returning event_id
    ), conversion as (
        insert into conversions as c (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source,
            event_source_url, user_data, custom_data, limited_data_use, click_id, match_stage, match_candidates, match_rules,
            state, reason, created_at, updated_at)
        select $1, $3, $6, $5, $7, times.happened_at, $8::text::numeric, $9, judged.action_source,
               case when judged.ignored is null then judged.url end, case when judged.ignored is null then judged.user_data else '{{}}' end,
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
                state = excluded.state, reason = excluded.reason, updated_at = excluded.updated_at,
                created_at = case when excluded.state = 'ignored' and {is_repetition} then c.created_at else excluded.created_at end
            where c.state = 'ignored'
        returning c.*, c.xmax = '0' as inserted
    ), attempt as (
        insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at, expires_at)
        select $1, $3, event_id, clock(), clock(), times.happened_at + {SEND_WITHIN_S} * interval '1 second' from claim, times
    ), observation as (
        insert into identities (tenant_id, id, email_hash, phone_hash, external_id_hash, click_id, source, created_at, updated_at)
        -- A match by the network alone is too weak to vouch for the next one, and a claim must not confirm itself. Who denied is not
        -- remembered.
        select $1, $3, {email_hash}, {phone_hash}, {external_id_hash},
               case when judged.vouched and not judged.denied then conversion.click_id end, 'order', clock(), clock()
        from conversion, judged
        where ({email_hash} is not null or {phone_hash} is not null or {external_id_hash} is not null) and (conversion.inserted or exists (select from claim))
    )"
    )
}
