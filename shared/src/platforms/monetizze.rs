//! Monetizze.
//!
//! - A postback is a form with nested names (`venda[codigo]`), and the same document as JSON in its field `json`; newer ones are
//!   JSON. The form's own fields count.
//! - Authenticity: the account's `chave_unica`, in the body.
//! - `tipoEvento.codigo` (`postback_evento`) says what happened: 2 is approved; 6 repeats it 30 days later, when commissions can
//!   be drawn; 3 is a boleto that was not paid or a card that was refused; 5 is a dispute. 7 is a left checkout and has no
//!   `venda.codigo`. What is over 90 is not of a sale's payment.
//! - The same sale is posted once for each role (`tipoPostback`) that its recipient has in it: one `venda.codigo`, one order.
//! - `venda.valor` is what the buyer paid, order bumps included; the seller's price is not stated beside it, so interest, if
//!   there is any, cannot be told from it. `venda.valorRecebido` is the recipient's own share. Amounts are in reais unless
//!   `venda.moeda` says otherwise.
//! - `assinatura.parcela` counts a subscription's payments; `venda.venda_upsell` is the sale before an upsell.
//! - `src` and the campaign, without its term, come back in `venda`. The buyer comes to the producer, and to affiliates who may
//!   see it, in newer postbacks with address and browser.
//! - Times have no zone. The test button sells an example product that is called X-Wing.

use std::borrow::Cow;

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::money::Currency;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Moment, Order, OrderState, Outcome, Rejected};

/// The product of the test button.
const TEST_PRODUCT: &str = "X-Wing";

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("src"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Gross, Amount::Net],
    is_authentic,
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn is_authentic(secrets: &[Secret], delivery: &Delivery<'_>, _: &Context) -> bool {
    let inner = document(delivery).ok();
    let inner = || inner.as_ref()?.at("chave_unica").text();
    sign::is_token(secrets, delivery.field("chave_unica").or_else(inner))
}

/// The body; if it has nothing but the JSON of itself, that.
fn document<'a>(delivery: &'a Delivery<'_>) -> Result<Cow<'a, Value>, Rejected> {
    let body = delivery.document()?;
    let has_fields = [body.at("venda"), body.at("tipoEvento"), body.at("postback_evento")];
    let json = body.at("json").text().filter(|_| has_fields.into_iter().all(|field| *field == Value::Null));
    let inner = json.and_then(|json| Value::parse(json.as_bytes())).filter(|inner| !inner.fields().is_empty());
    Ok(inner.map_or(Cow::Borrowed(body), Cow::Owned))
}

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let document = document(delivery)?;
    let body = document.as_ref();
    let is_test = body.at("produto.nome").text() == Some(TEST_PRODUCT);
    let event = body.at("tipoEvento.codigo").text().or(body.at("postback_evento").text());
    let state = state(event.ok_or(Rejected::StateMissing)?).map_err(|why| match why {
        NoOrder::Ignored(_) if is_test => Ignored::TestSale.into(),
        why => why,
    })?;
    let order = order(body, state, delivery, context)?;
    Ok(Outcome::order_or_test(order, is_test))
}

fn state(event: &str) -> Result<OrderState, NoOrder> {
    Ok(match event {
        "1" => OrderState::Pending,
        "2" => OrderState::Paid,
        "3" => OrderState::Canceled,
        "4" => OrderState::Refunded,
        "7" => OrderState::Abandoned,
        "5" => return Err(Ignored::RefundRequested.into()),
        "6" => return Err(Ignored::CompletedSale.into()),
        "98" | "99" | "101" | "102" | "103" | "104" | "105" | "106" | "120" => {
            return Err(Ignored::EventNotUsed.into());
        }
        _ => return Err(Rejected::StateUnknown.into()),
    })
}

fn order(body: &Value, state: OrderState, delivery: &Delivery<'_>, context: &Context) -> Result<Order, Rejected> {
    let sale = body.at("venda");
    let mut order = match (state, sale.at("codigo").text()) {
        (OrderState::Abandoned, None) => Order::abandoned(Some(delivery.digest()), context.received_at_s),
        (_, code) => Order::new(Order::id(code)?, state, context.received_at_s),
    };
    order.kind = kind(body);
    order.ordered_at = when::brazilian(sale.at("dataInicio"));
    order.paid_at = when::brazilian(sale.at("dataFinalizada")).filter(|_| state.progress() > 0);
    order.changed_at = changed_at(state, sale);
    order.buyer = buyer(body.at("comprador"));
    order.tracking = slots::read(slots::known(sale));
    order.items = items(body);
    order.priced(amounts(sale))
}

fn kind(body: &Value) -> Kind {
    let parent = body.at("venda.venda_upsell").text().filter(|parent| *parent != "0");
    match (Kind::of_payment(body.at("assinatura.parcela").integer()), parent) {
        (Kind::First, Some(parent)) => Kind::Upsell { parent: Order::id(Some(parent)).ok() },
        (kind, _) => kind,
    }
}

/// A sale's own times are no time of its refund.
fn changed_at(state: OrderState, sale: &Value) -> Option<Moment> {
    match state {
        OrderState::Paid => when::brazilian(sale.at("dataFinalizada")),
        OrderState::Refunded => None,
        _ => when::brazilian(sale.at("dataInicio")),
    }
}

fn amounts(sale: &Value) -> Result<Amounts, Rejected> {
    let paid = amount::decimal(sale.at("valor"), currency(sale))?;
    let net = amount::extra(amount::decimal(sale.at("valorRecebido"), currency(sale)));
    Ok(Amounts { net, ..Amounts::total(paid) })
}

fn currency(sale: &Value) -> Result<Currency, Rejected> {
    let stated = sale.at("moeda");
    if stated.text().is_some() { amount::currency(stated) } else { amount::brl() }
}

fn buyer(buyer: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(buyer.at("nome").text());
    person.email = buyer.at("email").owned();
    person.phones = buyer.at("telefone").owned().into_iter().collect();
    person.city = buyer.at("cidade").owned();
    person.state = buyer.at("estado").owned();
    person.zip = buyer.at("cep").owned();
    person.country = buyer.at("pais").owned();
    person.ip = buyer.at("ip").owned();
    person.user_agent = buyer.at("user_agent").owned();
    person
}

/// With an order bump every product is in its list, the main one too; else there is the one product.
fn items(body: &Value) -> Vec<Item> {
    let of = |id: &Value, quantity: &Value| Some(Item { id: id.owned()?, quantity: quantity.count(), price: None });
    let listed = body.at("venda_item_order_bump").list().into_iter();
    let listed: Vec<Item> = listed.filter_map(|item| of(item.at("produto"), item.at("quantidade"))).collect();
    if listed.is_empty() {
        return of(body.at("produto.codigo"), body.at("venda.quantidade")).into_iter().collect();
    }
    listed
}

#[cfg(test)]
mod tests;
