-- Bodies that came on a valid path and made no order, because the seller mistyped the platform's secret or because they cannot be
-- read: kept sealed for 7 days, so that they can be replayed after the repair.

create table kept_bodies (
    tenant_id     text not null,
    id            text not null,
    connection_id text not null,
    -- Lower-case hex HMAC-SHA-256 of the body by a key of the same secret: what comes again is kept once, and the row alone does
    -- not tell whether a body that somebody has is this one.
    digest        text not null constraint kept_bodies_digest_check check (digest ~ '^[0-9a-f]{64}$'),
    -- not_authentic, or the word of a rejection.
    reason        text not null,
    -- When it came first: the time of its sale, where it states none.
    received_at   timestamptz not null,
    bytes         integer not null,
    -- AES-256-GCM, the nonce before it, bound to tenant, connection and id: headers, query and body, as they came last. What
    -- platforms sign anew for each attempt is judged by the last attempt's time, which is in it.
    sealed        bytea not null,
    primary key (tenant_id, id),
    foreign key (tenant_id, connection_id) references connections (tenant_id, id),
    constraint kept_bodies_digest_key unique (tenant_id, connection_id, digest)
);
-- It is compressed nowhere: what is encrypted does not get smaller.
alter table kept_bodies alter column sealed set storage external;
-- For the bounds of a connection, which look at its times and sizes alone.
create index kept_bodies_received_at_idx on kept_bodies (tenant_id, connection_id, received_at, id) include (bytes);
