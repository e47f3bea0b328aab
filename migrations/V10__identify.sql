-- What a browser says of its visitor, beside what orders say of their buyers.

alter table identities
    -- The seller's own id of the person.
    add column external_id_hash text,
    -- The browser that a claim came from, as browser_of() names it: one browser may leave so many a day.
    add column browser          text;

-- The same claim is one row. The first two columns also find what a click has; source and click are one value, as below, for a click
-- may have any number of orders.
create unique index identities_browser_claim_key
    on identities (tenant_id, (source || click_id), email_hash, phone_hash, external_id_hash) nulls not distinct
    where source = 'browser';
create index identities_tenant_id_browser_created_at_idx on identities (tenant_id, browser, created_at)
    where source = 'browser' and browser is not null;

-- The newest observations of a hash from orders, and the newest from browsers: however many claims there are, an order's
-- observation is found without a walk over them. Hash and source are one value, so that no plan can take an index on the hash alone
-- for as good: to one who does not know how many claims a hash has, sorting them looks like nothing. In place of the two indexes
-- without the source.
drop index identities_tenant_id_email_hash_created_at_idx;
drop index identities_tenant_id_phone_hash_created_at_idx;
create index identities_tenant_id_email_hash_source_created_at_idx
    on identities (tenant_id, (email_hash || source), created_at)
    where email_hash is not null and click_id is not null;
create index identities_tenant_id_phone_hash_source_created_at_idx
    on identities (tenant_id, (phone_hash || source), created_at)
    where phone_hash is not null and click_id is not null;
create index identities_tenant_id_external_id_hash_source_created_at_idx
    on identities (tenant_id, (external_id_hash || source), created_at)
    where external_id_hash is not null and click_id is not null;
