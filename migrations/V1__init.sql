-- The schema as it was first described: seven tables, two enums, the critical indexes.
-- Ids are cuid2 text made by the application. Every key and index on tenants' data leads with
-- tenant_id: isolation now, and sharding by tenant later without a change of schema.

create extension if not exists "pgcrypto";

create type tenant_status as enum ('provisioning', 'active', 'suspended', 'retired');
create type dispatch_status as enum ('pending', 'success', 'failed');

create table tenants (
    id         text primary key,
    slug       text not null constraint tenants_slug_key unique,
    status     tenant_status not null default 'provisioning',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table funnels (
    tenant_id  text not null references tenants (id),
    id         text not null,
    name       text not null,
    status     text not null default 'draft' constraint funnels_status_check check (status in ('draft', 'active')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    created_by text,
    updated_by text,
    primary key (tenant_id, id)
);

create table clicks (
    tenant_id    text not null references tenants (id),
    id           text not null,
    funnel_id    text not null,
    fbclid       text,
    fbc          text,
    fbp          text,
    utm_source   text,
    utm_medium   text,
    utm_campaign text,
    utm_content  text,
    utm_term     text,
    ip           text,
    user_agent   text,
    created_at   timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint clicks_funnel_fkey foreign key (tenant_id, funnel_id) references funnels (tenant_id, id)
);
create unique index clicks_tenant_id_fbclid_key on clicks (tenant_id, fbclid);
create unique index clicks_tenant_id_fbc_key on clicks (tenant_id, fbc);

create table identities (
    tenant_id  text not null references tenants (id),
    id         text not null,
    email_hash text,
    phone_hash text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id)
);
create index identities_tenant_id_email_hash_idx on identities (tenant_id, email_hash);
create index identities_tenant_id_phone_hash_idx on identities (tenant_id, phone_hash);

create table dedupe_registry (
    tenant_id  text not null references tenants (id),
    id         text not null,
    event_id   text not null,
    order_id   text not null,
    event_name text not null,
    value      numeric not null,
    currency   text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint dedupe_registry_tenant_id_event_id_key unique (tenant_id, event_id)
);

create table dispatch_attempts (
    tenant_id  text not null references tenants (id),
    id         text not null,
    event_id   text not null,
    status     dispatch_status not null default 'pending',
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint dispatch_attempts_event_fkey
        foreign key (tenant_id, event_id) references dedupe_registry (tenant_id, event_id)
);
create index dispatch_attempts_tenant_id_idx on dispatch_attempts (tenant_id);
create index dispatch_attempts_tenant_id_event_id_idx on dispatch_attempts (tenant_id, event_id);

create table setup_sessions (
    id         text primary key,
    tenant_id  text references tenants (id),
    input      jsonb not null default '{}',
    issues     jsonb not null default '[]',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index setup_sessions_tenant_id_idx on setup_sessions (tenant_id);
