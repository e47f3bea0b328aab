//! All sessions, for the operator.

use deadpool_postgres::Client;
use tokio_postgres::Row;

use super::super::Error;
use crate::keyset::{Cursor, Page};

/// A session of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// The business's name, once it is entered.
    pub name: Option<String>,
    /// The tenant's status, once there is one.
    pub tenant_status: Option<String>,
    /// The next step when it was written last.
    pub step: String,
    /// When it was written last; Unix seconds.
    pub updated_at: i64,
}

/// The statement of [`list`], for who explains it.
pub const LIST: &str = "
    select s.id, s.input #>> '{business,name}' as name, t.status::text as tenant_status, s.step,
           extract(epoch from s.updated_at)::bigint as updated_at,
           (extract(epoch from s.created_at) * 1000000)::bigint as made_us
    from setup_sessions s left join tenants t on t.id = s.tenant_id
    where (s.created_at, s.id) < (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::text)
    order by s.created_at desc, s.id desc limit $3";

/// A page of sessions by when they were made, the newest first.
pub async fn list(client: &Client, page: &Page) -> Result<(Vec<Listed>, Option<Cursor>), Error> {
    let (made_us, id) = page.before();
    let statement = client.prepare_cached(LIST).await?;
    let rows = client.query(&statement, &[&made_us, &id, &page.one_more()]).await?;
    page.cut(&rows, listed, |row| Ok(Cursor::new(row.try_get("made_us")?, row.try_get("id")?)))
}

fn listed(row: &Row) -> Result<Listed, Error> {
    Ok(Listed {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        tenant_status: row.try_get("tenant_status")?,
        step: row.try_get("step")?,
        updated_at: row.try_get("updated_at")?,
    })
}
