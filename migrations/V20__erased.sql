-- What an erasure leaves: its sale stays in both ledgers, and nobody's data stays where nothing names them.

-- The same as ledger() of all days, out of the counts. An ignored event claimed nothing, and its deliveries are counted themselves; one
-- that was erased had claimed its sale.
create or replace function tallied_ledger(tenant text) returns table (state text, reason text, sales bigint)
    language sql stable
    begin atomic
        select counted.state, nullif(counted.reason, ''), sum(counted.sales)::bigint
        from (
            select coalesce(w.state, e.state) as state, coalesce(case when w.state is null then e.reason else w.reason end, '') as reason,
                   e.tally as sales
            from tallied e left join waiting_standings w on w.tenant_id = e.tenant_id and w.stored = e.state
            where e.tenant_id = tenant and e.kind = 'event' and (e.state <> 'ignored' or e.reason = 'erased')
            union all
            select d.state, d.reason, d.tally from tallied d
            where d.tenant_id = tenant and d.kind = 'delivery' and d.state <> 'conversion'
            union all
            select 'missing', '', sum(case when c.kind = 'delivery' then c.tally else -c.tally end) from tallied c
            where c.tenant_id = tenant
              and (c.kind = 'delivery' and c.state = 'conversion' or c.kind = 'event' and (c.state <> 'ignored' or c.reason = 'erased'))
            union all
            select d.state, d.reason, d.sales from ledger_days d where d.tenant_id = tenant
        ) counted
        group by 1, 2 having sum(counted.sales) <> 0 order by 1, 2;
    end;

-- What is ignored is never sent: its buyer's data is kept for nothing, and where no observation names it, nobody would find it.
update conversions set user_data = '{}', event_source_url = null
where state = 'ignored' and (user_data <> '{}' or event_source_url is not null);
