//! Who calls: the operator, or who has a session's link.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lambda_http::Request;
use shared::db::keys;
use shared::db::setup::Link;
use shared::http::{self, Problem};
use shared::secrets::{Error, Secrets};
use subtle::ConstantTimeEq;

use crate::State;

/// How long the operator's token is believed before it is read again.
const FRESH: Duration = Duration::from_mins(1);

/// The operator's token, remembered by its hash.
pub(crate) struct Admin {
    secret: String,
    known: Mutex<Option<(Instant, String)>>,
}

impl Admin {
    pub(crate) fn new(secret: String) -> Self {
        Self { secret, known: Mutex::new(None) }
    }

    /// The hash of the token in force; none where an empty one is kept, which nobody has.
    async fn hash(&self, secrets: &Secrets) -> Result<Option<String>, Error> {
        if let Some((since, hash)) = &*self.known.lock().unwrap_or_else(PoisonError::into_inner)
            && since.elapsed() < FRESH
        {
            return Ok(Some(hash.clone()));
        }
        let text = secrets.text(&self.secret).await?;
        let token = text.trim();
        if token.is_empty() {
            tracing::error!("the operator's token is empty: nobody can come in as the operator");
            return Ok(None);
        }
        let hash = keys::hash(token);
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), hash.clone()));
        Ok(Some(hash))
    }
}

/// Who calls.
pub(crate) enum Caller {
    /// The operator of the deployment.
    Operator,
    /// Who has a session's link; whether it is in force is found out with the session.
    Link(Link),
}

impl Caller {
    /// The link, where it is not the operator.
    pub(crate) fn link(&self) -> Option<&Link> {
        match self {
            Self::Operator => None,
            Self::Link(link) => Some(link),
        }
    }
}

/// Who calls, by `Authorization: Bearer`.
///
/// # Errors
/// 401 for every way in which a token can be wrong; 503 when the operator's cannot be had.
pub(crate) async fn caller(state: &State, request: &Request) -> Result<Caller, Problem> {
    let token = http::bearer(request).ok_or_else(Problem::unauthorized_for_setup)?;
    if Link::is_meant(token) {
        return Link::parse(token).map(Caller::Link).ok_or_else(Problem::unauthorized_for_setup);
    }
    let hash = state.admin.hash(&state.secrets).await.map_err(|error| crate::without_secrets(request, &error))?;
    let presented = keys::hash(token);
    let is_operator = hash.is_some_and(|hash| bool::from(hash.as_bytes().ct_eq(presented.as_bytes())));
    if is_operator { Ok(Caller::Operator) } else { Err(Problem::unauthorized_for_setup()) }
}

/// Lets the operator alone through.
pub(crate) async fn operator(state: &State, request: &Request) -> Result<(), Problem> {
    match caller(state, request).await? {
        Caller::Operator => Ok(()),
        Caller::Link(_) => Err(Problem::unauthorized_for_setup()),
    }
}

/// What the operator did, for who asks later. No value of a secret.
pub(crate) fn told(request: &Request, caller: &Caller, subject: &str, act: &str) {
    let by = if matches!(caller, Caller::Operator) { "operator" } else { "link" };
    tracing::info!(request.id = http::request_id(request), subject, by, act, "setup");
}
