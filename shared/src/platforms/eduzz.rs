//! Eduzz (Órbita): the webhook of `{id, event, sentDate, data}`.
//!
//! - Authenticity: `x-signature` is the hex HMAC-SHA256 of the body. When a URL is switched on, Eduzz sends a `ping` first.
//! - A sale is `myeduzz.invoice_paid`; `invoice_waiting_refund` is a refund that was asked for; contracts and commissions are no
//!   sales. A left cart is `sun.cart_abandonment` (older: `myeduzz.cart_abandonment`), with its campaign in `tracker`.
//! - `data.price` is the invoice's total. Newer bodies also say what was paid, as `data.paid`, and when.
//! - Nothing in a delivery tells a subscription's later invoice from its first, and nothing is of the buyer's browser.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Order, OrderState, Outcome, Rejected, Tracking};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("utm_content"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross],
    is_authentic: |secrets: &[Secret], delivery, _| {
        sign::is_hmac_sha256(secrets, delivery.body(), delivery.header("x-signature"), sign::Written::Hex)
    },
    is_probe: |delivery| delivery.field("event").is_some_and(|event| event.rsplit('.').next() == Some("ping")),
    parse,
    delivery_id: |delivery| delivery.field("id").map(str::to_owned),
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("event").text().ok_or(Rejected::StateMissing)?;
    let state = match event {
        "myeduzz.cart_abandonment" | "sun.cart_abandonment" => OrderState::Abandoned,
        "myeduzz.invoice_paid" => OrderState::Paid,
        "myeduzz.invoice_opened"
        | "myeduzz.invoice_waiting_payment"
        | "myeduzz.invoice_scheduled"
        | "myeduzz.invoice_recovering"
        | "myeduzz.invoice_overdue"
        | "myeduzz.invoice_negotiated" => OrderState::Pending,
        "myeduzz.invoice_waiting_refund" => return Err(Ignored::RefundRequested.into()),
        "myeduzz.invoice_refunded" => OrderState::Refunded,
        "myeduzz.invoice_canceled" => OrderState::Canceled,
        "myeduzz.invoice_expired" => OrderState::Expired,
        "myeduzz.invoice_refused" => OrderState::Refused,
        "myeduzz.invoice_chargeback" => OrderState::ChargedBack,
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let data = body.at("data");
    let contradicts = data.at("status").text().is_some_and(|status| status != "paid");
    if state == OrderState::Paid && contradicts {
        return Err(Rejected::StateContradictory.into());
    }
    Ok(Outcome::order(order(body, state, context)?))
}

fn order(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let data = body.at("data");
    let mut order = match state {
        OrderState::Abandoned => Order::abandoned(body.at("id").owned(), context.received_at_s),
        _ => Order::new(Order::id(data.at("id").text())?, state, context.received_at_s),
    };
    order.ordered_at = when::rfc3339(data.at("createdAt"));
    order.paid_at = when::rfc3339(data.at("paidAt"));
    order.changed_at = when::rfc3339(body.at("sentDate"));
    order.buyer = buyer(data.at("buyer"));
    order.tracking = tracking(data);
    let mut order = order.priced(amounts(data))?;
    order.items = data.at("items").list().into_iter().filter_map(item).collect();
    Ok(order)
}

fn amounts(data: &Value) -> Result<Amounts, Rejected> {
    let of = |field: &str| {
        let stated = data.at(field);
        amount::decimal(stated.at("value"), amount::currency(stated.at("currency")))
    };
    Ok(Amounts { price: of("price")?, gross: amount::extra(of("paid")), net: None })
}

fn buyer(buyer: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(buyer.at("name").text());
    person.email = buyer.at("email").owned();
    person.phones = ["cellphone", "phone", "phone2"].into_iter().filter_map(|name| buyer.at(name).owned()).collect();
    person
}

/// `utm` of an invoice; a cart has `tracker`, under names of its own.
fn tracking(data: &Value) -> Tracking {
    const PARTS: [(&str, &str, &str); 5] = [
        ("utm_content", "content", "utmContent"),
        ("utm_source", "source", "utmSource"),
        ("utm_medium", "medium", "utmMedium"),
        ("utm_campaign", "campaign", "utmCampaign"),
        ("utm_term", "term", "utmTerm"),
    ];
    let (utm, tracker) = (data.at("utm"), data.at("tracker"));
    slots::read(PARTS.into_iter().flat_map(|(name, part, old)| [(name, utm.at(part)), (name, tracker.at(old))]))
}

fn item(item: &Value) -> Option<Item> {
    let price = item.at("price");
    let price = amount::extra(amount::decimal(price.at("value"), amount::currency(price.at("currency"))));
    Some(Item { id: item.at("productId").owned()?, quantity: Some(1), price })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn verified(signature: &str, body: &str) -> Authenticity {
        let headers = headers(&[("x-signature", signature)]);
        Platform::Eduzz.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context())
    }

    #[test]
    fn the_constructed_signature_is_right() {
        let signature = "0bc96f3e4bebb7ca72253abf7d6665919694c10102898c1174262aa619f3d5f4";
        assert_eq!(verified(signature, r#"{"id":"1","total":"10.00"}"#), Authenticity::Authentic);
        assert_eq!(verified(signature, r#"{"id":"2","total":"10.00"}"#), Authenticity::NotAuthentic);
    }

    #[test]
    fn p08_probes_the_ping_that_switches_a_url_on_is_answered_unsigned() {
        for event in ["ping", "myeduzz.ping"] {
            let body = format!(r#"{{"id":"1","event":"{event}","data":{{}}}}"#);
            assert_eq!(verified("", &body), Authenticity::Probe);
            assert_eq!(said(&read(Platform::Eduzz, &body)), "event_not_used");
        }
        assert_eq!(verified("", r#"{"event":"myeduzz.invoice_paid"}"#), Authenticity::NotAuthentic);
    }

    #[test]
    fn p17_refunds_a_refund_that_was_asked_for_is_none() {
        let body = r#"{"id":"1","event":"myeduzz.invoice_waiting_refund","data":{"id":"2","status":"waiting_refund"}}"#;
        assert_eq!(said(&read(Platform::Eduzz, body)), "refund_requested");
    }
}
