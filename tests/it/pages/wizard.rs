//! The whole wizard, from nothing to a live seller.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::request;
use tests::simulator::EventQuery;
use tests::site::TRACK;
use tests::world::wake_up;

use super::Desk;

/// What the wizard's buttons say.
struct Words {
    lang: &'static str,
    create: &'static str,
    kept: &'static str,
    live: &'static str,
    is_live: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    create: "Create my tracking",
    kept: "I have kept them: go on",
    live: "Go live",
    is_live: "You are live.",
};
const PORTUGUESE: Words = Words {
    lang: "pt-BR",
    create: "Criar meu rastreamento",
    kept: "Já guardei: continuar",
    live: "Entrar no ar",
    is_live: "Você está no ar.",
};

#[tokio::test]
async fn a_seller_goes_from_a_link_to_live_in_english() -> Result<()> {
    from_a_link_to_live(&ENGLISH).await
}

#[tokio::test]
async fn a_seller_goes_from_a_link_to_live_in_portuguese() -> Result<()> {
    from_a_link_to_live(&PORTUGUESE).await
}

async fn from_a_link_to_live(words: &Words) -> Result<()> {
    let desk = Desk::new().await?;
    let look = |name: &'static str| {
        let name = format!("{}-{name}", words.lang);
        let desk = &desk;
        async move { desk.look(&name).await }
    };
    let world = desk.world();
    let opened = world
        .operate(lambda_http::http::Method::POST, "/v1/setup/sessions", &json!({"locale": words.lang}))
        .await?
        .expect(201)?;
    let link = opened["url"].as_str().context("a link")?;
    ensure!(link.starts_with(&format!("{TRACK}/setup/open?lang={}#sst_", words.lang)), "{link}");
    let whole = world.entered(words.lang.to_ascii_lowercase().trim_end_matches("-br"));

    desk.goto(&format!("/setup?lang={}", words.lang)).await?;
    look("0-login").await?;
    desk.page.follow(&format!("location.href = {}", json!(link))).await?;
    desk.page.until("location.pathname.endsWith('/business')").await?;
    look("1-business").await?;
    desk.enter(&whole["business"]).await?;
    desk.send("[name=name]").await?;
    desk.page.until("location.pathname.endsWith('/funnel')").await?;
    desk.enter(&json!({"name": whole["funnel"]["name"], "domains": "www.loja.example.com.br"})).await?;
    look("2-funnel").await?;
    desk.send("[name=name]").await?;
    desk.page.until("location.pathname.endsWith('/meta')").await?;
    desk.enter(&json!({"pixel_id": whole["meta"]["pixel_id"], "access_token": whole["meta"]["access_token"]})).await?;
    desk.send("[name=pixel_id]").await?;
    desk.page.until("location.pathname.endsWith('/checkout')").await?;
    desk.goto(&desk.path().await?.replace("/checkout", "/meta")).await?;
    desk.page.fill("[name=test_event_code]", "TEST12345").await?;
    desk.send("[name=test_event_code]").await?;
    look("3-meta").await?;
    let checkout = desk.path().await?.replace("/meta", "/checkout");
    desk.goto(&checkout).await?;
    desk.enter(&json!({"platform": "hotmart"})).await?;
    desk.send("[name=platform]").await?;
    desk.enter(&json!({"domains": "pay.example.com", "secret": "sample-hottok"})).await?;
    look("4-checkout").await?;
    desk.send("[name=platform]").await?;
    desk.page.until("location.pathname.endsWith('/other_senders')").await?;
    look("5-senders").await?;
    desk.enter(&json!({"purchase": "off"})).await?;
    desk.send("[name=purchase]").await?;
    desk.page.until("location.pathname.endsWith('/snippet')").await?;
    desk.press(words.create).await?;
    look("6-once").await?;
    let shown = desk.words().await?;
    let webhook = shown.lines().find(|it| it.contains("/w/tnt_")).context("a webhook's URL")?.to_owned();
    desk.press(words.kept).await?;
    look("6-snippet").await?;
    let path = desk.path().await?;

    let funnel = shown.split_once("t.js?f=").and_then(|(_, rest)| rest.split('"').next()).context("a funnel")?;
    let click = json!({"url": "https://www.loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890"});
    world.send_click(&request::post(&format!("/v1/funnels/{funnel}/clicks"), &click.to_string())).await?.expect(200)?;
    desk.page.until("document.querySelector('.signal.done') !== null").await?;
    look("6-snippet-seen").await?;
    desk.goto(&path.replace("/snippet", "/test_order")).await?;
    look("7-order").await?;
    let now_s = shared::clock::Clock::SYSTEM.now_s().to_string();
    let body = include_str!("../../fixtures/webhooks/hotmart/purchase_approved.json").replace("1767225", &now_s[..7]);
    let post = request::with_header(
        request::post(webhook.trim_start_matches(TRACK), &body),
        "x-hotmart-hottok",
        "sample-hottok",
    );
    world.send_order(&post).await?.expect(200)?;
    desk.page.until("document.querySelector('.signal.done') !== null").await?;
    look("7-order-seen").await?;
    desk.goto(&path.replace("/snippet", "/active")).await?;
    look("8-active").await?;
    desk.press(words.live).await?;
    ensure!(desk.words().await?.contains(words.is_live), "{}", desk.words().await?);
    look("9-live").await?;
    desk.goto("/setup").await?;
    desk.page.until("location.pathname.startsWith('/setup/tenants/tnt_')").await?;
    look("10-overview").await?;
    let overview = desk.path().await?;
    desk.goto(&format!("{overview}/health")).await?;
    desk.send(".bar button").await?;
    look("11-health").await?;

    let tenant = format!("tnt_{}", opened["id"].as_str().context("an id")?);
    world.dispatch_bodies(&[&wake_up(&tenant)]).await;
    let pixel = whole["meta"]["pixel_id"].as_str().context("a pixel")?;
    let events = world.simulator.events(&EventQuery::pixel(pixel));
    let told: Vec<_> = events.iter().map(|it| it.event_name.as_str()).collect();
    assert_eq!(told, ["TrackAiTest", "Purchase"]);
    assert_eq!(desk.page.errors(), Vec::<String>::new());
    let (own, strangers): (Vec<String>, Vec<String>) =
        desk.page.requests().into_iter().filter(|it| !it.starts_with("data:")).partition(|it| it.starts_with(TRACK));
    ensure!(own.len() > 20, "{own:?}");
    assert_eq!(strangers, Vec::<String>::new(), "a page asked somebody else");
    Ok(())
}

#[tokio::test]
async fn a_second_browser_goes_on_where_the_first_one_stopped() -> Result<()> {
    let desk = Desk::new().await?;
    let session = desk.world().session().await?;
    desk.goto(&format!("/setup/open#{}", session.token)).await?;
    desk.page.until("location.pathname.endsWith('/business')").await?;
    desk.enter(&json!({"name": "Loja Exemplo", "slug": "loja", "country": "BR", "currency": "BRL"})).await?;
    desk.send("[name=name]").await?;
    let other = Desk::at(Arc::clone(&desk.site)).await?;
    other.goto(&format!("/setup/open#{}", session.token)).await?;
    other.page.until("location.pathname.endsWith('/funnel')").await?;
    other.goto(&format!("/setup/sessions/{}/business", session.id)).await?;
    assert_eq!(other.page.eval("document.querySelector('[name=name]').value").await?, Value::from("Loja Exemplo"));
    Ok(())
}
