//! Pages as they are answered.

use lambda_http::http::header::{self, HeaderName};
use lambda_http::http::{HeaderValue, StatusCode};
use lambda_http::{Body, Response};
use maud::Markup;

use super::context::Context;

/// Nothing from elsewhere, nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page. It holds one seller's data, so that no cache keeps it.
pub(crate) fn html(status: StatusCode, page: Markup) -> Response<Body> {
    let mut response = Response::new(Body::from(page.into_string()));
    *response.status_mut() = status;
    set(&mut response, header::CONTENT_TYPE, "text/html; charset=utf-8");
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, header::X_FRAME_OPTIONS, "DENY");
    set(&mut response, header::REFERRER_POLICY, "same-origin");
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::VARY, "accept-language, cookie");
    response
}

/// Elsewhere, by GET: the answer to a form that was taken, so that a reload does not send it again (RFC 9110, 15.4.4).
pub(crate) fn redirect(to: &str) -> Response<Body> {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::SEE_OTHER;
    set(&mut response, header::LOCATION, to);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// Sets a cookie for all pages, which no script can read. `age_s` of 0 takes it away.
///
/// `__Host-`: the browser takes it from this host alone, and over TLS (RFC 6265bis, 4.1.3.2). Without TLS, which is a developer's
/// machine, it has its bare name.
pub(super) fn set_cookie(response: &mut Response<Body>, name: &str, value: &str, age_s: u32, secure: bool) {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// The headers' values are our own words, or paths of ours; one that is none is left out.
fn set(response: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// A page that says what is wrong, by the status of the answer.
pub(super) fn problem(context: &Context<'_>, status: StatusCode, request_id: &str) -> Response<Body> {
    let t = |english, portuguese| context.t(english, portuguese);
    let (title, text) = match status {
        StatusCode::NOT_FOUND => (
            t("There is no such page", "Esta página não existe"),
            t(
                "It may have been moved, or it belongs to somebody else.",
                "Ela pode ter mudado de lugar ou ser de outra pessoa.",
            ),
        ),
        StatusCode::FORBIDDEN if context.caller.is_some() => (
            t("This is not yours to do", "Você não pode fazer isto"),
            t(
                "Your link or key may look, and not change this. Ask the operator.",
                "Seu link ou sua chave pode ver, mas não alterar isto. Fale com o operador.",
            ),
        ),
        // From where a form comes is looked at before who sends it.
        StatusCode::FORBIDDEN => (
            t("The form did not come from here", "O formulário não veio daqui"),
            t(
                "Open the page again and send the form from there.",
                "Abra a página de novo e envie o formulário por ela.",
            ),
        ),
        StatusCode::GONE => (
            t("Its time is over", "O prazo acabou"),
            t(
                "The link has expired, or the tenant is retired. Ask the operator for another link.",
                "O link venceu ou a conta foi encerrada. Peça outro link ao operador.",
            ),
        ),
        StatusCode::CONFLICT => (
            t("Not as things stand", "Não no estado atual"),
            t(
                "It does not go with how things stand: something may have changed meanwhile. Go back and look again.",
                "Não combina com o estado atual: algo pode ter mudado enquanto isso. Volte e confira.",
            ),
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            t("Too many attempts", "Tentativas demais"),
            t("Wait some minutes, then try again.", "Espere alguns minutos e tente de novo."),
        ),
        status if status.is_server_error() => (
            t("Temporarily not available", "Indisponível no momento"),
            t(
                "Nothing was changed for certain. Try again in a moment.",
                "Nada foi alterado com certeza. Tente de novo em instantes.",
            ),
        ),
        _ => (
            t("This cannot be done so", "Isto não pode ser feito assim"),
            t(
                "Go back, look at what was entered, and send it again.",
                "Volte, confira o que foi preenchido e envie de novo.",
            ),
        ),
    };
    let page = super::layout::plain(
        context,
        title,
        &maud::html! {
            h1 { (title) }
            p { (text) }
            @if !request_id.is_empty() { p.quiet { (t("Request", "Requisição")) " " code { (request_id) } } }
            p { a.button href="/setup" { (t("To the start", "Ir para o início")) } }
        },
    );
    html(status, page)
}
