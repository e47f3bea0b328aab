//! What we would make of a platform's body, as JSON: for the support tool `webhook`, and for the tests that hold the adapters to
//! what was read line by line.

use std::path::Path;

use lambda_http::http::HeaderMap;
use serde_json::{Map, Value, json};
use shared::db::connections::Connection;
use shared::domain::conversion::Item;
use shared::domain::country::Country;
use shared::domain::fb::{Fbc, Fbclid, Fbp};
use shared::domain::money::Money;
use shared::domain::order::{Amount, Kind, OptionalEvents, Order, OrderId, Outcome, Rejected, Standing, Tracking};
use shared::platforms::{Context, Delivery, Platform};

/// A connection of a Brazilian tenant, as it is remembered after it was made with nothing said.
pub fn connection(tenant_id: &str, id: &str, platform: Platform) -> Connection {
    Connection {
        tenant_id: tenant_id.to_owned(),
        id: id.to_owned(),
        version: 1,
        platform,
        amount: Amount::default(),
        order_id_slot: None,
        shop: None,
        country: Country::parse("BR"),
        optional_events: OptionalEvents::default(),
    }
}

/// A body, and what it is read by.
pub struct Question<'a> {
    /// Whose it is.
    pub platform: Platform,
    /// The headers that are known of it.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
    /// When it came, and the tenant's country.
    pub context: Context,
    /// Which amount is the value.
    pub amount: Amount,
}

impl Question<'_> {
    /// `{"outcome", "reason"?, "order_id"?, "state"?, "event_name"?, "value"?, "currency"?, "event_time"?, "buyer"?, "tracking"?,
    /// "click_id"?, "items"?, "also"?}`: the buyer normalised and not hashed; of several sales the main one, with the others in
    /// `also`. A test sale is ignored and shows what it said.
    pub fn answer(&self) -> Value {
        let delivery = Delivery::new(self.headers, "", self.body);
        match self.platform.parse_delivery(&delivery, &self.context) {
            Outcome::Orders { main, also } => {
                let mut shown = self.order(&main);
                if !also.is_empty() {
                    let also: Vec<Value> = also.iter().map(|order| self.order(order).into()).collect();
                    shown.insert("also".into(), also.into());
                }
                shown.into()
            }
            Outcome::Ignored { reason, order } => {
                let mut shown = Map::new();
                shown.insert("outcome".into(), "ignored".into());
                shown.insert("reason".into(), reason.as_str().into());
                shown.insert("words".into(), reason.words().into());
                shown.extend(order.map(|order| self.said(&order)).unwrap_or_default());
                shown.into()
            }
            Outcome::Rejected(reason) => rejected(reason).into(),
        }
    }

    /// A sale, with the event that it causes if it is the first that is heard of it.
    fn order(&self, order: &Order) -> Map<String, Value> {
        let (_, cause) = Standing::take(None, order, &OptionalEvents::default());
        if cause.is_some()
            && let Err(reason) = order.value(self.amount)
        {
            return rejected(reason);
        }
        let mut shown = Map::new();
        shown.insert("outcome".into(), "order".into());
        if let Some(cause) = cause {
            shown.insert("event_name".into(), cause.name.as_str().into());
        }
        shown.extend(self.said(order));
        shown
    }

    fn said(&self, order: &Order) -> Map<String, Value> {
        let mut shown = Map::new();
        if let Some(id) = &order.id {
            shown.insert("order_id".into(), id.as_str().into());
        }
        shown.insert("state".into(), order.state.as_str().into());
        shown.extend(kind(&order.kind));
        if let Some(value) = order.amounts.of(self.amount) {
            shown.insert("value".into(), value.to_string().into());
            shown.insert("currency".into(), value.currency().code().into());
        }
        let amounts = [("price", order.amounts.price), ("gross", order.amounts.gross), ("net", order.amounts.net)];
        shown.insert("amounts".into(), money(&amounts));
        if let Some(refund) = &order.refund {
            shown.insert("refund".into(), money(&[("amount", refund.amount), ("total", refund.total)]));
        }
        shown.insert("event_time".into(), order.event_time().unix_s().into());
        for (name, moment) in [("ordered_at", order.ordered_at), ("paid_at", order.paid_at)] {
            if let Some(moment) = moment {
                shown.insert(name.into(), moment.not_after(order.received_at_s).unix_s().into());
            }
        }
        let buyer = order.buyer.shown(self.context.country);
        let buyer = buyer.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text)));
        shown.insert("buyer".into(), Value::Object(buyer.collect()));
        shown.insert("tracking".into(), tracking(&order.tracking));
        if let Some(id) = &order.tracking.click_id {
            shown.insert("click_id".into(), id.as_str().into());
        }
        shown.insert("items".into(), order.items.iter().map(item).collect());
        shown
    }
}

fn rejected(reason: Rejected) -> Map<String, Value> {
    let said = [("outcome", "rejected"), ("reason", reason.as_str()), ("words", reason.words())];
    said.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect()
}

/// A sale of its own needs no word.
fn kind(kind: &Kind) -> Map<String, Value> {
    let shown = match kind {
        Kind::First => json!({}),
        Kind::Renewal { number } => json!({"kind": "renewal", "number": number}),
        Kind::OrderBump { parent } => json!({"kind": "order_bump", "parent": parent.as_ref().map(OrderId::as_str)}),
        Kind::Upsell { parent } => json!({"kind": "upsell", "parent": parent.as_ref().map(OrderId::as_str)}),
    };
    shown.as_object().cloned().unwrap_or_default()
}

fn money(amounts: &[(&str, Option<Money>)]) -> Value {
    let stated =
        amounts.iter().filter_map(|(name, money)| Some(((*name).to_owned(), money.as_ref()?.to_string().into())));
    Value::Object(stated.collect())
}

fn tracking(tracking: &Tracking) -> Value {
    let ids = [
        ("fbclid", tracking.fbclid.as_ref().map(Fbclid::as_str)),
        ("fbc", tracking.fbc.as_ref().map(Fbc::as_str)),
        ("fbp", tracking.fbp.as_ref().map(Fbp::as_str)),
    ];
    let ids = ids.into_iter().filter_map(|(name, id)| Some((name.to_owned(), id?.into())));
    let slots = tracking.slots.iter().map(|(name, text)| (name.clone(), text.as_str().into()));
    Value::Object(slots.chain(ids).collect())
}

fn item(item: &Item) -> Value {
    let mut shown = json!({"id": item.id});
    if let Some(quantity) = item.quantity {
        shown["quantity"] = quantity.into();
    }
    if let Some(price) = item.price {
        shown["price"] = price.to_string().into();
    }
    shown
}

/// Headers that a body's file name stands for: Shopify says in one alone what happened (`orders_paid.json` is `orders/paid`).
pub fn headers_by_name(platform: Platform, file: &Path) -> Vec<(&'static str, String)> {
    let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = name.strip_prefix(platform.as_str()).map_or(name, |rest| rest.trim_start_matches('-'));
    let topic = name.split('.').next().unwrap_or_default();
    match (platform.as_str(), topic.split_once('_')) {
        ("shopify", Some((subject @ ("orders" | "refunds" | "checkouts" | "disputes"), verb))) => {
            vec![("x-shopify-topic", format!("{subject}/{verb}"))]
        }
        _ => Vec::new(),
    }
}
