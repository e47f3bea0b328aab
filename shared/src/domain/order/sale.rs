//! What a platform's delivery says of one sale.

use super::{ActionSource, Amount, Amounts, Buyer, Moment, OrderId, OrderState, Rejected, Tracking, Trigger};
use crate::domain::conversion::Item;
use crate::domain::money::Money;
use crate::domain::text;

/// The longest id of a platform's order, in characters: with the platform's name before it and an event's own id behind it,
/// it still is an [`OrderId`].
const ID_MAX: usize = 200;

/// Which sale of a buyer's it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// A sale of its own.
    #[default]
    First,
    /// A further payment of a subscription: the ad did not sell it again, so it is no Purchase.
    Renewal {
        /// Which payment it is, counted from 1 for the first sale, if the platform says so.
        number: Option<u32>,
    },
    /// Bought along with another order, and paid for by itself.
    OrderBump {
        /// The main order's id.
        parent: Option<OrderId>,
    },
    /// Bought on the way out of another order.
    Upsell {
        /// The order before it.
        parent: Option<OrderId>,
    },
}

impl Kind {
    /// By the number of a subscription's payment, counted from 1 for the first sale: each further one is a renewal.
    pub fn of_payment(number: Option<i64>) -> Self {
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) if number > 1 => Self::Renewal { number: Some(number) },
            _ => Self::First,
        }
    }
}

/// What was paid back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refund {
    /// The refund's own id, if the platform gives one.
    pub id: Option<String>,
    /// This refund's amount.
    pub amount: Option<Money>,
    /// All that was paid back so far.
    pub total: Option<Money>,
}

/// One sale as one delivery tells it. Holds plain personal data in its [`Buyer`], so it is neither shown nor stored: it lives
/// between the parser and the hash.
pub struct Order {
    /// The platform's own id, untouched. `None` only for a checkout that was left before there was an order.
    pub id: Option<OrderId>,
    /// What tells this sale from others under the same id (a renewal's number); or a checkout without an order from others.
    pub part: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// Which sale of the buyer's it is.
    pub kind: Kind,
    /// Its amounts.
    pub amounts: Amounts,
    /// What was paid back.
    pub refund: Option<Refund>,
    /// When it was made.
    pub ordered_at: Option<Moment>,
    /// When it was paid.
    pub paid_at: Option<Moment>,
    /// When what this delivery tells came about, by the platform's word.
    pub changed_at: Option<Moment>,
    /// When the delivery came, Unix seconds.
    pub received_at_s: i64,
    /// Who bought.
    pub buyer: Buyer,
    /// What came back of the click.
    pub tracking: Tracking,
    /// What was bought.
    pub items: Vec<Item>,
    /// The page it was bought on, without personal data; where a seller's own system says it.
    pub page: Option<String>,
    /// Where it took place; where a seller's own system says it.
    pub action_source: Option<ActionSource>,
}

impl Order {
    /// An order of which only its id and state are known.
    pub fn new(id: OrderId, state: OrderState, received_at_s: i64) -> Self {
        Self { id: Some(id), ..Self::bare(state, received_at_s) }
    }

    /// A checkout that was left before there was an order. `part` tells it from others: the delivery's id.
    pub fn abandoned(part: Option<String>, received_at_s: i64) -> Self {
        Self { part, ..Self::bare(OrderState::Abandoned, received_at_s) }
    }

    fn bare(state: OrderState, received_at_s: i64) -> Self {
        Self {
            id: None,
            part: None,
            state,
            kind: Kind::First,
            amounts: Amounts::default(),
            refund: None,
            ordered_at: None,
            paid_at: None,
            changed_at: None,
            received_at_s,
            buyer: Buyer::default(),
            tracking: Tracking::default(),
            items: Vec::new(),
            page: None,
            action_source: None,
        }
    }

    /// A platform's order id as a text.
    ///
    /// # Errors
    /// If there is none, or it cannot be one.
    pub fn id(text: Option<&str>) -> Result<OrderId, Rejected> {
        let text = text.ok_or(Rejected::OrderIdMissing)?;
        text::line(text, ID_MAX).map(OrderId).ok_or(Rejected::OrderIdUnreadable)
    }

    /// With its amounts. Only a paid order needs one, and only there does a wrong one cost the sale.
    ///
    /// # Errors
    /// If it is paid, and its price is missing or cannot be read.
    pub fn priced(mut self, amounts: Result<Amounts, Rejected>) -> Result<Self, Rejected> {
        self.amounts = match self.state {
            OrderState::Paid => amounts?,
            _ => amounts.unwrap_or_default(),
        };
        let is_missing = self.state == OrderState::Paid && self.amounts.price.is_none();
        if is_missing { Err(Rejected::ValueMissing) } else { Ok(self) }
    }

    /// Whether it is a further payment of a subscription.
    pub fn is_renewal(&self) -> bool {
        matches!(self.kind, Kind::Renewal { .. })
    }

    /// What it is where it causes no event: the reason that the ledger shows.
    pub fn silence(&self) -> &'static str {
        if self.is_renewal() && self.state == OrderState::Paid {
            Trigger::Renewal.as_str()
        } else {
            self.state.as_str()
        }
    }

    /// The amount that the connection has chosen.
    ///
    /// # Errors
    /// If the platform does not state it.
    pub fn value(&self, chosen: Amount) -> Result<Money, Rejected> {
        self.amounts.of(chosen).ok_or(Rejected::AmountNotStated)
    }

    /// The value of the event that this delivery causes: what was paid back of a refund, else the amount that the connection has
    /// chosen.
    ///
    /// # Errors
    /// If the platform does not state it: then an optional event is not made, and a sale is rejected.
    pub fn event_value(&self, chosen: Amount) -> Result<Money, Rejected> {
        let refund = self.refund.as_ref();
        match self.state {
            OrderState::PartiallyRefunded => refund.and_then(|it| it.amount).ok_or(Rejected::AmountNotStated),
            OrderState::Refunded => refund.and_then(|it| it.total).map_or_else(|| self.value(chosen), Ok),
            _ => self.value(chosen),
        }
    }

    /// When what this delivery tells happened, as Meta's `event_time`: the payment of a paid order, else the change. Never
    /// later than the delivery, which also stands in where the platform gives no time.
    pub fn event_time(&self) -> Moment {
        let paid_at = self.paid_at.filter(|_| self.state == OrderState::Paid);
        let stated = paid_at.or(self.changed_at).unwrap_or(Moment::second(self.received_at_s));
        stated.not_after(self.received_at_s)
    }

    /// When it was made, as far as it is known; never later than the delivery.
    pub fn made_at(&self) -> Moment {
        self.ordered_at.unwrap_or_else(|| self.event_time()).not_after(self.received_at_s)
    }

    /// The key under which the tenant's orders hold it: `<platform>:<its order id>`, and `#<part>` for a sale that shares
    /// the id with others. `None` for a left checkout that nothing tells from another.
    pub fn key(&self, platform: &str) -> Option<OrderId> {
        let id = match (&self.id, &self.part) {
            (Some(id), None) => id.as_str().to_owned(),
            (Some(id), Some(part)) => format!("{}#{part}", id.as_str()),
            (None, Some(part)) => format!("#{part}"),
            (None, None) => return None,
        };
        OrderId::parse(&format!("{platform}:{id}"))
    }

    /// This order completed by a later delivery of the same one: field by field, and nothing known is replaced by nothing.
    ///
    /// State and kind are the later one's (which of two states holds is [`super::Standing`]'s to say), the time it was made
    /// is the earlier one, and the click is the first one's.
    #[must_use]
    pub fn merged(self, later: Self) -> Self {
        Self {
            id: self.id.or(later.id),
            part: self.part.or(later.part),
            state: later.state,
            kind: if later.kind == Kind::First { self.kind } else { later.kind },
            amounts: self.amounts.merged(later.amounts),
            refund: later.refund.or(self.refund),
            ordered_at: earlier(self.ordered_at, later.ordered_at),
            paid_at: self.paid_at.or(later.paid_at),
            changed_at: later.changed_at.or(self.changed_at),
            received_at_s: later.received_at_s,
            buyer: self.buyer.merged(later.buyer),
            tracking: self.tracking.merged(later.tracking),
            items: if later.items.is_empty() { self.items } else { later.items },
            page: self.page.or(later.page),
            action_source: later.action_source.or(self.action_source),
        }
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    [one, other].into_iter().flatten().min_by_key(|moment| moment.unix_s())
}

#[cfg(test)]
mod tests;
