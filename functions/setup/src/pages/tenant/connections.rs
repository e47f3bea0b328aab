//! A tenant's checkout connections: their webhook URLs and secrets.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use serde_json::json;
use shared::db::connections::listed::Listed;
use shared::db::setup;
use shared::http::Problem;
use shared::platforms::Platform;

use super::super::answer;
use super::super::context::Context;
use super::super::layout::{copyable, moment, notice};
use super::super::wizard::platforms;
use super::frame::{self, Tab};
use super::{Seen, connection_settings};
use crate::tenants_connections as connections;

/// `GET .../connections`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    shown(context, seen, StatusCode::OK, &html! {}).await
}

/// `POST .../connections`: a further one.
pub(super) async fn create(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let mut wanted = json!({"platform": form.text("platform").unwrap_or_default()});
    for name in ["secret", "shop"] {
        if let Some(text) = form.text(name) {
            wanted[name] = text.into();
        }
    }
    let request = &super::super::as_json(context, &wanted);
    match connections::create(context.state, request, context.caller()?, &seen.tenant.id).await {
        Ok(made) => shown(context, seen, StatusCode::OK, &once(context, &made.url)).await,
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => refused(context, seen, &problem).await,
        Err(problem) => Err(problem),
    }
}

/// `POST .../connections/{id}/{act}`: `rotate`, `revoke`, `secret` or `settings`.
pub(super) async fn change(
    context: &Context<'_>,
    seen: &Seen,
    connection_id: &str,
    act: &str,
) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    if !setup::is_id(connection_id) {
        return Err(crate::no_route());
    }
    let (state, caller, id) = (context.state, context.caller()?, seen.tenant.id.as_str());
    match act {
        "rotate" => {
            let request = &super::super::as_json(context, &json!({}));
            let rotated = connections::rotate(state, request, caller, id, connection_id).await?;
            shown(context, seen, StatusCode::OK, &once(context, &rotated.url)).await
        }
        "revoke" => {
            let request = &super::super::as_json(context, &json!({}));
            connections::revoke(state, request, caller, id, connection_id).await?;
            Ok(answer::redirect(&seen.to("connections")))
        }
        "secret" => {
            let request = &super::super::as_json(context, &json!({"secret": form.text("secret").unwrap_or_default()}));
            match connections::set_secret(state, request, caller, id, connection_id).await {
                Ok(_) => Ok(answer::redirect(&format!("{}?kept=1", seen.to("connections")))),
                Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    refused(context, seen, &problem).await
                }
                Err(problem) => Err(problem),
            }
        }
        "settings" => {
            let request = &super::super::as_json(context, &connection_settings::wanted(&form));
            match connections::change(state, request, caller, id, connection_id).await {
                Ok(_) => Ok(answer::redirect(&format!("{}?changed=1", seen.to("connections")))),
                Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
                    refused(context, seen, &problem).await
                }
                Err(problem) => Err(problem),
            }
        }
        _ => Err(crate::no_route()),
    }
}

async fn refused(context: &Context<'_>, seen: &Seen, problem: &Problem) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let text = match problem.errors().first().map(|it| it.code) {
        Some("shop_taken") => t(
            "Another connection is of this shop already: name another one.",
            "Outra conexão já é desta loja: informe outra.",
        ),
        Some("amount_not_stated" | "shop_not_used" | "shop_shape" | "slot_shape" | "not_a_line") => t(
            "Name, value, slot or shop cannot be so: a slot is a parameter's name, a shop a short word in lower case.",
            "Nome, valor, campo ou loja não podem ser assim: o campo é o nome de um parâmetro; a loja, uma palavra curta em minúsculas.",
        ),
        _ => t(
            "Choose a platform, and enter its secret in one line.",
            "Escolha uma plataforma e informe o segredo em uma linha.",
        ),
    };
    shown(context, seen, StatusCode::UNPROCESSABLE_ENTITY, &notice("error", text)).await
}

fn once(context: &Context<'_>, url: &str) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="made" {
            h2 #made { (t("The webhook's URL", "A URL do webhook")) }
            p { (t(
                "Paste it into your checkout now: it is shown this once.",
                "Cole-a no seu checkout agora: ela só é mostrada uma vez.",
            )) }
            (copyable(context, t("Webhook URL", "URL do webhook"), url))
        }
    }
}

async fn shown(
    context: &Context<'_>,
    seen: &Seen,
    status: StatusCode,
    above: &Markup,
) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let listed = connections::list(context.state, context.request, &seen.tenant.id).await?;
    let title = Tab::Connections.title(context);
    let main = html! {
        (above)
        @if context.query("changed").is_some() { (notice("success", t("Saved. It counts from the next delivery on.", "Salvo. Vale a partir da próxima entrega."))) }
        @if context.query("kept").is_some() { (notice("success", t("The secret is kept.", "O segredo está guardado."))) }
        @if listed.connections.is_empty() {
            p.empty { (t("No checkout is connected: orders come from your own server.", "Nenhum checkout conectado: os pedidos vêm do seu servidor.")) }
        }
        @for it in &listed.connections { (connection(context, seen, it)) }
        @if let Some(next) = &listed.next { p { a rel="next" href={ (seen.to("connections")) "?after=" (next) } { (t("Older", "Mais antigas")) } } }
        (another(context, seen))
    };
    Ok(answer::html(status, frame::page(context, seen, Tab::Connections, title, &main)))
}

fn connection(context: &Context<'_>, seen: &Seen, it: &Listed) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let act = |act: &str| format!("{}/{}/{act}", seen.to("connections"), it.id);
    let secret = Platform::parse(&it.platform).map_or("", |platform| platforms::secret(context, platform));
    html! {
        section.card aria-labelledby={ "c-" (it.id) } {
            h2 id={ "c-" (it.id) } {
                (platforms::name(context, &it.platform))
                @if !it.label.is_empty() { " · " (it.label) }
                @if let Some(shop) = &it.shop { " · " (shop) }
                @if it.revoked_at.is_some() { " " span.badge.retired { (t("ended", "encerrada")) } }
            }
            dl {
                dt { (t("Connected", "Conectado em")) } dd { (moment(it.created_at)) }
                dt { (t("Last delivery", "Última entrega")) } dd { @match it.last_delivery_at { Some(at) => (moment(at)), None => (t("none yet", "nenhuma ainda")) } }
                @if let Some(at) = it.former_path_until { dt { (t("Former URL valid until", "URL anterior válida até")) } dd { (moment(at)) } }
                @if it.bodies > 0 { dt { (t("Deliveries that could not be read", "Entregas que não puderam ser lidas")) } dd { a href=(seen.to("bodies")) { (it.bodies) } } }
            }
            @if it.not_authentic > 0 {
                (notice("error", t(
                    "Deliveries came that this secret does not prove. Enter the right one, then read them again.",
                    "Chegaram entregas que este segredo não comprova. Informe o segredo certo e reprocesse-as.",
                )))
            }
            @if it.revoked_at.is_none() {
                form.inline method="post" action=(act("secret")) {
                    label for={ "s-" (it.id) } { (secret) }
                    input id={ "s-" (it.id) } name="secret" type="password" required autocomplete="off" maxlength="2000";
                    button type="submit" { (t("Keep this secret", "Guardar este segredo")) }
                }
                div.inline {
                    form method="post" action=(act("rotate")) { button type="submit" { (t("Make a new URL", "Gerar outra URL")) } }
                }
                (connection_settings::part(context, it, &act("settings")))
                details {
                    summary { (t("End this connection", "Encerrar esta conexão")) }
                    p { (t("For good: what comes on its URL is refused from then on.", "Para sempre: o que chegar na URL passa a ser recusado.")) }
                    form method="post" action=(act("revoke")) { button.danger type="submit" { (t("End it for good", "Encerrar para sempre")) } }
                }
            }
        }
    }
}

fn another(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card.below aria-labelledby="new" {
            h2 #new { (t("Connect another checkout", "Conectar outro checkout")) }
            form method="post" action=(seen.to("connections")) {
                div.field {
                    label for="platform" { (t("Checkout platform", "Plataforma de checkout")) }
                    select #platform name="platform" required {
                        option value="" { (t("Choose…", "Escolha…")) }
                        @for word in Platform::WORDS { option value=(word) { (platforms::name(context, word)) } }
                    }
                }
                div.field {
                    label for="secret" { (t("What it signs with (may follow later)", "Com o que ela assina (pode vir depois)")) }
                    input #secret name="secret" type="password" autocomplete="off" maxlength="2000";
                }
                div.field {
                    label for="shop" { (t("Which shop (only for several shops of one platform)", "Qual loja (só para várias lojas da mesma plataforma)")) }
                    input #shop name="shop" type="text" autocomplete="off" maxlength="64";
                }
                button.primary type="submit" { (t("Connect", "Conectar")) }
            }
        }
    }
}
