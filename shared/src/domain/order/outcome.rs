//! What became of a delivery.

use super::Order;

words! {
    /// Why an authentic delivery changes no order and sends nothing. The word is stable: it is stored and shown.
    Ignored {
        /// The platform's test button or test mode: proves the setup, and is nobody's sale.
        TestSale = "test_sale",
        /// An event that says nothing of an order's payment.
        EventNotUsed = "event_not_used",
        /// The platform repeats an approved sale when its guarantee is over.
        CompletedSale = "completed_sale",
        /// The buyer asked for a refund; the money has not moved. The refund itself comes later.
        RefundRequested = "refund_requested",
        /// The sale is taken from another event of the platform.
        CountedElsewhere = "counted_elsewhere",
        /// The delivery does not say whether the order is paid.
        PaymentNotStated = "payment_not_stated",
    }
}

impl Ignored {
    /// The reason in words that a seller understands.
    pub fn words(self) -> &'static str {
        match self {
            Self::TestSale => "a test of the platform, not a sale",
            Self::EventNotUsed => "an event that says nothing of a payment",
            Self::CompletedSale => "the end of the guarantee of a sale that was approved before, not a new sale",
            Self::RefundRequested => "the buyer asked for a refund, and nothing was paid back yet",
            Self::CountedElsewhere => "the same sale is taken from another event of the platform",
            Self::PaymentNotStated => "it does not say whether the order is paid",
        }
    }
}

words! {
    /// Why an authentic delivery could not be made an order. The word is stable: it is stored and shown.
    Rejected {
        /// Neither JSON nor a form, or of another shape.
        Unreadable = "unreadable",
        /// Nothing says which order it is.
        OrderIdMissing = "order_id_missing",
        /// The order's id is longer than 200 characters or has control characters.
        OrderIdUnreadable = "order_id_unreadable",
        /// Nothing says what happened to the order.
        StateMissing = "state_missing",
        /// It says something that the platform is not known to say.
        StateUnknown = "state_unknown",
        /// Two fields say different things of the payment.
        StateContradictory = "state_contradictory",
        /// A paid order without an amount.
        ValueMissing = "value_missing",
        /// The amount is no amount of its currency.
        ValueUnreadable = "value_unreadable",
        /// An amount without its currency.
        CurrencyMissing = "currency_missing",
        /// The currency is not one of ISO 4217.
        CurrencyUnknown = "currency_unknown",
        /// A time that is none.
        TimeUnreadable = "time_unreadable",
        /// The platform does not state the amount that the connection is to send.
        AmountNotStated = "amount_not_stated",
        /// More sales in one delivery than any checkout makes.
        TooManySales = "too_many_sales",
    }
}

impl Rejected {
    /// The reason in words that a seller understands.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreadable => "it cannot be read: neither JSON nor a form of the platform's shape",
            Self::OrderIdMissing => "it does not name its order",
            Self::OrderIdUnreadable => "its order id is too long or has control characters",
            Self::StateMissing => "it does not say what happened to the order",
            Self::StateUnknown => "it has a status that the platform is not known to send",
            Self::StateContradictory => "its event and its status contradict each other",
            Self::ValueMissing => "it is paid and has no amount, and no amount is made up",
            Self::ValueUnreadable => "its amount cannot be read, and no amount is made up",
            Self::CurrencyMissing => "its amount has no currency, and no currency is made up",
            Self::CurrencyUnknown => "its currency is not one of ISO 4217",
            Self::TimeUnreadable => "its time is none that we can read",
            Self::AmountNotStated => "the platform does not state the amount that this connection is set to send",
            Self::TooManySales => "it holds more sales than a checkout makes at once",
        }
    }
}

/// What a delivery came to. Every sale in it is in exactly one place.
pub enum Outcome {
    /// One sale, or several.
    Orders {
        /// The sale, or the main one.
        main: Box<Order>,
        /// The others: order bumps and the like.
        also: Vec<Order>,
    },
    /// Nothing to do.
    Ignored {
        /// Why.
        reason: Ignored,
        /// What the delivery said, as far as it is an order: to show that a test sale arrived.
        order: Option<Box<Order>>,
    },
    /// Not usable.
    Rejected(Rejected),
}

impl Outcome {
    /// One sale.
    pub fn order(order: Order) -> Self {
        Self::Orders { main: Box::new(order), also: Vec::new() }
    }

    /// A test sale, with what it said.
    pub fn test_sale(order: Order) -> Self {
        Self::Ignored { reason: Ignored::TestSale, order: Some(Box::new(order)) }
    }

    /// One sale, or a test of one.
    pub fn order_or_test(order: Order, is_test: bool) -> Self {
        if is_test { Self::test_sale(order) } else { Self::order(order) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_word_and_a_sentence_of_its_own() {
        let ignored: Vec<_> = Ignored::WORDS.iter().map(|it| (*it, Ignored::parse(it).unwrap().words())).collect();
        let rejected: Vec<_> = Rejected::WORDS.iter().map(|it| (*it, Rejected::parse(it).unwrap().words())).collect();
        let mut all = [ignored, rejected].concat();
        let count = all.len();
        all.sort_unstable_by_key(|(_, words)| *words);
        all.dedup_by_key(|(_, words)| *words);
        assert_eq!(all.len(), count);
    }
}
