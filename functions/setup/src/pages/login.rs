//! Logging in: with the operator's token, with a session's link, or with a tenant's key that may read.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use maud::{Markup, html};
use shared::db::keys::PresentedKey;
use shared::db::logins::{self, Cookie, Credential};
use shared::db::setup::Link;
use shared::domain::access::Scope;
use shared::http::Problem;
use url::form_urlencoded;

use super::context::{self, Context};
use super::{answer, layout};
use crate::access::{self, Caller};
use crate::{State, sessions};

/// How long the operator stays logged in, in hours: a working day.
const OPERATOR_HOURS: u16 = 12;
/// How long a seller does: a week. The link goes on for longer.
const SELLER_HOURS: u16 = 7 * 24;

/// Whether the deployment is reached over TLS.
pub(super) fn is_secure(state: &State, request: &Request) -> bool {
    crate::answer::base_url(state, request).starts_with("https:")
}

fn cookie_name(state: &State, request: &Request) -> &'static str {
    if is_secure(state, request) { "__Host-login" } else { "login" }
}

/// Who is logged in, by the request's cookie.
///
/// # Errors
/// 503 where that cannot be found out.
pub(super) async fn caller(state: &State, request: &Request) -> Result<Option<Caller>, Problem> {
    let Some(cookie) = context::cookie(request.headers(), cookie_name(state, request)) else { return Ok(None) };
    let cookie = cookie.as_str();
    let found = state.db.run(|client| async move { logins::find(&client, cookie).await }).await;
    match found.map_err(|error| crate::unavailable(request, &error))? {
        None => Ok(None),
        Some(credential) => access::remembered(state, request, credential).await,
    }
}

/// To the login, and from there back to a page of ours.
pub(super) fn lead(back: Option<&str>) -> Response<Body> {
    let back = back.filter(|it| *it != "/setup" && is_page(it));
    let query: String = back
        .map(|it| form_urlencoded::Serializer::new(String::new()).append_pair("to", it).finish())
        .unwrap_or_default();
    answer::redirect(&if query.is_empty() { "/setup/login".to_owned() } else { format!("/setup/login?{query}") })
}

/// Nothing but a path of ours is ever gone to.
fn is_page(path: &str) -> bool {
    path.starts_with("/setup/") && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte))
}

/// `GET /setup`: where who is logged in begins.
pub(super) async fn home(context: &Context<'_>) -> Result<Response<Body>, Problem> {
    Ok(match &context.caller {
        None => form(context, StatusCode::OK, None),
        Some(Caller::Key(key)) => answer::redirect(&format!("/setup/tenants/{}", key.tenant_id)),
        Some(Caller::Operator) => answer::redirect("/setup/sessions"),
        Some(caller @ Caller::Link(link)) => {
            let session = sessions::find(context.state, context.request, caller, &link.session_id, None).await;
            match session {
                Ok(session) if session.live.is_active => {
                    answer::redirect(&format!("/setup/tenants/{}", session.tenant_id()))
                }
                Ok(session) => answer::redirect(&format!("/setup/sessions/{}", session.id)),
                // Its link was replaced, or is over.
                Err(problem) if problem.status().is_client_error() => form(context, StatusCode::OK, None),
                Err(problem) => return Err(problem),
            }
        }
    })
}

/// The form to log in with.
pub(super) fn form(context: &Context<'_>, status: StatusCode, refused: Option<&str>) -> Response<Body> {
    let title = context.t("Log in", "Entrar");
    let page = html! {
        h1 { (title) }
        @if let Some(refused) = refused { (layout::notice("error", refused)) }
        p { (context.t(
            "With the link that you were sent, with an API key that may read, or with the operator's token.",
            "Com o link que você recebeu, com uma chave de API com leitura ou com o token do operador.",
        )) }
        (token_form(context, true))
    };
    answer::html(status, layout::plain(context, title, &page))
}

fn token_form(context: &Context<'_>, focus: bool) -> Markup {
    html! {
        form method="post" action="/setup/login" #login {
            @if let Some(to) = context.query("to").filter(|it| is_page(it)) { input type="hidden" name="to" value=(to); }
            div.field {
                label for="token" { (context.t("Link or token", "Link ou token")) }
                input #token name="token" type="password" required autocomplete="current-password" autofocus[focus] maxlength="4000";
            }
            button.primary type="submit" { (context.t("Log in", "Entrar")) }
        }
    }
}

/// `GET /setup/open#sst_…`: where a session's link leads. The token is in the fragment, which never reaches a server by itself: the
/// page's script sends the form with it. It is a page, not a redirect, since after a click on another site (a mail's) a browser
/// sends a `SameSite=Strict` cookie only with the next request of the page itself.
pub(super) fn open(context: &Context<'_>) -> Response<Body> {
    let title = context.t("Setting up", "Configuração");
    let page = html! {
        h1 { (title) }
        p { (context.t(
            "One moment: your link is being opened. If nothing happens, paste it here.",
            "Um momento: seu link está sendo aberto. Se nada acontecer, cole-o aqui.",
        )) }
        div data-open="login" { (token_form(context, false)) }
    };
    answer::html(StatusCode::OK, layout::plain(context, title, &page))
}

/// `POST /setup/login`.
pub(super) async fn log_in(context: &Context<'_>) -> Result<Response<Body>, Problem> {
    let (state, request) = (context.state, context.request);
    let form_sent = super::form(context)?;
    // A whole link is as good as its token.
    let token = form_sent.text("token").unwrap_or_default();
    let token = token.rsplit_once('#').map(|(_, it)| it).filter(|it| Link::is_meant(it)).unwrap_or(token);
    let Some((credential, caller)) = credential(state, request, token).await? else {
        let text = context.t(
            "This link or token opens nothing: it may have expired, another one may have taken its place, or it is a key that may not read.",
            "Este link ou token não abre nada: pode ter vencido, ter sido substituído ou ser uma chave sem leitura.",
        );
        return Ok(form(context, StatusCode::UNAUTHORIZED, Some(text)));
    };
    let hours = if matches!(caller, Caller::Operator) { OPERATOR_HOURS } else { SELLER_HOURS };
    let cookie = Cookie::new().map_err(|_| crate::without_random(request))?;
    let former = context::cookie(request.headers(), cookie_name(state, request));
    let (new_cookie, with, former) = (&cookie, &credential, former.as_deref());
    let started =
        state.db.run(|client| async move { logins::start(&client, new_cookie, with, hours, former).await }).await;
    started.map_err(|error| crate::unavailable(request, &error))?;
    let mut response = answer::redirect(form_sent.text("to").filter(|it| is_page(it)).unwrap_or("/setup"));
    let (name, age_s) = (cookie_name(state, request), u32::from(hours) * 3600);
    answer::set_cookie(&mut response, name, cookie.reveal(), age_s, is_secure(state, request));
    Ok(response)
}

/// What a token is, if it is in force.
async fn credential(state: &State, request: &Request, token: &str) -> Result<Option<(Credential, Caller)>, Problem> {
    let caller = match access::presented(state, request, token).await {
        Ok(caller) => caller,
        Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => return Ok(None),
        Err(problem) => return Err(problem),
    };
    let credential = match &caller {
        Caller::Operator => Credential::Operator { hash: shared::db::keys::hash(token) },
        Caller::Link(link) => {
            if !in_force(state, request, &caller, link).await? {
                return Ok(None);
            }
            Credential::Link { session_id: link.session_id.clone(), hash: link.hash().to_owned() }
        }
        // One that may only post orders opens no page.
        Caller::Key(key) => match PresentedKey::parse(token).filter(|_| key.scopes.allow(Scope::Read)) {
            Some(presented) => Credential::Key {
                tenant_id: key.tenant_id.clone(),
                key_id: key.id.clone(),
                hash: presented.hash().to_owned(),
            },
            None => return Ok(None),
        },
    };
    Ok(Some((credential, caller)))
}

async fn in_force(state: &State, request: &Request, caller: &Caller, link: &Link) -> Result<bool, Problem> {
    match sessions::find(state, request, caller, &link.session_id, None).await {
        Ok(_) => Ok(true),
        Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => Err(problem),
        Err(problem) if problem.status().is_client_error() => Ok(false),
        Err(problem) => Err(problem),
    }
}

/// `POST /setup/logout`.
pub(super) async fn log_out(context: &Context<'_>) -> Result<Response<Body>, Problem> {
    let (state, request) = (context.state, context.request);
    let name = cookie_name(state, request);
    if let Some(cookie) = context::cookie(request.headers(), name) {
        let cookie = cookie.as_str();
        let ended = state.db.run(|client| async move { logins::end(&client, cookie).await }).await;
        ended.map_err(|error| crate::unavailable(request, &error))?;
    }
    let mut response = answer::redirect("/setup");
    answer::set_cookie(&mut response, name, "", 0, is_secure(state, request));
    Ok(response)
}
