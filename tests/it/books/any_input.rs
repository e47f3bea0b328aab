//! Whatever stands in a path, a query, a body or a table: the answer is one of the contract's and never our fault.

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tests::world::{Answer, World};
use tokio::runtime::Builder;
use url::form_urlencoded;

use super::operators;

const NAMES: [&str; 8] = ["q", "state", "after", "limit", "since", "until", "locale", "check"];
const VALUES: [&str; 16] = [
    "",
    "1",
    "-1",
    "99999999999999999999",
    "sent",
    "held",
    "\0",
    "'; drop table conversions; --",
    "MS5h",
    "OTk5OTk5OTk5OTk5OTk5OTk5LmE",
    "2026-01-31",
    "9999-12-31",
    "2000-01-01",
    "pt-BR",
    "maria@example.com",
    "\u{10ffff}",
];
const CELLS: [&str; 12] =
    ["", "1", "97.00", "BRL", "1e400", "\"", "a\"b", "\"a\nb\"", "\0", "=1+1", "\u{feff}", "99999999999999999999999"];
const HEADERS: [&str; 9] = [
    "order_id,value,currency,event_time",
    "order_id;value;currency;event_time;customer.email",
    "order_id,value,currency,event_time,items[0].id,items[19].price,utm.utm_source,click.fbc",
    "order_id,value,currency,event_time,items[99999999999999999999].id",
    "order_id,value,currency,event_time,customer,customer.email",
    "order_id,value,currency,event_time,.,a.b.c",
    "\"order_id",
    "",
    "\0",
];

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((prop::sample::select(&NAMES[..]), value), 0..4).prop_map(|pairs| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        query.finish()
    })
}

fn table() -> impl Strategy<Value = String> {
    let cell = prop_oneof![
        5 => prop::sample::select(&CELLS[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    let row = prop::collection::vec(cell, 0..7).prop_map(|cells| cells.join(","));
    (prop::sample::select(&HEADERS[..]), prop::collection::vec(row, 0..5))
        .prop_map(|(header, rows)| format!("{header}\n{}", rows.join("\n")))
}

fn request() -> impl Strategy<Value = (Method, String, &'static str, String)> {
    let rest = prop_oneof![
        Just("overview".to_owned()),
        Just("events".to_owned()),
        Just("events.csv".to_owned()),
        "events/[ -~]{0,70}"
            .prop_map(|path| path.replace(['?', '#', '<', '>', '"', '`', '{', '}', '|', '\\', '^', ' '], "")),
        "events/[0-9a-f]{64}",
    ];
    let read = (rest, query())
        .prop_map(|(rest, query)| (Method::GET, format!("{rest}?{query}"), "application/json", String::new()));
    let q = prop_oneof![
        4 => prop::sample::select(&VALUES[..]).prop_map(|text| json!({"q": text}).to_string()),
        2 => any::<String>().prop_map(|text| json!({"q": text, "after": text}).to_string()),
        1 => any::<String>(),
    ];
    let search = (query(), q)
        .prop_map(|(query, body)| (Method::POST, format!("events/search?{query}"), "application/json", body));
    let import =
        (query(), table()).prop_map(|(query, body)| (Method::POST, format!("orders/import?{query}"), "text/csv", body));
    prop_oneof![3 => read, 2 => search, 3 => import]
}

#[test]
fn whatever_comes_is_answered_by_the_contract() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(async {
        let world = World::new().await?;
        world.fill("a", 5).await?;
        anyhow::Ok(world)
    })?;
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner.run(&request(), |(method, rest, content_type, body)| {
        let path = super::path(&world, &rest);
        let asked = operators(&world, method, &path, content_type, &body);
        let checked = runtime.block_on(async {
            let answer = Answer::read(setup::handle(&world.setup, &asked).await)?;
            ensure!(answer.status < 500, "{} {}", answer.status, answer.body);
            if answer.status >= 400 {
                answer.expect_problem(answer.status)?;
            }
            anyhow::Ok(())
        });
        checked.map_err(|error| TestCaseError::fail(format!("{path}: {error:#}")))
    })?;
    let faults = runtime.block_on(world.count("select count(*) from ledger_faults($1)", &[&world.tenant.id]))?;
    assert_eq!(faults, 0);
    Ok(())
}
