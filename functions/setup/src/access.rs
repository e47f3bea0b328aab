//! Who calls: the operator, who has a session's link, or who has a tenant's API key; and whether they may.

mod admin;
pub(crate) mod attempts;
mod table;
mod tell;

use lambda_http::Request;
use shared::db::audit::By;
use shared::db::keys::{self, Held, PresentedKey};
use shared::db::logins::Credential;
use shared::db::setup::{self, Link};
use shared::domain::access::{Needs, Own, Verdict, Who, judge};
use shared::http::{self, Problem};

use crate::State;

pub(crate) use admin::Admin;
pub(crate) use attempts::Attempts;
pub(crate) use table::needs;
pub(crate) use tell::{entry, told};

/// Who calls.
pub(crate) enum Caller {
    /// The operator of the deployment.
    Operator,
    /// Who has a session's link; whether it is in force is found out with the session.
    Link(Link),
    /// Who has a key in force, with its tenant, its id and its scopes.
    Key(Held),
}

impl Caller {
    /// As it is told of.
    pub(crate) fn by(&self) -> By {
        match self {
            Self::Operator => By::Operator,
            Self::Link(link) => By::Link(link.session_id.clone()),
            Self::Key(key) => By::Key(key.id.clone()),
        }
    }
}

/// Who calls, by `Authorization: Bearer`.
///
/// # Errors
/// 401 for every way in which a token can be wrong; 429 after too many of them; 503 when it cannot be found out.
pub(crate) async fn caller(state: &State, request: &Request) -> Result<Caller, Problem> {
    presented(state, request, http::bearer(request).ok_or_else(Problem::unauthorized_for_setup)?).await
}

/// Who calls, by a token that somebody presents.
///
/// # Errors
/// As [`caller`].
pub(crate) async fn presented(state: &State, request: &Request, token: &str) -> Result<Caller, Problem> {
    if token.is_empty() {
        return Err(Problem::unauthorized_for_setup());
    }
    attempts::refuse_blocked(state, request)?;
    match recognised(state, request, token).await? {
        Some(caller) => Ok(caller),
        None => Err(attempts::wrong(state, request, Problem::unauthorized_for_setup()).await),
    }
}

/// Who has this token; none where nobody has. A link is taken by its shape.
async fn recognised(state: &State, request: &Request, token: &str) -> Result<Option<Caller>, Problem> {
    if Link::is_meant(token) {
        return Ok(Link::parse(token).map(Caller::Link));
    }
    if PresentedKey::is_meant(token) {
        let Some(presented) = &PresentedKey::parse(token) else { return Ok(None) };
        let held = state.db.run(|client| async move { keys::held(&client, presented).await }).await;
        return Ok(held.map_err(|error| crate::unavailable(request, &error))?.map(Caller::Key));
    }
    Ok(is_operator(state, request, &keys::hash(token)).await?.then_some(Caller::Operator))
}

/// Who is logged in with what was presented before; none where that is in force no longer. Of a link it is found out with the session.
///
/// # Errors
/// 503 when it cannot be found out.
pub(crate) async fn remembered(
    state: &State,
    request: &Request,
    credential: Credential,
) -> Result<Option<Caller>, Problem> {
    Ok(match credential {
        Credential::Operator { hash } => is_operator(state, request, &hash).await?.then_some(Caller::Operator),
        Credential::Link { session_id, hash } => Some(Caller::Link(Link::remembered(session_id, hash))),
        Credential::Key { tenant_id, hash, .. } => {
            let presented = &PresentedKey::remembered(tenant_id, hash);
            let held = state.db.run(|client| async move { keys::held(&client, presented).await }).await;
            held.map_err(|error| crate::unavailable(request, &error))?.map(Caller::Key)
        }
    })
}

/// Whether this is the hash of the operator's token.
async fn is_operator(state: &State, request: &Request, presented: &str) -> Result<bool, Problem> {
    let is = state.admin.is(&state.secrets, presented).await;
    is.map_err(|error| crate::without_secrets(request, &error))
}

/// Lets through who may do what needs this with a tenant. `none` is the answer of what is not there.
///
/// # Errors
/// As [`caller`]; 403, 404 and 410 by [`judge`]; 410 for a link whose time is over.
pub(crate) async fn allowed(
    state: &State,
    request: &Request,
    needs: Needs,
    tenant_id: &str,
    none: fn() -> Problem,
) -> Result<Caller, Problem> {
    let caller = caller(state, request).await?;
    permit(state, request, &caller, needs, tenant_id, none).await?;
    Ok(caller)
}

/// The same of a caller who is known.
///
/// # Errors
/// As [`allowed`].
pub(crate) async fn permit(
    state: &State,
    request: &Request,
    caller: &Caller,
    needs: Needs,
    tenant_id: &str,
    none: fn() -> Problem,
) -> Result<(), Problem> {
    let verdict = match caller {
        Caller::Operator => Verdict::Granted,
        Caller::Key(key) => judge_key(key, needs, tenant_id),
        Caller::Link(link) => judge_link(state, request, link, needs, Some(tenant_id)).await?,
    };
    held(verdict, caller, none)
}

/// Lets the operator alone through, where no tenant is named.
///
/// # Errors
/// As [`allowed`].
pub(crate) async fn operator(state: &State, request: &Request) -> Result<Caller, Problem> {
    let caller = caller(state, request).await?;
    let verdict = match &caller {
        Caller::Operator => Verdict::Granted,
        Caller::Key(key) => judge_key(key, Needs::Operator, &key.tenant_id),
        Caller::Link(link) => judge_link(state, request, link, Needs::Operator, None).await?,
    };
    held(verdict, &caller, crate::no_route).map(|()| caller)
}

/// A key's holder is no seller who goes on with a setup session.
///
/// # Errors
/// 403 for a key of the session's tenant, 404 for another's.
pub(crate) fn refuse_key(key: &Held, session_id: &str, none: fn() -> Problem) -> Problem {
    match judge_key(key, Needs::Session, &setup::tenant_id(session_id)) {
        Verdict::Retired => Problem::gone(),
        Verdict::NotTheirs => none(),
        _ => Problem::forbidden("The setup session's link and the operator's token do this; no API key does."),
    }
}

fn judge_key(key: &Held, needs: Needs, tenant_id: &str) -> Verdict {
    judge(Who::Key(Own { tenant_id: &key.tenant_id, status: &key.status }, key.scopes), needs, tenant_id)
}

/// Of a link it is found out here whether it is in force. Without a tenant its own is meant.
async fn judge_link(
    state: &State,
    request: &Request,
    link: &Link,
    needs: Needs,
    tenant_id: Option<&str>,
) -> Result<Verdict, Problem> {
    let found = state.db.run(|client| async move { setup::owner(&client, link).await }).await;
    let Some(owner) = found.map_err(|error| crate::unavailable(request, &error))? else {
        // Of a login it was right once: it is another one since, and nobody's guess.
        if link.is_remembered {
            return Err(Problem::unauthorized_for_setup());
        }
        return Err(attempts::wrong(state, request, Problem::unauthorized_for_setup()).await);
    };
    let own = Own { tenant_id: &owner.tenant_id, status: owner.status.as_deref().unwrap_or_default() };
    match judge(Who::Seller(own), needs, tenant_id.unwrap_or(own.tenant_id)) {
        Verdict::NotTheirs => Ok(Verdict::NotTheirs),
        _ if owner.is_over => Err(Problem::over("The link's time is over: ask for another one.")),
        verdict => Ok(verdict),
    }
}

fn held(verdict: Verdict, caller: &Caller, none: fn() -> Problem) -> Result<(), Problem> {
    Err(match (verdict, caller) {
        (Verdict::Granted, _) => return Ok(()),
        (Verdict::Lacks(scope), Caller::Key(key)) => Problem::lacks_scope(scope, key.scopes),
        (Verdict::LinkAlone, _) => Problem::forbidden("The setup session's link does this; no API key does."),
        (Verdict::OperatorAlone | Verdict::Lacks(_), _) => {
            Problem::forbidden("The operator of the deployment alone does this.")
        }
        (Verdict::NotTheirs, _) => none(),
        (Verdict::Retired, _) => Problem::gone(),
    })
}
