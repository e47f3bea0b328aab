//! `WooCommerce`: the shop's webhooks of orders.
//!
//! - Authenticity: `X-WC-Webhook-Signature` is the base64 HMAC-SHA256 of the body. A secret with characters of HTML signs as it was
//!   entered, and in some versions as HTML writes it. An unsigned form `webhook_id=…` comes when the webhook is saved.
//! - The body is the order as the REST API gives it; what happened to it stands in its `status` alone. Paid is an order that has a
//!   `date_paid_gmt`: cash on delivery is `processing` long before it is paid, and shops have statuses of their own.
//! - `X-WC-Webhook-Delivery-ID` is made of the webhook and the second: two orders of one second share it, so it is no id of a
//!   delivery here.
//! - `total` is what the buyer paid the shop, with freight and taxes, after discounts. Refunds are listed with the order, negative.
//! - Subscriptions (a plugin) mark a renewal's order with the meta `_subscription_renewal`.
//! - The click comes back in the order's metas: those that the seller's pages write, then the shop's own attribution with the
//!   page of entry. The address and agent are the buyer's unless the order was made by hand, by the API or by a subscription.

use super::{Adapter, Context, Delivery, NoOrder, Secret, Value, amount, sign, slots, when};
use crate::domain::conversion::Item;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{
    Amount, Amounts, Buyer, Ignored, Kind, Order, OrderState, Outcome, Refund, Rejected, Tracking,
};

/// Ways by which an order comes about without the buyer's browser.
const WITHOUT_THE_BUYER: [&str; 3] = ["admin", "rest-api", "subscription"];

/// What the shop's attribution is called before the name of each part.
const ATTRIBUTION: &str = "_wc_order_attribution_";

pub(super) const ADAPTER: Adapter = Adapter {
    slot: None,
    ids_are_per_shop: true,
    amounts: &[Amount::Price, Amount::Gross],
    is_authentic,
    is_probe,
    parse,
    delivery_id: |_| None,
};

fn is_authentic(secrets: &[Secret], delivery: &Delivery<'_>, _: &Context) -> bool {
    let signature = delivery.header("x-wc-webhook-signature");
    let as_html = secrets.iter().filter_map(|secret| Secret::new(&as_html(secret.as_str())));
    let secrets: Vec<Secret> = secrets.iter().cloned().chain(as_html).collect();
    sign::is_hmac_sha256(&secrets, delivery.body(), signature, sign::Written::Base64)
}

fn as_html(secret: &str) -> String {
    let escaped = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#039;")];
    escaped.into_iter().fold(secret.to_owned(), |text, (plain, html)| text.replace(plain, html))
}

fn is_probe(delivery: &Delivery<'_>) -> bool {
    let Ok(body) = delivery.document() else { return false };
    matches!(body.fields(), [(name, Value::Text(_))] if name == "webhook_id")
}

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let body = delivery.document()?;
    match delivery.header("x-wc-webhook-topic") {
        None | Some("order.created" | "order.updated" | "order.restored") => {}
        Some(_) => return Err(Ignored::EventNotUsed.into()),
    }
    if is_probe(delivery) || is_deleted(body) {
        return Err(Ignored::EventNotUsed.into());
    }
    Ok(Outcome::order(order(body, state(body)?, context)?))
}

/// Of what was deleted only the id is told.
fn is_deleted(body: &Value) -> bool {
    matches!(body.fields(), [(name, _)] if name == "id")
}

fn state(body: &Value) -> Result<OrderState, NoOrder> {
    let is_paid = body.at("date_paid_gmt").text().is_some();
    let paid = if body.at("refunds").list().is_empty() { OrderState::Paid } else { OrderState::PartiallyRefunded };
    Ok(match body.at("status").text().ok_or(Rejected::StateMissing)? {
        "pending" | "on-hold" => OrderState::Pending,
        "failed" => OrderState::Refused,
        "cancelled" => OrderState::Canceled,
        "refunded" => OrderState::Refunded,
        "checkout-draft" | "auto-draft" | "trash" => return Err(Ignored::EventNotUsed.into()),
        _ if is_paid => paid,
        "processing" => OrderState::Pending,
        "completed" => return Err(Rejected::StateContradictory.into()),
        _ => return Err(Ignored::PaymentNotStated.into()),
    })
}

fn order(body: &Value, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let currency = amount::currency(body.at("currency"));
    let mut order = Order::new(Order::id(body.at("id").text())?, state, context.received_at_s);
    order.ordered_at = when::utc(body.at("date_created_gmt"));
    order.paid_at = when::utc(body.at("date_paid_gmt"));
    order.changed_at = when::utc(body.at("date_modified_gmt"));
    if body.at("meta_data").list().iter().any(|meta| meta.at("key").text() == Some("_subscription_renewal")) {
        order.kind = Kind::Renewal { number: None };
    }
    order.refund = refund(body, state, currency);
    order.buyer = buyer(body);
    order.tracking = tracking(body);
    order.items = body.at("line_items").list().into_iter().filter_map(|line| item(line, currency)).collect();
    order.priced(amount::decimal(body.at("total"), currency).map(Amounts::total))
}

/// The newest refund, and the sum of all.
fn refund(body: &Value, state: OrderState, currency: Result<Currency, Rejected>) -> Option<Refund> {
    if !matches!(state, OrderState::Refunded | OrderState::PartiallyRefunded) {
        return None;
    }
    let refunds = body.at("refunds").list();
    let amounts: Option<Vec<Money>> = refunds.iter().map(|refund| paid_back(refund.at("total"), currency)).collect();
    let total: Option<u64> = amounts.and_then(|all| all.iter().try_fold(0_u64, |sum, it| sum.checked_add(it.minor())));
    let total = total.filter(|_| !refunds.is_empty());
    let newest = refunds.iter().max_by_key(|refund| refund.at("id").integer());
    Some(Refund {
        id: newest.and_then(|refund| refund.at("id").owned()),
        amount: newest.and_then(|refund| paid_back(refund.at("total"), currency)),
        total: total.zip(currency.ok()).and_then(|(total, currency)| Money::from_minor(total, currency).ok()),
    })
}

fn paid_back(total: &Value, currency: Result<Currency, Rejected>) -> Option<Money> {
    let positive = total.text()?.trim_start_matches('-').to_owned();
    amount::extra(amount::decimal(&Value::Text(positive), currency))
}

fn buyer(body: &Value) -> Buyer {
    let billing = body.at("billing");
    let is_by_the_buyer = body.at("created_via").text().is_none_or(|via| !WITHOUT_THE_BUYER.contains(&via));
    let of_the_browser = |field: &str| body.at(field).owned().filter(|_| is_by_the_buyer);
    Buyer {
        email: billing.at("email").owned(),
        phones: billing.at("phone").owned().into_iter().collect(),
        first_name: billing.at("first_name").owned(),
        last_name: billing.at("last_name").owned(),
        city: billing.at("city").owned(),
        state: billing.at("state").owned(),
        zip: billing.at("postcode").owned(),
        country: billing.at("country").owned(),
        ip: of_the_browser("customer_ip_address"),
        user_agent: of_the_browser("customer_user_agent"),
        ..Buyer::default()
    }
}

/// The metas by their names, also with the underscore that hides one in the shop; then the shop's attribution; then the query of
/// the page of entry.
fn tracking(body: &Value) -> Tracking {
    let metas = slots::pairs(body.at("meta_data"), "key", "value");
    let named = |prefix: &str| {
        let inner = metas.fields().iter().filter_map(|(name, value)| Some((name.strip_prefix(prefix)?, value)));
        Value::Object(inner.map(|(name, value)| (name.to_owned(), value.clone())).collect())
    };
    let read = ["", "_", ATTRIBUTION].map(|prefix| slots::read(slots::known(&named(prefix))));
    let entry = slots::of_page(metas.at(&format!("{ATTRIBUTION}session_entry")));
    read.into_iter().chain([entry]).fold(Tracking::default(), Tracking::merged)
}

fn item(line: &Value, currency: Result<Currency, Rejected>) -> Option<Item> {
    let price = amount::extra(amount::decimal(line.at("price"), currency));
    Some(Item { id: line.at("product_id").owned()?, quantity: line.at("quantity").count(), price })
}

#[cfg(test)]
mod tests;
