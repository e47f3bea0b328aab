//! Issues: what is wrong or missing, for programs by a code and for people in words.

use serde::Serialize;

use super::super::order::words;
use super::{Locale, Step};

words! {
    /// Whether the tenant can go live with it.
    Severity {
        /// It cannot.
        Error = "error",
        /// It can, and loses something.
        Warning = "warning",
    }
}

/// Something that is wrong or missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What.
    pub code: Code,
    /// Of which field of the input, by its path; empty where it is about none.
    pub field: String,
    /// What the text names, such as the amounts that a platform states.
    pub detail: String,
}

impl Issue {
    /// Whether the tenant can go live with it.
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// What is wrong, in words.
    pub fn message(&self, locale: Locale) -> String {
        self.code.texts(locale).0.replace("{}", &self.detail)
    }

    /// What to do, in words.
    pub fn fix(&self, locale: Locale) -> String {
        self.code.texts(locale).1.replace("{}", &self.detail)
    }

    /// The issue as it is answered and kept.
    pub fn told(&self, locale: Locale) -> Told {
        Told {
            code: self.code.as_str(),
            severity: self.severity().as_str(),
            step: self.code.step().as_str(),
            field: self.field.clone(),
            message: self.message(locale),
            fix: self.fix(locale),
        }
    }
}

/// An issue on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    code: &'static str,
    severity: &'static str,
    step: &'static str,
    field: String,
    message: String,
    fix: String,
}

/// Defines the codes of issues: one line each with its word, its severity, and its place: at which step or in which area it is repaired.
macro_rules! codes {
    ($place:ident: $Place:ident; $($variant:ident = $word:literal, $severity:ident, $at:ident;)+) => {
        words! {
            /// What an issue is about. Its texts stand in `texts.rs`.
            Code { $(#[doc = concat!("See the texts of `", $word, "`.")] $variant = $word,)+ }
        }

        impl Code {
            /// Every code, in the order of the places.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// Where it is repaired.
            pub fn $place(self) -> $Place {
                match self { $(Self::$variant => $Place::$at,)+ }
            }
        }
    };
}
pub(in crate::domain) use codes;

codes! {
    step: Step;
    BusinessNameMissing = "business_name_missing", Error, Business;
    SlugMissing = "slug_missing", Error, Business;
    SlugShape = "slug_shape", Error, Business;
    SlugTaken = "slug_taken", Error, Business;
    CountryMissing = "country_missing", Error, Business;
    CountryUnknown = "country_unknown", Error, Business;
    CurrencyMissing = "currency_missing", Error, Business;
    CurrencyUnknown = "currency_unknown", Error, Business;
    FunnelNameMissing = "funnel_name_missing", Error, Funnel;
    DomainsMissing = "domains_missing", Error, Funnel;
    DomainShape = "domain_shape", Error, Funnel;
    DomainTooWide = "domain_too_wide", Error, Funnel;
    DomainNotFound = "domain_not_found", Warning, Funnel;
    PixelMissing = "pixel_missing", Error, Meta;
    PixelShape = "pixel_shape", Error, Meta;
    TokenMissing = "token_missing", Error, Meta;
    TokenRefused = "token_refused", Error, Meta;
    PixelNotShared = "pixel_not_shared", Error, Meta;
    TokenUnproven = "token_unproven", Warning, Meta;
    MetaUnchecked = "meta_unchecked", Warning, Meta;
    ClockSkew = "clock_skew", Warning, Meta;
    TestCodeWithoutEnd = "test_code_without_end", Error, Meta;
    TestEndWithoutCode = "test_end_without_code", Error, Meta;
    TestCodeEndTooFar = "test_code_end_too_far", Error, Meta;
    TestCodeOn = "test_code_on", Warning, Meta;
    TestCodeOver = "test_code_over", Warning, Meta;
    PlatformMissing = "platform_missing", Error, Checkout;
    PlatformUnknown = "platform_unknown", Error, Checkout;
    AmountNotStated = "amount_not_stated", Error, Checkout;
    ShopNotUsed = "shop_not_used", Error, Checkout;
    ShopShape = "shop_shape", Error, Checkout;
    SlotShape = "slot_shape", Error, Checkout;
    PlatformSecretMissing = "platform_secret_missing", Error, Checkout;
    CheckoutDomainsMissing = "checkout_domains_missing", Warning, Checkout;
    CheckoutDomainShape = "checkout_domain_shape", Error, Checkout;
    CheckoutDomainTooWide = "checkout_domain_too_wide", Error, Checkout;
    ClickIdByHand = "click_id_by_hand", Warning, Checkout;
    OtherSendersUnconfirmed = "other_senders_unconfirmed", Error, OtherSenders;
    OtherSendersOn = "other_senders_on", Error, OtherSenders;
    NoClickYet = "no_click_yet", Warning, Snippet;
    NoOrderYet = "no_order_yet", Warning, TestOrder;
    NoEventYet = "no_event_yet", Warning, TestOrder;
}
