//! What is wrong with a tenant, with what to do; and how well its events can be matched, with what would raise it.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::doctor::{Issue, Which};
use shared::domain::quality::Quality;
use shared::domain::setup::Severity;
use shared::http::Problem;
use shared::keyset::Page;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{moment, notice};
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_doctor;

/// How many issues that ended are shown, and how many that are open.
const MOST: u32 = 100;

/// `GET .../health`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let (state, request, id) = (context.state, context.request, seen.tenant.id.as_str());
    let newest = Page::behind(None, MOST);
    let (open, _) = tenants_doctor::listed(state, request, id, Which::Open, &newest).await?;
    let (ended, _) = tenants_doctor::listed(state, request, id, Which::Ended, &newest).await?;
    let quality = tenants_doctor::measured(state, request, id, context.locale).await?;
    let title = Tab::Health.title(context);
    let main = html! {
        (found(context, seen, &open))
        (scored(context, &quality))
        @if !ended.is_empty() {
            details {
                summary { (context.t("What is over", "O que já passou")) }
                (issues(context, &ended))
            }
        }
    };
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Health, title, &main)))
}

/// `POST .../health`: examines now.
pub(super) async fn examine(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    super::super::form(context)?;
    tenants_doctor::examination(context.state, context.request, &seen.tenant.id).await?;
    Ok(answer::redirect(&format!("{}?examined=1", seen.to("health"))))
}

fn found(context: &Context<'_>, seen: &Seen, open: &[Issue]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="issues" {
            div.bar {
                h2 #issues { (t("Examination", "Exame")) }
                form method="post" action=(seen.to("health")) { button type="submit" { (t("Examine now", "Examinar agora")) } }
            }
            @if context.query("examined").is_some() { (notice("success", t("Examined just now.", "Examinado agora mesmo."))) }
            @if let Some(at) = seen.examined_at { p.quiet { (t("Examined", "Examinado em")) " " (moment(at)) } }
            @if open.is_empty() && seen.examined_at.is_none() {
                p { (t(
                    "Not examined yet: an active seller is, once a day, and whoever asks for it at once.",
                    "Ainda não examinado: um vendedor ativo é examinado uma vez por dia, e na hora se você pedir.",
                )) }
            } @else if open.is_empty() {
                p { (t("Nothing is wrong.", "Nada de errado.")) }
            } @else {
                (issues(context, open))
            }
        }
    }
}

fn issues(context: &Context<'_>, issues: &[Issue]) -> Markup {
    html! {
        ul.issues { @for it in issues {
            @let (message, fix) = it.code.told(context.locale, &it.detail);
            li.(if it.code.severity() == Severity::Error { "error" } else { "warning" }) {
                strong { (message) } " " (fix)
                span.since {
                    (context.t("Since", "Desde")) " " (moment(it.first_seen_at))
                    @if let Some(at) = it.ended_at { ", " (context.t("over", "encerrado em")) " " (moment(at)) }
                }
            }
        } }
    }
}

/// What an event may carry, in words.
fn key_name<'t>(context: &Context<'_>, key: &'t str) -> &'t str {
    match key {
        "email" => "E-mail",
        "phone" => context.t("Phone", "Telefone"),
        "fbc" => context.t("Ad click (fbc)", "Clique do anúncio (fbc)"),
        "fbp" => context.t("Browser (fbp)", "Navegador (fbp)"),
        "ip" => context.t("IP address", "Endereço IP"),
        "agent" => context.t("User agent", "User agent"),
        "name" => context.t("First and last name", "Nome e sobrenome"),
        "address" => context.t("City, state, postal code", "Cidade, estado, CEP"),
        "external_id" => context.t("Your own customer id", "Seu ID do cliente"),
        key => key,
    }
}

fn scored(context: &Context<'_>, quality: &Quality) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="quality" {
            h2 #quality { (t("How well Meta can match your events", "Quão bem a Meta consegue associar seus eventos")) }
            @match quality.score {
                None => p { (t("No event in the last 7 days yet.", "Ainda não há eventos nos últimos 7 dias.")) },
                Some(score) => {
                    p.score { strong { (score) } " / 100" }
                    p.quiet { (t(
                        "Our own score over the events of the last 7 days. It is not Meta's event match quality, which you find in Events Manager.",
                        "Nossa própria nota sobre os eventos dos últimos 7 dias. Não é a qualidade da correspondência da Meta, que está no Gerenciador de Eventos.",
                    )) }
                    (shares(context, quality))
                    @if !quality.suggestions.is_empty() {
                        h3 { (t("What would raise it", "O que aumentaria a nota")) }
                        ol { @for it in &quality.suggestions {
                            li { (it.text) " " span.quiet { "+" (it.points) " " (t("points", "pontos")) } }
                        } }
                    }
                }
            }
        }
    }
}

fn shares(context: &Context<'_>, quality: &Quality) -> Markup {
    let label = context.t("What your events carry", "O que seus eventos levam");
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr {
                    th scope="col" { (label) }
                    th.number scope="col" { (context.t("Events", "Eventos")) }
                    th scope="col" { (context.t("Share", "Parcela")) }
                } }
                tbody { @for it in &quality.keys {
                    tr {
                        th scope="row" { (key_name(context, it.key)) }
                        td.number { (it.events) " / " (quality.events) }
                        td { div.progress {
                            progress max="100" value=(it.percent) aria-label=(key_name(context, it.key)) {}
                            span { (it.percent) "%" }
                        } }
                    }
                } }
            }
        }
    }
}
