//! Clocks that ought to agree.

use anyhow::Result;
use tests::world::World;

use super::{codes, examine};

/// A world whose database is so many seconds ahead of Meta.
async fn ahead(seconds: i64) -> Result<World> {
    Ok(World::at(shared::clock::Clock::SYSTEM.now_s() + seconds).await?.0)
}

#[tokio::test]
async fn a_database_that_is_more_than_a_minute_off_is_told() -> Result<()> {
    for (seconds, expected) in [(30, &[][..]), (120, &["clock_skew"]), (-120, &["clock_skew"])] {
        let mut world = ahead(seconds).await?;
        // The simulator's own clock is moved too; its answers are dated by the machine's.
        world.setup.meta = shared::meta::Client::new(shared::config::Meta {
            graph_url: world.simulator.base_url().to_owned(),
            version: "v26.0".to_owned(),
        })?;
        let examined = examine(&world).await?;
        assert_eq!(codes(&examined), expected, "{seconds}: {examined}");
        if !expected.is_empty() {
            assert_eq!(examined["issues"][0]["subject"], "database");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_setup_session_is_told_of_it_too() -> Result<()> {
    let mut world = ahead(-300).await?;
    world.setup.meta = shared::meta::Client::new(shared::config::Meta {
        graph_url: world.simulator.base_url().to_owned(),
        version: "v26.0".to_owned(),
    })?;
    let session = world.session().await?;
    let seen = world.enter(&session, &world.entered("skew")).await?.expect(200)?;
    assert_eq!(codes(&seen), ["clock_skew"]);
    Ok(())
}
