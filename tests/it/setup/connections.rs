//! Checkout platforms by the API: connected, rotated, repaired, ended; and what was refused meanwhile is taken.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::db::connections::Settings;
use shared::platforms::Platform;
use shared::secrets::Secrets;
use tests::request;
use tests::world::{Answer, Connected, PLATFORM_SECRET, SECRETS_PREFIX, World};

/// Somebody who has an admin's key of the seeded tenant.
struct Admin {
    world: World,
    key: String,
}

impl Admin {
    async fn new() -> Result<Self> {
        let world = World::new().await?;
        let (_, key) = world.key(&world.tenant.id, &["admin"]).await?;
        Ok(Self { world, key })
    }

    async fn call(&self, method: Method, rest: &str, body: &Value) -> Result<Answer> {
        let path = format!("/v1/tenants/{}/{rest}", self.world.tenant.id);
        self.world.setup_as(&self.key, method, &path, body).await
    }

    async fn post(&self, rest: &str, body: &Value) -> Result<Answer> {
        self.call(Method::POST, rest, body).await
    }

    async fn get(&self, rest: &str) -> Result<Value> {
        self.call(Method::GET, rest, &Value::Null).await?.expect(200)
    }

    /// Connects Hotmart with this secret. Gives its id and its path.
    async fn connect(&self, secret: &str) -> Result<(String, String)> {
        let made = self.post("connections", &json!({"platform": "hotmart", "secret": secret})).await?.expect(201)?;
        Ok((made["id"].as_str().context("an id")?.to_owned(), path(&made)?))
    }

    async fn acts(&self) -> Result<String> {
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
async fn deliver(world: &World, path: &str, id: &str, token: &str) -> Result<Answer> {
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
async fn bodies_are_listed_and_replayed_part_by_part_each_once() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    for name in ["north", "south"] {
        let settings = Settings { shop: Some(name.to_owned()), ..Settings::default() };
        let connected = world.connect_as(&world.tenant.id, Platform::WooCommerce, &settings).await?;
        world
            .execute(&format!(
                "insert into kept_bodies (tenant_id, id, connection_id, digest, reason, received_at, bytes, sealed)
                 select '{}', '{name}' || n, '{}', encode(sha256(n::text::bytea), 'hex'), 'not_authentic',
                        date_trunc('second', now()) - n / 3 * interval '1 second', 10, 'x' from generate_series(1, 130) n",
                connected.tenant_id, connected.id
            ))
            .await?;
    }
    let (mut seen, mut times, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("bodies?limit=90{after}")).await?;
        for body in page["bodies"].as_array().context("a list")? {
            seen.push(body["id"].as_str().context("an id")?.to_owned());
            times.push(body["received_at"].as_i64().context("a time")?);
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert!(times.is_sorted_by(|newer, older| newer >= older), "the newest first");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 260, "each once");
    let (mut calls, mut not_opened, mut next) = (0, 0, Value::Null);
    loop {
        let done = admin.post("bodies/replay", &json!({"after": next})).await?.expect(200)?;
        calls += 1;
        not_opened += done["not_opened"].as_i64().context("a count")?;
        next = done["next"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!((calls, not_opened), (3, 260));
    for after in ["x", "", "00"] {
        admin.post("bodies/replay", &json!({"after": after})).await?.expect_problem(422)?;
    }
    admin.post("bodies/replay", &json!({"id": "a", "connection_id": "b"})).await?.expect_problem(422)?;
    Ok(())
}

#[tokio::test]
async fn without_a_key_no_body_is_replayed_and_with_another_one_none_is_opened() -> Result<()> {
    let mut admin = Admin::new().await?;
    let (_, path) = admin.connect("mistyped").await?;
    deliver(&admin.world, &path, "d1", PLATFORM_SECRET).await?.expect_problem(401)?;
    admin.world.setup.body_key_secret = None;
    admin.post("bodies/replay", &Value::Null).await?.expect_problem(409)?;
    admin.world.setup.body_key_secret = Some("no-such-secret".to_owned());
    admin.post("bodies/replay", &Value::Null).await?.expect_problem(503)?;
    // A text that is long enough, and is not the key.
    admin.world.setup.body_key_secret = Some(format!("track/{}/meta", admin.world.tenant.id));
    let done = admin.post("bodies/replay", &Value::Null).await?.expect(200)?;
    assert_eq!(done["not_opened"], 1);
    Ok(())
}

#[tokio::test]
async fn quarantined_events_are_listed_with_meta_s_words_until_they_go_back() -> Result<()> {
    let admin = Admin::new().await?;
    let world = &admin.world;
    for id in ["1", "2"] {
        let order = json!({"order_id": id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
        world.post_order(&order).await?.expect(202)?;
    }
    let good = world.text("select user_data::text from conversions limit 1", &[]).await?.context("user data")?;
    world.execute("update conversions set user_data = '{\"em\": [\"plain\"]}' where order_key = '1'").await?;
    world.run_dispatch().await?;
    let listed = admin.get("quarantine").await?;
    assert_eq!(listed["events"].as_array().map(Vec::len), Some(1), "{listed}");
    let one = &listed["events"][0];
    assert_eq!(
        (&one["order_id"], &one["event_name"], &one["value"]),
        (&json!("1"), &json!("Purchase"), &json!("97.00"))
    );
    assert_eq!(
        one["replayable_until"].as_i64().context("a time")? - one["event_time"].as_i64().context("a time")?,
        7 * 24 * 3600 - 60
    );
    let meta = &one["meta"];
    assert_eq!((&meta["http_status"], &meta["error_code"]), (&json!(400), &json!(100)));
    assert!(meta["error_message"].as_str().is_some_and(|it| !it.is_empty()) && meta["fbtrace_id"].is_string(), "{one}");
    assert!(!listed.to_string().contains("maria"));
    world.execute(&format!("update conversions set user_data = '{good}'")).await?;
    let back = admin.post("replay", &json!({"event_id": one["event_id"]})).await?.expect(200)?;
    assert_eq!(back["replayed"], 1);
    assert_eq!(admin.get("quarantine").await?, json!({"events": [], "next": null}));
    Ok(())
}

#[tokio::test]
async fn quarantined_events_of_one_time_are_listed_each_once() -> Result<()> {
    let admin = Admin::new().await?;
    admin.world.fill("q", 7).await?;
    let other = admin.world.add_tenant("other").await?;
    tests::world::fill::pending(&admin.world.db.connect().await?, &other.id, "q", 2, 0).await?;
    admin.world.execute("update conversions set state = 'quarantined', reason = 'unclear', event_time = now()").await?;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("quarantine?limit=3{after}")).await?;
        for event in page["events"].as_array().context("a list")? {
            assert_eq!((&event["reason"], &event["meta"]), (&json!("unclear"), &Value::Null));
            seen.push(event["event_id"].to_string());
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen.len(), 7);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
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
