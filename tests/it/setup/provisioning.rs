//! Provisioning: whole, safe to repeat, and brought to what the session says now.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::codes;

#[tokio::test]
async fn a_session_becomes_a_tenant_that_takes_clicks_and_orders() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("made")).await?.expect(200)?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let (tenant, funnel) = (made["tenant"]["id"].as_str().context("id")?, made["funnel"]["id"].as_str().context("id")?);
    assert_eq!((&made["tenant"]["status"], &made["step"]), (&json!("provisioning"), &json!("snippet")));
    assert_eq!(made["snippet"], format!("<script async src=\"https://track.example.com/t.js?f={funnel}\"></script>"));
    let url = made["connection"]["url"].as_str().context("a URL")?;
    assert!(url.starts_with(&format!("https://track.example.com/w/{tenant}.")), "{url}");
    assert_eq!(codes(&made, "warning"), ["no_click_yet", "no_order_yet", "no_event_yet"]);
    let row = world
        .text(
            "select concat_ws(' ', t.slug, t.name, t.country, t.currency, t.pixel_id, f.status, d.domain, c.domain, c.platform, c.slot, n.amount)
             from tenants t join funnels f on f.tenant_id = t.id join funnel_domains d on d.tenant_id = t.id
                 join funnel_checkouts c on c.tenant_id = t.id join connections n on n.tenant_id = t.id where t.id = $1",
            &[&tenant],
        )
        .await?;
    let pixel =
        world.see(&session).await?["input"]["meta"]["pixel_id"].as_str().map(str::to_owned).context("a pixel")?;
    let wanted = format!(
        "loja-made Loja Exemplo BR BRL {pixel} active www.loja.example.com.br pay.example.com hotmart xcod price"
    );
    assert_eq!(row, Some(wanted));

    let click = json!({"url": "https://www.loja.example.com.br/?fbclid=IwAR0-Sample_1", "fbp": "fb.2.1700000000000.1234567890"});
    let clicked = request::post(&format!("/v1/funnels/{funnel}/clicks"), &click.to_string());
    world.send_click(&clicked).await?.expect(200)?;
    let order = json!({"order_id": "1001", "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    let key = made["api_key"]["key"].as_str().context("a key")?;
    let placed = world
        .send_order(&request::with_key(request::post("/v1/orders", &order.to_string()), key))
        .await?
        .expect(202)?;
    assert_eq!(placed["state"], "held", "nothing is sent before the tenant is active");
    let seen = world.see(&session).await?;
    assert_eq!((&seen["step"], codes(&seen, "warning")), (&json!("active"), vec!["no_event_yet".to_owned()]));
    assert!(seen["live"]["first_click_at"].is_i64() && seen["live"]["first_order_at"].is_i64());
    Ok(())
}

#[tokio::test]
async fn what_is_not_entered_yet_is_made_by_a_later_call_and_nothing_before_it_changes() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let whole = world.entered("later");
    world.act(&session, "provision", &Value::Null).await?.expect_problem(422)?;
    assert_eq!(world.count("select count(*) from tenants", &[]).await?, 1, "only the seeded one");
    world.enter(&session, &json!({"business": whole["business"], "funnel": whole["funnel"]})).await?.expect(200)?;
    let first = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert_eq!((&first["connection"], &first["api_key"]["key"].is_string()), (&Value::Null, &true));
    world.enter(&session, &json!({"checkout": whole["checkout"], "meta": whole["meta"]})).await?.expect(200)?;
    let second = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert_eq!((&second["tenant"], &second["funnel"]), (&first["tenant"], &first["funnel"]));
    assert_eq!((&second["api_key"]["id"], &second["api_key"]["key"]), (&first["api_key"]["id"], &Value::Null));
    assert!(second["connection"]["url"].is_string());
    let third = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert_eq!((&third["connection"]["id"], &third["connection"]["url"]), (&second["connection"]["id"], &Value::Null));
    Ok(())
}

#[tokio::test]
async fn provisioning_again_brings_the_rows_to_what_the_session_says_now() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("again")).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let change = json!({
        "business": {"slug": "loja-nova", "currency": "USD"},
        "funnel": {"domains": ["b.example.com", "c.example.com"], "requires_consent": true},
        "checkout": {"domains": ["go.example.com"], "amount": "net"},
    });
    world.enter(&session, &change).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let row = world
        .text(
            "select concat_ws(' ', t.slug, t.currency, f.requires_consent, (select string_agg(domain, ',' order by domain) from funnel_domains
                 where tenant_id = t.id), (select string_agg(domain, ',') from funnel_checkouts where tenant_id = t.id), n.amount, n.version)
             from tenants t join funnels f on f.tenant_id = t.id join connections n on n.tenant_id = t.id where t.id = $1",
            &[&format!("tnt_{}", session.id)],
        )
        .await?;
    assert_eq!(row.as_deref(), Some("loja-nova USD t b.example.com,c.example.com go.example.com net 2"));
    Ok(())
}

/// The statement is one: whatever breaks off, all of it is there or nothing. Here its last table refuses.
#[tokio::test]
async fn broken_off_in_the_middle_nothing_is_half_there_and_the_next_call_goes_through() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("broken")).await?.expect(200)?;
    world
        .execute(
            "create function refuse() returns trigger language plpgsql as 'begin raise exception ''broken off''; end';
             create trigger refuse before insert on connections for each row execute function refuse()",
        )
        .await?;
    world.act(&session, "provision", &Value::Null).await?.expect_problem(503)?;
    assert_eq!(
        world.count("select (select count(*) from tenants) + (select count(*) from api_keys)", &[]).await?,
        2,
        "the seeded ones"
    );
    assert_eq!(world.see(&session).await?["tenant"], Value::Null);
    world.execute("drop trigger refuse on connections").await?;
    let made = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert!(made["api_key"]["key"].is_string() && made["connection"]["url"].is_string());
    Ok(())
}

#[tokio::test]
async fn what_was_shown_and_lost_is_made_anew_by_rotation() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("lost")).await?.expect(200)?;
    let first = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let again = world.act(&session, "provision", &json!({"rotate": ["api_key", "connection"]})).await?.expect(200)?;
    let get = |key: &Value| request::with_key(request::get("/v1/orders?order_id=1"), key.as_str().unwrap_or_default());
    assert_eq!(world.send_order(&get(&first["api_key"]["key"])).await?.status, 401, "the one before is over");
    assert_eq!(world.send_order(&get(&again["api_key"]["key"])).await?.status, 404);
    let (before, after) = (&first["connection"], &again["connection"]);
    assert!(before["id"] == after["id"] && after["url"].is_string() && before["url"] != after["url"]);
    assert_eq!(world.count("select count(*) from connections", &[]).await?, 1);
    world.act(&session, "provision", &json!({"rotate": ["everything"]})).await?.expect_problem(422)
}

#[tokio::test]
async fn a_seller_s_own_server_needs_no_connection() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let mut whole = world.entered("own");
    whole["checkout"] = json!({"platform": "api", "domains": ["pay.example.com"]});
    assert_eq!(world.enter(&session, &whole).await?.expect(200)?["issues"], json!([]));
    let made = world.act(&session, "activate", &Value::Null).await?.expect(200)?;
    assert_eq!((&made["connection"], &made["tenant"]["status"]), (&Value::Null, &json!("active")));
    assert_eq!(
        world.text("select platform || ' ' || slot from funnel_checkouts", &[]).await?.as_deref(),
        Some("api click_id")
    );
    Ok(())
}

#[tokio::test]
async fn a_tenant_goes_live_only_when_no_error_is_left() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let mut whole = world.entered("errors");
    whole["other_senders"] = json!({"purchase": "on"});
    world.enter(&session, &whole).await?.expect(200)?;
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let refused = world.act(&session, "activate", &Value::Null).await?;
    refused.expect_problem(422)?;
    assert_eq!(refused.errors(), [("other_senders.purchase".to_owned(), "other_senders_on".to_owned())]);
    assert_eq!(world.see(&session).await?["tenant"]["status"], "provisioning");
    world.enter(&session, &json!({"other_senders": {"purchase": "off"}})).await?.expect(200)?;
    // The token dies between its check and the start.
    world.simulator.pixel(whole["meta"]["pixel_id"].as_str().context("a pixel")?, "sample-another");
    let refused = world.act(&session, "activate", &Value::Null).await?;
    assert_eq!(refused.errors(), [("meta.access_token".to_owned(), "token_refused".to_owned())]);
    world.enter(&session, &json!({"meta": {"access_token": "sample-another"}})).await?.expect(200)?;
    for _ in 0..2 {
        let live = world.act(&session, "activate", &Value::Null).await?.expect(200)?;
        assert_eq!((&live["tenant"]["status"], &live["step"]), (&json!("active"), &json!("active")));
    }
    Ok(())
}

#[tokio::test]
async fn another_platform_gets_a_connection_of_its_own_and_the_former_one_still_takes_its_open_payments() -> Result<()>
{
    let world = World::new().await?;
    let session = world.session().await?;
    world.enter(&session, &world.entered("moved")).await?.expect(200)?;
    let first = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    world.enter(&session, &json!({"checkout": {"platform": "stripe", "secret": "whsec_sample"}})).await?.expect(200)?;
    let second = world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    assert!(second["connection"]["url"].is_string() && second["connection"]["url"] != first["connection"]["url"]);
    let in_force = world
        .text("select string_agg(platform, ' ' order by platform) from connections where revoked_at is null", &[])
        .await?;
    assert_eq!(in_force.as_deref(), Some("hotmart stripe"));
    Ok(())
}
