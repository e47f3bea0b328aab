//! What a browser, or whoever calls itself one, may send around a click: URLs, cookies, origins, agents, links.

use anyhow::{Context, Result, ensure};
use lambda_http::http::{HeaderValue, Method};
use proptest::prelude::*;
use proptest::sample::select;
use tests::request;
use tests::world::{Answer, World};
use url::{Url, form_urlencoded};

use super::{Builder, Config, TestCaseError, TestRunner, click};

/// The hosts that the funnel has, with their subdomains.
const LISTED: [&str; 4] = ["example.com.br", "shop.example.com", "localhost", "checkout.example.net"];

const URLS: [&str; 12] = [
    "https://checkout.example.net/pay?sck=1&a=%zz&fbclid=Copied#x",
    "https://checkout.example.net/?fbclid",
    "https://shop.example.com",
    "https://loja.example.com.br/?fbclid=IwAR0-Any",
    "https://checkout.example.net@evil.example.org/",
    "https://evil.example.org\\@checkout.example.net",
    "https:checkout.example.net",
    "//evil.example.org",
    "javascript:alert(1)",
    "http://localhost:1",
    "https://checkout.example.net.",
    "http://[::1]",
];

const ORIGINS: [&str; 8] = [
    "https://loja.example.com.br",
    "https://LOJA.example.com.br:8443",
    "https://evilexample.com.br",
    "http://localhost",
    "https://shop.example.com/x;\"",
    "app://example.com.br",
    "https://xn--.example.com.br",
    "null",
];

const SITES: [&str; 5] = ["same-site", "same-origin", "cross-site", "none", "\u{e9}"];

/// Bytes that a header may have.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![8 => 0x20..=0x7e_u8, 1 => 0x80..=0xff_u8, 1 => Just(b'\t')], 0..60)
}

/// Values that are nearly Meta's.
fn nearly() -> impl Strategy<Value = String> {
    "fb\\.[0-9]{0,4}\\.(1[67][0-9]{11}|[0-9]{9,14})\\.([0-9]{1,45}|[!-~]{0,20}|Iw[A-Za-z0-9_;,\"-]{1,12})(\\.(AQ|Bg|AQQAAQMC|[!-~]{2,8}))?"
}

fn cookie() -> impl Strategy<Value = Vec<u8>> {
    let pair =
        (select(&["_fbc", "_fbp", "_fbc ", "x"][..]), nearly()).prop_map(|(name, value)| format!("{name}={value}"));
    prop_oneof![3 => prop::collection::vec(pair, 0..5).prop_map(|pairs| pairs.join("; ").into_bytes()), 1 => bytes()]
}

fn of(list: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => select(list).prop_map(|it| it.as_bytes().to_vec()), 1 => bytes()]
}

/// The query of a redirect link, as a server may get one: mostly with one place to go to.
fn query() -> impl Strategy<Value = String> {
    let to = prop_oneof![8 => select(&URLS[..]).prop_map(str::to_owned), 1 => any::<String>(), 1 => "https?:[/\\\\]{0,3}\\PC{0,20}"];
    let name = select(&["fbclid", "utm_source", "sck", "consent", "x", "to", ""][..]).prop_map(str::to_owned);
    let value =
        prop_oneof![4 => "Iw[A-Za-z0-9_.-]{0,8}", 1 => any::<String>(), 1 => Just("denied".to_owned()), 1 => nearly()];
    let others = prop::collection::vec((prop_oneof![6 => name, 1 => any::<String>()], value), 0..5);
    let raw = prop::option::weighted(0.2, "[!$-;=?-~]{0,30}");
    (to, others, raw).prop_map(|(to, others, raw)| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("to", &to).extend_pairs(others.iter().filter(|(name, _)| name != "to" || to.len() % 7 == 0));
        format!("{}{}", query.finish(), raw.map(|raw| format!("&{raw}")).unwrap_or_default())
    })
}

/// `fb.<index>.<13 digits>.<payload>`, by the letter of Meta's page and not by our reader of it.
fn is_meta(value: &str, is_payload: impl Fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = value.splitn(4, '.').collect();
    let [fb, index, time, payload] = parts.as_slice() else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    *fb == "fb" && digits(index) && digits(time) && time.len() == 13 && !time.starts_with('0') && is_payload(payload)
}

fn is_fbc(value: &str) -> bool {
    let is_payload = |it: &str| {
        !it.starts_with('.') && (1..=509).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_graphic())
    };
    is_meta(value, is_payload)
}

fn is_fbp(value: &str) -> bool {
    is_meta(value, |payload| {
        let (random, appendix) = payload.split_once('.').unwrap_or((payload, "AQ"));
        (1..=40).contains(&random.len())
            && random.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(appendix.len(), 2 | 8)
    })
}

fn hold(answer: &Answer, taken: &[u16]) -> Result<()> {
    for cookie in answer.set_cookies() {
        let (name, rest) = cookie.split_once('=').context("a name")?;
        let (value, attributes) = rest.split_once("; ").context("attributes")?;
        ensure!(if name == "_fbc" { is_fbc(value) } else { name == "_fbp" && is_fbp(value) }, "{cookie}");
        let domain = ["; Domain=example.com.br", "; Domain=example.com", ""]
            .map(|it| format!("Path=/{it}; Max-Age=7776000; Secure; SameSite=Lax"));
        ensure!(domain.iter().any(|it| it == attributes), "{cookie}");
    }
    let location = answer.header("location");
    if answer.status == 302 {
        let url = Url::parse(location)?;
        let host = url.host_str().context("a host")?;
        ensure!(
            LISTED.iter().any(|it| host == *it || host.strip_suffix(it).is_some_and(|sub| sub.ends_with('.'))),
            "{location}"
        );
        ensure!(
            matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none(),
            "{location}"
        );
        ensure!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{location}");
    } else {
        ensure!(!answer.headers.contains_key("location"), "{answer:?}");
    }
    if taken.contains(&answer.status) {
        Ok(())
    } else {
        answer.expect_problem(if answer.status == 422 { 422 } else { 400 })
    }
}

type Headers = (Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

async fn send(world: &World, headers: &Headers, body: &str, query: &str, is_head: bool) -> Result<()> {
    let (cookie, origin, site, host, agent) = headers;
    let all = [
        ("cookie", cookie),
        ("origin", origin),
        ("sec-fetch-site", site),
        ("host", host),
        ("user-agent", agent),
        ("referer", origin),
    ];
    let with = |request| all.iter().fold(request, |request, (name, value)| request::with_bytes(request, name, value));
    let answer = world.send_click(&with(world.click_request(body))).await?;
    hold(&answer, &[200, 204])?;
    let method = if is_head { Method::HEAD } else { Method::GET };
    let link = request::new(method, &format!("/r/{}?{query}", world.tenant.funnel_id), "");
    hold(&world.send_click(&with(link)).await?, &[302])?;
    let preflight = world.send_click(&with(request::new(Method::OPTIONS, &world.clicks_path(), ""))).await?;
    hold(&preflight, &[204])?;
    let echoed = preflight.headers.get("access-control-allow-origin").map(HeaderValue::as_bytes);
    ensure!(echoed.is_none_or(|echoed| echoed == origin), "{preflight:?}");
    Ok(())
}

#[test]
fn no_browser_makes_a_5xx_or_a_value_that_meta_forbids_or_is_led_to_another_s_host() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let world = runtime.block_on(World::new())?;
    runtime.block_on(crate::capture::checkout(&world, &world.tenant, "checkout.example.net", "sck"))?;
    let agent = prop_oneof![4 => Just(request::AGENT.as_bytes().to_vec()), 1 => bytes()];
    let host = of(&["track.example.com.br", "localhost:9000", "track.example.net", "[::1]:1"]);
    let headers = (cookie(), of(&ORIGINS), of(&SITES), host, agent);
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    runner
        .run(&(headers, click(), query(), any::<bool>()), |(headers, body, query, is_head)| {
            let sent = runtime.block_on(send(&world, &headers, &body, &query, is_head));
            sent.map_err(|error| TestCaseError::fail(format!("{error:#}")))
        })
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let kept = runtime.block_on(world.text(
        "select coalesce(jsonb_agg(array[coalesce(fbc, ''), coalesce(fbp, '')]), '[]')::text from clicks",
        &[],
    ))?;
    let kept: Vec<[String; 2]> = serde_json::from_str(&kept.context("a list")?)?;
    ensure!(
        kept.iter().any(|[fbc, _]| !fbc.is_empty()) && kept.iter().any(|[_, fbp]| !fbp.is_empty()),
        "nothing was kept"
    );
    for [fbc, fbp] in kept {
        ensure!(fbc.is_empty() || is_fbc(&fbc), "{fbc}");
        ensure!(fbp.is_empty() || is_fbp(&fbp), "{fbp}");
    }
    Ok(())
}
