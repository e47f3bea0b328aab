//! What a table's orders would come to, line by line, without recording one.

use std::collections::{HashMap, HashSet};

use shared::db::orders::{NewOrder, Seen, Sold};
use shared::domain::order::EventName;

/// What the lines before would have made.
#[derive(Default)]
pub(super) struct Looked {
    claimed: HashSet<String>,
    sold: HashMap<String, Sold>,
}

impl Looked {
    /// What an order is a duplicate of, as the write decides it; else the order counts as made.
    pub(super) fn duplicate_of(&mut self, order: &NewOrder, seen: Seen) -> Option<Sold> {
        let own = Sold { order_key: order.order_key.clone(), event_id: order.event_id.clone() };
        let sells = order.ignored.is_none();
        let is_purchase = sells && order.event_name == EventName::PURCHASE;
        let here = || [&own.order_key].into_iter().chain(&seen.names).find_map(|name| self.sold.get(name)).cloned();
        let earlier = seen.sold.clone().or_else(here).filter(|_| is_purchase);
        if let Some(earlier) = earlier.filter(|it| it.event_id != own.event_id) {
            return Some(earlier);
        }
        if seen.is_claimed || self.claimed.contains(&own.event_id) {
            return Some(own);
        }
        if sells {
            self.claimed.insert(own.event_id.clone());
        }
        if is_purchase {
            self.sold.insert(own.order_key.clone(), own);
        }
        None
    }
}
