//! Stripe: Checkout and Payment Links, and payment pages of the seller's own.
//!
//! - Authenticity: `Stripe-Signature: t=…,v1=…`, hex HMAC-SHA256 over `t`, a dot and the body; several `v1` while a secret is
//!   replaced; `t` is renewed with each attempt and may be 300 seconds old.
//! - A sale is a checkout session that is paid, at once or later, or a payment intent that succeeded. Both are told of the
//!   same sale: the order's id is the payment intent's, so that they are one order. A payment intent of an invoice is a
//!   subscription's, whose session has no payment intent: it counts for nothing, or the first payment would count twice.
//! - The session's total is what the buyer paid and what the seller sold for; Stripe's fee is not in it.
//! - `livemode: false` is a test. Session metadata, the intent's metadata and `client_reference_id` bring the click id back.

use super::amount::Stated;
use super::{Adapter, Context, Delivery, NoOrder, Value, amount, sign, slots, when};
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Order, OrderState, Outcome, Refund, Rejected, Tracking};

const STAMPED: sign::Stamped = sign::Stamped { between: ',', time: "t", signature: "v1", joint: "." };

/// Currencies that Stripe counts otherwise than ISO 4217 (Stripe, Supported currencies): as without decimals, or with two.
const WITHOUT_DECIMALS: [&str; 1] = ["MGA"];
const WITH_TWO_DECIMALS: [&str; 2] = ["ISK", "UGX"];

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("client_reference_id"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross],
    is_authentic: |secrets, delivery, context| {
        STAMPED.is_authentic(delivery.header("stripe-signature"), secrets, delivery, context)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |delivery| delivery.field("id").map(str::to_owned),
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("type").text().ok_or(Rejected::StateMissing)?;
    let object = body.at("data.object");
    let order = match event {
        "checkout.session.completed"
        | "checkout.session.async_payment_succeeded"
        | "checkout.session.async_payment_failed" => session(object, session_state(event, object)?, body, context)?,
        "payment_intent.succeeded" | "payment_intent.processing" | "payment_intent.payment_failed" => {
            if is_of_an_invoice(object) {
                return Err(Ignored::CountedElsewhere.into());
            }
            intent(object, intent_state(event), body, context)?
        }
        "charge.refunded" => refund(object, body, context)?,
        "charge.dispute.created" => {
            let id = object.at("payment_intent").text().or(object.at("charge").text());
            dated(Order::new(Order::id(id)?, OrderState::ChargedBack, context.received_at_s), body)
        }
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let is_live = body.at("livemode").flag().ok_or(Rejected::StateMissing)?;
    Ok(Outcome::order_or_test(order, !is_live))
}

fn session_state(event: &str, session: &Value) -> Result<OrderState, NoOrder> {
    // Nothing is bought in it.
    if session.at("mode").text() == Some("setup") {
        return Err(Ignored::EventNotUsed.into());
    }
    Ok(match (event, session.at("payment_status").text()) {
        ("checkout.session.async_payment_failed", _) => OrderState::Refused,
        (_, Some("paid" | "no_payment_required")) => OrderState::Paid,
        ("checkout.session.completed", Some("unpaid")) => OrderState::Pending,
        (_, Some("unpaid")) => return Err(Rejected::StateContradictory.into()),
        (_, Some(_)) => return Err(Rejected::StateUnknown.into()),
        (_, None) => return Err(Rejected::StateMissing.into()),
    })
}

/// By the invoice's id; since 2025 intents have none, and the description that Stripe gives a subscription's is all there is.
fn is_of_an_invoice(intent: &Value) -> bool {
    let description = intent.at("description").text();
    intent.at("invoice").text().is_some()
        || matches!(description, Some("Subscription creation" | "Subscription update"))
}

fn intent_state(event: &str) -> OrderState {
    match event {
        "payment_intent.succeeded" => OrderState::Paid,
        "payment_intent.payment_failed" => OrderState::Refused,
        _ => OrderState::Pending,
    }
}

fn session(session: &Value, state: OrderState, body: &Value, context: &Context) -> Result<Order, Rejected> {
    let id = session.at("payment_intent").text().or(session.at("id").text());
    let mut order = dated(Order::new(Order::id(id)?, state, context.received_at_s), body);
    order.ordered_at = when::unix_s(session.at("created")).or(order.ordered_at);
    let details = session.at("customer_details");
    order.buyer = person(details, details.at("address"));
    order.buyer.email = order.buyer.email.or_else(|| session.at("customer_email").owned());
    let reference = [("client_reference_id", session.at("client_reference_id"))];
    order.tracking = slots::read(reference.into_iter().chain(slots::known(session.at("metadata"))));
    order.priced(total(session, "amount_total"))
}

fn intent(intent: &Value, state: OrderState, body: &Value, context: &Context) -> Result<Order, Rejected> {
    let mut order = dated(Order::new(Order::id(intent.at("id").text())?, state, context.received_at_s), body);
    order.ordered_at = when::unix_s(intent.at("created")).or(order.ordered_at);
    let billing = intent.at("charges.data.0.billing_details");
    let shipping = intent.at("shipping");
    let billed = person(billing, billing.at("address"));
    order.buyer = person(shipping, shipping.at("address")).merged(billed);
    order.buyer.email = order.buyer.email.or_else(|| intent.at("receipt_email").owned());
    order.tracking = tracking(intent);
    let paid = if state == OrderState::Paid { "amount_received" } else { "amount" };
    order.priced(total(intent, paid))
}

fn refund(charge: &Value, body: &Value, context: &Context) -> Result<Order, Rejected> {
    let id = charge.at("payment_intent").text().or(charge.at("id").text());
    let state = match charge.at("refunded").flag() {
        Some(true) => OrderState::Refunded,
        Some(false) => OrderState::PartiallyRefunded,
        None => return Err(Rejected::StateMissing),
    };
    let mut order = dated(Order::new(Order::id(id)?, state, context.received_at_s), body);
    let currency = charge.at("currency");
    let before = body.at("data.previous_attributes.amount_refunded");
    let total_back = amount::extra(money(charge.at("amount_refunded"), currency));
    let of_this = difference(charge.at("amount_refunded"), before).and_then(|it| amount::extra(money(&it, currency)));
    // Of a refund without an id the sum so far is one: it grows with each.
    let own_id = charge.at("refunds.data.0.id").owned().or_else(|| charge.at("amount_refunded").owned());
    order.refund = Some(Refund { id: own_id, amount: of_this, total: total_back });
    let billing = charge.at("billing_details");
    order.buyer = person(billing, billing.at("address"));
    order.buyer.email = order.buyer.email.or_else(|| charge.at("receipt_email").owned());
    order.tracking = tracking(charge);
    order.priced(total(charge, "amount"))
}

/// The difference of two sums that only grow.
fn difference(after: &Value, before: &Value) -> Option<Value> {
    let grown = after.integer()?.checked_sub(before.integer()?)?;
    (grown >= 0).then(|| Value::Number(grown.to_string()))
}

/// The event's time is when what it tells came about.
fn dated(mut order: Order, body: &Value) -> Order {
    order.changed_at = when::unix_s(body.at("created"));
    if order.state == OrderState::Paid {
        order.paid_at = order.changed_at;
    }
    order
}

fn tracking(object: &Value) -> Tracking {
    slots::read(slots::known(object.at("metadata")))
}

fn person(details: &Value, address: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(details.at("name").text());
    person.email = details.at("email").owned();
    person.phones = details.at("phone").owned().into_iter().collect();
    person.city = address.at("city").owned();
    person.state = address.at("state").owned();
    person.zip = address.at("postal_code").owned();
    person.country = address.at("country").owned();
    person
}

fn total(object: &Value, field: &str) -> Result<Amounts, Rejected> {
    Ok(Amounts::total(money(object.at(field), object.at("currency"))?))
}

fn money(units: &Value, currency: &Value) -> Stated {
    let currency = amount::currency(currency);
    let code = currency.as_ref().map_or("", |currency| currency.code());
    match code {
        _ if WITHOUT_DECIMALS.contains(&code) => amount::scaled(units, 0, currency),
        _ if WITH_TWO_DECIMALS.contains(&code) => amount::hundredths(units, currency),
        _ => amount::minor_units(units, currency),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    const BODY: &[u8] = br#"{"id":"1","total":"10.00"}"#;
    const SIGNATURE: &str = "39da3f0e1670deab31289cc8c63149d3522e4e10edba8a5a02fc828e69e3ab72";

    fn verified(header: &str, received_at_s: i64) -> Authenticity {
        let headers = headers(&[("stripe-signature", header)]);
        let context = Context { received_at_s, ..context() };
        Platform::Stripe.verify(&secrets(), &Delivery::new(&headers, "", BODY), &context)
    }

    #[test]
    fn one_of_several_signatures_will_do() {
        let old = "0".repeat(64);
        for header in [
            format!("t=1700000000,v1={SIGNATURE}"),
            format!("t=1700000000,v1={old},v1={SIGNATURE},v0={old}"),
            format!("t=1700000000, v1={SIGNATURE}, v1={old}"),
        ] {
            assert_eq!(verified(&header, 1_700_000_000), Authenticity::Authentic, "{header}");
        }
        for header in
            [format!("t=1700000001,v1={SIGNATURE}"), format!("v1={SIGNATURE}"), format!("t=1700000000,v0={SIGNATURE}")]
        {
            assert_eq!(verified(&header, 1_700_000_000), Authenticity::NotAuthentic, "{header}");
        }
    }

    #[test]
    fn a_signature_is_taken_for_300_seconds_both_ways() {
        let header = format!("t=1700000000,v1={SIGNATURE}");
        for (late, authenticity) in [
            (300, Authenticity::Authentic),
            (-300, Authenticity::Authentic),
            (301, Authenticity::NotAuthentic),
            (-301, Authenticity::NotAuthentic),
        ] {
            assert_eq!(verified(&header, 1_700_000_000 + late), authenticity, "{late}");
        }
    }

    #[test]
    fn p06_units_follow_stripe_where_it_counts_otherwise_than_iso() {
        let shown = |units: &str, currency: &str| {
            let [units, currency] = [units, currency].map(|it| Value::Text(it.to_owned()));
            money(&units, &currency).unwrap().unwrap().to_string()
        };
        assert_eq!(shown("500", "usd"), "5.00");
        assert_eq!(shown("500", "jpy"), "500");
        assert_eq!(shown("5000", "kwd"), "5.000");
        assert_eq!(shown("500", "mga"), "500.00");
        assert_eq!(shown("500", "isk"), "5");
        assert_eq!(shown("500", "ugx"), "5");
    }

    #[test]
    fn what_no_mode_says_is_not_taken_for_live() {
        let body = r#"{"type":"charge.dispute.created","data":{"object":{"charge":"ch_1"}}}"#;
        assert_eq!(said(&read(Platform::Stripe, body)), "state_missing");
    }
}
