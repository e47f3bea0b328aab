//! The statement that records an order chooses the click that the rules choose.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use tests::world::World;

const FBP: [&str; 3] = ["fb.1.1700000000000.111111", "fb.1.1700000000000.222222", "fb.1.1700000000000.333333"];
const IP: [&str; 2] = ["203.0.113.7", "203.0.113.8"];
const EMAIL: [&str; 2] = ["maria@example.com", "joao@example.com"];
const PHONE: [&str; 2] = ["5511987654321", "5511987654322"];

const ID: [&str; 2] = ["User-1", "User-2"];

/// A click of the past: hours before now, its ad click (its own, or the first click's, whose link was shared), browser and
/// address, and whose e-mail, phone or id was seen with it: by an order, or as a browser's claim.
#[derive(Clone, Debug)]
struct Past {
    hours: i32,
    fbclid: bool,
    shared: bool,
    fbp: Option<usize>,
    ip: usize,
    email: Option<usize>,
    phone: Option<usize>,
    id: Option<usize>,
    claimed: bool,
}

/// An order: how many hours ago, and which of the clicks' signals it carries.
#[derive(Clone, Debug)]
struct Carried {
    hours: i32,
    click: Option<usize>,
    fbclid: Option<usize>,
    fbp: Option<usize>,
    ip: Option<usize>,
    email: Option<usize>,
    phone: Option<usize>,
    id: Option<usize>,
}

fn past() -> impl Strategy<Value = Past> {
    let person = || prop::option::of(0..2usize);
    let hours = prop_oneof![0..100i32, 0..900i32];
    let click = (hours, any::<bool>(), prop::bool::weighted(0.3), prop::option::of(0..3usize), 0..2usize);
    let seen = (person(), person(), person(), prop::bool::weighted(0.6));
    (click, seen).prop_map(|((hours, fbclid, shared, fbp, ip), (email, phone, id, claimed))| Past {
        hours,
        fbclid,
        shared,
        fbp,
        ip,
        email,
        phone,
        id,
        claimed,
    })
}

fn carried() -> impl Strategy<Value = Carried> {
    let maybe = |max: usize| prop::option::weighted(0.3, 0..max);
    (0..72i32, maybe(6), maybe(6), maybe(3), prop::option::weighted(0.8, 0..2usize), maybe(2), maybe(2), maybe(2))
        .prop_map(|(hours, click, fbclid, fbp, ip, email, phone, id)| Carried {
            hours,
            click,
            fbclid,
            fbp,
            ip,
            email,
            phone,
            id,
        })
}

async fn seed(world: &World, index: usize, past: &Past, first: &Past) -> Result<()> {
    let tenant = &world.tenant;
    let shares = past.shared && index > 0 && first.fbclid;
    let fbclid = (past.fbclid && !shares).then(|| format!("sample{index}"));
    // A browser shares a link once.
    let fbp = if shares { Some(FBP[index % FBP.len()]) } else { past.fbp.map(|it| FBP[it]) };
    let sql = format!(
        "insert into clicks (tenant_id, id, funnel_id, fbclid, fbc, fbp, ip, user_agent, shared_from, created_at)
         values ('{tenant}', 'click{index}', '{funnel}', {fbclid}, {fbc}, {fbp}, '{ip}', 'agent', {shared_from},
                 now() - interval '{hours} hours')
         on conflict do nothing;
         insert into identities (tenant_id, id, email_hash, phone_hash, external_id_hash, click_id, source, created_at)
         select c.tenant_id, 'i{index}', encode(sha256({email}), 'hex'), encode(sha256({phone}), 'hex'),
                encode(sha256({id}), 'hex'), c.id, '{source}', c.created_at
         from clicks c where c.id = 'click{index}'",
        tenant = tenant.id,
        funnel = tenant.funnel_id,
        hours = past.hours,
        ip = IP[past.ip],
        fbclid = quoted(fbclid.as_deref()),
        fbc = quoted(fbclid.as_ref().map(|id| format!("fb.1.1700000000000.{id}")).as_deref()),
        fbp = quoted(fbp),
        shared_from = quoted(shares.then_some("click0")),
        email = quoted(past.email.map(|it| EMAIL[it])),
        phone = quoted(past.phone.map(|it| PHONE[it])),
        id = quoted(past.id.map(|it| ID[it])),
        source = if past.claimed { "browser" } else { "order" },
    );
    world.execute(&sql).await
}

fn quoted(text: Option<&str>) -> String {
    text.map_or("null".to_owned(), |text| format!("'{text}'"))
}

fn order(number: usize, carried: &Carried, now_s: i64) -> Value {
    let mut order = json!({
        "order_id": format!("o{number}"), "value": 1, "currency": "BRL", "event_time": now_s - i64::from(carried.hours) * 3600,
        "customer": {"user_agent": "agent", "external_id": carried.id.map_or(format!("buyer{number}"), |id| ID[id].to_owned())},
        "click": {},
    });
    if let Some(click) = carried.click {
        order["click"]["click_id"] = format!("click{click}").into();
    }
    if let Some(fbclid) = carried.fbclid {
        order["click"]["fbclid"] = format!("sample{fbclid}").into();
    }
    if let Some(fbp) = carried.fbp {
        order["click"]["fbp"] = FBP[fbp].into();
    }
    if let Some(ip) = carried.ip {
        order["customer"]["ip"] = IP[ip].into();
    }
    if let Some(phone) = carried.phone {
        order["customer"]["phone"] = format!("+{}", PHONE[phone]).into();
    }
    if let Some(email) = carried.email {
        order["customer"]["email"] = EMAIL[email].into();
    }
    order
}

/// What the answer says is the rules' choice over the stored candidates; what the row says is the statement's.
#[tokio::test]
async fn the_statement_chooses_as_the_rules_do() -> Result<()> {
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(20_261_124), ..Config::default() });
    let now_s = shared::clock::Clock::SYSTEM.now_s();
    let (mut stages, mut kinds) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..10 {
        let world = World::new().await?;
        let clicks = prop::collection::vec(past(), 6).new_tree(&mut runner).ok().context("clicks")?.current();
        for (index, click) in clicks.iter().enumerate() {
            seed(&world, index, click, &clicks[0]).await?;
        }
        for number in 0..40 {
            let carried = carried().new_tree(&mut runner).ok().context("an order")?.current();
            let placed = world.post_order(&order(number, &carried, now_s)).await?.expect(202)?;
            let event_id = placed["event_id"].as_str().context("event_id")?;
            let row = world
                .text("select concat(match_stage, ' ', click_id) from conversions where event_id = $1", &[&event_id])
                .await?;
            let found = &placed["match"];
            let told =
                format!("{} {}", found["stage"].as_str().unwrap_or(""), found["click_id"].as_str().unwrap_or(""));
            assert_eq!(row.as_deref(), Some(told.as_str()), "{clicks:#?} {carried:#?} {placed:#}");
            for it in found["evidence"].as_array().into_iter().flatten() {
                let word = if it["confirmed"] == true { "confirmed" } else { "claimed" };
                *kinds.entry(format!("{word} {} {}", it["evidence"], it["verdict"])).or_insert(0) += 1;
            }
            *stages.entry(told.split(' ').next().unwrap_or("").to_owned()).or_insert(0) += 1;
        }
    }
    for stage in ["identity", "click", "network", "none"] {
        assert!(stages.get(stage).is_some_and(|count| *count > 3), "too few of {stage}: {stages:?}");
    }
    for evidence in ["email_hash", "phone_hash", "external_id_hash"] {
        for kind in ["confirmed", "claimed"].map(|word| format!("{word} \"{evidence}\"")) {
            for verdict in ["taken", "outranked"].map(|verdict| format!("{kind} \"{verdict}\"")) {
                assert!(kinds.get(&verdict).is_some_and(|count| *count > 3), "too few of {verdict}: {kinds:?}");
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn one_persons_order_does_not_get_another_persons_data() -> Result<()> {
    let world = World::new().await?;
    let maria = json!({"url": "https://loja.example.com/?fbclid=maria-click", "fbp": FBP[0]});
    let maria = world.post_click(&maria).await?.expect(200)?;
    let first = json!({"order_id": "1", "value": 1, "currency": "BRL", "click": {"click_id": maria["click_id"]},
                       "customer": {"email": EMAIL[0], "first_name": "Maria"}});
    world.post_order(&first).await?.expect(202)?;
    let joao = json!({"order_id": "2", "value": 1, "currency": "BRL", "customer": {"email": EMAIL[1]}});
    let joao = world.post_order(&joao).await?.expect(202)?;
    assert_eq!(joao["match"]["stage"], "none");
    let event_id = joao["event_id"].as_str().context("event_id")?;
    let keys = world
        .text("select (select string_agg(key, ' ' order by key) from jsonb_object_keys(user_data) key) from conversions where event_id = $1", &[&event_id])
        .await?;
    assert_eq!(keys.as_deref(), Some("em"));

    let again = json!({"order_id": "3", "value": 1, "currency": "BRL", "customer": {"email": "MARIA@example.com "}});
    let again = world.post_order(&again).await?.expect(202)?;
    assert_eq!(again["match"]["stage"], "identity");
    assert_eq!(again["match"]["click_id"], maria["click_id"]);
    Ok(())
}
