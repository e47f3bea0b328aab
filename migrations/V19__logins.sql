-- Who is logged in to the pages: a cookie's row. It says with what somebody came in, and ends with that.

create table logins (
    -- Lower-case hex SHA-256 of the cookie's value (160 random bits).
    token_hash      text not null constraint logins_pkey primary key,
    -- Null: the operator, or somebody with a session's link.
    tenant_id       text,
    -- What somebody came in with: the operator's token, the link of `subject` (a setup session), or the tenant's key `subject`.
    kind            text not null,
    subject         text,
    -- The hash of that token: another one in its place ends the login.
    credential_hash text not null,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    constraint logins_token_check check (token_hash ~ '^[0-9a-f]{64}$'),
    constraint logins_credential_check check (credential_hash ~ '^[0-9a-f]{64}$'),
    constraint logins_kind_check check (kind in ('operator', 'link', 'key')),
    constraint logins_subject_check check ((kind = 'operator') = (subject is null) and (kind = 'key') = (tenant_id is not null))
);

-- Those whose time is over are deleted by whoever logs in next.
create index logins_expires_at_idx on logins (expires_at);

-- The operator's list of sellers, the newest first.
create index setup_sessions_created_at_idx on setup_sessions (created_at desc, id desc);
