//! `GET /t.js`: what it answers to whom, and how large it is.

use std::io::Read;

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use lambda_http::http::{HeaderMap, Method};
use lambda_http::{Body, Response};
use shared::ids;
use tests::minify;
use tests::progress::Progress;
use tests::request;
use tests::world::World;

/// The snippet's bound with a funnel's settings in it, in bytes.
const LARGEST: usize = 3_000;

async fn get(world: &World, method: Method, path: &str, headers: &[(&'static str, &str)]) -> Response<Body> {
    let mut request = request::new(method, path, "");
    for (name, value) in headers {
        request = request::with_header(request, name, value);
    }
    click::handle(&world.click, &request).await
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A funnel with ids as long as ours are, and two checkouts.
async fn world() -> Result<(World, String)> {
    let world = World::new().await?;
    let (tenant, funnel) = (ids::new_id(), ids::new_id());
    let rows = format!(
        "insert into tenants (id, slug, status) values ('{tenant}', '{tenant}', 'active');
         insert into funnels (tenant_id, id, name, status) values ('{tenant}', '{funnel}', 'Own', 'active');
         insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot)
         values ('{tenant}', '{funnel}', 'pay.hotmart.com', 'hotmart', 'xcod'), ('{tenant}', '{funnel}', 'pay.kiwify.com.br', 'kiwify', 'sck')"
    );
    world.execute(&rows).await?;
    Ok((world, format!("/t.js?f={funnel}")))
}

#[test]
fn the_minified_snippet_is_made_from_its_source() -> Result<()> {
    let committed = std::fs::read_to_string(minify::target())?;
    let made = minify::minified(&Progress::stderr())?;
    assert!(committed == made, "run: cargo run -p tests --example minify_snippet");
    assert_eq!(committed.matches("SETTINGS").count(), 1, "one place for the settings");
    Ok(())
}

#[tokio::test]
async fn it_is_small_compressed_and_whole() -> Result<()> {
    let (world, path) = world().await?;
    let plain = get(&world, Method::GET, &path, &[]).await;
    assert_eq!(header(plain.headers(), "content-encoding"), "");
    let Body::Text(plain) = plain.into_body() else { anyhow::bail!("no text") };
    let packed = get(&world, Method::GET, &path, &[("accept-encoding", "br, gzip;q=0.9")]).await;
    assert_eq!(header(packed.headers(), "content-encoding"), "gzip");
    assert_eq!(header(packed.headers(), "vary"), "accept-encoding");
    assert_eq!(
        packed.headers().get_all("vary").iter().count(),
        1,
        "API Gateway passes the first of a header's values on"
    );
    assert_eq!(header(packed.headers(), "access-control-allow-origin"), "*", "a tag with crossorigin may take it");
    let Body::Binary(packed) = packed.into_body() else { anyhow::bail!("not compressed") };
    assert!(packed.len() <= LARGEST, "{} bytes", packed.len());
    let mut whole = String::new();
    GzDecoder::new(packed.as_slice()).read_to_string(&mut whole)?;
    assert_eq!(whole, plain);
    assert!(plain.contains(r#"[["pay.kiwify.com.br","sck"],["pay.hotmart.com","xcod"]]"#), "{plain}");
    assert!(!plain.contains("SETTINGS"));
    Ok(())
}

#[tokio::test]
async fn a_cdn_may_keep_it_and_asks_again_by_its_tag() -> Result<()> {
    let (world, path) = world().await?;
    let first = get(&world, Method::GET, &path, &[]).await;
    let tag = header(first.headers(), "etag").to_owned();
    assert_eq!(header(first.headers(), "content-type"), "text/javascript; charset=utf-8");
    assert!(header(first.headers(), "cache-control").starts_with("public, max-age=300, stale-while-revalidate="));
    for (asked, status) in [(tag.as_str(), 304), ("\"x\"", 200), (&format!("\"x\", {tag}"), 304), ("*", 304)] {
        let again = get(&world, Method::GET, &path, &[("if-none-match", asked)]).await;
        assert_eq!(again.status(), status, "{asked}");
        assert_eq!(header(again.headers(), "etag"), tag);
        assert_eq!(again.body().is_empty(), status == 304);
    }
    let head = get(&world, Method::HEAD, &path, &[]).await;
    assert_eq!(
        (head.status().as_u16(), head.body().is_empty(), header(head.headers(), "etag")),
        (200, true, tag.as_str())
    );
    world.execute("update funnels set requires_consent = true").await?;
    let changed = get(&world, Method::GET, &path, &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status(), 200, "other settings have another tag");
    Ok(())
}

#[tokio::test]
async fn a_funnel_that_is_none_is_a_problem() -> Result<()> {
    let (world, path) = world().await?;
    let draft = format!("/t.js?f={}", world.tenant.draft_funnel_id);
    let long = format!("/t.js?f={}", "x".repeat(65));
    for path in [
        "/t.js",
        "/t.js?f=",
        "/t.js?f=%00",
        "/t.js?f=a%20b",
        "/t.js?f=a'b",
        "/t.js?f=unknown",
        "/t.js?g=x",
        &draft,
        &long,
    ] {
        world.refused_click(&request::new(Method::GET, path, ""), 404).await.with_context(|| path.to_owned())?;
    }
    world.refused_click(&request::post(&path, ""), 405).await?;
    world.execute("update tenants set status = 'retired'").await?;
    world.refused_click(&request::new(Method::GET, &path, ""), 410).await?;
    Ok(())
}
