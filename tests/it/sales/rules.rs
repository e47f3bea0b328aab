//! The statement ends where the rules end, whatever deliveries come in whatever order.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::json;
use shared::domain::order::{Kind, Moment, OptionalEvents, Order, OrderState, Refund, Standing};

use super::{Shop, all_wanted, brl};

/// What one delivery says: the state, when it came about, which refund it is, whether it is a renewal.
#[derive(Clone, Debug)]
struct Told {
    state: OrderState,
    changed_at: Option<i64>,
    refund: u8,
    renewal: bool,
}

fn told() -> impl Strategy<Value = Told> {
    let states: Vec<_> = OrderState::WORDS.iter().filter_map(|word| OrderState::parse(word)).collect();
    let state = prop::sample::select(states);
    (state, prop::option::weighted(0.8, -4_i64..4), 0..3u8, prop::bool::weighted(0.1))
        .prop_map(|(state, changed_at, refund, renewal)| Told { state, changed_at, refund, renewal })
}

/// The deliveries of one sale, each once or more, in any order.
fn deliveries() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec((told(), 1..3usize), 1..6)
        .prop_map(|all| all.into_iter().flat_map(|(told, times)| vec![told; times]).collect::<Vec<_>>())
        .prop_shuffle()
}

fn order(shop: &Shop, id: &str, told: &Told) -> Order {
    let mut order = shop.order(id, told.state);
    order.changed_at = told.changed_at.map(|at| Moment::second(shop.now_s - 1000 + at));
    if told.state == OrderState::PartiallyRefunded {
        let id = (told.refund > 0).then(|| format!("re_{}", told.refund));
        order.refund = Some(Refund { id, amount: brl("1.00"), total: None });
    }
    if told.renewal {
        order.kind = Kind::Renewal { number: Some(2) };
    }
    order
}

#[tokio::test]
async fn the_statement_and_the_rules_end_in_the_same_state_with_the_same_events() -> Result<()> {
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(20_260_301), ..Config::default() });
    let mut shop = Shop::new().await?;
    let mut sales = 0;
    for case in 0..120 {
        let wanted = if case % 3 == 0 { OptionalEvents::default() } else { all_wanted() };
        shop.connection.optional_events = wanted.clone();
        let all = deliveries().new_tree(&mut runner).map_err(|error| anyhow::anyhow!("{error}"))?.current();
        let id = format!("case-{case}");
        let mut standing: Option<Standing> = None;
        for (number, told) in all.iter().enumerate() {
            let order = order(&shop, &id, told);
            shop.tell(&format!("{case}-{number}"), &[&order]).await?;
            standing = Some(Standing::take(standing, &order, &wanted).0);
        }
        sales += i64::try_from(all.len())?;
        let standing = standing.context("a standing")?;
        let stored = shop
            .world
            .text(
                "select jsonb_build_array(state, extract(epoch from changed_at)::bigint, caused)::text from orders
                 where tenant_id = $1 and order_key = $2",
                &[&shop.world.tenant.id, &format!("hotmart:{id}")],
            )
            .await?
            .context("an order")?;
        let stored: serde_json::Value = serde_json::from_str(&stored)?;
        assert_eq!(stored[0], standing.state.as_str(), "{all:?}");
        assert_eq!(stored[1], json!(standing.changed_at_s), "{all:?}");
        let caused: BTreeSet<_> = stored[2].as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
        assert_eq!(caused, standing.caused.iter().map(shared::domain::order::Cause::key).collect(), "{all:?}");
        let events = "select count(*) from conversions where tenant_id = $1 and order_key = $2 and state = 'pending'";
        let events = shop.world.count(events, &[&shop.world.tenant.id, &format!("hotmart:{id}")]).await?;
        assert_eq!(usize::try_from(events)?, caused.len(), "{all:?}");
    }
    shop.assert_sound(sales).await
}
