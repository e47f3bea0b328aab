//! `PerfectPay`.
//!
//! - Authenticity: the webhook's public token, in the body.
//! - `sale_status_enum` says where the sale stands; 2 is approved. The sender is said to rewrite what it shows elsewhere as
//!   authorized, in review or completed to 2, so that 2 comes again for one `code`: it is one order, and one sale. Where the
//!   status's own name (`sale_status_enum_key`) tells them apart, it counts. Mediation and what is named `pre_` are disputes in
//!   which nothing was paid back yet.
//! - `sale_amount` is decimal, a number or a text: the plan with its freight. Whether interest is in it is not known. The net
//!   amount is the commission of who receives the webhook (`webhook_owner`), else of the producer.
//! - `currency_enum` is 1 for reais, 2 for dollars, 3 for euros; live bodies also have `currency_enum_key`.
//! - `metadata` brings `src`, `sck` and the campaign back; `customer.ip` and `customer.user_agent` are the buyer's.
//! - Times have no zone. A refund's own time is not stated.
//! - `subscription.charges_made` beyond 1 is a renewal (seen in a live body; `PerfectPay`'s help does not say it).

use super::{Adapter, Context, Delivery, NoOrder, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::money::Currency;
use crate::domain::order::{Amount, Amounts, Buyer, Ignored, Kind, Moment, Order, OrderState, Outcome, Rejected};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: Some("src"),
    ids_are_per_shop: false,
    amounts: &[Amount::Price, Amount::Net],
    is_authentic: |secrets, delivery, _| sign::is_token(secrets, delivery.field("token")),
    is_probe: |_| false,
    parse,
    delivery_id: |_| None,
};

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    let state = state(body)?;
    let code = body.at("code").text();
    let mut order = match (state, code) {
        (OrderState::Abandoned, None) => Order::abandoned(Some(delivery.digest()), context.received_at_s),
        _ => Order::new(Order::id(code)?, state, context.received_at_s),
    };
    order.kind = Kind::of_payment(body.at("subscription.charges_made").integer());
    order.ordered_at = when::brazilian(body.at("date_created"));
    order.paid_at = when::brazilian(body.at("date_approved")).filter(|_| state.progress() > 0);
    order.changed_at = changed_at(state, body);
    order.buyer = buyer(body.at("customer"));
    order.tracking = slots::read(slots::known(body.at("metadata")));
    order.items = item(body).into_iter().collect();
    Ok(Outcome::order(order.priced(amounts(body))?))
}

fn state(body: &Value) -> Result<OrderState, NoOrder> {
    let number = body.at("sale_status_enum").text().ok_or(Rejected::StateMissing)?;
    Ok(match number {
        "2" => return approved(body.at("sale_status_enum_key").text()),
        "1" | "3" | "8" | "16" => OrderState::Pending,
        "5" => OrderState::Refused,
        "6" | "11" | "15" => OrderState::Canceled,
        "7" | "19" => OrderState::Refunded,
        "9" => OrderState::ChargedBack,
        "12" => OrderState::Abandoned,
        "13" => OrderState::Expired,
        "10" => return Err(Ignored::CompletedSale.into()),
        "4" | "17" | "18" | "20" => return Err(Ignored::RefundRequested.into()),
        _ => return Err(Rejected::StateUnknown.into()),
    })
}

/// An approved sale, unless its own name is that of a status which the sender rewrote to approved.
fn approved(name: Option<&str>) -> Result<OrderState, NoOrder> {
    match name {
        None | Some("approved") => Ok(OrderState::Paid),
        Some("authorized" | "in_review") => Ok(OrderState::Pending),
        Some("completed") => Err(Ignored::CompletedSale.into()),
        Some(_) => Err(Rejected::StateContradictory.into()),
    }
}

/// A sale's `date_created` is no time of its refund.
fn changed_at(state: OrderState, body: &Value) -> Option<Moment> {
    match state {
        OrderState::Paid => when::brazilian(body.at("date_approved")),
        OrderState::Refunded | OrderState::ChargedBack => None,
        _ => when::brazilian(body.at("date_created")),
    }
}

fn amounts(body: &Value) -> Result<Amounts, Rejected> {
    let price = amount::decimal(body.at("sale_amount"), currency(body))?;
    let net =
        share(body).and_then(|share| amount::extra(amount::decimal(share.at("commission_amount"), currency(share))));
    Ok(Amounts { price, gross: None, net })
}

fn currency(stated: &Value) -> Result<Currency, Rejected> {
    let code = match stated.at("currency_enum").text() {
        Some("1") => "BRL",
        Some("2") => "USD",
        Some("3") => "EUR",
        number => {
            let named = amount::currency(stated.at("currency_enum_key"));
            return if number.is_some() { named.map_err(|_| Rejected::CurrencyUnknown) } else { named };
        }
    };
    Currency::parse(code).ok_or(Rejected::CurrencyUnknown)
}

/// The commission of who receives the webhook; without a word on who that is, the producer's.
fn share(body: &Value) -> Option<&Value> {
    let owner = body.at("webhook_owner").text();
    body.at("commission").list().into_iter().find(|share| match owner {
        Some(owner) => share.at("affiliation_code").text() == Some(owner),
        None => share.at("affiliation_type_enum_key").text() == Some("producer"),
    })
}

fn buyer(customer: &Value) -> Buyer {
    let mut person = Buyer::default();
    person.named(customer.at("full_name").text());
    person.email = customer.at("email").owned();
    person.phones = phones(customer);
    person.city = customer.at("city").owned();
    person.state = customer.at("state").owned();
    person.zip = customer.at("zip_code").owned();
    person.country = customer.at("country").owned();
    person.ip = customer.at("ip").owned();
    person.user_agent = customer.at("user_agent").owned();
    person
}

/// The phone with its country code where that is stated; then as it is.
fn phones(customer: &Value) -> Vec<String> {
    let [extension, area, number] =
        ["phone_extension", "phone_area_code", "phone_number"].map(|it| customer.at(it).text());
    let national = number.map(|number| format!("{}{number}", area.unwrap_or_default()));
    let whole =
        extension.zip(national.as_ref()).map(|(code, national)| format!("+{}{national}", code.trim_start_matches('+')));
    whole.into_iter().chain(national).chain(customer.at("phone_formated").owned()).collect()
}

fn item(body: &Value) -> Option<Item> {
    Some(Item { id: body.at("product.code").owned()?, quantity: body.at("quantity").count(), price: None })
}

#[cfg(test)]
mod tests;
