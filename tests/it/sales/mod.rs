//! What platforms tell of sales, as it is recorded: over the database, without a platform's own body.

mod at_once;
mod own_orders;
mod refused;
mod remembered;
mod rules;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::db::connections::Connection;
use shared::db::deliveries::Recorded;
use shared::db::sales::{self, Delivered};
use shared::db::{Db, Error};
use shared::domain::money::{Currency, Money};
use shared::domain::order::{Amounts, Moment, OptionalEvents, Order, OrderId, OrderState, Trigger};
use shared::intake;
use shared::platforms::Platform;
use tests::webhook::connection;
use tests::world::{World, db_config};

/// A world with a connection of the seeded tenant.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) connection: Connection,
    pub(crate) db: Db,
    /// When the deliveries come, Unix seconds.
    pub(crate) now_s: i64,
}

impl Shop {
    pub(crate) async fn new() -> Result<Self> {
        let world = World::new().await?;
        let db = Db::new(db_config(world.db.url()), None, 8);
        let now_s = shared::clock::Clock::SYSTEM.now_s();
        let shop = Self { connection: connection(&world.tenant.id, "shop", Platform::Hotmart), world, db, now_s };
        shop.connect(&shop.connection).await?;
        Ok(shop)
    }

    /// Keeps a connection of any tenant.
    pub(crate) async fn connect(&self, connection: &Connection) -> Result<()> {
        let Connection { tenant_id, id, platform, order_id_slot, .. } = connection;
        let slot = order_id_slot.as_ref().map_or("null".to_owned(), |slot| format!("'{slot}'"));
        let sql = format!(
            "insert into connections (tenant_id, id, platform, path_hash, order_id_slot)
             values ('{tenant_id}', '{id}', '{}', encode(sha256('{tenant_id}{id}'), 'hex'), {slot})",
            platform.as_str()
        );
        self.world.execute(&sql).await
    }

    /// An order of the seeded tenant's, told now.
    pub(crate) fn order(&self, id: &str, state: OrderState) -> Order {
        let mut order = Order { id: OrderId::parse(id), ..Order::abandoned(None, self.now_s) };
        order.state = state;
        order.amounts = Amounts::total(brl("97.10"));
        order.buyer.email = Some("maria@example.com".to_owned());
        order
    }

    /// Tells of sales in one delivery, the main one first. The key stands for its bytes.
    pub(crate) async fn tell(&self, key: &str, orders: &[&Order]) -> Result<Recorded> {
        self.tell_on(&self.connection, key, orders).await
    }

    pub(crate) async fn tell_on(&self, connection: &Connection, key: &str, orders: &[&Order]) -> Result<Recorded> {
        let sales = orders.iter().enumerate().map(|(index, order)| intake::sale(connection, order, index == 0));
        let sales = sales.collect::<Result<Vec<_>, _>>().map_err(|reason| anyhow::anyhow!("{reason:?}"))?;
        let delivered = Delivered { connection, delivery_key: delivery_key(key), sales };
        Ok(record(&self.db, &delivered).await?)
    }

    /// The orders as they stand: state and the names of what each has caused.
    pub(crate) async fn orders(&self) -> Result<Value> {
        self.json(
            "select coalesce(jsonb_object_agg(order_key, jsonb_build_array(state,
                        (select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(caused) k))), '{}')::text
             from orders where tenant_id = $1",
        )
        .await
    }

    /// What became of each sale, oldest first: outcome and reason.
    pub(crate) async fn deliveries(&self) -> Result<Value> {
        self.json(
            "select coalesce(jsonb_agg(jsonb_build_array(order_key, outcome, reason) order by received_at, order_key), '[]')::text
             from deliveries where tenant_id = $1",
        )
        .await
    }

    /// The events to send: name, value, the click matched and the stage, oldest first.
    pub(crate) async fn events(&self) -> Result<Value> {
        self.json(
            "select coalesce(jsonb_agg(jsonb_build_array(event_name, value::text, click_id, match_stage) order by created_at, event_id),
                        '[]')::text
             from conversions where tenant_id = $1 and state <> 'ignored'",
        )
        .await
    }

    async fn json(&self, sql: &str) -> Result<Value> {
        let text = self.world.text(sql, &[&self.world.tenant.id]).await?.context("a row")?;
        Ok(serde_json::from_str(&text)?)
    }

    /// The ledger is sound and counts so many sales.
    pub(crate) async fn assert_sound(&self, sales: i64) -> Result<()> {
        let faults = "select count(*) from ledger_faults($1)";
        assert_eq!(self.world.count(faults, &[&self.world.tenant.id]).await?, 0, "faults");
        let counted = "select coalesce(sum(sales), 0)::bigint from ledger($1, '-infinity', 'infinity')";
        assert_eq!(self.world.count(counted, &[&self.world.tenant.id]).await?, sales);
        Ok(())
    }
}

pub(crate) async fn record(db: &Db, delivered: &Delivered<'_>) -> Result<Recorded, Error> {
    db.run(|client| async move { sales::record(&client, delivered).await }).await
}

/// Every event that a tenant can want.
pub(crate) fn all_wanted() -> OptionalEvents {
    Trigger::WORDS
        .iter()
        .filter_map(|word| Trigger::parse(word))
        .fold(OptionalEvents::default(), |wanted, trigger| wanted.with(trigger, OptionalEvents::usual_name(trigger)))
}

pub(crate) fn delivery_key(text: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(text))
}

pub(crate) fn brl(text: &str) -> Option<Money> {
    Money::parse(text, Currency::parse("BRL")?).ok()
}

/// A click of the seeded tenant so many seconds before now.
pub(crate) async fn click(shop: &Shop, id: &str, ago_s: i64) -> Result<()> {
    shop.world.post_click(&json!({"click_id": id, "fbclid": format!("fb-of-{id}")})).await?.expect(200)?;
    let sql = format!("update clicks set created_at = clock() - {ago_s} * interval '1 second' where id = '{id}'");
    shop.world.execute(&sql).await
}

pub(crate) fn at(mut order: Order, changed_at_s: i64) -> Order {
    order.changed_at = Some(Moment::second(changed_at_s));
    order
}
