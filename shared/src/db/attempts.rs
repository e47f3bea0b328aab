//! Wrong tokens, counted by the address that they came from.

use deadpool_postgres::Client;

use super::Error;

/// How many wrong tokens an address has in a window of time.
pub const MOST: i32 = 20;
/// How long the window is, in minutes. It begins with the first wrong token, and anew with the one that is the last allowed.
pub const MINUTES: i32 = 10;

/// What a count came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Wrong tokens of this address in the window, this one among them.
    pub attempts: i32,
    /// Seconds until the window ends, 1 or more.
    pub left_s: i32,
}

/// The statement of [`count`], for who measures or explains it.
pub const COUNT: &str = "
    insert into wrong_tokens as w (address_hash, since, attempts) values ($1::text, clock(), 1)
    on conflict (address_hash) do update
        set attempts = case when w.since <= clock() - make_interval(mins => $3::int) then 1 else w.attempts + 1 end,
            since = case when w.since <= clock() - make_interval(mins => $3) or w.attempts + 1 = $2::int then clock() else w.since end
    returning attempts, greatest(1, ceil(extract(epoch from since + make_interval(mins => $3) - clock())))::int as left_s";

/// Counts a wrong token of an address, which comes as its hash.
pub async fn count(client: &Client, address_hash: &str) -> Result<Counted, Error> {
    let statement = client.prepare_cached(COUNT).await?;
    let row = client.query_one(&statement, &[&address_hash, &MOST, &MINUTES]).await?;
    Ok(Counted { attempts: row.try_get("attempts")?, left_s: row.try_get("left_s")? })
}
