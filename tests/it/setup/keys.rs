//! API keys: what each may do, how they are made, shown, listed and ended.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::{Answer, World};

fn path(world: &World, rest: &str) -> String {
    format!("/v1/tenants/{}/keys{rest}", world.tenant.id)
}

async fn post_order(world: &World, key: &str, id: &str) -> Result<Answer> {
    let body = json!({"order_id": id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.send_order(&request::with_key(request::post("/v1/orders", &body.to_string()), key)).await
}

async fn get_order(world: &World, key: &str, path: &str) -> Result<Answer> {
    world.send_order(&request::with_key(request::get(path), key)).await
}

#[tokio::test]
async fn a_key_posts_and_reads_orders_by_its_scopes_and_is_told_what_it_lacks() -> Result<()> {
    let world = World::new().await?;
    let event_id = post_order(&world, &world.tenant.api_key, "1001").await?.expect(202)?["event_id"].clone();
    let event = format!("/v1/orders/{}", event_id.as_str().context("an id")?);
    let reads = ["/v1/orders?order_id=1001", &event, "/v1/orders", "/v1/orders/x"];
    for (scopes, posts, read) in [
        (&["ingest"][..], true, false),
        (&["read"], false, true),
        (&["ingest", "read"], true, true),
        (&["admin"], true, true),
    ] {
        let (_, key) = world.key(&world.tenant.id, scopes).await?;
        let posted = post_order(&world, &key, &format!("of {}", scopes.join("+"))).await?;
        if posts {
            posted.expect(202)?;
        } else {
            posted.expect_problem(403)?;
            let detail = "The API key is in force, but lacks the scope `ingest`; its scopes: read.";
            assert_eq!((&posted.body["title"], &posted.body["detail"]), (&json!("Not allowed"), &json!(detail)));
        }
        for path in reads {
            let answer = get_order(&world, &key, path).await?;
            if read {
                assert_ne!((answer.status, path), (403, path));
                assert_ne!((answer.status, path), (401, path));
            } else {
                answer.expect_problem(403)?;
            }
        }
    }
    assert_eq!(world.count("select count(*) from orders", &[]).await?, 4, "three scopes post, and the seed's key");
    Ok(())
}

#[tokio::test]
async fn a_key_is_shown_once_and_listed_without_what_proves_it() -> Result<()> {
    let world = World::new().await?;
    let body = json!({"label": " Reports ", "scopes": ["read"]});
    let made = world.operate(Method::POST, &path(&world, ""), &body).await?.expect(201)?["api_key"].clone();
    let key = made["key"].as_str().context("a key")?;
    assert!(key.starts_with(&format!("trk_{}_", world.tenant.id)));
    assert_eq!((&made["label"], &made["scopes"]), (&json!("Reports"), &json!(["read"])));
    assert_eq!(made["last4"], key[key.len() - 4..]);
    let listed = world.operate(Method::GET, &path(&world, ""), &Value::Null).await?.expect(200)?;
    let [new, seeded] = &listed["keys"].as_array().context("a list")?[..] else { anyhow::bail!("{listed}") };
    let mut wanted = made.clone();
    wanted.as_object_mut().context("an object")?.remove("key");
    wanted["revoked_at"] = Value::Null;
    assert_eq!(new, &wanted);
    assert_eq!((&seeded["scopes"], &seeded["last4"]), (&json!(["ingest", "read"]), &Value::Null));
    let secret = key.rsplit('_').next().context("a secret")?;
    assert!(!listed.to_string().contains(secret));
    let rows = world
        .text("select string_agg(k::text, ' ') || (select string_agg(a::text, ' ') from audit a) from api_keys k", &[])
        .await?;
    assert!(!rows.context("rows")?.contains(secret), "its hash alone is kept");
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_ended_is_over_at_once_and_the_others_are_not() -> Result<()> {
    let world = World::new().await?;
    let (id, key) = world.key(&world.tenant.id, &["ingest"]).await?;
    post_order(&world, &key, "1").await?.expect(202)?;
    let ended = world.operate(Method::DELETE, &path(&world, &format!("/{id}")), &Value::Null).await?.expect(200)?;
    assert_eq!((&ended["id"], &ended["keys_in_force"]), (&json!(id), &json!(1)));
    post_order(&world, &key, "2").await?.expect_problem(401)?;
    post_order(&world, &world.tenant.api_key, "3").await?.expect(202)?;
    let again = world.operate(Method::DELETE, &path(&world, &format!("/{id}")), &Value::Null).await?.expect(200)?;
    assert_eq!(again, ended, "it stays ended since then");
    let told = world.count("select count(*) from audit where act = 'key.revoked'", &[]).await?;
    assert_eq!(told, 1, "one change");
    Ok(())
}

#[tokio::test]
async fn a_key_may_end_itself_and_the_last_one_and_the_link_makes_another() -> Result<()> {
    let world = World::new().await?;
    let (session, tenant) = world.provisioned("last").await?;
    let keys = format!("/v1/tenants/{tenant}/keys");
    let (id, admin) = world.key(&tenant, &["admin"]).await?;
    let first = format!("{keys}/{}-key", session.id);
    world.setup_as(&admin, Method::DELETE, &first, &Value::Null).await?.expect(200)?;
    let last = world.setup_as(&admin, Method::DELETE, &format!("{keys}/{id}"), &Value::Null).await?.expect(200)?;
    assert_eq!(last["keys_in_force"], 0);
    world.setup_as(&admin, Method::GET, &keys, &Value::Null).await?.expect_problem(401)?;
    let body = json!({"label": "server", "scopes": ["ingest"]});
    let made = world.setup_as(&session.token, Method::POST, &keys, &body).await?.expect(201)?;
    let key = made["api_key"]["key"].as_str().context("a key")?;
    post_order(&world, key, "1001").await?.expect(202)?;
    Ok(())
}

#[tokio::test]
async fn another_tenant_s_key_is_not_found_and_goes_on() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let (theirs, key) = world.key(&other.id, &["ingest"]).await?;
    let (_, admin) = world.key(&world.tenant.id, &["admin"]).await?;
    for token in [&admin, &world.admin_token] {
        let nobodys = world.setup_as(token, Method::DELETE, &path(&world, "/nobodys"), &Value::Null).await?;
        nobodys.expect_problem(404)?;
        let refused = world.setup_as(token, Method::DELETE, &path(&world, &format!("/{theirs}")), &Value::Null).await?;
        assert_eq!(refused.body, nobodys.body);
    }
    post_order(&world, &key, "1001").await?.expect(202)?;
    let listed = world.setup_as(&admin, Method::GET, &path(&world, ""), &Value::Null).await?.expect(200)?;
    assert!(!listed.to_string().contains(&theirs));
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_new_key_is_named_and_none_is_made() -> Result<()> {
    let world = World::new().await?;
    let before = world.contents().await?;
    for (body, fields) in [
        (json!({}), &["label", "scopes"][..]),
        (json!({"label": " ", "scopes": []}), &["label", "scopes"]),
        (json!({"label": 1, "scopes": "read"}), &["label", "scopes"]),
        (json!({"label": "x", "scopes": ["everything"]}), &["scopes"]),
        (json!({"label": "x".repeat(101), "scopes": ["read"]}), &["label"]),
        (json!({"label": "a\u{0}b", "scopes": ["read"]}), &["label"]),
        (json!({"label": "x", "scopes": ["read"], "key": "trk_mine"}), &["key"]),
    ] {
        let refused = world.operate(Method::POST, &path(&world, ""), &body).await?;
        refused.expect_problem(422)?;
        let named: Vec<String> = refused.errors().into_iter().map(|(field, _)| field).collect();
        assert_eq!(named, fields, "{body}");
    }
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_tenant_has_fifty_keys_in_force_at_the_most_also_when_two_are_made_at_once() -> Result<()> {
    let world = World::new().await?;
    world
        .execute(&format!(
            "insert into api_keys (tenant_id, id, secret_hash) select '{}', 'k' || n, repeat('0', 64) from generate_series(1, 48) n",
            world.tenant.id
        ))
        .await?;
    let body = json!({"label": "x", "scopes": ["read"]});
    let (path, body) = (&path(&world, ""), &body);
    let (one, other) =
        tokio::try_join!(world.operate(Method::POST, path, body), world.operate(Method::POST, path, body))?;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    world.operate(Method::DELETE, &format!("{path}/k1"), &Value::Null).await?.expect(200)?;
    world.operate(Method::POST, path, body).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn the_list_goes_on_where_a_page_ends_and_a_wrong_parameter_is_named() -> Result<()> {
    let world = World::new().await?;
    world
        .execute(&format!(
            "insert into api_keys (tenant_id, id, secret_hash, created_at)
             select '{}', 'k' || n, repeat('0', 64), timestamptz '2026-01-01' + n / 3 * interval '1 microsecond' from generate_series(1, 9) n",
            world.tenant.id
        ))
        .await?;
    let (mut seen, mut after) = (Vec::new(), String::new());
    for _ in 0..10 {
        let page =
            world.operate(Method::GET, &path(&world, &format!("?limit=4{after}")), &Value::Null).await?.expect(200)?;
        let keys = page["keys"].as_array().context("a list")?;
        seen.extend(keys.iter().filter_map(|it| it["id"].as_str().map(str::to_owned)));
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
        world.key(&world.tenant.id, &["read"]).await?;
    }
    let wanted = [&format!("{}-key", world.tenant.id), "k9", "k8", "k7", "k6", "k5", "k4", "k3", "k2", "k1"];
    assert_eq!(seen, wanted, "each once, the newest first, whatever is made meanwhile");
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=101", "limit"),
        ("?limit=x", "limit"),
        ("?after=x", "after"),
        ("?after=", "after"),
    ] {
        let refused = world.operate(Method::GET, &path(&world, query), &Value::Null).await?;
        refused.expect_problem(400)?;
        assert_eq!(refused.errors()[0].0, field, "{query}");
    }
    Ok(())
}
