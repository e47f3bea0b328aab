//! What the wizard knows of each checkout platform: its name, what its secret is called, and where it is found.

use shared::domain::order::Amount;
use shared::domain::setup::API_PLATFORM;
use shared::platforms::Platform;

use super::super::context::Context;

/// A platform's name.
pub(in super::super) fn name<'t>(context: &Context<'_>, word: &'t str) -> &'t str {
    match Platform::parse(word) {
        _ if word == API_PLATFORM => context.t("My own server, by the API", "Meu próprio servidor, pela API"),
        Some(Platform::Hotmart) => "Hotmart",
        Some(Platform::Kiwify) => "Kiwify",
        Some(Platform::Eduzz) => "Eduzz",
        Some(Platform::Cakto) => "Cakto",
        Some(Platform::Kirvano) => "Kirvano",
        Some(Platform::Perfectpay) => "Perfect Pay",
        Some(Platform::Greenn) => "Greenn",
        Some(Platform::Shopify) => "Shopify",
        Some(Platform::Stripe) => "Stripe",
        Some(Platform::WooCommerce) => "WooCommerce",
        Some(Platform::Yampi) => "Yampi",
        Some(Platform::Monetizze) => "Monetizze",
        Some(Platform::Braip) => "Braip",
        Some(Platform::LemonSqueezy) => "Lemon Squeezy",
        Some(Platform::Paddle) => "Paddle",
        Some(Platform::Generic) => context.t("Another system (Standard Webhooks)", "Outro sistema (Standard Webhooks)"),
        None => word,
    }
}

/// What a platform calls the secret that its webhooks are proved with.
pub(in super::super) fn secret<'t>(context: &Context<'_>, platform: Platform) -> &'t str {
    match platform {
        Platform::Hotmart => "Hottok",
        Platform::Kiwify | Platform::Kirvano | Platform::Greenn => context.t("The webhook's token", "Token do webhook"),
        Platform::Perfectpay => context.t("The webhook's public token", "Token público do webhook"),
        Platform::Shopify => context.t("The webhooks' signing secret", "Segredo de assinatura dos webhooks"),
        Platform::Stripe => {
            context.t("The endpoint's signing secret (whsec_…)", "Segredo de assinatura do endpoint (whsec_…)")
        }
        Platform::Monetizze => "Chave única",
        Platform::Braip => context.t("The account's authentication key", "Chave de autenticação da conta"),
        Platform::Paddle => context.t("The notification's secret key", "Chave secreta da notificação"),
        Platform::LemonSqueezy => context.t("The signing secret", "Segredo de assinatura"),
        Platform::Generic => context.t("The signing secret (whsec_…)", "Segredo de assinatura (whsec_…)"),
        Platform::Eduzz | Platform::Cakto | Platform::WooCommerce | Platform::Yampi => {
            context.t("The webhook's secret", "Segredo do webhook")
        }
    }
}

/// What an amount of a sale is.
pub(in super::super) fn amount<'t>(context: &Context<'_>, amount: Amount) -> &'t str {
    match amount {
        Amount::Price => context.t("Price that the customer pays", "Preço que o cliente paga"),
        Amount::Gross => context.t("Gross, with interest of instalments", "Bruto, com juros do parcelamento"),
        Amount::Net => context.t("Net, what you receive", "Líquido, o que você recebe"),
    }
}
