//! Whose turn it is to be examined.

use deadpool_postgres::Client;

use super::super::Error;

/// The statement of [`next`], for who measures or explains it.
pub const NEXT: &str = "
    with due as (
        select id from tenants where status = 'active' and examine_at <= clock()
        order by examine_at limit 60 for no key update skip locked
    )
    update tenants t set examine_at = clock() + interval '1 hour' from due where t.id = due.id returning t.id";

/// Takes the active tenants whose examination is due, those that wait longest first, 60 at the most: 86,400 a day, and never so many at
/// once that the dispatchers have nothing else to do.
///
/// Each is due again in an hour, so that one whose examination came to nothing is not forgotten; an examination that is done moves it
/// on by a day. Two runs at once take different ones.
pub async fn next(client: &Client) -> Result<Vec<String>, Error> {
    let statement = client.prepare_cached(NEXT).await?;
    client.query(&statement, &[]).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
