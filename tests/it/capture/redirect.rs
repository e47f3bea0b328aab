//! A redirect link: the click that it records, and what goes along to where it leads.

use anyhow::{Context, Result};
use lambda_http::Request;
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::{Answer, World};
use url::{Url, form_urlencoded};

use super::{FBC, FBP, OTHER_FBP, checkout, clicks_of, set_funnel, uncounted};

/// The API under the funnel's own domain.
const OWN_API: (&str, &str) = ("host", "track.example.com.br");

/// A link of the seeded funnel to a URL, with more parameters.
fn link(world: &World, to: &str, more: &str) -> String {
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    let and = if more.is_empty() { "" } else { "&" };
    format!("/r/{}?to={to}{and}{more}", world.tenant.funnel_id)
}

async fn with_checkout() -> Result<World> {
    let world = World::new().await?;
    checkout(&world, &world.tenant, "checkout.example.net", "sck").await?;
    Ok(world)
}

async fn follow(world: &World, request: &Request) -> Result<(Url, Answer)> {
    let answer = world.send_click(request).await?;
    anyhow::ensure!(answer.status == 302 && answer.body.is_null(), "{answer:?}");
    anyhow::ensure!(answer.header("cache-control") == "no-store", "{answer:?}");
    Ok((Url::parse(answer.header("location"))?, answer))
}

fn pairs(url: &Url) -> Vec<(String, String)> {
    url.query_pairs().into_owned().collect()
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Result<&'a str> {
    let mut found = pairs.iter().filter(|(known, _)| known == name);
    let first = found.next().with_context(|| format!("{name} in {pairs:?}"))?;
    anyhow::ensure!(found.next().is_none(), "{name} twice in {pairs:?}");
    Ok(&first.1)
}

async fn only_click(world: &World) -> Result<Value> {
    let mut clicks = clicks_of(world, &world.tenant).await?;
    anyhow::ensure!(clicks.len() == 1, "{clicks:?}");
    Ok(clicks.remove(0))
}

#[tokio::test]
async fn it_records_the_click_once_and_leads_on_with_its_ids() -> Result<()> {
    let world = with_checkout().await?;
    let more = "fbclid=IwAR0-Sample_1&utm_source=meta&utm_campaign=Black%20Friday&coupon=A%26B&coupon=C";
    let path = link(&world, "https://checkout.example.net/pay?off=1&x=a%20b#top", more);
    let request = request::with_header(request::get(&path), "referer", "https://l.example.com/?u=x");
    let (url, answer) = follow(&world, &request).await?;
    let click = only_click(&world).await?;
    let id = click["id"].as_str().context("an id")?;
    assert_eq!(
        url.as_str(),
        format!(
            "https://checkout.example.net/pay?off=1&x=a%20b&utm_source=meta&utm_campaign=Black+Friday&coupon=A%26B&coupon=C&fbclid=IwAR0-Sample_1&sck={id}#top"
        )
    );
    let fbc = click["fbc"].as_str().context("an fbc")?;
    assert!(fbc.starts_with("fb.1.") && fbc.ends_with(".IwAR0-Sample_1"), "of track.example.com: {fbc}");
    let expected = json!({
        "url": "https://checkout.example.net/pay?off=1&x=a%20b", "referrer": "https://l.example.com/?u=x", "utm_source": "meta",
        "utm_campaign": "Black Friday", "fbclid": "IwAR0-Sample_1", "ip": request::SOURCE_IP, "user_agent": request::AGENT,
        "fbp": null, "consent": null,
    });
    for (column, wanted) in expected.as_object().into_iter().flatten() {
        assert_eq!(&click[column], wanted, "{column}");
    }
    assert!(answer.set_cookies().is_empty(), "the API is not on the funnel's own site");
    let (again, _) = follow(&world, &request).await?;
    assert_eq!(again, url, "a reload is not a second click");
    only_click(&world).await?;
    Ok(())
}

#[tokio::test]
async fn an_order_with_the_slot_s_value_finds_the_click() -> Result<()> {
    let world = with_checkout().await?;
    let (url, _) =
        follow(&world, &request::get(&link(&world, "https://checkout.example.net/", "fbclid=IwAR0-Sample_1"))).await?;
    let order =
        json!({"order_id": "1", "value": 1, "currency": "BRL", "click": {"click_id": value(&pairs(&url), "sck")?}});
    let placed = world.post_order(&order).await?.expect(202)?;
    assert_eq!((&placed["match"]["stage"], &placed["state"]), (&json!("click"), &json!("pending")));
    Ok(())
}

#[tokio::test]
async fn the_slot_is_the_one_of_the_most_specific_checkout() -> Result<()> {
    let world = with_checkout().await?;
    for (domain, slot) in [("example.net", "xcod"), ("a.checkout.example.net", "attributes[click_id]")] {
        checkout(&world, &world.tenant, domain, slot).await?;
    }
    for (host, slot) in [
        ("example.net", "xcod"),
        ("x.example.net", "xcod"),
        ("xcheckout.example.net", "xcod"),
        ("checkout.example.net", "sck"),
        ("CHECKOUT.Example.net:8443", "sck"),
        ("b.checkout.example.net", "sck"),
        ("a.checkout.example.net", "attributes[click_id]"),
        ("b.a.checkout.example.net", "attributes[click_id]"),
    ] {
        let (url, _) = follow(&world, &request::get(&link(&world, &format!("https://{host}/"), ""))).await?;
        let names: Vec<String> = pairs(&url).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [slot], "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn the_click_id_wins_over_what_is_in_the_slot_and_the_rest_stays_as_it_is_written() -> Result<()> {
    let world = with_checkout().await?;
    for to in [
        "https://checkout.example.net/?a=x%20y&sck=old&b=%2F&sck=older&c",
        "https://checkout.example.net/?a=x%20y&s%63k=old&b=%2F&c",
    ] {
        world.execute("delete from clicks").await?;
        let (url, _) = follow(&world, &request::get(&link(&world, to, "sck=forged&sck=again"))).await?;
        let id = only_click(&world).await?["id"].as_str().context("an id")?.to_owned();
        assert_eq!(url.as_str(), format!("https://checkout.example.net/?a=x%20y&b=%2F&c&sck={id}"), "{to}");
    }
    world.execute("delete from clicks").await?;
    let (url, _) = follow(&world, &request::get(&link(&world, "https://checkout.example.net/?sck=old", ""))).await?;
    assert_eq!(pairs(&url).len(), 1);
    Ok(())
}

#[tokio::test]
async fn no_parameter_is_there_twice_and_the_click_of_the_ad_is_the_link_s() -> Result<()> {
    let world = with_checkout().await?;
    let to = "https://checkout.example.net/?utm_source=shop&fbclid=Copied&utm_term=own";
    let more = "fbclid=IwAR0-Sample_1&utm_source=meta&utm_medium=paid";
    let (url, _) = follow(&world, &request::get(&link(&world, to, more))).await?;
    let pairs = pairs(&url);
    for (name, wanted) in
        [("utm_source", "shop"), ("utm_medium", "paid"), ("utm_term", "own"), ("fbclid", "IwAR0-Sample_1")]
    {
        assert_eq!(value(&pairs, name)?, wanted);
    }
    let click = only_click(&world).await?;
    assert_eq!(
        (&click["fbclid"], &click["utm_source"]),
        (&json!("IwAR0-Sample_1"), &json!("meta")),
        "the link's come first"
    );
    assert_eq!(click["utm_term"], "own", "then those of where it leads");
    Ok(())
}

#[tokio::test]
async fn a_click_of_the_ad_that_is_none_is_carried_and_not_recorded() -> Result<()> {
    let world = with_checkout().await?;
    let (url, _) =
        follow(&world, &request::get(&link(&world, "https://checkout.example.net/", "fbclid=a%20b"))).await?;
    assert_eq!(value(&pairs(&url), "fbclid")?, "a b");
    let click = only_click(&world).await?;
    assert_eq!((&click["fbclid"], &click["fbc"]), (&Value::Null, &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_page_of_the_funnel_s_own_gets_no_slot() -> Result<()> {
    let world = with_checkout().await?;
    let (url, _) =
        follow(&world, &request::get(&link(&world, "https://loja.example.com.br/course", "fbclid=IwAR0-Sample_1")))
            .await?;
    assert_eq!(url.as_str(), "https://loja.example.com.br/course?fbclid=IwAR0-Sample_1");
    assert_eq!(only_click(&world).await?["fbclid"], "IwAR0-Sample_1");
    Ok(())
}

#[tokio::test]
async fn on_the_own_site_a_browser_gets_both_cookies_and_an_fbp_is_made_for_one_that_has_none() -> Result<()> {
    let world = with_checkout().await?;
    let path = link(&world, "https://checkout.example.net/", "fbclid=IwAR0-Sample_1");
    let (_, answer) = follow(&world, &request::with_headers(request::get(&path), &[OWN_API])).await?;
    let click = only_click(&world).await?;
    let (fbc, fbp) = (click["fbc"].as_str().context("fbc")?, click["fbp"].as_str().context("fbp")?);
    assert!(
        fbc.starts_with("fb.2.")
            && shared::domain::fb::Fbp::parse(fbp).is_some_and(|it| it.as_str().starts_with("fb.2."))
    );
    let attributes = "; Path=/; Domain=example.com.br; Max-Age=7776000; Secure; SameSite=Lax";
    assert_eq!(answer.set_cookies(), [format!("_fbc={fbc}{attributes}"), format!("_fbp={fbp}{attributes}")]);

    let held = format!("_fbc={fbc}; _fbp={fbp}");
    let (_, again) = follow(&world, &request::with_headers(request::get(&path), &[OWN_API, ("cookie", &held)])).await?;
    assert!(again.set_cookies().is_empty(), "{:?}", again.set_cookies());
    assert_eq!(only_click(&world).await?, click);
    Ok(())
}

#[tokio::test]
async fn a_browser_s_own_cookies_are_recorded_and_another_browser_of_the_link_is_its_own() -> Result<()> {
    let world = with_checkout().await?;
    let path = link(&world, "https://checkout.example.net/", "fbclid=IwAR0-Sample_1");
    for (fbp, held) in [(FBP, format!("_fbc={FBC}.AQQAAQMC; _fbp={FBP}.AQ")), (OTHER_FBP, format!("_fbp={OTHER_FBP}"))]
    {
        let request = request::with_headers(request::get(&path), &[OWN_API, ("cookie", &held)]);
        let (_, answer) = follow(&world, &request).await?;
        assert!(
            answer.set_cookies().iter().any(|it| it.starts_with(&format!("_fbp={fbp}"))),
            "{:?}",
            answer.set_cookies()
        );
    }
    let clicks = clicks_of(&world, &world.tenant).await?;
    let of = |fbp: &str| clicks.iter().find(|it| it["browser"] == fbp).context("a click");
    assert_eq!((&of(FBP)?["fbc"], &of(FBP)?["fbp"]), (&json!(format!("{FBC}.AQQAAQMC")), &json!(format!("{FBP}.AQ"))));
    assert_eq!(of(OTHER_FBP)?["shared_from"], of(FBP)?["id"]);
    Ok(())
}

#[tokio::test]
async fn a_new_click_of_the_ad_takes_the_place_of_the_cookie_s() -> Result<()> {
    let world = with_checkout().await?;
    let path = link(&world, "https://checkout.example.net/", "fbclid=IwAR0-Other");
    let held = format!("_fbc={FBC}; _fbp={FBP}");
    let (_, answer) =
        follow(&world, &request::with_headers(request::get(&path), &[OWN_API, ("cookie", &held)])).await?;
    assert!(answer.set_cookies()[0].contains(".IwAR0-Other;"), "{:?}", answer.set_cookies());
    Ok(())
}

#[tokio::test]
async fn on_another_site_no_fbp_is_made_and_no_cookie_set() -> Result<()> {
    let world = with_checkout().await?;
    let hosts = ["track.example.net", "evilexample.com.br", "example.com.br.evil.example.net", "a b", "[::1]", ""];
    for (number, host) in hosts.into_iter().enumerate() {
        let path = link(&world, "https://checkout.example.net/", &format!("fbclid=IwAR0-{number}"));
        let (_, answer) = follow(&world, &request::with_headers(request::get(&path), &[("host", host)])).await?;
        assert!(answer.set_cookies().is_empty(), "{host}");
    }
    let clicks = clicks_of(&world, &world.tenant).await?;
    assert!(clicks.len() == hosts.len() && clicks.iter().all(|it| it["fbp"].is_null()), "{clicks:?}");
    Ok(())
}

#[tokio::test]
async fn who_denied_is_led_on_without_the_ad_click_and_without_a_cookie() -> Result<()> {
    let world = with_checkout().await?;
    let path =
        link(&world, "https://checkout.example.net/?a=1", "fbclid=IwAR0-Sample_1&utm_source=meta&consent=denied");
    let held = format!("_fbc={FBC}; _fbp={FBP}");
    let (url, answer) =
        follow(&world, &request::with_headers(request::get(&path), &[OWN_API, ("cookie", &held)])).await?;
    let click = only_click(&world).await?;
    let id = click["id"].as_str().context("an id")?;
    assert_eq!(url.as_str(), format!("https://checkout.example.net/?a=1&utm_source=meta&sck={id}"));
    assert!(answer.set_cookies().is_empty());
    for column in ["fbclid", "fbc", "fbp", "ip", "user_agent"] {
        assert_eq!(click[column], Value::Null, "{column}");
    }
    assert_eq!((&click["consent"], &click["url"]), (&json!("denied"), &json!("https://checkout.example.net/")));
    set_funnel(&world, "requires_consent = true").await?;
    for (consent, is_kept) in [("", false), ("&consent=", false), ("&consent=no", false), ("&consent=granted", true)] {
        world.execute("delete from clicks").await?;
        let path = link(&world, "https://checkout.example.net/", &format!("fbclid=IwAR0-Sample_1{consent}"));
        let (_, answer) = follow(&world, &request::with_headers(request::get(&path), &[OWN_API])).await?;
        assert_eq!(answer.set_cookies().is_empty(), !is_kept, "{consent}");
        assert_eq!(only_click(&world).await?["fbp"].is_null(), !is_kept, "{consent}");
    }
    Ok(())
}

#[tokio::test]
async fn a_crawler_and_a_look_at_the_headers_are_led_on_counted_and_not_recorded() -> Result<()> {
    let world = with_checkout().await?;
    let path = link(&world, "https://checkout.example.net/?a=1", "fbclid=IwAR0-Sample_1&utm_source=meta");
    let crawler = request::with_header(request::get(&path), "user-agent", "facebookexternalhit/1.1");
    for request in [crawler, request::new(Method::HEAD, &path, "")] {
        let (url, answer) = follow(&world, &request::with_headers(request, &[OWN_API])).await?;
        assert_eq!(url.as_str(), "https://checkout.example.net/?a=1&utm_source=meta&fbclid=IwAR0-Sample_1");
        assert!(answer.set_cookies().is_empty());
    }
    assert_eq!(uncounted(&world, &world.tenant).await?, "crawler 1, head 1");
    assert!(clicks_of(&world, &world.tenant).await?.is_empty());
    Ok(())
}
