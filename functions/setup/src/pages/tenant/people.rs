//! What is kept of a person: found, exported, erased.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::people::{Erasure, Found};
use shared::domain::country::Country;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{moment, notice};
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_people::{self, Asked, Exported};

/// `GET .../people`.
pub(super) fn page(context: &Context<'_>, seen: &Seen) -> Response<Body> {
    shown(context, seen, StatusCode::OK, &html! {}, None)
}

/// `POST .../people`: finds, exports or erases, by the button that was pressed. Whom it is about never stands in an address.
pub(super) async fn act(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let (state, request, caller, id) = (context.state, context.request, context.caller()?, seen.tenant.id.as_str());
    let who = form.text("who").unwrap_or_default();
    let country = seen.tenant.country.as_deref().and_then(Country::parse);
    let (email, phone) = if who.contains('@') { (Some(who), None) } else { (Some(who), Some(who)) };
    let asked = tenants_people::hashed(state, request, id, email, phone, country).await?;
    if !asked.is_anybody() {
        let text = context.t(
            "Enter an e-mail address, or a phone with its country's code.",
            "Informe um e-mail ou um telefone com o código do país.",
        );
        return Ok(shown(context, seen, StatusCode::UNPROCESSABLE_ENTITY, &notice("error", text), Some(who)));
    }
    match form.text("act") {
        Some("export") => {
            let after = form.text("after");
            Ok(file(&tenants_people::export(state, request, caller, id, &asked, after).await?))
        }
        Some("erase") => erase(context, seen, who, &asked).await,
        _ => {
            let found = tenants_people::find(state, request, id, &asked).await?;
            Ok(shown(context, seen, StatusCode::OK, &counts(context, seen, who, &found), Some(who)))
        }
    }
}

async fn erase(context: &Context<'_>, seen: &Seen, who: &str, asked: &Asked) -> Result<Response<Body>, Problem> {
    let (state, request, caller, id) = (context.state, context.request, context.caller()?, seen.tenant.id.as_str());
    match tenants_people::erase(state, request, caller, id, asked).await {
        Ok(receipt) => Ok(shown(context, seen, StatusCode::OK, &erased(context, &receipt), None)),
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            let text = context.t(
                "An event of this person is on its way to Meta at this moment. Nothing was erased: try again in a minute.",
                "Um evento desta pessoa está a caminho da Meta neste momento. Nada foi apagado: tente de novo em um minuto.",
            );
            Ok(shown(context, seen, StatusCode::CONFLICT, &notice("warning", text), Some(who)))
        }
        Err(problem) => Err(problem),
    }
}

fn file(person: &Exported) -> Response<Body> {
    let mut response = shared::http::json(StatusCode::OK, person);
    response
        .headers_mut()
        .insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"person.json\""));
    response
}

fn counts(context: &Context<'_>, seen: &Seen, who: &str, found: &Found) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let is_nobody = found.identities + found.clicks + found.orders + found.conversions == 0;
    html! {
        section.card aria-labelledby="found" {
            h2 #found { (t("What is kept", "O que está guardado")) }
            @if is_nobody { p { (t("Nothing is kept of this person.", "Nada está guardado desta pessoa.")) } } @else {
                dl {
                    dt { (t("Times they were recognised", "Vezes em que foi reconhecida")) } dd { (found.identities) }
                    dt { (t("Clicks", "Cliques")) } dd { (found.clicks) }
                    dt { (t("Orders", "Pedidos")) } dd { (found.orders) }
                    dt { (t("Events", "Eventos")) } dd { (found.conversions) }
                }
                form.inline method="post" action=(seen.to("people")) {
                    input type="hidden" name="who" value=(who);
                    button type="submit" name="act" value="export" { (t("Export", "Exportar")) }
                    button.danger type="submit" name="act" value="erase" { (t("Erase for good", "Apagar para sempre")) }
                }
                (further(context, seen, who))
                p.quiet { (t(
                    "Erased is everything that tells who it was. The sale stays counted, and an event that has not been sent is not sent any more.",
                    "Apaga-se tudo o que diz quem era a pessoa. A venda continua contada, e um evento ainda não enviado deixa de ser enviado.",
                )) }
            }
            p.quiet { (t(
                "Deliveries that could not be read are sealed and cannot be searched; they are gone after 7 days.",
                "Entregas que não puderam ser lidas ficam lacradas e não podem ser pesquisadas; elas somem em 7 dias.",
            )) }
        }
    }
}

/// What does not fit into one file.
fn further(context: &Context<'_>, seen: &Seen, who: &str) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        details {
            summary { (t("When the file does not hold all of it", "Quando o arquivo não traz tudo")) }
            p.quiet { (t(
                "A file has up to 1,000 entries, the newest first. If it has a text as `next`, enter that here for the next file; if `next` is null, it was the last one.",
                "Um arquivo tem até 1.000 registros, os mais novos primeiro. Se ele trouxer um texto em `next`, informe-o aqui para o próximo arquivo; se `next` for null, era o último.",
            )) }
            form.inline method="post" action=(seen.to("people")) {
                input type="hidden" name="who" value=(who);
                label for="after" { (t("Next", "Próximo")) " (" code { "next" } ")" }
                input #after name="after" type="text" required autocomplete="off" maxlength="400";
                button type="submit" name="act" value="export" { (t("Export the next part", "Exportar a próxima parte")) }
            }
        }
    }
}

fn erased(context: &Context<'_>, receipt: &Erasure) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="receipt" {
            h2 #receipt { (t("Erased", "Apagado")) }
            (notice("success", t("Keep this receipt. It names nobody.", "Guarde este recibo. Ele não identifica ninguém.")))
            dl {
                dt { (t("Receipt", "Recibo")) } dd { code { (receipt.id) } }
                dt { (t("When", "Quando")) } dd { (moment(receipt.erased_at)) }
                dt { (t("Times they were recognised", "Vezes em que foi reconhecida")) } dd { (receipt.identities) }
                dt { (t("Clicks", "Cliques")) } dd { (receipt.clicks) }
                dt { (t("Orders", "Pedidos")) } dd { (receipt.orders) }
                dt { (t("Events", "Eventos")) } dd { (receipt.conversions) }
                dt { (t("Of these not sent any more", "Destes, não enviados")) } dd { (receipt.not_sent) }
            }
        }
    }
}

fn shown(context: &Context<'_>, seen: &Seen, status: StatusCode, above: &Markup, who: Option<&str>) -> Response<Body> {
    let t = |english, portuguese| context.t(english, portuguese);
    let main = html! {
        (above)
        section.card.below aria-labelledby="ask" {
            h2 #ask { (t("Find a person", "Procurar uma pessoa")) }
            p { (t(
                "By e-mail or phone. It is hashed at once, and stands in no address and no log.",
                "Por e-mail ou telefone. Viram hash na hora e não ficam em nenhum endereço nem log.",
            )) }
            form.inline method="post" action=(seen.to("people")) {
                label for="who" { (t("E-mail or phone", "E-mail ou telefone")) }
                input #who name="who" type="text" required autocomplete="off" maxlength="320" value=(who.unwrap_or_default());
                button.primary type="submit" name="act" value="find" { (t("Find", "Procurar")) }
            }
            p.quiet { (t(
                "What tells who somebody is goes by itself after the days that the operator has set (90 unless set otherwise).",
                "O que diz quem alguém é some sozinho após os dias definidos pelo operador (90, se nada for definido).",
            )) }
        }
    };
    answer::html(status, frame::page(context, seen, Tab::People, Tab::People.title(context), &main))
}
