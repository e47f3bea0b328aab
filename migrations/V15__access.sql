-- Who may do what: keys with scopes, a row for each change made by whom, and how often an address came with a wrong token.

alter table api_keys
    -- What a key may do; a key of the time before could post orders and read them. admin includes the others.
    add column scopes text[] not null default '{ingest,read}'
        constraint api_keys_scopes_check check (scopes <@ '{ingest,read,admin}' and cardinality(scopes) > 0),
    -- The last characters of its text, to recognise it by: 16 of its 160 random bits. Unknown of a key of the time before.
    add column last4  text constraint api_keys_last4_check check (length(last4) = 4);
-- The list of a tenant's keys, the newest first.
create index api_keys_tenant_id_created_at_idx on api_keys (tenant_id, created_at, id);

-- Changes made by people, one row each, purged with the rest: an address is personal data. The tenant may not be there yet: a setup
-- session's acts stand under the tenant that is made of it.
create table audit (
    tenant_id text not null,
    id        text not null,
    at        timestamptz not null,
    who       text not null constraint audit_who_check check (who ~ '^(operator$|link:.|key:.)'),
    -- A word: session.created, key.revoked.
    act       text not null,
    -- The id of what was changed.
    subject   text not null,
    -- What there is to say of it. No secret, and nothing of a person.
    detail    jsonb not null default '{}',
    -- Unknown for who calls the database by a program.
    ip        inet,
    primary key (tenant_id, id)
);
create index audit_tenant_id_at_idx on audit (tenant_id, at, id);
-- Sessions that no tenant was made of and that are older than their first acts may be.
create index setup_sessions_tenant_id_created_at_idx on setup_sessions (tenant_id, created_at);

-- Wrong tokens by the address that they came from, for some minutes. Of no tenant: whose token was meant is not known.
create table wrong_tokens (
    -- Lower-case hex SHA-256 of the address, of IPv6 of its first 64 bits: it is not to be read here at a glance. Who has the table can
    -- find an address by trying all, so it is kept for no longer than it counts.
    address_hash text primary key constraint wrong_tokens_address_hash_check check (address_hash ~ '^[0-9a-f]{64}$'),
    since        timestamptz not null,
    attempts     integer not null
);
create index wrong_tokens_since_idx on wrong_tokens (since);
