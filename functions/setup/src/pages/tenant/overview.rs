//! A tenant at a glance: what keeps its sends back, every sale that came in, what they were matched by, and the last four weeks.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::books::Day;
use shared::db::doctor::Which;
use shared::http::Problem;
use shared::keyset::Page;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::moment;
use super::Seen;
use super::chart::{self, Series};
use super::frame::{self, Tab};
use super::numbers::{number, percent};
use crate::tenants;
use crate::tenants_books::overview::{self as books, Ledger, Matches, Overview, Rate};
use crate::tenants_doctor;

/// `GET /setup/tenants/{id}`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let (state, request, id) = (context.state, context.request, seen.tenant.id.as_str());
    let overview = books::overview(state, request, id, context.locale).await?;
    let (open, _) = tenants_doctor::listed(state, request, id, Which::Open, &Page::behind(None, 100)).await?;
    let issues = open.len();
    let main = html! {
        (kept_back(context, seen, &overview))
        @if issues > 0 {
            p.notice.warning role="status" {
                (context.t("Problems found by the examination:", "Problemas encontrados no exame:")) " " (issues) ". "
                a href=(seen.to("health")) { (context.t("See what to do", "Veja o que fazer")) }
            }
        }
        (figures(context, seen, &overview))
        (weeks(context, &overview.days))
        (ledger(context, seen, &overview.ledger))
        (matches(context, &overview.matches))
    };
    let title = Tab::Overview.title(context);
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Overview, title, &main)))
}

/// `POST .../release`: what keeps the sends back is reset, and the next try says whether it is over.
pub(super) async fn release(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    super::super::form(context)?;
    tenants::let_go(context.state, context.request, context.caller()?, &seen.tenant.id).await?;
    Ok(answer::redirect(&seen.to("")))
}

/// Why nothing is sent, until when there is time, and the button that tries now.
fn kept_back(context: &Context<'_>, seen: &Seen, overview: &Overview) -> Markup {
    let Some(why) = &overview.kept_back else { return html! {} };
    let (gate, t) = (&overview.gate, |english, portuguese| context.t(english, portuguese));
    let can_be_tried = gate.parked_reason.is_some() || gate.breaker != "closed" || gate.throttled_until.is_some();
    html! {
        section.card.kept-back aria-labelledby="kept-back" {
            h2 #kept-back { (t("Nothing is sent to Meta now", "Nada está sendo enviado à Meta agora")) }
            p { (why) }
            dl {
                dt { (t("Waiting to be sent", "Aguardando envio")) } dd { (number(context.locale, gate.waiting)) }
                @if let Some(at) = gate.nearest_deadline {
                    dt { (t("The first of them can go until", "O primeiro pode ir até")) } dd { (moment(at)) }
                }
                @if let Some(at) = gate.probe_at.filter(|at| *at > overview.now_at) {
                    dt { (t("Next try", "Próxima tentativa")) } dd { (moment(at)) }
                }
            }
            div.inline {
                @if gate.parked_reason.is_some() {
                    a.button.primary href=(seen.to("settings")) { (t("Replace token or pixel", "Trocar token ou pixel")) }
                }
                @if can_be_tried {
                    form method="post" action=(seen.to("release")) {
                        button type="submit" { (t("Try now", "Tentar agora")) }
                    }
                }
            }
        }
    }
}

fn figures(context: &Context<'_>, seen: &Seen, overview: &Overview) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let of =
        |state: &str| overview.ledger.entries.iter().filter(|it| it.state == state).map(|it| it.sales).sum::<i64>();
    let (week, month) = (overview.matches.last_7_days, overview.matches.last_28_days);
    let figure = |label: &str, value: &str, below: Markup| {
        html! { div.card.figure { p.quiet { (label) } p.value { (value) } (below) } }
    };
    let count = |state| number(context.locale, of(state));
    let orders = overview.days.iter().map(|it| it.orders).sum();
    html! {
        div.figures {
            (figure(t("New orders, 28 days", "Novos pedidos, 28 dias"), &number(context.locale, orders), html! {}))
            (figure(t("Sent to Meta", "Enviadas à Meta"), &count("sent"), html! {}))
            (figure(t("Waiting", "Aguardando"), &number(context.locale, overview.gate.waiting), html! {}))
            (figure(t("In quarantine", "Em quarentena"), &count("quarantined"), html! {
                @if of("quarantined") > 0 {
                    p.quiet { a href=(seen.to("quarantine")) { (t("Look at them", "Ver quais")) } }
                }
            }))
            (figure(t("With a click, 7 days", "Com clique, 7 dias"), &percent(week.matched, week.events), html! {
                p.quiet { (t("28 days:", "28 dias:")) " " (percent(month.matched, month.events)) }
            }))
        }
    }
}

fn weeks(context: &Context<'_>, days: &[Day]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let names: Vec<&str> = days.iter().map(|it| it.day.as_str()).collect();
    let of = |value: fn(&Day) -> i64| days.iter().map(value).collect::<Vec<_>>();
    let text = |what: &str, values: &[i64]| {
        let sum = number(context.locale, values.iter().sum());
        format!(
            "{what}: {sum} {}",
            t("in 28 days. The table below has each day.", "em 28 dias. A tabela abaixo tem cada dia.")
        )
    };
    let one = |title: &str, values: Vec<i64>| {
        let text = text(title, &values);
        html! { figure { figcaption { (title) } (chart::bars(&text, &names, &[Series { color: chart::MAIN, values }])) } }
    };
    let (sent, failed) = (of(|it| it.sent), of(|it| it.failed));
    let sends =
        format!("{} {}", text(t("Sent", "Enviados"), &sent), text(t("Failed tries", "Tentativas com falha"), &failed));
    html! {
        section.card aria-labelledby="weeks" {
            h2 #weeks { (t("The last four weeks", "As últimas quatro semanas")) }
            div.charts {
                (one(t("Ad clicks", "Cliques nos anúncios"), of(|it| it.clicks)))
                (one(t("New orders", "Novos pedidos"), of(|it| it.orders)))
                figure {
                    figcaption {
                        (t("Sends to Meta", "Envios à Meta")) " "
                        span.key.sent { (t("taken", "aceitos")) } " " span.key.failed { (t("failed tries", "tentativas com falha")) }
                    }
                    (chart::bars(&sends, &names, &[Series { color: chart::MAIN, values: sent }, Series { color: chart::BAD, values: failed }]))
                }
            }
            details {
                summary { (t("Each day as a table", "Cada dia em uma tabela")) }
                (table(context, days))
            }
        }
    }
}

fn table(context: &Context<'_>, days: &[Day]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t("Each day", "Cada dia")) { table {
            thead { tr {
                th scope="col" { (t("Day (UTC)", "Dia (UTC)")) }
                th.number scope="col" { (t("Ad clicks", "Cliques")) }
                th.number scope="col" { (t("New orders", "Novos pedidos")) }
                th.number scope="col" { (t("Sent", "Enviados")) }
                th.number scope="col" { (t("Failed tries", "Tentativas com falha")) }
            } }
            tbody { @for it in days.iter().rev() { tr {
                th scope="row" { (it.day) }
                @for value in [it.clicks, it.orders, it.sent, it.failed] { td.number { (number(context.locale, value)) } }
            } } }
        } }
    }
}

/// The states of events, which a list can show.
const LISTED: [&str; 7] = ["sent", "pending", "parked", "held", "quarantined", "expired", "ignored"];

fn ledger(context: &Context<'_>, seen: &Seen, ledger: &Ledger) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="ledger" {
            h2 #ledger { (t("Every sale that came in", "Cada venda que chegou")) }
            p.quiet { (t(
                "Each is in exactly one row, whatever became of it; the rows add up to all that was accepted.",
                "Cada uma está em exatamente uma linha, seja qual for o seu destino; as linhas somam tudo o que foi aceito.",
            )) }
            @if ledger.entries.is_empty() {
                p.empty { (t("No sale has come in yet.", "Nenhuma venda chegou ainda.")) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(t("Sales by state", "Vendas por estado")) { table {
                    thead { tr {
                        th scope="col" { (t("State", "Estado")) }
                        th scope="col" { (t("Why", "Motivo")) }
                        th.number scope="col" { (t("Sales", "Vendas")) }
                    } }
                    tbody { @for it in &ledger.entries { tr {
                        th scope="row" {
                            @if LISTED.contains(&it.state.as_str()) {
                                a href={ (seen.to("events")) "?state=" (it.state) } { (it.state_text) }
                            } @else { (it.state_text) }
                        }
                        td { (it.reason_text.as_deref().unwrap_or_default()) }
                        td.number { (number(context.locale, it.sales)) }
                    } } }
                    tfoot { tr {
                        th scope="row" colspan="2" { (t("All", "Todas")) }
                        td.number { strong { (number(context.locale, ledger.sales)) } }
                    } }
                } }
            }
        }
    }
}

fn matches(context: &Context<'_>, matches: &Matches) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let (week, month) = (matches.last_7_days, matches.last_28_days);
    let none = |rate: Rate| rate.events - rate.matched;
    let rows = [
        (
            t(
                "The buyer, by e-mail, phone or your customer id",
                "O comprador, por e-mail, telefone ou seu ID do cliente",
            ),
            week.identity,
            month.identity,
        ),
        (t("The click that the order itself carries", "O clique que o próprio pedido traz"), week.click, month.click),
        (t("Network and browser", "Rede e navegador"), week.network, month.network),
        (
            t("No click found; still sent with what the order has", "Nenhum clique; enviado com o que o pedido tem"),
            none(week),
            none(month),
        ),
    ];
    html! {
        section.card aria-labelledby="matches" {
            h2 #matches { (t("How orders were led back to their clicks", "Como os pedidos foram ligados aos cliques")) }
            div.scroll tabindex="0" role="region" aria-label=(t("Match rate", "Taxa de correspondência")) { table {
                thead { tr {
                    th scope="col" { (t("By", "Por")) }
                    th.number scope="col" { (t("7 days", "7 dias")) }
                    th.number scope="col" { (t("28 days", "28 dias")) }
                } }
                tbody { @for (name, of_week, of_month) in rows { tr {
                    th scope="row" { (name) }
                    td.number { (number(context.locale, of_week)) span.quiet { " " (percent(of_week, week.events)) } }
                    td.number { (number(context.locale, of_month)) span.quiet { " " (percent(of_month, month.events)) } }
                } } }
            } }
        }
    }
}
