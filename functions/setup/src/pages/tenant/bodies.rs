//! Deliveries that could not be read, and reading them again after the repair.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use serde_json::json;
use shared::domain::books;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{moment, notice};
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_bodies as bodies;

/// `GET .../bodies`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    shown(context, seen, &html! {}).await
}

/// `POST .../bodies`: reads one again, or all, part by part: what stays must not keep the rest from its turn.
pub(super) async fn replay(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let t = |english, portuguese| context.t(english, portuguese);
    let which = match form.text("id") {
        Some(id) => json!({ "id": id }),
        None => json!({ "after": form.text("after") }),
    };
    let request = &super::super::as_json(context, &which);
    let told = match bodies::replay(context.state, request, context.caller()?, &seen.tenant.id).await {
        Ok(done) => html! {
            (notice("success", t("Read again.", "Reprocessado.")))
            dl {
                dt { (t("Taken", "Aceitas")) } dd { (done.replayed.taken) }
                dt { (t("Nothing to do", "Nada a fazer")) } dd { (done.replayed.ignored) }
                dt { (t("Still not proved by the secret", "Ainda não comprovadas pelo segredo")) } dd { (done.replayed.not_authentic) }
                dt { (t("Still not readable", "Ainda ilegíveis")) } dd { (done.replayed.rejected) }
                @if done.replayed.not_opened > 0 { dt { (t("Sealed with another key", "Lacradas com outra chave")) } dd { (done.replayed.not_opened) } }
                @if done.replayed.not_in_force > 0 { dt { (t("Of a connection that is ended", "De uma conexão encerrada")) } dd { (done.replayed.not_in_force) } }
            }
            @if let Some(next) = &done.next {
                form method="post" action=(seen.to("bodies")) {
                    input type="hidden" name="after" value=(next);
                    p { (t("There are more.", "Há mais.")) " " button type="submit" { (t("Go on with them", "Continuar com elas")) } }
                }
            }
        },
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            notice("warning", t("This deployment keeps no deliveries.", "Esta instalação não guarda entregas."))
        }
        Err(problem) => return Err(problem),
    };
    shown(context, seen, &told).await
}

async fn shown(context: &Context<'_>, seen: &Seen, above: &Markup) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let listed = bodies::list(context.state, context.request, &seen.tenant.id).await?;
    let title = Tab::Bodies.title(context);
    let main = html! {
        (above)
        p { (t(
            "What came on your webhook's URL and made no order is kept sealed for 7 days. Repair the cause (most often the secret), then read it again: no sale is lost by it.",
            "O que chegou na URL do seu webhook e não virou pedido fica lacrado por 7 dias. Corrija a causa (quase sempre o segredo) e reprocesse: nenhuma venda se perde.",
        )) }
        @if listed.bodies.is_empty() { p.empty { (t("Nothing is waiting here.", "Nada aguardando aqui.")) } }
        @else {
            form method="post" action=(seen.to("bodies")) { button.primary type="submit" { (t("Read all again", "Reprocessar todas")) } }
            div.scroll.below tabindex="0" role="region" aria-label=(title) { table {
                thead { tr {
                    th scope="col" { (t("Came", "Chegou")) }
                    th scope="col" { (t("Why", "Por quê")) }
                    th.number scope="col" { (t("Bytes", "Bytes")) }
                    th scope="col" { (t("Again", "De novo")) }
                } }
                tbody { @for it in &listed.bodies { tr {
                    th scope="row" { (moment(it.kept.received_at)) }
                    td { (why(context, &it.kept.reason)) }
                    td.number { (it.kept.bytes) }
                    td { form method="post" action=(seen.to("bodies")) {
                        input type="hidden" name="id" value=(it.kept.id);
                        button type="submit" { (t("Read again", "Reprocessar")) }
                    } }
                } } }
            } }
            @if let Some(next) = &listed.next { p { a rel="next" href={ (seen.to("bodies")) "?after=" (next) } { (t("Older", "Mais antigas")) } } }
        }
    };
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Bodies, title, &main)))
}

/// Why it made no order, in words.
fn why(context: &Context<'_>, reason: &str) -> String {
    match reason {
        "not_authentic" => context.t("the secret does not prove it", "o segredo não a comprova").to_owned(),
        reason => books::reason("rejected", Some(reason), context.locale).unwrap_or_else(|| reason.to_owned()),
    }
}
