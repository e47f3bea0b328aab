//! What a new connection is told and asked: the settings of the session, and whether the schema is the one that this release needs.
//!
//! A schema that is older may take a statement all the same, and lack what goes with it (a trigger that counts, a column that another
//! function reads): so it is asked for before the first statement, in the round trip in which the settings go out. A newer one is
//! fine, since migrations expand first.

use deadpool_postgres::{ClientWrapper, HookError};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, SimpleQueryMessage};

include!(concat!(env!("OUT_DIR"), "/needed.rs"));

/// Each statement is planned once for a connection. By itself Postgres plans the first five runs of each anew, and goes on so for as
/// long as it takes the special plans for cheaper by more than the planning: an order's takes 4 ms to plan and 1 ms to run. Every
/// statement here finds its rows by indexes that hold whatever its parameters are.
///
/// A process that dies in the middle of a transaction would hold the locks of its orders for as long as TCP waits. One that ends otherwise
/// says nothing either, and a server would count its connection for as long: it is let go after a quarter of an hour without a word, about when Lambda
/// gives up an environment that nobody uses. One that is thawed later connects again.
const SETTINGS: &str = "set plan_cache_mode = force_generic_plan; set idle_in_transaction_session_timeout = '15s'; \
     set idle_session_timeout = '15min'";

/// The last migration that ran. The table is refinery's.
const LAST: &str = "select max(version) from refinery_schema_history";

/// Settles a new connection, in one round trip.
///
/// # Errors
/// A message where the schema is older than [`NEEDED`].
pub(super) async fn settle(client: &ClientWrapper) -> Result<(), HookError> {
    match client.simple_query(&format!("{SETTINGS}; {LAST}")).await {
        Ok(messages) => new_enough(last(&messages)).map_err(HookError::message),
        Err(error) => match error.code() {
            Some(&SqlState::UNDEFINED_TABLE) => new_enough(None).map_err(HookError::message),
            // A role that may not read the table cannot know; the settings were taken back with the question.
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => client.batch_execute(SETTINGS).await.map_err(HookError::Backend),
            _ => Err(HookError::Backend(error)),
        },
    }
}

/// Asks a connection that was settled before.
///
/// # Errors
/// The connection's; that of an older schema is the inner one.
pub(super) async fn ask(client: &ClientWrapper) -> Result<Result<(), String>, Error> {
    match client.simple_query(LAST).await {
        Ok(messages) => Ok(new_enough(last(&messages))),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(Ok(())),
        Err(error) => Err(error),
    }
}

fn last(messages: &[SimpleQueryMessage]) -> Option<i32> {
    messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
        _ => None,
    })
}

fn new_enough(last: Option<i32>) -> Result<(), String> {
    match last {
        Some(version) if version >= NEEDED => Ok(()),
        Some(version) => Err(format!("the database is at V{version}, and this release needs V{NEEDED}: run migrate")),
        None => Err(format!("the database has no schema yet, and this release needs V{NEEDED}: run migrate")),
    }
}
