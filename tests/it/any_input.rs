//! Whatever comes, the answer is one of the contract's, is never our fault, and a refusal changes nothing.

use anyhow::{Result, ensure};
use lambda_http::Request;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tests::request;
use tests::world::{Answer, World};
use tokio::runtime::Builder;

/// Names that some reader of ours looks for, at any depth.
const NAMES: [&str; 40] = [
    "url", "referrer", "fbclid", "fbc", "fbp", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "source",
    "click_id", "order_id", "event_name", "status", "value", "currency", "event_time", "event_source_url", "action_source",
    "customer", "email", "phone", "first_name", "last_name", "city", "state", "zip", "country", "external_id", "ip",
    "user_agent", "click", "utm", "items", "id", "quantity", "price", "tenant_id", "consent",
];
/// Texts that stand where JSON has a value: good ones, hostile ones, and ones that are none.
const VALUES: [&str; 34] = [
    "null", "true", "[]", "{}", "0", "-0", "-1", "97.00", "97.001", "1e400", "-1e-400", "1e999999999999", "NaN", "18446744073709551616",
    r#""""#, r#"" ""#, r#""\u0000""#, r#""\ud800""#, r#""a\ud83dz""#, r#""97,00""#, r#""BRL""#, r#""JPY""#, r#""XXX""#, r#""paid""#,
    r#""website""#, r#""fb.1.1700000000000.IwAR0-Any""#, r#""fb.1.1700000000000.1234567890""#, r#""https://loja.example.com.br/?fbclid=Any""#,
    r#""maria@example.com""#, r#""+55 11 95550-0001""#, r#""::ffff:203.0.113.7""#, r#""'; drop table clicks; --""#,
    r#""2026-11-24T00:00:00Z""#, r#""\u202e\ufeff\uffff""#,
];

/// A text of JSON, or nearly: objects and lists of our names, some levels deep.
fn json_like() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| json!(text).to_string());
    let number = any::<f64>().prop_map(|number| number.to_string());
    let long = (0..3000_usize).prop_map(|length| json!("ã".repeat(length)).to_string());
    let known = || prop::sample::select(&VALUES[..]).prop_map(str::to_owned);
    let leaf = prop_oneof![
        6 => known(), 3 => text, 1 => number, 1 => any::<i64>().prop_map(|it| it.to_string()), 1 => long,
        1 => "[-+0-9eE.,_]{1,12}", 1 => "\\PC{0,12}",
    ];
    leaf.prop_recursive(3, 64, 12, |inner| {
        prop_oneof![
            4 => object(inner.clone()),
            1 => prop::collection::vec(inner, 0..4).prop_map(|entries| format!("[{}]", entries.join(","))),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let name = prop_oneof![
        9 => prop::sample::select(&NAMES[..]).prop_map(|name| json!(name).to_string()),
        1 => any::<String>().prop_map(|name| json!(name).to_string()),
    ];
    prop::collection::vec((name, value), 0..10).prop_map(|fields| {
        let mut seen = Vec::new();
        // Mostly without duplicates, or little else would be reached.
        let fields = fields.into_iter().filter(|(name, _)| name.len() % 7 == 0 || !seen.contains(name) && {
            seen.push(name.clone());
            true
        });
        format!("{{{}}}", fields.map(|(name, raw)| format!("{name}:{raw}")).collect::<Vec<_>>().join(","))
    })
}

/// What makes an order, in front of whatever else there is.
fn on_an_order(body: &str) -> String {
    let core = r#"{"order_id":"1001","value":97.00,"currency":"BRL""#;
    match body.strip_prefix('{') {
        Some("}") => format!("{core}}}"),
        Some(rest) => format!("{core},{rest}"),
        None => format!(r#"{core},"customer":{body}}}"#),
    }
}

fn hold(answer: &Answer, taken: &[u16]) -> Result<()> {
    if taken.contains(&answer.status) {
        ensure!(answer.content_type == "application/json", "{answer:?}");
        return Ok(());
    }
    ensure!(matches!(answer.status, 400 | 413 | 422), "not an answer to bad input: {answer:?}");
    answer.expect_problem(answer.status)
}

async fn send(world: &World, click: &Request, orders: &[Request]) -> Result<()> {
    let before = world.rows().await?;
    let answer = world.send_click(click).await?;
    hold(&answer, &[200])?;
    ensure!(answer.status == 200 || world.rows().await? == before, "a refused click changed something");
    for order in orders {
        let before = world.rows().await?;
        let answer = world.send_order(order).await?;
        hold(&answer, &[200, 202])?;
        ensure!(answer.status < 300 || world.rows().await? == before, "a refused order changed something");
    }
    Ok(())
}

/// Runs cases against one world.
fn check<S: Strategy>(cases: u32, strategy: &S, requests: impl Fn(&World, &S::Value) -> (Request, Vec<Request>)) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(strategy, |input| {
            let (click, orders) = requests(&world, &input);
            let sent = runtime.block_on(send(&world, &click, &orders));
            sent.map_err(|error| TestCaseError::fail(format!("{error:#}")))
        })
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let tables = runtime.block_on(world.count("select count(*) from tenants, funnels", &[]))?;
    ensure!(tables == 2, "the tenant and its funnels are still there");
    Ok(())
}

#[test]
fn no_json_is_a_5xx_and_what_is_refused_changes_nothing() -> Result<()> {
    check(300, &(json_like(), any::<String>()), |world, (body, header)| {
        let header: String = header.chars().filter(|it| !it.is_control()).collect();
        let click = request::with_header(world.click_request(body), "user-agent", &header);
        let click = request::with_header(click, "x-forwarded-for", &header);
        (click, vec![world.order_request(body), world.order_request(&on_an_order(body))])
    })
}

#[test]
fn no_bytes_are_a_5xx_and_what_is_refused_changes_nothing() -> Result<()> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        // A body that was cut, or damaged on its way.
        (json_like(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(body, at, byte)| {
            let mut bytes = on_an_order(&body).into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if byte % 4 == 0 {
                bytes.truncate(at);
            }
            bytes
        }),
    ];
    check(300, &bytes, |world, bytes| {
        let order = request::with_key(request::post_bytes("/v1/orders", bytes), &world.tenant.api_key);
        (request::post_bytes(&world.clicks_path(), bytes), vec![order])
    })
}
