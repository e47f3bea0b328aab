//! Who calls: the operator, or who has a session's link.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lambda_http::Request;
use shared::db::keys;
use shared::db::logins::Credential;
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
    presented(state, request, http::bearer(request).ok_or_else(Problem::unauthorized_for_setup)?).await
}

/// Who calls, by a token that somebody presents.
///
/// # Errors
/// As [`caller`].
pub(crate) async fn presented(state: &State, request: &Request, token: &str) -> Result<Caller, Problem> {
    if Link::is_meant(token) {
        return Link::parse(token).map(Caller::Link).ok_or_else(Problem::unauthorized_for_setup);
    }
    if is_operator(state, request, &keys::hash(token)).await? {
        Ok(Caller::Operator)
    } else {
        Err(Problem::unauthorized_for_setup())
    }
}

/// Who is logged in with what was presented before; none where the operator's token is another one since.
///
/// # Errors
/// 503 when the operator's token cannot be had.
pub(crate) async fn remembered(
    state: &State,
    request: &Request,
    credential: Credential,
) -> Result<Option<Caller>, Problem> {
    Ok(match credential {
        Credential::Operator { hash } => is_operator(state, request, &hash).await?.then_some(Caller::Operator),
        Credential::Link { session_id, hash } => Some(Caller::Link(Link::remembered(session_id, hash))),
        Credential::Key { .. } => None,
    })
}

/// Whether this is the hash of the operator's token.
async fn is_operator(state: &State, request: &Request, presented: &str) -> Result<bool, Problem> {
    let hash = state.admin.hash(&state.secrets).await.map_err(|error| crate::without_secrets(request, &error))?;
    Ok(hash.is_some_and(|hash| bool::from(hash.as_bytes().ct_eq(presented.as_bytes()))))
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
