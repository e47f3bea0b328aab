//! The frame of a step: all steps with how each stands, and the one that is shown.

use maud::{Markup, html};
use shared::domain::setup::{Severity, Step};

use super::super::context::Context;
use super::super::layout::{self, Link};
use super::Shown;
use super::words::{STEPS, title};

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is left to do.
    Done,
    /// It was entered, and something is wrong.
    Wrong,
    /// It waits for something to happen elsewhere.
    Waiting,
    /// It was not begun.
    Open,
}

/// Whether anything of a step was entered.
pub(super) fn is_entered(shown: &Shown, step: Step) -> bool {
    shown.session.input[step.as_str()].as_object().is_some_and(|section| !section.is_empty())
}

/// How a step stands.
pub(super) fn standing(shown: &Shown, step: Step) -> Standing {
    let live = &shown.session.live;
    let waits = |seen: Option<i64>| match seen {
        Some(_) => Standing::Done,
        None if live.is_provisioned => Standing::Waiting,
        None => Standing::Open,
    };
    match step {
        Step::Snippet => waits(live.first_click_at),
        Step::TestOrder => waits(live.first_order_at),
        Step::Active if live.is_active => Standing::Done,
        Step::Active => Standing::Open,
        _ if !is_entered(shown, step) => Standing::Open,
        _ if has_error(shown, step) => Standing::Wrong,
        _ => Standing::Done,
    }
}

fn has_error(shown: &Shown, step: Step) -> bool {
    shown.assessed.issues.iter().any(|it| it.code.step() == step && it.severity() == Severity::Error)
}

pub(super) fn standing_word<'t>(context: &Context<'_>, standing: Standing) -> &'t str {
    match standing {
        Standing::Done => context.t("done", "pronto"),
        Standing::Wrong => context.t("to repair", "a corrigir"),
        Standing::Waiting => context.t("waiting", "aguardando"),
        Standing::Open => context.t("to do", "a fazer"),
    }
}

fn standing_class(standing: Standing) -> &'static str {
    match standing {
        Standing::Done => "done",
        Standing::Wrong => "wrong",
        Standing::Waiting => "waiting",
        Standing::Open => "open",
    }
}

/// A step's page.
pub(super) fn page(context: &Context<'_>, shown: &Shown, step: Step, main: &Markup) -> Markup {
    let number = STEPS.iter().position(|it| *it == step).map_or(1, |place| place + 1);
    let name = shown.assessed.input.business.name.as_deref();
    let heading = title(context, step);
    let sellers = Link { to: "/setup/sessions".to_owned(), text: context.t("Sellers", "Vendedores"), is_here: false };
    let links: &[Link<'_>] = if context.is_operator() { &[sellers] } else { &[] };
    let body = html! {
        div.wizard {
            nav.steps aria-label=(context.t("Steps", "Etapas")) {
                @if let Some(name) = name { p.whose { (name) } }
                (progress(context, shown))
                ol { @for it in STEPS { (entry(context, shown, it, it == step)) } }
            }
            section.card aria-labelledby="heading" {
                p.quiet { (context.t("Step", "Etapa")) " " (number) " " (context.t("of", "de")) " " (STEPS.len()) }
                h1 #heading { (heading) }
                (main)
            }
        }
    };
    layout::page(context, &format!("{number}. {heading}"), links, &body)
}

fn progress(context: &Context<'_>, shown: &Shown) -> Markup {
    let done = STEPS.iter().filter(|step| standing(shown, **step) == Standing::Done).count();
    let label = format!("{done} {} {}", context.t("of", "de"), STEPS.len());
    html! {
        p.progress {
            progress max=(STEPS.len()) value=(done) aria-label=(context.t("Steps that are done", "Etapas prontas")) {}
            span { (label) }
        }
    }
}

fn entry(context: &Context<'_>, shown: &Shown, step: Step, is_here: bool) -> Markup {
    let standing = standing(shown, step);
    html! {
        li.(standing_class(standing)) {
            a href=(shown.to(step)) aria-current=[is_here.then_some("step")] {
                span.title { (title(context, step)) }
                span.standing { (standing_word(context, standing)) }
            }
        }
    }
}
