//! Pixel and token, and a test event.

use maud::{Markup, html};
use shared::domain::setup::{MetaVerdict, Step};

use super::super::layout::{moment, notice};
use super::fields::{Field, Fields};

/// The step's form.
pub(super) fn form(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    html! {
        (verdict(fields))
        (fields.line(&Field {
            name: "pixel_id", label: t("Pixel (dataset) id", "ID do pixel (conjunto de dados)"),
            hint: t("Digits alone, from Events Manager.", "Só números, do Gerenciador de Eventos."), inputmode: Some("numeric"), ..Field::default()
        }))
        (fields.secret(&Field {
            name: "access_token", label: t("Access token", "Token de acesso"),
            hint: t(
                "Events Manager, Settings, Conversions API, Generate access token. It goes into a vault and is never shown again.",
                "Gerenciador de Eventos, Configurações, API de Conversões, Gerar token de acesso. Vai para um cofre e nunca mais é mostrado.",
            ),
            ..Field::default()
        }))
        details {
            summary { (t("App secret (optional)", "Chave secreta do app (opcional)")) }
            (fields.secret(&Field {
                name: "app_secret", label: t("App secret", "Chave secreta do app"),
                hint: t("Only if your app demands a proof with each call.", "Só se o seu app exigir uma prova a cada chamada."),
                ..Field::default()
            }))
        }
    }
}

/// What Meta said of this pixel and token.
fn verdict(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    let session = &fields.shown.session;
    let Some(verdict) = crate::assess::verdict(&session.facts, &fields.shown.assessed.input) else { return html! {} };
    let (kind, text) = match verdict {
        MetaVerdict::Ready => {
            ("success", t("Meta takes this token for this pixel.", "A Meta aceita este token para este pixel."))
        }
        MetaVerdict::TokenRefused => ("error", t("Meta refuses this token.", "A Meta recusa este token.")),
        MetaVerdict::PixelNotShared => {
            ("error", t("This token does not reach this pixel.", "Este token não alcança este pixel."))
        }
        MetaVerdict::NotReadable => (
            "warning",
            t(
                "Meta knows the token; only a test event shows whether it may send.",
                "A Meta conhece o token; só um evento de teste mostra se ele pode enviar.",
            ),
        ),
        MetaVerdict::Unknown => (
            "warning",
            t(
                "Meta did not answer clearly. It is asked again later.",
                "A Meta não respondeu com clareza. Perguntaremos de novo.",
            ),
        ),
    };
    html! {
        (notice(kind, text))
        @if let Some(at) = session.facts["meta"]["checked_at"].as_i64() {
            p.quiet { (t("Asked", "Perguntado em")) " " (moment(at)) }
        }
    }
}

/// The test code that is on, and how it is switched off.
pub(super) fn test_code(fields: &Fields<'_>) -> Markup {
    let (context, shown) = (fields.context, fields.shown);
    let t = |english, portuguese| context.t(english, portuguese);
    let input = &shown.assessed.input.meta;
    let (code, until) = (input.test_event_code.as_deref(), input.test_event_code_until);
    html! {
        @if code.is_some() || until.is_some() {
            p {
                (t("Test code", "Código de teste")) " " code { (code.unwrap_or("—")) } ", "
                @match until { Some(until) => { (t("on until", "ligado até")) " " (moment(until)) }, None => (t("on without an end", "ligado sem prazo")) }
            }
            form.inline method="post" action=(shown.to(Step::TestOrder)) {
                input type="hidden" name="test_event_code" value="";
                button type="submit" { (t("Switch the test code off", "Desligar o código de teste")) }
            }
        }
    }
}

/// A test event, and Meta's own answer to the last one.
pub(super) fn test(fields: &Fields<'_>) -> Markup {
    let (context, shown) = (fields.context, fields.shown);
    let t = |english, portuguese| context.t(english, portuguese);
    let input = &shown.assessed.input.meta;
    if input.access_token.is_none() || input.pixel_id.is_none() {
        return html! {};
    }
    let last = &shown.session.facts["test_event"];
    html! {
        section #test .box aria-labelledby="test-heading" {
            h2 #test-heading { (t("Send a test event", "Enviar um evento de teste")) }
            p { (t(
                "Copy the test code from Events Manager, Test Events, and watch the event arrive there. It is called TrackAiTest, and counts as no sale.",
                "Copie o código de teste do Gerenciador de Eventos, Eventos de teste, e veja o evento chegar lá. Ele se chama TrackAiTest e não conta como venda.",
            )) }
            @match context.query("test").as_deref() {
                Some("wrong") => (notice("error", t("This is no test code.", "Isto não é um código de teste."))),
                Some("missing") => (notice("error", t("Pixel, token and test code are needed for it.", "É preciso ter pixel, token e código de teste."))),
                _ => {}
            }
            form.inline method="post" action={ "/setup/sessions/" (shown.session.id) "/test-event" } {
                label for="test_event_code" { (t("Test code", "Código de teste")) }
                input #test_event_code name="test_event_code" type="text" placeholder="TEST12345" autocomplete="off" maxlength="64" required
                    value=(input.test_event_code.as_deref().or(last["test_event_code"].as_str()).unwrap_or_default());
                button type="submit" { (t("Send", "Enviar")) }
            }
            @if last.is_object() {
                @if last["taken"] == true {
                    (notice("success", t("Meta has taken the test event.", "A Meta recebeu o evento de teste.")))
                } @else {
                    (notice("error", t("Meta has not taken the test event.", "A Meta não recebeu o evento de teste.")))
                }
                dl {
                    dt { (t("Sent", "Enviado")) } dd { (moment(last["sent_at"].as_i64().unwrap_or_default())) }
                    dt { (t("Test code", "Código de teste")) } dd { code { (last["test_event_code"].as_str().unwrap_or_default()) } }
                    @if let Some(text) = last["error_message"].as_str() { dt { (t("Meta's words", "Palavras da Meta")) } dd { (text) } }
                    @if let Some(code) = last["error_code"].as_i64() { dt { (t("Meta's code", "Código da Meta")) } dd { (code) @if let Some(sub) = last["error_subcode"].as_i64() { " / " (sub) } } }
                    @if let Some(trace) = last["fbtrace_id"].as_str() { dt { "fbtrace_id" } dd { code { (trace) } } }
                }
            }
            p { a href=(shown.to(Step::Checkout)) { (t("Go on", "Continuar")) } }
        }
    }
}
