//! Sales: what a platform's delivery says of orders, recorded in one round trip.

mod statement;

use deadpool_postgres::Client;
use tokio_postgres::{Row, Statement};

use super::Error;
use super::connections::Connection;
use super::deliveries::Recorded;
use super::pipeline;
use super::signals::Signals;
use crate::domain::order::OrderState;

/// One sale of a delivery, parsed, normalised and hashed.
#[derive(Clone, Debug)]
pub struct Sale {
    /// The id of every row that it makes.
    pub id: String,
    /// What names the order among the tenant's.
    pub order_key: String,
    /// Where the order stands.
    pub state: OrderState,
    /// Since when, by the platform's word. Unix seconds.
    pub changed_at_s: Option<i64>,
    /// When the order was made, at the latest. Unix seconds.
    pub made_at_s: i64,
    /// When what the delivery tells happened. Unix seconds.
    pub event_time_s: i64,
    /// The event that it causes, if nothing caused it before.
    pub event: Option<Event>,
    /// What it is where it causes none.
    pub silence: &'static str,
    /// Of buyer and click.
    pub signals: Signals,
}

/// An event that a sale causes.
#[derive(Clone, Debug)]
pub struct Event {
    /// What the order remembers it by.
    pub key: String,
    /// Whether it is none once the order is further on.
    pub is_for_open_orders: bool,
    /// Its id.
    pub event_id: String,
    /// The order id in it.
    pub order_id: String,
    /// Its name at Meta.
    pub name: String,
    /// The exact decimal.
    pub value: String,
    /// ISO 4217.
    pub currency: String,
    /// `custom_data`, as JSON.
    pub custom_data: String,
}

/// A delivery that holds sales.
#[derive(Clone, Debug)]
pub struct Delivered<'a> {
    /// On whose path it came.
    pub connection: &'a Connection,
    /// What a repetition is known by: lower-case hex SHA-256 of the platform's own id of the delivery, or of its bytes.
    pub delivery_key: String,
    /// The main sale first. Never empty.
    pub sales: Vec<Sale>,
}

/// Records a delivery: all of its sales or none, unless the connection changes between two of them. Then it is to be told again, and those
/// that were taken are repetitions.
///
/// The locks of its orders, a statement a sale and the commit go out together, so all of it is one round trip. Deliveries of one
/// order come in bursts (approved, complete, an order bump's own), each changes what the next one finds, and the same order may be told
/// of on several connections: who holds the order's lock is alone with it.
pub async fn record(client: &Client, delivered: &Delivered<'_>) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(&statement::SQL).await?;
    let keys: Vec<&str> = delivered.sales.iter().map(|sale| sale.order_key.as_str()).collect();
    let statements = delivered.sales.iter().map(|sale| Box::pin(one(client, &statement, delivered, sale)) as _);
    let rows = pipeline::with_locks(client, &delivered.connection.tenant_id, &keys, statements.collect()).await?;
    let mut wakes = Vec::new();
    for row in rows {
        match row.try_get::<_, Option<&str>>("tenant_status")? {
            None => return Ok(Recorded::NotInForce),
            Some("retired") => return Ok(Recorded::Retired),
            Some(_) => wakes.extend(row.try_get::<_, Option<String>>("claimed")?),
        }
    }
    Ok(Recorded::Taken { wakes })
}

async fn one(
    client: &Client,
    statement: &Statement,
    delivered: &Delivered<'_>,
    sale: &Sale,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let connection = delivered.connection;
    let event = sale.event.as_ref();
    let of_event = |field: fn(&Event) -> &String| event.map(field);
    let us = |seconds: i64| seconds.saturating_mul(1_000_000);
    client
        .query(
            statement,
            &[
                &connection.tenant_id,
                &connection.id,
                &sale.id,
                &connection.platform.as_str(),
                &sale.order_key,
                &of_event(|it| &it.event_id),
                &of_event(|it| &it.name),
                &of_event(|it| &it.value),
                &of_event(|it| &it.currency),
                &us(sale.event_time_s),
                &sale.state.as_str(),
                &of_event(|it| &it.order_id),
                &sale.signals.user_data,
                &of_event(|it| &it.custom_data),
                &sale.signals.email_hash,
                &sale.signals.phone_hash,
                &sale.signals.click_id,
                &sale.signals.fbc,
                &sale.signals.fbclid,
                &sale.signals.fbp,
                &sale.signals.built_fbc,
                &sale.signals.ip,
                &sale.signals.user_agent,
                &sale.signals.event_source_url,
                &sale.signals.action_source,
                &sale.signals.utm,
                &sale.signals.external_id_hash,
                &connection.version,
                &delivered.delivery_key,
                &us(sale.made_at_s),
                &sale.changed_at_s.map(us),
                &of_event(|it| &it.key),
                &sale.silence,
                &event.is_some_and(|it| it.is_for_open_orders),
                &connection.platforms_id(&sale.order_key),
            ],
        )
        .await
}

/// The statement of [`record`], for who measures or explains it.
pub fn sql() -> &'static str {
    &statement::SQL
}
