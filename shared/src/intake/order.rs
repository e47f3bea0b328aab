//! From a body of `POST /v1/orders` to what is recorded of it: wrong values are refused all at once, broken extras are left out and
//! named.

use crate::db::keys::Key;
use crate::db::orders::NewOrder;
use crate::db::signals::Signals;
use crate::domain::conversion::{self, IgnoredReason};
use crate::domain::country::Country;
use crate::domain::delivery::SEND_WITHIN_S;
use crate::domain::event_id::EventId;
use crate::domain::order::{ActionSource, OrderState};
use crate::http::FieldError;
use crate::ids;
use crate::order_body::{self, Refused, Rules};
use crate::platforms::Platform;

/// How far ahead of ours a caller's clock may be, in seconds; such a time counts as now.
const CLOCK_SLACK_S: i64 = 60;

/// Who tells of orders.
#[derive(Clone, Debug)]
pub struct Teller<'a> {
    /// The tenant.
    pub tenant_id: &'a str,
    /// The API key, which the write checks again; `None` where the caller was let through by something else.
    pub key_id: Option<&'a str>,
    /// The word of it in the ledger.
    pub source: &'static str,
    /// The tenant's country, for phones without a country code.
    pub country: Option<Country>,
    /// Whether a connection may tell of the same order at the same moment.
    pub shares_orders: bool,
}

impl<'a> Teller<'a> {
    /// The seller's server, by its API key.
    pub fn api(key: &'a Key) -> Self {
        Self {
            tenant_id: &key.tenant_id,
            key_id: Some(&key.id),
            source: "api",
            country: key.country,
            shares_orders: key.shares_orders,
        }
    }
}

/// An order, and what was left out of it.
pub struct Parsed {
    /// What is recorded.
    pub order: NewOrder,
    /// What was left out, and why.
    pub warnings: Vec<FieldError>,
}

/// Reads an order. `now_s` is Unix seconds.
///
/// # Errors
/// All that is wrong with it.
pub fn order(teller: &Teller<'_>, body: &[u8], now_s: i64) -> Result<Parsed, Refused> {
    let times = now_s.saturating_sub(SEND_WITHIN_S)..=now_s.saturating_add(CLOCK_SLACK_S);
    let rules = Rules { times: Some(times), refuses_unknown: true };
    let (core, mut warnings) = order_body::parse(body, &rules)?;
    let mut buyer = core.buyer.hashed(teller.country);
    warnings.extend(order_body::left_out_of_buyer(&core.buyer, &buyer));
    let click = core.click;
    if let (Some(fbc), _) = click.ad_click() {
        buyer.fbc(fbc);
    }
    if let Some(fbp) = &click.fbp {
        buyer.fbp(fbp);
    }
    let event_id = EventId::of(teller.tenant_id, &core.order_id, &core.event_name, &core.value);
    let (Ok((custom_data, without_items)), Ok(of), Ok(utm)) = (
        conversion::custom_data_that_fits(&core.order_id, &core.value, &core.items),
        Signals::of(&buyer, &click, now_s),
        serde_json::to_string(&core.utm),
    ) else {
        return Err(Refused::NotParseable("the order cannot be written as JSON".to_owned()));
    };
    if without_items {
        warnings.push(order_body::left_out("items", "are more than fit into an event, which has 16 KiB for them"));
    }
    let not_a_sale = core.event_name.is_purchase() && core.state != Some(OrderState::Paid);
    let order = NewOrder {
        tenant_id: teller.tenant_id.to_owned(),
        key_id: teller.key_id.map(str::to_owned),
        shares_orders: teller.shares_orders || Platform::names_order(core.order_id.as_str()),
        id: ids::new_id(),
        source: teller.source,
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
