-- What keeps a tenant's sends back, until when an event may be sent, and what Meta answered to each request.

-- A row for each tenant that ever had something to keep back; no row means that its sends go. One row, not one column a
-- conversion: parking and releasing a tenant must cost the same with ten events waiting as with a million.
create table delivery_gates (
    tenant_id       text primary key references tenants (id),
    -- The circuit breaker: closed (sends go), open (none goes), half_open (one probe is on its way).
    breaker         text not null default 'closed' constraint delivery_gates_breaker_check
        check (breaker in ('closed', 'open', 'half_open')),
    -- Sends in a row of which Meta took no event.
    failures        integer not null default 0,
    opened_at       timestamptz,
    -- How long the last opening lasts, in seconds: each probe that fails doubles it.
    cooldown_s      integer,
    -- Parked: token, pixel or permission are at fault, not the events. The word says which.
    parked_reason   text,
    parked_at       timestamptz,
    -- While open or parked: from when on one dispatcher may try, and until when the one that tries holds that right.
    probe_at        timestamptz,
    probe_until     timestamptz,
    -- Meta's own word on when to come back.
    throttled_until timestamptz,
    -- Events refused one by one with the same error since Meta last took any: many alike are not the events' fault.
    refused_as      text,
    refused_count   integer not null default 0,
    -- When somebody was last told that events are about to expire.
    alerted_at      timestamptz,
    updated_at      timestamptz not null default now(),
    constraint delivery_gates_parked_check check ((parked_reason is null) = (parked_at is null)),
    constraint delivery_gates_probe_check
        check (probe_at is not null or (breaker = 'closed' and parked_reason is null))
);

-- One row a request to Meta, with what a support ticket there needs. No personal data: the body is kept as its hash.
create table receipts (
    tenant_id       text not null references tenants (id),
    id              text not null,
    -- One send is a request with the smaller ones that it was split into; it is named after its first request.
    send_id         text not null,
    pixel_id        text not null,
    sent_at         timestamptz not null,
    took_ms         integer not null,
    events          integer not null,
    body_bytes      integer not null,
    -- SHA-256, lower-case hex, of the request's body.
    body_sha256     text not null,
    answer          text not null,
    http_status     integer,
    error_code      integer,
    error_subcode   integer,
    error_message   text,
    fbtrace_id      text,
    events_received integer,
    primary key (tenant_id, id)
);
create index receipts_tenant_id_sent_at_idx on receipts (tenant_id, sent_at);

-- The columns of what Meta said (http_status ... events_received) stay for the release before this one, which still
-- writes them; they are read no more, and a later migration drops them.
alter table dispatch_attempts
    add column receipt_id text,
    -- No send after it: the event's 7 days less a minute for the way, or 47 hours after the first send that Meta may have
    -- taken. The default is for the release before this one.
    add column expires_at timestamptz not null default now() + interval '7 days' - interval '1 minute';

update dispatch_attempts a
set expires_at = least(c.event_time + interval '7 days' - interval '1 minute', a.unclear_since + interval '47 hours')
from conversions c
where c.tenant_id = a.tenant_id and c.event_id = a.event_id;

insert into receipts (tenant_id, id, send_id, pixel_id, sent_at, took_ms, events, body_bytes, body_sha256, answer, http_status,
                      error_code, error_subcode, error_message, fbtrace_id, events_received)
select a.tenant_id, a.id, a.id, coalesce(t.pixel_id, ''), a.finished_at, 0, coalesce(a.events_received, 1), 0, '', a.answer,
       a.http_status, a.error_code, a.error_subcode, a.error_message, a.fbtrace_id, a.events_received
from dispatch_attempts a join tenants t on t.id = a.tenant_id
where a.http_status is not null;
update dispatch_attempts set receipt_id = id where http_status is not null;

-- The claim goes by the nearest deadline.
create index dispatch_attempts_expires_idx on dispatch_attempts (tenant_id, expires_at) where status = 'pending';

-- Where a conversion that is stored as waiting stands, and why, follows from its tenant; see the view.
update conversions set state = 'pending', reason = null where state = 'parked';
