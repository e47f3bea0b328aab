//! What people changed, one row each: who, when, what, from where. No secret, and nothing of a seller's buyers.
//!
//! A row is written by the statement, or in the transaction, of the change that it tells of; it is there exactly when the change is.
//! What changes outside of Postgres (a secret in Secrets Manager) is told of by the statement that follows it.

use std::fmt;
use std::net::IpAddr;

use deadpool_postgres::{Client, GenericClient};
use serde::Serialize;
use serde_json::{Value, json};
use tokio_postgres::Row;
use utoipa::ToSchema;

use super::Error;
use crate::domain::access::Act;
use crate::ids;
use crate::keyset::{Cursor, Page};

/// The part of a statement that writes an entry, which is a parameter and may be null, for the tenant of an expression: once for each
/// row of `from`. `detail` is an expression that is added to the entry's own. Running it again writes it once.
macro_rules! audited {
    ($tenant:literal, $entry:literal, $detail:literal, $from:literal) => {
        concat!(
            "audited as (
        insert into audit (tenant_id, id, at, who, act, subject, detail, ip)
        select ",
            $tenant,
            ", told.it ->> 'id', clock(), told.it ->> 'who', told.it ->> 'act', told.it ->> 'subject', (told.it -> 'detail') || ",
            $detail,
            ", (told.it ->> 'ip')::inet
        from (select ",
            $entry,
            "::text::jsonb as it) told, ",
            $from,
            " where told.it is not null
        on conflict do nothing
    )"
        )
    };
}
pub(in crate::db) use audited;

/// Who changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The operator.
    Operator,
    /// Who has the link of this setup session.
    Link(String),
    /// Who has the API key with this id.
    Key(String),
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Link(session_id) => write!(f, "link:{session_id}"),
            Self::Key(key_id) => write!(f, "key:{key_id}"),
        }
    }
}

/// A change that is about to be made.
#[derive(Clone)]
pub struct Entry {
    /// What.
    pub act: Act,
    /// Who.
    pub by: By,
    /// The id of what is changed.
    pub subject: String,
    json: String,
}

impl Entry {
    /// An entry, with an id of its own, so that a statement that is run again writes it once. `detail` is an object without a secret or
    /// personal data.
    pub fn new(by: By, ip: Option<IpAddr>, act: Act, subject: &str, detail: &Value) -> Self {
        let json = json!({
            "id": ids::new_id(), "who": by.to_string(), "act": act.as_str(), "subject": subject, "detail": detail, "ip": ip,
        });
        Self { act, by, subject: subject.to_owned(), json: json.to_string() }
    }

    /// The operator's, by a program at the database.
    pub fn by_program(act: Act, subject: &str) -> Self {
        Self::new(By::Operator, None, act, subject, &json!({}))
    }

    /// As a statement takes it.
    pub(in crate::db) fn text(&self) -> &str {
        &self.json
    }
}

/// Writes an entry by itself: tenant and entry.
pub(in crate::db) const WRITE: &str = concat!("with ", audited!("$1::text", "$2", "'{}'", "(select) one"), " select");

/// Writes an entry by itself.
pub async fn write(client: &impl GenericClient, tenant_id: &str, entry: &Entry) -> Result<(), Error> {
    client.execute(WRITE, &[&tenant_id, &entry.text()]).await?;
    Ok(())
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Change)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// When; Unix seconds.
    pub at: i64,
    /// `operator`, `link:<session>` or `key:<key>`.
    pub who: String,
    /// What.
    pub act: String,
    /// The id of what was changed.
    pub subject: String,
    /// What there is to say of it.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// From where; unknown for a program at the database.
    pub ip: Option<String>,
}

/// The statement of [`list`], for who measures or explains it.
pub const LIST: &str = "
    select id, extract(epoch from at)::bigint as at_s, (extract(epoch from at) * 1000000)::bigint as at_us, who, act, subject,
           detail::text as detail, host(ip) as ip
    from audit
    where tenant_id = $1 and (at, id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
    order by at desc, id desc limit $4";

/// A page of a tenant's changes, the newest first.
pub async fn list(client: &Client, tenant_id: &str, page: &Page) -> Result<(Vec<Told>, Option<Cursor>), Error> {
    let statement = client.prepare_cached(LIST).await?;
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &at_us, &id, &page.one_more()]).await?;
    page.cut(&rows, told, |row| Ok(Cursor::new(row.try_get("at_us")?, row.try_get("id")?)))
}

fn told(row: &Row) -> Result<Told, Error> {
    let detail: &str = row.try_get("detail")?;
    Ok(Told {
        id: row.try_get("id")?,
        at: row.try_get("at_s")?,
        who: row.try_get("who")?,
        act: row.try_get("act")?,
        subject: row.try_get("subject")?,
        detail: serde_json::from_str(detail).map_err(|_| Error::Inconsistent { table: "audit", column: "detail" })?,
        ip: row.try_get("ip")?,
    })
}
