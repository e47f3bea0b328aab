use super::*;
use crate::domain::event_id::EventId;
use crate::domain::fb::Fbp;
use crate::domain::money::Currency;
use crate::domain::order::{Cause, Standing};

const RECEIVED_AT: i64 = 1_767_270_000;

fn order(state: OrderState) -> Order {
    Order::new(OrderId::parse("HP1").unwrap(), state, RECEIVED_AT)
}

fn brl(text: &str) -> Option<Money> {
    Money::parse(text, Currency::parse("BRL").unwrap()).ok()
}

fn full() -> Order {
    let mut order = order(OrderState::Pending);
    order.amounts = Amounts { price: brl("97.10"), gross: brl("112.35"), net: brl("86.39") };
    order.ordered_at = Some(Moment::second(RECEIVED_AT - 100));
    order.buyer.email = Some("ana@example.com".to_owned());
    order.buyer.phones = vec!["11955550123".to_owned()];
    order.buyer.ip = Some("203.0.113.7".to_owned());
    order.tracking.click_id = Some("k3v9x0q1w2e4r5t6y7u8i9o0".to_owned());
    order.tracking.fbp = Fbp::parse("fb.1.1767225500000.1234567890");
    order.tracking.slots.insert("sck".to_owned(), "frio".to_owned());
    order.items = vec![Item { id: "a".to_owned(), quantity: Some(1), price: None }];
    order
}

#[test]
fn p11_partial_events_replace_nothing_by_nothing() {
    let mut later = order(OrderState::Paid);
    later.buyer.email = Some("ana.beatriz@example.com".to_owned());
    let merged = full().merged(later);
    assert_eq!(merged.state, OrderState::Paid);
    assert_eq!(merged.amounts, full().amounts);
    assert_eq!(merged.ordered_at, full().ordered_at);
    assert_eq!(merged.tracking, full().tracking);
    assert_eq!(merged.items, full().items);
    assert_eq!(merged.buyer.email.as_deref(), Some("ana.beatriz@example.com"), "what is said anew counts");
    assert_eq!((merged.buyer.phones, merged.buyer.ip), (full().buyer.phones, full().buyer.ip));
}

#[test]
fn a_payment_days_later_keeps_the_click_and_the_time_of_the_day_the_order_was_made() {
    let mut later = full();
    later.ordered_at = Some(Moment::second(RECEIVED_AT + 1000));
    later.tracking.click_id = Some("z3v9x0q1w2e4r5t6y7u8i9o0".to_owned());
    let merged = full().merged(later);
    assert_eq!(merged.tracking.click_id, full().tracking.click_id);
    assert_eq!(merged.ordered_at, full().ordered_at);
}

#[test]
fn p04_the_event_id_is_the_same_on_every_delivery_of_a_sale() {
    let id_of = |order: &Order| {
        let cause = Standing::take(None, order, &crate::domain::order::OptionalEvents::default()).1.unwrap();
        let order_id = cause.order_id(&order.key("hotmart").unwrap()).unwrap();
        EventId::of("tnt_1", &order_id, &cause.name, &order.event_value(Amount::Price).unwrap())
    };
    let mut again = full();
    again.received_at_s += 86_400;
    again.state = OrderState::Paid;
    let first = Order { state: OrderState::Paid, ..full() };
    assert_eq!(id_of(&first), id_of(&again));
    assert_eq!(first.key("hotmart").unwrap().as_str(), "hotmart:HP1");
}

#[test]
fn what_shares_an_order_id_has_a_key_of_its_own() {
    let mut renewal = order(OrderState::Paid);
    renewal.part = Some("3".to_owned());
    assert_eq!(renewal.key("kirvano").unwrap().as_str(), "kirvano:HP1#3");
    let refund = Cause { name: super::super::EventName::parse("Refund").unwrap(), part: Some("re_1".to_owned()) };
    assert_eq!(refund.order_id(&order(OrderState::Paid).key("stripe").unwrap()).unwrap().as_str(), "stripe:HP1#re_1");
    assert_eq!(Order::abandoned(Some("d1".to_owned()), RECEIVED_AT).key("hotmart").unwrap().as_str(), "hotmart:#d1");
    assert_eq!(Order::abandoned(None, RECEIVED_AT).key("hotmart"), None);
}

#[test]
fn p05_only_a_paid_order_needs_an_amount_and_it_is_never_made_up() {
    assert_eq!(order(OrderState::Paid).priced(Ok(Amounts::default())).err(), Some(Rejected::ValueMissing));
    let wrong = || Err(Rejected::CurrencyMissing);
    assert_eq!(order(OrderState::Paid).priced(wrong()).err(), Some(Rejected::CurrencyMissing));
    assert!(order(OrderState::Pending).priced(wrong()).is_ok_and(|order| order.amounts == Amounts::default()));
}

#[test]
fn p16_net_and_gross_are_never_put_in_each_others_place() {
    let order = full();
    assert_eq!(order.value(Amount::default()), Ok(brl("97.10").unwrap()));
    assert_eq!(order.value(Amount::Gross), Ok(brl("112.35").unwrap()));
    assert_eq!(order.value(Amount::Net), Ok(brl("86.39").unwrap()));
    let stated = Order { amounts: Amounts::total(brl("97.10")), ..full() };
    assert_eq!(stated.value(Amount::Net), Err(Rejected::AmountNotStated));
}

#[test]
fn p17_refunds_are_told_with_what_was_paid_back() {
    let refund = |state, amount: &str, total: &str| {
        let refund = Refund { id: None, amount: brl(amount), total: brl(total) };
        Order { state, refund: Some(refund), ..full() }.event_value(Amount::Price)
    };
    assert_eq!(refund(OrderState::PartiallyRefunded, "20.00", "30.00"), Ok(brl("20.00").unwrap()));
    assert_eq!(refund(OrderState::Refunded, "67.10", "97.10"), Ok(brl("97.10").unwrap()));
    let unknown = Order { state: OrderState::PartiallyRefunded, ..full() };
    assert_eq!(unknown.event_value(Amount::Price), Err(Rejected::AmountNotStated));
}

#[test]
fn an_events_time_is_the_payments_and_never_after_the_delivery() {
    let mut paid = order(OrderState::Paid);
    assert_eq!(paid.event_time(), Moment::second(RECEIVED_AT));
    paid.changed_at = Some(Moment::second(RECEIVED_AT - 10));
    assert_eq!(paid.event_time().unix_s(), RECEIVED_AT - 10);
    paid.paid_at = Some(Moment::minute(RECEIVED_AT - 600));
    assert_eq!(paid.event_time(), Moment::minute(RECEIVED_AT - 600));
    paid.paid_at = Some(Moment::second(RECEIVED_AT + 10_800));
    assert_eq!(paid.event_time(), Moment::second(RECEIVED_AT));
    let refunded = Order { state: OrderState::Refunded, ..paid };
    assert_eq!(refunded.event_time().unix_s(), RECEIVED_AT - 10, "a refund is not at the payment's time");
}

/// Does not compile for a type that can be shown.
trait ShownIf<A> {
    fn is_never_shown() {}
}
impl<T: ?Sized> ShownIf<()> for T {}
impl<T: ?Sized + std::fmt::Debug> ShownIf<u8> for T {}

#[test]
fn p18_secrets_and_buyers_cannot_be_written_to_a_log() {
    <crate::platforms::Secret as ShownIf<_>>::is_never_shown();
    <super::super::Buyer as ShownIf<_>>::is_never_shown();
    <Order as ShownIf<_>>::is_never_shown();
    <super::super::Outcome as ShownIf<_>>::is_never_shown();
}
