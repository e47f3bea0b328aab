//! The cookies that the answer to a click sets: for whom, on which domain, with which value, and when none.

use anyhow::Result;
use lambda_http::Request;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;

use super::{FBC, FBP, OTHER_FBP, PAGE};

const SAME_SITE: [(&str, &str); 2] = [("origin", PAGE), ("sec-fetch-site", "same-site")];

fn attributes(domain: &str) -> String {
    let domain = if domain.is_empty() { String::new() } else { format!("; Domain={domain}") };
    format!("; Path=/{domain}; Max-Age=7776000; Secure; SameSite=Lax")
}

fn full() -> Value {
    json!({"url": format!("{PAGE}/?fbclid=IwAR0-Sample_1"), "fbc": FBC, "fbp": FBP, "click_id": "click-0001"})
}

fn told(world: &World, body: &Value, headers: &[(&'static str, &str)]) -> Request {
    request::with_headers(world.click_request(&body.to_string()), headers)
}

async fn set(world: &World, request: &Request) -> Result<Vec<String>> {
    let answer = world.send_click(request).await?;
    let cookies = answer.set_cookies().into_iter().map(str::to_owned).collect();
    answer.expect(200)?;
    Ok(cookies)
}

/// Empties the funnel, so that the next click is new.
async fn afresh(world: &World) -> Result<()> {
    world.execute("delete from click_aliases; delete from clicks").await
}

#[tokio::test]
async fn a_new_click_of_the_site_sets_both_for_90_days_on_the_registrable_domain() -> Result<()> {
    let world = World::new().await?;
    let cookies = set(&world, &told(&world, &full(), &SAME_SITE)).await?;
    let attributes = attributes("example.com.br");
    assert_eq!(cookies, [format!("_fbc={FBC}{attributes}"), format!("_fbp={FBP}{attributes}")]);
    assert_eq!(
        set(
            &world,
            &told(&world, &full(), &[("cookie", &format!("_fbc={FBC}; _fbp={FBP}")), SAME_SITE[0], SAME_SITE[1]])
        )
        .await?,
        Vec::<String>::new(),
        "only when changed"
    );
    Ok(())
}

#[tokio::test]
async fn the_domain_is_the_one_that_all_hosts_of_the_page_s_site_share() -> Result<()> {
    let world = World::new().await?;
    for (page, domain) in [
        ("https://example.com.br", "example.com.br"),
        ("https://a.b.EXAMPLE.com.br:8443", "example.com.br"),
        ("https://shop.example.com", "example.com"),
        ("http://localhost:3000", ""),
        ("https://loja.myshopify.com", "loja.myshopify.com"),
        ("https://xn--caf-dma.com.br", "xn--caf-dma.com.br"),
        ("https://café.com.br", "xn--caf-dma.com.br"),
        ("https://203.0.113.80", ""),
        ("https://a.city.kawasaki.jp", "city.kawasaki.jp"),
    ] {
        afresh(&world).await?;
        for domain in ["myshopify.com", "xn--caf-dma.com.br", "203.0.113.80", "city.kawasaki.jp"] {
            let (tenant, funnel) = (&world.tenant.id, &world.tenant.funnel_id);
            let sql = format!(
                "insert into funnel_domains (tenant_id, funnel_id, domain) values ('{tenant}', '{funnel}', '{domain}') on conflict do nothing"
            );
            world.execute(&sql).await?;
        }
        let request = told(&world, &json!({ "fbp": FBP }), &[("sec-fetch-site", "same-origin")]);
        let request = request::with_bytes(request, "origin", page.as_bytes());
        let wanted = if page.is_ascii() { vec![format!("_fbp={FBP}{}", attributes(domain))] } else { Vec::new() };
        assert_eq!(set(&world, &request).await?, wanted, "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn the_browser_s_word_on_the_site_counts_else_the_host_that_it_asked_for() -> Result<()> {
    let world = World::new().await?;
    let cases: [(&[(&'static str, &str)], bool); 13] = [
        (&[("sec-fetch-site", "same-site")], true),
        (&[("sec-fetch-site", "same-origin")], true),
        (&[("sec-fetch-site", "cross-site"), ("host", "track.example.com.br")], false),
        (&[("sec-fetch-site", "none"), ("host", "track.example.com.br")], false),
        (&[("sec-fetch-site", "Same-Site")], false),
        (&[("host", "track.example.com.br")], true),
        (&[("host", "loja.example.com.br:443")], true),
        (&[("host", "TRACK.Example.com.BR")], true),
        (&[("host", "track.example.com")], false),
        (&[("host", "abc123.execute-api.sa-east-1.amazonaws.com")], false),
        (&[("host", "abc123.execute-api.sa-east-1.amazonaws.com"), ("x-forwarded-host", "track.example.com.br")], true),
        (&[("host", "track.example.com.br"), ("x-forwarded-host", "evil.example.net")], false),
        (&[("host", "com.br")], false),
    ];
    for (headers, sets) in cases {
        afresh(&world).await?;
        let request = request::with_header(told(&world, &full(), headers), "origin", PAGE);
        assert_eq!(set(&world, &request).await?.len(), if sets { 2 } else { 0 }, "{headers:?}");
    }
    for (host, sets) in [("localhost:9000", 1), ("127.0.0.1:9000", 0)] {
        afresh(&world).await?;
        let request = told(&world, &json!({ "fbp": FBP }), &[("origin", "http://localhost:3000"), ("host", host)]);
        assert_eq!(set(&world, &request).await?.len(), sets, "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn a_page_that_is_not_the_funnel_s_or_says_no_origin_gets_none() -> Result<()> {
    let world = World::new().await?;
    for origin in [
        "https://evilexample.com.br",
        "https://example.com.br.evil.example.net",
        "null",
        "https://example.net",
        "chrome-extension://example.com.br",
    ] {
        afresh(&world).await?;
        let request = told(&world, &full(), &[("origin", origin), ("sec-fetch-site", "same-site")]);
        assert_eq!(set(&world, &request).await?, Vec::<String>::new(), "{origin}");
    }
    afresh(&world).await?;
    assert_eq!(set(&world, &told(&world, &full(), &[("sec-fetch-site", "same-origin")])).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn who_denied_or_was_not_asked_where_it_is_needed_gets_none() -> Result<()> {
    let world = World::new().await?;
    let with = |consent: Value| {
        let mut body = full();
        body["consent"] = consent;
        told(&world, &body, &SAME_SITE)
    };
    assert_eq!(set(&world, &with(json!("denied"))).await?, Vec::<String>::new());
    assert_eq!(set(&world, &with(json!("granted"))).await?, Vec::<String>::new(), "a denial is final for its click id");
    afresh(&world).await?;
    assert_eq!(set(&world, &with(json!("granted"))).await?.len(), 2);
    let held = request::with_header(with(json!("denied")), "cookie", &format!("_fbp={FBP}"));
    assert_eq!(set(&world, &held).await?, Vec::<String>::new(), "nor one that it has already");
    afresh(&world).await?;
    super::set_funnel(&world, "requires_consent = true").await?;
    assert_eq!(set(&world, &with(Value::Null)).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_browser_s_own_values_stay_with_their_time_and_appendix() -> Result<()> {
    let world = World::new().await?;
    let (fbc, fbp) = ("fb.2.1600000000000.IwAR0-Sample_1.AQQAAQMC", "fb.2.1500000000000.1234567890.AQYBAQIA");
    let held = format!("other=1; _fbc={fbc}; _fbp={fbp}; _fbx=fb.1");
    let path = world.clicks_path();
    let request = request::post_with_cookies(&path, &full().to_string(), &held.split("; ").collect::<Vec<_>>());
    let cookies = set(&world, &request::with_headers(request, &SAME_SITE)).await?;
    let attributes = attributes("example.com.br");
    assert_eq!(
        cookies,
        [format!("_fbc={fbc}{attributes}"), format!("_fbp={fbp}{attributes}")],
        "made to last, not changed"
    );
    Ok(())
}

#[tokio::test]
async fn of_two_values_of_one_name_the_newest_is_the_browser_s() -> Result<()> {
    let world = World::new().await?;
    let (old, new) = ("fb.1.1500000000000.5", "fb.2.1600000000000.6");
    for held in
        [format!("_fbp={old}; _fbp={new}"), format!("_fbp={new}; _fbp={old}"), format!("_fbp={new}; _fbp=fb.1.1.x")]
    {
        afresh(&world).await?;
        let request = request::with_header(told(&world, &json!({ "fbp": new }), &SAME_SITE), "cookie", &held);
        assert_eq!(set(&world, &request).await?, [format!("_fbp={new}{}", attributes("example.com.br"))], "{held}");
    }
    Ok(())
}

#[tokio::test]
async fn a_repeat_gives_back_what_the_browser_has_lost_and_that_alone() -> Result<()> {
    let world = World::new().await?;
    set(&world, &told(&world, &full(), &SAME_SITE)).await?;
    let attributes = attributes("example.com.br");
    let (fbc, fbp) = (format!("_fbc={FBC}{attributes}"), format!("_fbp={FBP}{attributes}"));
    for (held, wanted) in [
        (String::new(), vec![&fbc, &fbp]),
        (format!("_fbp={FBP}"), vec![&fbc]),
        (format!("_fbc={FBC}"), vec![&fbp]),
        (format!("_fbc={FBC}; _fbp={OTHER_FBP}"), vec![]),
        (format!("_fbc=nonsense; _fbp={FBP}"), vec![&fbc]),
    ] {
        let request = request::with_header(told(&world, &full(), &SAME_SITE), "cookie", &held);
        assert_eq!(set(&world, &request).await?.iter().collect::<Vec<_>>(), wanted, "{held}");
    }
    Ok(())
}

#[tokio::test]
async fn no_browser_gets_another_s_fbp() -> Result<()> {
    let world = World::new().await?;
    set(&world, &told(&world, &full(), &SAME_SITE)).await?;
    // The click's id, and its fbclid from the same address and agent: both find the row of the first browser.
    for body in [json!({"click_id": "click-0001"}), json!({"url": format!("{PAGE}/?fbclid=IwAR0-Sample_1")})] {
        let answer = world.send_click(&told(&world, &body, &SAME_SITE)).await?;
        let cookies: Vec<String> = answer.set_cookies().into_iter().map(str::to_owned).collect();
        assert_eq!(answer.expect(200)?["fbp"], FBP, "{body}");
        assert_eq!(cookies, [format!("_fbc={FBC}{}", attributes("example.com.br"))], "{body}");
        let held =
            request::with_header(told(&world, &body, &SAME_SITE), "cookie", &format!("_fbc={FBC}; _fbp={OTHER_FBP}"));
        assert_eq!(set(&world, &held).await?, Vec::<String>::new(), "{body}");
    }
    let mut second = full();
    second["click_id"] = json!("click-0002");
    second["fbp"] = json!(OTHER_FBP);
    let cookies = set(&world, &told(&world, &second, &SAME_SITE)).await?;
    assert!(cookies[1].starts_with(&format!("_fbp={OTHER_FBP};")), "{cookies:?}");
    Ok(())
}

#[tokio::test]
async fn an_older_click_that_is_told_late_does_not_take_the_newest_one_s_place() -> Result<()> {
    let world = World::new().await?;
    let newer = "fb.2.1700000009999.IwAR0-Newer";
    for is_known in [true, false] {
        afresh(&world).await?;
        if is_known {
            set(&world, &told(&world, &full(), &SAME_SITE)).await?;
        }
        let late =
            request::with_header(told(&world, &full(), &SAME_SITE), "cookie", &format!("_fbc={newer}; _fbp={FBP}"));
        let cookies = set(&world, &late).await?;
        assert!(!cookies.iter().any(|cookie| cookie.starts_with("_fbc=")), "known {is_known}: {cookies:?}");
    }
    let request =
        request::with_header(told(&world, &json!({ "fbc": newer }), &SAME_SITE), "cookie", &format!("_fbc={FBC}"));
    assert_eq!(
        set(&world, &request).await?,
        [format!("_fbc={newer}{}", attributes("example.com.br"))],
        "a newer one does"
    );
    Ok(())
}

#[tokio::test]
async fn a_value_that_would_end_its_cookie_is_set_as_none() -> Result<()> {
    let world = World::new().await?;
    for id in ["a;Domain=com.br", "a,b", "a\"b", "a\\b", "a;_fbp=fb.1.1700000000000.1"] {
        let request = told(&world, &json!({ "fbclid": id }), &SAME_SITE);
        assert_eq!(set(&world, &request).await?, Vec::<String>::new(), "{id}");
    }
    Ok(())
}
