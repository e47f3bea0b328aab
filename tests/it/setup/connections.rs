//! Checkout platforms by the API: connected, rotated, repaired, ended; and what was refused meanwhile is taken.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::platforms::Platform;
use shared::secrets::Secrets;
use tests::request;
use tests::world::{Answer, Connected, PLATFORM_SECRET, SECRETS_PREFIX, World};

/// Somebody who has an admin's key of the seeded tenant.
pub(super) struct Admin {
    pub(super) world: World,
    key: String,
}

impl Admin {
    pub(super) async fn new() -> Result<Self> {
        let world = World::new().await?;
        let (_, key) = world.key(&world.tenant.id, &["admin"]).await?;
        Ok(Self { world, key })
    }

    pub(super) async fn call(&self, method: Method, rest: &str, body: &Value) -> Result<Answer> {
        let path = format!("/v1/tenants/{}/{rest}", self.world.tenant.id);
        self.world.setup_as(&self.key, method, &path, body).await
    }

    pub(super) async fn post(&self, rest: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, rest, body).await
    }

    pub(super) async fn get(&self, rest: &str) -> Result<Value> {
        self.call(Method::GET, rest, &Value::Null).await?.expect(200)
    }

    /// Connects Hotmart with this secret. Gives its id and its path.
    pub(super) async fn connect(&self, secret: &str) -> Result<(String, String)> {
        let made = self.post("connections", &json!({"platform": "hotmart", "secret": secret})).await?.expect(201)?;
        Ok((made["id"].as_str().context("an id")?.to_owned(), path(&made)?))
    }

    pub(super) async fn acts(&self) -> Result<String> {
        let acts = "select string_agg(act, ' ' order by at) from audit where who like 'key:%'";
        Ok(self.world.text(acts, &[]).await?.unwrap_or_default())
    }
}

/// The path of a URL that was shown.
fn path(shown: &Value) -> Result<String> {
    let url = shown["url"].as_str().context("a URL")?;
    Ok(url.strip_prefix("https://track.example.com").context("a whole URL")?.to_owned())
}

/// Posts a delivery of Hotmart with this token, as of a sale with an id of its own.
pub(super) async fn deliver(world: &World, path: &str, id: &str, token: &str) -> Result<Answer> {
    let body = json!({
        "id": id, "creation_date": world.order.clock.now_ms(), "event": "PURCHASE_APPROVED",
        "data": {
            "product": {"id": 1}, "buyer": {"email": "maria@example.com", "name": "Maria Sample"},
            "purchase": {"transaction": format!("HP-{id}"), "status": "APPROVED", "price": {"value": 97.0, "currency_value": "BRL"}},
        },
    });
    world.send_order(&request::with_header(request::post(path, &body.to_string()), "x-hotmart-hottok", token)).await
}

#[tokio::test]
async fn a_platform_is_connected_rotated_and_ended_and_its_url_is_shown_once() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    let body =
        json!({"platform": "hotmart", "label": "Main", "amount": "net", "order_id_slot": "sck", "secret": "token-1"});
    let made = admin.post("connections", &body).await?.expect(201)?;
    assert_eq!(
        (&made["slot"], &made["has_secret"], &made["platform"]),
        (&json!("xcod"), &json!(true), &json!("hotmart"))
    );
    let (id, first) = (made["id"].as_str().context("an id")?, path(&made)?);
    deliver(world, &first, "d1", "token-1").await?.expect(200)?;
    let rotated = admin.post(&format!("connections/{id}/rotate"), &json!({"overlap_days": 1})).await?.expect(200)?;
    assert_eq!((&rotated["id"], &rotated["overlap_days"]), (&json!(id), &json!(1)));
    let second = path(&rotated)?;
    for path in [&first, &second] {
        deliver(world, path, "d2", "token-1").await?.expect(200)?;
    }
    let at_once = admin.post(&format!("connections/{id}/rotate"), &json!({"overlap_days": 0})).await?.expect(200)?;
    deliver(world, &second, "d3", "token-1").await?.expect_problem(404)?;
    let listed = admin.get("connections").await?;
    let one = &listed["connections"][0];
    assert_eq!(
        (&one["id"], &one["label"], &one["amount"], &one["order_id_slot"], &one["revoked_at"]),
        (&json!(id), &json!("Main"), &json!("net"), &json!("sck"), &Value::Null)
    );
    assert!(one["last_delivery_at"].is_i64() && one["created_at"].is_i64());
    for shown in [&first, &second, &path(&at_once)?] {
        let secret = shown.rsplit('.').next().context("a secret")?;
        assert!(!listed.to_string().contains(secret), "a path's secret is shown once");
        let rows = world
            .text(
                "select string_agg(c::text, ' ') || (select string_agg(a::text, ' ') from audit a) from connections c",
                &[],
            )
            .await?;
        assert!(!rows.context("rows")?.contains(secret), "and its hash alone is kept");
    }
    admin.post(&format!("connections/{id}/revoke"), &Value::Null).await?.expect(200)?;
    deliver(world, &path(&at_once)?, "d4", "token-1").await?.expect_problem(404)?;
    assert!(admin.get("connections").await?["connections"][0]["revoked_at"].is_i64());
    for (method, act) in [(Method::POST, "rotate"), (Method::POST, "revoke"), (Method::PUT, "secret")] {
        let again = admin.call(method, &format!("connections/{id}/{act}"), &json!({"secret": "x"})).await?;
        again.expect_problem(if act == "secret" { 404 } else { 422 })?;
        let body = if act == "secret" { json!({"secret": "x"}) } else { Value::Null };
        let method = if act == "secret" { Method::PUT } else { Method::POST };
        admin.call(method, &format!("connections/{id}/{act}"), &body).await?.expect_problem(404)?;
    }
    assert_eq!(admin.acts().await?, "connection.created connection.rotated connection.rotated connection.revoked");
    Ok(())
}

#[tokio::test]
async fn a_mistyped_secret_is_seen_repaired_and_what_was_refused_is_taken() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    let (id, path) = admin.connect("mistyped").await?;
    for delivery in ["d1", "d2", "d3"] {
        deliver(world, &path, delivery, PLATFORM_SECRET).await?.expect_problem(401)?;
    }
    let listed = admin.get("connections").await?["connections"][0].clone();
    assert_eq!((&listed["bodies"], &listed["not_authentic"]), (&json!(3), &json!(3)));
    assert!(listed["last_delivery_at"].is_i64());
    let bodies = admin.get("bodies").await?;
    let body = &bodies["bodies"][0];
    assert_eq!((&body["connection_id"], &body["reason"]), (&json!(id), &json!("not_authentic")));
    assert!(body["message"].as_str().is_some_and(|it| it.contains("is the secret right?")));
    assert!(body["bytes"].as_i64() > Some(100) && body["received_at"].is_i64());
    assert!(!bodies.to_string().contains("maria") && !bodies.to_string().contains("sealed"));

    let none = json!({"taken": 0, "ignored": 0, "not_authentic": 3, "rejected": 0, "not_opened": 0, "not_in_force": 0, "next": null});
    assert_eq!(admin.post("bodies/replay", &Value::Null).await?.expect(200)?, none);
    let secret = json!({"secret": PLATFORM_SECRET});
    admin.call(Method::PUT, &format!("connections/{id}/secret"), &secret).await?.expect(200)?;
    let one = admin.post("bodies/replay", &json!({"id": body["id"]})).await?.expect(200)?;
    assert_eq!((&one["taken"], &one["next"]), (&json!(1), &Value::Null));
    admin.post("bodies/replay", &json!({"id": body["id"]})).await?.expect_problem(404)?;
    let rest = admin.post("bodies/replay", &json!({"connection_id": id})).await?.expect(200)?;
    assert_eq!(rest["taken"], 2);
    assert_eq!(admin.get("bodies").await?, json!({"bodies": [], "next": null}));
    assert_eq!(world.count("select count(*) from conversions where state = 'pending'", &[]).await?, 3);
    // The function that had remembered the former secret was told.
    deliver(world, &path, "d4", PLATFORM_SECRET).await?.expect(200)?;
    let acts = "connection.created bodies.replayed connection.secret_set bodies.replayed bodies.replayed";
    assert_eq!(admin.acts().await?, acts);
    let rows = world.text("select string_agg(a::text, ' ') from audit a", &[]).await?.context("rows")?;
    assert!(!rows.contains(PLATFORM_SECRET) && !rows.contains("mistyped") && !rows.contains("maria"));
    Ok(())
}

#[tokio::test]
async fn a_secret_takes_the_place_of_the_one_before_or_stands_beside_it() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    let (id, path) = admin.connect("token-1").await?;
    let put = |body: Value| {
        let (admin, path) = (&admin, format!("connections/{id}/secret"));
        async move { admin.call(Method::PUT, &path, &body).await }
    };
    put(json!({"secret": "token-2", "keep_former": true})).await?.expect(200)?;
    for token in ["token-1", "token-2"] {
        deliver(world, &path, token, token).await?.expect(200)?;
    }
    put(json!({"secret": "token-3"})).await?.expect(200)?;
    deliver(world, &path, "d3", "token-3").await?.expect(200)?;
    deliver(world, &path, "d4", "token-1").await?.expect_problem(401)?;
    for (body, code) in [
        (json!({}), "required"),
        (json!({"secret": " "}), "required"),
        (json!({"secret": 1}), "wrong_type"),
        (json!({"secret": "a\nb"}), "not_a_line"),
        (json!({"secret": "x".repeat(2001)}), "not_a_line"),
        (json!({"secret": "x", "path": "y"}), "unknown_field"),
    ] {
        let refused = put(body.clone()).await?;
        refused.expect_problem(422)?;
        assert_eq!(refused.errors()[0].1, code, "{body}");
    }
    deliver(world, &path, "d5", "token-3").await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_new_connection_is_named_and_none_is_made() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    admin.post("connections", &json!({"platform": "woocommerce"})).await?.expect(201)?;
    let before = world.contents().await?;
    for (body, field, code) in [
        (json!({}), "platform", "required"),
        (json!({"platform": 1}), "platform", "wrong_type"),
        (json!({"platform": "api"}), "platform", "unknown_word"),
        (json!({"platform": "hotmart", "amount": "all"}), "amount", "unknown_word"),
        (json!({"platform": "braip", "amount": "net"}), "amount", "amount_not_stated"),
        (json!({"platform": "hotmart", "shop": "north"}), "shop", "shop_not_used"),
        (json!({"platform": "woocommerce", "shop": "A B"}), "shop", "shop_shape"),
        (json!({"platform": "woocommerce"}), "shop", "shop_taken"),
        (json!({"platform": "hotmart", "order_id_slot": "a b"}), "order_id_slot", "slot_shape"),
        (json!({"platform": "hotmart", "label": "x".repeat(101)}), "label", "not_a_line"),
        (json!({"platform": "hotmart", "url": "x"}), "url", "unknown_field"),
    ] {
        let refused = admin.post("connections", &body).await?;
        refused.expect_problem(422)?;
        assert_eq!(refused.errors(), [(field.to_owned(), code.to_owned())], "{body}");
    }
    let id = world.text("select id from connections", &[]).await?.context("one")?;
    for days in [json!(91), json!(-1), json!(1.5), json!("soon")] {
        let refused = admin.post(&format!("connections/{id}/rotate"), &json!({"overlap_days": days})).await?;
        refused.expect_problem(422)?;
    }
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_connection_whose_secret_cannot_be_kept_is_taken_back() -> Result<()> {
    let mut admin = Admin::new().await?;
    admin.world.setup.secrets = Secrets::new(&tests::world::sdk_config("http://127.0.0.1:9").await);
    let body = json!({"platform": "hotmart", "secret": "token-1"});
    admin.post("connections", &body).await?.expect_problem(503)?;
    let in_force = "select count(*) from connections where revoked_at is null";
    assert_eq!(admin.world.count(in_force, &[]).await?, 0);
    assert_eq!(admin.acts().await?, "connection.created connection.revoked");
    admin.post("connections", &json!({"platform": "hotmart"})).await?.expect(201)?;
    assert_eq!(admin.world.count(in_force, &[]).await?, 1, "without one it needs none");
    Ok(())
}

#[tokio::test]
async fn nothing_of_another_tenant_s_connections_bodies_and_events_is_found_or_changed() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    let other = world.add_tenant("other").await?;
    let theirs: Connected = world.connect_to(&other.id, Platform::Hotmart, PLATFORM_SECRET).await?;
    deliver(world, &theirs.path, "d1", "forged").await?.expect_problem(401)?;
    let body = world.text("select id from kept_bodies", &[]).await?.context("a body")?;
    let before = world.contents().await?;
    let of = |id: &str| {
        [
            (Method::POST, format!("connections/{id}/rotate"), Value::Null),
            (Method::POST, format!("connections/{id}/revoke"), Value::Null),
            (Method::PUT, format!("connections/{id}/secret"), json!({"secret": "stolen"})),
            (Method::POST, "bodies/replay".to_owned(), json!({"id": id})),
        ]
    };
    for id in [&theirs.id, &body] {
        for ((method, rest, body), (_, nobodys_rest, nobodys_body)) in of(id).into_iter().zip(of("nobodys")) {
            let answer = admin.call(method.clone(), &rest, &body).await?;
            answer.expect_problem(404)?;
            let nobodys = admin.call(method, &nobodys_rest, &nobodys_body).await?;
            assert_eq!(answer.body, nobodys.body, "{rest}");
        }
    }
    let replayed = admin.post("bodies/replay", &json!({"connection_id": theirs.id})).await?;
    replayed.expect_problem(404)?;
    assert_eq!(admin.get("connections").await?, json!({"connections": [], "next": null}));
    assert_eq!(admin.get(&format!("bodies?connection_id={}", theirs.id)).await?, json!({"bodies": [], "next": null}));
    assert_eq!(admin.get("bodies").await?, json!({"bodies": [], "next": null}));
    assert_eq!(world.contents().await?, before);
    let name = format!("{SECRETS_PREFIX}{}/connections/{}", other.id, theirs.id);
    let secret = Secrets::new(&world.sdk).text(&name).await?;
    assert_eq!(serde_json::from_str::<Value>(&secret)?, json!({"secrets": [PLATFORM_SECRET]}));
    let nowhere = format!("{SECRETS_PREFIX}{}/connections/{}", world.tenant.id, theirs.id);
    assert!(Secrets::new(&world.sdk).text(&nowhere).await.is_err(), "none is left for a connection that is not there");
    Ok(())
}

#[tokio::test]
async fn a_retired_tenant_s_connections_are_shown_to_the_operator_and_changed_by_nobody() -> Result<()> {
    let admin = Admin::new().await?;
    let (id, _) = admin.connect("token-1").await?;
    let world = &admin.world;
    let path = |rest: &str| format!("/v1/tenants/{}/{rest}", world.tenant.id);
    world.operate(Method::POST, &path("retire"), &Value::Null).await?.expect(200)?;
    let before = world.contents().await?;
    for (method, rest, body) in [
        (Method::POST, "connections".to_owned(), json!({"platform": "hotmart"})),
        (Method::POST, format!("connections/{id}/rotate"), Value::Null),
        (Method::POST, format!("connections/{id}/revoke"), Value::Null),
        (Method::PUT, format!("connections/{id}/secret"), json!({"secret": "x"})),
    ] {
        world.operate(method.clone(), &path(&rest), &body).await?.expect_problem(409)?;
        admin.call(method, &rest, &body).await?.expect_problem(410)?;
    }
    assert_eq!(world.contents().await?, before);
    let listed = world.operate(Method::GET, &path("connections"), &Value::Null).await?.expect(200)?;
    assert_eq!(listed["connections"][0]["id"], id.as_str());
    Ok(())
}

#[tokio::test]
async fn a_connection_is_set_otherwise_and_what_cannot_be_so_changes_nothing() -> Result<()> {
    let admin = Admin::new().await?;
    let body = json!({"platform": "woocommerce", "shop": "north", "label": "North"});
    let made = admin.post("connections", &body).await?.expect(201)?;
    admin.post("connections", &json!({"platform": "woocommerce", "shop": "south"})).await?.expect(201)?;
    let path = format!("connections/{}", made["id"].as_str().context("an id")?);
    let patch = async |body: Value| admin.call(Method::PATCH, &path, &body).await;
    patch(json!({"amount": "gross", "order_id_slot": "sck"})).await?.expect(200)?;
    patch(json!({"amount": "gross"})).await?.expect(200)?;
    patch(json!({})).await?.expect(200)?;
    for (refused, code) in [
        (json!({"amount": "net"}), "amount_not_stated"),
        (json!({"amount": "all"}), "unknown_word"),
        (json!({"shop": "south"}), "shop_taken"),
        (json!({"shop": "South"}), "shop_shape"),
        (json!({"order_id_slot": "a b"}), "slot_shape"),
        (json!({"label": "a\nb"}), "not_a_line"),
        (json!({"platform": "stripe"}), "unknown_field"),
    ] {
        let told = patch(refused.clone()).await?;
        told.expect_problem(422)?;
        assert_eq!(told.errors().first().map(|it| it.1.as_str()), Some(code), "{refused}");
    }
    let one = async || -> Result<Value> {
        let listed = admin.get("connections").await?["connections"].clone();
        let mut all = listed.as_array().context("a list")?.iter();
        Ok(all.find(|it| it["id"] == made["id"]).context("it")?.clone())
    };
    let set = |it: &Value| ["label", "amount", "order_id_slot", "shop"].map(|name| it[name].clone());
    assert_eq!(set(&one().await?), [json!("North"), json!("gross"), json!("sck"), json!("north")]);
    patch(json!({"order_id_slot": " ", "label": "", "shop": "east"})).await?.expect(200)?;
    assert_eq!(set(&one().await?), [json!(""), json!("gross"), Value::Null, json!("east")]);
    admin.post(&format!("{path}/revoke"), &Value::Null).await?.expect(200)?;
    patch(json!({"label": "x"})).await?.expect_problem(404)?;
    admin.call(Method::PUT, &path, &json!({"label": "x"})).await?.expect_problem(405)?;
    assert_eq!(
        admin.acts().await?,
        "connection.created connection.created connection.changed connection.changed connection.revoked"
    );
    Ok(())
}

#[tokio::test]
async fn what_is_set_otherwise_stays_so_when_the_setup_is_run_again() -> Result<()> {
    let world = World::new().await?;
    let (session, tenant_id) = world.provisioned("mine").await?;
    let id = format!("{}-hotmart", session.id);
    let patch = json!({"amount": "net", "order_id_slot": "sck"});
    let path = format!("/v1/tenants/{tenant_id}/connections/{id}");
    world.operate(Method::PATCH, &path, &patch).await?.expect(200)?;
    assert_eq!(world.see(&session).await?["input"]["checkout"]["amount"], "net");
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let set = world.text("select amount || ' ' || order_id_slot from connections where id = $1", &[&id]).await?;
    assert_eq!(set.as_deref(), Some("net sck"));
    Ok(())
}
