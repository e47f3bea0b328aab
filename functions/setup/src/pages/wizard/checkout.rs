//! The checkout: the platform first, then what that platform needs.

use maud::{Markup, html};
use shared::domain::order::Amount;
use shared::domain::setup::API_PLATFORM;
use shared::platforms::Platform;

use super::fields::{Field, Fields};
use super::platforms;

/// The step's form.
pub(super) fn form(fields: &Fields<'_>) -> Markup {
    let context = fields.context;
    let t = |english, portuguese| context.t(english, portuguese);
    let named = |word: &str| (word.to_owned(), platforms::name(context, word).to_owned());
    let mut all: Vec<_> =
        Platform::WORDS.iter().map(|word| (word.to_string(), platforms::name(context, word).to_owned())).collect();
    all.push(named(API_PLATFORM));
    let platform = fields.value("platform");
    html! {
        (fields.choice(&Field {
            name: "platform", label: t("Checkout platform", "Plataforma de checkout"),
            hint: t("Where your customers pay. It tells us of each order.", "Onde seus clientes pagam. Ela nos avisa de cada pedido."),
            ..Field::default()
        }, &all, None))
        @if !platform.is_empty() { (domains(fields)) }
        @match Platform::parse(&platform) {
            Some(platform) => (of_platform(fields, platform)),
            None => (left_over(fields)),
        }
    }
}

fn domains(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    fields.lines(&Field {
        name: "domains",
        label: t("The checkout's domains", "Domínios do checkout"),
        hint: t(
            "Where your buttons lead. The click goes along in their links.",
            "Para onde seus botões levam. O clique vai junto nos links.",
        ),
        placeholder: "pay.example.com",
        inputmode: Some("url"),
        ..Field::default()
    })
}

fn of_platform(fields: &Fields<'_>, platform: Platform) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    let amounts: Vec<_> = platform
        .amounts()
        .iter()
        .map(|it| (it.as_str().to_owned(), platforms::amount(fields.context, *it).to_owned()))
        .collect();
    html! {
        (fields.secret(&Field {
            name: "secret", label: platforms::secret(fields.context, platform),
            hint: t(
                "From the platform's webhook settings: by it we know that an order is really from there. If you get it only with the webhook's URL, come back then.",
                "Das configurações de webhook da plataforma: com ele sabemos que o pedido veio mesmo de lá. Se você só o recebe com a URL do webhook, volte depois.",
            ),
            ..Field::default()
        }))
        @if amounts.len() > 1 || !fields.value("amount").is_empty() {
            (fields.choice(&Field {
                name: "amount", label: t("The sale's value", "Valor da venda"),
                hint: t("Which amount Meta is told. The price, unless you choose another.", "Qual valor a Meta recebe. O preço, se você não escolher outro."),
                default: Some(Amount::Price.as_str()), ..Field::default()
            }, &amounts, None))
        }
        @if platform.ids_are_per_shop() || !fields.value("shop").is_empty() { (shop(fields)) }
        details open[!fields.value("order_id_slot").is_empty()] {
            summary { (t("My own server sends the same orders too", "Meu servidor também envia os mesmos pedidos")) }
            (slot(fields))
        }
    }
}

/// What stands from another platform, to be taken out.
fn left_over(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    html! {
        @if !fields.value("shop").is_empty() { (shop(fields)) }
        @if !fields.value("amount").is_empty() {
            (fields.line(&Field { name: "amount", label: t("The sale's value", "Valor da venda"), ..Field::default() }))
        }
        @if !fields.value("order_id_slot").is_empty() { (slot(fields)) }
    }
}

fn shop(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    fields.line(&Field {
        name: "shop",
        label: t("Which shop (optional)", "Qual loja (opcional)"),
        hint: t(
            "A short word, if you have several shops: each numbers its orders by itself.",
            "Uma palavra curta, se você tem várias lojas: cada uma numera seus pedidos.",
        ),
        ..Field::default()
    })
}

fn slot(fields: &Fields<'_>) -> Markup {
    let t = |english, portuguese| fields.context.t(english, portuguese);
    fields.line(&Field {
        name: "order_id_slot",
        label: t("Slot with your order id (optional)", "Campo com o id do seu pedido (opcional)"),
        hint: t(
            "The tracking parameter in which the platform gives your own order id back, so that one sale counts once.",
            "O parâmetro de rastreio em que a plataforma devolve o id do seu pedido, para que uma venda conte uma vez.",
        ),
        ..Field::default()
    })
}
