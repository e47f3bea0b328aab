//! Kirvano.
//!
//! - Authenticity: a token that the seller may set. Kirvano's help does not say where it travels. Receivers in production find it
//!   in the header `security-token`; others expect `Authorization`, `X-Kirvano-Token` or the body's `token`. It counts wherever
//!   it stands; without one nothing is authentic.
//! - A sale is `SALE_APPROVED`, and so is every renewal: `plan.charge_number` counts the payments of a subscription.
//! - `total_price` is a text, `R$ 169,80`, order bumps included: they are products of the same sale. The sign fixes the currency.
//!   Whether interest is in it is not known, and nobody's share is stated.
//! - `utm` brings `src` and the campaign back. Neither address nor browser of the buyer is in any delivery.
//! - Times have no zone. `payment.finished_at` is when it was paid; a refund's own time is not stated.
//! - A left cart has no sale yet; `checkout_id` tells it from others.
//! - Unsure: whether a subscription's renewal keeps the id of its first sale. Whatever its id, it is no second sale.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Moment, Order, OrderState, Outcome, Rejected};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("src"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price],
    is_authentic,
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn is_authentic(secrets: &[Secret], delivery: &Delivery<'_>, _: &Context) -> bool {
    let authorization = delivery.header("authorization");
    let bare = authorization.map(|text| text.strip_prefix("Bearer ").unwrap_or(text).trim());
    let places = [delivery.header("security-token"), delivery.header("x-kirvano-token"), bare, delivery.field("token")];
    places.into_iter().fold(false, |found, given| sign::is_token(secrets, given) | found)
}

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let event = body.at("event").text().ok_or(Rejected::StateMissing)?;
    let state = state(event)?;
    if state == OrderState::Paid && body.at("status").text().is_some_and(|status| status != "APPROVED") {
        return Err(Rejected::StateContradictory.into());
    }
    let mut order = match state {
        OrderState::Abandoned => {
            let part = body.at("checkout_id").owned().unwrap_or_else(|| delivery.digest());
            Order::abandoned(Some(part), context.received_at_s)
        }
        _ => Order::new(Order::id(body.at("sale_id").text())?, state, context.received_at_s),
    };
    order.kind = Kind::of_payment(body.at("plan.charge_number").integer());
    order.ordered_at = when::brazilian(body.at("created_at"));
    order.paid_at = when::brazilian(body.at("payment.finished_at")).filter(|_| state.progress() > 0);
    order.changed_at = changed_at(state, body);
    order.buyer = buyer(body.at("customer"));
    order.tracking = slots::read(slots::known(body.at("utm")));
    order.items = body.at("products").list().into_iter().filter_map(item).collect();
    let price = amount::brazilian(body.at("total_price"));
    Ok(Outcome::order(order.priced(price.map(|price| Amounts { price, ..Amounts::default() }))?))
}

fn state(event: &str) -> Result<OrderState, Ignored> {
    Ok(match event {
        "SALE_APPROVED" => OrderState::Paid,
        "PIX_GENERATED" | "BANK_SLIP_GENERATED" | "PICPAY_GENERATED" => OrderState::Pending,
        "PIX_EXPIRED" | "BANK_SLIP_EXPIRED" | "PICPAY_EXPIRED" => OrderState::Expired,
        "SALE_REFUSED" => OrderState::Refused,
        "SALE_REFUNDED" | "REFUND" => OrderState::Refunded,
        "SALE_CHARGEBACK" => OrderState::ChargedBack,
        "ABANDONED_CART" => OrderState::Abandoned,
        _ => return Err(Ignored::EventNotUsed),
    })
}

/// When what the event tells came about, as far as a field says it. A sale's `created_at` is no time of its refund.
fn changed_at(state: OrderState, body: &Value) -> Option<Moment> {
    let made_at = || when::brazilian(body.at("created_at"));
    match state {
        OrderState::Paid => when::brazilian(body.at("payment.finished_at")),
        OrderState::Expired => when::brazilian(body.at("payment.expires_at")).or_else(made_at),
        OrderState::Refunded | OrderState::ChargedBack => None,
        _ => made_at(),
    }
}

fn buyer(customer: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(customer.at("name").text());
    person.email = customer.at("email").owned();
    person.phones = customer.at("phone_number").owned().into_iter().collect();
    person
}

fn item(product: &Value) -> Option<Item> {
    let price = amount::extra(amount::brazilian(product.at("price")));
    Some(Item { id: product.at("id").owned()?, quantity: Some(1), price })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn body(event: &str, rest: &str) -> String {
        format!(r#"{{"event":"{event}","sale_id":"S1","created_at":"2026-01-05 10:00:00"{rest}}}"#)
    }

    fn verified(with: &[(&'static str, &str)], body: &str) -> Authenticity {
        let headers = headers(with);
        Platform::Kirvano.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context())
    }

    #[test]
    fn the_token_counts_wherever_it_stands() {
        for (name, value) in [
            ("security-token", "test-secret"),
            ("x-kirvano-token", "test-secret"),
            ("authorization", "Bearer test-secret"),
            ("authorization", "test-secret"),
        ] {
            assert_eq!(verified(&[(name, value)], "{}"), Authenticity::Authentic, "{name}: {value}");
        }
        assert_eq!(verified(&[], r#"{"token":"test-secret"}"#), Authenticity::Authentic);
    }

    #[test]
    fn p13_empty_secrets_an_empty_or_wrong_token_proves_nothing() {
        for headers in [
            &[][..],
            &[("security-token", "")],
            &[("security-token", "test-secret2")],
            &[("authorization", "Bearer ")],
            &[("authorization", "Basic test-secret")],
        ] {
            assert_eq!(verified(headers, r#"{"token":""}"#), Authenticity::NotAuthentic, "{headers:?}");
        }
    }

    #[test]
    fn each_event_is_its_state() {
        for (event, state) in [
            ("SALE_APPROVED", "paid"),
            ("PIX_GENERATED", "pending"),
            ("BANK_SLIP_GENERATED", "pending"),
            ("PICPAY_GENERATED", "pending"),
            ("PIX_EXPIRED", "expired"),
            ("BANK_SLIP_EXPIRED", "expired"),
            ("PICPAY_EXPIRED", "expired"),
            ("SALE_REFUSED", "refused"),
            ("SALE_REFUNDED", "refunded"),
            ("REFUND", "refunded"),
            ("SALE_CHARGEBACK", "charged_back"),
            ("ABANDONED_CART", "abandoned"),
        ] {
            let said = said(&read(Platform::Kirvano, &body(event, r#","total_price":"R$ 10,00""#)));
            assert_eq!(said, format!("{state} and 0"), "{event}");
        }
        for event in ["SUBSCRIPTION_CANCELED", "SUBSCRIPTION_OVERDUE"] {
            assert_eq!(said(&read(Platform::Kirvano, &body(event, ""))), "event_not_used", "{event}");
        }
    }

    #[test]
    fn p01_invented_payloads_are_no_orders() {
        for event in ["ORDER_APPROVED", "PURCHASE_APPROVED", "PAYMENT_APPROVED", "sale_approved"] {
            let body = body(event, r#","status":"APPROVED","total_price":"R$ 10,00""#);
            assert_eq!(said(&read(Platform::Kirvano, &body)), "event_not_used", "{event}");
        }
    }

    #[test]
    fn p02_a_renewal_reuses_the_approved_event_and_is_no_second_sale() {
        let kind_of = |plan: &str| {
            let rest = format!(r#","type":"RECURRING","plan":{plan},"total_price":"R$ 49,90""#);
            one(Platform::Kirvano, &body("SALE_APPROVED", &rest)).kind
        };
        assert_eq!(kind_of(r#"{"charge_number":1}"#), Kind::First);
        assert_eq!(kind_of(r#"{"charge_number":"2"}"#), Kind::Renewal { number: Some(2) });
        assert_eq!(kind_of("[]"), Kind::First);
    }

    #[test]
    fn p05_a_default_value_or_status_is_never_made_up() {
        let said = |event: &str, rest: &str| said(&read(Platform::Kirvano, &body(event, rest)));
        assert_eq!(said("SALE_APPROVED", ""), "value_missing");
        assert_eq!(said("SALE_APPROVED", r#","total_price":"US$ 10,00""#), "value_unreadable");
        assert_eq!(said("SALE_APPROVED", r#","total_price":"169.80""#), "value_unreadable");
        assert_eq!(said("SALE_APPROVED", r#","total_price":"R$ 10,00","status":"PENDING""#), "state_contradictory");
        assert_eq!(said("PIX_GENERATED", r#","total_price":"?""#), "pending and 0");
        assert_eq!(super::super::tests::said(&read(Platform::Kirvano, r#"{"sale_id":"S1"}"#)), "state_missing");
    }

    #[test]
    fn p06_units_brazilian_texts_are_read_with_their_thousands_and_hard_spaces() {
        for (written, value) in
            [("R$ 169,80", "169.80"), ("R$\u{a0}1.234,56", "1234.56"), ("R$ 12.345,00", "12345.00"), ("R$ 97", "97.00")]
        {
            let order = one(Platform::Kirvano, &body("SALE_APPROVED", &format!(r#","total_price":"{written}""#)));
            let price = order.amounts.price.unwrap();
            assert_eq!((price.to_string().as_str(), price.currency().code()), (value, "BRL"), "{written}");
        }
    }

    #[test]
    fn p11_a_cart_has_no_sale_and_is_known_by_its_checkout() {
        let cart = one(Platform::Kirvano, r#"{"event":"ABANDONED_CART","checkout_id":"C1"}"#);
        assert_eq!((cart.id.as_ref(), cart.key("kirvano").unwrap().as_str()), (None, "kirvano:#C1"));
        assert_eq!(said(&read(Platform::Kirvano, r#"{"event":"PIX_GENERATED"}"#)), "order_id_missing");
    }

    #[test]
    fn a_refund_is_not_dated_with_its_sale() {
        let rest = r#","payment":{"finished_at":"2026-01-05 10:00:30"},"total_price":"R$ 10,00""#;
        let refund = one(Platform::Kirvano, &body("SALE_REFUNDED", rest));
        assert_eq!(refund.event_time().unix_s(), context().received_at_s);
        let sale = one(Platform::Kirvano, &body("SALE_APPROVED", rest));
        assert_eq!(sale.event_time().unix_s(), 1_767_618_030);
    }
}
