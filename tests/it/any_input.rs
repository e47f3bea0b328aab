//! Whatever comes, the answer is one of the contract's, is never our fault, and a refusal changes nothing.

mod browser;

use anyhow::{Result, ensure};
use lambda_http::Request;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tests::request;
use tests::world::{Answer, World};
use tokio::runtime::Builder;

const BROWSER: [&str; 12] = [
    "url",
    "referrer",
    "fbclid",
    "fbc",
    "fbp",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "click_id",
    "consent",
];
const PERSON: [&str; 13] = [
    "click_id",
    "fbc",
    "fbclid",
    "fbp",
    "email",
    "email_hash",
    "phone",
    "phone_hash",
    "external_id",
    "country",
    "first_name",
    "consent",
    "referrer",
];
const ORDER: [&str; 5] = ["event_name", "status", "event_time", "event_source_url", "action_source"];
const CUSTOMER: [&str; 11] =
    ["email", "phone", "first_name", "last_name", "city", "state", "zip", "country", "external_id", "ip", "user_agent"];
const CLICK: [&str; 4] = ["click_id", "fbclid", "fbc", "fbp"];
const UTM: [&str; 7] = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "source", "campaign"];
const ITEM: [&str; 3] = ["id", "quantity", "price"];
/// Values of JSON: good ones and hostile ones.
const VALUES: [&str; 36] = [
    "null",
    "true",
    "[]",
    "{}",
    "0",
    "-0",
    "-1",
    "2",
    "97.00",
    "97.001",
    "1e400",
    "-1e-400",
    "1e999999999999",
    "18446744073709551616",
    r#""""#,
    r#"" ""#,
    r#""\u0000""#,
    r#""\ud800""#,
    r#""a\ud83dz""#,
    r#""97,00""#,
    r#""BRL""#,
    r#""XXX""#,
    r#""paid""#,
    r#""pending""#,
    r#""website""#,
    r#""Lead""#,
    r#""fb.1.1700000000000.IwAR0-Any""#,
    r#""fb.1.1700000000000.1234567890""#,
    r#""https://loja.example.com.br/?fbclid=Any""#,
    r#""maria@example.com""#,
    r#""+55 11 95550-0001""#,
    r#""::ffff:203.0.113.7""#,
    r#""'; drop table clicks; --""#,
    r#""SP""#,
    r#""Brasil""#,
    r#""\u202e\ufeff\uffff""#,
];

fn value() -> impl Strategy<Value = String> {
    let text = any::<String>().prop_map(|text| json!(text).to_string());
    let long = (0..3000_usize).prop_map(|length| json!("ã".repeat(length)).to_string());
    let number = any::<f64>().prop_filter_map("a number of JSON", |it| it.is_finite().then(|| it.to_string()));
    prop_oneof![
        8 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned), 4 => text, 1 => long, 1 => number,
        1 => any::<i64>().prop_map(|it| it.to_string()),
    ]
}

/// Fields of an object, each of these names now and then; rarely one of any name.
fn fields(names: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    let known = prop::sample::subsequence(names, 0..=names.len());
    let values = prop::collection::vec(value(), names.len());
    let unknown = prop::option::weighted(0.02, (any::<String>(), value()));
    (known, values, unknown).prop_map(|(known, values, unknown)| {
        let mut fields: Vec<String> =
            known.into_iter().zip(values).map(|(name, raw)| format!("{}:{raw}", json!(name))).collect();
        fields.extend(unknown.map(|(name, raw)| format!("{}:{raw}", json!(name))));
        fields
    })
}

fn object(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    fields(names).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

fn click() -> impl Strategy<Value = String> {
    (fields(&BROWSER), prop::option::weighted(0.2, object(&UTM))).prop_map(|(mut fields, first)| {
        fields.extend(first.map(|first| format!("\"first\":{first}")));
        format!("{{{}}}", fields.join(","))
    })
}

fn person() -> impl Strategy<Value = String> {
    object(&PERSON)
}

/// An order: mostly with a core that is right, and anything at all in the rest.
fn order() -> impl Strategy<Value = String> {
    let core = prop_oneof![
        9 => any::<u8>().prop_map(|it| (json!(format!("order-{it}")).to_string(), "97.00".to_owned(), r#""BRL""#.to_owned())),
        1 => (value(), value(), value()),
    ];
    let rest = prop_oneof![3 => Just(Vec::new()), 1 => fields(&ORDER)];
    let items = prop::collection::vec(object(&ITEM), 0..4);
    (core, rest, object(&CUSTOMER), object(&CLICK), object(&UTM), items).prop_map(
        |((order_id, value, currency), rest, customer, click, utm, items)| {
            let mut fields = vec![
                format!(r#""order_id":{order_id},"value":{value},"currency":{currency}"#),
                format!(r#""customer":{customer},"click":{click},"utm":{utm},"items":[{}]"#, items.join(",")),
            ];
            fields.extend(rest);
            format!("{{{}}}", fields.join(","))
        },
    )
}

fn hold(answer: &Answer, taken: &[u16]) -> Result<()> {
    if taken.contains(&answer.status) {
        ensure!(answer.content_type == "application/json", "{answer:?}");
        return Ok(());
    }
    ensure!(matches!(answer.status, 400 | 413 | 422), "not an answer to bad input: {answer:?}");
    answer.expect_problem(answer.status)
}

async fn send(world: &World, browser: &[Request], orders: &[Request]) -> Result<()> {
    for request in browser {
        let before = world.rows().await?;
        let answer = world.send_click(request).await?;
        if answer.status == 429 {
            answer.expect_problem(429)?;
        } else {
            hold(&answer, &[200])?;
        }
        ensure!(
            answer.status == 200 || world.rows().await? == before,
            "a refused request of a browser changed something"
        );
    }
    for order in orders {
        let before = world.rows().await?;
        let answer = world.send_order(order).await?;
        hold(&answer, &[200, 202])?;
        ensure!(answer.status < 300 || world.rows().await? == before, "a refused order changed something");
    }
    Ok(())
}

/// Runs cases against one world.
fn check<S: Strategy>(
    cases: u32,
    strategy: &S,
    requests: impl Fn(&World, &S::Value) -> (Vec<Request>, Vec<Request>),
) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    runner
        .run(strategy, |input| {
            let (browser, orders) = requests(&world, &input);
            let sent = runtime.block_on(send(&world, &browser, &orders));
            sent.map_err(|error| TestCaseError::fail(format!("{error:#}")))
        })
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let tables = runtime.block_on(world.count("select count(*) from tenants, funnels", &[]))?;
    ensure!(tables == 2, "the tenant and its funnels are still there");
    Ok(())
}

#[test]
fn no_json_is_a_5xx_and_what_is_refused_changes_nothing() -> Result<()> {
    check(300, &(click(), person(), order(), any::<String>()), |world, (click, person, order, header)| {
        let header: String = header.chars().filter(|it| !it.is_control()).collect();
        let click = request::with_header(world.click_request(click), "user-agent", &header);
        let click = request::with_header(click, "x-forwarded-for", &header);
        let person = request::with_header(world.identify_request(person), "user-agent", &header);
        (vec![click, person], vec![world.order_request(order)])
    })
}

#[test]
fn no_bytes_are_a_5xx_and_what_is_refused_changes_nothing() -> Result<()> {
    let bytes = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,100}".prop_map(String::into_bytes),
        // A body that was cut, or damaged on its way.
        (prop_oneof![click(), person(), order()], any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(body, at, byte)| {
                let mut bytes = body.into_bytes();
                let at = at.index(bytes.len());
                bytes[at] = byte;
                if byte % 4 == 0 {
                    bytes.truncate(at);
                }
                bytes
            }
        ),
    ];
    check(300, &bytes, |world, bytes| {
        let order = request::with_key(request::post_bytes("/v1/orders", bytes), &world.tenant.api_key);
        let identify = world.identify_request("").uri().path().to_owned();
        (vec![request::post_bytes(&world.clicks_path(), bytes), request::post_bytes(&identify, bytes)], vec![order])
    })
}
