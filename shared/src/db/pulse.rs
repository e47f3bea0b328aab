//! Whether a connection that was not used for a while is still there.
//!
//! While an environment is frozen, a machine on the way may forget its connection, or the server may go without a word. Then whatever is
//! sent is never answered, and TCP goes on for minutes. So the first statement after a pause goes out together with one without effect, which a
//! server answers at once: in the same round trip, and without any doubt whether the statement itself is only slow.

use std::future;
use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::Client;
use futures_util::StreamExt as _;
use tokio_postgres::SimpleQueryStream;

/// How long the answer may take. A server that needs longer for nothing at all is not there for a request either.
const PULSE: Duration = Duration::from_secs(2);

/// Sends the statement without effect, and does not wait for it.
pub(super) async fn ask(client: &Client) -> Option<SimpleQueryStream> {
    // A connection that is known to be closed fails the statement itself.
    client.simple_query_raw("").await.ok()
}

/// Ends when no answer came in time, and never when one came or nobody was asked.
pub(super) async fn lost(pulse: Option<SimpleQueryStream>) {
    let Some(pulse) = pulse else { return future::pending().await };
    if tokio::time::timeout(PULSE, pin!(pulse).next()).await.is_ok() {
        future::pending::<()>().await;
    }
}
