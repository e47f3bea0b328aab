//! Wrong tokens that count no more.

use deadpool_postgres::Client;

use super::super::attempts::MINUTES;
use super::{Error, count};

/// The statement of [`purge`], for who measures or explains it.
pub const PURGE: &str = "
    with old as (
        select address_hash from wrong_tokens where since <= clock() - make_interval(mins => $1::int)
        order by since limit 1000 for update skip locked
    ), gone as (
        delete from wrong_tokens where address_hash = any(array(select address_hash from old)) returning 1
    )
    select count(*) from gone";

/// Deletes a batch of addresses' counts whose window is over. Gives how many.
pub async fn purge(client: &Client) -> Result<u64, Error> {
    count(client, PURGE, &[&MINUTES]).await
}
