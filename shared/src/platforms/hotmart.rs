//! Hotmart, webhook 2.0.
//!
//! - Authenticity: the account's constant token in `X-HOTMART-HOTTOK`; some deliveries have it in the body, as `hottok`.
//! - A sale is `PURCHASE_APPROVED`; `PURCHASE_COMPLETE` repeats it when the guarantee is over. A pix or boleto that waits comes
//!   as `PURCHASE_BILLET_PRINTED`. `PURCHASE_PROTEST` is a refund that was asked for.
//! - `price` is what the seller sold for, `full_price` has the interest of the buyer's instalments in it, and
//!   `commissions[source=PRODUCER]` is the producer's share. A connection is of the producer's account.
//! - Every order bump and every payment of a subscription is a transaction of its own.
//! - The click id comes back in `purchase.origin.xcod`, `sck` or `src`; an empty `sck` is filled with a word of Hotmart's own.
//! - The test button sends product 0. No address or agent of the buyer is in any delivery.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("xcod"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross, Amount::Net],
    is_authentic,
    is_probe: |_| false,
    parse,
    delivery_id: |delivery| delivery.field("id").map(str::to_owned),
};

fn is_authentic(secrets: &[Secret], delivery: &Delivery<'_>, _: &Context) -> bool {
    sign::is_token(secrets, delivery.header("x-hotmart-hottok").or_else(|| delivery.field("hottok")))
}

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("event").text().ok_or(Rejected::StateMissing)?;
    let state = match event {
        "PURCHASE_APPROVED" => OrderState::Paid,
        "PURCHASE_BILLET_PRINTED" | "PURCHASE_DELAYED" => OrderState::Pending,
        "PURCHASE_EXPIRED" => OrderState::Expired,
        "PURCHASE_CANCELED" => OrderState::Canceled,
        "PURCHASE_REFUNDED" => OrderState::Refunded,
        "PURCHASE_CHARGEBACK" => OrderState::ChargedBack,
        "PURCHASE_OUT_OF_SHOPPING_CART" => OrderState::Abandoned,
        "PURCHASE_COMPLETE" | "PURCHASE_PROTEST" if is_test(body) => return Err(Ignored::TestSale.into()),
        "PURCHASE_COMPLETE" => return Err(Ignored::CompletedSale.into()),
        "PURCHASE_PROTEST" => return Err(Ignored::RefundRequested.into()),
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let order = order(body, state, context)?;
    Ok(Outcome::order_or_test(order, is_test(body)))
}

fn is_test(body: &Value) -> bool {
    body.at("data.product.id").text() == Some("0")
}

fn order(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let purchase = body.at("data.purchase");
    let mut order = match state {
        OrderState::Abandoned => Order::abandoned(body.at("id").owned(), context.received_at_s),
        _ => Order::new(Order::id(purchase.at("transaction").text())?, state, context.received_at_s),
    };
    if state == OrderState::Paid && purchase.at("status").text().is_some_and(|status| status != "APPROVED") {
        return Err(Rejected::StateContradictory);
    }
    order.kind = kind(purchase);
    order.ordered_at = when::unix_ms(purchase.at("order_date"));
    order.paid_at = when::unix_ms(purchase.at("approved_date"));
    order.changed_at = when::unix_ms(body.at("creation_date"));
    order.buyer = buyer(body.at("data.buyer"), purchase);
    let origin = purchase.at("origin");
    order.tracking = slots::read(["xcod", "sck", "src"].map(|name| (name, origin.at(name))));
    let order = order.priced(amounts(body))?;
    Ok(with_item(order, body.at("data.product")))
}

fn kind(purchase: &Value) -> Kind {
    let bump = purchase.at("order_bump");
    match Kind::of_payment(purchase.at("recurrence_number").integer()) {
        // A further payment of a subscription that began as a bump is no sale either.
        Kind::First if bump.at("is_order_bump").flag() == Some(true) => {
            Kind::OrderBump { parent: Order::id(bump.at("parent_purchase_transaction").text()).ok() }
        }
        kind => kind,
    }
}

fn amounts(body: &Value) -> Result<Amounts, Rejected> {
    let of = |stated: &Value| amount::decimal(stated.at("value"), amount::currency(stated.at("currency_value")));
    let commissions = body.at("data.commissions").list();
    let producers = commissions.into_iter().find(|share| share.at("source").text() == Some("PRODUCER"));
    Ok(Amounts {
        price: of(body.at("data.purchase.price"))?,
        gross: amount::extra(of(body.at("data.purchase.full_price"))),
        net: producers.and_then(|share| amount::extra(of(share))),
    })
}

fn buyer(buyer: &Value, purchase: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(buyer.at("name").text());
    person.first_name = buyer.at("first_name").owned().or(person.first_name);
    person.last_name = buyer.at("last_name").owned().or(person.last_name);
    person.email = buyer.at("email").owned();
    person.phones = phones(buyer);
    let address = buyer.at("address");
    person.city = address.at("city").owned();
    person.state = address.at("state").owned();
    person.zip = address.at("zipcode").owned();
    let country = [address.at("country_iso"), address.at("country"), purchase.at("checkout_country.iso")];
    person.country = country.into_iter().find_map(Value::owned);
    person
}

/// The phone with its country code where that is one; then as it is. A left cart has it as `phone`.
fn phones(buyer: &Value) -> Vec<String> {
    let number = buyer.at("checkout_phone").text();
    let code = buyer.at("checkout_phone_code").text().filter(|code| code.len() <= 3);
    let whole = code.zip(number).map(|(code, number)| format!("+{code}{number}"));
    let others = [number, buyer.at("phone").text()].into_iter().flatten().map(str::to_owned);
    whole.into_iter().chain(others).collect()
}

fn with_item(mut order: Order, product: &Value) -> Order {
    if let Some(id) = product.at("id").owned() {
        order.items = vec![Item { id, quantity: Some(1), price: order.amounts.price }];
    }
    order
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn body(event: &str, status: &str) -> String {
        format!(
            r#"{{"id":"d1","creation_date":1767225730123,"event":"{event}","data":{{"product":{{"id":1}},"purchase":{{
                "transaction":"HP1","status":"{status}","approved_date":1767225725000,
                "price":{{"value":97.1,"currency_value":"BRL"}}}}}}}}"#
        )
    }

    #[test]
    fn the_token_is_taken_from_the_header_or_from_the_body() {
        let verified = |token: Option<&str>, body: &str| {
            let headers = token.map_or_else(Default::default, |token| headers(&[("x-hotmart-hottok", token)]));
            Platform::Hotmart.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context())
        };
        assert_eq!(verified(Some("test-secret"), "{}"), Authenticity::Authentic);
        assert_eq!(verified(None, r#"{"hottok":"test-secret"}"#), Authenticity::Authentic);
        assert_eq!(verified(None, "{}"), Authenticity::NotAuthentic);
        assert_eq!(verified(Some("other"), r#"{"hottok":"test-secret"}"#), Authenticity::NotAuthentic);
    }

    #[test]
    fn p02_completion_is_not_a_second_sale() {
        assert_eq!(said(&read(Platform::Hotmart, &body("PURCHASE_COMPLETE", "COMPLETED"))), "completed_sale");
    }

    #[test]
    fn p02_a_further_payment_of_a_subscription_is_no_second_sale_even_of_a_bump() {
        let kind = |fields: &str| {
            let fields = format!(r#""transaction":"HP1",{fields},"#);
            let body = body("PURCHASE_APPROVED", "APPROVED").replace(r#""transaction":"HP1","#, &fields);
            one(Platform::Hotmart, &body).kind
        };
        let bump = r#""order_bump":{"is_order_bump":true,"parent_purchase_transaction":"HP0"}"#;
        assert_eq!(kind(r#""recurrence_number":2"#), Kind::Renewal { number: Some(2) });
        assert_eq!(kind(&format!(r#"{bump},"recurrence_number":2"#)), Kind::Renewal { number: Some(2) });
        let parent = Order::id(Some("HP0")).ok();
        assert_eq!(kind(&format!(r#"{bump},"recurrence_number":1"#)), Kind::OrderBump { parent });
    }

    #[test]
    fn p03_pix_under_boleto_printed_is_pending() {
        let order = one(Platform::Hotmart, &body("PURCHASE_BILLET_PRINTED", "BILLET_PRINTED"));
        assert_eq!(order.state, OrderState::Pending);
    }

    #[test]
    fn p05_a_default_status_is_never_made_up() {
        assert_eq!(said(&read(Platform::Hotmart, r#"{"data":{"purchase":{"status":"APPROVED"}}}"#)), "state_missing");
        assert_eq!(said(&read(Platform::Hotmart, &body("PURCHASE_APPROVED", "CANCELED"))), "state_contradictory");
    }

    #[test]
    fn p12_freshness_of_the_creation_time_does_not_matter() {
        let headers = headers(&[("x-hotmart-hottok", "test-secret")]);
        let body = body("PURCHASE_APPROVED", "APPROVED");
        let delivery = Delivery::new(&headers, "", body.as_bytes());
        let later = Context { received_at_s: 1_767_225_730 + 5 * 24 * 3600, ..context() };
        assert_eq!(Platform::Hotmart.verify(&secrets(), &delivery, &later), Authenticity::Authentic);
        assert_eq!(said(&Platform::Hotmart.parse_delivery(&delivery, &later)), "paid and 0");
    }
}
