//! A demo funnel: an ad, a landing page with the snippet, somebody else's checkout, and a thank-you page, so that the whole product
//! can be clicked through in a browser.
//!
//! The seller's pages are at `localhost`, the checkout is at `127.0.0.1`: two sites that every browser reaches without any setting.

mod checkout;

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use shared::domain::event_id::EventId;
use shared::domain::money::{Currency, Money};
use shared::domain::order::{EventName, OrderId};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use checkout::{Connected, connect};

use crate::net;
use crate::seed::Seeded;

/// The host of the seller's pages: one of the funnel's domains, by the seeds.
const SHOP: &str = "localhost";
/// The host of the checkout.
const CHECKOUT: &str = "127.0.0.1";
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
    checkout: Connected,
    http: reqwest::Client,
}

impl Funnel {
    /// Serves the pages on a port of the loopback (0: any free one), for an API on this port of it.
    pub async fn start(tenant: &Seeded, checkout: Connected, api_port: u16, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.context("a port for the demo funnel")?;
        let port = listener.local_addr()?.port();
        let api = format!("http://{SHOP}:{api_port}");
        let shared = Shared { port, api, tenant: tenant.clone(), checkout, http: net::http_client()? };
        let routes = Router::new()
            .route("/", get(ad))
            .route("/course", get(course))
            .route("/checkout", get(checkout::show))
            .route("/pay", post(checkout::pay))
            .route("/confirm", post(checkout::confirm))
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

    /// The event of an order, by the formula that needs no answer of anybody.
    fn event_id(&self, order: &str) -> Option<String> {
        let value = Money::parse(&checkout::PRICE.to_string(), Currency::parse("BRL")?).ok()?;
        let order = OrderId::parse(&format!("{}:{order}", checkout::PLATFORM.as_str()))?;
        Some(EventId::of(&self.tenant.id, &order, &EventName::purchase(), &value).to_string())
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

/// The order that was paid.
#[derive(Deserialize)]
struct Thanked {
    order: String,
}

async fn thanks(State(demo): Demo, Query(thanked): Query<Thanked>) -> Html<String> {
    let note = "The same story is in the answer of GET /v1/orders with the event id behind it.";
    let body = include_str!("funnel/pages/thanks.html");
    let order = plain(&thanked.order);
    let event_id = demo.event_id(&order).unwrap_or_default();
    let platform = checkout::PLATFORM.as_str();
    let values = [("order", &*order), ("event_id", &*event_id), ("platform", platform)];
    page("/thanks", SHOP, &demo.tag(), body, note, &values)
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
