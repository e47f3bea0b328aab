//! What a checkout connection is set to, and the form that sets it otherwise.

use maud::{Markup, html};
use serde_json::{Value, json};
use shared::db::connections::listed::Listed;
use shared::domain::order::Amount;
use shared::platforms::Platform;

use super::super::context::Context;
use super::super::form::Form;
use super::super::wizard::platforms;

/// The fields, by which the API knows them too.
const NAMES: [&str; 4] = ["label", "amount", "order_id_slot", "shop"];

/// What a form says, as the API takes it: a field that was sent blank ends what it was.
pub(super) fn wanted(form: &Form) -> Value {
    let sent = NAMES.into_iter().filter(|name| form.has(name));
    Value::Object(sent.map(|name| (name.to_owned(), json!(form.text(name).unwrap_or_default()))).collect())
}

/// The settings, and behind a fold the form. `to` is where it is sent.
pub(super) fn part(context: &Context<'_>, it: &Listed, to: &str) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let Some(platform) = Platform::parse(&it.platform) else { return html! {} };
    let id = |name: &str| format!("{name}-{}", it.id);
    html! {
        details {
            summary { (t("Settings", "Ajustes")) }
            form method="post" action=(to) {
                div.field {
                    label for=(id("label")) { (t("Name, for you", "Nome, para você")) }
                    input id=(id("label")) name="label" type="text" maxlength="100" autocomplete="off" value=(it.label);
                }
                @if platform.amounts().len() > 1 { (amount(context, it, platform, &id("amount"))) }
                div.field {
                    label for=(id("order_id_slot")) { (t("Slot with your own order id", "Campo com o id do seu pedido")) }
                    input id=(id("order_id_slot")) name="order_id_slot" type="text" maxlength="64" autocomplete="off"
                        value=(it.order_id_slot.as_deref().unwrap_or_default());
                }
                @if platform.ids_are_per_shop() {
                    div.field {
                        label for=(id("shop")) { (t("Which shop", "Qual loja")) }
                        input id=(id("shop")) name="shop" type="text" maxlength="32" autocomplete="off"
                            value=(it.shop.as_deref().unwrap_or_default());
                    }
                }
                p.quiet { (t(
                    "Another slot or shop gives the orders that come from then on other names: a sale that was sent is sent again if the platform tells it once more. Change them only before the first sale.",
                    "Outro campo ou outra loja dá outros nomes aos próximos pedidos: uma venda já enviada é enviada de novo se a plataforma a repetir. Altere-os só antes da primeira venda.",
                )) }
                button type="submit" { (t("Save", "Salvar")) }
            }
        }
    }
}

fn amount(context: &Context<'_>, it: &Listed, platform: Platform, id: &str) -> Markup {
    html! {
        div.field {
            label for=(id) { (context.t("The sale's value", "Valor da venda")) }
            select id=(id) name="amount" {
                @for amount in platform.amounts() {
                    option value=(amount.as_str()) selected[Amount::parse(&it.amount) == Some(*amount)] { (platforms::amount(context, *amount)) }
                }
            }
        }
    }
}
