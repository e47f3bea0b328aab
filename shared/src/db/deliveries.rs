//! Deliveries that make no order: ignored ones and rejected ones are rows of the ledger, and what may be repaired is kept with them.

use std::sync::LazyLock;

use deadpool_postgres::Client;

use super::Error;
use super::connections::Connection;
use super::kept::{self, NewBody};
use super::pieces::{connection_in_force, gate};
use crate::domain::order::{Ignored, Rejected};

/// Why a delivery makes no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is authentic, and there is nothing to do.
    Ignored(Ignored),
    /// It is authentic, and cannot be used.
    Rejected(Rejected),
    /// Nothing proves that it is the platform's: it is no delivery of the ledger.
    NotAuthentic,
}

impl Why {
    /// The word of a body's reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ignored(reason) => reason.as_str(),
            Self::Rejected(reason) => reason.as_str(),
            Self::NotAuthentic => "not_authentic",
        }
    }

    fn outcome(self) -> Option<&'static str> {
        match self {
            Self::Ignored(_) => Some("ignored"),
            Self::Rejected(_) => Some("rejected"),
            Self::NotAuthentic => None,
        }
    }
}

/// A delivery that makes no order.
#[derive(Clone, Debug)]
pub struct Unused<'a> {
    /// On whose path it came.
    pub connection: &'a Connection,
    /// The row's id; the same on each try.
    pub id: String,
    /// What a repetition is known by; none of what is not authentic.
    pub delivery_key: Option<String>,
    /// The order that it names.
    pub order_key: Option<String>,
    /// Why.
    pub why: Why,
    /// The body, where it may be replayed.
    pub body: Option<NewBody>,
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is recorded, and its body kept where it has to be.
    Taken {
        /// The events that wait for the dispatcher because of it.
        wakes: Vec<String>,
    },
    /// The connection is not what it was when it was looked up: changed or revoked.
    NotInForce,
    /// The tenant is retired.
    Retired,
}

/// The statement of [`record`], for who measures or explains it.
///
/// A repetition is a duplicate, unless all that came before it was rejected and this one is not: then it was repaired.
pub static RECORD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "
    with {gate}, before as (
        select exists (
            select from deliveries d
            where d.tenant_id = $1 and d.connection_id = $2 and d.delivery_key = $5::text
              and ($8::text = 'rejected' or d.outcome in ('conversion', 'ignored')
                   or d.outcome = 'duplicate' and d.reason is distinct from 'redelivery')
        ) as repeats
    ), delivery as (
        insert into deliveries (tenant_id, id, source, received_at, order_key, outcome, reason, connection_id, delivery_key)
        select $1, $4::text, $6::text, clock(), $7::text, case when repeats then 'duplicate' else $8 end,
               case when repeats then 'redelivery' else $9::text end, $2, $5
        from open, before where $8 is not null
        on conflict on constraint deliveries_pkey do nothing
    ), {keep}
    select status from gate",
        gate = gate(&connection_in_force("$3::integer")),
        keep = kept::keep(["$10::text", "$11::text", "$9::text", "$12::bigint", "$13::bytea"])
    )
});

/// Records a delivery that makes no order, and keeps its body, in one statement.
pub async fn record(client: &Client, unused: &Unused<'_>) -> Result<Recorded, Error> {
    let statement = client.prepare_cached(&RECORD).await?;
    let Unused { connection, id, delivery_key, order_key, why, body } = unused;
    let body = body.as_ref();
    let row = client
        .query_opt(
            &statement,
            &[
                &connection.tenant_id,
                &connection.id,
                &connection.version,
                id,
                delivery_key,
                &connection.platform.as_str(),
                order_key,
                &why.outcome(),
                &why.as_str(),
                &body.map(|it| &it.id),
                &body.map(|it| &it.digest),
                &body.map(|it| it.received_at_s),
                &body.map(|it| &it.sealed),
            ],
        )
        .await?;
    let Some(row) = row else { return Ok(Recorded::NotInForce) };
    let is_retired = row.try_get::<_, &str>("status")? == "retired";
    Ok(if is_retired { Recorded::Retired } else { Recorded::Taken { wakes: Vec::new() } })
}
