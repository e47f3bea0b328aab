//! What the wizard does: makes the tenant, sends a test event, goes live.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use serde_json::Value;
use shared::domain::setup::Step;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{copyable, notice};
use super::{Shown, frame, steps};
use crate::provision::{Rotate, make};
use crate::{activate, sessions, test_event};

/// `POST .../provision`: the tenant, and what is shown once. `rotate` makes a lost key or path anew.
pub(super) async fn provision(context: &Context<'_>, shown: Shown) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let again = form.texts("rotate");
    let rotate = Rotate { key: again.contains(&"api_key"), connection: again.contains(&"connection") };
    let to = shown.to(shown.assessed.step);
    made(context, shown, rotate, &to).await
}

/// Brings a tenant to what its session says, and goes on to a page; by way of what is shown once, if there is such.
pub(super) async fn bring(context: &Context<'_>, shown: Shown, to: &str) -> Result<Response<Body>, Problem> {
    made(context, shown, Rotate::default(), to).await
}

async fn made(context: &Context<'_>, shown: Shown, rotate: Rotate, to: &str) -> Result<Response<Body>, Problem> {
    let Shown { session, assessed } = shown;
    sessions::refuse_retired(&session)?;
    if assessed.refusal(session.locale, |step| matches!(step, Step::Business | Step::Funnel)).is_some() {
        // A tenant that is there stays as it is until these two are repaired; one that is not waits for them.
        return Ok(answer::redirect(to));
    }
    let made = match make(context.state, context.request, context.caller()?, session, &assessed, rotate).await {
        // Somebody took the short name since it was looked up: the page says so now.
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => return Ok(answer::redirect(to)),
        made => made?,
    };
    let told = made.answer(context.state, context.request);
    let (key, url) = (told["api_key"]["key"].as_str(), told["connection"]["url"].as_str());
    if key.is_none() && url.is_none() {
        return Ok(answer::redirect(to));
    }
    let shown = Shown::of(made.session);
    let main = once(context, key, url, &told, to);
    Ok(answer::html(StatusCode::OK, frame::page(context, &shown, Step::Snippet, &main)))
}

/// What is shown once.
fn once(context: &Context<'_>, key: Option<&str>, url: Option<&str>, told: &Value, to: &str) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        (notice("warning", t(
            "Keep what stands here now: it is shown this once. If it is lost, a new one can be made at any time.",
            "Guarde o que está aqui agora: isto só é mostrado uma vez. Se perder, você pode gerar outro a qualquer momento.",
        )))
        @if let Some(url) = url {
            h2 { (t("The webhook's URL", "A URL do webhook")) }
            p { (t(
                "Paste it into your checkout's webhook settings, with every event of orders switched on.",
                "Cole nas configurações de webhook do seu checkout, com todos os eventos de pedidos ligados.",
            )) }
            (copyable(context, t("Webhook URL", "URL do webhook"), url))
        }
        @if let Some(key) = key {
            h2 { (t("The API key", "A chave de API")) }
            p { (t(
                "For your own server, if it sends orders by itself. Treat it like a password.",
                "Para o seu próprio servidor, se ele enviar pedidos. Trate-a como uma senha.",
            )) }
            (copyable(context, t("API key", "Chave de API"), key))
        }
        @if let Some(snippet) = told["snippet"].as_str() {
            h2 { (t("The snippet", "O snippet")) }
            p { (t(
                "Into the head of each page of the funnel. It stands on the next page too.",
                "No head de cada página do funil. Ele também está na próxima página.",
            )) }
            (copyable(context, t("Snippet", "Snippet"), snippet))
        }
        p { a.button.primary href=(to) { (t("I have kept them: go on", "Já guardei: continuar")) } }
    }
}

/// `POST .../test-event`: one event for Test Events, and what Meta says of it.
pub(super) async fn test_event(context: &Context<'_>, shown: Shown) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    sessions::refuse_retired(&shown.session)?;
    let code = form.text("test_event_code").map(str::to_owned);
    if code.as_deref().is_some_and(|it| it.chars().count() > test_event::CODE_MAX || it.contains(char::is_control)) {
        return Ok(answer::redirect(&format!("{}?test=wrong#test", shown.to(Step::Meta))));
    }
    let sent = test_event::send(context.state, context.request, context.caller()?, &shown.session, code).await;
    let word = match sent {
        Ok(_) => "sent",
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => "missing",
        Err(problem) => return Err(problem),
    };
    Ok(answer::redirect(&format!("{}?test={word}#test", shown.to(Step::Meta))))
}

/// `POST .../activate`: live, if no error is left.
pub(super) async fn activate(context: &Context<'_>, shown: Shown) -> Result<Response<Body>, Problem> {
    sessions::refuse_retired(&shown.session)?;
    let id = shown.session.id.clone();
    let to = shown.to(Step::Active);
    let live = match activate::go_live(context.state, context.request, context.caller()?, shown.session).await {
        Ok(live) => live,
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let caller = context.caller()?;
            let session = sessions::find(context.state, context.request, caller, &id, None).await?;
            let page = steps::refused(context, &Shown::of(session));
            return Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, page));
        }
        Err(problem) => return Err(problem),
    };
    let told = live.answer(context.state, context.request);
    let (key, url) = (told["api_key"]["key"].as_str(), told["connection"]["url"].as_str());
    if key.is_none() && url.is_none() {
        return Ok(answer::redirect(&to));
    }
    let main = once(context, key, url, &told, &to);
    Ok(answer::html(StatusCode::OK, frame::page(context, &Shown::of(live.session), Step::Active, &main)))
}
