//! Paddle Billing: notifications of transactions and adjustments.
//!
//! - Authenticity: `Paddle-Signature: ts=…;h1=…`, hex HMAC-SHA256 over `ts`, a colon and the body; several `h1` while a secret is
//!   replaced. Paddle's own libraries take a `ts` of 5 seconds by default, which none of its repetitions would pass unless each
//!   is signed anew; here it may be 300 seconds old, for what waits on the way.
//! - A sale is `transaction.paid`, and again `transaction.completed` when Paddle has booked it, under one id: either counts, once.
//!   A checkout that is open only (`draft`, `ready`) is no order yet.
//! - Amounts are minor units as texts. `grand_total` is what the buyer paid, tax included; `earnings` is the seller's, known
//!   with `completed`. Currencies are taken to have the decimals of ISO 4217.
//! - A transaction whose `origin` is a subscription's renewal or change is a further payment of it. One that only changes the
//!   means of payment sells nothing.
//! - Refunds and chargebacks are adjustments of a transaction, with ids of their own. A refund is asked for as `pending_approval`,
//!   and is the whole transaction's only if its `type` is `full`. A warning of a chargeback moves no money.
//! - The buyer stands in a notification as Paddle's id alone: the click comes back in the transaction's `custom_data`.
//! - An `event_id` of `ntfsimevt_` is the simulator's. The sandbox has secrets of its own and no other mark.

use super::amount::Stated;
use super::{Adapter, Context, Delivery, NoOrder, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Ignored, Kind, Moment, Order, OrderState, Outcome, Refund, Rejected};

const STAMPED: sign::Stamped = sign::Stamped { between: ';', time: "ts", signature: "h1", joint: ":" };

pub(super) const ADAPTER: Adapter = Adapter {
    slot: None,
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross, Amount::Net],
    is_authentic: |secrets, delivery, context| {
        STAMPED.is_authentic(delivery.header("paddle-signature"), secrets, delivery, context)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |delivery| delivery.field("event_id").map(str::to_owned),
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let (event, entity) = match body.at("event_type").text() {
        Some(event) => (event, body.at("data")),
        None => (event_of(body).ok_or(Rejected::StateMissing)?, body),
    };
    let mut order = match event {
        "adjustment.created" | "adjustment.updated" => adjustment(entity, context)?,
        _ => transaction(event, entity, context)?,
    };
    order.changed_at = when::rfc3339(body.at("occurred_at")).or_else(|| when::rfc3339(entity.at("updated_at")));
    let is_simulated = body.at("event_id").text().is_some_and(|id| id.starts_with("ntfsimevt_"));
    Ok(Outcome::order_or_test(order, is_simulated))
}

/// What a transaction or adjustment without its envelope, as Paddle's API gives it, would have been told by.
fn event_of(entity: &Value) -> Option<&'static str> {
    let id = entity.at("id").text()?;
    if id.starts_with("adj_") {
        return Some("adjustment.updated");
    }
    let status = id.starts_with("txn_").then(|| entity.at("status").text())??;
    Some(match status {
        "paid" => "transaction.paid",
        "completed" => "transaction.completed",
        "billed" => "transaction.billed",
        "past_due" => "transaction.past_due",
        "canceled" => "transaction.canceled",
        "draft" | "ready" => "transaction.updated",
        _ => return None,
    })
}

fn transaction(event: &str, entity: &Value, context: &Context) -> Result<Order, NoOrder> {
    let state = match event {
        "transaction.paid" | "transaction.completed" => match entity.at("status").text() {
            Some("paid" | "completed") => OrderState::Paid,
            Some(_) => return Err(Rejected::StateContradictory.into()),
            None => return Err(Rejected::StateMissing.into()),
        },
        "transaction.billed" | "transaction.past_due" => OrderState::Pending,
        "transaction.payment_failed" => OrderState::Refused,
        "transaction.canceled" => OrderState::Canceled,
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let kind = match entity.at("origin").text() {
        Some("subscription_payment_method_change") => return Err(Ignored::EventNotUsed.into()),
        Some("subscription_recurring" | "subscription_update" | "subscription_charge") => {
            Kind::Renewal { number: None }
        }
        _ => Kind::First,
    };
    let mut order = Order::new(Order::id(entity.at("id").text())?, state, context.received_at_s);
    order.kind = kind;
    order.ordered_at = when::rfc3339(entity.at("created_at"));
    order.paid_at = captured_at(entity);
    order.tracking = slots::read(slots::known(entity.at("custom_data")));
    order.items = entity.at("details.line_items").list().into_iter().filter_map(|line| item(line, entity)).collect();
    Ok(order.priced(amounts(entity))?)
}

/// When the payment that went through was captured.
fn captured_at(entity: &Value) -> Option<Moment> {
    let payments = entity.at("payments").list();
    let captured = payments.into_iter().find(|payment| payment.at("status").text() == Some("captured"))?;
    when::rfc3339(captured.at("captured_at"))
}

fn amounts(entity: &Value) -> Result<Amounts, Rejected> {
    let totals = entity.at("details.totals");
    let grand_total = money(totals.at("grand_total"), entity)?;
    let earnings = amount::extra(money(totals.at("earnings"), entity));
    Ok(Amounts { net: earnings, ..Amounts::total(grand_total) })
}

fn money(units: &Value, entity: &Value) -> Stated {
    amount::minor_units(units, amount::currency(entity.at("currency_code")))
}

fn item(line: &Value, entity: &Value) -> Option<Item> {
    let id = [line.at("product.id"), line.at("price_id")].into_iter().find_map(Value::owned)?;
    let price = amount::extra(money(line.at("unit_totals.total"), entity));
    Some(Item { id, quantity: line.at("quantity").count(), price })
}

fn adjustment(entity: &Value, context: &Context) -> Result<Order, NoOrder> {
    let action = entity.at("action").text().ok_or(Rejected::StateMissing)?;
    let status = entity.at("status").text().ok_or(Rejected::StateMissing)?;
    let state = match (action, status) {
        ("refund", "pending_approval") => return Err(Ignored::RefundRequested.into()),
        ("refund", "approved") if entity.at("type").text() == Some("full") => OrderState::Refunded,
        ("refund", "approved") => OrderState::PartiallyRefunded,
        ("chargeback", "approved") => OrderState::ChargedBack,
        ("refund" | "chargeback", "pending_approval" | "rejected" | "reversed")
        | ("credit" | "credit_reverse" | "chargeback_warning" | "chargeback_reverse", _) => {
            return Err(Ignored::EventNotUsed.into());
        }
        _ => return Err(Rejected::StateUnknown.into()),
    };
    let mut order = Order::new(Order::id(entity.at("transaction_id").text())?, state, context.received_at_s);
    let amount = amount::extra(money(entity.at("totals.total"), entity));
    let total = amount.filter(|_| state == OrderState::Refunded);
    order.refund = Some(Refund { id: entity.at("id").owned(), amount, total });
    Ok(order)
}

#[cfg(test)]
mod tests;
