-- A row an attempt: pending (to be made, with its time and a lease) -> success or failed. A retry is a new row.

alter table dispatch_attempts
    add column due_at       timestamptz not null default now(),
    -- Who holds the lease may send and record; the token grows with each claim, so that a holder whose lease
    -- ran out cannot record over its successor (a fencing token).
    add column leased_until timestamptz,
    add column lease_token  bigint not null default 0,
    add column number       integer not null default 1,
    -- Since when Meta may have the event although nothing says so; it goes along to the attempts that follow.
    add column unclear_since timestamptz,
    add column finished_at  timestamptz,
    -- What Meta said: HTTP status, error code and subcode, trace for a support ticket. No personal data.
    add column answer       text,
    add column http_status  integer,
    add column error_code   integer,
    add column error_subcode integer,
    add column error_message text,
    add column fbtrace_id   text,
    add column events_received integer;

-- At most one pending attempt an event: SQS redelivery, sweep and retry cannot make two sends.
create unique index dispatch_attempts_one_pending_key on dispatch_attempts (tenant_id, event_id)
    where status = 'pending';
create index dispatch_attempts_due_idx on dispatch_attempts (tenant_id, due_at) where status = 'pending';
