//! Wrong tokens: an address has twenty in ten minutes, and nobody else is hurt.

use anyhow::{Context, Result};
use lambda_http::http::Method;
use lambda_http::http::header::RETRY_AFTER;
use tests::world::{Answer, World};

const STRANGER: &str = "198.51.100.9";
const OTHER: &str = "198.51.100.10";

async fn show(world: &World, address: &str, token: &str) -> Result<Answer> {
    world.setup_from(address, token, Method::GET, &format!("/v1/tenants/{}", world.tenant.id)).await
}

/// So many wrong tokens from an address, each refused as such.
async fn guess(world: &World, address: &str, times: usize) -> Result<()> {
    for number in 0..times {
        show(world, address, &format!("guess-{number}")).await?.expect_problem(401)?;
    }
    Ok(())
}

/// Refused for ten minutes at the most, whatever its token.
async fn hold_blocked(world: &World, address: &str) -> Result<()> {
    for token in [&world.admin_token, &world.tenant.api_key, "guess", "sst_x", "trk_x"] {
        let refused = show(world, address, token).await?;
        refused.expect_problem(429)?;
        let seconds: u32 = refused.headers.get(RETRY_AFTER).context("when")?.to_str()?.parse()?;
        assert!((590..=601).contains(&seconds), "{seconds}");
    }
    Ok(())
}

#[tokio::test]
async fn after_twenty_wrong_tokens_an_address_is_refused_whatever_its_token_and_others_are_not() -> Result<()> {
    let world = World::new().await?;
    guess(&world, STRANGER, 20).await?;
    hold_blocked(&world, STRANGER).await?;
    let counted = world.count("select attempts::bigint from wrong_tokens", &[]).await?;
    assert_eq!(counted, 20, "who is refused is not counted on");
    show(&world, OTHER, &world.admin_token).await?.expect(200)?;
    show(&world, OTHER, &world.tenant.api_key).await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn every_way_to_be_wrong_counts_and_none_at_all_or_one_in_force_does_not() -> Result<()> {
    let world = World::new().await?;
    let (session, other) = (world.session().await?, world.session().await?);
    let forged = other.token.replace(&other.id, &session.id);
    let tenant = format!("/v1/tenants/{}", world.tenant.id);
    let wrong = [
        ("x".to_owned(), tenant.clone()),
        ("trk_".to_owned(), tenant.clone()),
        (format!("{}x", world.tenant.api_key), tenant.clone()),
        ("sst_x".to_owned(), session.path("")),
        (forged.clone(), session.path("")),
        (forged, tenant.clone()),
    ];
    for (number, (token, path)) in (1..).zip(wrong) {
        let answer = world.setup_from(STRANGER, &token, Method::GET, &path).await?;
        assert!([401, 404].contains(&answer.status), "{token} {path}: {}", answer.body);
        assert_eq!(world.count("select attempts::bigint from wrong_tokens", &[]).await?, number, "{token} {path}");
    }
    for (token, path, status) in [
        ("", tenant.as_str(), 401),
        (&world.admin_token, &tenant, 200),
        (&world.tenant.api_key, &tenant, 200),
        (&world.tenant.api_key, &session.path(""), 404),
        (&session.token, &session.path(""), 200),
        (&session.token, &tenant, 404),
        (&session.token, &other.path(""), 404),
    ] {
        let answer = world.setup_from(OTHER, token, Method::GET, path).await?;
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
    }
    assert_eq!(world.count("select count(*) from wrong_tokens", &[]).await?, 1);
    Ok(())
}

#[tokio::test]
async fn wrong_tokens_count_together_over_all_environments() -> Result<()> {
    let mut world = World::new().await?;
    guess(&world, STRANGER, 10).await?;
    *world.setup = world.another_setup()?;
    guess(&world, STRANGER, 10).await?;
    hold_blocked(&world, STRANGER).await?;
    *world.setup = world.another_setup()?;
    let learns = show(&world, STRANGER, "guess").await?;
    learns.expect_problem(429)?;
    hold_blocked(&world, STRANGER).await
}

#[tokio::test]
async fn many_at_once_are_counted_each() -> Result<()> {
    let world = World::new().await?;
    let all = futures_util::future::join_all((0..60).map(|_| show(&world, STRANGER, "guess"))).await;
    let mut refused = 0;
    for answer in all {
        refused += i32::from(answer?.status == 401);
    }
    assert_eq!(refused, 20, "one answer each");
    hold_blocked(&world, STRANGER).await
}

#[tokio::test]
async fn an_ipv6_network_is_one_address_and_what_a_client_writes_of_itself_counts_for_nothing() -> Result<()> {
    let world = World::new().await?;
    for number in 0..20 {
        show(&world, &format!("2001:db8:1:2::{number:x}"), "guess").await?.expect_problem(401)?;
    }
    show(&world, "2001:db8:1:2:ffff::1", &world.admin_token).await?.expect_problem(429)?;
    show(&world, "2001:db8:1:3::1", &world.admin_token).await?.expect(200)?;
    guess(&world, STRANGER, 20).await?;
    let request = tests::request::from_address(STRANGER, Method::GET, "/v1/tenants/x", "");
    let request = tests::request::with_headers(request, &[("x-forwarded-for", OTHER), ("authorization", "Bearer x")]);
    Answer::read(setup::handle(&world.setup, &request).await)?.expect_problem(429)
}

#[tokio::test]
async fn behind_a_proxy_of_ours_it_is_the_visitor_s_address_that_counts() -> Result<()> {
    let mut world = World::new().await?;
    world.setup.trusted_proxy_hops = 1;
    let world = &world;
    let from = |visitor: &'static str, token: String| async move {
        let request = tests::request::from_address("192.0.2.1", Method::GET, "/v1/tenants/x", "");
        let chain = format!("{visitor}, 192.0.2.1");
        let request = tests::request::with_header(request, "x-forwarded-for", &chain);
        Answer::read(setup::handle(&world.setup, &tests::request::with_key(request, &token)).await)
    };
    for _ in 0..20 {
        from(STRANGER, "guess".to_owned()).await?.expect_problem(401)?;
    }
    from(STRANGER, world.admin_token.clone()).await?.expect_problem(429)?;
    from(OTHER, world.admin_token.clone()).await?.expect_problem(404)
}

#[tokio::test]
async fn after_ten_minutes_an_address_begins_anew_and_its_count_is_swept_away() -> Result<()> {
    let mut world = World::new().await?;
    guess(&world, OTHER, 1).await?;
    guess(&world, STRANGER, 19).await?;
    world.execute("update wrong_tokens set since = since - interval '10 minutes'").await?;
    guess(&world, STRANGER, 20).await?;
    hold_blocked(&world, STRANGER).await?;
    let rows = world.text("select string_agg(w::text, ' ') from wrong_tokens w", &[]).await?.context("rows")?;
    assert!(!rows.contains(STRANGER), "the address itself is not kept");
    let swept = sweep::sweep(&world.sweep).await?;
    assert_eq!(swept.attempts_forgotten, 1, "the other's");
    world.setup.clock = shared::clock::Clock::from_fn(|| shared::clock::Clock::SYSTEM.now_ms() + 601_000);
    world.execute("update wrong_tokens set since = since - interval '601 seconds'").await?;
    guess(&world, STRANGER, 1).await?;
    show(&world, STRANGER, &world.admin_token).await?.expect(200)?;
    Ok(())
}
