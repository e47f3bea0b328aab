//! Cakto.
//!
//! - Authenticity: the webhook's `secret`, in the body.
//! - A sale is `purchase_approved`. A webhook of the second version posts a list: the main order and its bumps, each an order
//!   with its own amount, the bumps with the main one's `refId` as `parent_order`.
//! - Each further payment of a subscription is an order of its own that comes as `purchase_approved` too, with the order before
//!   it as `parent_order`; `subscription_period` counts the payments. `subscription_renewed` has the shape of one too.
//! - `amount` is decimal reais after the discount; a producer's commission is the share of the seller. The currency is not
//!   stated: Cakto sells in reais.
//! - `fbc`, `fbp`, `sck` and the campaign come back in the order, and the checkout's whole query in `checkoutUrl`. Nothing else is
//!   of the buyer's browser.
//! - The test button sends the documentation's example: the checkout `…/EXAMPLE`, and the blocks of four payment methods at once,
//!   of which an order has one.

use super::{Adapter, Context, Delivery, NoOrder, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected, Tracking};

/// The event of a subscription's further payment.
const RENEWED: &str = "subscription_renewed";
/// More than a checkout offers at once.
const MAX_ORDERS: usize = 50;

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("sck"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Net],
    is_authentic: |secrets, delivery, _| sign::is_token(secrets, delivery.field("secret")),
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("event").text().ok_or(Rejected::StateMissing)?;
    let state = match event {
        "purchase_approved" | RENEWED => OrderState::Paid,
        "purchase_refused" => OrderState::Refused,
        "pix_gerado" | "boleto_gerado" => OrderState::Pending,
        "refund" => OrderState::Refunded,
        "chargeback" => OrderState::ChargedBack,
        "checkout_abandonment" => OrderState::Abandoned,
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let data = body.at("data");
    let all = if data.fields().is_empty() { data.list() } else { vec![data] };
    if all.len() > MAX_ORDERS {
        return Err(Rejected::TooManySales.into());
    }
    let main = all.iter().position(|data| !is_bump(data)).unwrap_or(0);
    let is_test = all.iter().any(|data| is_test(data));
    let mut orders = Vec::new();
    for data in all {
        let mut order = order(data, state, delivery, context)?;
        if event == RENEWED && !matches!(order.kind, Kind::Renewal { .. }) {
            order.kind = Kind::Renewal { number: None };
        }
        orders.push(order);
    }
    if main >= orders.len() {
        return Err(Rejected::OrderIdMissing.into());
    }
    let main = orders.swap_remove(main);
    Ok(if is_test { Outcome::test_sale(main) } else { Outcome::Orders { main: Box::new(main), also: orders } })
}

fn is_test(data: &Value) -> bool {
    let url = data.at("checkoutUrl").text().unwrap_or_default();
    let is_example = url.split('?').next().is_some_and(|page| page.ends_with("/EXAMPLE"));
    let methods = ["card", "boleto", "pix", "picpay"];
    is_example || methods.into_iter().all(|method| !data.at(method).fields().is_empty())
}

fn is_bump(data: &Value) -> bool {
    data.at("offer_type").text() == Some("orderbump") || data.at("parent_order").text().is_some()
}

fn kind(data: &Value) -> Kind {
    match Kind::of_payment(data.at("subscription_period").integer()) {
        Kind::First if is_bump(data) => Kind::OrderBump { parent: Order::id(data.at("parent_order").text()).ok() },
        kind => kind,
    }
}

fn order(data: &Value, state: OrderState, delivery: &Delivery<'_>, context: &Context) -> Result<Order, Rejected> {
    if state == OrderState::Abandoned {
        return Ok(cart(data, delivery, context));
    }
    if state == OrderState::Paid && data.at("status").text().is_some_and(|status| status != "paid") {
        return Err(Rejected::StateContradictory);
    }
    let mut order = Order::new(Order::id(data.at("id").text())?, state, context.received_at_s);
    order.kind = kind(data);
    order.ordered_at = when::rfc3339(data.at("createdAt"));
    order.paid_at = when::rfc3339(data.at("paidAt"));
    order.changed_at = when::rfc3339(data.at(match state {
        OrderState::Paid => "paidAt",
        OrderState::Refunded => "refundedAt",
        OrderState::ChargedBack => "chargedbackAt",
        _ => "createdAt",
    }));
    order.buyer = buyer(data);
    order.tracking = tracking(data);
    let mut order = order.priced(amounts(data))?;
    if let Some(id) = data.at("product.id").owned() {
        order.items = vec![Item { id, quantity: Some(1), price: order.amounts.price }];
    }
    Ok(order)
}

fn amounts(data: &Value) -> Result<Amounts, Rejected> {
    let commissions = data.at("commissions").list();
    let producers = commissions.into_iter().find(|share| share.at("type").text() == Some("producer"));
    Ok(Amounts {
        price: amount::decimal(data.at("amount"), amount::brl())?,
        gross: None,
        net: producers.and_then(|share| amount::extra(amount::decimal(share.at("totalAmount"), amount::brl()))),
    })
}

fn buyer(data: &Value) -> Buyer {
    let mut person = Buyer::default();
    let customer = data.at("customer");
    person.named(customer.at("name").text());
    person.email = customer.at("email").owned();
    person.phones = customer.at("phone").owned().into_iter().collect();
    person
}

/// The order's own fields; what they leave out, from the query that the checkout was opened with.
fn tracking(data: &Value) -> Tracking {
    slots::read(slots::known(data)).merged(slots::of_page(data.at("checkoutUrl")))
}

fn cart(data: &Value, delivery: &Delivery<'_>, context: &Context) -> Order {
    let mut cart = Order::abandoned(Some(delivery.digest()), context.received_at_s);
    cart.changed_at = when::rfc3339(data.at("createdAt"));
    cart.buyer.named(data.at("customerName").text());
    cart.buyer.email = data.at("customerEmail").owned();
    cart.buyer.phones = data.at("customerCellphone").owned().into_iter().collect();
    cart.tracking = tracking(data);
    cart
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    #[test]
    fn the_secret_of_the_body_counts() {
        let headers = headers(&[]);
        let verified =
            |body: &str| Platform::Cakto.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context());
        assert_eq!(verified(r#"{"secret":"test-secret","event":"refund"}"#), Authenticity::Authentic);
        for body in
            [r#"{"secret":"other"}"#, r#"{"secret":["test-secret"]}"#, r#"{"data":{"secret":"test-secret"}}"#, "{}"]
        {
            assert_eq!(verified(body), Authenticity::NotAuthentic, "{body}");
        }
    }

    fn approved(data: &str) -> String {
        format!(r#"{{"secret":"s","event":"purchase_approved","data":{data}}}"#)
    }

    #[test]
    fn p09_type_instability_one_order_and_a_list_of_it_are_one() {
        let order = r#"{"id":"o1","status":"paid","amount":"90.00"}"#;
        for data in [order.to_owned(), format!("[{order}]")] {
            assert_eq!(said(&read(Platform::Cakto, &approved(&data))), "paid and 0");
        }
        for data in ["[]", "{}", "null"] {
            assert_eq!(said(&read(Platform::Cakto, &approved(data))), "order_id_missing", "{data}");
        }
    }

    #[test]
    fn the_examples_of_the_test_button_are_no_sales() {
        for data in [
            r#"{"id":"1","amount":90,"checkoutUrl":"https://pay.cakto.com.br/EXAMPLE?utm_source=test"}"#,
            r#"{"id":"1","amount":90,"card":{"a":1},"boleto":{"a":1},"pix":{"a":1},"picpay":{"a":1}}"#,
        ] {
            assert_eq!(said(&read(Platform::Cakto, &approved(data))), "test_sale", "{data}");
        }
        let real =
            r#"{"id":"1","amount":90,"checkout":12345,"card":{"a":1},"checkoutUrl":"https://pay.cakto.com.br/abc"}"#;
        assert_eq!(said(&read(Platform::Cakto, &approved(real))), "paid and 0");
    }

    #[test]
    fn p02_a_renewal_reuses_the_approved_event_and_is_no_second_sale() {
        let kind = |fields: &str| one(Platform::Cakto, &approved(&format!(r#"{{"id":"o2","amount":5{fields}}}"#))).kind;
        let parent = || Order::id(Some("o1")).ok();
        for offer_type in ["main", "orderbump"] {
            let offer = format!(r#","offer_type":"{offer_type}","parent_order":"o1","subscription_period""#);
            assert_eq!(kind(&format!("{offer}:2")), Kind::Renewal { number: Some(2) }, "{offer_type}");
            assert_eq!(kind(&format!("{offer}:1")), Kind::OrderBump { parent: parent() }, "{offer_type}");
        }
        assert_eq!(kind(r#","offer_type":"main","subscription_period":1"#), Kind::First);
        for (fields, number) in [(r#","parent_order":"o1","subscription_period":2"#, Some(2)), ("", None)] {
            let body = approved(&format!(r#"{{"id":"o2","amount":5{fields}}}"#)).replace("purchase_approved", RENEWED);
            assert_eq!(one(Platform::Cakto, &body).kind, Kind::Renewal { number }, "{fields}");
        }
    }

    #[test]
    fn one_bump_without_an_amount_rejects_the_delivery_as_a_whole() {
        let data = r#"[{"id":"1","amount":90},{"id":"2","offer_type":"orderbump","parent_order":"1"}]"#;
        assert_eq!(said(&read(Platform::Cakto, &approved(data))), "value_missing");
    }
}
