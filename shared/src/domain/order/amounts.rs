//! Which of a sale's amounts is its value.

use crate::domain::money::Money;

words! {
    /// The amount of a sale that goes to Meta as its value; a connection chooses one.
    #[derive(Default)]
    Amount {
        /// What the seller sold for: after discounts, with the freight and taxes that the platform adds to the order, without
        /// the interest that a buyer pays for instalments (it is the lender's). The default.
        #[default]
        Price = "price",
        /// All that the buyer paid, interest included.
        Gross = "gross",
        /// What is left to the seller after the platform's fees and other people's commissions.
        Net = "net",
    }
}

/// The amounts of a sale that its platform states. None is derived from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// See [`Amount::Price`].
    pub price: Option<Money>,
    /// See [`Amount::Gross`].
    pub gross: Option<Money>,
    /// See [`Amount::Net`].
    pub net: Option<Money>,
}

impl Amounts {
    /// The chosen amount; `None` where the platform does not state it. Another one is never put in its place.
    pub fn of(&self, chosen: Amount) -> Option<Money> {
        match chosen {
            Amount::Price => self.price,
            Amount::Gross => self.gross,
            Amount::Net => self.net,
        }
    }

    /// For a platform whose one total is all that the buyer paid, and what the seller sold for.
    pub fn total(total: Option<Money>) -> Self {
        Self { price: total, gross: total, net: None }
    }

    /// What a later delivery states wins; what it does not state stays.
    #[must_use]
    pub fn merged(self, later: Self) -> Self {
        Self { price: later.price.or(self.price), gross: later.gross.or(self.gross), net: later.net.or(self.net) }
    }
}
