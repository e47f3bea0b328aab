//! What a browser says of its visitor: what of it is kept, with which click, and what an order makes of it.

mod bounds;
mod input;
mod matched;
mod which;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::domain::country::Country;
use shared::domain::user_data::{Hashed, em, external_id, ph};
use tests::world::World;

const FBP: &str = "fb.2.1700000000000.1234567890";
const OTHER_FBP: &str = "fb.2.1700000000000.9999999999";
const EMAIL: &str = "maria@example.com";
const PHONE: &str = "+55 11 95550-0001";

/// The hash of a value of sample data.
fn hash(hashed: Option<Hashed>) -> String {
    hashed.map(|it| it.digest()).unwrap_or_default()
}

fn email_hash(email: &str) -> String {
    hash(em(email))
}

fn phone_hash(phone: &str) -> String {
    hash(ph(phone, Country::parse("BR")))
}

fn id_hash(id: &str) -> String {
    hash(external_id(id))
}

/// Makes a click; gives its id.
async fn click(world: &World, body: &Value) -> Result<String> {
    let answer = world.post_click(body).await?.expect(200)?;
    Ok(answer["click_id"].as_str().context("a click id")?.to_owned())
}

/// Says who a click's visitor is; gives the observation's id, which is null where none is kept.
async fn identify(world: &World, body: &Value) -> Result<Value> {
    let answer = world.post_identify(body).await?.expect(200)?;
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
    Ok(answer["identity_id"].clone())
}

/// The observation that was answered, as it is kept.
async fn row(world: &World, id: &Value) -> Result<Value> {
    let sql = "select to_jsonb(it)::text from identities it where tenant_id = $1 and id = $2";
    let row = world.text(sql, &[&world.tenant.id, &id.as_str().context("an id")?]).await?.context("a row")?;
    Ok(serde_json::from_str(&row)?)
}

async fn observations(world: &World) -> Result<i64> {
    world.count("select count(*) from identities", &[]).await
}

/// A paid order of this buyer, which carries nothing of a click.
fn order(order_id: &str, customer: &Value) -> Value {
    json!({"order_id": order_id, "value": 97, "currency": "BRL", "customer": customer})
}

#[tokio::test]
async fn an_observation_has_hashes_click_browser_and_time_and_nothing_else_of_the_person() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({"url": "https://loja.example.com.br/", "fbp": FBP})).await?;
    let said = json!({
        "email": " Maria@Example.com", "phone": "(11) 95550-0001", "external_id": "User-42", "first_name": "Quitéria",
        "last_name": "Sample", "city": "Taubaté", "country": "BR", "anything": {"of": ["the", "page"]},
        "click_id": click_id, "fbc": null, "fbp": FBP,
    });
    let id = identify(&world, &said).await?;
    let kept = row(&world, &id).await?;
    let expected = json!({
        "tenant_id": world.tenant.id, "id": id, "click_id": click_id, "source": "browser", "browser": FBP,
        "email_hash": email_hash(EMAIL), "phone_hash": phone_hash(PHONE), "external_id_hash": id_hash("User-42"),
        "created_at": kept["created_at"], "updated_at": kept["updated_at"],
    });
    assert_eq!(kept, expected);
    assert_eq!(observations(&world).await?, 1);
    Ok(())
}

#[tokio::test]
async fn plain_and_hashed_in_every_form_are_one_observation() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({ "fbp": FBP })).await?;
    let (email, phone) = (email_hash(EMAIL), phone_hash(PHONE));
    let upper = email.to_uppercase();
    let with_appendix = format!("{upper}.AQQAAQMC");
    let forms = [
        json!({"email": EMAIL, "phone": PHONE}),
        json!({"email": "MARIA@example.com\n", "phone": "11955500001"}),
        json!({"email": "maria@example.com", "phone": 5_511_955_500_001_u64}),
        json!({"email_hash": email, "phone_hash": phone}),
        json!({"email": upper, "phone": phone}),
        json!({"email_hash": with_appendix, "phone": "00 55 11 95550 0001"}),
        json!({"email_hash": "no hash", "email": EMAIL, "phone_hash": "", "phone": PHONE}),
    ];
    let mut first = Value::Null;
    for form in forms {
        let mut body = form.clone();
        body["click_id"] = json!(click_id);
        let id = identify(&world, &body).await?;
        if first.is_null() {
            first = id.clone();
        }
        assert!(id.is_string() && id == first, "{form}");
    }
    assert_eq!(observations(&world).await?, 1);
    let md5 = "55e606233d95d1c25e7a4a0f8e57b2ca";
    let id = identify(&world, &json!({"click_id": click_id, "email": md5.to_uppercase()})).await?;
    assert_eq!(row(&world, &id).await?["email_hash"], md5, "as a page hashed it");
    Ok(())
}

#[tokio::test]
async fn a_phone_without_a_country_code_is_of_the_person_s_country_else_of_the_tenant_s() -> Result<()> {
    let world = World::new().await?;
    let abroad = World::new().await?;
    abroad.execute("update tenants set country = null").await?;
    for world in [&world, &abroad] {
        click(world, &json!({"click_id": "click-0001"})).await?;
    }
    let said = |more: Value| {
        let mut body = more;
        body["click_id"] = json!("click-0001");
        body
    };
    let id = identify(&world, &said(json!({"phone": "(11) 95550-0001"}))).await?;
    assert_eq!(row(&world, &id).await?["phone_hash"], phone_hash(PHONE));
    for world in [&world, &abroad] {
        let id = identify(world, &said(json!({"phone": "(650) 555-1212", "country": "us"}))).await?;
        assert_eq!(row(world, &id).await?["phone_hash"], phone_hash("+16505551212"));
    }
    assert_eq!(identify(&abroad, &said(json!({"phone": "(11) 95550-0001"}))).await?, Value::Null);
    let id = identify(&abroad, &said(json!({"phone": "+55 (11) 95550-0001"}))).await?;
    assert_eq!(row(&abroad, &id).await?["phone_hash"], phone_hash(PHONE));
    Ok(())
}

#[tokio::test]
async fn the_same_again_is_the_row_that_was_there_and_anything_else_is_another() -> Result<()> {
    let world = World::new().await?;
    let (one, two) = (click(&world, &json!({})).await?, click(&world, &json!({})).await?);
    let first = identify(&world, &json!({"click_id": one, "email": EMAIL})).await?;
    let before = world.contents().await?;
    assert_eq!(identify(&world, &json!({"click_id": one, "email": EMAIL, "first_name": "Maria"})).await?, first);
    assert_eq!(world.contents().await?, before, "nothing was written");
    let others = [
        json!({"click_id": one, "email": "joao@example.com"}),
        json!({"click_id": one, "email": EMAIL, "phone": PHONE}),
        json!({"click_id": one, "external_id": EMAIL}),
        json!({"click_id": two, "email": EMAIL}),
    ];
    for (index, other) in others.iter().enumerate() {
        assert_ne!(identify(&world, other).await?, first);
        assert_eq!(observations(&world).await?, i64::try_from(index + 2)?, "{other}");
    }
    Ok(())
}

#[tokio::test]
async fn where_there_is_nothing_to_keep_or_no_click_nothing_is_kept() -> Result<()> {
    let world = World::new().await?;
    let click_id = click(&world, &json!({ "fbp": FBP })).await?;
    let nothing = [
        json!({}),
        json!({"click_id": click_id, "fbp": FBP}),
        json!({"click_id": click_id, "email": "not an address", "phone": "555", "external_id": "null"}),
        json!({"click_id": click_id, "email_hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}),
        json!({"click_id": click_id, "first_name": "Maria", "city": "Taubaté"}),
        json!({"email": EMAIL}),
        json!({"email": EMAIL, "click_id": "click-of-nobody", "fbc": "fb.1.1700000000000.IwAR0-Nobody", "fbp": OTHER_FBP}),
        json!({"email": EMAIL, "click_id": "", "fbc": "nonsense", "fbclid": "", "fbp": "fb.2.17.x"}),
    ];
    let before = world.contents().await?;
    for body in nothing {
        assert_eq!(identify(&world, &body).await?, Value::Null, "{body}");
    }
    assert_eq!(world.contents().await?, before);
    let partly = json!({"click_id": click_id, "email": EMAIL, "phone": "\u{0}", "external_id": " ", "fbp": "junk", "fbc": "junk"});
    let kept = row(&world, &identify(&world, &partly).await?).await?;
    assert_eq!((&kept["email_hash"], &kept["phone_hash"]), (&json!(email_hash(EMAIL)), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_visitor_who_denied_it_is_not_observed() -> Result<()> {
    let world = World::new().await?;
    let person = json!({"click_id": "click-0001", "fbp": FBP, "email": EMAIL, "phone": "11 95550-0001", "external_id": "User-42"});
    click(&world, &json!({"click_id": "click-0001", "consent": "denied"})).await?;
    click(&world, &json!({"click_id": "click-0002", "fbp": FBP})).await?;
    assert_eq!(identify(&world, &person).await?, Value::Null, "nor with another click of the same browser");
    let said = |consent: &str| {
        let mut body = person.clone();
        body["click_id"] = json!("click-0002");
        body["consent"] = json!(consent);
        body
    };
    for denied in ["denied", " Denied ", "false", "no"] {
        assert_eq!(identify(&world, &said(denied)).await?, Value::Null, "{denied}: as of a click");
    }
    assert_eq!(observations(&world).await?, 0);
    for (index, granted) in ["", "granted", "GRANTED"].into_iter().enumerate() {
        let mut body = said(granted);
        body["external_id"] = json!(format!("User-{index}"));
        assert!(identify(&world, &body).await?.is_string(), "{granted:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_visitor_who_denies_takes_back_what_was_said_of_them() -> Result<()> {
    let world = World::new().await?;
    let (own, other) =
        (click(&world, &json!({ "fbp": FBP })).await?, click(&world, &json!({ "fbp": OTHER_FBP })).await?);
    let mut sale = order("1001", &json!({ "email": EMAIL }));
    sale["click"] = json!({ "click_id": own });
    world.post_order(&sale).await?.expect(202)?;
    for click_id in [&own, &other] {
        identify(&world, &json!({ "click_id": click_id, "email": EMAIL })).await?;
    }
    click(&world, &json!({ "click_id": own, "consent": "denied" })).await?;
    let left = world
        .text("select string_agg(concat_ws(' ', source, click_id), ', ' order by source) from identities", &[])
        .await?;
    assert_eq!(left, Some(format!("browser {other}, order {own}")), "what the order told is the order's");
    Ok(())
}
