//! Tenants, made by the setup API as an operator and a seller make them.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::simulator::Simulator;

use crate::api::Api;
use crate::stage::ADMIN_TOKEN;

/// One that may send.
pub(crate) struct Tenant {
    /// Its key.
    pub(crate) api_key: String,
    /// Its funnel.
    pub(crate) funnel: String,
    /// Its pixel, which the simulator knows.
    pub(crate) pixel: String,
}

impl Tenant {
    /// Makes one. Two need two numbers of a digit.
    pub(crate) async fn make(api: &Api, simulator: &Simulator, number: u8) -> Result<Self> {
        let (pixel, token) = (format!("200000000000{number}"), format!("sample-meta-token-{number}"));
        simulator.pixel(&pixel, &token);
        let session = api.ask(ADMIN_TOKEN, Method::POST, "/v1/setup/sessions", &Value::Null).await?;
        let (path, seller) =
            (format!("/v1/setup/sessions/{}", text(&session["id"])?), text(&session["session_token"])?);
        let entered = json!({
            "business": {"name": "Loja Exemplo", "slug": format!("loja-{number}"), "country": "BR", "currency": "BRL"},
            "funnel": {"name": "Course", "domains": ["https://www.loja.example.com.br/"]},
            "meta": {"pixel_id": pixel, "access_token": token},
            "checkout": {"platform": "hotmart", "domains": ["pay.example.com"], "secret": "sample-hottok"},
            "other_senders": {"purchase": "off"},
        });
        api.ask(&seller, Method::PATCH, &path, &entered).await?;
        let made = api.ask(&seller, Method::POST, &format!("{path}/provision"), &Value::Null).await?;
        api.ask(&seller, Method::POST, &format!("{path}/activate"), &Value::Null).await?;
        Ok(Self { api_key: text(&made["api_key"]["key"])?, funnel: text(&made["funnel"]["id"])?, pixel })
    }

    /// Posts an order of this id, with whatever else it has. Gives the event's id.
    pub(crate) async fn order(&self, api: &Api, order_id: &str, click: &Value) -> Result<String> {
        let order = json!({
            "order_id": order_id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com"}, "click": click,
        });
        text(&api.ask(&self.api_key, Method::POST, "/v1/orders", &order).await?["event_id"])
    }
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("a text, not {value}"))
}
