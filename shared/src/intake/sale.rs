//! From what a delivery says of an order to what is recorded of it.

use std::collections::BTreeMap;

use crate::db::connections::Connection;
use crate::db::sales::{Event, Sale};
use crate::db::signals::Signals;
use crate::domain::conversion::{self, UserData};
use crate::domain::event_id::EventId;
use crate::domain::order::{ActionSource, Cause, Kind, Moment, Order, OrderId, Rejected};
use crate::domain::page::{UTM, UTM_MAX};
use crate::domain::text;
use crate::ids;

/// One sale of a delivery as it is recorded: keyed, priced by the connection's choice, the buyer hashed.
///
/// `is_main` is false for the further sales of a body (order bumps), which are no part of the seller's own order.
///
/// # Errors
/// Where it is a sale, and the platform does not state the amount that the connection is set to send; or where nothing tells the
/// order from others.
pub fn sale(connection: &Connection, order: &Order, is_main: bool) -> Result<Sale, Rejected> {
    let key = key(connection, order, is_main).ok_or(Rejected::OrderIdMissing)?;
    let event = event(connection, order, &key)?;
    let buyer = order.buyer.hashed(connection.country);
    let made_at_s = order.made_at().latest_s().min(order.received_at_s);
    Ok(Sale {
        id: ids::new_id(),
        order_key: key.as_str().to_owned(),
        state: order.state,
        changed_at_s: order.changed_at.map(Moment::unix_s),
        made_at_s,
        event_time_s: order.event_time().unix_s(),
        event,
        silence: order.silence(),
        signals: signals(order, &buyer, made_at_s).map_err(|_| Rejected::Unreadable)?,
    })
}

/// The seller's own order id where the connection names its slot; else the platform's.
///
/// Only a sale of its own has the seller's: an order bump and a renewal carry the same slots, and are other sales.
pub(super) fn key(connection: &Connection, order: &Order, is_main: bool) -> Option<OrderId> {
    let slot = connection.order_id_slot.as_ref().filter(|_| is_main && order.kind == Kind::First);
    let own = slot.and_then(|slot| order.tracking.slots.get(slot)).and_then(|text| OrderId::parse(text));
    own.or_else(|| order.key(&connection.order_prefix()))
}

/// The event that the order causes, with its value. An optional event of which the platform does not state the value is not made.
fn event(connection: &Connection, order: &Order, key: &OrderId) -> Result<Option<Event>, Rejected> {
    let Some(cause) = Cause::of(order, &connection.optional_events) else { return Ok(None) };
    let value = match order.event_value(connection.amount) {
        Ok(value) => value,
        Err(reason) if cause.name.is_purchase() => return Err(reason),
        Err(_) => return Ok(None),
    };
    let Some(order_id) = cause.order_id(key) else { return Ok(None) };
    let (custom_data, _) =
        conversion::custom_data_that_fits(&order_id, &value, &order.items).map_err(|_| Rejected::Unreadable)?;
    Ok(Some(Event {
        key: cause.key(),
        is_for_open_orders: Cause::is_for_open_orders(order.state),
        event_id: EventId::of(&connection.tenant_id, &order_id, &cause.name, &value).to_string(),
        order_id: order_id.as_str().to_owned(),
        name: cause.name.as_str().to_owned(),
        value: value.to_string(),
        currency: value.currency().code().to_owned(),
        custom_data,
    }))
}

fn signals(order: &Order, buyer: &UserData, made_at_s: i64) -> Result<Signals, serde_json::Error> {
    let slots = &order.tracking.slots;
    let utm: BTreeMap<_, _> =
        UTM.into_iter().filter_map(|name| Some((name, text::line(slots.get(name)?, UTM_MAX)?))).collect();
    Ok(Signals {
        event_source_url: order.page.clone(),
        action_source: order.action_source.map(ActionSource::as_str),
        utm: serde_json::to_string(&utm)?,
        ..Signals::of(buyer, &order.tracking, made_at_s)?
    })
}

#[cfg(test)]
mod tests;
