use super::*;
use crate::domain::fb::{Fbc, Fbclid};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Amount, Amounts, OptionalEvents, OrderState, Refund, Trigger};
use crate::platforms::Platform;

const RECEIVED_AT: i64 = 1_767_270_000;

fn connection() -> Connection {
    Connection {
        tenant_id: "tnt_1".to_owned(),
        id: "shop".to_owned(),
        version: 1,
        platform: Platform::Hotmart,
        amount: Amount::Price,
        order_id_slot: None,
        shop: None,
        country: None,
        optional_events: OptionalEvents::default(),
    }
}

fn brl(text: &str) -> Option<Money> {
    Money::parse(text, Currency::parse("BRL")?).ok()
}

fn order(state: OrderState) -> Order {
    let mut order = Order::new(OrderId::parse("HP1").unwrap(), state, RECEIVED_AT);
    order.amounts = Amounts { price: brl("97.10"), gross: brl("112.35"), net: None };
    order
}

#[test]
fn the_event_id_is_the_formulas_with_the_platform_before_the_orders_id() {
    let event = sale(&connection(), &order(OrderState::Paid), true).unwrap().event.unwrap();
    // printf 'tnt_1|hotmart:HP1|Purchase|97.10|BRL' | sha256sum
    assert_eq!(event.event_id, "64d45adb37bbcbef1f8ba83ba090d3ae6210747e1abd1917990430a997fc4f7b");
    assert_eq!((event.order_id.as_str(), event.value.as_str()), ("hotmart:HP1", "97.10"));
}

#[test]
fn the_connection_chooses_the_amount_and_a_sale_without_it_is_rejected() {
    let mut connection = connection();
    connection.amount = Amount::Gross;
    assert_eq!(sale(&connection, &order(OrderState::Paid), true).unwrap().event.unwrap().value, "112.35");
    connection.amount = Amount::Net;
    assert_eq!(sale(&connection, &order(OrderState::Paid), true).unwrap_err(), Rejected::AmountNotStated);
    // What is no sale needs none.
    assert!(sale(&connection, &order(OrderState::Pending), true).is_ok());
}

#[test]
fn an_optional_event_without_its_amount_is_not_made_and_the_state_is_taken() {
    let mut connection = connection();
    connection.optional_events =
        OptionalEvents::default().with(Trigger::Refunded, OptionalEvents::usual_name(Trigger::Refunded));
    let mut partial = order(OrderState::PartiallyRefunded);
    partial.refund = Some(Refund { id: Some("re_1".to_owned()), amount: None, total: None });
    let told = sale(&connection, &partial, true).unwrap();
    assert!(told.event.is_none());
    assert_eq!((told.state, told.silence), (OrderState::PartiallyRefunded, "partially_refunded"));
    partial.refund = Some(Refund { id: Some("re_1".to_owned()), amount: brl("10.00"), total: None });
    let event = sale(&connection, &partial, true).unwrap().event.unwrap();
    assert_eq!((event.key.as_str(), event.order_id.as_str()), ("Refund#re_1", "hotmart:HP1#re_1"));
}

#[test]
fn a_shops_name_stands_in_the_key_and_a_mapped_id_in_place_of_it() {
    let mut connection = connection();
    connection.shop = Some("loja2".to_owned());
    connection.order_id_slot = Some("sck".to_owned());
    let mut order = order(OrderState::Paid);
    for (slot, wanted) in [(None, "hotmart:loja2:HP1"), (Some(" "), "hotmart:loja2:HP1"), (Some(" 1001 "), "1001")] {
        order.tracking.slots.extend(slot.map(|text| ("sck".to_owned(), text.to_owned())));
        assert_eq!(sale(&connection, &order, true).unwrap().order_key, wanted);
    }
    assert_eq!(sale(&connection, &order, false).unwrap().order_key, "hotmart:loja2:HP1");
}

#[test]
fn a_cart_that_nothing_tells_from_another_is_rejected() {
    let cart = Order::abandoned(None, RECEIVED_AT);
    assert_eq!(sale(&connection(), &cart, true).unwrap_err(), Rejected::OrderIdMissing);
    let cart = Order::abandoned(Some("d1".to_owned()), RECEIVED_AT);
    assert_eq!(sale(&connection(), &cart, true).unwrap().order_key, "hotmart:#d1");
}

#[test]
fn an_fbclid_beside_an_fbc_of_another_click_is_the_newer_of_the_two() {
    let mut order = order(OrderState::Paid);
    order.tracking.fbc = Fbc::parse("fb.1.1767225500000.old");
    let alone = sale(&connection(), &order, true).unwrap().signals;
    assert_eq!((alone.fbclid.as_deref(), alone.built_fbc), (Some("old"), None));
    order.tracking.fbclid = Fbclid::parse("new");
    order.ordered_at = Some(Moment::second(RECEIVED_AT - 60));
    let both = sale(&connection(), &order, true).unwrap().signals;
    assert_eq!((both.fbc, both.fbclid.as_deref()), (None, Some("new")));
    // First seen when the order was made, at the latest.
    assert_eq!(both.built_fbc.as_deref(), Some(&*format!("fb.1.{}000.new", RECEIVED_AT - 60)));
}

#[test]
fn a_time_ahead_of_the_delivery_counts_as_the_delivery() {
    let mut order = order(OrderState::Paid);
    order.ordered_at = Some(Moment::minute(RECEIVED_AT - 30));
    order.paid_at = Some(Moment::second(RECEIVED_AT + 3600));
    let told = sale(&connection(), &order, true).unwrap();
    assert_eq!((told.made_at_s, told.event_time_s), (RECEIVED_AT, RECEIVED_AT));
}
