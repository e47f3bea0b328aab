//! The export.

use anyhow::{Context, Result};
use tests::world::World;

use super::{get, order, placed};

/// The rows of a file, without its header.
fn rows(csv: &str) -> Result<Vec<Vec<String>>> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    reader.records().map(|row| Ok(row?.iter().map(str::to_owned).collect())).collect()
}

#[tokio::test]
async fn it_is_a_table_of_the_events_newest_first() -> Result<()> {
    let world = World::new().await?;
    for id in ["1001", "=cmd|' /C calc'!A0", "with \"quotes\", and a comma"] {
        placed(&world, &order(id)).await?;
    }
    let answer = get(&world, "events.csv").await?;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"events.csv\"");
    assert_eq!((answer.header("cache-control"), answer.header("link")), ("no-store", ""));
    let text = answer.text();
    assert!(text.starts_with(
        "order_id,event_id,event_name,value,currency,state,reason,match_stage,event_time,received_at,changed_at\r\n"
    ));
    let rows = rows(&text)?;
    let ids: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(ids, ["with \"quotes\", and a comma", "'=cmd|' /C calc'!A0", "1001"]);
    assert_eq!(rows[2][2..8], ["Purchase", "97.00", "BRL", "pending", "", "none"]);
    assert!(rows[2][8].starts_with("20") && rows[2][8].ends_with('Z'), "{}", rows[2][8]);
    Ok(())
}

#[tokio::test]
async fn a_day_goes_from_midnight_to_midnight_utc_and_both_ends_count() -> Result<()> {
    let world = World::new().await?;
    for (id, at) in [
        ("1", "2026-03-01 23:59:59.999999+00"),
        ("2", "2026-03-02 00:00:00+00"),
        ("3", "2026-03-03 23:59:59.999999+00"),
        ("4", "2026-03-04 00:00:00+00"),
    ] {
        let event_id = placed(&world, &order(id)).await?;
        world.execute(&format!("update conversions set created_at = '{at}' where event_id = '{event_id}'")).await?;
    }
    for (query, wanted) in [
        ("since=2026-03-02&until=2026-03-03", &["3", "2"][..]),
        ("since=2026-03-02&until=2026-03-02", &["2"]),
        ("until=2026-03-02", &["2", "1"]),
        ("since=2026-03-03", &["4", "3"]),
        ("since=2026-04-01", &[]),
        ("", &["4", "3", "2", "1"]),
    ] {
        let answer = get(&world, &format!("events.csv?{query}")).await?;
        let ids: Vec<String> = rows(&answer.text())?.into_iter().map(|row| row[0].clone()).collect();
        assert_eq!(ids, wanted, "{query}");
    }
    for query in [
        "since=2026-3-2",
        "since=2026-02-30",
        "since=x",
        "since=2026-03-02&until=2026-03-01",
        "since=1999-01-01",
        "after=x",
    ] {
        get(&world, &format!("events.csv?{query}")).await?.expect_problem(400)?;
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_into_one_file_follows_in_the_next_one() -> Result<()> {
    let world = World::new().await?;
    world.fill("a", 9_000).await?;
    world.fill("b", 2_500).await?;
    let first = get(&world, "events.csv?since=2020-01-01").await?;
    let link = first.header("link").to_owned();
    let next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).context("a link")?;
    assert!(next.contains("since=2020-01-01&after="), "{next}");
    let second = world.operate(lambda_http::http::Method::GET, next, &serde_json::Value::Null).await?;
    assert_eq!(second.header("link"), "");
    let mut ids = Vec::new();
    for answer in [first, second] {
        assert!(serde_json::to_string(&answer.text())?.len() < 6_000_000);
        ids.extend(rows(&answer.text())?.into_iter().map(|row| row[0].clone()));
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 11_500);
    Ok(())
}
