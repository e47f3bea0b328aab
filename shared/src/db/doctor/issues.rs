//! Issues: a row from when something was first found until it was looked for and not found.

use deadpool_postgres::Client;
use serde::Serialize;
use tokio_postgres::Row;

use super::super::Error;
use crate::domain::doctor::{Code, Detail, Findings};
use crate::domain::setup::Locale;
use crate::ids;
use crate::keyset::{Cursor, Page};

/// An issue as it is kept. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its id.
    pub id: String,
    /// What.
    pub code: Code,
    /// With which of several; empty where there is one of it.
    pub subject: String,
    /// What its text names.
    pub detail: Detail,
    /// Since when.
    pub first_seen_at: i64,
    /// When it was last found.
    pub last_seen_at: i64,
    /// When it was not found any more.
    pub ended_at: Option<i64>,
}

/// An issue on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    id: String,
    code: &'static str,
    severity: &'static str,
    area: &'static str,
    subject: String,
    message: String,
    fix: String,
    detail: Detail,
    first_seen_at: i64,
    last_seen_at: i64,
    ended_at: Option<i64>,
}

impl Issue {
    /// As it is answered.
    pub fn told(&self, locale: Locale) -> Told {
        let (message, fix) = self.code.told(locale, &self.detail);
        Told {
            id: self.id.clone(),
            code: self.code.as_str(),
            severity: self.code.severity().as_str(),
            area: self.code.area().as_str(),
            subject: self.subject.clone(),
            message,
            fix,
            detail: self.detail.clone(),
            first_seen_at: self.first_seen_at,
            last_seen_at: self.last_seen_at,
            ended_at: self.ended_at,
        }
    }

    /// None of a code that this release does not know: a later one wrote it.
    fn read(row: &Row) -> Result<Option<Self>, Error> {
        let Some(code) = Code::parse(row.try_get("code")?) else { return Ok(None) };
        let inconsistent = |_| Error::Inconsistent { table: "tenant_issues", column: "detail" };
        Ok(Some(Self {
            id: row.try_get("id")?,
            code,
            subject: row.try_get("subject")?,
            detail: serde_json::from_str(row.try_get("detail")?).map_err(inconsistent)?,
            first_seen_at: row.try_get("first_seen_at")?,
            last_seen_at: row.try_get("last_seen_at")?,
            ended_at: row.try_get("ended_at")?,
        }))
    }
}

/// Columns of an issue, by which [`Issue::read`] finds them.
macro_rules! columns {
    () => {
        "i.id, i.code, i.subject, i.detail::text as detail, extract(epoch from i.first_seen_at)::bigint as first_seen_at,
           extract(epoch from i.last_seen_at)::bigint as last_seen_at, extract(epoch from i.ended_at)::bigint as ended_at,
           (extract(epoch from i.first_seen_at) * 1000000)::bigint as at_us"
    };
}

/// The statement of [`record`], for who measures or explains it.
pub const RECORD: &str = concat!(
    "
    with found as (
        select f.* from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as f(id, code, severity, subject, detail)
    ), examined as (
        update tenants
        set examined_at = clock(), examine_at = case when examine_at <= clock() then examine_at else clock() + interval '24 hours' end
        where id = $1 returning id
    ), seen as (
        insert into tenant_issues as i (tenant_id, id, code, severity, subject, detail, first_seen_at, last_seen_at)
        select examined.id, found.id, code, severity, subject, detail::jsonb, clock(), clock()
        from found, examined order by code, subject
        on conflict (tenant_id, code, subject) where ended_at is null
        do update set severity = excluded.severity, detail = excluded.detail, last_seen_at = excluded.last_seen_at
        returning i.*
    ), ended as (
        update tenant_issues i set ended_at = clock()
        where i.tenant_id = $1 and i.ended_at is null and i.code <> all ($7::text[])
          and not exists (select from found where found.code = i.code and found.subject = i.subject)
    ), open as (
        select * from seen
        union all
        select i.* from tenant_issues i
        where i.tenant_id = $1 and i.ended_at is null and i.code = any ($7)
          and not exists (select from found where found.code = i.code and found.subject = i.subject)
    )
    select ",
    columns!(),
    " from open i"
);

/// Keeps what an examination found: what is open already is seen again, what was not found is ended, what was not judged stays as it was.
/// Gives all that is open now, in the order of the codes. The tenant is due again in a day; one that became due
/// while it was looked at (its token was replaced) stays due.
pub async fn record(client: &Client, tenant_id: &str, findings: &Findings) -> Result<Vec<Issue>, Error> {
    let statement = client.prepare_cached(RECORD).await?;
    let of = |part: &dyn Fn(&crate::domain::doctor::Finding) -> String| -> Vec<String> {
        findings.found.iter().map(part).collect()
    };
    let ids = of(&|_| ids::new_id());
    let codes = of(&|it| it.code.as_str().to_owned());
    let severities = of(&|it| it.code.severity().as_str().to_owned());
    let subjects = of(&|it| it.subject.clone());
    let details = of(&|it| serde_json::to_string(&it.detail).unwrap_or_else(|_| "{}".to_owned()));
    let unjudged: Vec<&str> = findings.unjudged.iter().map(|code| code.as_str()).collect();
    let rows =
        client.query(&statement, &[&tenant_id, &ids, &codes, &severities, &subjects, &details, &unjudged]).await?;
    let mut open = known(&rows)?;
    open.sort_by_key(|it| (Code::ALL.iter().position(|code| *code == it.code), it.subject.clone()));
    Ok(open)
}

fn known(rows: &[Row]) -> Result<Vec<Issue>, Error> {
    rows.iter().filter_map(|row| Issue::read(row).transpose()).collect()
}

/// Which issues a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those that were found last time.
    Open,
    /// Those that are over.
    Ended,
    /// All that are kept.
    All,
}

/// The statement of [`list`], for who measures or explains it.
pub const LIST: &str = concat!(
    "
    select ",
    columns!(),
    "
    from (select id from tenants where id = $1) t left join lateral (
        select * from tenant_issues i
        where i.tenant_id = $1 and ($2::boolean is null or (i.ended_at is null) = $2)
          and (i.first_seen_at, i.id) < (timestamptz 'epoch' + $3::bigint * interval '1 microsecond', $4::text)
        order by i.first_seen_at desc, i.id desc limit $5
    ) i on true"
);

/// A page of a tenant's issues, the newest first, and the place of the last one if there is another page; `None` where there is no such
/// tenant.
pub async fn list(
    client: &Client,
    tenant_id: &str,
    which: Which,
    page: &Page,
) -> Result<Option<(Vec<Issue>, Option<Cursor>)>, Error> {
    let statement = client.prepare_cached(LIST).await?;
    let is_open = match which {
        Which::Open => Some(true),
        Which::Ended => Some(false),
        Which::All => None,
    };
    let (at_us, id) = page.before();
    let rows = client.query(&statement, &[&tenant_id, &is_open, &at_us, &id, &page.one_more()]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    if first.try_get::<_, Option<&str>>("id")?.is_none() {
        return Ok(Some((Vec::new(), None)));
    }
    let place = |row: &Row| Ok::<_, Error>(Cursor::new(row.try_get("at_us")?, row.try_get("id")?));
    let (issues, next) = page.cut(&rows, Issue::read, place)?;
    Ok(Some((issues.into_iter().flatten().collect(), next)))
}
