//! Checkout platforms: connected, changed, rotated, revoked.

use std::io::Read;

use anyhow::{Context, Result, bail};
use serde_json::{json, to_value};
use shared::config::{Reader, environment};
use shared::db::audit::Entry;
use shared::db::connections::manage::{self, New};
use shared::db::connections::{self, Refused, Settings, Token, listed};
use shared::domain::access::Act;
use shared::domain::order::{EventName, Trigger};
use shared::ids;
use shared::platforms::Platform;
use shared::secrets::Secrets;

use crate::command::{Given, SecretFrom};
use crate::database::{Database, plain, unknown};
use crate::said::{Said, at, table};

/// The longest secret that is read, in bytes.
const SECRET_MAX: u64 = 4096;

impl Given {
    fn over(&self, settings: Settings) -> Settings {
        let named = |given: &Option<String>, now| match given.as_deref() {
            None => now,
            Some("none") => None,
            Some(name) => Some(name.to_owned()),
        };
        Settings {
            label: self.label.clone().unwrap_or(settings.label),
            amount: self.amount.unwrap_or(settings.amount),
            order_id_slot: named(&self.order_id_slot, settings.order_id_slot),
            shop: named(&self.shop, settings.shop),
        }
    }
}

impl SecretFrom {
    fn read(&self) -> Result<String> {
        let mut text = String::new();
        match self {
            Self::Argument(given) => text.clone_from(given),
            Self::Stdin => {
                std::io::stdin().take(SECRET_MAX).read_to_string(&mut text).context("read the secret")?;
            }
        }
        if text.trim().is_empty() {
            bail!("the secret is empty: anybody can sign with that");
        }
        Ok(text)
    }
}

fn secrets() -> Secrets {
    Secrets::new(&shared::aws::sdk_config())
}

/// How tenants' secrets begin.
pub(crate) fn prefix() -> String {
    Reader::new(&environment).secrets_prefix()
}

fn url(token: &Token) -> String {
    let base = environment("PUBLIC_URL").unwrap_or_default();
    format!("{}/w/{}", base.trim_end_matches('/'), token.reveal())
}

fn allowed<T>(made: Result<T, Refused>) -> Result<T> {
    made.map_err(|refused| anyhow::anyhow!("{refused}"))
}

/// Makes a connection and shows its URL.
pub(crate) async fn connect(
    database: &Database,
    tenant: &str,
    platform: Platform,
    given: &Given,
    secret: Option<&SecretFrom>,
) -> Result<Said> {
    let secret = secret.map(SecretFrom::read).transpose()?;
    let (settings, token, id) = (&given.over(Settings::default()), &Token::new(tenant)?, ids::new_id());
    let (new, entry) = (&New { id: &id, platform, settings, token }, &Entry::by_program(Act::ConnectionCreated, &id));
    let made = database.0.run(|client| manage::make(client, tenant, new, Some(entry))).await;
    allowed(made.map_err(plain)?)?;
    if let Some(secret) = &secret
        && let Err(error) = secrets().put_connection(&prefix(), tenant, &id, secret, false).await
    {
        // Nobody has seen its URL.
        revoke(database, tenant, &id).await?;
        bail!("nothing was connected: {error}");
    }
    tracing::info!(tenant.id = tenant, connection.id = id, platform = platform.as_str(), "connected");
    let url = url(token);
    let mut lines = vec![
        format!("Connection {id}. Paste this URL into {}; it is shown this once:", platform.as_str()),
        format!("  {url}"),
    ];
    if secret.is_none() {
        lines.push(
            "The platform's own secret is missing: until platform-secret, all that comes is refused and kept.".into(),
        );
    }
    lines.push(platform.slot().map_or_else(
        || "The checkout's URL has no place for the click id: the shop's page must put it into the order.".to_owned(),
        |slot| format!("The click id goes along in the checkout's URL as {slot}."),
    ));
    let json = json!({"id": id, "url": url, "slot": platform.slot(), "has_secret": secret.is_some()});
    Ok(Said::well(lines.join("\n"), json))
}

/// Shows a tenant's connections.
pub(crate) async fn list(database: &Database, tenant: &str) -> Result<Said> {
    database.gate(tenant).await?;
    let all = database.0.run(|client| async move { listed::list(&client, tenant).await }).await.map_err(plain)?;
    if all.is_empty() {
        return Ok(Said::well("No platform is connected.", json!([])));
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let stands = match (it.revoked_at, it.former_path_until) {
                (Some(since), _) => format!("revoked {}", at(since)),
                (None, Some(until)) => format!("in force; former URL until {}", at(until)),
                (None, None) => "in force".to_owned(),
            };
            let text = |it: &Option<String>| it.clone().unwrap_or_else(|| "-".to_owned());
            vec![
                it.id.clone(),
                it.platform.clone(),
                it.label.clone(),
                it.amount.clone(),
                text(&it.order_id_slot),
                text(&it.shop),
                at(it.created_at),
                it.bodies.to_string(),
                stands,
            ]
        })
        .collect();
    let head = ["id", "platform", "label", "amount", "order id slot", "shop", "made", "bodies", "stands"];
    Ok(Said::well(table(&head, &rows), to_value(&all)?))
}

/// Changes what a connection is set to.
pub(crate) async fn change(database: &Database, tenant: &str, id: &str, given: &Given) -> Result<Said> {
    let change = &|settings| given.over(settings);
    let entry = &Entry::by_program(Act::ConnectionChanged, id);
    let changed = database.0.run(|client| manage::change(client, tenant, id, change, Some(entry))).await;
    allowed(changed.map_err(plain)?)?;
    tracing::info!(tenant.id = tenant, connection.id = id, "connection changed");
    Ok(Said::well("Changed; it holds from the next delivery.", json!({"id": id})))
}

/// Gives a connection a new URL.
pub(crate) async fn rotate(database: &Database, tenant: &str, id: &str, overlap_days: u16) -> Result<Said> {
    let token = &Token::new(tenant)?;
    let entry = &Entry::by_program(Act::ConnectionRotated, id);
    let told = Some(entry);
    let run =
        database.0.run(|client| async move { manage::rotate(&client, tenant, id, token, overlap_days, told).await });
    if !run.await.map_err(plain)? {
        bail!(Refused::NoConnection);
    }
    tracing::info!(tenant.id = tenant, connection.id = id, overlap_days, "connection rotated");
    let url = url(token);
    let text = format!(
        "Paste this URL in place of the one before, which is taken for {overlap_days} days more; it is shown this once:\n  {url}"
    );
    Ok(Said::well(text, json!({"id": id, "url": url, "overlap_days": overlap_days})))
}

/// Ends a connection.
pub(crate) async fn revoke(database: &Database, tenant: &str, id: &str) -> Result<Said> {
    let entry = &Entry::by_program(Act::ConnectionRevoked, id);
    let run = database.0.run(|client| async move { manage::revoke(&client, tenant, id, Some(entry)).await });
    if !run.await.map_err(plain)? {
        bail!(Refused::NoConnection);
    }
    tracing::info!(tenant.id = tenant, connection.id = id, "connection revoked");
    Ok(Said::well("Revoked: nothing is taken on its URL any more.", json!({"id": id})))
}

/// Enters the platform's own secret, and tells the functions.
pub(crate) async fn platform_secret(
    database: &Database,
    tenant: &str,
    id: &str,
    secret: &SecretFrom,
    keep_former: bool,
) -> Result<Said> {
    let secret = secret.read()?;
    let run = database.0.run(|client| async move { connections::by_id(&client, tenant, id).await });
    if run.await.map_err(plain)?.is_none() {
        bail!(Refused::NoConnection);
    }
    secrets().put_connection(&prefix(), tenant, id, &secret, keep_former).await?;
    let entry = &Entry::by_program(Act::ConnectionSecretSet, id);
    let run = database.0.run(|client| async move { manage::touch(&client, tenant, id, Some(entry)).await });
    run.await.map_err(plain)?;
    tracing::info!(tenant.id = tenant, connection.id = id, keep_former, "platform's secret entered");
    let text = "Entered. What was refused before is taken by replay-bodies.";
    Ok(Said::well(text, json!({"id": id, "keep_former": keep_former})))
}

/// Says which events beside Purchase a tenant wants.
pub(crate) async fn optional_events(
    database: &Database,
    tenant: &str,
    wanted: &[(Trigger, EventName)],
) -> Result<Said> {
    let entry = &Entry::by_program(Act::OptionalEventsSet, tenant);
    let told = Some(entry);
    let run = database.0.run(|client| async move { manage::set_optional_events(&client, tenant, wanted, told).await });
    if !run.await.map_err(plain)? {
        bail!(unknown(tenant));
    }
    let named: Vec<String> =
        wanted.iter().map(|(trigger, name)| format!("{} causes {}", trigger.as_str(), name.as_str())).collect();
    tracing::info!(tenant.id = tenant, events = named.join(", "), "optional events set");
    let text =
        if named.is_empty() { "Purchase alone.".to_owned() } else { format!("Beside Purchase: {}.", named.join(", ")) };
    let json = wanted.iter().map(|(trigger, name)| (trigger.as_str().to_owned(), name.as_str().into()));
    Ok(Said::well(text, serde_json::Value::Object(json.collect())))
}
