//! Which address a click has: what the last proxy that we trust saw, in canonical text.

use anyhow::Result;
use serde_json::Value;
use tests::request;
use tests::world::World;

/// Source address, `X-Forwarded-For`, trusted proxies, the address kept.
type Case = (&'static str, Option<&'static str>, usize, Option<&'static str>);

async fn hold(cases: &[Case]) -> Result<()> {
    let mut world = World::new().await?;
    for (source, chain, hops, kept) in cases {
        world.click.trusted_proxy_hops = *hops;
        let request = request::post_from(&world.clicks_path(), "{}", source, *chain);
        let answer = world.send_click(&request).await?.expect(200)?;
        let row = world.click_row(&answer).await?;
        let expected = kept.map_or(Value::Null, Value::from);
        assert_eq!(row["ip"], expected, "from {source} with {chain:?} behind {hops}");
    }
    Ok(())
}

#[tokio::test]
async fn without_a_trusted_proxy_only_what_api_gateway_saw_counts() -> Result<()> {
    hold(&[
        ("203.0.113.7", None, 0, Some("203.0.113.7")),
        ("203.0.113.7", Some("198.51.100.1"), 0, Some("203.0.113.7")),
        ("203.0.113.7", Some("198.51.100.1, 192.0.2.1, 203.0.113.7"), 0, Some("203.0.113.7")),
        ("203.0.113.7", Some("'; drop table clicks; --"), 0, Some("203.0.113.7")),
    ])
    .await
}

#[tokio::test]
async fn behind_trusted_proxies_the_entry_of_the_outermost_counts_and_nothing_left_of_it() -> Result<()> {
    hold(&[
        ("192.0.2.1", Some("198.51.100.1, 192.0.2.1"), 1, Some("198.51.100.1")),
        ("192.0.2.1", Some("198.51.100.1"), 1, Some("198.51.100.1")),
        ("192.0.2.1", Some("198.51.100.66, 198.51.100.1, 192.0.2.1"), 1, Some("198.51.100.1")),
        ("192.0.2.1", Some("198.51.100.66,198.51.100.1,,192.0.2.2,192.0.2.1"), 2, Some("198.51.100.1")),
        ("192.0.2.1", Some("\u{e9}\u{ff}, 198.51.100.1, 192.0.2.1"), 1, Some("198.51.100.1")),
        ("192.0.2.1", Some("'; drop table clicks; --, 198.51.100.1, 192.0.2.1"), 1, Some("198.51.100.1")),
    ])
    .await
}

#[tokio::test]
async fn a_request_that_passed_no_proxy_has_the_address_of_its_peer() -> Result<()> {
    hold(&[("203.0.113.7", None, 1, Some("203.0.113.7")), ("203.0.113.7", Some(" , "), 2, Some("203.0.113.7"))]).await
}

#[tokio::test]
async fn an_ipv6_address_is_kept_in_its_one_spelling_and_a_mapped_one_is_ipv4() -> Result<()> {
    hold(&[
        ("2001:DB8:0:0::1", None, 0, Some("2001:db8::1")),
        ("2001:db8::1", Some("2001:db8::2, 2001:db8::1"), 1, Some("2001:db8::2")),
        ("::ffff:203.0.113.7", None, 0, Some("203.0.113.7")),
        ("192.0.2.1", Some("::FFFF:198.51.100.1, 192.0.2.1"), 1, Some("198.51.100.1")),
        ("192.0.2.1", Some("[2001:db8::2]:4711, 192.0.2.1"), 1, Some("2001:db8::2")),
        ("192.0.2.1", Some("198.51.100.1:4711, 192.0.2.1"), 1, Some("198.51.100.1")),
    ])
    .await
}

#[tokio::test]
async fn what_is_no_address_of_a_browser_is_left_out() -> Result<()> {
    hold(&[
        ("10.0.0.1", None, 0, None),
        ("127.0.0.1", None, 0, None),
        ("::1", None, 0, None),
        ("fe80::1", None, 0, None),
        ("", None, 0, None),
        ("unknown", None, 0, None),
        ("192.0.2.1", Some("unknown, 192.0.2.1"), 1, None),
        ("192.0.2.1", Some("192.168.0.1, 192.0.2.1"), 1, None),
        ("192.0.2.1", Some("999.1.1.1, 192.0.2.1"), 1, None),
    ])
    .await
}
