//! Replay: kept bodies are judged by the secrets of now and the time of then, and taken.

use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use super::record::unused;
use super::seal::{BodyKey, Owner, Posted};
use super::{Read, read, record};
use crate::db::connections::{self, Connection};
use crate::db::deliveries::{Recorded, Unused, Why};
use crate::db::kept::{self, Kept, NewBody, Place};
use crate::db::{self, Db};
use crate::ids;
use crate::platforms::{Authenticity, Context, Delivery, Secret};
use crate::secrets::{self, Secrets};

/// What a replay works with.
pub struct Replay<'a> {
    /// The database.
    pub db: &'a Db,
    /// The platforms' own secrets.
    pub secrets: &'a Secrets,
    /// How their names begin.
    pub prefix: &'a str,
    /// The key of the bodies.
    pub key: &'a BodyKey,
}

/// Why a replay stopped. What it had done is done.
#[derive(Debug, Error)]
pub enum Error {
    /// The database.
    #[error("the database")]
    Db(#[from] db::Error),
    /// A platform's secret.
    #[error("a platform's secret")]
    Secrets(#[from] secrets::Error),
}

/// What became of bodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReplayedBodies)]
pub struct Replayed {
    /// Their sales are recorded, or were already.
    pub taken: u32,
    /// Authentic, and there was nothing to do.
    pub ignored: u32,
    /// Kept on: still not authentic.
    pub not_authentic: u32,
    /// Kept on: still not readable.
    pub rejected: u32,
    /// Kept on: sealed with another key.
    pub not_opened: u32,
    /// Kept on: the connection is revoked or was changed meanwhile, or its tenant is retired.
    pub not_in_force: u32,
}

impl Replay<'_> {
    /// Replays a tenant's bodies, or those of one connection, as they came. Twice at once does no harm.
    ///
    /// # Errors
    /// If the database or Secrets Manager are away.
    pub async fn run(&self, tenant_id: &str, connection_id: Option<&str>) -> Result<Replayed, Error> {
        let list = self.db.run(|client| async move { kept::list(&client, tenant_id, connection_id).await });
        let mut bodies = list.await?;
        // The sort is stable: those of a connection stay in their order.
        bodies.sort_by(|one, other| one.connection_id.cmp(&other.connection_id));
        self.all(tenant_id, &bodies).await
    }

    /// The same of [`kept::BATCH`] bodies after a place, for who has not the time for all. Gives where to go on, if there may be more.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn batch(
        &self,
        tenant_id: &str,
        connection_id: Option<&str>,
        after: Option<&Place>,
    ) -> Result<(Replayed, Option<Place>), Error> {
        let batch = self.db.run(|client| async move { kept::batch(&client, tenant_id, connection_id, after).await });
        let (bodies, end) = batch.await?;
        Ok((self.all(tenant_id, &bodies).await?, end))
    }

    /// The same of one body; `None` if it is not there.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn only(&self, tenant_id: &str, id: &str) -> Result<Option<Replayed>, Error> {
        let body = self.db.run(|client| async move { kept::one(&client, tenant_id, id).await }).await?;
        match body {
            Some(body) => self.all(tenant_id, &[body]).await.map(Some),
            None => Ok(None),
        }
    }

    /// Bodies that stand connection by connection.
    async fn all(&self, tenant_id: &str, bodies: &[Kept]) -> Result<Replayed, Error> {
        let mut replayed = Replayed::default();
        for bodies in bodies.chunk_by(|one, other| one.connection_id == other.connection_id) {
            self.of_connection(tenant_id, bodies, &mut replayed).await?;
        }
        Ok(replayed)
    }

    async fn of_connection(&self, tenant_id: &str, bodies: &[Kept], replayed: &mut Replayed) -> Result<(), Error> {
        let Some(id) = bodies.first().map(|body| body.connection_id.as_str()) else { return Ok(()) };
        let found = self.db.run(|client| async move { connections::by_id(&client, tenant_id, id).await }).await?;
        let Some(connection) = found else {
            replayed.not_in_force += u32::try_from(bodies.len()).unwrap_or(u32::MAX);
            return Ok(());
        };
        let secrets = self.secrets.connection(self.prefix, tenant_id, id).await?;
        for body in bodies {
            if let Some(became) = self.one(&connection, &secrets, body).await? {
                *became.of(replayed) += 1;
            }
        }
        Ok(())
    }

    /// What became of a body; `None` where it is gone: another replay took it, or it came again and is kept by another id.
    async fn one(&self, connection: &Connection, secrets: &[Secret], body: &Kept) -> Result<Option<Became>, Error> {
        let (tenant_id, id) = (connection.tenant_id.as_str(), body.id.as_str());
        let sealed = self.db.run(|client| async move { kept::sealed(&client, tenant_id, id).await }).await?;
        let Some(sealed) = sealed else { return Ok(None) };
        let owner = Owner { tenant_id, connection_id: &connection.id, id };
        match self.key.open(owner, &sealed) {
            Ok(posted) => self.judge(connection, secrets, body, &posted).await.map(Some),
            Err(_) => Ok(Some(Became::NotOpened)),
        }
    }

    async fn judge(
        &self,
        connection: &Connection,
        secrets: &[Secret],
        body: &Kept,
        posted: &Posted,
    ) -> Result<Became, Error> {
        let delivery = Delivery::new(&posted.headers, &posted.query, &posted.body);
        // Signed anew for each attempt, it was right at the time of this attempt; but the sale is as old as the first.
        let of_copy = Context { received_at_s: posted.received_at_s, country: connection.country };
        if connection.platform.verify(secrets, &delivery, &of_copy) != Authenticity::Authentic {
            return Ok(Became::NotAuthentic);
        }
        let context = Context { received_at_s: body.received_at, ..of_copy };
        let delivery_key = connection.platform.delivery_key(&delivery);
        match read(connection, &delivery, &context) {
            Read::Rejected(reason) => {
                self.still_rejected(connection, body, Why::Rejected(reason), posted, delivery_key).await
            }
            read => self.take(connection, body, read, delivery_key).await,
        }
    }

    async fn take(
        &self,
        connection: &Connection,
        body: &Kept,
        read: Read,
        delivery_key: String,
    ) -> Result<Became, Error> {
        let became = if matches!(read, Read::Ignored { .. }) { Became::Ignored } else { Became::Taken };
        match record(self.db, connection, delivery_key.clone(), read, None).await? {
            Recorded::Taken { .. } => {}
            Recorded::NotInForce | Recorded::Retired => return Ok(Became::NotInForce),
        }
        let (tenant_id, key) = (connection.tenant_id.as_str(), delivery_key.as_str());
        self.db.run(|client| async move { kept::settle(&client, tenant_id, body, key).await }).await?;
        Ok(became)
    }

    /// What was not authentic and is now enters the ledger as rejected, and is kept for that reason.
    async fn still_rejected(
        &self,
        connection: &Connection,
        body: &Kept,
        why: Why,
        posted: &Posted,
        delivery_key: String,
    ) -> Result<Became, Error> {
        if body.reason != Why::NotAuthentic.as_str() {
            return Ok(Became::Rejected);
        }
        let id = ids::new_id();
        let owner = Owner { tenant_id: &connection.tenant_id, connection_id: &connection.id, id: &id };
        let delivery = Delivery::new(&posted.headers, &posted.query, &posted.body);
        let Ok(sealed) = self.key.seal(owner, &delivery, posted.received_at_s) else { return Ok(Became::Rejected) };
        let digest = self.key.digest(&posted.body);
        let again = NewBody { id, digest, received_at_s: body.received_at, sealed };
        let rejected = Unused {
            connection,
            id: ids::new_id(),
            delivery_key: Some(delivery_key),
            order_key: None,
            why,
            body: Some(again),
        };
        Ok(match unused(self.db, &rejected).await? {
            Recorded::Taken { .. } => Became::Rejected,
            Recorded::NotInForce | Recorded::Retired => Became::NotInForce,
        })
    }
}

/// What became of a body.
#[derive(Clone, Copy)]
enum Became {
    Taken,
    Ignored,
    NotAuthentic,
    Rejected,
    NotOpened,
    NotInForce,
}

impl Became {
    fn of(self, replayed: &mut Replayed) -> &mut u32 {
        match self {
            Self::Taken => &mut replayed.taken,
            Self::Ignored => &mut replayed.ignored,
            Self::NotAuthentic => &mut replayed.not_authentic,
            Self::Rejected => &mut replayed.rejected,
            Self::NotOpened => &mut replayed.not_opened,
            Self::NotInForce => &mut replayed.not_in_force,
        }
    }
}
