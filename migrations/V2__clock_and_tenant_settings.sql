-- One clock for leases and due times, and what a tenant is set to.
--
-- Times are decided by the database, since the functions' clocks differ. A test moves time for its own
-- database with `alter database ... set track.now = '2026-01-01T00:00:00Z'`; nothing in production sets it.

create function clock() returns timestamptz
    language sql stable parallel safe
    return coalesce(nullif(current_setting('track.now', true), '')::timestamptz, now());

alter table tenants
    -- ISO 3166 alpha-2: reads phones without a country code. Null: such phones are not sent.
    add column country                 text constraint tenants_country_check check (country ~ '^[A-Z]{2}$'),
    -- The Meta pixel (dataset) that this tenant's events go to. Its token is in Secrets Manager.
    add column pixel_id                text constraint tenants_pixel_id_check check (pixel_id ~ '^[0-9]{1,32}$'),
    add column attribution_window_days integer not null default 28
        constraint tenants_attribution_window_days_check check (attribution_window_days between 1 and 90),
    -- Null: website where agent and page are known, else system_generated.
    add column action_source           text constraint tenants_action_source_check check (action_source in
        ('email', 'website', 'app', 'phone_call', 'chat', 'physical_store', 'system_generated', 'business_messaging', 'other')),
    -- Both or neither: a code without an end would route production events to Test Events for ever.
    add column test_event_code         text,
    add column test_event_code_until   timestamptz,
    add constraint tenants_test_event_code_check
        check ((test_event_code is null) = (test_event_code_until is null));

-- The one index on tenants' data that does not lead with tenant_id: a browser knows only its funnel, so the
-- funnel's id is what routes to a tenant and must name one funnel in the whole deployment.
create unique index funnels_id_key on funnels (id);

create table api_keys (
    tenant_id   text not null references tenants (id),
    id          text not null,
    -- Lower-case hex SHA-256 of the key's secret part: 128 random bits or more, so a plain hash is enough.
    secret_hash text not null constraint api_keys_secret_hash_check check (secret_hash ~ '^[0-9a-f]{64}$'),
    label       text not null default '',
    created_at  timestamptz not null default now(),
    revoked_at  timestamptz,
    primary key (tenant_id, id)
);
