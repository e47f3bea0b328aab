//! From a request body to an order: wrong values are refused all at once, broken extras are left out and named.

use shared::db::keys::Key;
use shared::db::orders::NewOrder;
use shared::db::signals::Signals;
use shared::domain::conversion::{self, IgnoredReason};
use shared::domain::delivery::SEND_WITHIN_S;
use shared::domain::event_id::EventId;
use shared::domain::order::{ActionSource, OrderState};
use shared::http::{FieldError, Problem};
use shared::ids;
use shared::order_body::{self, Refused, Rules};
use shared::platforms::Platform;

/// How far ahead of ours a caller's clock may be, in seconds; such a time counts as now.
const CLOCK_SLACK_S: i64 = 60;

/// An order, and what was left out of it.
pub(crate) struct Parsed {
    pub(crate) order: NewOrder,
    pub(crate) warnings: Vec<FieldError>,
}

/// Reads an order of the key's tenant. `now_s` is Unix seconds.
pub(crate) fn order(key: &Key, body: &[u8], now_s: i64) -> Result<Parsed, Problem> {
    let times = now_s.saturating_sub(SEND_WITHIN_S)..=now_s.saturating_add(CLOCK_SLACK_S);
    let rules = Rules { times: Some(times), refuses_unknown: true };
    let (core, mut warnings) = order_body::parse(body, &rules).map_err(|refused| match refused {
        Refused::NotParseable(why) => Problem::not_parseable(why),
        Refused::Invalid(errors) => Problem::invalid(errors),
    })?;
    let mut buyer = core.buyer.hashed(key.country);
    warnings.extend(order_body::left_out_of_buyer(&core.buyer, &buyer));
    let click = core.click;
    if let (Some(fbc), _) = click.ad_click() {
        buyer.fbc(fbc);
    }
    if let Some(fbp) = &click.fbp {
        buyer.fbp(fbp);
    }
    let event_id = EventId::of(&key.tenant_id, &core.order_id, &core.event_name, &core.value);
    let (Ok((custom_data, without_items)), Ok(of), Ok(utm)) = (
        conversion::custom_data_that_fits(&core.order_id, &core.value, &core.items),
        Signals::of(&buyer, &click, now_s),
        serde_json::to_string(&core.utm),
    ) else {
        return Err(Problem::not_parseable("the order cannot be written as JSON"));
    };
    if without_items {
        warnings.push(order_body::left_out("items", "are more than fit into an event, which has 16 KiB for them"));
    }
    let not_a_sale = core.event_name.is_purchase() && core.state != Some(OrderState::Paid);
    let order = NewOrder {
        tenant_id: key.tenant_id.clone(),
        key_id: key.id.clone(),
        shares_orders: key.shares_orders || Platform::names_order(core.order_id.as_str()),
        id: ids::new_id(),
        source: "api",
        order_key: core.order_id.as_str().to_owned(),
        event_id: event_id.to_string(),
        event_name: core.event_name.as_str().to_owned(),
        value: core.value.to_string(),
        currency: core.value.currency().code().to_owned(),
        event_time_s: core.event_time_s,
        state: core.state.map(OrderState::as_str),
        ignored: not_a_sale.then_some(IgnoredReason::OrderNotPaid),
        custom_data,
        signals: Signals {
            event_source_url: core.event_source_url,
            action_source: core.action_source.map(ActionSource::as_str),
            utm,
            ..of
        },
    };
    Ok(Parsed { order, warnings })
}
