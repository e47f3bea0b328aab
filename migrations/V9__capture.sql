-- What capturing clicks needs to know of a funnel: where its pages are, where they lead to, and what the visitor's consent means.
--
-- A domain stands in lower case and punycode, without a port, and covers its subdomains. It may be of several funnels: two funnels
-- of one site, and every seller's checkout is at the platform's own domain.

-- Whether a click is taken for granted until the visitor has said so (a banner of the page asks), or only then.
alter table funnels
    add column requires_consent boolean not null default false,
    -- What one funnel may bring new in a minute, and one address of it: a flood of one tenant must not take the database from the
    -- others. Both are far above a good day; an operator raises them for a better one.
    add column clicks_per_minute             integer not null default 6000
        constraint funnels_clicks_per_minute_check check (clicks_per_minute > 0),
    add column clicks_per_minute_per_address integer not null default 600
        constraint funnels_clicks_per_minute_per_address_check check (clicks_per_minute_per_address > 0);

-- What is sent for an order whose click was denied: nothing, or the event with Meta's Limited Data Use.
alter table tenants
    add column denied_consent text not null default 'nothing'
        constraint tenants_denied_consent_check check (denied_consent in ('nothing', 'limited_data_use'));

-- Null: nobody was asked. A denied click has no address, agent, fbclid, fbc or fbp: it is there so that its order is known for what
-- it is.
alter table clicks
    add column consent text
        constraint clicks_consent_check check (consent in ('granted', 'denied')),
    -- The first campaign that the browser remembers, an object of utm_ parameters; the click's own columns have the last one.
    add column first_utm jsonb,
    add constraint clicks_denied_check
        check (consent is distinct from 'denied' or coalesce(ip, user_agent, fbclid, fbc, fbp, first_utm::text) is null);

-- The event of an order whose click was denied goes with Meta's Limited Data Use, if the tenant's policy sends it at all.
alter table conversions add column limited_data_use boolean not null default false;

-- The funnel's own pages: the only origins that its browser routes answer.
create table funnel_domains (
    tenant_id  text not null,
    funnel_id  text not null,
    domain     text not null constraint funnel_domains_domain_check
        check (length(domain) <= 253 and domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    created_at timestamptz not null default now(),
    primary key (tenant_id, funnel_id, domain),
    constraint funnel_domains_funnel_fkey foreign key (tenant_id, funnel_id) references funnels (tenant_id, id)
);

-- Where the funnel's pages and redirect links lead to: the only destinations of a redirect, and the links that get the click id.
create table funnel_checkouts (
    tenant_id  text not null,
    funnel_id  text not null,
    domain     text not null constraint funnel_checkouts_domain_check
        check (length(domain) <= 253 and domain ~ '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    -- The platform's name in an order's key (`hotmart:...`).
    platform   text not null constraint funnel_checkouts_platform_check check (platform ~ '^[a-z][a-z0-9_]{0,31}$'),
    -- The parameter of the checkout's URL that the platform gives back with the order: `xcod`, `sck`, `attributes[click_id]`.
    slot       text not null constraint funnel_checkouts_slot_check check (slot ~ '^[A-Za-z0-9_.\[\]-]{1,64}$'),
    created_at timestamptz not null default now(),
    primary key (tenant_id, funnel_id, domain),
    constraint funnel_checkouts_funnel_fkey foreign key (tenant_id, funnel_id) references funnels (tenant_id, id)
);

-- About how many new clicks a funnel had in a minute: each 36th is counted as 36, so that clicks at the same time do not wait for each
-- other's row.
create table funnel_minutes (
    tenant_id text not null,
    funnel_id text not null,
    minute    timestamptz not null,
    clicks    integer not null,
    primary key (tenant_id, minute, funnel_id),
    constraint funnel_minutes_funnel_fkey foreign key (tenant_id, funnel_id) references funnels (tenant_id, id)
);

-- Visits that are no clicks, by day (UTC) and reason: crawlers, prefetches, requests for headers, and, by the same sample as above, what
-- was over a limit. Counted, so that a seller can see why an ad has more clicks at Meta than here. A count is the sum of its parts: a
-- crawler that is in a hurry must not queue up for one row.
create table unrecorded_visits (
    tenant_id text not null,
    funnel_id text not null,
    day       date not null,
    reason    text not null,
    part      smallint not null,
    visits    bigint not null,
    primary key (tenant_id, day, funnel_id, reason, part),
    constraint unrecorded_visits_funnel_fkey foreign key (tenant_id, funnel_id) references funnels (tenant_id, id)
);
