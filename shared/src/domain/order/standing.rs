//! What a delivery does to what is known of its order: pure transitions.
//!
//! Platforms repeat deliveries, send them out of order, and correct themselves. Whatever the order in which a sale's
//! deliveries come, it ends in one state and causes one Purchase.

use super::{EventName, Order, OrderId, OrderState};

words! {
    /// What may cause an event of its own, if the tenant wants it.
    Trigger {
        /// Waits for its payment.
        Pending = "pending",
        /// Left at the checkout.
        Abandoned = "abandoned",
        /// Refused.
        Refused = "refused",
        /// Not paid in time.
        Expired = "expired",
        /// Called off.
        Canceled = "canceled",
        /// Paid back, in full or in part.
        Refunded = "refunded",
        /// Taken back by the bank.
        ChargedBack = "charged_back",
        /// A further payment of a subscription.
        Renewal = "renewal",
    }
}

/// The events beside Purchase that a tenant wants. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptionalEvents(Vec<(Trigger, EventName)>);

impl OptionalEvents {
    /// With an event for a trigger. Purchase is none: only a first payment is one, so the answer is what there was.
    #[must_use]
    pub fn with(mut self, trigger: Trigger, name: EventName) -> Self {
        if !name.is_purchase() {
            self.0.retain(|(known, _)| *known != trigger);
            self.0.push((trigger, name));
        }
        self
    }

    /// The usual name of a trigger's event: one of Meta's standard events where it has one, else a custom one.
    pub fn usual_name(trigger: Trigger) -> EventName {
        EventName(
            match trigger {
                Trigger::Pending => "AddPaymentInfo",
                Trigger::Abandoned => "Lead",
                Trigger::Refused => "PaymentRefused",
                Trigger::Expired => "PaymentExpired",
                Trigger::Canceled => "OrderCanceled",
                Trigger::Refunded => "Refund",
                Trigger::ChargedBack => "Chargeback",
                Trigger::Renewal => "Renewal",
            }
            .to_owned(),
        )
    }

    /// The event that somebody wants for a trigger; without a name the usual one.
    ///
    /// # Errors
    /// Why it can be none.
    pub fn wanted(trigger: &str, name: Option<&str>) -> Result<(Trigger, EventName), NotAnEvent> {
        let trigger = Trigger::parse(trigger).ok_or(NotAnEvent::Trigger)?;
        let name = match name {
            None => Self::usual_name(trigger),
            Some(name) => EventName::parse(name).ok_or(NotAnEvent::Name)?,
        };
        if name.is_purchase() { Err(NotAnEvent::Purchase) } else { Ok((trigger, name)) }
    }

    fn name(&self, trigger: Trigger) -> Option<&EventName> {
        self.0.iter().find(|(known, _)| *known == trigger).map(|(_, name)| name)
    }
}

/// Why something is no event beside Purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// Nothing that causes one.
    #[error("must be one of {}", Trigger::WORDS.join(", "))]
    Trigger,
    /// No event's name.
    #[error("must be an event's name: one line of 100 characters at the most, without |")]
    Name,
    /// A sale's name.
    #[error("Purchase is for a first payment alone")]
    Purchase,
}

/// An event that a delivery causes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cause {
    /// Its name at Meta.
    pub name: EventName,
    /// Its own id, for an event that may happen several times to one order: the event's order id is the order's key, and
    /// `#` with this behind it.
    pub part: Option<String>,
}

impl Cause {
    /// What the order remembers it by: an order causes each once.
    pub fn key(&self) -> String {
        match &self.part {
            None => self.name.as_str().to_owned(),
            Some(part) => format!("{}#{part}", self.name.as_str()),
        }
    }

    /// The event's order id, as the event id takes it: the order's key ([`Order::key`]), and `#` with the event's own id. `None`
    /// if that is longer than an order id may be.
    pub fn order_id(&self, key: &OrderId) -> Option<OrderId> {
        match &self.part {
            None => Some(key.clone()),
            Some(part) => OrderId::parse(&format!("{}#{part}", key.as_str())),
        }
    }
}

/// What is known of an order: where it stands, since when, and which events it has caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub state: OrderState,
    /// Since when, by the platform's word. Unix seconds.
    pub changed_at_s: Option<i64>,
    /// What was caused so far, in that order.
    pub caused: Vec<Cause>,
}

impl Standing {
    /// Takes a delivery of the order: where the order stands now, and the event that the delivery causes.
    pub fn take(before: Option<Self>, order: &Order, wanted: &OptionalEvents) -> (Self, Option<Cause>) {
        let told =
            Self { state: order.state, changed_at_s: order.changed_at.map(super::Moment::unix_s), caused: Vec::new() };
        let is_past = before.as_ref().is_some_and(|before| before.state.progress() > order.state.progress());
        let cause = Cause::of(order, wanted)
            .filter(|_| !(is_past && Cause::is_for_open_orders(order.state)))
            .filter(|cause| before.as_ref().is_none_or(|before| !before.caused.contains(cause)));
        let mut after = match before {
            None => told,
            Some(before) if told.rank() > before.rank() => Self { caused: before.caused, ..told },
            Some(before) => before,
        };
        after.caused.extend(cause.clone());
        (after, cause)
    }

    /// Of two states of an order the one of higher rank holds: what is further on; else what came about later; else, at the
    /// same time or with no time stated, what is more final.
    fn rank(&self) -> (i32, Option<i64>, i32) {
        (self.state.progress(), self.changed_at_s, self.state.finality())
    }
}

impl Cause {
    /// The event that a delivery causes by itself, whatever was caused before; unless the order is further on already, where
    /// [`Cause::is_for_open_orders`] says so.
    pub fn of(order: &Order, wanted: &OptionalEvents) -> Option<Self> {
        let optional = |trigger| wanted.name(trigger).cloned().map(|name| Self { name, part: None });
        match order.state {
            OrderState::Paid if order.is_renewal() => optional(Trigger::Renewal),
            OrderState::Paid => Some(Self { name: EventName::purchase(), part: None }),
            OrderState::Refunded => optional(Trigger::Refunded),
            OrderState::PartiallyRefunded => {
                let part = order.refund.as_ref().and_then(|refund| refund.id.clone());
                optional(Trigger::Refunded).map(|cause| Self { part, ..cause })
            }
            OrderState::ChargedBack => optional(Trigger::ChargedBack),
            OrderState::Pending => optional(Trigger::Pending),
            OrderState::Abandoned => optional(Trigger::Abandoned),
            OrderState::Refused => optional(Trigger::Refused),
            OrderState::Expired => optional(Trigger::Expired),
            OrderState::Canceled => optional(Trigger::Canceled),
        }
    }

    /// Whether the event of a state is none once the order is further on: a boleto that is announced after its payment says nothing
    /// any more, while a refund that overtook the payment does not undo that there was a sale.
    pub fn is_for_open_orders(state: OrderState) -> bool {
        state.progress() < OrderState::Paid.progress()
    }
}

#[cfg(test)]
mod tests;
