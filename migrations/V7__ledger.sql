-- The ledger: every sale that was accepted is in exactly one state, and the counts add up to what came in.

-- A conversion as it stands. What waits is stored as pending (or as held, where the tenant was not active when it came);
-- why it waits is the tenant's matter: suspending, parking or repairing a tenant changes one row, not each of its events.
create view standings as
select c.tenant_id, c.id, c.event_id, c.order_key,
       case when c.state not in ('pending', 'held', 'parked') then c.state
            when t.status <> 'active'
                 and not (t.status = 'provisioning' and c.state <> 'held' and coalesce(t.test_event_code_until > clock(), false))
                then 'held'
            when g.parked_reason is not null then 'parked'
            else 'pending' end as state,
       case when c.state not in ('pending', 'held', 'parked') then c.reason
            when t.status <> 'active'
                 and not (t.status = 'provisioning' and c.state <> 'held' and coalesce(t.test_event_code_until > clock(), false))
                then t.status::text
            when g.parked_reason is not null then g.parked_reason
            when g.breaker in ('open', 'half_open') then 'breaker_open'
            when g.throttled_until > clock() then 'throttled' end as reason
from conversions c
    join tenants t on t.id = c.tenant_id
    left join delivery_gates g on g.tenant_id = c.tenant_id;

-- What the purge leaves of deliveries: their number by day (UTC), state and reason.
create table ledger_days (
    tenant_id text not null references tenants (id),
    day       date not null,
    state     text not null,
    reason    text not null default '',
    sales     bigint not null,
    primary key (tenant_id, day, state, reason)
);

-- For replay.
create index conversions_quarantined_idx on conversions (tenant_id, event_time) where state = 'quarantined';
create index deliveries_tenant_id_received_at_idx on deliveries (tenant_id, received_at);

-- One row a sale in an accepted delivery that is still kept. `missing` is a conversion that should be there and is not: never,
-- or the ledger has found a loss.
create view ledger_sales as
select d.tenant_id, d.id, d.received_at, d.event_id, d.order_key,
       case when d.outcome = 'conversion' then coalesce(s.state, 'missing') else d.outcome end as state,
       case when d.outcome = 'conversion' then s.reason else d.reason end as reason
from deliveries d
    left join standings s on d.outcome = 'conversion' and s.tenant_id = d.tenant_id and s.event_id = d.event_id;

-- A tenant's sales between two days (UTC, both included), by state and reason, purged ones included.
create function ledger(tenant text, since date, until date) returns table (state text, reason text, sales bigint)
    language sql stable
    begin atomic
        select counted.state, nullif(counted.reason, ''), sum(counted.sales)::bigint
        from (
            select s.state, coalesce(s.reason, '') as reason, count(*) as sales
            from ledger_sales s
            where s.tenant_id = tenant
              and s.received_at >= since::timestamp at time zone 'UTC' and s.received_at < (until + 1)::timestamp at time zone 'UTC'
            group by 1, 2
            union all
            select d.state, d.reason, d.sales from ledger_days d where d.tenant_id = tenant and d.day between since and until
        ) counted
        group by 1, 2 order by 1, 2;
    end;

-- The same by tenant and day, for who looks at all of it.
create view ledger_by_day as
select counted.tenant_id, counted.day, counted.state, nullif(counted.reason, '') as reason, sum(counted.sales)::bigint as sales
from (
    select s.tenant_id, (s.received_at at time zone 'UTC')::date as day, s.state, coalesce(s.reason, '') as reason, count(*) as sales
    from ledger_sales s group by 1, 2, 3, 4
    union all
    select tenant_id, day, state, reason, sales from ledger_days
) counted
group by 1, 2, 3, 4;

-- What must not be, of one tenant: empty when the ledger is sound. Each row names the rule and the event.
create function ledger_faults(tenant text) returns table (rule text, event_id text)
    language sql stable
    begin atomic
        select 'an accepted sale has no conversion', s.event_id
        from ledger_sales s where s.tenant_id = tenant and s.state = 'missing'
        union all
        select 'a waiting conversion has no attempt to come', c.event_id
        from conversions c
        where c.tenant_id = tenant and c.state in ('pending', 'held', 'parked')
          and not exists (select from dispatch_attempts a
                          where a.tenant_id = c.tenant_id and a.event_id = c.event_id and a.status = 'pending')
        union all
        select 'a conversion that waits no more has an attempt to come', c.event_id
        from conversions c join dispatch_attempts a on a.tenant_id = c.tenant_id and a.event_id = c.event_id
        where c.tenant_id = tenant and c.state not in ('pending', 'held', 'parked') and a.status = 'pending'
        union all
        select 'a sent conversion has no attempt that succeeded', c.event_id
        from conversions c
        where c.tenant_id = tenant and c.state = 'sent'
          and not exists (select from dispatch_attempts a
                          where a.tenant_id = c.tenant_id and a.event_id = c.event_id and a.status = 'success')
        union all
        select 'a conversion that was not sent has an attempt that succeeded', c.event_id
        from conversions c join dispatch_attempts a on a.tenant_id = c.tenant_id and a.event_id = c.event_id
        where c.tenant_id = tenant and c.state <> 'sent' and a.status = 'success'
        union all
        select 'a conversion has no accepted sale', c.event_id
        from conversions c
        where c.tenant_id = tenant
          and not exists (select from deliveries d
                          where d.tenant_id = c.tenant_id and d.event_id = c.event_id and d.outcome in ('conversion', 'ignored'))
        union all
        select 'an event was claimed twice by accepted sales', d.event_id
        from deliveries d
        where d.tenant_id = tenant and d.outcome = 'conversion'
        group by d.event_id having count(*) > 1;
    end;
