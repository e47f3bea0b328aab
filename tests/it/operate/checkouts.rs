//! Checkout platforms: connected, rotated and repaired by the operator's program, and posted to as a platform would.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{json_of, operate, operate_with, text_of};

const TOKEN: &str = "x-hotmart-hottok";

/// What it answers for scripts, with a secret on its standard input.
fn with_secret(world: &World, arguments: &[&str], secret: &str) -> Result<Value> {
    let output = operate_with(world, &[arguments, &["--secret-from-stdin", "--json"]].concat(), secret.as_bytes())?;
    let log = String::from_utf8(output.stderr)?;
    ensure!(output.status.success(), "{arguments:?}: {log}");
    ensure!(!log.contains(secret.trim()) && !log.contains("/w/"), "a secret in the log: {log}");
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The path of a URL that was shown.
fn path(shown: &Value) -> Result<String> {
    let url = shown["url"].as_str().context("a URL")?;
    Ok(url.strip_prefix("https://track.example.com").context("a whole URL")?.to_owned())
}

/// Posts a delivery that is not used, with this token. Gives the status.
async fn post(world: &World, path: &str, id: &str, token: &str) -> Result<u16> {
    let body = json!({"id": id, "event": "PURCHASE_PROTEST"}).to_string();
    let sent = request::with_header(request::post(path, &body), TOKEN, token);
    Ok(world.send_order(&sent).await?.status)
}

#[tokio::test]
async fn a_platform_is_connected_rotated_and_revoked() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.as_str();
    let made = with_secret(&world, &["connect", tenant, "hotmart", "--label", "Main", "--amount", "net"], "token-1\n")?;
    assert_eq!((&made["slot"], &made["has_secret"]), (&json!("xcod"), &json!(true)));
    let (id, first) = (made["id"].as_str().context("an id")?, path(&made)?);
    assert_eq!(post(&world, &first, "d1", "token-1").await?, 200);

    let rotated = json_of(&world, &["rotate-connection", tenant, id], 0)?;
    assert_eq!(rotated["overlap_days"], 7);
    let second = path(&rotated)?;
    assert_ne!(first, second);
    for path in [&first, &second] {
        assert_eq!(post(&world, path, "d2", "token-1").await?, 200);
    }
    let listed = json_of(&world, &["connections", tenant], 0)?;
    assert_eq!(
        (&listed[0]["label"], &listed[0]["amount"], &listed[0]["bodies"]),
        (&json!("Main"), &json!("net"), &json!(0))
    );
    assert!(listed[0]["former_path_until"].is_i64() && !listed.to_string().contains(&second["/w/".len()..]));
    assert!(text_of(&world, &["connections", tenant])?.contains("in force; former URL until"));

    text_of(&world, &["change-connection", tenant, id, "--amount", "price", "--order-id-slot", "sck"])?;
    let listed = json_of(&world, &["connections", tenant], 0)?;
    assert_eq!(
        (&listed[0]["label"], &listed[0]["amount"], &listed[0]["order_id_slot"]),
        (&json!("Main"), &json!("price"), &json!("sck"))
    );

    text_of(&world, &["revoke-connection", tenant, id])?;
    assert_eq!(post(&world, &second, "d3", "token-1").await?, 404);
    for command in
        [&["revoke-connection", tenant, id][..], &["rotate-connection", tenant, id], &["change-connection", tenant, id]]
    {
        let output = operate(&world, command)?;
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(
            String::from_utf8(output.stderr)?.contains("the tenant has no such connection in force"),
            "{command:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_mistyped_secret_is_seen_in_the_bodies_and_repaired_by_a_replay() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.as_str();
    let made = with_secret(&world, &["connect", tenant, "hotmart"], "mistyped")?;
    let (id, path) = (made["id"].as_str().context("an id")?, path(&made)?);
    assert_eq!(text_of(&world, &["bodies", tenant])?, "No body is kept.\n");
    assert_eq!(post(&world, &path, "d1", "token-1").await?, 401);
    let bodies = json_of(&world, &["bodies", tenant, id], 0)?;
    assert_eq!((&bodies[0]["reason"], &bodies[0]["connection_id"]), (&json!("not_authentic"), &json!(id)));
    assert!(text_of(&world, &["bodies", tenant])?.contains("is the secret right?"));
    assert!(text_of(&world, &["replay-bodies", tenant])?.contains("1 kept on: the secret of now does not fit them"));

    with_secret(&world, &["platform-secret", tenant, id], "token-1")?;
    assert_eq!(json_of(&world, &["replay-bodies", tenant, id], 0)?["ignored"], 1);
    assert_eq!(text_of(&world, &["bodies", tenant])?, "No body is kept.\n");
    // The next one replaces it while both are taken.
    with_secret(&world, &["platform-secret", tenant, id, "--keep-former"], "token-2")?;
    for (delivery, token) in [("d2", "token-1"), ("d3", "token-2")] {
        assert_eq!(post(&world, &path, delivery, token).await?, 200, "{token}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_connected_so_is_said_plainly_and_nothing_is_made() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.as_str();
    text_of(&world, &["connect", tenant, "woocommerce"])?;
    let before = world.contents().await?;
    for (arguments, input, said) in [
        (&["connect", tenant, "woocommerce"][..], "", "each shop of woocommerce numbers its orders by itself"),
        (&["connect", tenant, "hotmart", "--shop", "north"], "", "hotmart gives no two orders one id"),
        (&["connect", tenant, "braip", "--amount", "net"], "", "braip does not state the amount net; it states price"),
        (&["connect", tenant, "hotmart", "--secret-from-stdin"], " \n", "the secret is empty"),
        (&["connect", "nobody", "hotmart"], "", "there is no such tenant"),
        (&["platform-secret", tenant, "nothing", "--secret", "x"], "", "no such connection in force"),
        (&["optional-events", "nobody", "none"], "", "there is no tenant nobody"),
    ] {
        let output = operate_with(&world, arguments, input.as_bytes())?;
        let error = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn optional_events_are_set_by_their_usual_names_or_others_and_ended() -> Result<()> {
    let world = World::new().await?;
    let tenant = world.tenant.id.as_str();
    let set = json_of(&world, &["optional-events", tenant, "pending", "refunded=MoneyBack"], 0)?;
    let wanted = json!({"pending": "AddPaymentInfo", "refunded": "MoneyBack"});
    assert_eq!(set, wanted);
    let kept = world.text("select optional_events::text from tenants", &[]).await?.context("events")?;
    assert_eq!(serde_json::from_str::<Value>(&kept)?, wanted);
    assert_eq!(text_of(&world, &["optional-events", tenant, "none"])?, "Purchase alone.\n");
    assert_eq!(world.text("select optional_events::text from tenants", &[]).await?.as_deref(), Some("{}"));
    Ok(())
}
