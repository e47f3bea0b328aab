//! With which click an observation is kept.

use anyhow::Result;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{EMAIL, FBP, OTHER_FBP, click, identify, row};

const THIRD_FBP: &str = "fb.2.1700000000000.3333333333";

/// The click that an observation with these identifiers is kept with.
async fn click_of(world: &World, identifiers: &Value) -> Result<Value> {
    let mut body = identifiers.clone();
    body["email"] = json!(EMAIL);
    let id = identify(world, &body).await?;
    Ok(if id.is_null() { Value::Null } else { row(world, &id).await?["click_id"].clone() })
}

#[tokio::test]
async fn the_click_id_decides_then_the_ad_click_then_the_browser() -> Result<()> {
    let world = World::new().await?;
    let by_id = click(&world, &json!({"click_id": "click-by-id"})).await?;
    let by_ad = click(&world, &json!({"fbclid": "IwAR0-Sample_1"})).await?;
    click(&world, &json!({"fbp": FBP})).await?;
    world.execute("update clicks set created_at = created_at - interval '1 hour' where browser is not null").await?;
    let by_browser = click(&world, &json!({"fbp": FBP})).await?;
    let fbc = "fb.2.1700000009999.IwAR0-Sample_1";
    let cases = [
        (json!({"click_id": "click-by-id", "fbc": fbc, "fbp": FBP}), &by_id),
        (json!({"click_id": "click-unknown", "fbc": fbc, "fbp": FBP}), &by_ad),
        (json!({"fbc": format!("{fbc}.AQQAAQMC")}), &by_ad),
        (json!({"fbclid": "IwAR0-Sample_1"}), &by_ad),
        (json!({"fbclid": "IwAR0-Sample_1", "fbc": "fb.2.1700000000000.IwAR0-Older"}), &by_ad),
        (json!({"click_id": "click-unknown", "fbclid": "IwAR0-Unknown", "fbp": FBP}), &by_browser),
        (json!({"fbp": format!("{FBP}.AQQAAQMC")}), &by_browser),
    ];
    for (identifiers, expected) in cases {
        assert_eq!(click_of(&world, &identifiers).await?, json!(expected), "{identifiers}");
    }
    Ok(())
}

#[tokio::test]
async fn each_id_that_a_browser_gave_for_a_click_leads_to_it() -> Result<()> {
    let world = World::new().await?;
    let first = click(&world, &json!({"click_id": "click-0001", "fbclid": "IwAR0-Sample_1", "fbp": FBP})).await?;
    click(&world, &json!({"click_id": "click-0002", "fbclid": "IwAR0-Sample_1", "fbp": FBP})).await?;
    assert_eq!(click_of(&world, &json!({"click_id": "click-0002"})).await?, json!(first));
    Ok(())
}

#[tokio::test]
async fn of_a_shared_link_the_browser_s_own_row_is_meant_and_nobody_else_s() -> Result<()> {
    let world = World::new().await?;
    let ad = |more: Value| {
        let mut body = more;
        body["fbclid"] = json!("IwAR0-Shared");
        body
    };
    let first = click(&world, &ad(json!({"fbp": FBP}))).await?;
    let second = click(&world, &ad(json!({"fbp": OTHER_FBP}))).await?;
    assert_eq!(click_of(&world, &ad(json!({"fbp": FBP}))).await?, json!(first));
    assert_eq!(click_of(&world, &ad(json!({"fbp": OTHER_FBP}))).await?, json!(second));
    assert_eq!(click_of(&world, &ad(json!({"fbp": THIRD_FBP}))).await?, Value::Null, "a browser that has no row");
    assert_eq!(click_of(&world, &ad(json!({}))).await?, Value::Null, "either of the two");
    let third = click(&world, &json!({"fbp": THIRD_FBP})).await?;
    assert_eq!(click_of(&world, &ad(json!({"fbp": THIRD_FBP}))).await?, json!(third), "its own click, without that ad");
    Ok(())
}

#[tokio::test]
async fn without_fbp_the_address_and_the_agent_tell_the_row_of_a_shared_link_if_they_fit_one() -> Result<()> {
    let world = World::new().await?;
    let body = json!({"fbclid": "IwAR0-Shared"}).to_string();
    let first = world.send_click(&world.click_request(&body)).await?.expect(200)?;
    let elsewhere = "198.51.100.9";
    let second =
        world.send_click(&request::post_from(&world.clicks_path(), &body, elsewhere, None)).await?.expect(200)?;
    assert_ne!(first["click_id"], second["click_id"]);
    let said = json!({"fbclid": "IwAR0-Shared", "email": EMAIL}).to_string();
    let path = world.identify_request("").uri().path().to_owned();
    for (address, expected) in
        [(request::SOURCE_IP, &first["click_id"]), (elsewhere, &second["click_id"]), ("198.51.100.10", &Value::Null)]
    {
        let answer = world.send_click(&request::post_from(&path, &said, address, None)).await?.expect(200)?;
        let id = &answer["identity_id"];
        let found = if id.is_null() { Value::Null } else { row(&world, id).await?["click_id"].clone() };
        assert_eq!(&found, expected, "{address}");
    }
    Ok(())
}

#[tokio::test]
async fn a_click_id_of_another_browser_names_nothing() -> Result<()> {
    let world = World::new().await?;
    click(&world, &json!({"click_id": "click-0001", "fbp": FBP})).await?;
    let foreign = json!({"click_id": "click-0001", "fbp": OTHER_FBP});
    assert_eq!(click_of(&world, &foreign).await?, Value::Null);
    let own = click(&world, &json!({"fbp": OTHER_FBP})).await?;
    assert_eq!(click_of(&world, &foreign).await?, json!(own));
    assert_eq!(click_of(&world, &json!({"click_id": "click-0001"})).await?, "click-0001");
    Ok(())
}

#[tokio::test]
async fn no_identifier_leads_to_another_tenant_s_click() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let mine = json!({"click_id": "click-0001", "fbc": "fb.2.1700000000000.IwAR0-Sample_1", "fbp": FBP});
    click(&world, &mine).await?;
    let before = world.contents().await?;
    for name in ["click_id", "fbc", "fbp"] {
        let body = json!({name: mine[name], "email": EMAIL, "tenant_id": world.tenant.id, "funnel_id": world.tenant.funnel_id});
        let path = format!("/v1/funnels/{}/identify", other.funnel_id);
        let theirs = world.send_click(&request::post(&path, &body.to_string())).await?.expect(200)?;
        assert_eq!(theirs, json!({"identity_id": null}), "{name}");
        assert_eq!(world.contents().await?, before, "{name}");
        assert_eq!(
            click_of(&world, &json!({name: mine[name]})).await?,
            "click-0001",
            "{name}: its own tenant finds it"
        );
        world.execute("delete from identities").await?;
    }
    Ok(())
}
