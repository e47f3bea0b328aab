//! The setup function, and who calls it.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::config;
use shared::db::Db;
use shared::meta::Client;
use shared::secrets::Secrets;

use super::{BODY_KEY, SECRETS_PREFIX, World, db_config};
use crate::answer::Answer;
use crate::postgres::TestDb;
use crate::request;
use crate::simulator::Simulator;

/// Keeps an operator's token as a secret, named after itself. Gives it.
pub(super) async fn admin(sdk: &SdkConfig, name: &str) -> Result<String> {
    let token = format!("sample-operator-{name}");
    aws_sdk_secretsmanager::Client::new(sdk)
        .create_secret()
        .name(&token)
        .secret_string(&token)
        .send()
        .await
        .context("keep the operator's token")?;
    Ok(token)
}

/// The function over a world's parts.
pub(super) fn function(
    db: &TestDb,
    sdk: &SdkConfig,
    simulator: &Simulator,
    admin_secret: &str,
) -> Result<setup::State> {
    let meta = config::Meta { graph_url: simulator.base_url().to_owned(), version: "v26.0".into() };
    let db = Db::new(db_config(db.url()), None, 4);
    let (secrets, prefix) = (Secrets::new(sdk), SECRETS_PREFIX.to_owned());
    let public_url = Some("https://track.example.com".to_owned());
    let mut state = setup::State::new(db, secrets, prefix, Client::new(meta)?, public_url, admin_secret.to_owned());
    state.resolver = no_network();
    state.body_key_secret = Some(BODY_KEY.to_owned());
    Ok(state)
}

/// A DNS that cannot be asked: nothing is known of any name.
fn no_network() -> setup::Resolver {
    setup::Resolver::from_fn(|_| Box::pin(async { Err(std::io::Error::other("no network")) }))
}

/// A setup session, and the token of its link.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Of its link.
    pub token: String,
}

impl Session {
    /// Its path, and what may stand behind it.
    pub fn path(&self, action: &str) -> String {
        let slash = if action.is_empty() { "" } else { "/" };
        format!("/v1/setup/sessions/{}{slash}{action}", self.id)
    }
}

impl World {
    /// Sends a request to the setup function with this token; null sends no body.
    pub async fn setup_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Result<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = request::with_key(request::new(method, path, &body), token);
        Answer::read(setup::handle(&self.setup, &request).await)
    }

    /// The same from another address; without a token where it is empty.
    pub async fn setup_from(&self, address: &str, token: &str, method: Method, path: &str) -> Result<Answer> {
        let request = request::from_address(address, method, path, "");
        let request = if token.is_empty() { request } else { request::with_key(request, token) };
        Answer::read(setup::handle(&self.setup, &request).await)
    }

    /// Another environment of the setup function over the same parts.
    pub fn another_setup(&self) -> Result<setup::State> {
        function(&self.db, &self.sdk, &self.simulator, &self.admin_token)
    }

    /// Makes an API key of a tenant with these scopes. Gives its id and its text.
    pub async fn key(&self, tenant_id: &str, scopes: &[&str]) -> Result<(String, String)> {
        let body = json!({"label": "test", "scopes": scopes});
        let made = self.operate(Method::POST, &format!("/v1/tenants/{tenant_id}/keys"), &body).await?.expect(201)?;
        let text = |name: &str| made["api_key"][name].as_str().map(str::to_owned).context("a text");
        Ok((text("id")?, text("key")?))
    }

    /// Makes a tenant by a session of its own, by all that [`entered`](Self::entered) says.
    pub async fn provisioned(&self, name: &str) -> Result<(Session, String)> {
        let session = self.session().await?;
        self.enter(&session, &self.entered(name)).await?.expect(200)?;
        let made = self.act(&session, "provision", &Value::Null).await?.expect(200)?;
        let tenant_id = made["tenant"]["id"].as_str().context("a tenant")?.to_owned();
        Ok((session, tenant_id))
    }

    /// The same as the operator.
    pub async fn operate(&self, method: Method, path: &str, body: &Value) -> Result<Answer> {
        self.setup_as(&self.admin_token, method, path, body).await
    }

    /// Makes a setup session.
    pub async fn session(&self) -> Result<Session> {
        let made = self.operate(Method::POST, "/v1/setup/sessions", &Value::Null).await?.expect(201)?;
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("a text");
        Ok(Session { id: text("id")?, token: text("session_token")? })
    }

    /// Enters something into a session, as its seller.
    pub async fn enter(&self, session: &Session, body: &Value) -> Result<Answer> {
        self.setup_as(&session.token, Method::PATCH, &session.path(""), body).await
    }

    /// Lets a session's seller do something.
    pub async fn act(&self, session: &Session, action: &str, body: &Value) -> Result<Answer> {
        self.setup_as(&session.token, Method::POST, &session.path(action), body).await
    }

    /// A session as its seller sees it.
    pub async fn see(&self, session: &Session) -> Result<Value> {
        self.setup_as(&session.token, Method::GET, &session.path(""), &Value::Null).await?.expect(200)
    }

    /// All that a seller of the platform Hotmart enters, for a pixel that the simulator knows. The name makes pixel and slug.
    pub fn entered(&self, name: &str) -> Value {
        let number = name.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
        let (pixel, token) = (format!("2{number:012}"), format!("sample-meta-token-{name}"));
        self.simulator.pixel(&pixel, &token);
        json!({
            "business": {"name": "Loja Exemplo", "slug": format!("loja-{name}"), "country": "BR", "currency": "BRL"},
            "funnel": {"name": "Course", "domains": ["https://www.loja.example.com.br/"]},
            "meta": {"pixel_id": pixel, "access_token": token},
            "checkout": {"platform": "hotmart", "domains": ["pay.example.com"], "secret": "sample-hottok"},
            "other_senders": {"purchase": "off"},
        })
    }
}
