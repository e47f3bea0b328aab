//! Domains that the DNS does not know.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use serde_json::{Value, json};
use setup::Resolver;
use tests::world::World;

use super::codes;

fn resolver() -> Resolver {
    Resolver::from_fn(|name| {
        Box::pin(async move {
            match name.as_str() {
                "graph.facebook.com" | "www.loja.example.com.br" => Ok(true),
                "slow.example.com" => std::future::pending().await,
                "empty.example.com" => Ok(false),
                _ => Err(io::Error::other("no such name")),
            }
        })
    })
}

#[tokio::test]
async fn a_domain_that_does_not_resolve_is_a_warning_until_it_does() -> Result<()> {
    let mut world = World::new().await?;
    world.setup.resolver = resolver();
    let session = world.session().await?;
    assert_eq!(codes(&world.enter(&session, &world.entered("dns")).await?.expect(200)?), [""; 0]);
    let domains =
        json!({"funnel": {"domains": ["www.loja.example.com.br", "https://Typo.example.com/", "empty.example.com"]}});
    let seen = world.enter(&session, &domains).await?.expect(200)?;
    assert_eq!(codes(&seen), ["domain_not_found"; 2]);
    assert_eq!(
        (&seen["issues"][0]["field"], &seen["issues"][1]["field"]),
        (&json!("funnel.domains[1]"), &json!("funnel.domains[2]"))
    );
    assert_eq!(seen["issues"][0]["severity"], "warning");
    world.act(&session, "provision", &Value::Null).await?.expect(200)?;
    let right = json!({"funnel": {"domains": ["www.loja.example.com.br"]}});
    let seen = world.enter(&session, &right).await?.expect(200)?;
    assert!(!codes(&seen).contains(&"domain_not_found"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn nothing_is_said_where_nothing_resolves() -> Result<()> {
    let world = World::new().await?;
    let session = world.session().await?;
    let domains = json!({"funnel": {"domains": ["typo.example.com"]}});
    let seen = world.enter(&session, &domains).await?.expect(200)?;
    assert!(!codes(&seen).contains(&"domain_not_found"));
    Ok(())
}

#[tokio::test]
async fn a_name_that_takes_too_long_holds_nobody_up_and_is_not_told() -> Result<()> {
    let mut world = World::new().await?;
    world.setup.resolver = resolver();
    let session = world.session().await?;
    let domains = json!({"funnel": {"domains": ["slow.example.com"]}});
    let seen = world.enter(&session, &domains).await?.expect(200)?;
    assert!(!codes(&seen).contains(&"domain_not_found"));
    Ok(())
}

#[tokio::test]
async fn a_session_is_shown_without_asking_the_dns_and_entered_without_asking_each_time() -> Result<()> {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut world = World::new().await?;
    world.setup.resolver = Resolver::from_fn(|_| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(true) })
    });
    let session = world.session().await?;
    world.enter(&session, &world.entered("asked")).await?.expect(200)?;
    let asked = ASKED.load(Ordering::Relaxed);
    assert_eq!(asked, 2, "the domain, and one that must exist");
    world.see(&session).await?;
    world.enter(&session, &json!({"business": {"name": "Outra"}})).await?.expect(200)?;
    assert_eq!(ASKED.load(Ordering::Relaxed), asked);
    Ok(())
}
