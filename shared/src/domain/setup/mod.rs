//! Setting up a seller: what was entered, what is wrong with it, and which step is next.
//!
//! Pure: what only the database or Meta knows comes in as [`Known`].

mod check;
mod domains;
mod input;
mod issue;
mod step;
mod texts;

#[cfg(test)]
mod tests;

pub use check::{Known, Live, PlatformRules, check, is_pixel, is_shop, is_slot};
pub use domains::normal as normal_domain;
pub use input::{Business, Checkout, Funnel, Input, Kept, Meta, OtherSenders};
pub(in crate::domain) use issue::codes;
pub use issue::{Code, Issue, Severity};
pub use step::{Step, next};

use super::order::words;

words! {
    /// The languages in which issues are told.
    #[derive(Default)]
    Locale {
        /// English.
        #[default]
        English = "en",
        /// Brazilian Portuguese.
        Portuguese = "pt-BR",
    }
}

words! {
    /// What Meta said when it was asked whether the token may use the pixel.
    MetaVerdict {
        /// The pixel can be read, or Meta took a test event.
        Ready = "ready",
        /// The token is not valid: expired, revoked or mistyped (190, 102, 104).
        TokenRefused = "token_refused",
        /// There is no such pixel, or it is not shared with the token's owner (100/33).
        PixelNotShared = "pixel_not_shared",
        /// The token is valid, and may not read the pixel. It may still send to it: a test event shows.
        NotReadable = "not_readable",
        /// Meta gave no clear answer.
        Unknown = "unknown",
    }
}

/// How long a test event code may be on, in seconds: a week. One that is left on sends every sale to Test Events too.
pub const TEST_CODE_S: i64 = 7 * 24 * 3600;
/// The word for orders that come from the seller's own server by `POST /v1/orders`, not from a platform.
pub const API_PLATFORM: &str = "api";
