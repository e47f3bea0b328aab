//! What a seller entered, as it is kept: without any secret.

use serde::Deserialize;

/// All that was entered. What is absent was not entered yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Input {
    /// Who sells.
    pub business: Business,
    /// Where.
    pub funnel: Funnel,
    /// To which pixel.
    pub meta: Meta,
    /// By which checkout.
    pub checkout: Checkout,
    /// Who else tells Meta of sales.
    pub other_senders: OtherSenders,
}

/// The seller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Business {
    /// Its name, for people.
    pub name: Option<String>,
    /// Its name in the deployment.
    pub slug: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
}

/// The pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Funnel {
    /// Its name, for people.
    pub name: Option<String>,
    /// Their domains; each covers its subdomains.
    pub domains: Vec<String>,
    /// Whether nothing is kept before the visitor has agreed.
    pub requires_consent: bool,
}

/// The pixel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Meta {
    /// The pixel's (dataset's) id.
    pub pixel_id: Option<String>,
    /// When the token was kept.
    pub access_token: Option<Kept>,
    /// When the app's secret was kept.
    pub app_secret: Option<Kept>,
    /// Of Events Manager's Test Events.
    pub test_event_code: Option<String>,
    /// Until when it is used; Unix seconds.
    pub test_event_code_until: Option<i64>,
}

/// The checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Checkout {
    /// The platform's word, or [`API_PLATFORM`](super::API_PLATFORM).
    pub platform: Option<String>,
    /// Which amount of a sale is its value.
    pub amount: Option<String>,
    /// The checkout's domains, to which the funnel's links lead.
    pub domains: Vec<String>,
    /// When what the platform signs with was kept.
    pub secret: Option<Kept>,
    /// Which of the seller's shops it is.
    pub shop: Option<String>,
    /// The tracking slot that gives back the seller's own order id.
    pub order_id_slot: Option<String>,
}

/// Others that tell Meta of sales.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct OtherSenders {
    /// `off`, `shares_event_id`, or `on`.
    pub purchase: Option<String>,
}

/// A secret that is kept elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Kept {
    /// Unix seconds.
    pub set_at: i64,
}
