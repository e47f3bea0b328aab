//! Which pages may read an answer: the funnel's own, named one by one.

use anyhow::Result;
use lambda_http::http::Method;
use serde_json::json;
use tests::request;
use tests::world::{Answer, World};

/// Pages of the seeded funnel's domains.
const OWN: [&str; 6] = [
    "https://example.com.br",
    "https://loja.example.com.br",
    "https://a.b.c.example.com.br:8443",
    "http://localhost:3000",
    "https://shop.example.com",
    "https://LOJA.Example.com.br",
];
/// What looks like one, and what is no page at all.
const FOREIGN: [&str; 18] = [
    "https://evilexample.com.br",
    "https://example.com.br.evil.example.net",
    "https://example.com.br@evil.example.net",
    "https://evil.example.net/example.com.br",
    "https://evil.example.net#.example.com.br",
    "https://evil.example.net?.example.com.br",
    "https://example.com",
    "https://com.br",
    "https://example.com.br.",
    "https://xexample-com-br.example.net",
    "https://exаmple.com.br",
    "https://_.example.net",
    "null",
    "",
    "*",
    "file://",
    "chrome-extension://loja.example.com.br",
    "loja.example.com.br",
];

const GIVEN: [&str; 4] = [
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
];

fn given(answer: &Answer) -> [&str; 4] {
    GIVEN.map(|name| answer.header(name))
}

async fn preflight(world: &World, path: &str, origin: &str) -> Result<Answer> {
    let request = request::new(Method::OPTIONS, path, "");
    let request = request::with_bytes(request, "origin", origin.as_bytes());
    let asked = [("access-control-request-method", "POST"), ("access-control-request-headers", "content-type")];
    world.send_click(&request::with_headers(request, &asked)).await
}

#[tokio::test]
async fn a_preflight_names_the_page_of_an_own_domain_and_says_nothing_to_others() -> Result<()> {
    let world = World::new().await?;
    for origin in OWN {
        let answer = preflight(&world, &world.clicks_path(), origin).await?;
        assert_eq!(given(&answer), [origin, "true", "POST", "content-type"], "{origin}");
        assert_eq!((answer.status, answer.header("vary")), (204, "origin"), "{origin}");
        assert_eq!(answer.header("access-control-max-age"), "86400");
    }
    for origin in FOREIGN {
        let answer = preflight(&world, &world.clicks_path(), origin).await?;
        assert_eq!((answer.status, given(&answer)), (204, [""; 4]), "{origin}");
        assert_eq!(answer.header("vary"), "origin", "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_names_the_page_of_an_own_domain_and_no_other() -> Result<()> {
    let world = World::new().await?;
    for (origin, is_own) in OWN.map(|it| (it, true)).into_iter().chain(FOREIGN.map(|it| (it, false))) {
        let request = request::with_bytes(world.click_request("{}"), "origin", origin.as_bytes());
        let answer = world.send_click(&request).await?;
        let wanted = if is_own { [origin, "true", "", ""] } else { [""; 4] };
        assert_eq!((answer.status, given(&answer)), (200, wanted), "{origin}");
        assert_eq!((answer.header("vary"), answer.header("cross-origin-resource-policy")), ("origin", "cross-origin"));
    }
    let answer = world.post_click(&json!({})).await?;
    assert_eq!((answer.status, given(&answer)), (200, [""; 4]), "no origin at all");
    Ok(())
}

#[tokio::test]
async fn a_page_of_the_funnel_may_also_read_that_there_were_too_many() -> Result<()> {
    let world = World::new().await?;
    super::set_funnel(&world, "clicks_per_minute_per_address = 1").await?;
    world.post_click(&json!({})).await?.expect(200)?;
    for (origin, wanted) in [(OWN[0], OWN[0]), (FOREIGN[0], "")] {
        let answer = world.send_click(&request::with_header(world.click_request("{}"), "origin", origin)).await?;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (429, wanted));
    }
    Ok(())
}

#[tokio::test]
async fn a_funnel_that_is_not_live_and_another_tenant_s_have_no_pages() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    world
        .execute(&format!("delete from funnel_domains where tenant_id = '{}' and domain = 'localhost'", other.id))
        .await?;
    let clicks = |funnel: &str| format!("/v1/funnels/{funnel}/clicks");
    let theirs = preflight(&world, &clicks(&other.funnel_id), "http://localhost").await?;
    assert_eq!((theirs.status, given(&theirs)), (204, [""; 4]), "a domain counts for its own funnel");
    let draft = format!(
        "insert into funnel_domains (tenant_id, funnel_id, domain) values ('{}', '{}', 'example.com.br')",
        world.tenant.id, world.tenant.draft_funnel_id
    );
    world.execute(&draft).await?;
    for funnel in [world.tenant.draft_funnel_id.as_str(), "no-such-funnel", "%00"] {
        let answer = preflight(&world, &clicks(funnel), OWN[0]).await?;
        assert_eq!((answer.status, given(&answer)), (204, [""; 4]), "{funnel}");
    }
    world.execute(&format!("update tenants set status = 'retired' where id = '{}'", world.tenant.id)).await?;
    let retired = preflight(&world, &world.clicks_path(), OWN[0]).await?;
    assert_eq!((retired.status, given(&retired)), (204, [""; 4]));
    Ok(())
}

#[tokio::test]
async fn a_domain_is_kept_only_in_the_form_in_which_it_is_compared() -> Result<()> {
    let world = World::new().await?;
    for domain in [
        "Example.com",
        "*.example.com",
        "%.com",
        "ex_mple.com",
        ".example.com",
        "example.com.",
        "example.com:443",
        "café.com",
        "a b",
        "",
    ] {
        for (table, columns, values) in
            [("funnel_domains", "domain", ""), ("funnel_checkouts", "domain, platform, slot", ", 'other', 'sck'")]
        {
            let sql = format!(
                "insert into {table} (tenant_id, funnel_id, {columns}) values ('{}', '{}', '{domain}'{values})",
                world.tenant.id, world.tenant.funnel_id
            );
            assert!(world.execute(&sql).await.is_err(), "{domain} in {table}");
        }
    }
    Ok(())
}
