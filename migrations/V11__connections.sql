-- Orders from checkouts: a connection is a path that a platform posts to, and what an order is known for over all its deliveries.

create table connections (
    tenant_id           text not null references tenants (id),
    id                  text not null,
    -- One of the platforms that the functions know; a new one needs no migration.
    platform            text not null constraint connections_platform_check check (platform ~ '^[a-z][a-z0-9_]{0,31}$'),
    label               text not null default '',
    -- Lower-case hex SHA-256 of the path's secret part: 128 random bits or more, so a plain hash is enough. The one before it is
    -- taken until its time is over, so that a seller can change the URL at the platform without losing a delivery.
    path_hash           text not null constraint connections_path_hash_check check (path_hash ~ '^[0-9a-f]{64}$'),
    former_path_hash    text constraint connections_former_path_hash_check check (former_path_hash ~ '^[0-9a-f]{64}$'),
    former_path_until   timestamptz,
    -- Which of a sale's amounts is its value.
    amount              text not null default 'price' constraint connections_amount_check check (amount in ('price', 'gross', 'net')),
    -- The tracking slot in which the platform gives back the seller's own order id, if the seller puts it there: then a sale is the
    -- same order as the one that the seller's server posts under that id.
    order_id_slot       text constraint connections_order_id_slot_check check (length(order_id_slot) between 1 and 64),
    -- Which of the tenant's shops it is, where the platform numbers the orders of each shop by itself and the tenant has several.
    shop                text constraint connections_shop_check check (shop ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    -- Grows with each change: a write finds out by it that what a function remembers of the connection is out of date.
    version             integer not null default 1,
    created_at          timestamptz not null default now(),
    updated_at          timestamptz not null default now(),
    revoked_at          timestamptz,
    primary key (tenant_id, id),
    constraint connections_former_path_check check ((former_path_hash is null) = (former_path_until is null))
);
create index connections_tenant_id_path_hash_idx on connections (tenant_id, path_hash);
create index connections_tenant_id_former_path_hash_idx on connections (tenant_id, former_path_hash)
    where former_path_hash is not null;

-- The events beside Purchase that a tenant wants, by what causes them: {"pending": "AddPaymentInfo"}. None by default.
alter table tenants
    add column optional_events jsonb not null default '{}'
        constraint tenants_optional_events_check check (jsonb_typeof(optional_events) = 'object');

alter table orders
    -- Since when it stands where it stands, by the platform's word; unknown where nobody said so.
    add column changed_at timestamptz,
    -- The events that it has caused, each by its name (and `#` with its own id, where there can be several) with its event_id.
    add column caused     jsonb not null default '{}',
    -- What its deliveries said of buyer and click so far, in Meta's own fields and hashed: what a later delivery leaves out is
    -- taken from here. Null where only the seller's server told of it.
    add column known      jsonb;

update orders o set caused = c.caused
from (select tenant_id, order_key, jsonb_object_agg(event_name, event_id order by created_at desc) as caused
      from conversions where state <> 'ignored' group by tenant_id, order_key) c
where c.tenant_id = o.tenant_id and c.order_key = o.order_key;

-- By which connection a delivery came, and what a repetition of it is known by: lower-case hex SHA-256 of the platform's own id of
-- it, or of its bytes where there is none.
alter table deliveries
    add column connection_id text,
    add column delivery_key  text constraint deliveries_delivery_key_check check (delivery_key ~ '^[0-9a-f]{64}$'),
    add constraint deliveries_connection_check check (delivery_key is null or connection_id is not null);
create index deliveries_tenant_id_delivery_key_idx on deliveries (tenant_id, delivery_key) where delivery_key is not null;
