//! Braip.
//!
//! - Authenticity: the account's `basic_authentication`, in the body.
//! - `STATUS_ALTERADO` tells a sale's state in `trans_status_code`; 2 is approved. Cash on delivery is scheduled (11) until it is
//!   paid, and frustrated (12) if it never is. A refund that is pending (7) has paid nothing back. `ABANDONO` is a left checkout,
//!   known by its `abandonment_key`. Deliveries of parcels are not of a payment.
//! - Amounts are whole cents: `trans_total_value` with the freight, `trans_value` the product alone, which never stands in for it.
//!   The currency is stated. Whether interest is in the total is not known.
//! - Each sale has its `trans_key`; an upsell (`is_upsell`) names the sale before it in `parent_sale`.
//! - `meta` brings `src`, the campaign and `fbclid` back. Neither address nor browser of the buyer is in any delivery.
//! - Times have no zone.
//! - Unsure: how a subscription's renewal comes; and the panel's test, whose numbers are drawn by lot, looks like a sale.

use super::{Adapter, Context, Delivery, NoOrder, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("src"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price],
    is_authentic: |secrets, delivery, _| sign::is_token(secrets, delivery.field("basic_authentication")),
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let state = match body.at("type").text().ok_or(Rejected::StateMissing)? {
        "STATUS_ALTERADO" => state(body)?,
        "ABANDONO" => OrderState::Abandoned,
        _ => return Err(Ignored::EventNotUsed.into()),
    };
    let mut order = match state {
        OrderState::Abandoned => {
            let part = body.at("abandonment_key").owned().unwrap_or_else(|| delivery.digest());
            Order::abandoned(Some(part), context.received_at_s)
        }
        _ => Order::new(Order::id(body.at("trans_key").text())?, state, context.received_at_s),
    };
    order.kind = kind(body);
    order.ordered_at = when::brazilian(body.at("trans_createdate"));
    order.paid_at = when::brazilian(body.at("trans_payment_date")).filter(|_| state.progress() > 0);
    order.changed_at = when::brazilian(body.at("trans_updatedate"));
    order.buyer = buyer(body);
    order.tracking = slots::read(slots::known(body.at("meta")));
    let id = body.at("product_key").owned();
    order.items = id.map(|id| Item { id, quantity: None, price: None }).into_iter().collect();
    let price = amount::hundredths(body.at("trans_total_value"), amount::currency(body.at("currency")));
    Ok(Outcome::order(order.priced(price.map(|price| Amounts { price, ..Amounts::default() }))?))
}

fn state(body: &Value) -> Result<OrderState, NoOrder> {
    Ok(match body.at("trans_status_code").text().ok_or(Rejected::StateMissing)? {
        "2" => OrderState::Paid,
        "1" | "6" | "8" | "9" | "10" | "11" => OrderState::Pending,
        "3" | "12" => OrderState::Canceled,
        "4" => OrderState::ChargedBack,
        "5" => OrderState::Refunded,
        "7" => return Err(Ignored::RefundRequested.into()),
        _ => return Err(Rejected::StateUnknown.into()),
    })
}

fn kind(body: &Value) -> Kind {
    match body.at("is_upsell").flag() {
        Some(true) => Kind::Upsell { parent: Order::id(body.at("parent_sale").text()).ok() },
        _ => Kind::First,
    }
}

/// Cities and states have two spellings.
fn buyer(body: &Value) -> Buyer {
    let either = |one: &str, other: &str| body.at(one).owned().or_else(|| body.at(other).owned());
    let mut person = Buyer::default();
    person.named(body.at("client_name").text());
    person.email = body.at("client_email").owned();
    person.phones = body.at("client_cel").owned().into_iter().collect();
    person.city = either("client_address_city", "client_city");
    person.state = either("client_address_state", "client_state");
    person.zip = body.at("client_zip_code").owned();
    person.country = body.at("client_address_country").owned();
    person
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn body(status: &str, rest: &str) -> String {
        format!(
            r#"{{"type":"STATUS_ALTERADO","trans_key":"ven1","trans_status_code":{status},"trans_value":9000,
                "trans_total_value":9710,"currency":"BRL"{rest}}}"#
        )
    }

    fn outcome(body: &str) -> String {
        said(&read(Platform::Braip, body))
    }

    #[test]
    fn p13_empty_secrets_the_key_of_the_body_counts_and_no_empty_one() {
        let headers = headers(&[]);
        let verified =
            |body: &str| Platform::Braip.verify(&secrets(), &Delivery::new(&headers, "", body.as_bytes()), &context());
        assert_eq!(verified(r#"{"basic_authentication":"test-secret"}"#), Authenticity::Authentic);
        for key in ["", "test", "TEST-SECRET"] {
            assert_eq!(
                verified(&format!(r#"{{"basic_authentication":"{key}"}}"#)),
                Authenticity::NotAuthentic,
                "{key}"
            );
        }
    }

    #[test]
    fn each_status_is_its_state() {
        for (status, expected) in [
            ("1", "pending and 0"),
            ("2", "paid and 0"),
            ("3", "canceled and 0"),
            ("4", "charged_back and 0"),
            ("5", "refunded and 0"),
            ("6", "pending and 0"),
            ("7", "refund_requested"),
            ("8", "pending and 0"),
            ("9", "pending and 0"),
            ("10", "pending and 0"),
            ("11", "pending and 0"),
            ("12", "canceled and 0"),
            ("13", "state_unknown"),
            ("\"2\"", "paid and 0"),
            ("null", "state_missing"),
        ] {
            assert_eq!(outcome(&body(status, "")), expected, "{status}");
        }
    }

    #[test]
    fn what_happens_to_a_parcel_is_no_payment() {
        for kind in ["TRACKING_CODE_ADDED", "TRACKING_STATUS_DELIVERED", "DELIVERY_RESCHEDULED"] {
            assert_eq!(outcome(&body("2", "").replace("STATUS_ALTERADO", kind)), "event_not_used", "{kind}");
        }
        assert_eq!(outcome(r#"{"trans_key":"ven1","trans_status_code":2}"#), "state_missing");
    }

    #[test]
    fn p05_a_default_value_or_currency_is_never_made_up() {
        let paid = body("2", "");
        assert_eq!(outcome(&paid.replace("9710", "null")), "value_missing");
        assert_eq!(outcome(&paid.replace("9710", "97.10")), "value_unreadable");
        assert_eq!(outcome(&paid.replace(r#","currency":"BRL""#, "")), "currency_missing");
        assert_eq!(outcome(&paid.replace("BRL", "R$")), "currency_unknown");
        assert_eq!(outcome(&paid.replace("\"ven1\"", "\"\"")), "order_id_missing");
    }

    #[test]
    fn p06_units_whole_numbers_are_cents() {
        for written in ["9710", "\"9710\""] {
            let order = one(Platform::Braip, &body("2", "").replace("9710", written));
            assert_eq!(order.amounts.price.unwrap().to_string(), "97.10", "{written}");
        }
    }

    #[test]
    fn a_sale_that_is_not_paid_was_paid_at_no_time() {
        let date = r#","trans_payment_date":"2026-01-05 10:00:39""#;
        assert_eq!(one(Platform::Braip, &body("1", date)).paid_at, None);
        assert!(one(Platform::Braip, &body("2", date)).paid_at.is_some());
    }

    #[test]
    fn p01_invented_payloads_are_no_orders() {
        for invented in [
            r#"{"type_event":"pagamento_aprovado","trans_key":"ven1","trans_total_value":97}"#,
            r#"{"type":"pagamento_aprovado","trans_key":"ven1","trans_status":"approved","trans_value":97}"#,
        ] {
            assert!(!matches!(read(Platform::Braip, invented), Outcome::Orders { .. }), "{invented}");
        }
    }

    #[test]
    fn p17_refunds_a_pending_one_is_none() {
        assert_eq!(outcome(&body("7", "")), "refund_requested");
    }

    #[test]
    fn an_upsell_names_the_sale_before_it() {
        let kind = |rest: &str| one(Platform::Braip, &body("2", rest)).kind;
        let upsell = Kind::Upsell { parent: Order::id(Some("ven0")).ok() };
        for flag in ["true", "\"1\"", "1"] {
            assert_eq!(kind(&format!(r#","is_upsell":{flag},"parent_sale":"ven0""#)), upsell, "{flag}");
        }
        assert_eq!(kind(r#","is_upsell":false,"parent_sale":"ven0""#), Kind::First);
    }

    #[test]
    fn p11_a_cart_has_no_sale_and_is_known_by_its_own_key() {
        let cart = one(Platform::Braip, r#"{"type":"ABANDONO","abandonment_key":"aban1"}"#);
        assert_eq!((cart.state, cart.key("braip").unwrap().as_str()), (OrderState::Abandoned, "braip:#aban1"));
    }
}
