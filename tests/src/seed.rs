//! Seeds: a tenant that could be a seller's, with sample data only.

use anyhow::{Context, Result};
use aws_config::SdkConfig;
use shared::db::keys;
use tokio_postgres::Client;

/// A tenant with all that it needs to send.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// The tenant.
    pub id: String,
    /// Its active funnel.
    pub funnel_id: String,
    /// A funnel that is still a draft.
    pub draft_funnel_id: String,
    /// Its API key.
    pub api_key: String,
    /// Its pixel.
    pub pixel_id: String,
    /// Its token, kept as a secret.
    pub access_token: String,
}

/// Makes an active tenant of Brazil. `name` makes its ids; two tenants of one database need two names.
pub async fn tenant(client: &Client, sdk: &SdkConfig, secrets_prefix: &str, name: &str) -> Result<Seeded> {
    let seeded = rows(client, name).await?;
    secret(sdk, secrets_prefix, &seeded).await?;
    Ok(seeded)
}

/// Keeps a tenant's token as a secret.
pub async fn secret(sdk: &SdkConfig, secrets_prefix: &str, tenant: &Seeded) -> Result<()> {
    aws_sdk_secretsmanager::Client::new(sdk)
        .create_secret()
        .name(format!("{secrets_prefix}{}/meta", tenant.id))
        .secret_string(serde_json::json!({ "access_token": tenant.access_token }).to_string())
        .send()
        .await
        .context("keep the token as a secret")?;
    Ok(())
}

/// Keeps the text of the key of kept bodies as a secret.
pub async fn body_key(sdk: &SdkConfig, name: &str, text: &str) -> Result<()> {
    let secrets = aws_sdk_secretsmanager::Client::new(sdk);
    secrets.create_secret().name(name).secret_string(text).send().await.context("keep the bodies' key as a secret")?;
    Ok(())
}

/// The rows alone, without the secret.
pub async fn rows(client: &Client, name: &str) -> Result<Seeded> {
    let secret = format!("sample{name}");
    let number =
        name.bytes().fold(1_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)) % 1_000_000_007);
    let seeded = Seeded {
        id: format!("tnt_{name}"),
        funnel_id: format!("funnel-{name}"),
        draft_funnel_id: format!("draft-{name}"),
        api_key: format!("trk_tnt_{name}_{secret}"),
        pixel_id: format!("1{number:012}"),
        access_token: format!("sample-token-{name}"),
    };
    client
        .execute(
            "with tenant as (
                 insert into tenants (id, slug, status, country, pixel_id) values ($1, $1, 'active', 'BR', $2)
             ), funnel as (
                 insert into funnels (tenant_id, id, name, status) values ($1, $3, 'Demo', 'active'), ($1, $4, 'Draft', 'draft')
             ), site as (
                 insert into funnel_domains (tenant_id, funnel_id, domain)
                 select $1, $3, domain from unnest(array['example.com.br', 'shop.example.com', 'localhost']) domain
             )
             insert into api_keys (tenant_id, id, secret_hash) values ($1, $1 || '-key', $5)",
            &[&seeded.id, &seeded.pixel_id, &seeded.funnel_id, &seeded.draft_funnel_id, &keys::hash(&secret)],
        )
        .await
        .with_context(|| format!("seed the tenant {}", seeded.id))?;
    Ok(seeded)
}
