//! What a tenant is set to: its pixel and token, the events beside Purchase, and whether it is on.

mod status;

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use serde_json::{Value, json};
use shared::domain::order::{OptionalEvents, Trigger};
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::super::form::Form;
use super::super::layout::notice;
use super::Seen;
use super::frame::{self, Tab};
use crate::{tenants, tenants_meta, tenants_optional};

/// `GET .../settings`.
pub(super) fn page(context: &Context<'_>, seen: &Seen) -> Response<Body> {
    let t = |english, portuguese| context.t(english, portuguese);
    let done = match context.query("done").as_deref() {
        Some("meta") => t(
            "Meta took the token. What waited for it is being sent.",
            "A Meta aceitou o token. O que esperava por ele está sendo enviado.",
        ),
        Some("events") => t("Saved. It counts from the next order on.", "Salvo. Vale a partir do próximo pedido."),
        Some("status") => t("Done.", "Feito."),
        _ => return shown(context, seen, StatusCode::OK, &html! {}),
    };
    shown(context, seen, StatusCode::OK, &notice("success", done))
}

/// `POST .../settings/{act}`: `meta`, `events`, `suspend`, `retire` or `activate`.
pub(super) async fn change(context: &Context<'_>, seen: &Seen, act: &str) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    let (state, caller, id) = (context.state, context.caller()?, seen.tenant.id.as_str());
    let wanted = match act {
        "meta" => credentials(&form),
        "events" => json!({"events": events(&form)}),
        _ => json!({}),
    };
    let request = &super::super::as_json(context, &wanted);
    let (done, changed) = match act {
        "meta" => ("meta", tenants_meta::replace(state, request, caller, id).await),
        "events" => ("events", tenants_optional::set(state, request, caller, id).await),
        "suspend" => ("status", tenants::set_status(state, request, caller, id, "suspended").await),
        "retire" if !form.is_ticked("sure") => return Ok(status::unsure(context, seen)),
        "retire" => ("status", tenants::set_status(state, request, caller, id, "retired").await),
        "activate" => ("status", tenants::set_active(state, request, caller, id).await),
        _ => return Err(crate::no_route()),
    };
    match changed {
        Ok(_) => Ok(answer::redirect(&format!("{}?done={done}", seen.to("settings")))),
        Err(problem) => refused(context, seen, problem),
    }
}

/// What was entered; a blank field was not.
fn credentials(form: &Form) -> Value {
    let names = ["pixel_id", "access_token", "app_secret"];
    let entered = names.into_iter().filter_map(|name| Some((name.to_owned(), json!(form.text(name)?))));
    Value::Object(entered.collect())
}

/// The events that are ticked; without a name by the usual one.
fn events(form: &Form) -> Value {
    let ticked = Trigger::WORDS.iter().filter(|word| form.is_ticked(word));
    let name = |word: &str| match form.text(&format!("{word}_name")) {
        Some(name) => name.to_owned(),
        None => usual_name(word),
    };
    Value::Object(ticked.map(|word| ((*word).to_owned(), name(word).into())).collect())
}

fn usual_name(word: &str) -> String {
    Trigger::parse(word).map(|it| OptionalEvents::usual_name(it).as_str().to_owned()).unwrap_or_default()
}

/// What cannot be so is said on the page; anything else is not for it to say.
fn refused(context: &Context<'_>, seen: &Seen, problem: Problem) -> Result<Response<Body>, Problem> {
    let t = |english, portuguese| context.t(english, portuguese);
    let text = match (problem.status(), problem.errors().first().map(|it| it.code)) {
        (StatusCode::CONFLICT, _) => t(
            "This cannot be done as it stands: the setup is not whole, or the seller is retired for good.",
            "Isto não é possível agora: a configuração não está completa ou o vendedor foi encerrado para sempre.",
        ),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("token_refused")) => {
            t("Meta refuses this token. Nothing was replaced.", "A Meta recusa este token. Nada foi trocado.")
        }
        (StatusCode::UNPROCESSABLE_ENTITY, Some("pixel_not_shared")) => t(
            "Meta knows no such pixel for this token. Nothing was replaced.",
            "A Meta não conhece este pixel para este token. Nada foi trocado.",
        ),
        (StatusCode::UNPROCESSABLE_ENTITY, Some("pixel_shape")) => {
            t("A pixel's id has digits alone.", "O id de um pixel só tem dígitos.")
        }
        (StatusCode::UNPROCESSABLE_ENTITY, Some("required")) => {
            t("Enter the access token, and a pixel's id.", "Informe o token de acesso e o id de um pixel.")
        }
        (StatusCode::UNPROCESSABLE_ENTITY, Some("is_purchase")) => t(
            "Purchase is for a first payment alone: it is always sent.",
            "Purchase é só para o primeiro pagamento: sempre é enviado.",
        ),
        (StatusCode::UNPROCESSABLE_ENTITY, _) => {
            t("Something here cannot be so. Nothing was changed.", "Algo aqui não pode ser assim. Nada foi alterado.")
        }
        _ => return Err(problem),
    };
    Ok(shown(context, seen, problem.status(), &notice("error", text)))
}

fn shown(context: &Context<'_>, seen: &Seen, status: StatusCode, above: &Markup) -> Response<Body> {
    let is_over = seen.tenant.status == "retired";
    let main = html! {
        (above)
        @if !is_over {
            (meta(context, seen))
            (optional(context, seen))
        }
        (status::part(context, seen))
    };
    answer::html(status, frame::page(context, seen, Tab::Settings, Tab::Settings.title(context), &main))
}

fn meta(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="meta" {
            h2 #meta { (t("Pixel and token", "Pixel e token")) }
            p { (t(
                "Replace the token when it was made anew at Meta. Meta is asked first: one that it refuses changes nothing. What waited for it goes at once.",
                "Troque o token quando gerar outro na Meta. A Meta é consultada antes: um token recusado não altera nada. O que esperava por ele sai na hora.",
            )) }
            form method="post" action=(seen.to("settings/meta")) {
                div.field {
                    label for="pixel_id" { (t("Pixel's id", "Id do pixel")) }
                    input #pixel_id name="pixel_id" type="text" inputmode="numeric" maxlength="20" autocomplete="off"
                        value=(seen.tenant.pixel_id.as_deref().unwrap_or_default());
                }
                div.field {
                    label for="access_token" { (t("Access token", "Token de acesso")) }
                    input #access_token name="access_token" type="password" required maxlength="2000" autocomplete="off";
                }
                div.field {
                    label for="app_secret" { (t("App secret (only if you entered one before)", "Segredo do app (só se você já informou um)")) }
                    input #app_secret name="app_secret" type="password" maxlength="200" autocomplete="off";
                }
                button.primary type="submit" { (t("Ask Meta and replace", "Consultar a Meta e trocar")) }
            }
        }
    }
}

fn optional(context: &Context<'_>, seen: &Seen) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    html! {
        section.card aria-labelledby="other" {
            h2 #other { (t("Events beside Purchase", "Eventos além de Purchase")) }
            p { (t(
                "A paid order is always sent as Purchase, once. What else happens to an order is sent only if you want it.",
                "Um pedido pago sempre é enviado como Purchase, uma vez. O resto que acontece com um pedido só é enviado se você quiser.",
            )) }
            form method="post" action=(seen.to("settings/events")) {
                div.scroll tabindex="0" role="region" aria-label=(t("What is sent, and as which event", "O que é enviado e como qual evento")) { table {
                    thead { tr {
                        th scope="col" { (t("When", "Quando")) }
                        th scope="col" { (t("Send", "Enviar")) }
                        th scope="col" { (t("As the event", "Como o evento")) }
                    } }
                    tbody { @for word in Trigger::WORDS { (event(context, word, seen.tenant.optional_events.get(*word))) } }
                } }
                button.primary type="submit" { (t("Save", "Salvar")) }
            }
        }
    }
}

fn event(context: &Context<'_>, word: &str, name: Option<&String>) -> Markup {
    let (when, as_event) = (trigger(context, word), context.t("as the event", "como o evento"));
    html! { tr {
        th scope="row" { label for=(word) { (when) } }
        td { input id=(word) type="checkbox" name=(word) checked[name.is_some()]; }
        td { input name={ (word) "_name" } type="text" maxlength="100" autocomplete="off" aria-label={ (when) ", " (as_event) }
            placeholder=(usual_name(word)) value=(name.map_or("", String::as_str)); }
    } }
}

fn trigger<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    let t = |english, portuguese| context.t(english, portuguese);
    match Trigger::parse(word) {
        Some(Trigger::Pending) => t("A payment is announced (pix, boleto)", "Pagamento gerado (pix, boleto)"),
        Some(Trigger::Abandoned) => t("A checkout is left", "Checkout abandonado"),
        Some(Trigger::Refused) => t("A payment is refused", "Pagamento recusado"),
        Some(Trigger::Expired) => t("A payment's time is over", "Pagamento expirado"),
        Some(Trigger::Canceled) => t("An order is canceled", "Pedido cancelado"),
        Some(Trigger::Refunded) => t("An order is refunded", "Pedido reembolsado"),
        Some(Trigger::ChargedBack) => t("A payment is charged back", "Chargeback"),
        Some(Trigger::Renewal) => t("A subscription is renewed", "Assinatura renovada"),
        None => word,
    }
}
