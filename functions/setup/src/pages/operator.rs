//! The operator's pages: all sellers and their setups, and a link for a new one.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::setup::{self, Listed};
use shared::domain::setup::Locale;
use shared::http::Problem;
use shared::keyset::Page;

use super::context::Context;
use super::layout::{self, Link, copyable, moment};
use super::{answer, wizard};
use crate::create::{self, LINK_DAYS, Opened};

fn links<'a>(context: &Context<'a>) -> [Link<'a>; 1] {
    [Link { to: "/setup/sessions".to_owned(), text: context.t("Sellers", "Vendedores"), is_here: true }]
}

fn operator(context: &Context<'_>) -> Result<(), Problem> {
    context.caller()?;
    // Who is no operator learns nothing of the page.
    if context.is_operator() { Ok(()) } else { Err(crate::no_route()) }
}

/// `GET /setup/sessions`.
pub(super) async fn list(context: &Context<'_>) -> Result<Response<Body>, Problem> {
    operator(context)?;
    let page = &Page::of(context.request)?;
    let found = context.state.db.run(|client| async move { setup::list(&client, page).await }).await;
    let (listed, next) = found.map_err(|error| crate::unavailable(context.request, &error))?;
    let title = context.t("Sellers", "Vendedores");
    let page = html! {
        div.bar {
            h1 { (title) }
            form method="post" action="/setup/sessions" .inline {
                label for="locale" { (context.t("Their language", "Idioma deles")) }
                select #locale name="locale" {
                    option value="pt-BR" selected[context.locale == Locale::Portuguese] { "Português" }
                    option value="en" selected[context.locale == Locale::English] { "English" }
                }
                button.primary type="submit" { (context.t("New seller", "Novo vendedor")) }
            }
        }
        @if listed.is_empty() {
            p.empty { (context.t(
                "Nobody yet. A new seller gets a link, and sets everything up by it.",
                "Ninguém ainda. Um novo vendedor recebe um link e configura tudo por ele.",
            )) }
        } @else {
            (table(context, &listed))
        }
        @if let Some(next) = next {
            p { a href={ "/setup/sessions?after=" (next.text()) } rel="next" { (context.t("Older", "Mais antigos")) } }
        }
    };
    Ok(answer::html(StatusCode::OK, layout::page(context, title, &links(context), &page)))
}

/// A seller that is live is looked at by what happens to its sales, one that is not by its setup.
fn where_it_is(listed: &Listed) -> String {
    match listed.tenant_status.as_deref() {
        None | Some("provisioning") => format!("/setup/sessions/{}", listed.id),
        Some(_) => format!("/setup/tenants/{}", setup::tenant_id(&listed.id)),
    }
}

fn table(context: &Context<'_>, listed: &[Listed]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(context.t("Sellers", "Vendedores")) {
            table {
                thead { tr {
                    th scope="col" { (context.t("Business", "Negócio")) }
                    th scope="col" { (context.t("State", "Estado")) }
                    th scope="col" { (context.t("Step", "Etapa")) }
                    th scope="col" { (context.t("Last change", "Última mudança")) }
                    th scope="col" { (context.t("Link", "Link")) }
                } }
                tbody { @for it in listed {
                    tr {
                        th scope="row" { a href=(where_it_is(it)) {
                            (it.name.as_deref().unwrap_or(context.t("(no name yet)", "(ainda sem nome)")))
                        } }
                        td { (wizard::status_word(context, it.tenant_status.as_deref())) }
                        td { (wizard::step_title(context, &it.step)) }
                        td { (moment(it.updated_at)) }
                        td { form method="post" action={ "/setup/sessions/" (it.id) "/link" } {
                            button type="submit" { (context.t("New link", "Novo link")) }
                        } }
                    }
                } }
            }
        }
    }
}

/// `POST /setup/sessions`: a session, and its link to send to the seller.
pub(super) async fn create(context: &Context<'_>) -> Result<Response<Body>, Problem> {
    operator(context)?;
    let form = super::form(context)?;
    let locale = form.text("locale").and_then(Locale::parse).unwrap_or_default();
    let opened = create::open(context.state, context.request, context.caller()?, locale, LINK_DAYS).await?;
    Ok(link_page(context, &opened))
}

/// `POST /setup/sessions/{id}/link`.
pub(super) async fn renew(context: &Context<'_>, id: &str) -> Result<Response<Body>, Problem> {
    operator(context)?;
    let opened = create::open_again(context.state, context.request, context.caller()?, id, LINK_DAYS).await?;
    Ok(link_page(context, &opened))
}

fn link_page(context: &Context<'_>, opened: &Opened) -> Response<Body> {
    let title = context.t("Send this link to the seller", "Envie este link ao vendedor");
    let url = opened.url(context.state, context.request);
    let page = html! {
        h1 { (title) }
        p { (context.t(
            "It is shown once, and good until the day below. Who has it can set up this seller, and nobody else.",
            "Ele é mostrado uma vez só e vale até o dia abaixo. Quem o tem configura este vendedor, e nenhum outro.",
        )) }
        (copyable(context, context.t("Link", "Link"), &url))
        p.quiet { (context.t("Good until", "Válido até")) " " (moment(opened.expires_at)) }
        p { a.button href={ "/setup/sessions/" (opened.link.link.session_id) } { (context.t("Go through it yourself", "Percorrer você mesmo")) } }
        p { a href="/setup/sessions" { (context.t("To all sellers", "Todos os vendedores")) } }
    };
    answer::html(StatusCode::OK, layout::plain(context, title, &page))
}
