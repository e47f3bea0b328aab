//! Steps and states in words.

use shared::domain::setup::Step;

use super::super::context::Context;

/// The steps in their order.
pub(super) const STEPS: [Step; 8] = [
    Step::Business,
    Step::Funnel,
    Step::Meta,
    Step::Checkout,
    Step::OtherSenders,
    Step::Snippet,
    Step::TestOrder,
    Step::Active,
];

/// A step's title.
pub(super) fn title<'t>(context: &Context<'_>, step: Step) -> &'t str {
    match step {
        Step::Business => context.t("Your business", "Seu negócio"),
        Step::Funnel => context.t("Your pages", "Suas páginas"),
        Step::Meta => context.t("Pixel and token", "Pixel e token"),
        Step::Checkout => context.t("Your checkout", "Seu checkout"),
        Step::OtherSenders => context.t("Other senders", "Outros envios"),
        Step::Snippet => context.t("First click", "Primeiro clique"),
        Step::TestOrder => context.t("First order", "Primeiro pedido"),
        Step::Active => context.t("Go live", "Entrar no ar"),
    }
}

/// A step's title by its word.
pub(in super::super) fn step_title<'t>(context: &Context<'_>, word: &str) -> &'t str {
    Step::parse(word).map_or("", |step| title(context, step))
}

/// A tenant's status, or that there is none yet.
pub(in super::super) fn status_word<'t>(context: &Context<'_>, status: Option<&str>) -> &'t str {
    match status {
        None => context.t("being entered", "em preenchimento"),
        Some("provisioning") => context.t("being tested", "em teste"),
        Some("active") => context.t("active", "ativo"),
        Some("suspended") => context.t("suspended", "suspenso"),
        Some(_) => context.t("retired", "encerrado"),
    }
}
