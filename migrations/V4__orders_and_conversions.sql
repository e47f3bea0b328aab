-- From an order to a conversion: what was posted, what was made of it, and what is to be sent.

-- One row an order, whatever its later states.
create table orders (
    tenant_id  text not null references tenants (id),
    id         text not null,
    order_key  text not null,
    state      text not null constraint orders_state_check check (state in
        ('pending', 'paid', 'refused', 'expired', 'canceled', 'refunded', 'partially_refunded', 'charged_back', 'abandoned')),
    -- When the buyer ordered: the earliest time that any delivery gave. Attribution looks back from here.
    ordered_at timestamptz not null,
    paid_at    timestamptz,
    -- The order's own campaign parameters, as the caller sent them.
    utm        jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint orders_tenant_id_order_key_key unique (tenant_id, order_key)
);

-- One row an event_id: the event to send, with its match. Holds personal data (hashes, address, agent),
-- so retention purges it; dedupe_registry stays for good. No foreign key to dedupe_registry: an event that
-- is ignored has claimed no event_id.
create table conversions (
    tenant_id        text not null references tenants (id),
    id               text not null,
    event_id         text not null,
    order_key        text not null,
    event_name       text not null,
    event_time       timestamptz not null,
    value            numeric not null,
    currency         text not null,
    action_source    text not null,
    event_source_url text,
    -- Meta's user_data and custom_data as they go on the wire.
    user_data        jsonb not null,
    custom_data      jsonb not null,
    click_id         text,
    match_stage      text not null constraint conversions_match_stage_check
        check (match_stage in ('identity', 'click', 'network', 'none')),
    -- Every click that any evidence pointed at when the match was made, and the rules' times: the explanation
    -- is a pure function of the two.
    match_candidates jsonb not null,
    match_rules      jsonb not null,
    -- One column for the ledger: an event is in exactly one state.
    state            text not null constraint conversions_state_check check (state in
        ('pending', 'sent', 'parked', 'quarantined', 'expired', 'ignored', 'held')),
    reason           text,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant_id, id),
    constraint conversions_tenant_id_event_id_key unique (tenant_id, event_id)
);
create index conversions_tenant_id_order_key_idx on conversions (tenant_id, order_key, created_at);

-- Each request that was accepted, and what became of it: the ledger's left side.
create table deliveries (
    tenant_id   text not null references tenants (id),
    id          text not null,
    source      text not null,
    received_at timestamptz not null default now(),
    order_key   text,
    event_id    text,
    outcome     text not null constraint deliveries_outcome_check
        check (outcome in ('conversion', 'duplicate', 'ignored', 'rejected')),
    reason      text,
    primary key (tenant_id, id)
);
create index deliveries_tenant_id_order_key_idx on deliveries (tenant_id, order_key, received_at);
