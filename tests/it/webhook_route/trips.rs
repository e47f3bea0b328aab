//! Steady state: one round trip to Postgres a delivery, whatever it is, and as many for a path that is none.

use anyhow::Result;
use lambda_http::http::Method;
use shared::db::Db;
use shared::platforms::Platform;
use shared::queue::Queue;
use tests::request;
use tests::world::{World, db_config, vault};

use super::{forge, post};
use crate::round_trips::relayed;

#[tokio::test]
async fn a_delivery_is_one_round_trip() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let (relay, url) = relayed(&world).await?;
    let queue = Queue::new(&world.sdk, &world.queue_url);
    world.order = order::State::new(Db::new(db_config(&url), None, 1), queue, vault(&world.sdk));
    let kinds = ["PURCHASE_APPROVED", "PURCHASE_PROTEST", "WITHOUT_VALUE", "forged"];
    let send = async |kind: &str, id: u32| {
        let id = format!("{kind}{id}");
        let before = relay.round_trips();
        if kind == "forged" {
            forge(&world, &hotmart, &id).await?.expect_problem(401)?;
        } else {
            post(&world, &hotmart, &id, kind).await?.expect(200)?;
        }
        anyhow::Ok(relay.round_trips() - before)
    };
    for kind in kinds {
        send(kind, 0).await?;
        for id in [1, 2, 3, 3] {
            assert_eq!(send(kind, id).await?, 1, "{kind} {id}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_tenant_that_is_none_costs_what_a_wrong_secret_and_a_probe_cost() -> Result<()> {
    let mut world = World::new().await?;
    let hotmart = world.connect(Platform::Hotmart).await?;
    let (relay, url) = relayed(&world).await?;
    let queue = Queue::new(&world.sdk, &world.queue_url);
    world.order = order::State::new(Db::new(db_config(&url), None, 1), queue, vault(&world.sdk));
    let get = async |path: &str| {
        let before = relay.round_trips();
        let status = world.send_order(&request::new(Method::GET, path, "")).await?.status;
        anyhow::Ok((status, relay.round_trips() - before))
    };
    get(&hotmart.path).await?;
    let secret = hotmart.path.rsplit('.').next().unwrap_or_default();
    assert_eq!(get(&hotmart.path).await?, (200, 1));
    assert_eq!(get(&format!("/w/tnt_nobody.{secret}")).await?, (404, 1));
    assert_eq!(get(&format!("/w/{}.{}", world.tenant.id, "0".repeat(secret.len()))).await?, (404, 1));
    Ok(())
}
