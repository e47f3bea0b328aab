//! A checkout's deliveries, as events of API Gateway.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::json;
use shared::db::keys;
use tokio_postgres::Client;

use super::rows::OURS;
use super::stub::Events;
use super::traffic::{Template, digits, has_status, place};
use crate::request;
use crate::seed::Seeded;

/// The secret part of the path, and what the platform sends as its own.
const SAMPLE: &str = "sample";

/// What Secrets Manager has of the connection.
pub fn secret() -> String {
    json!({ "secrets": [SAMPLE] }).to_string()
}

/// Connects Hotmart to a tenant.
pub async fn connect(client: &Client, tenant: &Seeded) -> Result<()> {
    let sql = "insert into connections (tenant_id, id, platform, path_hash) values ($1, 'load', 'hotmart', $2)";
    client.execute(sql, &[&tenant.id, &keys::hash(SAMPLE)]).await.context("connect the checkout")?;
    Ok(())
}

/// New paid orders, as Hotmart posts them (webhook 2.0), of buyers who were seen, with the click that they came from.
#[derive(Debug)]
pub struct Deliveries {
    template: Template,
    random: fastrand::Rng,
    buyers: u32,
}

impl Deliveries {
    /// Orders by `buyers` buyers, as many as were filled in. Two environments want two seeds.
    pub fn new(tenant: &Seeded, buyers: u32, seed: u64) -> Self {
        let body = json!({
            "id": place("order"), "event": "PURCHASE_APPROVED", "version": "2.0.0",
            "data": {
                "product": {"id": 1_000_001, "name": "Course"},
                "buyer": {
                    "email": format!("buyer{}@example.com", place("buyer")), "checkout_phone_code": "55",
                    "checkout_phone": format!("11955{}", place("phone")), "first_name": "Maria", "last_name": "Souza",
                    "address": {"city": "São Paulo", "state": "SP", "zipcode": "01310100", "country_iso": "BR"},
                },
                "purchase": {
                    "transaction": format!("HP{}", place("order")), "status": "APPROVED",
                    "price": {"value": 97.0, "currency_value": "BRL"}, "payment": {"type": "CREDIT_CARD"},
                    "origin": {"xcod": place("click"), "sck": "spring"},
                },
            },
        });
        let path = format!("/w/{}.{SAMPLE}", tenant.id);
        let mut event = request::event(&Method::POST, &path, &body.to_string());
        event["headers"]["x-hotmart-hottok"] = SAMPLE.into();
        Self { template: Template::new(&event), random: fastrand::Rng::with_seed(seed), buyers }
    }
}

impl Events for Deliveries {
    fn write(&mut self, event: &mut Vec<u8>) {
        let order = digits(&mut self.random);
        let buyer = self.random.u32(0..self.buyers);
        let values = [
            ("order", order.as_str()),
            ("click", &(OURS + buyer).to_string()),
            ("buyer", &buyer.to_string()),
            ("phone", &format!("{buyer:06}")),
        ];
        self.template.write(event, &values);
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        has_status(answer, "200")
    }
}
