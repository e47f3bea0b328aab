-- What matching needs to know of a click and of an observation.

alter table clicks
    add column url         text,
    add column referrer    text,
    add column updated_at  timestamptz not null default now(),
    -- A shared link brings a second browser with the same fbclid: its own row, which points at the first
    -- and takes fbc from there. Its own fbclid and fbc stay null, so the unique indexes hold.
    add column shared_from text,
    add constraint clicks_shared_from_fkey
        foreign key (tenant_id, shared_from) references clicks (tenant_id, id);

create unique index clicks_tenant_id_shared_from_fbp_key on clicks (tenant_id, shared_from, fbp)
    where shared_from is not null;
create index clicks_tenant_id_fbp_created_at_idx on clicks (tenant_id, fbp, created_at) where fbp is not null;
create index clicks_tenant_id_ip_created_at_idx on clicks (tenant_id, ip, created_at) where ip is not null;

-- A row is one observation: these hashes, this click, this time. Nothing is merged.
alter table identities
    add column click_id text,
    add column source   text not null default 'order'
        constraint identities_source_check check (source in ('browser', 'order')),
    add constraint identities_click_fkey foreign key (tenant_id, click_id) references clicks (tenant_id, id);
