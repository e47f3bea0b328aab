//! Kiwify.
//!
//! - Authenticity: `?signature=` is the hex HMAC-SHA1 of the body by the webhook's token. Some handlers see the order in a
//!   wrapper `{url, signature, order}`: a signature inside the body proves nothing.
//! - A sale is `order_approved`. Each payment of a subscription is an order of its own and comes twice, as `order_approved` and
//!   as `subscription_renewed`; more than one paid charge in `Subscription.charges.completed` tells it from the first. A left
//!   cart is a flat body without an event.
//! - `Commissions.charge_amount` is what was charged, in hundredths; `my_commission` is the share of the account that the webhook
//!   is of.
//! - Times have no zone and no seconds.
//! - The panel's test button sends one sample person under Kiwify's own Instagram name.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected};

/// Where the click id may come back; the parameters that sellers use least come first.
const SLOTS: [&str; 10] =
    ["s1", "s2", "s3", "sck", "src", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("s1"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross, Amount::Net],
    is_authentic: |secrets: &[Secret], delivery, _| {
        let given = delivery.parameter("signature");
        sign::is_hmac_sha1(secrets, delivery.body(), given.as_deref(), sign::Written::Hex)
    },
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let wrapped = body.at("order");
    let body = if wrapped.fields().is_empty() { body } else { wrapped };
    if body.at("webhook_event_type").text().is_none() && body.at("status").text() == Some("abandoned") {
        let cart = cart(body, context)?;
        return Ok(Outcome::order_or_test(cart, is_test(body)));
    }
    let order = order(body, state(body)?, context)?;
    Ok(Outcome::order_or_test(order, is_test(body)))
}

/// Whether the buyer is the person of the test button's sale, or of its cart.
fn is_test(body: &Value) -> bool {
    let is = |path: &str, text: &str| body.at(path).text() == Some(text);
    (is("Customer.full_name", "John Doe") && is("Customer.instagram", "@kiwify"))
        || (is("name", "John Doe") && is("email", "johndoe@example.com"))
}

/// The event, and the status that must not contradict it.
fn state(body: &Value) -> Result<OrderState, NoOrder> {
    let by_status = match body.at("order_status").text() {
        Some("paid") => Some(OrderState::Paid),
        Some("waiting_payment") => Some(OrderState::Pending),
        Some("refused") => Some(OrderState::Refused),
        Some("refunded") => Some(OrderState::Refunded),
        Some("chargedback") => Some(OrderState::ChargedBack),
        _ => None,
    };
    let state = match body.at("webhook_event_type").text() {
        Some("order_approved" | "subscription_renewed") => OrderState::Paid,
        Some("order_rejected") => OrderState::Refused,
        Some("order_refunded") => OrderState::Refunded,
        Some("chargeback") => OrderState::ChargedBack,
        Some("pix_created" | "billet_created") => OrderState::Pending,
        Some(_) => return Err(Ignored::EventNotUsed.into()),
        None => by_status.ok_or(Rejected::StateMissing)?,
    };
    let contradicts = state == OrderState::Paid && by_status.is_some_and(|stated| stated != OrderState::Paid);
    if contradicts { Err(Rejected::StateContradictory.into()) } else { Ok(state) }
}

fn order(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let mut order = Order::new(Order::id(body.at("order_id").text())?, state, context.received_at_s);
    order.kind = kind(body);
    order.ordered_at = when::brazilian(body.at("created_at"));
    order.paid_at = when::brazilian(body.at("approved_date"));
    let refunded_at = when::brazilian(body.at("refunded_at")).filter(|_| state == OrderState::Refunded);
    order.changed_at = refunded_at.or_else(|| when::brazilian(body.at("updated_at")));
    order.buyer = buyer(body.at("Customer"));
    let parameters = body.at("TrackingParameters");
    order.tracking = slots::read(SLOTS.map(|name| (name, parameters.at(name))));
    let mut order = order.priced(amounts(body.at("Commissions")))?;
    order.items = item(body.at("Product.product_id"));
    Ok(order)
}

fn kind(body: &Value) -> Kind {
    let charges = body.at("Subscription.charges.completed").list();
    let paid = charges.iter().filter(|charge| charge.at("status").text() == Some("paid")).count();
    let number = u32::try_from(paid).ok().filter(|number| *number > 1);
    let is_renewal = number.is_some() || body.at("webhook_event_type").text() == Some("subscription_renewed");
    if is_renewal { Kind::Renewal { number } } else { Kind::First }
}

fn amounts(commissions: &Value) -> Result<Amounts, Rejected> {
    let of = |field: &str| amount::hundredths(commissions.at(field), amount::currency(commissions.at("currency")));
    Ok(Amounts { net: amount::extra(of("my_commission")), ..Amounts::total(of("charge_amount")?) })
}

fn buyer(customer: &Value) -> Buyer {
    let mut person = Buyer::default();
    let (full, first) = (customer.at("full_name").text(), customer.at("first_name").text());
    person.named(full);
    if let Some(first) = first {
        let rest = full.and_then(|full| full.strip_prefix(first)).filter(|rest| rest.starts_with(' '));
        person.first_name = Some(first.to_owned());
        person.last_name = rest.map(|rest| rest.trim().to_owned()).or(person.last_name);
    }
    person.email = customer.at("email").owned();
    person.phones = customer.at("mobile").owned().into_iter().collect();
    person.city = customer.at("city").owned();
    person.state = customer.at("state").owned();
    person.zip = customer.at("zipcode").owned();
    person.country = customer.at("country").owned();
    person.ip = customer.at("ip").owned();
    person
}

fn cart(body: &Value, context: &Context) -> Result<Order, Rejected> {
    let mut cart = Order::new(Order::id(body.at("id").text())?, OrderState::Abandoned, context.received_at_s);
    cart.changed_at = when::rfc3339(body.at("created_at"));
    cart.ordered_at = cart.changed_at;
    cart.buyer.named(body.at("name").text());
    cart.buyer.email = body.at("email").owned();
    cart.buyer.phones = body.at("phone").owned().into_iter().collect();
    cart.buyer.country = body.at("country").owned();
    cart.items = item(body.at("product_id"));
    Ok(cart)
}

fn item(id: &Value) -> Vec<Item> {
    id.owned().map(|id| Item { id, quantity: Some(1), price: None }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    #[test]
    fn the_signature_of_the_query_counts_and_one_in_the_body_does_not() {
        let headers = headers(&[]);
        let verified = |query: &str, body: &str| {
            Platform::Kiwify.verify(&secrets(), &Delivery::new(&headers, query, body.as_bytes()), &context())
        };
        let body = r#"{"id":"1","total":"10.00"}"#;
        let signature = "b9fda47b7d4f2f1e90c89b8be909aaff6ffa2b44";
        assert_eq!(verified(&format!("signature={signature}"), body), Authenticity::Authentic);
        assert_eq!(verified(&format!("a=b&signature={signature}"), body), Authenticity::Authentic);
        assert_eq!(verified("signature=", body), Authenticity::NotAuthentic);
        assert_eq!(
            verified("", &format!(r#"{{"signature":"{signature}","order":{body}}}"#)),
            Authenticity::NotAuthentic
        );
    }

    fn renewal(event: &str, charges: &str) -> String {
        format!(
            r#"{{"order_id":"o2","order_status":"paid","webhook_event_type":"{event}","Commissions":{{"charge_amount":9710,
                "currency":"BRL"}},"Subscription":{{"charges":{{"completed":[{charges}]}}}}}}"#
        )
    }

    #[test]
    fn both_deliveries_of_a_renewal_are_renewals_of_one_order() {
        let charges = r#"{"order_id":"o1","status":"paid"},{"order_id":"o2","status":"paid"}"#;
        for event in ["order_approved", "subscription_renewed"] {
            assert_eq!(
                one(Platform::Kiwify, &renewal(event, charges)).kind,
                Kind::Renewal { number: Some(2) },
                "{event}"
            );
        }
        let first =
            renewal("order_approved", r#"{"order_id":"o2","status":"paid"},{"order_id":"o2","status":"refused"}"#);
        assert_eq!(one(Platform::Kiwify, &first).kind, Kind::First);
    }

    #[test]
    fn an_event_that_its_status_contradicts_is_rejected() {
        let body = renewal("order_approved", "").replace("\"paid\"", "\"refused\"");
        assert_eq!(said(&read(Platform::Kiwify, &body)), "state_contradictory");
    }
}
