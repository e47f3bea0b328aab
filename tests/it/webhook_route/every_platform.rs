//! Every platform's deliveries over its path, in any order and repeated: the orders end where the rules end, and each sale is one
//! Purchase.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use fastrand::Rng;
use lambda_http::Request;
use shared::db::connections::{self, Connection};
use shared::domain::order::{Cause, Outcome, Standing};
use shared::intake;
use shared::platforms::{Context, Delivery, Platform};
use tests::request;
use tests::webhook::headers_by_name;
use tests::world::{Connected, World};

use super::sign::{proof, secret_of};

/// An order as it stands: its state, and what it has caused.
type Orders = BTreeMap<String, (String, BTreeSet<String>)>;

fn fixtures(platform: Platform) -> Result<Vec<PathBuf>> {
    let folder = tests::install::workspace_root().join("tests/fixtures/webhooks").join(platform.as_str());
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    Ok(files)
}

/// A delivery of a fixture as its platform posts it.
fn delivery(platform: Platform, connected: &Connected, file: &Path) -> Result<Request> {
    let body = std::fs::read(file)?;
    let id = file.file_stem().and_then(|it| it.to_str()).context("a name")?;
    let proof = proof(platform, id, &body);
    let text = String::from_utf8(body)?;
    let mut request = request::post(&format!("{}{}", connected.path, proof.query), &text);
    if file.extension().is_some_and(|it| it == "form") {
        request = request::with_header(request, "content-type", "application/x-www-form-urlencoded");
    }
    let by_name = headers_by_name(platform, file);
    let headers = proof.headers.iter().chain(&by_name);
    Ok(headers.fold(request, |request, (name, value)| request::with_header(request, name, value)))
}

/// What the rules make of a delivery.
fn take(orders: &mut BTreeMap<String, Standing>, connection: &Connection, request: &Request) -> usize {
    let query = request.uri().query().unwrap_or_default();
    let body = shared::http::bytes_of(request);
    let delivery = Delivery::new(request.headers(), query, body);
    let received_at_s = shared::clock::Clock::SYSTEM.now_s();
    let context = Context { received_at_s, country: connection.country };
    let Outcome::Orders { main, also } = connection.platform.parse_delivery(&delivery, &context) else { return 1 };
    let all = std::iter::once(&*main).chain(&also);
    let sales = all.clone().enumerate().map(|(index, order)| intake::sale(connection, order, index == 0));
    let Ok(sales) = sales.collect::<Result<Vec<_>, _>>() else { return 1 };
    for (sale, order) in sales.iter().zip(all) {
        let before = orders.remove(&sale.order_key);
        let after = Standing::take(before, order, &connection.optional_events).0;
        orders.insert(sale.order_key.clone(), after);
    }
    sales.len()
}

async fn stored(world: &World, tenant_id: &str) -> Result<Orders> {
    let sql = "select coalesce(jsonb_object_agg(order_key, jsonb_build_array(state,
                    (select coalesce(jsonb_agg(k), '[]') from jsonb_object_keys(caused) k))), '{}')::text
               from orders where tenant_id = $1";
    Ok(serde_json::from_str(&world.text(sql, &[&tenant_id]).await?.context("orders")?)?)
}

/// Delivers these fixtures to a tenant of its own, and holds what comes of it to the rules.
async fn deliver(world: &World, platform: Platform, name: &str, files: &[PathBuf]) -> Result<Orders> {
    let tenant = world.add_tenant(name).await?;
    let connected = world.connect_to(&tenant.id, platform, secret_of(platform)).await?;
    let (id, tenant_id) = (&connected.id, &tenant.id);
    let connection =
        world.order.db.run(|client| async move { connections::by_id(&client, tenant_id, id).await }).await?;
    let connection = connection.context("the connection")?;
    let mut orders = BTreeMap::new();
    let mut sales = 0;
    for file in files {
        let request = delivery(platform, &connected, file)?;
        let answer = world.send_order(&request).await?.expect(200)?;
        if answer["outcome"] != "probe" {
            sales += take(&mut orders, &connection, &request);
        }
    }
    let wanted: Orders = orders
        .into_iter()
        .map(|(key, it)| (key, (it.state.as_str().to_owned(), it.caused.iter().map(Cause::key).collect())))
        .collect();
    let stored = stored(world, &tenant.id).await?;
    ensure!(stored == wanted, "{name}: {stored:?} is not {wanted:?}");
    let events = "select count(*) from dedupe_registry where tenant_id = $1 and event_name = 'Purchase'";
    let events = world.count(events, &[&tenant.id]).await?;
    let purchases = wanted.values().filter(|(_, caused)| caused.contains("Purchase")).count();
    ensure!(usize::try_from(events)? == purchases, "{name}: {events} events of {purchases} sales");
    let faults = "select count(*) from ledger_faults($1)";
    ensure!(world.count(faults, &[&tenant.id]).await? == 0, "{name}: the ledger is not sound");
    let counted = "select coalesce(sum(sales), 0)::bigint from ledger($1, '-infinity', 'infinity')";
    ensure!(usize::try_from(world.count(counted, &[&tenant.id]).await?)? == sales, "{name}: {sales} sales came in");
    Ok(stored)
}

#[tokio::test]
async fn p04_in_any_order_and_repeated_each_platforms_deliveries_end_alike_with_one_purchase_a_sale() -> Result<()> {
    let world = World::new().await?;
    let mut rng = Rng::with_seed(20_261_127);
    for word in Platform::WORDS {
        let platform = Platform::parse(word).context("a platform")?;
        let files = fixtures(platform)?;
        let straight = deliver(&world, platform, &format!("{word}-straight"), &files).await?;
        ensure!(straight.values().any(|(_, caused)| caused.contains("Purchase")), "{word}: no sale among its fixtures");
        for round in 0..2 {
            let mut shuffled: Vec<PathBuf> = files.iter().chain(&files).cloned().collect();
            rng.shuffle(&mut shuffled);
            let mixed = deliver(&world, platform, &format!("{word}-{round}"), &shuffled).await?;
            assert_eq!(mixed, straight, "{word}");
        }
    }
    Ok(())
}
