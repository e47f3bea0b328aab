//! Who changed what, and when.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::html;
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::moment;
use super::Seen;
use super::frame::{self, Tab};
use crate::tenants_audit;

/// `GET .../changes`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let caller = context.caller()?;
    let listed = tenants_audit::page(context.state, context.request, caller, &seen.tenant.id).await?;
    let title = Tab::Changes.title(context);
    let main = html! {
        @if listed.audit.is_empty() { p.empty { (t("Nobody has changed anything yet.", "Ninguém alterou nada ainda.")) } }
        @else {
            div.scroll tabindex="0" role="region" aria-label=(title) { table {
                thead { tr {
                    th scope="col" { (t("When", "Quando")) }
                    th scope="col" { (t("What", "O quê")) }
                    th scope="col" { (t("Who", "Quem")) }
                    th scope="col" { (t("From", "De onde")) }
                } }
                tbody { @for it in &listed.audit { tr {
                    td { (moment(it.at)) }
                    th scope="row" { (act(context, &it.act)) }
                    td { (who(context, &it.who)) }
                    td { (it.ip.as_deref().unwrap_or("—")) }
                } } }
            } }
            @if let Some(next) = &listed.next { p { a rel="next" href={ (seen.to("changes")) "?after=" (next) } { (t("Older", "Mais antigas")) } } }
        }
    };
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Changes, title, &main)))
}

fn who<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    match word.split(':').next() {
        Some("operator") => context.t("the operator", "o operador"),
        Some("link") => context.t("the seller, by the link", "o vendedor, pelo link"),
        Some("key") => context.t("an API key", "uma chave de API"),
        _ => word,
    }
}

/// What was changed, in words; a change of a later release by its own word.
fn act<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    let t = |english, portuguese| context.t(english, portuguese);
    match word {
        "session.created" => t("Setup begun", "Configuração iniciada"),
        "session.link_renewed" => t("Link made anew", "Link gerado de novo"),
        "session.patched" => t("Setup changed", "Configuração alterada"),
        "session.provisioned" => t("Tracking created or updated", "Rastreamento criado ou atualizado"),
        "session.test_event_sent" => t("Test event sent", "Evento de teste enviado"),
        "tenant.activated" => t("Went live", "Entrou no ar"),
        "tenant.suspended" => t("Suspended", "Suspenso"),
        "tenant.retired" => t("Retired", "Encerrado"),
        "tenant.meta_replaced" => t("Pixel or token replaced", "Pixel ou token trocado"),
        "tenant.released" => t("Sending released", "Envio liberado"),
        "tenant.optional_events_set" => t("Other events chosen", "Outros eventos escolhidos"),
        "events.replayed" => t("Quarantined events sent again", "Eventos em quarentena reenviados"),
        "orders.imported" => t("Orders imported", "Pedidos importados"),
        "key.created" => t("API key made", "Chave de API criada"),
        "key.revoked" => t("API key ended", "Chave de API encerrada"),
        "keys.rotated" => t("API keys replaced by a new one", "Chaves de API trocadas por uma nova"),
        "connection.created" => t("Checkout connected", "Checkout conectado"),
        "connection.changed" => t("Checkout connection changed", "Conexão do checkout alterada"),
        "connection.rotated" => t("Webhook URL made anew", "URL do webhook gerada de novo"),
        "connection.revoked" => t("Checkout connection ended", "Conexão do checkout encerrada"),
        "connection.secret_set" => t("Checkout's secret entered", "Segredo do checkout informado"),
        "bodies.replayed" => t("Unread deliveries read again", "Entregas não lidas reprocessadas"),
        "person.exported" => t("A person's data exported", "Dados de uma pessoa exportados"),
        "person.erased" => t("A person's data erased", "Dados de uma pessoa apagados"),
        word => word,
    }
}
