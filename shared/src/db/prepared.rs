//! A statement that every request runs.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use deadpool_postgres::{Client, StatementCache};
use tokio_postgres::Statement;

/// Finds the statement of a text on a connection.
///
/// The pool's cache hashes the text each time that it is asked, which for a long one takes as long as to read the request.
/// This remembers what it said last, and of which connection.
pub(super) struct Prepared {
    text: &'static str,
    last: Mutex<Option<(Weak<StatementCache>, Statement)>>,
}

impl Prepared {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, last: Mutex::new(None) }
    }

    /// The statement, prepared on this connection the first time.
    pub(super) async fn on(&self, client: &Client) -> Result<Statement, tokio_postgres::Error> {
        if let Some((connection, statement)) = &*self.last.lock().unwrap_or_else(PoisonError::into_inner)
            // While it is known by a weak pointer, its place in memory is no other's.
            && connection.as_ptr() == Arc::as_ptr(&client.statement_cache)
        {
            return Ok(statement.clone());
        }
        let statement = client.prepare_cached(self.text).await?;
        let last = (Arc::downgrade(&client.statement_cache), statement.clone());
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(statement)
    }
}
