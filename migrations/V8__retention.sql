-- What the sweep needs: dead leases, what is older than RETENTION_DAYS, and setup sessions that end.
--
-- What each index costs and why it is worth it. The ones on created_at grow at their tenant's right end, in a page that is in
-- memory; the purge asks for updated_at beside it, so that an update of an order or an observation stays in its page
-- (heap-only), which an index on updated_at itself would end. The ones on click_id are what a foreign key needs on its far side:
-- without them each click that is purged would look through all of its tenant's observations and aliases.

-- A claim changes a row that is in six indexes already; this one holds what is claimed at the moment, and nothing else.
create index dispatch_attempts_leased_idx on dispatch_attempts (tenant_id, leased_until)
    where status = 'pending' and leased_until is not null;

create index clicks_tenant_id_created_at_idx on clicks (tenant_id, created_at);
create index click_aliases_tenant_id_click_id_idx on click_aliases (tenant_id, click_id);
create index identities_tenant_id_created_at_idx on identities (tenant_id, created_at);
create index identities_tenant_id_click_id_idx on identities (tenant_id, click_id) where click_id is not null;
create index orders_tenant_id_created_at_idx on orders (tenant_id, created_at);

-- When the purge last looked at a tenant: the one that waits longest is next, and two runs at once never take the same.
alter table tenants add column purged_at timestamptz not null default 'epoch';
create index tenants_purged_at_idx on tenants (purged_at);

-- A session that nobody touches is closed first and deleted later.
alter table setup_sessions add column closed_at timestamptz;
create index setup_sessions_tenant_id_updated_at_idx on setup_sessions (tenant_id, updated_at);
