-- A person asks what is kept of them, or to be forgotten.

-- What an erasure took away: counts and a time, and nothing of the person.
create table erasures (
    tenant_id   text not null references tenants (id),
    id          text not null,
    erased_at   timestamptz not null default now(),
    identities  integer not null,
    clicks      integer not null,
    orders      integer not null,
    conversions integer not null,
    -- Of the conversions, those that had not been sent and are not sent any more.
    not_sent    integer not null,
    primary key (tenant_id, id)
);

-- An order that only a checkout told of, and that made no event yet, is known by these alone.
create index orders_known_email_hash_idx on orders (tenant_id, (known ->> 'email_hash')) where known ->> 'email_hash' is not null;
create index orders_known_phone_hash_idx on orders (tenant_id, (known ->> 'phone_hash')) where known ->> 'phone_hash' is not null;
