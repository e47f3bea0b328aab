//! All sessions, for the operator.

use deadpool_postgres::Client;

use super::super::Error;

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
    /// What the next part of the list begins after.
    pub cursor: String,
}

/// The statement of [`list`], for who explains it.
pub const LIST: &str = "
    select s.id, s.input #>> '{business,name}' as name, t.status::text as tenant_status, s.step,
           extract(epoch from s.updated_at)::bigint as updated_at,
           (extract(epoch from s.created_at) * 1000000)::bigint as made_us
    from setup_sessions s left join tenants t on t.id = s.tenant_id
    where (s.created_at, s.id) < (coalesce(timestamptz 'epoch' + $1::bigint * interval '1 microsecond', 'infinity'), coalesce($2, ''))
    order by s.created_at desc, s.id desc limit $3";

/// Sessions by when they were made, the newest first; those after a cursor, where there is one. A cursor that is none begins anew.
pub async fn list(client: &Client, after: Option<&str>, limit: i64) -> Result<Vec<Listed>, Error> {
    let (made_us, id) = after
        .and_then(|it| it.split_once('_'))
        .and_then(|(at, id)| Some((at.parse::<i64>().ok().filter(|it| it.abs() < 1 << 55)?, id)))
        .unzip();
    let statement = client.prepare_cached(LIST).await?;
    let rows = client.query(&statement, &[&made_us, &id, &limit]).await?;
    rows.iter()
        .map(|row| {
            let (id, made_us): (String, i64) = (row.try_get("id")?, row.try_get("made_us")?);
            Ok(Listed {
                cursor: format!("{made_us}_{id}"),
                id,
                name: row.try_get("name")?,
                tenant_status: row.try_get("tenant_status")?,
                step: row.try_get("step")?,
                updated_at: row.try_get("updated_at")?,
            })
        })
        .collect()
}
