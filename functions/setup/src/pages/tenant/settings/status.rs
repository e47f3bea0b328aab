//! Whether a tenant is on: what each status means, and who may change it.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};

use super::super::super::context::Context;
use super::super::super::layout::notice;
use super::super::super::wizard;
use super::super::Seen;

/// 422: what is for good wants a tick.
pub(super) fn unsure(context: &Context<'_>, seen: &Seen) -> Response<Body> {
    let text = context.t(
        "Tick the box to say that you are sure. Nothing was changed.",
        "Marque a caixa para confirmar. Nada foi alterado.",
    );
    super::shown(context, seen, StatusCode::UNPROCESSABLE_ENTITY, &notice("error", text))
}

/// The status in words, and what the one who looks may do about it.
pub(super) fn part(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let status = seen.tenant.status.as_str();
    html! {
        section.card aria-labelledby="status" {
            h2 #status { (t("On and off", "Ligar e desligar")) }
            p { span.badge.(status) { (wizard::status_word(context, Some(status))) } " " (meaning(context, status)) }
            @if context.is_operator() {
                @if status == "active" || status == "provisioning" { (suspend(context, seen)) }
                @if status == "suspended" { (go_on(context, seen)) }
                @if status != "retired" { (retire(context, seen)) }
            } @else if status != "retired" {
                p.quiet { (t("The operator of this deployment suspends and retires.", "Quem suspende e encerra é o operador deste sistema.")) }
            }
        }
    }
}

fn meaning<'t>(context: &Context<'_>, status: &str) -> &'t str {
    match status {
        "provisioning" => context.t(
            "Clicks and orders are taken; events are sent once it goes live, or while a test code is on.",
            "Cliques e pedidos são aceitos; os eventos saem quando entrar no ar ou enquanto houver um código de teste.",
        ),
        "active" => context.t(
            "Clicks and orders are taken, and events are sent.",
            "Cliques e pedidos são aceitos e os eventos são enviados.",
        ),
        "suspended" => context.t(
            "Clicks and orders are taken, and events wait. What waits longer than 7 days is too old for Meta.",
            "Cliques e pedidos são aceitos e os eventos esperam. O que espera mais de 7 dias fica velho demais para a Meta.",
        ),
        _ => context.t(
            "Nothing is taken and nothing is sent any more, for good.",
            "Nada mais é aceito nem enviado, para sempre.",
        ),
    }
}

fn suspend(context: &Context<'_>, seen: &Seen) -> Markup {
    html! {
        form method="post" action=(seen.to("settings/suspend")) {
            button type="submit" { (context.t("Suspend: hold its events back", "Suspender: segurar os eventos")) }
        }
    }
}

fn go_on(context: &Context<'_>, seen: &Seen) -> Markup {
    html! {
        form method="post" action=(seen.to("settings/activate")) {
            button.primary type="submit" { (context.t("Go on: send what waits", "Retomar: enviar o que espera")) }
        }
    }
}

fn retire(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        details {
            summary { (t("Retire this seller", "Encerrar este vendedor")) }
            p { (t(
                "For good: its keys, links and webhooks end, and what waits is not sent.",
                "Para sempre: suas chaves, links e webhooks terminam e o que espera não é enviado.",
            )) }
            form method="post" action=(seen.to("settings/retire")) {
                label.option { input type="checkbox" name="sure" required; span { (t("I am sure", "Tenho certeza")) } }
                button.danger type="submit" { (t("Retire for good", "Encerrar para sempre")) }
            }
        }
    }
}
