//! Checkout platforms: what each of them posts, checked and read.
//!
//! A delivery is verified over the bytes that came, then parsed into [`Outcome`]. Both are pure: no database, no clock, no
//! network. The path that a delivery came on chooses tenant and platform, never its body.
//!
//! # How to add a platform
//!
//! 1. `platforms/<name>.rs`: a `pub(super) const ADAPTER: Adapter`, with `Adapter`'s parts as functions. Its module's docs say
//!    where each fact comes from, and whose money its amounts are. Build from documented or captured bodies only.
//! 2. Its `mod` line and its line in the table of [`Platform`], below.
//! 3. `tests/fixtures/webhooks/<name>/<event>.json` (or `.form`): bodies of our own in the platform's shape, with sample persons
//!    alone. Each gets a snapshot of what is read in it; read it line by line.
//! 4. Tests in its module for what a body cannot show: the check of authenticity, what is a test, what is no sale.
//!
//! The rooms that adapters share:
//!
//! - `delivery`: the request; `Delivery::document` is its body, JSON or form, as one kind of `Value`; `at("a.b.c")` goes
//!   down, `text()` gives a text or a number's digits unless it is a sentinel such as "Não Informado".
//! - `amount`: decimals, hundredths, minor units and `R$ 1.234,56` to [`Money`](crate::domain::money::Money), exactly or not
//!   at all. A wrong amount of a paid order rejects it: give the readers' answers to `Order::priced`, which knows.
//! - `when`: epochs, RFC 3339, and local times without a zone to [`Moment`](crate::domain::order::Moment).
//! - `slots`: tracking slots, and the click id that came back in one.
//! - `sign`: HMACs and tokens, compared in constant time.
//!
//! What may be a test goes through `Outcome::order_or_test`; a paid renewal is `Kind::Renewal`. A delivery that is authentic and
//! says nothing of a payment is `Ignored::EventNotUsed`; what repeats an approved sale is `Ignored::CompletedSale`; a refund that
//! was asked for is `Ignored::RefundRequested`. A status that the platform is not known to send is `Rejected::StateUnknown`:
//! never guess one.

mod amount;
mod delivery;
mod document;
mod form;
mod sign;
mod slots;
mod when;

mod braip;
mod cakto;
mod eduzz;
mod generic;
mod greenn;
mod hotmart;
mod kirvano;
mod kiwify;
mod lemonsqueezy;
mod monetizze;
mod paddle;
mod perfectpay;
mod shopify;
mod stripe;
mod woocommerce;
mod yampi;

#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

use crate::domain::order::{Amount, Ignored, Outcome, Rejected};

pub use delivery::{Authenticity, Context, Delivery, Secret};
pub(crate) use document::Value;

/// What a platform's module is made of.
pub(crate) struct Adapter {
    /// The parameter of the checkout's URL in which our click id goes along and comes back; `None` where the seller's page
    /// has to put it into the order by itself, or the platform has no such place.
    pub(crate) slot: Option<&'static str>,
    /// Whether each shop numbers its orders by itself, so that two shops of one seller have an order 1001 each.
    pub(crate) ids_are_per_shop: bool,
    /// The amounts that its deliveries state.
    pub(crate) amounts: &'static [Amount],
    /// Whether the delivery is from the platform, by any of these secrets. The secrets are never empty.
    pub(crate) is_authentic: fn(&[Secret], &Delivery<'_>, &Context) -> bool,
    /// Whether it is a probe that the platform sends unsigned: it is answered and has no effect. An empty body always is.
    pub(crate) is_probe: fn(&Delivery<'_>) -> bool,
    /// What an authentic delivery says.
    pub(crate) parse: fn(&Delivery<'_>, &Context) -> Result<Outcome, NoOrder>,
    /// The platform's own id of the delivery, the same on each repetition; `None` where it has none.
    pub(crate) delivery_id: fn(&Delivery<'_>) -> Option<String>,
}

/// Why a delivery makes no order: `?` ends its reading with either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoOrder {
    /// There is nothing to do.
    Ignored(Ignored),
    /// It cannot be used.
    Rejected(Rejected),
}

impl From<Ignored> for NoOrder {
    fn from(reason: Ignored) -> Self {
        Self::Ignored(reason)
    }
}

impl From<Rejected> for NoOrder {
    fn from(reason: Rejected) -> Self {
        Self::Rejected(reason)
    }
}

/// Defines the platforms: one line each, with its word and its module.
macro_rules! platforms {
    ($($variant:ident = $word:literal => $module:ident,)+) => {
        crate::domain::order::words! {
            /// A checkout platform. The word names it in connections, in event ids and in the support tool.
            Platform { $(#[doc = concat!("See the module `", stringify!($module), "`.")] $variant = $word,)+ }
        }

        impl Platform {
            fn adapter(self) -> &'static Adapter {
                match self { $(Self::$variant => &$module::ADAPTER,)+ }
            }
        }
    };
}

platforms! {
    Hotmart = "hotmart" => hotmart,
    Kiwify = "kiwify" => kiwify,
    Eduzz = "eduzz" => eduzz,
    Cakto = "cakto" => cakto,
    Kirvano = "kirvano" => kirvano,
    Perfectpay = "perfectpay" => perfectpay,
    Greenn = "greenn" => greenn,
    Shopify = "shopify" => shopify,
    Stripe = "stripe" => stripe,
    WooCommerce = "woocommerce" => woocommerce,
    Yampi = "yampi" => yampi,
    Monetizze = "monetizze" => monetizze,
    Braip = "braip" => braip,
    LemonSqueezy = "lemonsqueezy" => lemonsqueezy,
    Paddle = "paddle" => paddle,
    Generic = "generic" => generic,
}

impl Platform {
    /// The parameter of the checkout's URL for our click id, if it has one.
    pub fn slot(self) -> Option<&'static str> {
        self.adapter().slot
    }

    /// Whether order 1001 of one shop is not order 1001 of another: then each connection of a tenant but one needs a shop's name.
    pub fn ids_are_per_shop(self) -> bool {
        self.adapter().ids_are_per_shop
    }

    /// Whether it is the id of a platform's order, `<platform>:<its order id>`: then a connection may tell of that order too.
    pub fn names_order(order_key: &str) -> bool {
        order_key.split_once(':').is_some_and(|(word, _)| Self::parse(word).is_some())
    }

    /// What else may name a platform's order, `<platform>:[<shop>:]<its order id>`, where somebody leaves its prefix out: the id, with a
    /// shop's name and without. Of another order's key there is nothing.
    pub fn shorter_names(order_key: &str) -> impl Iterator<Item = &str> {
        let of_platform = order_key.split_once(':').filter(|(word, _)| Self::parse(word).is_some()).map(|(_, id)| id);
        of_platform.into_iter().chain(of_platform.and_then(|id| id.split_once(':')).map(|(_, id)| id))
    }

    /// The amounts that it states: what a connection may choose from.
    pub fn amounts(self) -> &'static [Amount] {
        self.adapter().amounts
    }

    /// Whether a delivery is from the platform. Of several secrets, as while one is replaced by another, any will do.
    ///
    /// Without a secret nothing is authentic: platforms sign with an empty one too, and anybody can make that signature.
    pub fn verify(self, secrets: &[Secret], delivery: &Delivery<'_>, context: &Context) -> Authenticity {
        let adapter = self.adapter();
        if delivery.body().trim_ascii().is_empty() {
            return Authenticity::Probe;
        }
        if !secrets.is_empty() && (adapter.is_authentic)(secrets, delivery, context) {
            return Authenticity::Authentic;
        }
        if (adapter.is_probe)(delivery) { Authenticity::Probe } else { Authenticity::NotAuthentic }
    }

    /// What a delivery says. For an authentic one; this looks at no secret.
    pub fn parse_delivery(self, delivery: &Delivery<'_>, context: &Context) -> Outcome {
        (self.adapter().parse)(delivery, context).unwrap_or_else(|why| match why {
            NoOrder::Ignored(reason) => Outcome::Ignored { reason, order: None },
            NoOrder::Rejected(reason) => Outcome::Rejected(reason),
        })
    }

    /// The platform's id of the delivery, by which a repetition is known; where it has none, the hash of the bytes is.
    pub fn delivery_id(self, delivery: &Delivery<'_>) -> Option<String> {
        (self.adapter().delivery_id)(delivery)
    }

    /// What a repetition of the delivery is known by: lower-case hex SHA-256 of the platform's id of it, else of its bytes.
    pub fn delivery_key(self, delivery: &Delivery<'_>) -> String {
        self.delivery_id(delivery).map_or_else(|| delivery.digest(), |id| hex::encode(Sha256::digest(id)))
    }
}
