-- What the doctor finds of a tenant, and when it looks again.

create table tenant_issues (
    tenant_id     text not null references tenants (id),
    id            text not null,
    -- One of the codes that the functions know; its texts are theirs.
    code          text not null,
    severity      text not null constraint tenant_issues_severity_check check (severity in ('error', 'warning')),
    -- With which of several it is: a connection, a currency, a clock. Empty where there is one of it.
    subject       text not null default '',
    -- What its text names: counts, shares, codes. No personal data.
    detail        jsonb not null default '{}',
    first_seen_at timestamptz not null,
    last_seen_at  timestamptz not null,
    -- When it was looked for and not found any more. What comes back later is another row.
    ended_at      timestamptz,
    primary key (tenant_id, id)
);
-- One open row an issue, whoever examines at the same time.
create unique index tenant_issues_open_key on tenant_issues (tenant_id, code, subject) where ended_at is null;
create index tenant_issues_tenant_id_first_seen_at_idx on tenant_issues (tenant_id, first_seen_at, id);

alter table tenants
    -- When the doctor was last done with it.
    add column examined_at timestamptz,
    -- From when on it is due again.
    add column examine_at  timestamptz not null default now() + interval '24 hours';
-- Those that are there already are spread over a day.
update tenants set examine_at = now() + random() * interval '24 hours';
create index tenants_examine_at_idx on tenants (examine_at) where status = 'active';

-- Events that were never sent and are too old now: few, and looked for by when that happened.
create index conversions_expired_idx on conversions (tenant_id, updated_at) where state = 'expired';
