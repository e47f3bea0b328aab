//! Who comes: people, and what only looks. What looks is counted, and is no click.

use anyhow::Result;
use lambda_http::Request;
use lambda_http::http::Method;
use tests::request;
use tests::world::World;

use super::{clicks_of, uncounted};

/// Crawlers and link previews, as they call themselves.
const CRAWLERS: [&str; 24] = [
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "meta-externalagent/1.1",
    "meta-externalfetcher/1.1",
    "facebookcatalog/1.0",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2.23.20.0",
    "WhatsApp/2.2587.9 W",
    "TelegramBot (like TwitterBot)",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Discordbot/2.0 (+https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Pinterest/0.2 (+https://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36",
    "curl/8.5.0",
    "python-requests/2.31.0",
    "Go-http-client/2.0",
];

/// Browsers of people, some with words in their names that crawlers have too.
const BROWSERS: [&str; 19] = [
    // In the apps of Meta.
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 331.0.0.29.90 (iPhone14,5; iOS 17_5; pt_BR; pt; scale=3.00; 1170x2532; 595086014)",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 Instagram 331.0.0.37.90 Android (34/14; 480dpi; 1080x2115; samsung; SM-S918B; dm3q; qcom; pt_BR; 595086014)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/465.0.0.41.105;FBBV/601086014;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5;FBSS/3;FBID/phone;FBLC/pt_BR;FBOP/5]",
    "Mozilla/5.0 (Linux; Android 13; moto g(60) Build/T2RI33.60; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/465.0.0.55.74;]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/MessengerForiOS;FBAV/450.0;FBLC/pt_BR]",
    // In other apps.
    "Mozilla/5.0 (Linux; Android 12; M2101K7BL Build/SP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 trill_2023407030 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/34.7.3 ByteLocale/pt-BR ByteFullLocale/pt-BR Region/BR BytedanceWebview/d8a21c6",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Snapchat/12.86.0.41 (like Safari/8617.1.17, panda)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [Pinterest/iOS]",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/AP1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/141.0.0.0 Mobile Safari/537.36 [Pinterest/Android]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/319.0.638062483 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 LinkedInApp/9.29.5687",
    // Browsers of makers of phones, and others.
    "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; U; Android 13; pt-br; 22101316G Build/TP1A.220624.014) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.118 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.12.0-gn",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 DuckDuckGo/7 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 11; CUBOT X50 Build/RP1A.200720.011) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 8.1.0; CUBOT_P20 Build/O11019) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
    request::AGENT,
];

fn with_agent(world: &World, agent: &str) -> Request {
    request::with_header(world.click_request("{}"), "user-agent", agent)
}

#[tokio::test]
async fn a_crawler_or_preview_is_counted_and_not_recorded() -> Result<()> {
    let world = World::new().await?;
    for (number, agent) in CRAWLERS.into_iter().enumerate() {
        let answer = world.send_click(&with_agent(&world, agent)).await?;
        assert_eq!((answer.status, answer.body.is_null()), (204, true), "{agent}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.set_cookies().is_empty());
        assert_eq!(uncounted(&world, &world.tenant).await?, format!("crawler {}", number + 1), "{agent}");
    }
    assert!(clicks_of(&world, &world.tenant).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_browser_of_a_person_is_never_taken_for_a_crawler() -> Result<()> {
    let world = World::new().await?;
    for agent in BROWSERS {
        let answer = world.send_click(&with_agent(&world, agent)).await?;
        assert_eq!(answer.status, 200, "{agent}");
    }
    assert_eq!(uncounted(&world, &world.tenant).await?, "");
    assert_eq!(clicks_of(&world, &world.tenant).await?.len(), BROWSERS.len());
    Ok(())
}

#[tokio::test]
async fn what_a_browser_loads_ahead_is_counted_and_not_recorded() -> Result<()> {
    let world = World::new().await?;
    let ahead = [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("x-purpose", "preview"),
        ("x-moz", "prefetch"),
    ];
    for (number, header) in ahead.into_iter().enumerate() {
        let answer = world.send_click(&request::with_headers(world.click_request("{}"), &[header])).await?;
        assert_eq!(answer.status, 204, "{header:?}");
        assert_eq!(uncounted(&world, &world.tenant).await?, format!("prefetch {}", number + 1));
    }
    for header in [("sec-purpose", ""), ("purpose", "navigation"), ("sec-fetch-mode", "prefetch")] {
        let answer = world.send_click(&request::with_headers(world.click_request("{}"), &[header])).await?;
        assert_eq!(answer.status, 200, "{header:?}");
    }
    assert_eq!(clicks_of(&world, &world.tenant).await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn visits_are_counted_by_day_and_reason_and_at_their_own_tenant_alone() -> Result<()> {
    let world = World::new().await?;
    let other = world.add_tenant("other").await?;
    let link = format!("/r/{}?to=https%3A%2F%2Fshop.example.com", world.tenant.funnel_id);
    world.send_click(&with_agent(&world, CRAWLERS[0])).await?;
    world.send_click(&request::new(Method::HEAD, &link, "")).await?;
    world.send_click(&request::with_header(request::get(&link), "sec-purpose", "prefetch")).await?;
    world.execute("update unrecorded_visits set day = day - 1").await?;
    for _ in 0..3 {
        world.send_click(&with_agent(&world, CRAWLERS[0])).await?;
    }
    assert_eq!(uncounted(&world, &world.tenant).await?, "crawler 3");
    let days = world.text("select string_agg(concat_ws(' ', reason, n), ', ' order by reason) from (
        select reason, sum(visits) n from unrecorded_visits where day < (clock() at time zone 'UTC')::date group by reason) it", &[]);
    assert_eq!(days.await?.as_deref(), Some("crawler 1, head 1, prefetch 1"));
    assert_eq!(
        world.count("select count(*) from unrecorded_visits where tenant_id <> $1", &[&world.tenant.id]).await?,
        0
    );
    assert_eq!(uncounted(&world, &other).await?, "");
    Ok(())
}

#[tokio::test]
async fn a_crawler_at_no_funnel_is_404_at_a_retired_tenant_s_410_and_is_not_counted() -> Result<()> {
    let world = World::new().await?;
    let paths = |funnel: &str| {
        let post = request::post(&format!("/v1/funnels/{funnel}/clicks"), "{}");
        let link = request::get(&format!("/r/{funnel}?to=https%3A%2F%2Fshop.example.com"));
        [post, link].map(|request| request::with_header(request, "user-agent", CRAWLERS[0]))
    };
    for funnel in ["no-such-funnel", &world.tenant.draft_funnel_id, "%00"] {
        for request in paths(funnel) {
            world.refused_click(&request, 404).await?;
        }
    }
    world.execute(&format!("update tenants set status = 'retired' where id = '{}'", world.tenant.id)).await?;
    for request in paths(&world.tenant.funnel_id) {
        world.refused_click(&request, 410).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_prefetched_redirect_is_refused_so_that_the_browser_asks_again_for_the_visit() -> Result<()> {
    let world = World::new().await?;
    let path = format!("/r/{}?to=https%3A%2F%2Fshop.example.com&fbclid=IwAR0-Sample_1", world.tenant.funnel_id);
    let ahead = request::with_header(request::get(&path), "sec-purpose", "prefetch;prerender");
    let answer = world.send_click(&ahead).await?;
    assert_eq!((answer.status, answer.header("location"), answer.header("cache-control")), (403, "", "no-store"));
    assert_eq!(uncounted(&world, &world.tenant).await?, "prefetch 1");
    assert!(clicks_of(&world, &world.tenant).await?.is_empty());
    assert_eq!(world.send_click(&request::get(&path)).await?.status, 302);
    assert_eq!(clicks_of(&world, &world.tenant).await?.len(), 1);
    Ok(())
}
