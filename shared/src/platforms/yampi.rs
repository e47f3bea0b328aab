//! Yampi: the shop's webhooks of orders and carts.
//!
//! - Authenticity: `X-Yampi-Hmac-SHA256` is the base64 HMAC-SHA256 of the body.
//! - Events, envelope and signature are documented; the order's fields are those of its API, seen in full in one real order. No
//!   captured webhook was at hand.
//! - `order.paid` is a sale. Of other events of an order its status says where it stands; statuses of the parcel on its way say
//!   nothing of a payment. What a refused transaction looks like is not known beyond its order, where that comes with it.
//! - `value_total` is a decimal, with freight and after discounts, in reais: Yampi states no currency, and writes the same
//!   amounts as `R$` in the fields for people. What the buyer pays in interest is not certain, so it is not read.
//! - Times carry their zone. An order was paid when its list of statuses says so.
//! - `utm_*` stand at the order's root, what the seller's pages add in its `metadata`. `ip` is the buyer's.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{
    Amount, Amounts, Buyer, Ignored, Kind, Moment, Order, OrderState, Outcome, Rejected, Tracking,
};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("utm_content"),
    ids_are_per_shop: true,
    amounts: &[Amount::Price],
    is_authentic: |secrets: &[Secret], delivery, _| {
        sign::is_hmac_sha256(secrets, delivery.body(), delivery.header("x-yampi-hmac-sha256"), sign::Written::Base64)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let resource = body.at("resource");
    let order = match body.at("event").text().ok_or(Rejected::StateMissing)? {
        "order.paid" => order(resource, paid(resource)?, context)?,
        "order.created" | "order.status.updated" => match stated(resource)? {
            Some(state) => order(resource, state, context)?,
            None => return Err(Ignored::PaymentNotStated.into()),
        },
        "transaction.payment.refused" => match order_of(resource) {
            Some(resource) => order(resource, OrderState::Refused, context)?,
            None => return Err(Ignored::EventNotUsed.into()),
        },
        "cart.reminder" => cart(resource, context),
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    Ok(Outcome::order(order))
}

/// The state of an order that its event says is paid: its status is `paid`, or one of the parcel by now.
fn paid(resource: &Value) -> Result<OrderState, Rejected> {
    match stated(resource)? {
        Some(OrderState::Paid) | None => Ok(OrderState::Paid),
        Some(_) => Err(Rejected::StateContradictory),
    }
}

/// The state by the order's status; `None` if that says nothing of the payment.
fn stated(resource: &Value) -> Result<Option<OrderState>, Rejected> {
    Ok(Some(match resource.at("status.data.alias").text().ok_or(Rejected::StateMissing)? {
        "waiting_payment" => OrderState::Pending,
        "paid" => OrderState::Paid,
        "cancelled" => OrderState::Canceled,
        "refused" => OrderState::Refused,
        "refunded" => OrderState::Refunded,
        _ => return Ok(None),
    }))
}

/// The order in a transaction's event. An order is known by its number.
fn order_of(resource: &Value) -> Option<&Value> {
    let places = [resource.at("order.data"), resource.at("order"), resource];
    places.into_iter().find(|place| place.at("number").text().is_some())
}

fn cart(cart: &Value, context: &Context) -> Order {
    let part = [cart.at("token"), cart.at("cart_token"), cart.at("id")].into_iter().find_map(Value::owned);
    let mut order = Order::abandoned(part, context.received_at_s);
    order.changed_at = when::php(cart.at("updated_at"));
    order.buyer = buyer(cart);
    order.tracking = tracking(cart);
    order
}

fn order(resource: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let mut order = Order::new(Order::id(resource.at("id").text())?, state, context.received_at_s);
    order.ordered_at = when::php(resource.at("created_at"));
    order.changed_at = when::php(resource.at("updated_at"));
    if state == OrderState::Paid {
        order.paid_at = paid_at(resource);
    }
    if resource.at("is_upsell").flag() == Some(true) {
        order.kind = Kind::Upsell { parent: None };
    }
    order.buyer = buyer(resource);
    order.tracking = tracking(resource);
    order.items = resource.at("items.data").list().into_iter().filter_map(item).collect();
    let price = amount::decimal(resource.at("value_total"), amount::brl());
    order.priced(price.map(|price| Amounts { price, ..Amounts::default() }))
}

fn paid_at(resource: &Value) -> Option<Moment> {
    let statuses = resource.at("statuses.data").list();
    let paid = statuses.into_iter().find(|status| status.at("alias").text() == Some("paid"))?;
    when::php(paid.at("created_at"))
}

fn buyer(resource: &Value) -> Buyer {
    let customer = resource.at("customer.data");
    let address = resource.at("shipping_address.data");
    let first = |fields: [&Value; 2]| fields.into_iter().find_map(Value::owned);
    let mut person = Buyer::default();
    person.named(customer.at("name").text());
    person.first_name = customer.at("first_name").owned().or(person.first_name);
    person.last_name = customer.at("last_name").owned().or(person.last_name);
    person.email = customer.at("email").owned();
    person.phones = customer.at("phone.full_number").owned().into_iter().collect();
    person.city = address.at("city").owned();
    person.state = first([address.at("uf"), address.at("state")]);
    person.zip = first([address.at("zipcode"), address.at("zip_code")]);
    person.country = address.at("country").owned();
    person.ip = resource.at("ip").owned();
    person
}

/// The order's metadata, then the campaign at its root.
fn tracking(resource: &Value) -> Tracking {
    let metadata = slots::pairs(resource.at("metadata.data"), "key", "value");
    slots::read(slots::known(&metadata)).merged(slots::read(slots::known(resource)))
}

/// Whether a line's price is of one is certain where it is one.
fn item(line: &Value) -> Option<Item> {
    let quantity = line.at("quantity").count();
    let price = amount::extra(amount::decimal(line.at("price"), amount::brl())).filter(|_| quantity == Some(1));
    Some(Item { id: line.at("product_id").owned()?, quantity, price })
}

#[cfg(test)]
mod tests;
