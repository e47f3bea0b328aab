-- Setting up a seller: who may go on with a session, what is known of it, and what a tenant is called.

alter table setup_sessions
    -- Lower-case hex SHA-256 of the link's secret part (160 random bits). Null: the operator alone may go on.
    add column token_hash text constraint setup_sessions_token_hash_check check (token_hash ~ '^[0-9a-f]{64}$'),
    add column expires_at timestamptz,
    -- Grows with each change: of two browsers that write at once, one merges again.
    add column version    integer not null default 1,
    -- The first step at which something was left to do when it was written last.
    add column step       text not null default 'business',
    -- The language of its texts.
    add column locale     text not null default 'en' constraint setup_sessions_locale_check check (locale in ('en', 'pt-BR')),
    -- What we found out, as against what was entered: Meta's word on pixel and token, the last test event.
    add column facts      jsonb not null default '{}',
    add constraint setup_sessions_token_check check ((token_hash is null) = (expires_at is null));

alter table tenants
    -- For people.
    add column name     text not null default '',
    -- ISO 4217: what the seller sells in, to tell an order of another currency.
    add column currency text constraint tenants_currency_check check (currency ~ '^[A-Z]{3}$');
