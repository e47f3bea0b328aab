-- What a seller looks at: counts that cost the same with a million events as with ten, and events by their state, newest first.
--
-- A count by looking at each row took 350 ms of a tenant's 100,000 events, and ten times that of ten times as many. So whatever writes
-- an event, a delivery or an attempt writes the change of the counts with it, in the same transaction: the counts are right at every
-- moment, whoever writes. Two that write at once must not wait for each other's row of counts; so each change is a row of its own
-- (tally_changes), which the sweep adds up (tallies). A count is the sum of the two.

create table tallies (
    tenant_id text not null references tenants (id),
    -- delivery: by the day (UTC) that it came, outcome and reason. event: by the day that its conversion was made, state and reason as
    -- they are stored, stage of its match. attempt: by the day that it was over, status and answer.
    kind      text not null constraint tallies_kind_check check (kind in ('delivery', 'event', 'attempt')),
    day       date not null,
    state     text not null,
    reason    text not null default '',
    stage     text not null default '',
    tally     bigint not null,
    primary key (tenant_id, kind, day, state, reason, stage)
);

-- No foreign key to tenants: what it counts has one, and the same statement writes that.
create table tally_changes (
    tenant_id text not null,
    id        bigint not null generated always as identity,
    kind      text not null,
    day       date not null,
    state     text not null,
    reason    text not null,
    stage     text not null,
    change    bigint not null,
    primary key (tenant_id, id)
);

-- Nobody writes until the triggers are there and the tables are counted.
lock table conversions, dispatch_attempts, deliveries in share row exclusive mode;

-- Each function writes what a statement changed, one row a count; what cancels out is none.

create function tally_deliveries() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'delivery', (received_at at time zone 'UTC')::date as day, outcome, coalesce(reason, '') as why, '', count(*)
        from after group by tenant_id, day, outcome, why;
    elsif tg_op = 'DELETE' then
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'delivery', (received_at at time zone 'UTC')::date as day, outcome, coalesce(reason, '') as why, '', -count(*)
        from before group by tenant_id, day, outcome, why;
    else
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'delivery', (received_at at time zone 'UTC')::date as day, outcome, coalesce(reason, '') as why, '', sum(one)
        from (select *, -1 as one from before union all select *, 1 from after) changed
        group by tenant_id, day, outcome, why having sum(one) <> 0;
    end if;
    return null;
end $$;

create function tally_conversions() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'event', (created_at at time zone 'UTC')::date as day, state, coalesce(reason, '') as why, match_stage, count(*)
        from after group by tenant_id, day, state, why, match_stage;
    elsif tg_op = 'DELETE' then
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'event', (created_at at time zone 'UTC')::date as day, state, coalesce(reason, '') as why, match_stage, -count(*)
        from before group by tenant_id, day, state, why, match_stage;
    else
        insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
        select tenant_id, 'event', (created_at at time zone 'UTC')::date as day, state, coalesce(reason, '') as why, match_stage, sum(one)
        from (select tenant_id, created_at, state, reason, match_stage, -1 as one from before
              union all select tenant_id, created_at, state, reason, match_stage, 1 from after) changed
        group by tenant_id, day, state, why, match_stage having sum(one) <> 0;
    end if;
    return null;
end $$;

-- An attempt counts when it is over, and goes on counting after the purge: what was sent on a day does not change.
create function tally_attempts() returns trigger language plpgsql as $$
begin
    insert into tally_changes (tenant_id, kind, day, state, reason, stage, change)
    select tenant_id, 'attempt', (finished_at at time zone 'UTC')::date as day, status::text as state, coalesce(answer, '') as why, '', sum(one)
    from (select tenant_id, finished_at, status, answer, -1 as one from before where finished_at is not null
          union all select tenant_id, finished_at, status, answer, 1 from after where finished_at is not null) changed
    group by tenant_id, day, state, why having sum(one) <> 0;
    return null;
end $$;

create trigger tally_inserted after insert on deliveries
    referencing new table as after for each statement execute function tally_deliveries();
create trigger tally_updated after update on deliveries
    referencing old table as before new table as after for each statement execute function tally_deliveries();
create trigger tally_deleted after delete on deliveries
    referencing old table as before for each statement execute function tally_deliveries();
create trigger tally_inserted after insert on conversions
    referencing new table as after for each statement execute function tally_conversions();
create trigger tally_updated after update on conversions
    referencing old table as before new table as after for each statement execute function tally_conversions();
create trigger tally_deleted after delete on conversions
    referencing old table as before for each statement execute function tally_conversions();
create trigger tally_updated after update on dispatch_attempts
    referencing old table as before new table as after for each statement execute function tally_attempts();

insert into tallies (tenant_id, kind, day, state, reason, stage, tally)
select tenant_id, 'delivery', (received_at at time zone 'UTC')::date, outcome, coalesce(reason, ''), '', count(*)
from deliveries group by 1, 3, 4, 5
union all
select tenant_id, 'event', (created_at at time zone 'UTC')::date, state, coalesce(reason, ''), match_stage, count(*)
from conversions group by 1, 3, 4, 5, 6
union all
select tenant_id, 'attempt', (finished_at at time zone 'UTC')::date, status::text, coalesce(answer, ''), '', count(*)
from dispatch_attempts where finished_at is not null group by 1, 3, 4, 5;

-- A tenant's counts as they are at this moment.
create view tallied as
select tenant_id, kind, day, state, reason, stage, sum(tally)::bigint as tally
from (select tenant_id, kind, day, state, reason, stage, tally from tallies
      union all
      select tenant_id, kind, day, state, reason, stage, change from tally_changes) parts
group by tenant_id, kind, day, state, reason, stage;

-- Clicks and new orders of days (UTC) that are over: they change no more, and the purge does not uncount them. What is younger than a
-- tenant's last row here is counted by its index.
create table traffic_days (
    tenant_id text not null references tenants (id),
    day       date not null,
    clicks    bigint not null,
    orders    bigint not null,
    primary key (tenant_id, day)
);

-- Where a conversion that is stored as waiting stands, and why, of each tenant: as the view standings says it of each conversion.
create view waiting_standings as
select t.id as tenant_id, w.stored,
       case when t.status <> 'active'
                 and not (t.status = 'provisioning' and w.stored <> 'held' and coalesce(t.test_event_code_until > clock(), false))
                then 'held'
            when g.parked_reason is not null then 'parked'
            else 'pending' end as state,
       case when t.status <> 'active'
                 and not (t.status = 'provisioning' and w.stored <> 'held' and coalesce(t.test_event_code_until > clock(), false))
                then t.status::text
            when g.parked_reason is not null then g.parked_reason
            when g.breaker in ('open', 'half_open') then 'breaker_open'
            when g.throttled_until > clock() then 'throttled' end as reason
from tenants t
    left join delivery_gates g on g.tenant_id = t.id
    cross join unnest(array['pending', 'held', 'parked']) as w (stored);

-- The same as ledger() of all days, out of the counts.
create function tallied_ledger(tenant text) returns table (state text, reason text, sales bigint)
    language sql stable
    begin atomic
        select counted.state, nullif(counted.reason, ''), sum(counted.sales)::bigint
        from (
            select coalesce(w.state, e.state) as state, coalesce(case when w.state is null then e.reason else w.reason end, '') as reason,
                   e.tally as sales
            from tallied e left join waiting_standings w on w.tenant_id = e.tenant_id and w.stored = e.state
            where e.tenant_id = tenant and e.kind = 'event' and e.state <> 'ignored'
            union all
            select d.state, d.reason, d.tally from tallied d
            where d.tenant_id = tenant and d.kind = 'delivery' and d.state <> 'conversion'
            union all
            select 'missing', '', sum(case when c.kind = 'delivery' then c.tally else -c.tally end) from tallied c
            where c.tenant_id = tenant and (c.kind = 'delivery' and c.state = 'conversion' or c.kind = 'event' and c.state <> 'ignored')
            union all
            select d.state, d.reason, d.sales from ledger_days d where d.tenant_id = tenant
        ) counted
        group by 1, 2 having sum(counted.sales) <> 0 order by 1, 2;
    end;

-- For lists of events, newest first, in one state or all: a list of all is the newest of each state, in order. An index for each
-- would cost more: an event that is sent writes all of them anew.
create index conversions_tenant_id_state_created_at_idx on conversions (tenant_id, state, created_at, id);

-- As before, and a count that differs from what is there.
create or replace function ledger_faults(tenant text) returns table (rule text, event_id text)
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
        group by d.event_id having count(*) > 1
        union all
        select concat_ws(' ', 'the count differs from what is there:', kind, day, state, reason, stage), null
        from (
            select kind, day, state, reason, stage, tally from tallied where tenant_id = tenant and kind in ('delivery', 'event')
            union all
            select 'delivery', (received_at at time zone 'UTC')::date, outcome, coalesce(reason, ''), '', -1 from deliveries
            where tenant_id = tenant
            union all
            select 'event', (created_at at time zone 'UTC')::date, state, coalesce(reason, ''), match_stage, -1 from conversions
            where tenant_id = tenant
        ) both_sides
        group by kind, day, state, reason, stage having sum(tally) <> 0;
    end;
