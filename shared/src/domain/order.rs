//! An order: what a checkout says of a sale, and the words for its states.
//!
//! What a platform's delivery becomes is an [`Outcome`] with its [`Order`]; what it does to what is known of that order,
//! and which event it causes, is [`Standing`].

use super::text;

/// The caller's id of an order: trimmed, otherwise byte for byte; 1 to 255 characters, none of control.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderId(String);

impl OrderId {
    /// `None` when empty, longer than 255 characters or with control characters (NUL among them).
    pub fn parse(text: &str) -> Option<Self> {
        text::line(text, 255).map(Self)
    }

    /// The id without outer space.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of an event at Meta: a standard one (`Purchase`, `Lead`) or a custom one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventName(String);

impl EventName {
    /// `None` when empty, longer than 100 characters, with control characters, or with a `|`,
    /// which separates the parts of the event id.
    pub fn parse(text: &str) -> Option<Self> {
        text::line(text, 100).filter(|name| !name.contains('|')).map(Self)
    }

    /// Meta's name of a sale (Meta, Standard events).
    pub const PURCHASE: &'static str = "Purchase";

    /// Meta's name of a sale.
    pub fn purchase() -> Self {
        Self(Self::PURCHASE.to_owned())
    }

    /// Whether this is the name of a sale: it goes out for a paid order only.
    pub fn is_purchase(&self) -> bool {
        self.0 == Self::PURCHASE
    }

    /// The name as Meta gets it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Defines an enum whose variants have one word each in JSON and in the database.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every word of the list, in its order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// Reads the exact word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let text = utoipa::openapi::schema::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String);
                text.enum_values(Some(Self::WORDS.iter().copied())).into()
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}
pub(crate) use words;

mod amounts;
mod buyer;
mod moment;
mod outcome;
mod sale;
mod standing;
mod tracking;

pub use amounts::{Amount, Amounts};
pub use buyer::Buyer;
pub use moment::{Moment, Precision};
pub use outcome::{Ignored, Outcome, Rejected};
pub use sale::{Kind, Order, Refund};
pub use standing::{Cause, NotAnEvent, OptionalEvents, Standing, Trigger};
pub use tracking::Tracking;

words! {
    /// Where an order stands with its payment.
    OrderState {
        /// Waiting for its payment (pix, boleto).
        Pending = "pending",
        /// Paid: the only state that is a sale.
        Paid = "paid",
        /// The payment was refused.
        Refused = "refused",
        /// Not paid in time.
        Expired = "expired",
        /// Called off before it was paid.
        Canceled = "canceled",
        /// Paid back in full.
        Refunded = "refunded",
        /// Paid back in part.
        PartiallyRefunded = "partially_refunded",
        /// Taken back by the buyer's bank.
        ChargedBack = "charged_back",
        /// Left at the checkout.
        Abandoned = "abandoned",
    }
}

impl OrderState {
    /// How far an order is: a delivery that comes late never takes it back to a state before. Before it is paid an order
    /// may go to and fro (refused, then tried again).
    pub fn progress(self) -> i32 {
        match self {
            Self::Pending | Self::Refused | Self::Expired | Self::Canceled | Self::Abandoned => 0,
            Self::Paid => 1,
            Self::PartiallyRefunded => 2,
            Self::Refunded => 3,
            Self::ChargedBack => 4,
        }
    }

    /// Of two states that are equally far on, at the same time or with no time stated, the more final one holds.
    pub fn finality(self) -> i32 {
        match self {
            Self::Abandoned => 0,
            Self::Pending => 1,
            Self::Refused => 2,
            Self::Expired => 3,
            Self::Canceled => 4,
            Self::Paid | Self::PartiallyRefunded | Self::Refunded | Self::ChargedBack => 5,
        }
    }
}

words! {
    /// Where a conversion took place (Meta, Server event parameters: `action_source`).
    ActionSource {
        /// By e-mail.
        Email = "email",
        /// On a web page.
        Website = "website",
        /// In an app.
        App = "app",
        /// By phone.
        PhoneCall = "phone_call",
        /// In a chat.
        Chat = "chat",
        /// In a shop.
        PhysicalStore = "physical_store",
        /// By itself, such as a renewal.
        SystemGenerated = "system_generated",
        /// In a business messaging app.
        BusinessMessaging = "business_messaging",
        /// Elsewhere.
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_id_is_trimmed_and_otherwise_kept() {
        assert_eq!(OrderId::parse("  HP 1|ç ").unwrap().as_str(), "HP 1|ç");
        for bad in ["", "  ", "a\0b", "a\nb", &"x".repeat(256)] {
            assert_eq!(OrderId::parse(bad), None, "{bad:?}");
        }
        assert!(OrderId::parse(&"ç".repeat(255)).is_some());
    }

    #[test]
    fn an_event_name_has_no_bar() {
        assert_eq!(EventName::parse("Purchase|x"), None);
        assert!(EventName::parse(" Purchase ").unwrap().is_purchase());
    }

    #[test]
    fn every_word_is_read_back() {
        for word in OrderState::WORDS {
            assert_eq!(OrderState::parse(word).unwrap().as_str(), *word);
        }
        for word in ActionSource::WORDS {
            assert_eq!(ActionSource::parse(word).unwrap().as_str(), *word);
        }
        assert_eq!(OrderState::parse("Paid"), None);
    }
}
