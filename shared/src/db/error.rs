//! Why the database did not do it, and whether it may do it the next time.

use thiserror::Error;
use tokio_postgres::error::SqlState;

use super::{Distrust, STATEMENT_TIMEOUT};
use crate::secrets;

/// Why the database did not do it.
#[derive(Debug, Error)]
pub enum Error {
    /// The URL cannot be read. The text never holds it.
    #[error("the database URL: {0}")]
    Url(String),
    /// The URL's secret is not to be had.
    #[error("the database URL's secret")]
    Secret(#[source] secrets::Error),
    /// No connection.
    #[error("no connection to Postgres")]
    Connect(#[source] tokio_postgres::Error),
    /// No TLS connection as `sslmode` asks for it.
    #[error("no connection to Postgres: {0}")]
    Tls(Distrust, #[source] tokio_postgres::Error),
    /// No connection in time.
    #[error("no connection to Postgres in time")]
    ConnectTimeout,
    /// A statement failed.
    #[error("a statement failed")]
    Statement(#[source] tokio_postgres::Error),
    /// A statement took too long.
    #[error("a statement took longer than {} s", STATEMENT_TIMEOUT.as_secs())]
    StatementTimeout,
    /// A connection does not even answer a question that needs no work.
    #[error("the database does not answer")]
    Silent,
    /// The database's schema is older than this release needs. The text says what it is at.
    #[error("{0}")]
    Schema(String),
    /// A row that our own constraints should have ruled out.
    #[error("unexpected value in {table}.{column}")]
    Inconsistent {
        /// Where.
        table: &'static str,
        /// Which column.
        column: &'static str,
    },
    /// A race was lost, each time that it was run.
    #[error("a concurrent change, again and again")]
    Race,
}

impl Error {
    /// Why there is no connection.
    pub(super) fn connect(error: tokio_postgres::Error) -> Self {
        match Distrust::of(&error) {
            Some(why) => Self::Tls(why, error),
            None => Self::Connect(error),
        }
    }

    /// Whether the login was refused: the password may have been rotated.
    pub(super) fn is_refused_login(&self) -> bool {
        let Self::Connect(error) = self else { return false };
        matches!(error.code(), Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION))
    }

    /// Whether the database was out of reach, rather than against the statement: the same may succeed some seconds later.
    pub fn is_outage(&self) -> bool {
        let unreached = matches!(self, Self::Secret(_) | Self::Connect(_) | Self::Tls(..) | Self::ConnectTimeout);
        unreached || self.is_dead_connection()
    }

    /// Whether the connection itself failed, rather than the statement on it.
    pub(super) fn is_dead_connection(&self) -> bool {
        match self {
            Self::StatementTimeout | Self::Silent => true,
            Self::Statement(error) => {
                error.is_closed()
                    || error
                        .code()
                        .is_none_or(|code| matches!(*code, SqlState::ADMIN_SHUTDOWN | SqlState::CRASH_SHUTDOWN))
            }
            _ => false,
        }
    }

    /// Whether the same statement can succeed at once: the connection had died, or a concurrent change won (a purge may
    /// delete a click while another statement is about to point at it, and the other way round).
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Race | Self::Silent => true,
            Self::Statement(error) => {
                self.is_dead_connection()
                    || error.code().is_some_and(|code| {
                        matches!(
                            *code,
                            SqlState::T_R_DEADLOCK_DETECTED
                                | SqlState::T_R_SERIALIZATION_FAILURE
                                | SqlState::UNIQUE_VIOLATION
                                | SqlState::FOREIGN_KEY_VIOLATION
                        )
                    })
            }
            _ => false,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Statement(error)
    }
}
