-- What the purge needs to find what is older than RETENTION_DAYS, and setup sessions that end.
--
-- What the indexes cost, measured as write-ahead log a row: a click a tenth more (908 to 997 bytes), an observation and an order a
-- sixth (1,267 to 1,488, 446 to 528). The ones on created_at grow at their tenant's right end, in a page that is in memory; the purge asks for
-- updated_at beside it, so that an update of an order or an observation may stay in its page (heap-only), which an index on
-- updated_at itself would end. The ones on click_id are what a foreign key needs on its far side: without them each click that is
-- purged would look through all of its tenant's observations and aliases.
--
-- Leases have no index. One would make each claim write all the indexes of dispatch_attempts anew (1,764 to 2,490 bytes of log
-- an attempt), where a sweep without it reads only what waits: 40 ms for 300,000 attempts, and next to nothing in a quiet minute.

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
