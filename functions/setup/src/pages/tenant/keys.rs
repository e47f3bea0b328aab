//! A tenant's API keys.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::setup::ListedKey;
use shared::domain::access::{Scope, Scopes};
use shared::domain::text;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{copyable, moment, notice};
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_keys::{self, LABEL_MAX, Made};

/// `GET .../keys`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    shown(context, seen, StatusCode::OK, None, None).await
}

/// `POST .../keys`: makes one, and shows it this once.
pub(super) async fn create(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let label = form.text("label").and_then(|it| text::line(it, LABEL_MAX));
    let scopes: Vec<&str> = form.texts("scopes").into_iter().filter(|it| Scope::WORDS.contains(it)).collect();
    let (Some(label), false) = (label, scopes.is_empty()) else {
        let text =
            context.t("Name the key, and choose what it may do.", "Dê um nome à chave e escolha o que ela pode fazer.");
        return shown(context, seen, StatusCode::UNPROCESSABLE_ENTITY, Some(text), None).await;
    };
    let (state, request, caller) = (context.state, context.request, context.caller()?);
    match tenants_keys::make(state, request, caller, &seen.tenant.id, &label, Scopes::of(scopes)).await {
        Ok(made) => shown(context, seen, StatusCode::OK, None, Some(&made)).await,
        Err(problem) if problem.status() == StatusCode::CONFLICT => {
            let text = context.t(
                "No key can be made: 50 are in force, or the seller is retired. End one first.",
                "Nenhuma chave pode ser criada: 50 estão ativas ou o vendedor foi encerrado. Encerre uma antes.",
            );
            shown(context, seen, StatusCode::CONFLICT, Some(text), None).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST .../keys/{key}/end`: ends it now.
pub(super) async fn end(context: &Context<'_>, seen: &Seen, key_id: &str) -> Result<Response<Body>, Problem> {
    super::super::form(context)?;
    let caller = context.caller()?;
    tenants_keys::revoke(context.state, context.request, caller, &seen.tenant.id, key_id).await?;
    Ok(answer::redirect(&seen.to("keys")))
}

async fn shown(
    context: &Context<'_>,
    seen: &Seen,
    status: StatusCode,
    refused: Option<&str>,
    made: Option<&Made>,
) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let listed = tenants_keys::list(context.state, context.request, &seen.tenant.id).await?;
    let main = html! {
        @if let Some(text) = refused { (notice("error", text)) }
        @if let Some(made) = made {
            section.card aria-labelledby="made" {
                h2 #made { (t("Your new key", "Sua nova chave")) }
                p { (t("Keep it now: it is shown this once. Treat it like a password.", "Guarde-a agora: ela só é mostrada uma vez. Trate-a como uma senha.")) }
                (copyable(context, t("API key", "Chave de API"), made.key.reveal()))
            }
        }
        (table(context, seen, &listed.keys))
        @if let Some(next) = &listed.next { p { a rel="next" href={ (seen.to("keys")) "?after=" (next) } { (t("Older", "Mais antigas")) } } }
        (form(context, seen))
    };
    let title = Tab::Keys.title(context);
    Ok(answer::html(status, frame::page(context, seen, Tab::Keys, title, &main)))
}

fn table(context: &Context<'_>, seen: &Seen, keys: &[ListedKey]) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        div.scroll tabindex="0" role="region" aria-label=(t("API keys", "Chaves de API")) { table {
            thead { tr {
                th scope="col" { (t("Name", "Nome")) }
                th scope="col" { (t("Ends in", "Termina em")) }
                th scope="col" { (t("May", "Pode")) }
                th scope="col" { (t("Made", "Criada em")) }
                th scope="col" { (t("State", "Estado")) }
            } }
            tbody { @for key in keys { tr {
                th scope="row" { (key.label) }
                td { @match &key.last4 { Some(last) => code { "…" (last) }, None => "—" } }
                td { (key.scopes.iter().map(|it| scope(context, it)).collect::<Vec<_>>().join(", ")) }
                td { (moment(key.created_at)) }
                td { @match key.revoked_at {
                    Some(at) => { (t("ended", "encerrada")) " " (moment(at)) },
                    None => form method="post" action={ (seen.to("keys")) "/" (key.id) "/end" } {
                        button.danger type="submit" { (t("End now", "Encerrar agora")) }
                    },
                } }
            } } }
        } }
    }
}

fn scope<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    match word {
        "ingest" => context.t("post orders", "enviar pedidos"),
        "read" => context.t("read", "ler"),
        "admin" => context.t("change everything", "alterar tudo"),
        word => word,
    }
}

fn form(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card.below aria-labelledby="new" {
            h2 #new { (t("A new key", "Nova chave")) }
            form method="post" action=(seen.to("keys")) {
                div.field {
                    label for="label" { (t("Name", "Nome")) }
                    input #label name="label" type="text" required maxlength=(LABEL_MAX) autocomplete="off" placeholder=(t("My shop's server", "Servidor da minha loja"));
                }
                fieldset.field {
                    legend { (t("What it may do", "O que ela pode fazer")) }
                    @for word in Scope::WORDS {
                        label.option { input type="checkbox" name="scopes" value=(word) checked[word == "ingest"]; span { (scope(context, word)) } }
                    }
                }
                button.primary type="submit" { (t("Make the key", "Criar a chave")) }
            }
        }
    }
}
