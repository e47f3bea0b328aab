-- $1 tenant, $2 from how many seconds on an order comes late. What was imported says nothing of how orders come: it is old when it comes,
-- and mostly older than the clicks. Lookups are laterals with a limit: else a plan that goes by the average tenant would join by walking over all that the largest
-- one has.
with tenant as materialized (
    select t.id, t.status::text as status, t.pixel_id, t.currency, t.test_event_code, t.test_event_code_until
    from tenants t where t.id = $1
), first_click as materialized (
    select c.created_at + interval '1 day' as settled_at from clicks c
    where c.tenant_id = $1 order by c.created_at limit 1
), week as materialized (
    select d.received_at, d.event_id, d.source, d.outcome, d.connection_id from deliveries d
    where d.tenant_id = $1 and d.received_at > clock() - interval '7 days'
    order by d.received_at desc limit 2000
), weeks_before as materialized (
    select d.received_at, d.event_id, d.source, d.outcome, d.connection_id from deliveries d
    where d.tenant_id = $1 and d.received_at <= clock() - interval '7 days' and d.received_at > clock() - interval '35 days'
    order by d.received_at desc limit 2000
), event as materialized (
    select week.received_at, c.event_name, c.event_time, c.currency, c.match_stage, c.ip, k.ip as click_ip
    from week cross join lateral (
        select c.event_name, c.event_time, c.currency, c.match_stage, c.click_id, c.user_data ->> 'client_ip_address' as ip
        from conversions c where c.tenant_id = $1 and c.event_id = week.event_id limit 1
    ) c left join lateral (
        select k.ip from clicks k where k.tenant_id = $1 and k.id = c.click_id limit 1
    ) k on true
    where week.outcome = 'conversion' and week.source <> 'import'
), earlier as materialized (
    select weeks_before.received_at, c.event_name, c.match_stage
    from weeks_before cross join lateral (
        select c.event_name, c.match_stage from conversions c
        where c.tenant_id = $1 and c.event_id = weeks_before.event_id limit 1
    ) c
    where weeks_before.outcome = 'conversion' and weeks_before.source <> 'import'
), click as materialized (
    select c.fbc, c.fbc is not null or c.shared_from is not null as is_of_ad, c.ip, c.browser,
           lower(c.utm_source) in ('facebook', 'fb', 'instagram', 'ig', 'meta', 'facebookads', 'facebook_ads', 'facebook-ads', 'fb_ads',
                                   'fb-ads', 'metaads', 'meta_ads', 'meta-ads') as is_of_meta,
           lower(substring(c.url from '^https?://([^/?#:@]+)')) as host
    from clicks c
    where c.tenant_id = $1 and c.created_at > clock() - interval '7 days' and c.consent is distinct from 'denied'
    order by c.created_at desc limit 2000
), quarantined as materialized (
    select c.event_id, c.reason from conversions c
    where c.tenant_id = $1 and c.state = 'quarantined' and c.event_time > clock() - interval '15 days'
      and c.updated_at > clock() - interval '7 days'
    order by c.event_time desc limit 500
), refused as (
    select last.error_code as code, last.error_subcode as subcode, max(last.error_message) as said, count(*) as events
    from quarantined q left join lateral (
        select r.error_code, r.error_subcode, r.error_message
        from dispatch_attempts a join receipts r on r.tenant_id = $1 and r.id = a.receipt_id
        where a.tenant_id = $1 and a.event_id = q.event_id
        order by a.number desc limit 1
    ) last on true
    where q.reason is distinct from 'unclear'
    group by 1, 2 order by 4 desc limit 5
)
select json_build_object(
    'now_s', extract(epoch from clock())::bigint,
    'status', tenant.status, 'pixel_id', tenant.pixel_id, 'currency', tenant.currency,
    'test_code', case when tenant.test_event_code is not null then
        json_build_object('until', extract(epoch from tenant.test_event_code_until)::bigint) end,
    'other_senders', (select json_build_object('purchase', s.input #>> '{other_senders,purchase}') from setup_sessions s
                      where s.tenant_id = $1 order by s.updated_at desc limit 1),
    'gate', coalesce((select json_build_object('breaker', g.breaker, 'opened_at', extract(epoch from g.opened_at)::bigint,
                                               'parked_reason', g.parked_reason)
                      from delivery_gates g where g.tenant_id = $1), '{}'),
    'sends', json_build_object(
        'accepted_at', (select extract(epoch from max(r.sent_at))::bigint
                        from (select r.sent_at, r.answer, r.pixel_id from receipts r
                              where r.tenant_id = $1 and r.sent_at > clock() - interval '7 days' order by r.sent_at desc limit 200) r
                        where r.answer = 'accepted' and r.pixel_id = tenant.pixel_id),
        'refused', (select coalesce(json_agg(r), '[]') from refused r),
        'unclear', (select count(*) from quarantined where reason = 'unclear'),
        'expired', (select count(*) from (select from conversions c where c.tenant_id = $1 and c.state = 'expired'
                                            and c.updated_at > clock() - interval '7 days' limit 1000) old),
        'near_expiry', (select count(*) from (
            select a.event_id from dispatch_attempts a
            where a.tenant_id = $1 and a.status = 'pending' and a.expires_at > clock() and a.expires_at <= clock() + interval '24 hours'
            order by a.expires_at limit 200) soon cross join lateral (
            select from conversions c where c.tenant_id = $1 and c.event_id = soon.event_id
              and c.created_at <= clock() - interval '1 hour' limit 1) waiting)),
    'clicks', (select json_build_object(
        'clicks', count(*), 'with_ip', count(ip), 'with_fbc', count(fbc), 'browsers', count(distinct browser),
        'of_one_address', coalesce((select count(*) from click where ip is not null group by ip order by 1 desc limit 1), 0),
        'of_meta', count(*) filter (where is_of_meta), 'of_meta_without_fbc', count(*) filter (where is_of_meta and not is_of_ad),
        'fbc_indices', (select coalesce(json_agg(i), '[]') from (
            select host, split_part(fbc, '.', 2) as index, count(*) as clicks from click
            where fbc is not null and host is not null group by 1, 2 order by 3 desc, 1, 2 limit 50) i)) from click),
    'events', (select json_build_object(
        'events', count(*), 'late', count(*) filter (where received_at - event_time > $2::float8 * interval '1 second'),
        'two_addresses', count(*) filter (where ip is not null and click_ip is not null),
        'two_families', count(*) filter (where ip like '%:%' and click_ip not like '%:%' or ip not like '%:%' and click_ip like '%:%'),
        'currencies', (select coalesce(json_object_agg(currency, events), '{}')
                       from (select currency, count(*) as events from event group by 1 order by 2 desc limit 20) c),
        'stages', (select json_build_object(
            'click', count(*) filter (where match_stage = 'click'), 'identity', count(*) filter (where match_stage = 'identity'),
            'network', count(*) filter (where match_stage = 'network'), 'none', count(*) filter (where match_stage = 'none'))
            from event join first_click on received_at >= settled_at where event_name = 'Purchase')) from event),
    'before', (select json_build_object(
        'click', count(*) filter (where match_stage = 'click'), 'identity', count(*) filter (where match_stage = 'identity'),
        'network', count(*) filter (where match_stage = 'network'), 'none', count(*) filter (where match_stage = 'none'))
        from earlier join first_click on received_at >= settled_at where event_name = 'Purchase'),
    'days', (select json_agg(json_build_object(
        'clicks', (select count(*) from (select from clicks c where c.tenant_id = $1
                    and c.created_at > clock() - (n + 1) * interval '1 day' and c.created_at <= clock() - n * interval '1 day' limit 50) c),
        'deliveries', (select count(*) from (select from deliveries d where d.tenant_id = $1
                    and d.received_at > clock() - (n + 1) * interval '1 day' and d.received_at <= clock() - n * interval '1 day'
                    limit 50) d)) order by n)
        from generate_series(0, 7) n),
    'connections', (select coalesce(json_agg(json_build_object(
        'id', k.id, 'platform', k.platform, 'created_at', extract(epoch from k.created_at)::bigint,
        'deliveries', (select count(*) from week where connection_id = k.id)
                    + (select count(*) from weeks_before where connection_id = k.id),
        'not_authentic', (select count(*) from (select from kept_bodies b where b.tenant_id = $1 and b.connection_id = k.id
                                                and b.reason = 'not_authentic' limit 1000) b),
        'unread', (select count(*) from (select from kept_bodies b where b.tenant_id = $1 and b.connection_id = k.id
                                         and b.reason <> 'not_authentic' limit 1000) b)) order by k.created_at, k.id), '[]')
        from (select k.id, k.platform, k.created_at from connections k
              where k.tenant_id = $1 and k.revoked_at is null order by k.id limit 100) k),
    'covered_since', extract(epoch from case
        when (select count(*) from week) >= 2000 then (select min(received_at) from week)
        when (select count(*) from weeks_before) >= 2000 then (select min(received_at) from weeks_before)
        else clock() - interval '35 days' end)::bigint
)::text
from tenant
