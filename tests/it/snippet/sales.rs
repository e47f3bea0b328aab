//! `track.purchase`: the same event id as the server's.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::domain::event_id::EventId;
use shared::domain::money::{Currency, Money};
use shared::domain::order::{EventName, OrderId};

use super::{LOCAL, Stage, assert_quiet, tag};

/// The project's golden vectors, with other spellings of the same sale.
const GOLDEN: [(&str, &str); 9] = [
    (
        r#"{"order_id":"1001","value":"97.00","currency":"BRL"}"#,
        "aa93d47ce08feee306591737358316d1b1987c55882c554ec9d92dacd6c3652d",
    ),
    (
        r#"{"order_id":" 1001 ","value":97,"currency":" brl "}"#,
        "aa93d47ce08feee306591737358316d1b1987c55882c554ec9d92dacd6c3652d",
    ),
    (
        r#"{"order_id":1001,"value":"0097.0000000","currency":"BRL"}"#,
        "aa93d47ce08feee306591737358316d1b1987c55882c554ec9d92dacd6c3652d",
    ),
    (
        r#"{"order_id":"1001","value":1200,"currency":"JPY"}"#,
        "c2e411f665533053f5655493cd2e01638bddc76287f100840d9c657082cd1a21",
    ),
    (
        r#"{"order_id":"1001","value":"1200.00","currency":"JPY"}"#,
        "c2e411f665533053f5655493cd2e01638bddc76287f100840d9c657082cd1a21",
    ),
    (
        r#"{"order_id":"HP0034281351","value":1.5,"currency":"KWD","event_name":"Refund"}"#,
        "0a061867a0d0c4552e5d63e6e75219ac6c2cee044a700b333625dfdefd065f2a",
    ),
    (
        r#"{"order_id":"çédille","value":0,"currency":"EUR"}"#,
        "36554339d619b377f631fe6c35a0e3bf350c6a1b0c443d014911c3c8575771e9",
    ),
    (
        r#"{"order_id":"çédille","value":"0.00","currency":"EUR"}"#,
        "36554339d619b377f631fe6c35a0e3bf350c6a1b0c443d014911c3c8575771e9",
    ),
    (
        r#"{"order_id":"çédille","value":"0","currency":"eur"}"#,
        "36554339d619b377f631fe6c35a0e3bf350c6a1b0c443d014911c3c8575771e9",
    ),
];

async fn of_tnt_1(stage: &Stage) -> Result<tests::browser::Page> {
    let rows = "insert into tenants (id, slug, status) values ('tnt_1', 'tnt_1', 'active');
                insert into funnels (tenant_id, id, name, status) values ('tnt_1', 'funnel-1', 'One', 'active')";
    stage.site.world.execute(rows).await?;
    stage.site.put(&format!("{LOCAL}/thanks"), &format!("<title>thanks</title>{}", tag("funnel-1")));
    stage.at(&format!("{LOCAL}/thanks")).await
}

fn id(order_id: &str, minor: u64, currency: Currency) -> Result<String> {
    let order_id = OrderId::parse(order_id).context("an order id")?;
    Ok(EventId::of("tnt_1", &order_id, &EventName::purchase(), &Money::from_minor(minor, currency)?).to_string())
}

#[tokio::test]
async fn the_golden_vectors_hold_in_the_browser() -> Result<()> {
    let stage = Stage::new().await?;
    let page = of_tnt_1(&stage).await?;
    for (order, wanted) in GOLDEN {
        assert_eq!(page.text(&format!("track.purchase({order})")).await?, wanted, "{order}");
    }
    let from_webhook = r#"track.purchase({order_id: "HP1", value: 97, currency: "BRL", platform: "hotmart"})"#;
    let brl = Currency::parse("BRL").context("BRL")?;
    assert_eq!(page.text(from_webhook).await?, id("hotmart:HP1", 9700, brl)?);
    assert_quiet(&page);
    Ok(())
}

#[tokio::test]
async fn every_currency_has_the_decimals_that_the_server_gives_it() -> Result<()> {
    let stage = Stage::new().await?;
    let page = of_tnt_1(&stage).await?;
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters()
        .flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c].iter().collect::<String>())));
    let currencies: Vec<Currency> = codes.filter_map(|code| Currency::parse(&code)).collect();
    assert!(currencies.len() > 150, "{}", currencies.len());
    let list = json!(currencies.iter().map(Currency::code).collect::<Vec<_>>());
    let script = format!("Promise.all({list}.map(currency => track.purchase({{order_id: 1, value: 12, currency}})))");
    let said = page.eval(&script).await?;
    for (index, currency) in currencies.iter().enumerate() {
        let minor = 12 * 10_u64.pow(currency.decimals().into());
        assert_eq!(said[index], id("1", minor, *currency)?, "{}", currency.code());
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_sale_has_no_id_and_throws_nothing() -> Result<()> {
    let stage = Stage::new().await?;
    let page = of_tnt_1(&stage).await?;
    for order in [
        "{order_id: 1, value: '97,00', currency: 'BRL'}",
        "{order_id: 1, value: 97.001, currency: 'BRL'}",
        "{order_id: 1, value: 0.5, currency: 'JPY'}",
        "{order_id: 1, value: -1, currency: 'BRL'}",
        "{order_id: 1, value: NaN, currency: 'BRL'}",
        "{order_id: '', value: 1, currency: 'BRL'}",
        "{value: 1, currency: 'BRL'}",
        "{order_id: 1, value: 1, currency: 'R$'}",
        "{order_id: 1, value: 1}",
        "{}",
        "",
    ] {
        let script = format!("Promise.resolve(track.purchase({order})).then(id => id === undefined, () => false)");
        assert_eq!(page.eval(&script).await?, Value::Bool(true), "{order}");
    }
    assert_quiet(&page);
    Ok(())
}
