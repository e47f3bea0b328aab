//! Events that Meta refused for what is in them, or that may be there already: with Meta's words, and the way back.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::quarantine::Quarantined;
use shared::domain::books;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{moment, notice};
use super::Seen;
use super::frame::{self, Tab};
use crate::{tenants, tenants_quarantine};

/// `GET .../quarantine`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    shown(context, seen, &html! {}).await
}

/// `POST .../quarantine`: puts one back, or all that Meta takes still.
pub(super) async fn replay(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let t = |english, portuguese| context.t(english, portuguese);
    let (state, request, caller, id) = (context.state, context.request, context.caller()?, seen.tenant.id.as_str());
    let may_be_there = form.is_ticked("may_be_there");
    let done = tenants::put_back(state, request, caller, id, form.text("event_id"), may_be_there).await?;
    let told = html! {
        @if done.replayed > 0 { (notice("success", t("Put back to be sent.", "Colocados de volta na fila de envio."))) }
        @else { (notice("warning", t("Nothing was put back.", "Nada voltou para a fila."))) }
        dl {
            dt { (t("Put back", "De volta na fila")) } dd { (done.replayed) }
            dt { (t("Too old for Meta", "Velhos demais para a Meta")) } dd { (done.too_old) }
            dt { (t("Left, since Meta may have them", "Mantidos, pois a Meta pode já tê-los")) } dd { (done.unclear) }
        }
        @if done.more { p { (t("There are more: put all back once more.", "Há mais: recoloque todos de novo.")) } }
    };
    shown(context, seen, &told).await
}

async fn shown(context: &Context<'_>, seen: &Seen, above: &Markup) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let listed = tenants_quarantine::page(context.state, context.request, &seen.tenant.id).await?;
    let title = Tab::Quarantine.title(context);
    let main = html! {
        (above)
        @if listed.events.is_empty() {
            p.empty { (t("No event is in quarantine.", "Nenhum evento em quarentena.")) }
        } @else {
            p { (t(
                "Meta refused these for what is in them, or nobody knows whether it has them. Nothing is lost: repair the cause, and put them back within their 7 days.",
                "A Meta recusou estes pelo conteúdo, ou não se sabe se ela os tem. Nada se perdeu: corrija a causa e recoloque-os dentro dos 7 dias.",
            )) }
            form.inline method="post" action=(seen.to("quarantine")) {
                button.primary type="submit" { (t("Put all back", "Recolocar todos")) }
                label { input type="checkbox" name="may_be_there" value="on"; " " (t("also those that Meta may have: they may count twice", "também os que a Meta pode já ter: podem contar duas vezes")) }
            }
            (table(context, seen, title, &listed.events))
            @if let Some(next) = &listed.next { p { a rel="next" href={ (seen.to("quarantine")) "?after=" (next) } { (t("Older", "Mais antigos")) } } }
        }
    };
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Quarantine, title, &main)))
}

fn table(context: &Context<'_>, seen: &Seen, title: &str, events: &[Quarantined]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(title) { table {
            thead { tr {
                th scope="col" { (t("Order", "Pedido")) }
                th scope="col" { (t("Event", "Evento")) }
                th.number scope="col" { (t("Value", "Valor")) }
                th scope="col" { (t("Since", "Desde")) }
                th scope="col" { (t("Meta's words", "Palavras da Meta")) }
                th scope="col" { (t("Back", "Voltar")) }
            } }
            tbody { @for it in events { tr {
                th scope="row" { a href={ (seen.to("events")) "/" (it.event_id) } { (it.order_id) } }
                td { (it.event_name) }
                td.number { (it.value) " " (it.currency) }
                td { (moment(it.quarantined_at)) }
                td { (said(context, it)) }
                // Whether Meta has it is to be looked at first: the event's own page asks for that.
                td { @if it.reason.as_deref() == Some("unclear") {
                    a href={ (seen.to("events")) "/" (it.event_id) } { (t("Look first", "Confira antes")) }
                } @else { form method="post" action=(seen.to("quarantine")) {
                    input type="hidden" name="event_id" value=(it.event_id);
                    button type="submit" { (t("Put back", "Recolocar")) }
                } } }
            } } }
        } }
    }
}

/// Why, and Meta's words if it said any.
fn said(context: &Context<'_>, event: &Quarantined) -> Markup {
    let why = books::reason("quarantined", event.reason.as_deref(), context.locale);
    let words = event.meta.as_ref().and_then(|it| it.error_message.as_deref());
    html! { (why.unwrap_or_default()) @if let Some(words) = words { span.quiet.since { (words) } } }
}
