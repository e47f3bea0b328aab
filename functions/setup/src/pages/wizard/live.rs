//! What the wizard waits for: it turns green by itself when the real thing arrives.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::domain::setup::Step;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::moment;
use super::Shown;
use super::frame::Standing;

/// `GET .../live?step=`: the part of a page that changes by itself.
pub(super) fn fragment(context: &Context<'_>, shown: &Shown) -> Result<Response<Body>, Problem> {
    let step = context.query("step").as_deref().and_then(Step::parse).ok_or_else(crate::no_route)?;
    Ok(answer::html(StatusCode::OK, inner(context, shown, step)))
}

/// The part with its frame: the page's script asks for it again and again until it is done.
pub(super) fn part(context: &Context<'_>, shown: &Shown, step: Step) -> Markup {
    let source = format!("/setup/sessions/{}/live?step={}", shown.session.id, step.as_str());
    html! {
        div.live role="status" aria-live="polite" data-live=(source) data-done=(super::frame::standing_word(context, Standing::Done)) { (inner(context, shown, step)) }
        noscript { p { a href=(shown.to(step)) { (context.t("Look again", "Atualizar")) } } }
    }
}

fn inner(context: &Context<'_>, shown: &Shown, step: Step) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let live = &shown.session.live;
    match step {
        Step::Snippet => signal(
            live.first_click_at,
            t("Your first click has arrived", "Seu primeiro clique chegou"),
            t("Waiting for your first click…", "Aguardando seu primeiro clique…"),
        ),
        Step::TestOrder => html! {
            (signal(
                live.first_order_at,
                t("Your first order has arrived", "Seu primeiro pedido chegou"),
                t("Waiting for your first order…", "Aguardando seu primeiro pedido…"),
            ))
            (signal(
                live.first_event_at,
                t("Meta has taken your first event", "A Meta recebeu seu primeiro evento"),
                t(
                    "No event has gone to Meta yet: sales go once you are live, or while a test code is on.",
                    "Nenhum evento foi à Meta ainda: as vendas vão quando você entrar no ar ou com um código de teste ligado.",
                ),
            ))
        },
        _ => html! {},
    }
}

fn signal(at: Option<i64>, seen: &str, waiting: &str) -> Markup {
    html! {
        @match at {
            Some(at) => p.signal.done { span.mark aria-hidden="true" {} span { strong { (seen) } " " (moment(at)) } },
            None => p.signal.waiting { span.mark aria-hidden="true" {} span { (waiting) } },
        }
    }
}
