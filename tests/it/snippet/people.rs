//! `track.identify` and `track.consent`: what of a person leaves the browser, and in which form.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::domain::user_data::{Hashed, em, external_id, ph};
use tests::browser::Page;
use tests::net::wait_until;

use super::{LOCAL, SHOP, Stage, arrive, assert_quiet, click_id, cookies};

/// Beacons are kept here instead of sent.
const BEACONS: &str = "window.sent = []; navigator.sendBeacon = (url, body) => { sent.push([url, body]); return true }";

/// Calls `track.identify` and gives what it said and what was sent.
async fn identify(page: &Page, person: &Value, options: &str) -> Result<(Value, Value)> {
    let call =
        format!("track.identify({person}, {options}).then(went => [went, JSON.parse((sent.pop() || [0, null])[1])])");
    let said = page.eval(&format!("sent.length = 0, {call}")).await?;
    Ok((said[0].clone(), said[1].clone()))
}

async fn landed(stage: &Stage, url: &str) -> Result<Page> {
    let page = stage.visitor.tab().await?;
    page.before(BEACONS).await?;
    arrive(&page, url).await?;
    Ok(page)
}

#[tokio::test]
async fn an_email_is_hashed_exactly_when_and_as_the_server_hashes_it() -> Result<()> {
    let stage = Stage::new().await?;
    let page = landed(&stage, &format!("{LOCAL}/?fbclid=IwAR0-Sample_1")).await?;
    let long = format!("{}@example.com", "a".repeat(65));
    let longer = format!("a@{}com", "example.".repeat(32));
    let emails = [
        "John_Smith@gmail.com",
        " JOHN_smith@GMAIL.com\n",
        "Foo.Bar+Promo@Example.com",
        "JOSÉ@Example.com",
        "jose\u{301}@example.com",
        "info@Café.example",
        "\u{feff}a@example.com\u{200b}",
        "a@x.example",
        "a@1.example",
        "a@xn--caf-dma.com",
        "अमित@example.in",
        "a@a-b.example.com",
        "ΑΛΈΞΑΝΔΡΟΣ@example.gr",
        "a'b@example.com",
        "",
        "   ",
        "@",
        "a@b",
        "a@localhost",
        "não informado",
        "n/a",
        "a@@example.com",
        "a@b@example.com",
        "a@",
        "@example.com",
        "a b@example.com",
        "a@exam ple.com",
        "a@example.c",
        "a@example.",
        "a@.com",
        "a@example..com",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@-example.com",
        "a@example-.com",
        "a@192.0.2.1",
        "a@[192.0.2.1]",
        "mailto:a@example.com",
        "<a@example.com>",
        "A <a@example.com>",
        "a@example.com,b@example.com",
        "a\0@example.com",
        "a@example.com\u{200b}x",
        "a＠example.com",
        "a@exa_mple.com",
        "a\n@example.com",
        &long,
        &longer,
    ];
    for email in emails {
        let (went, body) = identify(&page, &json!({ "email": email }), "{plain: false}").await?;
        let wanted = em(email).map(|hash| hash.as_str().to_owned());
        assert_eq!(body["email_hash"].as_str(), wanted.as_deref(), "{email:?}");
        assert_eq!(went["email"], if wanted.is_some() { "hashed" } else { "kept" }, "{email:?}");
        assert!(body.get("email").is_none(), "{body}");
    }
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_phone_is_hashed_in_e164_form_alone_and_other_fields_leave_only_if_they_may() -> Result<()> {
    let stage = Stage::new().await?;
    let page = landed(&stage, &format!("{LOCAL}/?fbclid=IwAR0-Sample_1")).await?;
    for phone in ["+5511999990000", " +16505551212 ", "+390669820000"] {
        let (went, body) = identify(&page, &json!({ "phone": phone }), "{plain: false}").await?;
        assert_eq!(body["phone_hash"].as_str(), ph(phone, None).as_ref().map(Hashed::as_str), "{phone}");
        assert_eq!((&went["phone"], body.get("phone")), (&json!("hashed"), None));
    }
    for (field, value) in [
        ("phone", "(11) 99999-0000"),
        ("phone", "5511999990000"),
        ("phone", "+55 11 99999-0000"),
        ("first_name", "Maria"),
    ] {
        let (went, body) = identify(&page, &json!({ field: value }), "undefined").await?;
        assert_eq!((&went[field], &body[field]), (&json!("plain"), &json!(value)));
        let (went, body) = identify(&page, &json!({ field: value }), "{plain: false}").await?;
        assert_eq!((&went[field], body), (&json!("kept"), Value::Null));
    }
    let hash = em("maria@example.com").context("a hash")?;
    let (went, body) = identify(&page, &json!({ "email": hash.as_str() }), "{plain: false}").await?;
    assert_eq!((&went["email"], &body["email"]), (&json!("hashed"), &json!(hash.as_str())), "hashed by the page");
    assert_eq!(body["click_id"], click_id(&page).await?);
    Ok(())
}

#[tokio::test]
async fn plain_data_is_never_stored_and_hashed_data_waits_for_the_network() -> Result<()> {
    let stage = Stage::new().await?;
    let page = landed(&stage, &format!("{LOCAL}/?fbclid=IwAR0-Sample_1")).await?;
    identify(&page, &json!({ "email": "maria@example.com", "phone": "11 99999-0000" }), "{}").await?;
    let stored = "JSON.stringify(localStorage)";
    assert!(!page.text(stored).await?.contains("99999"));
    identify(&page, &json!({ "email": "maria@example.com" }), "{}").await?;
    assert!(page.text(stored).await?.contains(em("maria@example.com").context("a hash")?.as_str()));
    Ok(())
}

#[tokio::test]
async fn who_the_visitor_is_arrives_as_hashes_beside_the_click() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{LOCAL}/?fbclid=IwAR0-Sample_1")).await?;
    stage.told(1).await?;
    let person = json!({ "email": " Maria@Example.com", "phone": "(11) 95550-0001", "external_id": "User-42", "first_name": "Maria" });
    page.eval(&format!("track.identify({person})")).await?;
    wait_until("the observation", Duration::from_secs(20), || async { stage.site.seen("/identify").len() == 1 })
        .await?;
    assert_eq!(stage.site.seen("/identify")[0].status, 200);
    let kept = stage
        .site
        .world
        .text(
            "select string_agg(concat_ws(' ', click_id, source, email_hash, phone_hash, external_id_hash), '|') from identities",
            &[],
        )
        .await?;
    let hashes = [em("maria@example.com"), ph("+5511955500001", None), external_id("User-42")];
    let [email, phone, id] = hashes.map(|hash| hash.map(|it| it.digest()).unwrap_or_default());
    assert_eq!(kept, Some(format!("{} browser {email} {phone} {id}", click_id(&page).await?)));
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn on_a_page_that_cannot_hash_an_email_stays_unless_it_may_go_plain() -> Result<()> {
    let stage = Stage::new().await?;
    stage.page("http://plain.example.net/", "");
    let page = landed(&stage, "http://plain.example.net/?fbclid=IwAR0-Sample_1").await?;
    assert_eq!(page.eval("crypto.subtle === undefined").await?, true);
    let person = json!({ "email": "maria@example.com" });
    assert_eq!(identify(&page, &person, "{}").await?, (json!({ "email": "kept" }), Value::Null));
    let (went, body) = identify(&page, &person, "{plain: true}").await?;
    assert_eq!((&went["email"], &body["email"]), (&json!("plain"), &person["email"]));
    assert_eq!(
        page.eval("track.purchase({order_id: 1, value: 1, currency: 'BRL'}).then(id => id === undefined)").await?,
        true
    );
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_funnel_that_needs_consent_keeps_and_tells_nothing_before_it() -> Result<()> {
    let stage = Stage::new().await?;
    stage.site.world.execute("update funnels set requires_consent = true").await?;
    let page = stage.visitor.tab().await?;
    let url = format!("{SHOP}/?fbclid=IwAR0-Sample_1&utm_source=meta");
    page.goto(&url).await?;
    page.until("!!window.track").await?;
    assert_eq!(page.eval("track.identify({email: 'maria@example.com'})").await?, json!({ "email": "kept" }));
    assert_eq!(page.eval("[document.cookie, localStorage.length, track.clickId()]").await?, json!(["", 0, null]));
    page.eval("history.pushState(0, '', '/next'), track.consent('maybe'), track.consent('granted')").await?;
    let told = stage.told(1).await?.remove(0);
    assert_eq!(
        (&told["url"], &told["consent"]),
        (&json!(url), &json!("granted")),
        "the landing, not the route after it"
    );
    assert_eq!(cookies(&page, "_fbc").await?.len(), 1);
    arrive(&page, &format!("{SHOP}/")).await?;
    assert_eq!(click_id(&page).await?, told["click_id"].as_str().context("an id")?, "the answer is remembered");
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn a_denial_takes_the_cookies_away_and_tells_the_click_without_its_person() -> Result<()> {
    let stage = Stage::new().await?;
    let page = stage.at(&format!("{SHOP}/?fbclid=IwAR0-Sample_1")).await?;
    let id = click_id(&page).await?;
    stage.told(1).await?;
    page.eval("track.consent('denied')").await?;
    let told = stage.told(2).await?.remove(1);
    assert_eq!(
        told,
        json!({ "click_id": id, "url": format!("{SHOP}/?fbclid=IwAR0-Sample_1"), "referrer": "", "consent": "denied" })
    );
    assert_eq!(page.text("document.cookie").await?, "");
    page.goto(&format!("{SHOP}/")).await?;
    page.until("!!window.track").await?;
    assert_eq!(
        page.eval("[document.cookie, track.clickId()]").await?[1],
        Value::Null,
        "a page without an ad click tells nothing"
    );
    let link = format!("track.decorate('{}/pay')", super::CHECKOUT);
    page.goto(&format!("{SHOP}/?fbclid=IwAR0-Sample_2")).await?;
    page.until("!!(window.track && track.clickId())").await?;
    let id = click_id(&page).await?;
    assert_eq!(page.text("document.cookie").await?, "", "an ad click after the denial keeps nothing");
    assert_eq!(
        page.text(&link).await?,
        format!("{}/pay?sck={id}", super::CHECKOUT),
        "so that its order is known as denied"
    );
    assert_quiet(&page);
    Ok(())
}
