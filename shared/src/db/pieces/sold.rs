//! One sale under two names: a seller's table has the platform's order id, a connection tells of it under `<platform>:[<shop>:]<id>`.

use crate::db::orders::IMPORT;
use crate::domain::attribution::CLOCK_SLACK_US;
use crate::domain::order::EventName;

/// What may name the same order as `key`, as a query: itself, and with and without what the tenant's (`$1`) connections put before a
/// platform's id. A connection that has ended has told of orders too.
pub(crate) fn names(key: &str) -> String {
    format!(
        "select {key} as name
         union
         select other from connections c,
             lateral (select c.platform || ':' || coalesce(c.shop || ':', '') as prefix) p,
             lateral (values (prefix || {key}), (case when starts_with({key}, prefix) then substr({key}, length(prefix) + 1) end)) n(other)
         where c.tenant_id = $1 and other is not null"
    )
}

/// The order, and the event id, of the tenant's (`$1`) Purchase of an order that `key` may name, as a query; no row where none was made.
pub(crate) fn sold(key: &str) -> String {
    let (names, purchase) = (names(key), EventName::PURCHASE);
    format!(
        "select o.order_key, o.caused ->> '{purchase}' as event_id
         from orders o
         where o.tenant_id = $1 and o.order_key = any(array(select name from ({names}) named)) and o.caused ? '{purchase}'
         order by o.order_key <> {key}, o.created_at, o.order_key limit 1"
    )
}

/// What an import has caused under a platform's own id of an order that was made at `made_at`, as a query for `orders.caused`.
///
/// Only an import, and only of the past: who posts an order means another one than a platform's unless the connection says otherwise, and
/// an order that was made after the import is not in it.
pub(crate) fn imported(platforms_id: &str, made_at: &str) -> String {
    let purchase = EventName::PURCHASE;
    format!(
        "select jsonb_build_object('{purchase}', o.caused -> '{purchase}') as caused
         from orders o
         where o.tenant_id = $1 and o.order_key = {platforms_id} and o.caused ? '{purchase}'
           and exists (select from deliveries d
                       where d.tenant_id = $1 and d.order_key = {platforms_id} and d.source = '{IMPORT}' and d.outcome = 'conversion'
                         and d.event_id = o.caused ->> '{purchase}'
                         and d.received_at + {CLOCK_SLACK_US} * interval '1 microsecond' >= {made_at})"
    )
}
