//! A transaction of several statements in one round trip: all of them are on their way before the first is answered.

use std::future::poll_fn;
use std::iter;
use std::pin::Pin;
use std::task::Poll;

use deadpool_postgres::Client;
use futures_util::future::{MaybeDone, maybe_done};
use tokio_postgres::Row;

use super::Error;
use crate::platforms::Platform;

/// Takes the locks of a tenant's (`$1`) orders by their keys (`$2`) until the transaction ends; always in one order, so that two that
/// want several do not wait for each other.
const LOCK: &str = "
    select pg_advisory_xact_lock(hash)
    from (select hashtextextended($1::text || '|' || key, 0) as hash from unnest($2::text[]) key order by 1) locks";

/// A statement on its way.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + Send + 'a>>;

/// Runs statements with the locks of these orders, and of what else may name each, in a transaction, in their order. Each must send what it has to send when it is
/// polled first, as those of tokio-postgres do with a prepared statement.
///
/// # Errors
/// The first of them; then nothing was changed.
pub(super) async fn with_locks(
    client: &Client,
    tenant_id: &str,
    order_keys: &[&str],
    statements: Vec<Running<'_>>,
) -> Result<Vec<Row>, Error> {
    let lock = client.prepare_cached(LOCK).await?;
    let names: Vec<&str> =
        order_keys.iter().flat_map(|key| iter::once(*key).chain(Platform::shorter_names(key))).collect();
    let locked: Running<'_> = Box::pin(async { client.query(&lock, &[&tenant_id, &names]).await });
    let all = iter::once(locked).chain(statements).collect();
    let rows = transaction(client, all).await?;
    Ok(rows.into_iter().skip(1).flatten().collect())
}

async fn transaction(client: &Client, statements: Vec<Running<'_>>) -> Result<Vec<Vec<Row>>, Error> {
    let (begun, done, committed) = tokio::join!(
        biased;
        client.batch_execute("begin"),
        in_order(statements),
        // After a statement that failed it takes all back.
        client.batch_execute("commit"),
    );
    begun?;
    let done = done.into_iter().collect::<Result<_, _>>()?;
    committed?;
    Ok(done)
}

/// The outputs of futures that are polled in the order of the list.
async fn in_order<F: Future + Unpin>(futures: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<MaybeDone<F>> = futures.into_iter().map(maybe_done).collect();
    poll_fn(|context| {
        let mut state = Poll::Ready(());
        for future in &mut all {
            if Pin::new(future).poll(context).is_pending() {
                state = Poll::Pending;
            }
        }
        state
    })
    .await;
    all.iter_mut().filter_map(|future| Pin::new(future).take_output()).collect()
}
