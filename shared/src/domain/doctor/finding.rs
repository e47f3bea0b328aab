//! What the doctor finds, for programs by a code and for people in words.

use std::collections::BTreeMap;

use super::super::order::words;
use super::super::setup::{Locale, Severity, codes};
use super::words::word;

words! {
    /// Where a finding is repaired.
    Area {
        /// At Meta: pixel, token, test code.
        Meta = "meta",
        /// On the way to Meta.
        Delivery = "delivery",
        /// At the pages.
        Clicks = "clicks",
        /// In what orders say.
        Orders = "orders",
        /// At the checkout.
        Checkout = "checkout",
    }
}

/// What a text names: numbers and words, none of them anybody's.
pub type Detail = BTreeMap<String, String>;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// With which of several: a connection's id, a currency, a clock. Empty where there is one of it.
    pub subject: String,
    /// What its text names.
    pub detail: Detail,
}

impl Code {
    /// What is wrong, and what to do, in words.
    pub fn told(self, locale: Locale, detail: &Detail) -> (String, String) {
        let (message, fix) = self.texts(locale);
        (filled(message, locale, detail), filled(fix, locale, detail))
    }
}

/// A text with each `{name}` in its place.
fn filled(text: &str, locale: Locale, detail: &Detail) -> String {
    let mut text = text.to_owned();
    for (name, value) in detail {
        text = text.replace(&format!("{{{name}}}"), &word(locale, name, value));
    }
    text
}

codes! {
    area: Area;
    PixelMissing = "pixel_missing", Error, Meta;
    TokenMissing = "token_missing", Error, Meta;
    TokenRefused = "token_refused", Error, Meta;
    PixelNotShared = "pixel_not_shared", Error, Meta;
    TokenUnproven = "token_unproven", Warning, Meta;
    TestCodeOn = "test_code_on", Warning, Meta;
    TestCodeOver = "test_code_over", Warning, Meta;
    ClockSkew = "clock_skew", Warning, Meta;
    OtherSendersUnconfirmed = "other_senders_unconfirmed", Error, Meta;
    OtherSendersOn = "other_senders_on", Error, Meta;
    Parked = "parked", Error, Delivery;
    BreakerOpen = "breaker_open", Error, Delivery;
    EventsRefused = "events_refused", Error, Delivery;
    EventsUnclear = "events_unclear", Warning, Delivery;
    EventsExpired = "events_expired", Error, Delivery;
    EventsNearExpiry = "events_near_expiry", Error, Delivery;
    ClicksStopped = "clicks_stopped", Warning, Clicks;
    AdClicksWithoutFbc = "ad_clicks_without_fbc", Warning, Clicks;
    ClicksWithoutAddress = "clicks_without_address", Warning, Clicks;
    ClicksOfOneAddress = "clicks_of_one_address", Warning, Clicks;
    FbcWrongIndex = "fbc_wrong_index", Warning, Clicks;
    OrdersStopped = "orders_stopped", Warning, Orders;
    MatchRateFell = "match_rate_fell", Warning, Orders;
    MatchRateLow = "match_rate_low", Warning, Orders;
    OtherCurrency = "other_currency", Warning, Orders;
    OrdersComeLate = "orders_come_late", Warning, Orders;
    AddressesDiffer = "addresses_differ", Warning, Orders;
    NotAuthentic = "not_authentic", Error, Checkout;
    BodiesUnread = "bodies_unread", Warning, Checkout;
    ConnectionSilent = "connection_silent", Warning, Checkout;
}
