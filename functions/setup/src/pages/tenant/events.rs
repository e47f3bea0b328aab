//! A tenant's events: all of them or those in a state, what is found among them, and the ways out as a table and back in.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::books::{Event, Wanted};
use shared::domain::books as words;
use shared::domain::conversion::State;
use shared::http::Problem;
use shared::keyset::{Cursor, Page};

use super::super::answer;
use super::super::context::Context;
use super::super::layout::moment;
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_books::events as books;
use crate::tenants_books::export;

/// How many events a page has.
const ROWS: u32 = 50;

/// `GET .../events`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let state = context.query("state").as_deref().and_then(State::parse);
    let wanted = Wanted { state, ..Wanted::default() };
    let page = Page::behind(None, ROWS).after(context.query("after").as_deref())?;
    let found = books::events(context.state, context.request, &seen.tenant.id, &wanted, &page).await?;
    let filter = state.map_or_else(String::new, |it| format!("state={}&", it.as_str()));
    let main = html! {
        (search_form(context, seen, ""))
        (filters(context, seen, state))
        @if state == Some(State::Quarantined) && !found.events.is_empty() {
            p { a href=(seen.to("quarantine")) { (context.t("Meta's words to each, and the way back", "As palavras da Meta sobre cada um, e o caminho de volta")) } }
        }
        (list(context, seen, &found.events))
        @if let Some(next) = found.next.as_ref().map(Cursor::text) {
            p { a rel="next" href={ (seen.to("events")) "?" (filter) "after=" (next) } { (context.t("Older", "Mais antigos")) } }
        }
        (ways(context, seen))
    };
    Ok(shown(context, seen, StatusCode::OK, &main))
}

/// `POST .../events/search`: whom it is about never stands in an address.
pub(super) async fn search(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let q = form.text("q").unwrap_or_default();
    if q.is_empty() || q.len() > 320 {
        return Ok(answer::redirect(&seen.to("events")));
    }
    let page = Page::behind(None, ROWS).after(form.text("after"))?;
    let found = books::found(context.state, context.request, &seen.tenant.id, q, &page).await?;
    let main = html! {
        (search_form(context, seen, q))
        @if found.events.is_empty() {
            p.empty { (context.t(
                "Nothing is found. An order's id has to be whole; a phone needs its area code.",
                "Nada encontrado. O número do pedido precisa estar completo; um telefone precisa do DDD.",
            )) }
        } @else {
            (list(context, seen, &found.events))
        }
        @if let Some(next) = found.next.as_ref().map(Cursor::text) {
            form method="post" action=(seen.to("events/search")) {
                input type="hidden" name="q" value=(q);
                input type="hidden" name="after" value=(next);
                button type="submit" { (context.t("Older", "Mais antigos")) }
            }
        }
        p { a href=(seen.to("events")) { (context.t("All events", "Todos os eventos")) } }
    };
    Ok(shown(context, seen, StatusCode::OK, &main))
}

/// `GET .../events.csv`.
pub(super) async fn file(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let (since, until) = export::days(context.request)?;
    let wanted = Wanted { since, until, ..Wanted::default() };
    let (id, after) = (seen.tenant.id.as_str(), context.query("after"));
    let file = export::file(context.state, context.request, id, &wanted, after.as_deref()).await?;
    Ok(export::response(file, &seen.to("events.csv"), &wanted))
}

fn shown(context: &Context<'_>, seen: &Seen, status: StatusCode, main: &Markup) -> Response<Body> {
    answer::html(status, frame::page(context, seen, Tab::Events, Tab::Events.title(context), main))
}

fn search_form(context: &Context<'_>, seen: &Seen, q: &str) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        form.inline.search role="search" method="post" action=(seen.to("events/search")) {
            label for="q" { (t("Order, event, e-mail or phone", "Pedido, evento, e-mail ou telefone")) }
            input #q name="q" type="search" required maxlength="320" autocomplete="off" value=(q);
            button.primary type="submit" { (t("Search", "Procurar")) }
        }
    }
}

fn filters(context: &Context<'_>, seen: &Seen, chosen: Option<State>) -> Markup {
    let states =
        [State::Sent, State::Pending, State::Parked, State::Held, State::Quarantined, State::Expired, State::Ignored];
    let all = seen.to("events");
    html! {
        nav.filters aria-label=(context.t("States", "Estados")) {
            a href=(all) aria-current=[chosen.is_none().then_some("true")] { (context.t("All", "Todos")) }
            @for state in states {
                a href={ (all) "?state=" (state.as_str()) } aria-current=[(chosen == Some(state)).then_some("true")] {
                    (words::state(state.as_str(), context.locale))
                }
            }
        }
    }
}

fn list(context: &Context<'_>, seen: &Seen, events: &[(Event, Cursor)]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    if events.is_empty() {
        return html! { p.empty { (t("No event here.", "Nenhum evento aqui.")) } };
    }
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t("Events", "Eventos")) { table {
            thead { tr {
                th scope="col" { (t("Order", "Pedido")) }
                th scope="col" { (t("State", "Estado")) }
                th.number scope="col" { (t("Value", "Valor")) }
                th scope="col" { (t("Event", "Evento")) }
                th scope="col" { (t("Click found by", "Clique encontrado por")) }
                th scope="col" { (t("Came in", "Chegou")) }
            } }
            tbody { @for (event, _) in events { tr {
                th.id scope="row" { a href={ (seen.to("events")) "/" (event.event_id) } { (event.order_id) } }
                td {
                    (badge(context, event.state))
                    @if let Some(why) = words::reason(event.state, event.reason.as_deref(), context.locale) {
                        span.why { (why) }
                    }
                }
                td.number { (event.value) " " (event.currency) }
                td { (event.event_name) }
                td { (stage(context, &event.match_stage)) }
                td { (moment(event.received_at)) }
            } } }
        } }
    }
}

/// A state as a mark.
pub(super) fn badge(context: &Context<'_>, state: &str) -> Markup {
    html! { span.badge.(state) { (words::state(state, context.locale)) } }
}

/// A stage in words.
pub(super) fn stage<'t>(context: &Context<'_>, stage: &'t str) -> &'t str {
    match stage {
        "identity" => context.t("buyer", "comprador"),
        "click" => context.t("order's own click", "clique do pedido"),
        "network" => context.t("network and browser", "rede e navegador"),
        "none" => context.t("no click", "nenhum clique"),
        stage => stage,
    }
}

fn ways(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        div.pair.below {
            section.card aria-labelledby="export" {
                h2 #export { (t("Download as a table", "Baixar como tabela")) }
                form method="get" action=(seen.to("events.csv")) {
                    div.pair {
                        div.field { label for="since" { (t("From (UTC)", "De (UTC)")) } input #since name="since" type="date" min="2000-01-01"; }
                        div.field { label for="until" { (t("To", "Até")) } input #until name="until" type="date" min="2000-01-01"; }
                    }
                    button type="submit" { (t("Download CSV", "Baixar CSV")) }
                }
                p.hint { (t(
                    "A file has up to 10,000 events, the newest of these days. It is named part when there are more: choose fewer days.",
                    "Um arquivo tem até 10.000 eventos, os mais novos desses dias. Chama-se part quando há mais: escolha menos dias.",
                )) }
            }
            section.card aria-labelledby="import" {
                h2 #import { (t("Orders of before", "Pedidos de antes")) }
                p { (t(
                    "Starting today? The orders of the last 7 days can still go to Meta.",
                    "Começando hoje? Os pedidos dos últimos 7 dias ainda podem ir à Meta.",
                )) }
                p { a.button href=(seen.to("import")) { (t("Import orders", "Importar pedidos")) } }
            }
        }
    }
}
