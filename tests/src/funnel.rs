//! A demo funnel: an ad, a landing page with the snippet, somebody else's checkout, and a thank-you page, so that the whole product
//! can be clicked through in a browser.
//!
//! The seller's pages are at `localhost`, the checkout is at `127.0.0.1`: two sites that every browser reaches without any setting.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::net;
use crate::seed::Seeded;

/// The host of the seller's pages: one of the funnel's domains, by the seeds.
const SHOP: &str = "localhost";
/// The host of the checkout.
const CHECKOUT: &str = "127.0.0.1";
/// The parameter in which this checkout gives the click id back.
const SLOT: &str = "sck";
/// The steps of the visitor's way, and the path of each.
const STEPS: [(&str, &str); 4] =
    [("/", "Ad"), ("/course", "Landing"), ("/checkout", "Checkout"), ("/thanks", "Thanks")];

/// The running pages. They end with their value.
pub struct Funnel {
    port: u16,
    task: JoinHandle<()>,
}

/// What the pages need to know.
struct Shared {
    port: u16,
    /// Where the API is, as a browser of the seller's site sees it.
    api: String,
    tenant: Seeded,
    http: reqwest::Client,
}

impl Funnel {
    /// The statement that makes the checkout one of the tenant's funnel: without it no link there is taken for one.
    pub fn setting(tenant: &Seeded) -> String {
        format!(
            "insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot)
             values ('{}', '{}', '{CHECKOUT}', 'demo', '{SLOT}') on conflict do nothing",
            tenant.id, tenant.funnel_id
        )
    }

    /// Serves the pages on a port of the loopback (0: any free one), for an API on this port of it.
    pub async fn start(tenant: &Seeded, api_port: u16, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("a port for the demo funnel")?;
        let port = listener.local_addr()?.port();
        let api = format!("http://{SHOP}:{api_port}");
        let shared = Shared { port, api, tenant: tenant.clone(), http: net::http_client()? };
        let routes = Router::new()
            .route("/", get(ad))
            .route("/course", get(course))
            .route("/checkout", get(checkout))
            .route("/pay", post(pay))
            .route("/thanks", get(thanks))
            .route("/story", get(story))
            .route("/demo.css", get(style))
            .with_state(std::sync::Arc::new(shared));
        let task = tokio::spawn(async move {
            // It ends with its value, not by itself.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { port, task })
    }

    /// Where the visitor's way begins.
    pub fn url(&self) -> String {
        format!("http://{SHOP}:{}/", self.port)
    }

    /// The checkout, as it stands in a redirect link.
    pub fn encoded_checkout(&self) -> String {
        encoded(&checkout_url(self.port))
    }
}

impl Drop for Funnel {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Demo = State<std::sync::Arc<Shared>>;

impl Shared {
    fn shop(&self) -> String {
        format!("http://{SHOP}:{}", self.port)
    }

    /// The tag that a seller puts on each page.
    fn tag(&self) -> String {
        format!(r#"<script async src="{}/t.js?f={}"></script>"#, self.api, self.tenant.funnel_id)
    }

    /// A request to the API with the seller's key.
    fn call(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.bearer_auth(&self.tenant.api_key)
    }
}

fn checkout_url(port: u16) -> String {
    format!("http://{CHECKOUT}:{port}/checkout")
}

fn encoded(url: &str) -> String {
    url::form_urlencoded::byte_serialize(url.as_bytes()).collect()
}

/// Fills a page. Values are text: they stand escaped.
fn page(path: &str, host: &str, head: &str, body: &str, note: &str, values: &[(&str, &str)]) -> Html<String> {
    let steps = STEPS.map(|(of, name)| {
        let now = if of == path { " aria-current=\"step\"" } else { "" };
        format!("<li{now}>{name}</li>")
    });
    let mut html = include_str!("funnel/pages/frame.html")
        .replace("{head}", head)
        .replace("{body}", body)
        .replace("{note}", note)
        .replace("{where}", &if path == "/" { host.to_owned() } else { format!("{host}{path}") })
        .replace("{steps}", &steps.concat())
        .replace("{title}", STEPS.iter().find(|(of, _)| *of == path).map_or("", |(_, name)| name));
    for (name, value) in values {
        html = html.replace(&format!("{{{name}}}"), &escaped(value));
    }
    Html(html)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css")], include_str!("funnel/pages/demo.css")).into_response()
}

async fn ad(State(demo): Demo) -> Html<String> {
    let fbclid = format!("IwAR0-Demo{}", fastrand::u64(..));
    let values = [
        ("shop", demo.shop()),
        ("api", demo.api.clone()),
        ("funnel", demo.tenant.funnel_id.clone()),
        ("fbclid", fbclid),
        ("checkout_encoded", encoded(&checkout_url(demo.port))),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let note = "The second link records the click on its way to the checkout, for ads that have no landing page.";
    page("/", "somebody's feed", "", include_str!("funnel/pages/ad.html"), note, &values)
}

async fn course(State(demo): Demo) -> Html<String> {
    let note = "The e-mail and a phone in the form +… are hashed in the browser before they go anywhere.";
    let body = include_str!("funnel/pages/course.html");
    page("/course", SHOP, &demo.tag(), body, note, &[("checkout", &checkout_url(demo.port))])
}

/// What came along in the checkout's address.
#[derive(Deserialize)]
struct Arrival {
    #[serde(default)]
    sck: String,
    #[serde(default)]
    utm_campaign: String,
}

async fn checkout(Query(arrival): Query<Arrival>) -> Html<String> {
    let note = "Paying here makes an order of R$ 97.00 with these sample data; nothing is charged.";
    let body = include_str!("funnel/pages/checkout.html");
    page("/checkout", CHECKOUT, "", body, note, &[("sck", &arrival.sck), ("campaign", &arrival.utm_campaign)])
}

/// What the buyer typed, and the click id that the checkout kept.
#[derive(Deserialize)]
struct Paid {
    sck: String,
    name: String,
    email: String,
    phone: String,
}

/// What a checkout's server does when it is paid: it tells the order, and sends the buyer back to the seller.
async fn pay(State(demo): Demo, Form(paid): Form<Paid>) -> Response {
    let order_id = format!("DEMO-{}", fastrand::u32(100_000..1_000_000));
    let (first, last) = paid.name.split_once(' ').unwrap_or((&paid.name, ""));
    let order = json!({
        "order_id": order_id, "value": 97, "currency": "BRL",
        "customer": { "email": paid.email, "phone": paid.phone, "first_name": first, "last_name": last },
        "click": { "click_id": paid.sck },
    });
    let request = demo.http.post(format!("{}/v1/orders", demo.api)).header("content-type", "application/json");
    let told = match demo.call(request).body(order.to_string()).send().await {
        Ok(answer) => answer.text().await.unwrap_or_default(),
        Err(error) => return (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    };
    let placed: Value = serde_json::from_str(&told).unwrap_or_default();
    match placed["event_id"].as_str() {
        Some(event_id) => {
            Redirect::to(&format!("{}/thanks?order={order_id}&event_id={event_id}", demo.shop())).into_response()
        }
        None => (StatusCode::BAD_GATEWAY, told).into_response(),
    }
}

/// The order that was paid.
#[derive(Deserialize)]
struct Thanked {
    order: String,
    event_id: String,
}

async fn thanks(State(demo): Demo, Query(thanked): Query<Thanked>) -> Html<String> {
    let note = "The same story is in the answer of GET /v1/orders with the event id behind it.";
    let body = include_str!("funnel/pages/thanks.html");
    let (order, event_id) = (plain(&thanked.order), plain(&thanked.event_id));
    page("/thanks", SHOP, &demo.tag(), body, note, &[("order", &order), ("event_id", &event_id)])
}

/// What may stand in a page's own script: a query can be anybody's.
fn plain(text: &str) -> String {
    text.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect()
}

/// The event whose story is told.
#[derive(Deserialize)]
struct Asked {
    event_id: String,
}

async fn story(State(demo): Demo, Query(asked): Query<Asked>) -> Response {
    let request = demo.http.get(format!("{}/v1/orders/{}", demo.api, plain(&asked.event_id)));
    match demo.call(request).send().await {
        Ok(answer) => {
            let told = answer.text().await.unwrap_or_default();
            Json(serde_json::from_str::<Value>(&told).unwrap_or_default()).into_response()
        }
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
