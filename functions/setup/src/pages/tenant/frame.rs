//! The frame of a tenant's pages.

use maud::{Markup, html};

use super::super::context::Context;
use super::super::layout::{self, Link};
use super::super::wizard;
use super::Seen;
use crate::access::Caller;

/// A page of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    /// State, ledger, match rate, issues.
    Overview,
    /// Events with their stories, export and import.
    Events,
    /// Examination and quality.
    Health,
    /// Quarantined events.
    Quarantine,
    /// Checkouts.
    Connections,
    /// Deliveries that could not be read.
    Bodies,
    /// API keys.
    Keys,
    /// Pixel and token, other events, going on and off.
    Settings,
    /// What is kept of a person.
    People,
    /// Who changed what.
    Changes,
}

impl Tab {
    /// Each of them, in the navigation's order.
    const ALL: [Self; 10] = [
        Self::Overview,
        Self::Events,
        Self::Health,
        Self::Quarantine,
        Self::Connections,
        Self::Bodies,
        Self::Keys,
        Self::Settings,
        Self::People,
        Self::Changes,
    ];

    /// The last part of its path.
    fn word(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Events => "events",
            Self::Health => "health",
            Self::Quarantine => "quarantine",
            Self::Connections => "connections",
            Self::Bodies => "bodies",
            Self::Keys => "keys",
            Self::Settings => "settings",
            Self::People => "people",
            Self::Changes => "changes",
        }
    }

    /// What it is called.
    pub(super) fn title<'t>(self, context: &Context<'_>) -> &'t str {
        match self {
            Self::Overview => context.t("Overview", "Visão geral"),
            Self::Events => context.t("Events", "Eventos"),
            Self::Health => context.t("Health", "Saúde"),
            Self::Quarantine => context.t("Quarantine", "Quarentena"),
            Self::Connections => context.t("Checkouts", "Checkouts"),
            Self::Bodies => context.t("Unread deliveries", "Entregas não lidas"),
            Self::Keys => context.t("API keys", "Chaves de API"),
            Self::Settings => context.t("Settings", "Ajustes"),
            Self::People => context.t("People", "Pessoas"),
            Self::Changes => context.t("Changes", "Alterações"),
        }
    }
}

/// A tenant's page. `title` is the page's own heading.
pub(super) fn page(context: &Context<'_>, seen: &Seen, tab: Tab, title: &str, main: &Markup) -> Markup {
    let mut links: Vec<Link<'_>> = Vec::new();
    if context.is_operator() {
        let text = context.t("Sellers", "Vendedores");
        links.push(Link { to: "/setup/sessions".to_owned(), text, is_here: false });
    }
    links.extend(Tab::ALL.map(|it| Link { to: seen.to(it.word()), text: it.title(context), is_here: it == tab }));
    let goes_on = !matches!(context.caller, Some(Caller::Key(_)));
    if let Some(id) = seen.session_id.as_ref().filter(|_| goes_on) {
        let text = context.t("Setup", "Configuração");
        links.push(Link { to: format!("/setup/sessions/{id}/active"), text, is_here: false });
    }
    let status = seen.tenant.status.as_str();
    let name = if seen.tenant.name.is_empty() { &seen.tenant.slug } else { &seen.tenant.name };
    let body = html! {
        p.whose { (name) " " span.badge.(status) { (wizard::status_word(context, Some(status))) } }
        div.bar { h1 { (title) } }
        (main)
    };
    layout::page(context, &format!("{title} · {name}"), &links, &body)
}
