use proptest::prelude::*;

use super::*;
use crate::domain::order::{Kind, Moment, OrderId, Refund};

const PAID_AT: i64 = 1_700_000_000;

fn delivery(state: OrderState, changed_at_s: Option<i64>) -> Order {
    let mut order = Order::new(OrderId::parse("HP1").unwrap(), state, PAID_AT + 1_000_000);
    order.changed_at = changed_at_s.map(Moment::second);
    order
}

fn run(deliveries: &[Order], wanted: &OptionalEvents) -> Standing {
    let mut standing = None;
    for order in deliveries {
        standing = Some(Standing::take(standing, order, wanted).0);
    }
    standing.unwrap()
}

fn names(standing: &Standing) -> Vec<&str> {
    standing.caused.iter().map(|cause| cause.name.as_str()).collect()
}

fn all_wanted() -> OptionalEvents {
    Trigger::WORDS.iter().fold(OptionalEvents::default(), |wanted, word| {
        let trigger = Trigger::parse(word).unwrap();
        wanted.with(trigger, OptionalEvents::usual_name(trigger))
    })
}

#[test]
fn a_purchase_is_caused_by_the_first_payment_and_by_nothing_else() {
    let wanted = OptionalEvents::default();
    for word in OrderState::WORDS {
        let order = delivery(OrderState::parse(word).unwrap(), None);
        let (standing, cause) = Standing::take(None, &order, &wanted);
        assert_eq!(cause.is_some(), *word == "paid", "{word}");
        assert_eq!(Standing::take(Some(standing), &order, &wanted).1, None, "{word} again");
    }
}

#[test]
fn a_late_pix_notice_does_not_take_a_paid_order_back() {
    let paid = delivery(OrderState::Paid, Some(PAID_AT));
    let pending = delivery(OrderState::Pending, Some(PAID_AT + 60));
    let standing = run(&[paid, pending], &all_wanted());
    assert_eq!((standing.state, names(&standing)), (OrderState::Paid, vec!["Purchase"]));
}

#[test]
fn a_refused_card_that_is_tried_again_is_paid() {
    let refused = delivery(OrderState::Refused, Some(PAID_AT - 60));
    let paid = delivery(OrderState::Paid, Some(PAID_AT));
    let standing = run(&[refused, paid], &OptionalEvents::default());
    assert_eq!((standing.state, names(&standing)), (OrderState::Paid, vec!["Purchase"]));
}

#[test]
fn a_renewal_is_no_purchase_and_an_event_only_if_it_is_wanted() {
    let mut renewal = delivery(OrderState::Paid, Some(PAID_AT));
    renewal.kind = Kind::Renewal { number: Some(2) };
    assert_eq!(Standing::take(None, &renewal, &OptionalEvents::default()).1, None);
    let cause = Standing::take(None, &renewal, &all_wanted()).1.unwrap();
    assert_eq!(cause.name.as_str(), "Renewal");
}

#[test]
fn each_partial_refund_is_an_event_and_its_repetition_is_none() {
    let partial = |id: &str, at| {
        let mut order = delivery(OrderState::PartiallyRefunded, Some(at));
        order.refund = Some(Refund { id: Some(id.to_owned()), ..Refund::default() });
        order
    };
    let [first, again, second] = [partial("re_1", 1), partial("re_1", 1), partial("re_2", 2)];
    let standing = run(&[first, again, second], &all_wanted());
    let parts: Vec<_> = standing.caused.iter().filter_map(|cause| cause.part.as_deref()).collect();
    assert_eq!(parts, ["re_1", "re_2"]);
}

#[test]
fn no_other_state_can_be_made_a_purchase() {
    let wanted = OptionalEvents::default().with(Trigger::Pending, EventName::purchase());
    assert_eq!(wanted, OptionalEvents::default());
    assert_eq!(Standing::take(None, &delivery(OrderState::Pending, None), &wanted).1, None);
}

prop_compose! {
    /// Deliveries of one sale, one of them its payment, each with its time.
    fn deliveries()(
        states in prop::collection::vec((0..OrderState::WORDS.len(), -5_i64..5), 0..6),
        paid_at in -5_i64..5,
    ) -> Vec<(OrderState, i64)> {
        let others = states.into_iter().map(|(index, at)| (OrderState::parse(OrderState::WORDS[index]).unwrap(), at));
        others.chain([(OrderState::Paid, paid_at)]).collect()
    }
}

proptest! {
    #[test]
    fn whatever_the_order_and_repetition_of_deliveries_the_end_is_one_and_the_purchase_is_one(
        (deliveries, shuffled) in deliveries().prop_flat_map(|all| {
            let repeated: Vec<_> = all.iter().chain(&all).copied().collect();
            (Just(all), Just(repeated).prop_shuffle())
        }),
    ) {
        let orders = |all: &[(OrderState, i64)]| -> Vec<Order> {
            all.iter().map(|(state, at)| delivery(*state, Some(PAID_AT + at))).collect()
        };
        let (straight, mixed) = (run(&orders(&deliveries), &all_wanted()), run(&orders(&shuffled), &all_wanted()));
        prop_assert_eq!((straight.state, straight.changed_at_s), (mixed.state, mixed.changed_at_s));
        for standing in [&straight, &mixed] {
            prop_assert_eq!(names(standing).iter().filter(|name| **name == "Purchase").count(), 1);
        }
    }
}
