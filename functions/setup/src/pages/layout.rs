//! The frame of every page.

use maud::{DOCTYPE, Markup, html};
use shared::domain::setup::Locale;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::assets;
use super::context::Context;

/// An entry of the navigation.
pub(crate) struct Link<'a> {
    pub(crate) to: String,
    pub(crate) text: &'a str,
    /// Whether it is the page that is shown.
    pub(crate) is_here: bool,
}

/// A page with a navigation beside its name.
pub(crate) fn page(context: &Context<'_>, title: &str, links: &[Link<'_>], main: &Markup) -> Markup {
    frame(context, title, links, "wide", main)
}

/// A page that is one card.
pub(super) fn plain(context: &Context<'_>, title: &str, main: &Markup) -> Markup {
    frame(context, title, &[], "narrow", &html! { div.card { (main) } })
}

fn frame(context: &Context<'_>, title: &str, links: &[Link<'_>], width: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(context.locale.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Track AI" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::STYLE.url());
                script src=(assets::SCRIPT.url()) defer {}
            }
            body {
                a.skip href="#main" { (context.t("To the content", "Ir para o conteúdo")) }
                header.top {
                    a.brand href="/setup" { "Track AI" }
                    @if !links.is_empty() {
                        nav aria-label=(context.t("Sections", "Seções")) {
                            @for link in links { a href=(link.to) aria-current=[link.is_here.then_some("page")] { (link.text) } }
                        }
                    }
                    div.corner {
                        (languages(context))
                        @if context.caller.is_some() {
                            form method="post" action="/setup/logout" {
                                button.link type="submit" { (context.t("Log out", "Sair")) }
                            }
                        }
                    }
                }
                main #main class=(width) tabindex="-1" { (main) }
            }
        }
    }
}

/// The same page in the other language.
fn languages(context: &Context<'_>) -> Markup {
    let (other, name) = match context.locale {
        Locale::English => (Locale::Portuguese, "Português"),
        Locale::Portuguese => (Locale::English, "English"),
    };
    // A page that answers a form has no address of its own in which it could be shown again.
    let path = if context.request.method() == lambda_http::http::Method::POST { "/setup" } else { context.path() };
    html! { a lang=(other.as_str()) hreflang=(other.as_str()) href={ (path) "?lang=" (other.as_str()) } { (name) } }
}

/// A moment, in UTC; the browser's script shows it in the reader's own time.
pub(crate) fn moment(unix_s: i64) -> Markup {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(unix_s) else { return html! {} };
    let text = at.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")).unwrap_or_default();
    html! { time datetime=(at.format(&Rfc3339).unwrap_or_default()) { (text) } }
}

/// What is worth saying above a page's content.
pub(crate) fn notice(kind: &str, text: &str) -> Markup {
    let role = if kind == "error" { "alert" } else { "status" };
    html! { p.notice.(kind) role=(role) { (text) } }
}

/// A text to copy, with a button that does so.
pub(crate) fn copyable(context: &Context<'_>, label: &str, text: &str) -> Markup {
    html! {
        div.copyable {
            span.label { (label) }
            pre tabindex="0" role="region" aria-label=(label) { code { (text) } }
            button type="button" data-copy=(text) data-done=(context.t("Copied", "Copiado")) hidden {
                (context.t("Copy", "Copiar"))
            }
        }
    }
}
