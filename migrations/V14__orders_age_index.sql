-- What looks for old orders goes by their age; what looks for one by its key must not.
--
-- On a table that was never analyzed the planner takes the index of tenant and age for as good as the key's own, and a plan that is
-- made then reads all of the tenant's orders until the first autovacuum. A condition on the age proves this predicate, a key does not.

drop index orders_tenant_id_created_at_idx;
create index orders_tenant_id_created_at_idx on orders (tenant_id, created_at) where created_at is not null;
