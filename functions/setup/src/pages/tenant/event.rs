//! An event's whole story.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::domain::books as words;
use shared::domain::event_id::EventId;
use shared::domain::story::Attempt;
use shared::http::Problem;
use shared::told::{Candidate, Delivery, Event};

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{copyable, moment, notice};
use super::Seen;
use super::events::{badge, stage};
use super::frame::{self, Tab};
use crate::tenants;
use crate::tenants_books::story::{self, Story};

/// `GET .../events/{event_id}`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen, event_id: &str) -> Result<Response<Body>, Problem> {
    let Story { event, deliveries } =
        story::story(context.state, context.request, &seen.tenant.id, event_id, context.locale).await?;
    let t = |english, portuguese| context.t(english, portuguese);
    let main = html! {
        @match context.query("replayed").as_deref() {
            Some("0") => (notice("warning", t(
                "It was not put back: it is too old for Meta, Meta may have it already, or it is not set aside any more.",
                "Não foi recolocado: é antigo demais para a Meta, a Meta já pode tê-lo, ou não está mais separado.",
            ))),
            Some(_) => (notice("success", t("It is on its way again.", "Está a caminho de novo."))),
            None => {}
        }
        (summary(context, &event))
        (replay_form(context, seen, &event))
        section.card aria-labelledby="story" {
            h2 #story { (t("What happened", "O que aconteceu")) }
            ol.story { @for line in &event.story { li { (moment(line.at)) p { (line.text) } } } }
        }
        (evidence(context, &event))
        (attempts(context, &event.attempts))
        (arrivals(context, &deliveries))
        p { a href=(seen.to("events")) { (t("All events", "Todos os eventos")) } }
    };
    let title = format!("{} {}", t("Order", "Pedido"), event.order_id);
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Events, &title, &main)))
}

/// `POST .../events/{event_id}/replay`.
pub(super) async fn replay(context: &Context<'_>, seen: &Seen, event_id: &str) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let event_id = EventId::parse(event_id).ok_or_else(crate::no_route)?;
    let (id, may_be_there) = (seen.tenant.id.as_str(), form.is_ticked("may_be_there"));
    let (state, request, caller) = (context.state, context.request, context.caller()?);
    let done = tenants::put_back(state, request, caller, id, Some(event_id.as_str()), may_be_there).await?;
    Ok(answer::redirect(&format!("{}/{event_id}?replayed={}", seen.to("events"), done.replayed)))
}

fn summary(context: &Context<'_>, event: &Event) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-label=(t("Event", "Evento")) {
            p { (badge(context, event.state)) @if let Some(why) = words::reason(event.state, event.reason.as_deref(), context.locale) { " " (why) } }
            dl {
                dt { (t("Event", "Evento")) } dd { (event.event_name) }
                dt { (t("Value", "Valor")) } dd { (event.value) " " (event.currency) }
                dt { (t("Happened", "Aconteceu")) } dd { (moment(event.event_time)) }
                @if let Some(state) = &event.order_state { dt { (t("The order is", "O pedido está")) } dd { (order_state(context, state)) } }
                dt { (t("Where", "Onde")) } dd { code { (event.action_source) } }
                dt { (t("Click found by", "Clique encontrado por")) } dd { (stage(context, event.r#match.stage)) }
            }
            (copyable(context, t("Event id, as Meta knows it", "ID do evento, como a Meta o conhece"), &event.event_id))
        }
    }
}

fn order_state<'t>(context: &Context<'_>, state: &'t str) -> &'t str {
    match state {
        "pending" => context.t("not paid yet", "ainda não pago"),
        "paid" => context.t("paid", "pago"),
        "refused" => context.t("refused", "recusado"),
        "expired" => context.t("not paid in time", "não pago a tempo"),
        "canceled" => context.t("called off", "cancelado"),
        "refunded" => context.t("paid back", "reembolsado"),
        "partially_refunded" => context.t("paid back in part", "reembolsado em parte"),
        "charged_back" => context.t("charged back", "estornado pelo banco"),
        "abandoned" => context.t("left at the checkout", "abandonado no checkout"),
        state => state,
    }
}

fn replay_form(context: &Context<'_>, seen: &Seen, event: &Event) -> Markup {
    if event.state != "quarantined" {
        return html! {};
    }
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="replay" {
            h2 #replay { (t("Send it again", "Reenviar")) }
            form method="post" action={ (seen.to("events")) "/" (event.event_id) "/replay" } {
                @if event.reason.as_deref() == Some("unclear") {
                    label.option {
                        input type="checkbox" name="may_be_there" required;
                        span { (t("I have looked: Meta does not have it", "Eu conferi: a Meta não o tem"))
                            span.quiet { (t("If it does, Meta may count it twice.", "Se tiver, a Meta pode contá-lo duas vezes.")) } }
                    }
                } @else {
                    p { (t("Once what Meta names is put right.", "Quando o que a Meta aponta for corrigido.")) }
                }
                div.actions { button.primary type="submit" { (t("Send it again", "Reenviar")) } }
            }
        }
    }
}

fn evidence(context: &Context<'_>, event: &Event) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let label = t("Clicks that it may have come from", "Cliques de que pode ter vindo");
    html! {
        section.card aria-labelledby="evidence" {
            h2 #evidence { (label) }
            @if event.r#match.evidence.is_empty() {
                p { (t("Nothing in the order points at a click.", "Nada no pedido aponta para um clique.")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label={ (label) " (" (t("table", "tabela")) ")" } { table {
                    thead { tr {
                        th scope="col" { (t("Click of", "Clique de")) }
                        th scope="col" { (t("Evidence", "Evidência")) }
                        th scope="col" { (t("Taken?", "Aceito?")) }
                        th scope="col" { (t("Click id", "ID do clique")) }
                    } }
                    tbody { @for it in &event.r#match.evidence { tr {
                        th scope="row" { (moment(it.clicked_at)) }
                        td { (evidence_word(context, it)) }
                        td { (verdict(context, it.verdict)) }
                        td.id { code { (it.click_id) } }
                    } } }
                } }
            }
        }
    }
}

fn evidence_word(context: &Context<'_>, it: &Candidate) -> Markup {
    let word = match it.evidence {
        "click_id" => context.t("click id in the order", "ID do clique no pedido"),
        "fbc" => context.t("fbc in the order", "fbc no pedido"),
        "fbclid" => context.t("fbclid in the order", "fbclid no pedido"),
        "fbp" => context.t("same browser (fbp)", "mesmo navegador (fbp)"),
        "email_hash" => context.t("buyer's e-mail", "e-mail do comprador"),
        "phone_hash" => context.t("buyer's phone", "telefone do comprador"),
        "external_id_hash" => context.t("your customer id", "seu ID do cliente"),
        "network" => context.t("network and browser", "rede e navegador"),
        word => word,
    };
    html! { (word) @if !it.confirmed { span.why { (context.t("by a browser's word alone", "só pela palavra de um navegador")) } } }
}

fn verdict<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    match word {
        "taken" => context.t("taken", "aceito"),
        "agrees" => context.t("agrees with the one taken", "concorda com o aceito"),
        "outranked" => context.t("another is better evidence", "há evidência melhor"),
        "outside_window" => context.t("older than counts", "mais antigo do que conta"),
        "after_order" => context.t("not known before the order", "não conhecido antes do pedido"),
        "ambiguous" => context.t("more than one came from there", "mais de um veio de lá"),
        "too_old_for_network" => context.t("older than 24 hours", "mais de 24 horas antes"),
        word => word,
    }
}

fn attempts(context: &Context<'_>, attempts: &[Attempt]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let label = t("Tries to send it", "Tentativas de envio");
    if attempts.is_empty() {
        return html! {};
    }
    html! {
        section.card aria-labelledby="attempts" {
            h2 #attempts { (label) }
            div.scroll tabindex="0" role="region" aria-label={ (label) " (" (t("table", "tabela")) ")" } { table {
                thead { tr {
                    th scope="col" { (t("Try", "Tentativa")) }
                    th scope="col" { (t("When", "Quando")) }
                    th scope="col" { (t("Outcome", "Resultado")) }
                    th scope="col" { (t("Meta's words", "Palavras da Meta")) }
                } }
                tbody { @for it in attempts { tr {
                    th scope="row" { (it.number) }
                    td { (moment(it.finished_at.unwrap_or(it.due_at))) }
                    td { (outcome(context, it)) }
                    td { (said(it)) }
                } } }
            } }
        }
    }
}

fn outcome<'t>(context: &Context<'_>, it: &Attempt) -> &'t str {
    match it.status.as_str() {
        "success" => context.t("taken", "aceito"),
        "failed" => context.t("failed", "falhou"),
        _ => context.t("to come", "por vir"),
    }
}

/// What Meta said, with what its support asks for.
fn said(it: &Attempt) -> Markup {
    let marks = [
        it.error_code.map(|code| format!("error {code}")),
        it.error_subcode.map(|code| format!("subcode {code}")),
        it.http_status.map(|status| format!("HTTP {status}")),
        it.fbtrace_id.as_ref().map(|trace| format!("fbtrace_id {trace}")),
    ];
    let marks: Vec<String> = marks.into_iter().flatten().collect();
    html! { @if let Some(text) = &it.error_message { (text) } @if !marks.is_empty() { span.why { (marks.join(" · ")) } } }
}

fn arrivals(context: &Context<'_>, deliveries: &[Delivery]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let label = t("What was told of the order", "O que foi informado do pedido");
    html! {
        section.card aria-labelledby="arrivals" {
            h2 #arrivals { (label) }
            div.scroll tabindex="0" role="region" aria-label={ (label) " (" (t("table", "tabela")) ")" } { table {
                thead { tr {
                    th scope="col" { (t("When", "Quando")) }
                    th scope="col" { (t("By", "Por")) }
                    th scope="col" { (t("What it came to", "No que deu")) }
                } }
                tbody { @for it in deliveries { tr {
                    th scope="row" { (moment(it.received_at)) }
                    td { (source(context, &it.source)) }
                    td { (became(context, &it.outcome)) @if let Some(why) = words::reason(&it.outcome, it.reason.as_deref(), context.locale).filter(|_| it.outcome != "conversion") {
                        span.why { (why) }
                    } }
                } } }
            } }
        }
    }
}

fn source<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    match word {
        "api" => context.t("your server", "seu servidor"),
        "import" => context.t("an imported table", "uma tabela importada"),
        word => word,
    }
}

fn became<'t>(context: &Context<'_>, outcome: &'t str) -> &'t str {
    match outcome {
        "conversion" => context.t("an event for Meta", "um evento para a Meta"),
        outcome => words::state(outcome, context.locale),
    }
}
