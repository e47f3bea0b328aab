-- What matching needs to know of a click and of an observation.

-- The browser that an fbp names: without the appendix that Meta's parameter builder may add, which changes while the
-- browser stays the same.
create function browser_of(fbp text) returns text
    language sql immutable parallel safe
    return split_part(fbp, '.', 1) || '.' || split_part(fbp, '.', 2) || '.' || split_part(fbp, '.', 3) || '.' || split_part(fbp, '.', 4);

alter table clicks
    add column url         text,
    add column referrer    text,
    add column updated_at  timestamptz not null default now(),
    add column browser     text generated always as (browser_of(fbp)) stored,
    -- A shared link brings a second browser with the same fbclid: its own row, which points at the first
    -- and takes fbc from there. Its own fbclid and fbc stay null, so the unique indexes hold.
    add column shared_from text,
    add constraint clicks_shared_from_fkey
        foreign key (tenant_id, shared_from) references clicks (tenant_id, id);

create unique index clicks_tenant_id_shared_from_browser_key on clicks (tenant_id, shared_from, browser)
    where shared_from is not null;
-- A browser without fbp is told by its address and agent.
create unique index clicks_tenant_id_shared_from_visitor_key on clicks (tenant_id, shared_from, ip, md5(user_agent))
    where shared_from is not null and browser is null;
create index clicks_tenant_id_browser_created_at_idx on clicks (tenant_id, browser, created_at) where browser is not null;
create index clicks_tenant_id_ip_created_at_idx on clicks (tenant_id, ip, created_at) where ip is not null;

-- A browser mints a click id and cannot read a beacon's answer: each id that it gave for a click names that click.
create table click_aliases (
    tenant_id  text not null references tenants (id),
    id         text not null,
    click_id   text not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint click_aliases_click_fkey foreign key (tenant_id, click_id) references clicks (tenant_id, id)
);

-- A row is one observation: these hashes, this click, this time. Nothing is merged.
alter table identities
    add column click_id text,
    add column source   text not null default 'order'
        constraint identities_source_check check (source in ('browser', 'order')),
    add constraint identities_click_fkey foreign key (tenant_id, click_id) references clicks (tenant_id, id);

-- The newest observations of a hash, without a walk over all of them.
create index identities_tenant_id_email_hash_created_at_idx on identities (tenant_id, email_hash, created_at)
    where email_hash is not null and click_id is not null;
create index identities_tenant_id_phone_hash_created_at_idx on identities (tenant_id, phone_hash, created_at)
    where phone_hash is not null and click_id is not null;
