//! Somebody else's checkout: it posts as Hotmart does (Hotmart, webhook 2.0), to the path that the seller pasted there.

use std::sync::Arc;

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::db::keys;
use shared::platforms::Platform;
use shared::secrets::Secrets;
use tokio_postgres::Client;

use super::{CHECKOUT, Shared, page};
use crate::seed::Seeded;

/// Whose shape its posts have.
pub(super) const PLATFORM: Platform = Platform::Hotmart;
/// The parameter in which it gives the click id back.
pub(super) const SLOT: &str = "xcod";
/// What the course costs, in reais.
pub(super) const PRICE: u32 = 97;

/// What the seller pasted into the checkout, and the checkout's own secret.
#[derive(Clone, Debug)]
pub struct Connected {
    /// `/w/<tenant>.<secret>`.
    pub path: String,
    /// What it sends in `x-hotmart-hottok`.
    pub token: String,
}

/// Connects the checkout to a tenant, as `operate connect` does: a link there gets the click id, and what it posts is taken. The
/// same on each run.
pub async fn connect(client: &Client, sdk: &SdkConfig, secrets_prefix: &str, tenant: &Seeded) -> Result<Connected> {
    let (platform, id) = (PLATFORM.as_str(), "demo-checkout");
    let secret = format!("sample{}", tenant.id.trim_start_matches("tnt_"));
    client
        .execute(
            "with checkout as (
                 insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot) values ($1, $2, $3, $4, $5)
                 on conflict do nothing
             )
             insert into connections (tenant_id, id, platform, label, path_hash) values ($1, $6, $4, 'Demo checkout', $7)
             on conflict do nothing",
            &[&tenant.id, &tenant.funnel_id, &CHECKOUT, &platform, &SLOT, &id, &keys::hash(&secret)],
        )
        .await
        .context("the demo's checkout")?;
    let token = format!("sample-hottok-{}", tenant.id);
    let secrets = Secrets::new(sdk);
    secrets.put_connection(secrets_prefix, &tenant.id, id, &token, false).await.context("the checkout's secret")?;
    Ok(Connected { path: format!("/w/{}.{secret}", tenant.id), token })
}

/// What came along in the checkout's address.
#[derive(Deserialize)]
pub(super) struct Arrival {
    #[serde(default)]
    xcod: String,
    #[serde(default)]
    utm_campaign: String,
}

pub(super) async fn show(Query(arrival): Query<Arrival>) -> Html<String> {
    let note = "Paying here makes an order of R$ 97.00 with these sample data; nothing is charged.";
    let body = include_str!("pages/checkout.html");
    page("/checkout", CHECKOUT, "", body, note, &[("xcod", &arrival.xcod), ("campaign", &arrival.utm_campaign)])
}

/// What the buyer typed, and the click id that the checkout kept.
#[derive(Deserialize)]
pub(super) struct Bought {
    #[serde(default)]
    xcod: String,
    name: String,
    email: String,
    phone: String,
    /// `card`, or `pix`: paid later.
    #[serde(default)]
    by: String,
}

/// The buyer pays, by card at once; or takes a pix code along.
pub(super) async fn pay(State(demo): State<Arc<Shared>>, Form(bought): Form<Bought>) -> Response {
    let order = format!("DEMO-{}", fastrand::u32(100_000..1_000_000));
    let is_pix = bought.by == "pix";
    let event = if is_pix { "PURCHASE_BILLET_PRINTED" } else { "PURCHASE_APPROVED" };
    if let Err(refused) = post(&demo, event, &order, &bought).await {
        return refused;
    }
    if !is_pix {
        return thanks(&demo, &order);
    }
    let note = "The order is known already and nothing was sent: an order is a sale when it is paid.";
    let values = [("order", &*order), ("name", &bought.name), ("email", &bought.email), ("phone", &bought.phone)];
    page("/checkout", CHECKOUT, "", include_str!("pages/pix.html"), note, &values).into_response()
}

/// The order whose pix was paid.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    order: String,
    #[serde(flatten)]
    bought: Bought,
}

/// The bank has the money: this post has no click id, as happens.
pub(super) async fn confirm(State(demo): State<Arc<Shared>>, Form(paid): Form<Confirmed>) -> Response {
    match post(&demo, "PURCHASE_APPROVED", &paid.order, &paid.bought).await {
        Ok(()) => thanks(&demo, &paid.order),
        Err(refused) => refused,
    }
}

/// Back to the seller.
fn thanks(demo: &Shared, order: &str) -> Response {
    Redirect::to(&format!("{}/thanks?order={order}", demo.shop())).into_response()
}

/// What a checkout's server does when something happens to an order.
async fn post(demo: &Shared, event: &str, order: &str, bought: &Bought) -> Result<(), Response> {
    let request = demo
        .http
        .post(format!("{}{}", demo.api, demo.checkout.path))
        .header("content-type", "application/json")
        .header("x-hotmart-hottok", &demo.checkout.token)
        .body(delivery(event, order, bought).to_string());
    let refused = |told: String| (StatusCode::BAD_GATEWAY, told).into_response();
    let answer = request.send().await.map_err(|error| refused(error.to_string()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(refused(answer.text().await.unwrap_or_default()))
}

fn delivery(event: &str, order: &str, bought: &Bought) -> Value {
    let now_ms = Clock::SYSTEM.now_ms();
    let is_paid = event == "PURCHASE_APPROVED";
    let (first, last) = bought.name.split_once(' ').unwrap_or((&bought.name, ""));
    let mut purchase = json!({
        "transaction": order, "status": if is_paid { "APPROVED" } else { "WAITING_PAYMENT" }, "order_date": now_ms,
        "price": {"value": PRICE, "currency_value": "BRL"}, "payment": {"type": if is_paid { "CREDIT_CARD" } else { "PIX" }},
        "origin": {"xcod": bought.xcod},
    });
    if is_paid {
        purchase["approved_date"] = now_ms.into();
    }
    json!({
        "id": format!("{order}-{event}"), "creation_date": now_ms, "event": event, "version": "2.0.0",
        "data": {
            "product": {"id": 1_000_001, "name": "Demo course"},
            "buyer": {"email": bought.email, "checkout_phone": bought.phone, "name": bought.name, "first_name": first, "last_name": last},
            "purchase": purchase,
        },
    })
}
