//! Shopify, webhooks of the shop's orders.
//!
//! - Authenticity: `X-Shopify-Hmac-Sha256` is the base64 HMAC-SHA256 of the body. After a rotation the old secret may sign for
//!   an hour more.
//! - What happened stands in a header alone, `X-Shopify-Topic`. `orders/paid` is a sale; of other topics of an order,
//!   `financial_status` says where it stands (Shopify, `OrderDisplayFinancialStatus`). A refund is taken from `orders/updated`, which
//!   follows each `refunds/create` and says whether all was paid back. A left checkout is the shop's to infer.
//! - When an order was paid is the time of `orders/paid` alone. Where another topic is the first to tell of a paid order, its own
//!   time may be that of a parcel weeks later: the order counts at the time it was made.
//! - `total_price` in `currency` is the shop's money: after discounts, with freight and taxes.
//! - Cart attributes come back as `note_attributes`, the landing page's query in `landing_site`. The address and agent are the
//!   buyer's unless the order was made by hand or at a till.
//! - A subscription's further orders come from `subscription_contract_checkout_one` (`source_name`; older: `subscription_contract`),
//!   its first from where the buyer was. Apps that make their orders themselves may say otherwise.
//! - `test: true` is an order of the test gateway.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::money::Currency;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected, Tracking};

/// Where orders come from whose address is the merchant's.
const BY_THE_MERCHANT: [&str; 2] = ["pos", "shopify_draft_order"];

pub(super) const ADAPTER: Adapter = Adapter {
    slot: None,
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross],
    is_authentic: |secrets: &[Secret], delivery, _| {
        sign::is_hmac_sha256(secrets, delivery.body(), delivery.header("x-shopify-hmac-sha256"), sign::Written::Base64)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |delivery| delivery.header("x-shopify-webhook-id").map(str::to_owned),
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let topic = delivery.header("x-shopify-topic");
    let state = match topic {
        Some("refunds/create") => return Err(Ignored::CountedElsewhere.into()),
        Some(other) if !other.starts_with("orders/") => return Err(Ignored::EventNotUsed.into()),
        Some("orders/paid") => OrderState::Paid,
        Some("orders/cancelled") => stated(body)?.filter(|state| is_paid_back(*state)).unwrap_or(OrderState::Canceled),
        // A new order that says nothing of its payment waits for it: it is paid only when Shopify says so.
        Some("orders/create") => stated(body)?.unwrap_or(OrderState::Pending),
        Some(_) | None => match stated(body)? {
            Some(state) => state,
            None => return Err(Ignored::PaymentNotStated.into()),
        },
    };
    let order = order(body, state, delivery, context)?;
    Ok(Outcome::order_or_test(order, body.at("test").flag() == Some(true)))
}

/// Where the order stands by `financial_status`; `None` if it is not there.
fn stated(body: &Value) -> Result<Option<OrderState>, Rejected> {
    Ok(Some(match body.at("financial_status").text() {
        None => return Ok(None),
        Some("paid") => OrderState::Paid,
        Some("pending" | "authorized" | "partially_paid") => OrderState::Pending,
        Some("refunded") => OrderState::Refunded,
        Some("partially_refunded") => OrderState::PartiallyRefunded,
        Some("voided") => OrderState::Canceled,
        Some("expired") => OrderState::Expired,
        Some(_) => return Err(Rejected::StateUnknown),
    }))
}

fn is_paid_back(state: OrderState) -> bool {
    matches!(state, OrderState::Refunded | OrderState::PartiallyRefunded)
}

fn order(body: &Value, state: OrderState, delivery: &Delivery<'_>, context: &Context) -> Result<Order, Rejected> {
    let mut order = Order::new(Order::id(body.at("id").text())?, state, context.received_at_s);
    let triggered_at = delivery.header("x-shopify-triggered-at").map(|text| Value::Text(text.to_owned()));
    order.ordered_at = when::rfc3339(body.at("created_at"));
    order.changed_at = triggered_at.as_ref().and_then(when::rfc3339).or_else(|| when::rfc3339(body.at("updated_at")));
    if state == OrderState::Paid {
        let is_the_payment = delivery.header("x-shopify-topic") == Some("orders/paid");
        order.paid_at = if is_the_payment { order.changed_at } else { order.ordered_at };
    }
    if body.at("source_name").text().is_some_and(|source| source.starts_with("subscription_contract")) {
        order.kind = Kind::Renewal { number: None };
    }
    order.buyer = buyer(body);
    order.tracking = tracking(body);
    let mut order = order.priced(amounts(body))?;
    let currency = amount::currency(body.at("currency"));
    order.items = body.at("line_items").list().into_iter().filter_map(|line| item(line, currency)).collect();
    Ok(order)
}

fn amounts(body: &Value) -> Result<Amounts, Rejected> {
    Ok(Amounts::total(amount::decimal(body.at("total_price"), amount::currency(body.at("currency")))?))
}

fn buyer(body: &Value) -> Buyer {
    let customer = body.at("customer");
    let addresses = [body.at("billing_address"), body.at("shipping_address"), customer.at("default_address")];
    let address =
        addresses.into_iter().find(|address| !address.fields().is_empty()).unwrap_or(body.at("billing_address"));
    let first = |fields: &[&Value]| fields.iter().find_map(|field| field.owned());
    let mut person = Buyer {
        email: first(&[body.at("email"), body.at("contact_email"), customer.at("email")]),
        first_name: first(&[customer.at("first_name"), address.at("first_name")]),
        last_name: first(&[customer.at("last_name"), address.at("last_name")]),
        city: address.at("city").owned(),
        state: first(&[address.at("province_code"), address.at("province")]),
        zip: address.at("zip").owned(),
        country: first(&[address.at("country_code"), address.at("country")]),
        ..Buyer::default()
    };
    let phones =
        [body.at("phone"), customer.at("phone")].into_iter().chain(addresses.map(|address| address.at("phone")));
    person.phones = phones.filter_map(Value::owned).collect();
    if !body.at("source_name").text().is_some_and(|source| BY_THE_MERCHANT.contains(&source)) {
        person.ip = first(&[body.at("browser_ip"), body.at("client_details.browser_ip")]);
        person.user_agent = body.at("client_details.user_agent").owned();
    }
    person
}

/// The cart's attributes, then the landing page's query.
fn tracking(body: &Value) -> Tracking {
    let attributes = slots::pairs(body.at("note_attributes"), "name", "value");
    slots::read(slots::known(&attributes)).merged(slots::of_page(body.at("landing_site")))
}

fn item(line: &Value, currency: Result<Currency, Rejected>) -> Option<Item> {
    let id = [line.at("product_id"), line.at("sku"), line.at("variant_id")].into_iter().find_map(Value::owned)?;
    let price = amount::extra(amount::decimal(line.at("price"), currency));
    Some(Item { id, quantity: line.at("quantity").count(), price })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn verified(signature: &str) -> Authenticity {
        let headers = headers(&[("x-shopify-hmac-sha256", signature)]);
        let delivery = Delivery::new(&headers, "", br#"{"id":"1","total":"10.00"}"#);
        Platform::Shopify.verify(&secrets(), &delivery, &context())
    }

    #[test]
    fn the_constructed_signature_is_right() {
        assert_eq!(verified("C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fQ="), Authenticity::Authentic);
        assert_eq!(verified("C8lvPkvrt8pyJTq/fWZlkZaUwQECiYwRdCYqphnz1fR="), Authenticity::NotAuthentic);
    }

    fn outcome(topic: &str, status: &str) -> String {
        let headers = headers(&[("x-shopify-topic", topic)]);
        let body = format!(r#"{{"id":1,"total_price":"9.00","currency":"BRL","financial_status":{status}}}"#);
        said(&Platform::Shopify.parse_delivery(&Delivery::new(&headers, "", body.as_bytes()), &context()))
    }

    #[test]
    fn p03_an_order_that_is_made_is_not_an_order_that_is_paid() {
        let cases = [
            ("orders/paid", "null", "paid and 0"),
            ("orders/create", "null", "pending and 0"),
            ("orders/create", "\"pending\"", "pending and 0"),
            ("orders/create", "\"authorized\"", "pending and 0"),
            ("orders/create", "\"paid\"", "paid and 0"),
            ("orders/updated", "null", "payment_not_stated"),
            ("orders/updated", "\"partially_paid\"", "pending and 0"),
            ("orders/updated", "\"partially_refunded\"", "partially_refunded and 0"),
            ("orders/updated", "\"voided\"", "canceled and 0"),
            ("orders/updated", "\"odd\"", "state_unknown"),
            ("orders/cancelled", "\"paid\"", "canceled and 0"),
            ("orders/cancelled", "\"refunded\"", "refunded and 0"),
            ("refunds/create", "null", "counted_elsewhere"),
            ("checkouts/update", "null", "event_not_used"),
        ];
        for (topic, status, said) in cases {
            assert_eq!(outcome(topic, status), said, "{topic} {status}");
        }
    }

    #[test]
    fn a_parcel_of_an_old_order_is_no_sale_of_today() {
        let at = |topic: &str| {
            let headers = headers(&[("x-shopify-topic", topic), ("x-shopify-triggered-at", "2026-01-20T09:00:00Z")]);
            let body = br#"{"id":1,"total_price":"9.00","currency":"BRL","financial_status":"paid",
                "created_at":"2025-10-01T12:00:00Z","updated_at":"2026-01-20T09:00:00Z"}"#;
            match Platform::Shopify.parse_delivery(&Delivery::new(&headers, "", body), &context()) {
                Outcome::Orders { main, .. } => main.event_time().unix_s(),
                other => panic!("{}", said(&other)),
            }
        };
        assert_eq!(at("orders/updated"), 1_759_320_000);
        assert_eq!(at("orders/paid"), 1_768_899_600);
    }

    #[test]
    fn p02_a_subscriptions_further_orders_are_no_sales() {
        let kind = |source: &str| {
            let body = format!(r#"{{"id":1,"total_price":"9.00","currency":"BRL","financial_status":"paid"{source}}}"#);
            one(Platform::Shopify, &body).kind
        };
        for source in ["subscription_contract", "subscription_contract_checkout_one"] {
            let further = kind(&format!(r#","source_name":"{source}""#));
            assert_eq!(further, Kind::Renewal { number: None }, "{source}");
        }
        assert_eq!((kind(r#","source_name":"web""#), kind("")), (Kind::First, Kind::First));
    }

    #[test]
    fn the_address_of_a_till_is_not_the_buyers() {
        let body = |source: &str| {
            let body = format!(r#"{{"browser_ip":"203.0.113.7","source_name":"{source}"}}"#);
            buyer(&Value::parse(body.as_bytes()).unwrap()).ip
        };
        assert_eq!(body("web").as_deref(), Some("203.0.113.7"));
        assert_eq!((body("pos"), body("shopify_draft_order")), (None, None));
    }
}
