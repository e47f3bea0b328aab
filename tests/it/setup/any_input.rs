//! Whatever comes on whichever route, the answer is one of the contract's and never our fault.

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tests::request;
use tests::world::{Answer, World};
use tokio::runtime::Builder;

const FIELDS: [&str; 24] = [
    "business",
    "funnel",
    "meta",
    "checkout",
    "other_senders",
    "locale",
    "name",
    "slug",
    "country",
    "currency",
    "domains",
    "requires_consent",
    "pixel_id",
    "access_token",
    "app_secret",
    "test_event_code",
    "test_event_code_until",
    "platform",
    "amount",
    "secret",
    "shop",
    "purchase",
    "rotate",
    "expires_in_days",
];
const VALUES: [&str; 20] = [
    "null",
    "true",
    "0",
    "-1",
    "1e400",
    "\"\"",
    "\" \"",
    "\"a\\u0000b\"",
    "\"\\ud800\"",
    "\"hotmart\"",
    "\"woocommerce\"",
    "\"BR\"",
    "\"12345\"",
    "\"TEST1\"",
    "[]",
    "[\"a.example.com\", \"'; drop table tenants\"]",
    "[\"api_key\"]",
    "{}",
    "9223372036854775808",
    "\"2026-11-28T00:00:00Z\"",
];

/// Fields where they belong.
const NAMED: [(&str, &str); 12] = [
    ("business", "name"),
    ("business", "slug"),
    ("business", "country"),
    ("funnel", "domains"),
    ("funnel", "requires_consent"),
    ("meta", "pixel_id"),
    ("meta", "access_token"),
    ("meta", "test_event_code_until"),
    ("checkout", "platform"),
    ("checkout", "secret"),
    ("checkout", "order_id_slot"),
    ("other_senders", "purchase"),
];

fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        5 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => any::<String>().prop_map(|text| json!(text).to_string()),
    ];
    let object = |values: BoxedStrategy<String>| {
        prop::collection::vec((prop::sample::select(&FIELDS[..]), values), 0..5).prop_map(|pairs| {
            let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            format!("{{{}}}", pairs.join(","))
        })
    };
    let inner = prop_oneof![value.clone(), object(value.boxed())].boxed();
    let named = (prop::sample::select(&NAMED[..]), prop::sample::select(&VALUES[..]));
    let named =
        named.prop_map(|((section, field), value)| format!("{{\"{section}\":{{\"{field}\":{value}}}}}").into_bytes());
    prop_oneof![
        4 => named,
        4 => object(inner).prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..80),
    ]
}

fn path(session: &str, tenant: &str) -> impl Strategy<Value = String> + use<> {
    let session = format!("/v1/setup/sessions/{session}");
    let tenant = format!("/v1/tenants/{tenant}");
    let mut known: Vec<String> =
        ["", "/link", "/provision", "/test-event", "/activate", "/", "/x"].map(|end| format!("{session}{end}")).into();
    known.extend(
        [
            "",
            "/meta",
            "/suspend",
            "/activate",
            "/rotate-key",
            "/release",
            "/replay",
            "/",
            "/keys",
            "/keys/x",
            "/connections",
            "/connections/x/rotate",
            "/connections/x/secret",
            "/bodies?after=00",
            "/bodies/replay",
            "/quarantine?limit=1",
            "/audit?limit=x&after=%00",
        ]
        .map(|end| format!("{tenant}{end}")),
    );
    known.extend(
        [
            "/v1/setup/sessions",
            "/v1/setup/",
            "/v1/tenants/",
            "/healthz/setup?deep=1",
            "/healthz/setup?deep=%00",
            "/healthz",
        ]
        .map(str::to_owned),
    );
    prop_oneof![
        6 => prop::sample::select(known),
        1 => "[a-zA-Z0-9%._~-]{0,70}".prop_map(|text| format!("/v1/setup/sessions/{text}")),
        1 => "[a-zA-Z0-9%._~/-]{0,70}".prop_map(|text| format!("/v1/tenants/{text}")),
    ]
}

/// What the routes are called by: mostly as they want it.
fn call(session: &str, tenant: &str) -> impl Strategy<Value = (Method, String)> + use<> {
    let methods =
        prop::sample::select(vec![Method::GET, Method::POST, Method::PATCH, Method::PUT, Method::DELETE, Method::HEAD]);
    let patch = (Method::PATCH, format!("/v1/setup/sessions/{session}"));
    let post = path(session, tenant).prop_map(|path| (Method::POST, path));
    prop_oneof![2 => Just(patch), 2 => post, 3 => (methods, path(session, tenant))]
}

#[test]
fn no_input_on_any_route_is_our_fault() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    let session = runtime.block_on(world.session())?;
    let entered = runtime.block_on(world.enter(&session, &world.entered("any")))?.expect(200)?;
    runtime.block_on(world.act(&session, "provision", &Value::Null))?.expect(200)?;
    let (_, key) = runtime.block_on(world.key(&format!("tnt_{}", session.id), &["admin"]))?;
    let admin = world.admin_token.clone();
    let tokens = vec![admin.clone(), admin, session.token.clone(), String::from("x"), key];
    let input = (call(&session.id, &format!("tnt_{}", session.id)), body(), prop::sample::select(tokens));
    let mut runner = TestRunner::new(Config { cases: 250, failure_persistence: None, ..Config::default() });
    runner.run(&input, |((method, path), body, token)| {
        let said = runtime.block_on(async {
            let mut request = request::with_key(request::post_bytes(&path, &body), &token);
            *request.method_mut() = method.clone();
            // Else its wrong tokens would be too many.
            world.execute("delete from wrong_tokens").await?;
            let answer = Answer::read(setup::handle(&world.setup, &request).await)?;
            ensure!(answer.status < 500, "{method} {path} {}: {}", String::from_utf8_lossy(&body), answer.body);
            if answer.status >= 400 {
                answer.expect_problem(answer.status)?;
            }
            anyhow::Ok(())
        });
        prop_assert!(said.is_ok(), "{said:?}");
        Ok(())
    })?;
    let seen: Value = runtime.block_on(world.operate(Method::GET, &session.path(""), &Value::Null))?.expect(200)?;
    ensure!(seen["version"].as_i64() > entered["version"].as_i64(), "patches went through: {seen}");
    Ok(())
}
