//! A redirect link leads to the funnel's own hosts, whatever it is made to look like.

use anyhow::Result;
use lambda_http::http::Method;
use tests::request;
use tests::world::World;
use url::{Url, form_urlencoded};

use super::checkout;

/// Refused as they are: no absolute http or https URL, or one with a user name.
const NOT_A_URL: [&str; 20] = [
    "//checkout.example.net",
    "\\\\checkout.example.net",
    "/\\checkout.example.net",
    "/pay",
    "checkout.example.net",
    "",
    " ",
    "javascript:alert(1)//checkout.example.net",
    "JaVaScRiPt://checkout.example.net/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://checkout.example.net/",
    "blob:https://checkout.example.net/1",
    "intent://checkout.example.net#Intent;scheme=https;end",
    "https://",
    "https://user@checkout.example.net/",
    "https://checkout.example.net:secret@evil.example.org/",
    "https://checkout.example.net%40@evil.example.org/",
    "https://[::1",
];

/// URLs of others.
const FOREIGN: [&str; 25] = [
    "https://evil.example.org/",
    "https:evil.example.org",
    "https:/evil.example.org",
    "https:\\\\evil.example.org",
    "https:///evil.example.org",
    "https://evil.example.org\\@checkout.example.net/",
    "https://evil.example.org/@checkout.example.net/",
    "https://evil.example.org?checkout.example.net",
    "https://evil.example.org#checkout.example.net",
    "https://checkout.example.net.evil.example.org/",
    "https://evilcheckout.example.net/",
    "https://checkout.example.net%2eevil.example.org/",
    "https://checkout.example.net./",
    "https://checkoutexample.net/",
    "https://example.net/",
    "https://checkout-example.net/",
    "https://сheckout.example.net/",
    "https://xn--heckout-xjg.example.net/",
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data/",
    "https://evil.example.org/%0d%0aLocation:%20https://checkout.example.net",
    "ht\ntps://evil.exa\tmple.org/",
];

/// Unusual ways to write the funnel's own, and what they are led to.
const OWN: [(&str, &str); 13] = [
    ("https://checkout.example.net", "https://checkout.example.net/"),
    ("http://checkout.example.net/", "http://checkout.example.net/"),
    ("HTTPS://CHECKOUT.EXAMPLE.NET/A", "https://checkout.example.net/A"),
    ("https:checkout.example.net", "https://checkout.example.net/"),
    ("https:\\\\checkout.example.net\\@evil.example.org", "https://checkout.example.net/@evil.example.org"),
    ("https://checkout.example.net/\\evil.example.org", "https://checkout.example.net//evil.example.org"),
    ("https://checkout.example.net//evil.example.org", "https://checkout.example.net//evil.example.org"),
    ("https://checkout%2eexample.net/", "https://checkout.example.net/"),
    ("https://ｃheckout。example.net/", "https://checkout.example.net/"),
    ("\thttps://check\nout.example.net/\r\nX: y", "https://checkout.example.net/X:%20y"),
    ("https://checkout.example.net/%0d%0aSet-Cookie:%20a=b", "https://checkout.example.net/%0d%0aSet-Cookie:%20a=b"),
    ("https://checkout.example.net:443/", "https://checkout.example.net/"),
    ("https://a.checkout.example.net:8443/ação", "https://a.checkout.example.net:8443/a%C3%A7%C3%A3o"),
];

fn path(funnel: &str, to: &str) -> String {
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    format!("/r/{funnel}?to={to}")
}

async fn world() -> Result<World> {
    let world = World::new().await?;
    checkout(&world, &world.tenant, "checkout.example.net", "sck").await?;
    Ok(world)
}

#[tokio::test]
async fn what_is_no_page_or_hides_behind_a_user_name_is_refused() -> Result<()> {
    let world = world().await?;
    for to in NOT_A_URL {
        let answer = world.refused_click(&request::get(&path(&world.tenant.funnel_id, to)), 400).await?;
        assert_eq!(answer.errors(), [("to".to_owned(), "not_a_url".to_owned())], "{to:?}");
        assert_eq!(answer.header("location"), "");
    }
    Ok(())
}

#[tokio::test]
async fn a_host_that_is_not_the_funnel_s_is_refused_to_people_and_crawlers_alike() -> Result<()> {
    let world = world().await?;
    for to in FOREIGN {
        let path = path(&world.tenant.funnel_id, to);
        let person = request::get(&path);
        let crawler = request::with_header(request::get(&path), "user-agent", "facebookexternalhit/1.1");
        let ahead = request::with_header(request::get(&path), "sec-purpose", "prefetch");
        for request in [person, crawler, ahead, request::new(Method::HEAD, &path, "")] {
            let answer = world.refused_click(&request, 400).await?;
            assert_eq!(answer.errors(), [("to".to_owned(), "not_listed".to_owned())], "{to:?}");
            assert_eq!(answer.header("location"), "");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_own_host_is_led_to_however_it_is_written() -> Result<()> {
    let world = world().await?;
    for (to, wanted) in OWN {
        let answer = world.send_click(&request::get(&path(&world.tenant.funnel_id, to))).await?;
        assert_eq!(answer.status, 302, "{to:?}: {answer:?}");
        let mut led = Url::parse(answer.header("location"))?;
        led.set_query(None);
        assert_eq!(led.as_str(), wanted, "{to:?}");
        assert!(answer.header("location").bytes().all(|byte| byte.is_ascii_graphic()), "{to:?}");
    }
    Ok(())
}

#[tokio::test]
async fn where_it_leads_must_be_said_once() -> Result<()> {
    let world = world().await?;
    let own = "https%3A%2F%2Fcheckout.example.net%2F";
    let funnel = &world.tenant.funnel_id;
    for query in [
        String::new(),
        "?".into(),
        format!("?url={own}"),
        format!("?TO={own}"),
        format!("?to[]={own}"),
        format!("?x=1#to={own}"),
        format!("?to={own}&to={own}"),
        format!("?to={own}&to=https%3A%2F%2Fevil.example.org"),
        format!("?to=https%3A%2F%2Fevil.example.org&%74o={own}"),
        format!("?to={own}&to"),
    ] {
        let answer = world.refused_click(&request::get(&format!("/r/{funnel}{query}")), 400).await?;
        assert_eq!(answer.errors(), [("to".to_owned(), "required".to_owned())], "{query}");
    }
    let answer = world.send_click(&request::get(&format!("/r/{funnel}?%74o={own}"))).await?;
    assert_eq!(answer.status, 302, "an encoded name is a name");
    Ok(())
}

#[tokio::test]
async fn a_checkout_of_another_funnel_or_tenant_is_not_led_to() -> Result<()> {
    let world = world().await?;
    let other = world.add_tenant("other").await?;
    checkout(&world, &other, "pay.example.org", "xcod").await?;
    world.refused_click(&request::get(&path(&world.tenant.funnel_id, "https://pay.example.org/")), 400).await?;
    world.refused_click(&request::get(&path(&other.funnel_id, "https://checkout.example.net/")), 400).await?;
    let second = format!(
        "insert into funnels (tenant_id, id, name, status) values ('{0}', 'second-{0}', 'Second', 'active');
         insert into funnel_checkouts (tenant_id, funnel_id, domain, platform, slot) values ('{0}', 'second-{0}', 'second.example.org', 'other', 's')",
        world.tenant.id
    );
    world.execute(&second).await?;
    world.refused_click(&request::get(&path(&world.tenant.funnel_id, "https://second.example.org/")), 400).await?;
    assert_eq!(world.send_click(&request::get(&path(&other.funnel_id, "https://pay.example.org/"))).await?.status, 302);
    Ok(())
}

#[tokio::test]
async fn a_link_of_no_funnel_is_404_and_of_a_retired_tenant_410() -> Result<()> {
    let world = world().await?;
    for funnel in ["no-such-funnel", &world.tenant.draft_funnel_id, "%00", "a%2Fb"] {
        world.refused_click(&request::get(&path(funnel, "https://checkout.example.net/")), 404).await?;
    }
    for path in ["/r/", "/r", "/r/a/b?to=https%3A%2F%2Fcheckout.example.net"] {
        world.refused_click(&request::get(path), 404).await?;
    }
    world.execute(&format!("update tenants set status = 'retired' where id = '{}'", world.tenant.id)).await?;
    world.refused_click(&request::get(&path(&world.tenant.funnel_id, "https://checkout.example.net/")), 410).await?;
    Ok(())
}
