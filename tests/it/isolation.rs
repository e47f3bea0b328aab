//! Many tenants in one database: none sees, finds or hurts another, whatever stands in a request.

use anyhow::{Context, Result};
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::seed::Seeded;
use tests::simulator::EventQuery;
use tests::world::World;
use url::{Url, form_urlencoded};

const FBP: &str = "fb.2.1700000000000.1234567890";
const FBC: &str = "fb.2.1700000000000.IwAR0-Sample_1";
/// Quotes, comments, casts and escapes that would end a literal in one dialect or another.
const SQL: [&str; 6] = [
    "'; drop table clicks; --",
    "x' or '1'='1",
    "$1; truncate orders cascade",
    "\\'; delete from tenants; /*",
    "'||pg_sleep(10)||'",
    "${jndi:x} {{7*7}} %s %n \" ` $$ ;",
];

fn click() -> Value {
    json!({"url": "https://loja.example.com.br/", "fbc": FBC, "fbp": FBP, "click_id": "click-0001"})
}

fn order(order_id: &str) -> Value {
    json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": {"email": "maria@example.com"}})
}

fn with_key_of(tenant: &Seeded, request: Request) -> Request {
    request::with_key(request, &tenant.api_key)
}

fn order_of(tenant: &Seeded, body: &Value) -> Request {
    with_key_of(tenant, request::post("/v1/orders", &body.to_string()))
}

fn click_of(tenant: &Seeded, body: &Value) -> Request {
    request::post(&format!("/v1/funnels/{}/clicks", tenant.funnel_id), &body.to_string())
}

#[tokio::test]
async fn the_same_click_at_two_tenants_is_a_row_of_each() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let mine = world.post_click(&click()).await?.expect(200)?;
    let theirs = world.send_click(&click_of(&other, &click())).await?.expect(200)?;
    assert_eq!((&mine["new"], &theirs["new"]), (&json!(true), &json!(true)));
    assert_eq!((&mine["click_id"], &theirs["click_id"]), (&json!("click-0001"), &json!("click-0001")));
    let tenants = world.count("select count(distinct tenant_id) from clicks where shared_from is null", &[]).await?;
    assert_eq!(tenants, 2);
    Ok(())
}

#[tokio::test]
async fn a_click_that_names_another_tenant_s_click_learns_and_changes_nothing_of_it() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.post_click(&click()).await?.expect(200)?;
    let before = world.text("select md5(string_agg(it::text, '|')) from clicks it", &[]).await?;
    let theirs = world.send_click(&click_of(&other, &json!({"click_id": "click-0001", "utm_source": "x"}))).await?;
    let theirs = theirs.expect(200)?;
    assert_eq!(theirs, json!({"click_id": "click-0001", "fbc": null, "fbp": null, "new": true}));
    let sql = "select md5(string_agg(it::text, '|')) from clicks it where tenant_id = $1";
    assert_eq!(world.text(sql, &[&world.tenant.id]).await?, before);
    Ok(())
}

#[tokio::test]
async fn an_order_never_matches_another_tenant_s_click_by_any_evidence() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.post_click(&click()).await?.expect(200)?;
    // The first order ties e-mail and phone to the click, so that every stage has a candidate here.
    let mut evidence = json!({
        "order_id": "mine", "value": 97, "currency": "BRL",
        "customer": {"email": "maria@example.com", "phone": "+5511955500001", "external_id": "User-42", "ip": request::SOURCE_IP, "user_agent": request::AGENT},
        "click": {"click_id": "click-0001", "fbclid": "IwAR0-Sample_1", "fbc": FBC, "fbp": FBP},
    });
    let mine = world.post_order(&evidence).await?.expect(202)?;
    assert_eq!(mine["match"]["click_id"], "click-0001");
    evidence["order_id"] = json!("mine again");
    let kinds = world.post_order(&evidence).await?.expect(202)?["match"]["evidence"].as_array().map_or(0, Vec::len);
    assert_eq!(
        kinds, 8,
        "click_id, fbc, fbclid, fbp, e-mail, phone, the seller's id and network all point at it for its own tenant"
    );
    evidence["order_id"] = json!("theirs");
    let theirs = world.send_order(&order_of(&other, &evidence)).await?.expect(202)?;
    assert_eq!(theirs["match"], json!({"stage": "none", "click_id": null, "evidence": []}));
    Ok(())
}

#[tokio::test]
async fn the_same_order_at_two_tenants_is_two_events_and_each_goes_to_its_own_pixel() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let mine = world.post_order(&order("1001")).await?.expect(202)?;
    let theirs = world.send_order(&order_of(&other, &order("1001"))).await?.expect(202)?;
    assert_eq!(theirs["duplicate"], false);
    assert_ne!(mine["event_id"], theirs["event_id"]);
    world.run_dispatch().await?;
    for (tenant, placed) in [(&world.tenant, &mine), (&other, &theirs)] {
        let taken = world.simulator.events(&EventQuery::pixel(&tenant.pixel_id));
        let ids: Vec<Option<&str>> = taken.iter().map(|it| it.event_id.as_deref()).collect();
        assert_eq!(ids, [placed["event_id"].as_str()]);
    }
    Ok(())
}

#[tokio::test]
async fn another_tenant_s_event_and_order_are_not_found_as_if_there_were_none() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let placed = world.post_order(&order("1001")).await?.expect(202)?;
    let event_id = placed["event_id"].as_str().context("event_id")?;
    let unknown = "0".repeat(64);
    for (theirs, nobodys) in [
        (format!("/v1/orders/{event_id}"), format!("/v1/orders/{unknown}")),
        ("/v1/orders?order_id=1001".to_owned(), "/v1/orders?order_id=2002".to_owned()),
    ] {
        let get = |path: &str| with_key_of(&other, request::new(Method::GET, path, ""));
        let hidden = world.refused_order(&get(&theirs), 404).await?;
        let absent = world.refused_order(&get(&nobodys), 404).await?;
        assert_eq!(hidden.body, absent.body, "the answer does not tell that it exists");
        world.get_order(&theirs).await?.expect(200)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_body_cannot_choose_the_tenant() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    for field in ["tenant_id", "tenant", "funnel_id", "event_id", "key_id", "id", "pixel_id"] {
        let mut body = order("1001");
        body[field] = json!(other.id);
        let answer = world.refused_order(&world.order_request(&body.to_string()), 422).await?;
        assert_eq!(answer.errors(), [(field.to_owned(), "unknown_field".to_owned())]);
        let mut body = click();
        body[field] = json!(other.id);
        world.post_click(&body).await?.expect(200)?;
    }
    for table in ["clicks", "orders", "conversions", "identities", "deliveries"] {
        let sql = format!("select count(*) from {table} where tenant_id = $1");
        assert_eq!(world.count(&sql, &[&other.id]).await?, 0, "{table}");
    }
    Ok(())
}

#[tokio::test]
async fn a_claim_at_one_tenant_is_none_at_another_and_counts_there_for_nothing() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let said =
        |number: usize| json!({"click_id": "click-0001", "fbp": FBP, "email": format!("sample{number}@example.com")});
    let identify_at = |tenant: &Seeded, body: &Value| {
        request::post(&format!("/v1/funnels/{}/identify", tenant.funnel_id), &body.to_string())
    };
    for tenant in [&world.tenant, &other] {
        world.send_click(&click_of(tenant, &click())).await?.expect(200)?;
    }
    for number in 0..20 {
        world.send_click(&identify_at(&world.tenant, &said(number))).await?.expect(200)?;
    }
    world.refused_click(&identify_at(&world.tenant, &said(20)), 429).await?;
    let mut theirs = order("1");
    theirs["customer"]["email"] = json!("sample1@example.com");
    let placed = world.send_order(&order_of(&other, &theirs)).await?.expect(202)?;
    assert_eq!(placed["match"], json!({"stage": "none", "click_id": null, "evidence": []}));
    let answer = world.send_click(&identify_at(&other, &said(20))).await?.expect(200)?;
    assert!(answer["identity_id"].is_string(), "the same browser has its own count at each tenant");
    Ok(())
}

#[tokio::test]
async fn one_tenant_s_status_is_not_another_s() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.execute(&format!("update tenants set status = 'retired' where id = '{}'", other.id)).await?;
    world.refused_click(&click_of(&other, &click()), 410).await?;
    world.refused_order(&order_of(&other, &order("1001")), 410).await?;
    world.post_click(&click()).await?.expect(200)?;
    world.post_order(&order("1001")).await?.expect(202)?;
    Ok(())
}

/// What a funnel has of its own: pages, checkouts, limits, minutes, counts, and its tenant's word on consent.
#[tokio::test]
async fn a_funnel_s_settings_and_counts_are_its_own_tenant_s() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world
        .execute(&format!(
            "delete from funnel_domains where tenant_id = '{0}';
             insert into funnel_domains (tenant_id, funnel_id, domain) values ('{0}', '{1}', 'theirs.example.org');
             insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot) values ('{0}', '{1}', 'pay.example.org', 'other', 'sck');
             insert into funnel_minutes (tenant_id, funnel_id, minute, clicks)
             select '{0}', '{1}', date_trunc('minute', clock()) + n * interval '1 minute', 1000000 from generate_series(0, 5) n;
             update funnels set requires_consent = true, clicks_per_minute_per_address = 1 where tenant_id = '{0}';
             update tenants set denied_consent = 'limited_data_use' where id = '{0}'",
            other.id, other.funnel_id
        ))
        .await?;
    let link = |funnel: &str| request::get(&format!("/r/{funnel}?to=https%3A%2F%2Fpay.example.org"));
    assert_eq!(world.send_click(&link(&world.tenant.funnel_id)).await?.status, 400);
    assert_eq!(world.send_click(&link(&other.funnel_id)).await?.status, 302);
    let told = |tenant: &Seeded| {
        let click = click_of(tenant, &json!({"click_id": "click-0001", "fbp": FBP}));
        request::with_header(click, "origin", "https://theirs.example.org")
    };
    let mine = world.send_click(&told(&world.tenant)).await?;
    assert_eq!((mine.status, mine.header("access-control-allow-origin")), (200, ""));
    let row = world.click_row(&mine.body).await?;
    assert_eq!((&row["consent"], &row["fbp"]), (&Value::Null, &json!(FBP)));
    let theirs = world.send_click(&told(&other)).await?;
    assert_eq!((theirs.status, theirs.header("access-control-allow-origin")), (429, "https://theirs.example.org"));
    world.post_click(&json!({"click_id": "click-0002", "consent": "denied"})).await?.expect(200)?;
    let mut denied = order("1001");
    denied["click"] = json!({"click_id": "click-0002"});
    assert_eq!(world.post_order(&denied).await?.expect(202)?["state"], "ignored", "by the own tenant's policy");
    let crawler = request::with_header(click_of(&other, &json!({})), "user-agent", "facebookexternalhit/1.1");
    assert_eq!(world.send_click(&crawler).await?.status, 204);
    let sql = "select count(*) from unrecorded_visits where tenant_id = $1";
    assert_eq!(world.count(sql, &[&world.tenant.id]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn sql_in_every_field_of_a_click_is_kept_as_text_or_left_out() -> Result<()> {
    let world = World::new().await?;
    for sql in SQL {
        let page = format!("https://loja.example.com.br/?q={sql}");
        let body = json!({
            "url": page, "referrer": page, "fbclid": sql, "fbc": format!("fb.1.1700000000000.{sql}"), "fbp": sql,
            "utm_source": sql, "utm_medium": sql, "utm_campaign": sql, "utm_content": sql, "utm_term": sql,
            "click_id": sql, "first": {"utm_source": sql, sql: sql}, sql: sql,
        });
        let request = request::post_from(&world.clicks_path(), &body.to_string(), request::SOURCE_IP, Some(sql));
        let request = request::with_header(request, "user-agent", sql);
        let answer = world.send_click(&request).await?.expect(200)?;
        let row = world.click_row(&answer).await?;
        for column in ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "user_agent"] {
            assert_eq!(row[column], sql, "{column}");
        }
        for column in ["url", "referrer"] {
            let kept = Url::parse(row[column].as_str().context(column)?)?;
            assert!(kept.query_pairs().eq([("q".into(), sql.into())]), "{column}: {kept}");
        }
        assert!(row["fbclid"].is_null() || row["fbclid"] == sql);
        assert_eq!(row["first_utm"], json!({"utm_source": sql}));
        assert_eq!((&row["fbp"], &row["ip"]), (&Value::Null, &json!(request::SOURCE_IP)));
    }
    let in_path = request::post("/v1/funnels/'%3Bdrop%20table%20clicks%3B--/clicks", "{}");
    world.refused_click(&in_path, 404).await?;
    assert_eq!(world.count("select count(*) from clicks", &[]).await?, 6);
    for sql in SQL {
        let denied = world.post_click(&json!({ "consent": sql })).await?.expect(200)?;
        assert_eq!(world.click_row(&denied).await?["consent"], "denied", "no word that grants");
    }
    Ok(())
}

#[tokio::test]
async fn sql_in_every_field_of_an_order_is_kept_as_text_or_refused() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&click()).await?.expect(200)?;
    for sql in SQL {
        for field in ["value", "currency", "status", "action_source", "event_time"] {
            let mut body = order("refused");
            body[field] = json!(sql);
            let answer = world.refused_order(&world.order_request(&body.to_string()), 422).await?;
            assert_eq!(answer.errors(), [(field.to_owned(), "invalid".to_owned())]);
        }
        let mut body = order("refused");
        body[sql] = json!(sql);
        let answer = world.refused_order(&world.order_request(&body.to_string()), 422).await?;
        assert_eq!(answer.errors(), [(sql.to_owned(), "unknown_field".to_owned())]);
        let body = json!({
            "order_id": sql, "event_name": sql.replace('|', ""), "value": 97, "currency": "BRL", "event_source_url": sql,
            "customer": {
                "email": sql, "phone": sql, "first_name": sql, "last_name": sql, "city": sql, "state": sql, "zip": sql,
                "country": sql, "external_id": sql, "ip": sql, "user_agent": sql,
            },
            "click": {"click_id": sql, "fbclid": sql, "fbc": sql, "fbp": sql},
            "utm": {"utm_source": sql, "utm_medium": sql, "utm_campaign": sql, "utm_content": sql, "utm_term": sql},
            "items": [{"id": sql, "quantity": sql, "price": sql}],
        });
        let placed = world.post_order(&body).await?.expect(202)?;
        assert_eq!(placed["match"], json!({"stage": "none", "click_id": null, "evidence": []}), "{sql}");
        let row = world.conversion_row(&placed).await?;
        assert_eq!((&row["order_key"], &row["custom_data"]["contents"][0]["id"]), (&json!(sql), &json!(sql)));
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("order_id", sql).finish();
        let told = world.get_order(&format!("/v1/orders?{query}")).await?.expect(200)?;
        assert_eq!(told["order_id"], sql);
    }
    assert_eq!(world.count("select count(*) from conversions", &[]).await?, 6);
    assert_eq!(world.count("select count(*) from clicks", &[]).await?, 1);
    Ok(())
}
