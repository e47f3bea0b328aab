//! Greenn.
//!
//! - Authenticity: the seller's token, in `X-Webhook-Token`. The URL is set for each product. Greenn does not promise to deliver
//!   again.
//! - `saleUpdated` tells a sale's state in `currentStatus` (`oldStatus` may be the same, and is not looked at). `contractUpdated`
//!   tells a subscription's, with the sale that paid for it in `currentSale` and the number of the payment in `contract.charge`.
//! - A subscription's payment comes as both, and its sale alone does not say which payment it is. So it is taken from the
//!   contract, and the sale's other states from the sale; both have the sale's id, and are one order.
//! - `sale.amount` is decimal reais, `sale.seller_balance` what is left to the seller; `product.amount` is a list price. Whether
//!   interest is in the amount is not known.
//! - What comes back of the checkout's URL is what the seller registered as a meta of the product: in `saleMetas`, a list of
//!   `meta_key` and `meta_value`, and as a field of the body. `productMetas` and `proposalMetas` are objects, empty ones often
//!   lists. So our slot has to be registered under its name.
//! - The panel's test is sale 1 of product 1. Nothing is of the buyer's browser.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Rejected, Tracking};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("click_id"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Net],
    is_authentic: |secrets: &[Secret], delivery, _| sign::is_token(secrets, delivery.header("x-webhook-token")),
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    match body.at("event").text().ok_or(Rejected::StateMissing)? {
        "saleUpdated" => sale(body, context),
        "contractUpdated" => contract(body, context),
        "checkoutAbandoned" => Ok(Outcome::order(cart(body, delivery, context))),
        _ => Err(Ignored::EventNotUsed.into()),
    }
}

fn sale(body: &Value, context: &Context) -> Result<Outcome, NoOrder> {
    let sale = body.at("sale");
    let state = match body.at("currentStatus").text().ok_or(Rejected::StateMissing)? {
        "paid" => OrderState::Paid,
        "waiting_payment" | "created" => OrderState::Pending,
        "refused" => OrderState::Refused,
        "unpaid" => OrderState::Expired,
        "refunded" => OrderState::Refunded,
        "chargedback" => OrderState::ChargedBack,
        _ => return Err(Rejected::StateUnknown.into()),
    };
    let types = [sale.at("type"), body.at("product.type")];
    let is_subscription = types.into_iter().any(|it| it.text() == Some("SUBSCRIPTION"));
    if is_subscription && state == OrderState::Paid {
        return Err(Ignored::CountedElsewhere.into());
    }
    order(body, sale, state, context)
}

/// A subscription's payment. Its other states are told by its sales, or by none.
fn contract(body: &Value, context: &Context) -> Result<Outcome, NoOrder> {
    if body.at("currentStatus").text().ok_or(Rejected::StateMissing)? != "paid" {
        return Err(Ignored::EventNotUsed.into());
    }
    order(body, body.at("currentSale"), OrderState::Paid, context)
}

fn order(body: &Value, sale: &Value, state: OrderState, context: &Context) -> Result<Outcome, NoOrder> {
    if state == OrderState::Paid && sale.at("status").text().is_some_and(|status| status != "paid") {
        return Err(Rejected::StateContradictory.into());
    }
    let mut order = Order::new(Order::id(sale.at("id").text())?, state, context.received_at_s);
    order.kind = kind(body)?;
    order.ordered_at = when::rfc3339(sale.at("created_at"));
    order.paid_at = when::rfc3339(sale.at("paid_at")).filter(|_| state.progress() > 0);
    order.changed_at = when::rfc3339(sale.at("updated_at"));
    order.buyer = buyer(body.at("client"));
    order.tracking = tracking(body);
    order.items = item(body).into_iter().collect();
    let order = order.priced(amounts(sale))?;
    Ok(Outcome::order_or_test(order, is_test(body, sale)))
}

fn is_test(body: &Value, sale: &Value) -> bool {
    [sale.at("id"), body.at("product.id")].into_iter().all(|id| id.text() == Some("1"))
}

/// A contract that does not count its payment may be a first sale or none.
fn kind(body: &Value) -> Result<Kind, Rejected> {
    if body.at("event").text() != Some("contractUpdated") {
        return Ok(Kind::First);
    }
    let number = body.at("contract.charge").integer().ok_or(Rejected::StateMissing)?;
    Ok(Kind::of_payment(Some(number)))
}

fn amounts(sale: &Value) -> Result<Amounts, Rejected> {
    Ok(Amounts {
        price: amount::decimal(sale.at("amount"), amount::brl())?,
        gross: None,
        net: amount::extra(amount::decimal(sale.at("seller_balance"), amount::brl())),
    })
}

/// A client, or a cart's lead: the same names, as far as it has them.
fn buyer(stated: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(stated.at("name").text());
    person.email = stated.at("email").owned();
    person.phones = stated.at("cellphone").owned().into_iter().collect();
    person.city = stated.at("city").owned();
    person.state = stated.at("uf").owned();
    person.zip = stated.at("zipcode").owned();
    person
}

fn tracking(body: &Value) -> Tracking {
    let metas = slots::pairs(body.at("saleMetas"), "meta_key", "meta_value");
    let places = [&metas, body, body.at("productMetas"), body.at("proposalMetas")];
    let read = places.map(|place| slots::read(slots::known(place)));
    read.into_iter().fold(Tracking::default(), Tracking::merged)
}

fn item(body: &Value) -> Option<Item> {
    Some(Item { id: body.at("product.id").owned()?, quantity: Some(1), price: None })
}

fn cart(body: &Value, delivery: &Delivery<'_>, context: &Context) -> Order {
    let lead = body.at("lead");
    let part = lead.at("id").owned().unwrap_or_else(|| delivery.digest());
    let mut cart = Order::abandoned(Some(part), context.received_at_s);
    cart.changed_at = when::rfc3339(lead.at("updated_at"));
    cart.buyer = buyer(lead);
    cart.tracking = tracking(body);
    cart.items = item(body).into_iter().collect();
    cart
}

#[cfg(test)]
mod tests {
    use super::super::tests::{context, headers, one, read, said, secrets};
    use super::super::{Authenticity, Platform};
    use super::*;

    fn sold(status: &str, rest: &str) -> String {
        format!(
            r#"{{"event":"saleUpdated","type":"sale","currentStatus":"{status}","product":{{"id":77}},
                "sale":{{"id":1001,"amount":97.0,"updated_at":"2026-01-05T13:00:30.000000Z"{rest}}}}}"#
        )
    }

    fn paid_for(contract: &str) -> String {
        format!(
            r#"{{"event":"contractUpdated","currentStatus":"paid","currentSale":{{"id":1003,"amount":49.9}},
                "contract":{contract}}}"#
        )
    }

    fn outcome(body: &str) -> String {
        said(&read(Platform::Greenn, body))
    }

    #[test]
    fn p13_empty_secrets_the_token_of_the_header_counts_and_no_empty_one() {
        let verified = |token: &str| {
            let headers = headers(&[("x-webhook-token", token)]);
            Platform::Greenn.verify(&secrets(), &Delivery::new(&headers, "", b"{}"), &context())
        };
        assert_eq!(verified("test-secret"), Authenticity::Authentic);
        for token in ["", "test", "test-secret-2"] {
            assert_eq!(verified(token), Authenticity::NotAuthentic, "{token}");
        }
    }

    #[test]
    fn each_status_of_a_sale_is_its_state() {
        for (status, expected) in [
            ("paid", "paid and 0"),
            ("waiting_payment", "pending and 0"),
            ("created", "pending and 0"),
            ("refused", "refused and 0"),
            ("unpaid", "expired and 0"),
            ("refunded", "refunded and 0"),
            ("chargedback", "charged_back and 0"),
            ("approved", "state_unknown"),
            ("", "state_missing"),
        ] {
            assert_eq!(outcome(&sold(status, "")), expected, "{status}");
        }
        assert_eq!(outcome(r#"{"event":"affiliateUpdated"}"#), "event_not_used");
    }

    #[test]
    fn the_old_status_is_not_looked_at() {
        let body = sold("paid", "").replace(r#""type":"sale""#, r#""oldStatus":"paid""#);
        assert_eq!(outcome(&body), "paid and 0");
    }

    #[test]
    fn p02_a_renewal_and_its_sale_are_no_second_sale_whichever_comes_first() {
        let renewal = one(Platform::Greenn, &paid_for(r#"{"id":201,"charge":6}"#));
        assert_eq!(renewal.kind, Kind::Renewal { number: Some(6) });
        let sale = sold("paid", r#","type":"SUBSCRIPTION""#).replace("1001", "1003");
        assert_eq!(outcome(&sale), "counted_elsewhere");
        let first = one(Platform::Greenn, &paid_for(r#"{"id":201,"charge":1}"#));
        assert_eq!((first.key("greenn"), first.kind), (renewal.key("greenn"), Kind::First));
        let refund = sold("refunded", r#","type":"SUBSCRIPTION""#).replace("1001", "1003");
        assert_eq!(one(Platform::Greenn, &refund).key("greenn"), renewal.key("greenn"));
    }

    #[test]
    fn a_contracts_other_states_pay_nothing() {
        for status in ["pending_payment", "unpaid", "canceled"] {
            let body = paid_for(r#"{"charge":1}"#).replace(r#""paid""#, &format!("{status:?}"));
            assert_eq!(outcome(&body), "event_not_used", "{status}");
        }
    }

    #[test]
    fn p05_a_default_value_status_or_number_is_never_made_up() {
        assert_eq!(outcome(&sold("paid", "").replace("97.0", "null")), "value_missing");
        assert_eq!(outcome(&sold("paid", "").replace("97.0", "\"R$ 97,00\"")), "value_unreadable");
        assert_eq!(outcome(&sold("paid", "").replace("1001", "null")), "order_id_missing");
        assert_eq!(outcome(&sold("paid", r#","status":"refused""#)), "state_contradictory");
        assert_eq!(outcome(&paid_for(r#"{"id":201}"#)), "state_missing");
        let listed = r#"{"event":"saleUpdated","currentStatus":"paid","sale":{"id":5},"product":{"id":7,"amount":97}}"#;
        assert_eq!(outcome(listed), "value_missing");
    }

    #[test]
    fn p09_type_instability_metas_are_lists_objects_or_nothing() {
        let read = |metas: &str| {
            let body = sold("paid", "").replace(r#""type":"sale""#, metas);
            one(Platform::Greenn, &body).tracking.slots.into_iter().collect::<Vec<_>>()
        };
        let source = |value: &str| vec![("utm_source".to_owned(), value.to_owned())];
        for empty in
            [r#""saleMetas":[],"productMetas":[]"#, r#""saleMetas":{},"productMetas":{}"#, r#""saleMetas":null"#]
        {
            assert_eq!(read(empty), [], "{empty}");
        }
        assert_eq!(read(r#""productMetas":{"utm_source":"facebook"}"#), source("facebook"));
        assert_eq!(read(r#""saleMetas":[{"meta_key":"utm_source","meta_value":"meta"},7]"#), source("meta"));
        assert_eq!(read(r#""saleMetas":{"0":{"meta_key":"utm_source","meta_value":"meta"}}"#), source("meta"));
        assert_eq!(read(r#""utm_source":"root","productMetas":{"utm_source":"product"}"#), source("root"));
        for amount in ["97.0", "\"97.00\"", "97"] {
            let order = one(Platform::Greenn, &sold("paid", "").replace("97.0", amount));
            assert_eq!(order.amounts.price.unwrap().to_string(), "97.00", "{amount}");
        }
    }

    #[test]
    fn p16_net_is_the_sellers_balance_and_never_stands_in_for_the_price() {
        let amounts = one(Platform::Greenn, &sold("paid", r#","fee":10.7,"seller_balance":86.3"#)).amounts;
        assert_eq!(amounts.price.unwrap().to_string(), "97.00");
        assert_eq!((amounts.net.unwrap().to_string().as_str(), amounts.gross), ("86.30", None));
    }

    #[test]
    fn the_panels_test_is_no_sale() {
        let body = sold("paid", "").replace("1001", "1").replace("77", "1");
        assert_eq!(outcome(&body), "test_sale");
        assert_eq!(outcome(&sold("paid", "").replace("1001", "1")), "paid and 0");
    }

    #[test]
    fn p11_a_cart_has_no_value_and_is_known_by_its_lead() {
        let cart = one(
            Platform::Greenn,
            r#"{"event":"checkoutAbandoned","lead":{"id":9001},"product":{"id":77,"amount":97}}"#,
        );
        assert_eq!(cart.key("greenn").unwrap().as_str(), "greenn:#9001");
        assert_eq!(cart.amounts, Amounts::default());
    }
}
