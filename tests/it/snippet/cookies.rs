//! `_fbc` and `_fbp`: kept or built by the same rules as the server's.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::domain::fb::{self, Fbc, Fbclid, Fbp, fbclid_in_url};
use tests::browser::Page;

use super::{LOCAL, SHOP, Stage, WWW, arrive, assert_quiet, click_id, cookies, fbc};

const BEFORE: &str = "fb.2.1600000000000.Cookie";

/// What was in the cookie, and the query of the landing.
const CASES: [(&str, &str); 20] = [
    ("fb.1.1600000000.Seconds", ""),
    ("fb.1.1600000000000..AQQAAQMC", ""),
    ("nonsense", "fbclid="),
    ("", "fbclid=Url"),
    ("", "fbclid=Iw%2DA_r"),
    ("", "fbclid=a%252Bb"),
    ("", "fbclid=a.b"),
    ("", "fbclid=&fbclid=second"),
    ("", "fbclid="),
    ("", "fbclid=a%20b"),
    ("", "fbclid=.a"),
    ("", "fbclid=a.AQQAAQMC"),
    ("", "FBCLID=a"),
    (BEFORE, "fbclid=Url"),
    (BEFORE, "fbclid=cookie"),
    (BEFORE, "fbclid=Cookie"),
    (BEFORE, "fbclid="),
    ("fb.2.1600000000000.Cookie.AQQAAQMC", "fbclid=Cookie"),
    ("fb.2.1600000000000.Cookie.AQQAAQMC", "utm_source=meta"),
    ("fb.1.1600000000.Seconds", "fbclid=Seconds"),
];

#[tokio::test]
async fn fbc_is_what_the_servers_rules_make_of_url_and_cookie() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    for (cookie, query) in CASES {
        page.goto(&format!("{SHOP}/empty")).await?;
        page.eval("localStorage.clear()").await?;
        let clear = "document.cookie.split('; ').forEach(it => document.cookie = it.split('=')[0] + '=;path=/;max-age=0;domain=example.com.br')";
        page.eval(clear).await?;
        page.eval(&format!("document.cookie = '_fbc={cookie};path=/;max-age={};domain=example.com.br'", cookie.len()))
            .await?;
        let url = format!("{SHOP}/?{query}");
        let before = page.eval("Date.now()").await?.as_i64().context("a time")?;
        arrive(&page, &url).await?;
        let now = cookies(&page, "_fbc").await?;
        let built = now.first().and_then(|value| Fbc::parse(value)).map_or(before, |fbc| fbc.created_ms());
        let host = Some("loja.example.com.br");
        let wanted = fb::resolve(fbclid_in_url(&url), Fbc::parse(cookie), None, host, built.max(before));
        // What is malformed stays where it is, and is not told.
        let left = || Some(cookie.to_owned()).filter(|it| !it.is_empty());
        let wanted: Vec<String> = wanted.map(|fbc| fbc.as_str().to_owned()).or_else(left).into_iter().collect();
        assert_eq!(now, wanted, "{cookie} and {query}");
        let fbp = cookies(&page, "_fbp").await?;
        assert!(fbp.len() == 1 && fbp[0].starts_with("fb.2.1") && Fbp::parse(&fbp[0]).is_some(), "{fbp:?}");
    }
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn cookies_are_of_the_whole_site_and_stay_for_90_days() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
    let (first, fbp, id) = (fbc(&page).await?, cookies(&page, "_fbp").await?, click_id(&page).await?);
    assert!(first.as_str().starts_with("fb.2."), "the index of a .com.br site");
    let all = page.cookies().await?;
    assert_90_days(&page, &all).await?;
    for cookie in all {
        assert_eq!(
            (&cookie["domain"], &cookie["path"], &cookie["sameSite"]),
            (&json!(".example.com.br"), &json!("/"), &json!("Lax"))
        );
    }
    arrive(&page, &format!("{WWW}/")).await?;
    assert_eq!((fbc(&page).await?, cookies(&page, "_fbp").await?), (first, fbp));
    assert_eq!(click_id(&page).await?, id, "one click in the whole site");
    assert_eq!(stage.told(1).await?[0]["click_id"], id.as_str());
    assert!(cookies(&page, "_trk").await?.is_empty(), "the probe is gone");
    Ok(())
}

#[tokio::test]
async fn a_stale_cookie_of_one_host_does_not_reset_the_click() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    page.goto(&format!("{SHOP}/empty")).await?;
    page.eval(&format!("document.cookie = '_fbc={BEFORE};path=/'")).await?;
    arrive(&page, &format!("{SHOP}/?fbclid=Url")).await?;
    let both = cookies(&page, "_fbc").await?;
    arrive(&page, &format!("{SHOP}/?fbclid=Url&again")).await?;
    assert_eq!(cookies(&page, "_fbc").await?, both);
    // The second page says again what nobody had confirmed.
    let told = stage.told(2).await?;
    assert_eq!(told[0], told[1]);
    assert_eq!(told[0]["fbc"].as_str(), both.iter().find(|it| it.ends_with(".Url")).map(String::as_str));
    Ok(())
}

#[tokio::test]
async fn hosts_without_a_site_have_cookies_of_their_own() -> Result<()> {
    let stage = Stage::new().await?;
    for (host, index) in [("localhost", 0), ("127.0.0.1", 0), ("shop.test", 1), ("www.city.kawasaki.jp", 2)] {
        stage.page(&format!("http://{host}/"), "");
        let page = stage.at(&format!("http://{host}/?fbclid=IwAR0-{index}")).await?;
        let fbc = fbc(&page).await?;
        assert!(fbc.as_str().starts_with(&format!("fb.{index}.")), "{host}: {}", fbc.as_str());
        let built =
            Fbc::build(Some(host), fbc.created_ms(), &Fbclid::parse(&format!("IwAR0-{index}")).context("an id")?);
        assert_eq!(built, Some(fbc), "{host}");
    }
    Ok(())
}

#[tokio::test]
async fn without_cookies_nothing_is_built_that_meta_would_never_see_again() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.visitor.tab().await?;
    page.before("Object.defineProperty(document, 'cookie', {get: () => '', set: () => {}})").await?;
    page.before("Object.defineProperty(window, 'localStorage', {get: () => { throw new Error('blocked') }})").await?;
    arrive(&page, &format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
    let told = stage.told(1).await?.remove(0);
    assert!(told.get("fbc").is_none() && told.get("fbp").is_none(), "{told}");
    page.eval("history.pushState(0, '', '?fbclid=IwAR0-Sample_1&page=2')").await?;
    assert_eq!(
        click_id(&page).await?,
        told["click_id"].as_str().context("an id")?,
        "the same click as long as the page lives"
    );
    let row = stage.site.world.text("select fbc from clicks", &[]).await?.context("the server's")?;
    assert!(row.starts_with("fb.2.") && row.ends_with(".IwAR0-Sample_1"), "{row}");
    assert_quiet(&page);
    Ok(())
}

/// Puts a page at an origin that the API is at too; gives its URL.
fn own_page(stage: &Stage) -> String {
    let own = format!("{LOCAL}/own");
    let funnel = &stage.site.world.tenant.funnel_id;
    let tag = format!("<script async src=\"{LOCAL}/t.js?f={funnel}\"></script>");
    stage.site.put(&own, &format!("<!doctype html><title>own</title><link rel=icon href=data:,>{tag}"));
    own
}

async fn assert_90_days(page: &Page, cookies: &[Value]) -> Result<()> {
    let now = page.eval("Date.now()").await?.as_f64().context("a time")?;
    for cookie in cookies {
        let days = (cookie["expires"].as_f64().context("an end")? * 1000.0 - now) / 86_400_000.0;
        assert!((89.9..=90.0).contains(&days), "{cookie}");
    }
    Ok(())
}

/// Over TLS the server's cookies would be the same; without it a browser takes secure ones from localhost alone.
#[tokio::test]
async fn the_server_s_cookies_take_the_place_of_the_script_s_and_change_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let own = own_page(&stage);
    let page = stage.at(&format!("{own}?fbclid=IwAR0-Sample_1")).await?;
    let (first, fbp) = (fbc(&page).await?, cookies(&page, "_fbp").await?);
    stage.told(1).await?;
    let of_server =
        async || -> Result<usize> { Ok(page.cookies().await?.iter().filter(|it| it["secure"] == true).count()) };
    tests::net::wait_until("the server's cookies", std::time::Duration::from_secs(20), || async {
        of_server().await.ok() == Some(2)
    })
    .await?;
    let mut metas = page.cookies().await?;
    metas.retain(|it| it["name"] == "_fbc" || it["name"] == "_fbp");
    assert_90_days(&page, &metas).await?;
    for cookie in metas {
        assert_eq!(
            (&cookie["domain"], &cookie["path"], &cookie["sameSite"], &cookie["secure"], &cookie["httpOnly"]),
            (&json!("localhost"), &json!("/"), &json!("Lax"), &json!(true), &json!(false))
        );
    }
    assert_eq!(
        (cookies(&page, "_fbc").await?, cookies(&page, "_fbp").await?),
        (vec![first.as_str().to_owned()], fbp.clone())
    );
    // The page goes on with them: the same click, and a later ad click in their place.
    let id = click_id(&page).await?;
    arrive(&page, &own).await?;
    assert_eq!(click_id(&page).await?, id);
    arrive(&page, &format!("{own}?fbclid=IwAR0-Other")).await?;
    assert_eq!((fbc(&page).await?.fbclid().as_str(), cookies(&page, "_fbp").await?), ("IwAR0-Other", fbp));
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_visitor_who_denied_gets_no_cookie_of_the_server_s() -> Result<()> {
    let stage = Stage::new().await?;
    let own = own_page(&stage);
    stage.site.world.execute("update funnels set requires_consent = true").await?;
    let page = stage.visitor.tab().await?;
    page.goto(&format!("{own}?fbclid=IwAR0-Sample_1")).await?;
    page.until("!!(window.track && track.clickId)").await?;
    page.eval("track.consent('denied')").await?;
    stage.told(1).await?;
    tests::net::wait_until("the click", std::time::Duration::from_secs(20), || async {
        stage.clicks().await.ok() == Some(1)
    })
    .await?;
    arrive(&page, &format!("{own}?fbclid=IwAR0-Sample_1&again")).await?;
    stage.told(2).await?;
    assert_eq!(page.cookies().await?, Vec::<Value>::new());
    assert_quiet(&page);
    Ok(())
}
