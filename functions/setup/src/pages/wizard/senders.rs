//! Who else tells Meta of sales: the step that most setups forget.

use maud::{Markup, html};

use super::fields::{Field, Fields};
use super::platforms;

/// The step's form.
pub(super) fn form(fields: &Fields<'_>) -> Markup {
    let context = fields.context;
    let t = |english, portuguese| context.t(english, portuguese);
    let platform = fields.shown.assessed.input.checkout.platform.as_deref().map(|word| platforms::name(context, word));
    let field = Field {
        name: "purchase",
        label: t(
            "Does your checkout, your shop or a plugin tell Meta of purchases too?",
            "Seu checkout, sua loja ou um plugin também avisa a Meta das compras?",
        ),
        ..Field::default()
    };
    let options = [
        (
            "off",
            t("No, everything else is off", "Não, todo o resto está desligado"),
            t(
                "I looked: the pixel's Purchase and the Conversions API of the checkout are both off.",
                "Eu conferi: o Purchase do pixel e a API de Conversões do checkout estão desligados.",
            ),
        ),
        (
            "shares_event_id",
            t("Yes, with the same event_id", "Sim, com o mesmo event_id"),
            t(
                "The browser's Purchase carries the event_id that this API answers, so that Meta counts it once.",
                "O Purchase do navegador leva o event_id que esta API responde, e a Meta conta uma vez só.",
            ),
        ),
        (
            "on",
            t("Yes, and I cannot switch it off", "Sim, e não consigo desligar"),
            t(
                "Each sale would count twice: you cannot go live so.",
                "Cada venda contaria duas vezes: assim não dá para entrar no ar.",
            ),
        ),
    ];
    html! {
        p { (t(
            "Two senders of one sale are two sales for Meta, and your ads learn from sales that never were.",
            "Dois envios da mesma venda são duas vendas para a Meta, e seus anúncios aprendem com vendas que não existiram.",
        )) }
        p { (t("Look at these places:", "Confira estes lugares:")) }
        ul {
            @if let Some(platform) = platform {
                li { (platform) ": " (t("its settings for the Facebook pixel and the Conversions API", "as configurações do pixel do Facebook e da API de Conversões")) }
            }
            li { (t("your thank-you page: an fbq('track', 'Purchase')", "sua página de obrigado: um fbq('track', 'Purchase')")) }
            li { (t("Google Tag Manager, plugins of your shop, other trackers", "Google Tag Manager, plugins da loja, outros rastreadores")) }
        }
        (fields.radios(&field, &options))
    }
}
