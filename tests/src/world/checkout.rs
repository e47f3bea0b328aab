//! Checkout platforms that are connected to a world, and post to it.

use anyhow::{Context, Result};
use lambda_http::Request;
use shared::db::connections::manage::{self, New};
use shared::db::connections::{Settings, Token};
use shared::platforms::Platform;
use shared::secrets::Secrets;

use super::{Answer, SECRETS_PREFIX, World};
use crate::request;

/// The platform's own secret of every connection, unless a test says otherwise.
pub const PLATFORM_SECRET: &str = "test-secret";

/// A connection.
#[derive(Clone, Debug)]
pub struct Connected {
    /// Its tenant.
    pub tenant_id: String,
    /// Its id.
    pub id: String,
    /// Its path: `/w/<tenant>.<secret>`.
    pub path: String,
}

impl Connected {
    /// A delivery with these headers.
    pub fn post(&self, headers: &[(&'static str, &str)], body: &str) -> Request {
        request::with_headers(request::post(&self.path, body), headers)
    }
}

impl World {
    /// Connects a platform to the seeded tenant; its secret is [`PLATFORM_SECRET`].
    pub async fn connect(&self, platform: Platform) -> Result<Connected> {
        self.connect_to(&self.tenant.id, platform, PLATFORM_SECRET).await
    }

    /// Connects a platform to any tenant, with any secret.
    pub async fn connect_to(&self, tenant_id: &str, platform: Platform, secret: &str) -> Result<Connected> {
        let connected = self.connect_as(tenant_id, platform, &Settings::default()).await?;
        self.platform_secret(&connected, secret).await?;
        Ok(connected)
    }

    /// Connects a platform, without a secret yet.
    pub async fn connect_as(&self, tenant_id: &str, platform: Platform, settings: &Settings) -> Result<Connected> {
        let (token, id) = (&Token::new(tenant_id)?, shared::ids::new_id());
        let new = &New { id: &id, platform, settings, token };
        let made = self.order.db.run(|client| manage::make(client, tenant_id, new, None)).await?;
        made.context("a connection")?;
        Ok(Connected { tenant_id: tenant_id.to_owned(), id, path: format!("/w/{}", token.reveal()) })
    }

    /// Enters the platform's own secret in place of the one before. No function is told.
    pub async fn platform_secret(&self, connected: &Connected, secret: &str) -> Result<()> {
        let secrets = Secrets::new(&self.sdk);
        secrets.put_connection(SECRETS_PREFIX, &connected.tenant_id, &connected.id, secret, false).await?;
        Ok(())
    }

    /// Posts a delivery.
    pub async fn deliver(&self, connected: &Connected, headers: &[(&'static str, &str)], body: &str) -> Result<Answer> {
        self.send_order(&connected.post(headers, body)).await
    }
}
