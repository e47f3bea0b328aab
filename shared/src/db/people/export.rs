//! All that is kept of a person, part by part.

use deadpool_postgres::Client;
use serde_json::{Map, Value};
use tokio_postgres::Row;

use super::super::Error;
use super::{Person, person};
use crate::http::Problem;
use crate::keyset::{Cursor, Page};

/// The most rows of a part.
const ROWS_MAX: u32 = 1000;
/// What a part may have in bytes: an answer of Lambda has 6 MB, in which each quote takes two.
const BYTES_MAX: usize = 2_500_000;

/// What is kept, by its table.
const KINDS: [&str; 5] = ["identities", "clicks", "orders", "conversions", "deliveries"];

/// The statement of [`export`], for who measures or explains it. One delivery makes rows of one id in one moment, so a row's place names
/// its table too.
pub const EXPORT: &str = concat!(
    person!(),
    ", own (kind, at, id) as (
        select 'identities', i.created_at, i.id from identities i where i.tenant_id = $1 and i.id = any(array(select id from seen))
        union all
        select 'clicks', c.created_at, c.id from clicks c where c.tenant_id = $1 and c.id = any(array(select id from visit))
        union all
        select 'orders', r.created_at, r.id from orders r
        where r.tenant_id = $1 and r.order_key = any(array(select order_key from placed))
        union all
        select 'conversions', c.created_at, c.id from conversions c
        where c.tenant_id = $1 and c.order_key = any(array(select order_key from placed))
        union all
        select 'deliveries', d.received_at, d.id from deliveries d
        where d.tenant_id = $1 and d.order_key = any(array(select order_key from placed))
    ), placed_row as (
        select kind, at, id, (left(kind, 2) || '-' || id) collate \"C\" as place from own
    ), part as materialized (
        select * from placed_row where (at, place) < (timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::text)
        order by at desc, place desc limit $6
    )
    select part.kind, (extract(epoch from part.at) * 1000000)::bigint as at_us, part.place, (case part.kind
        when 'identities' then (select to_jsonb(i) from identities i where i.tenant_id = $1 and i.id = part.id)
        when 'clicks' then (select to_jsonb(c) from clicks c where c.tenant_id = $1 and c.id = part.id)
        when 'orders' then (select to_jsonb(r) from orders r where r.tenant_id = $1 and r.id = part.id)
        when 'conversions' then (select to_jsonb(c) from conversions c where c.tenant_id = $1 and c.id = part.id)
        when 'deliveries' then (select to_jsonb(d) from deliveries d where d.tenant_id = $1 and d.id = part.id) end - 'tenant_id')::text as it
    from tenants t left join part on true where t.id = $1
    order by part.at desc, part.place desc"
);

/// A part of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Rows as they are kept, the newest first: `{identities, clicks, orders, conversions, deliveries}`.
    pub person: Value,
    /// What the next part comes after, if there is one.
    pub next: Option<Cursor>,
}

/// The page of an export behind the part before.
///
/// # Errors
/// 400 for a text that no part has given.
pub fn part_behind(after: Option<&str>) -> Result<Page, Problem> {
    Page::behind(None, ROWS_MAX).after(after)
}

struct Kept {
    kind: usize,
    bytes: usize,
    it: Value,
    place: Cursor,
}

/// What is kept of a person, as it is kept, as much as fits into a part; `None` where there is no such tenant.
pub async fn export(client: &Client, tenant_id: &str, person: Person<'_>, page: &Page) -> Result<Option<Part>, Error> {
    let statement = client.prepare_cached(EXPORT).await?;
    let (at_us, place) = page.before();
    let rows = client
        .query(&statement, &[&tenant_id, &person.email_hash, &person.phone_hash, &at_us, &place, &page.one_more()])
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    if first.try_get::<_, Option<&str>>("kind")?.is_none() {
        return Ok(Some(part(Vec::new(), None)));
    }
    let (kept, next) = page.cut(&rows, kept, place_of)?;
    Ok(Some(part(kept, next)))
}

fn place_of(row: &Row) -> Result<Cursor, Error> {
    Ok(Cursor::new(row.try_get("at_us")?, row.try_get("place")?))
}

fn kept(row: &Row) -> Result<Kept, Error> {
    let inconsistent = || Error::Inconsistent { table: "identities", column: "export" };
    let (kind, it): (&str, &str) = (row.try_get("kind")?, row.try_get("it")?);
    Ok(Kept {
        kind: KINDS.iter().position(|it| *it == kind).ok_or_else(inconsistent)?,
        bytes: it.len(),
        it: serde_json::from_str(it).map_err(|_| inconsistent())?,
        place: place_of(row)?,
    })
}

/// As many of the rows as fit, one at least.
fn part(rows: Vec<Kept>, next: Option<Cursor>) -> Part {
    let mut lists: [Vec<Value>; KINDS.len()] = Default::default();
    let (mut bytes, mut last, mut next) = (0, None, next);
    for row in rows {
        bytes += row.bytes;
        if bytes > BYTES_MAX && last.is_some() {
            next = last;
            break;
        }
        if let Some(list) = lists.get_mut(row.kind) {
            list.push(row.it);
        }
        last = Some(row.place);
    }
    let lists = KINDS.iter().zip(lists).map(|(kind, list)| ((*kind).to_owned(), Value::Array(list)));
    Part { person: Value::Object(lists.collect::<Map<_, _>>()), next }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at_us: i64, bytes: usize) -> Kept {
        Kept { kind: 1, bytes, it: Value::from(at_us), place: Cursor::new(at_us, "cl-a".to_owned()) }
    }

    #[test]
    fn a_part_ends_before_the_row_that_does_not_fit_and_the_next_begins_there() {
        let end = Some(Cursor::new(1, "cl-z".to_owned()));
        let all = part(vec![row(9, BYTES_MAX / 2), row(8, BYTES_MAX / 2)], end.clone());
        assert_eq!((&all.person["clicks"], all.next), (&serde_json::json!([9, 8]), end.clone()));
        let cut = part(vec![row(9, BYTES_MAX / 2), row(8, BYTES_MAX / 2), row(7, 1)], end.clone());
        assert_eq!((&cut.person["clicks"], cut.next), (&serde_json::json!([9, 8]), Some(row(8, 0).place)));
        let large = part(vec![row(9, BYTES_MAX + 1), row(8, 1)], None);
        assert_eq!((&large.person["clicks"], large.next), (&serde_json::json!([9]), Some(row(9, 0).place)));
    }
}
