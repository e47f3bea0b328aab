//! What a week's events carry.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::world::World;

use super::path;

#[tokio::test]
async fn a_score_of_our_own_tells_what_events_carry_and_what_would_raise_it() -> Result<()> {
    let world = World::new().await?;
    for number in 0..5 {
        let order = json!({
            "order_id": number.to_string(), "value": 97, "currency": "BRL",
            "customer": {
                "email": format!("{number}@example.com"), "first_name": "Maria", "last_name": "Silva", "country": "BR", "city": "Recife",
                "ip": "203.0.113.7",
            },
        });
        world.post_order(&order).await?.expect(202)?;
    }
    let ignored = json!({"order_id": "p", "status": "pending", "value": 97, "currency": "BRL", "customer": {"phone": "+1 650 555 0123"}});
    world.post_order(&ignored).await?.expect(202)?;
    let path = path(&world, "quality?locale=pt-BR");
    let quality = world.operate(Method::GET, &path, &Value::Null).await?.expect(200)?;
    assert_eq!(
        (&quality["source"], &quality["events"], &quality["score"]),
        (&json!("track_ai"), &json!(5), &json!(43))
    );
    let of = |key: &str| {
        let keys = quality["keys"].as_array().into_iter().flatten();
        keys.filter(|it| it["key"] == key).map(|it| it["percent"].clone()).collect::<Vec<_>>()
    };
    assert_eq!([of("email"), of("name"), of("address"), of("ip")], [(); 4].map(|()| vec![json!(100)]));
    assert_eq!([of("phone"), of("fbc")], [(); 2].map(|()| vec![json!(0)]));
    assert_eq!(quality["suggestions"][0]["code"], "fbc");
    assert!(quality["suggestions"][0]["text"].as_str().is_some_and(|it| it.starts_with("Mantenha")));
    Ok(())
}

#[tokio::test]
async fn a_tenant_without_events_has_no_score_and_no_other_s_events() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world.fill("a", 3).await?;
    let path = format!("/v1/tenants/{}/quality", other.id);
    let quality = world.operate(Method::GET, &path, &Value::Null).await?.expect(200)?;
    assert_eq!((&quality["events"], &quality["score"], &quality["suggestions"]), (&json!(0), &Value::Null, &json!([])));
    Ok(())
}
