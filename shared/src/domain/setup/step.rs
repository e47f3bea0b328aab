//! The steps of the setup, and which one is next.

use super::super::order::words;
use super::check::Live;
use super::issue::{Issue, Severity};

words! {
    /// A step of the setup, in their order.
    Step {
        /// Who sells.
        Business = "business",
        /// Pages and domains.
        Funnel = "funnel",
        /// Pixel and token.
        Meta = "meta",
        /// The checkout platform.
        Checkout = "checkout",
        /// Everything else that tells Meta of sales is off, or shares the event id.
        OtherSenders = "other_senders",
        /// The snippet is on the pages: waits for the first click.
        Snippet = "snippet",
        /// Waits for the first order.
        TestOrder = "test_order",
        /// Nothing is left to do but to go live, or it is live.
        Active = "active",
    }
}

/// The first step at which something is left to do.
///
/// Entered steps wait for their errors to be repaired; the snippet waits for the first click, the test order for the first order. A
/// tenant that is active is past both.
pub fn next(issues: &[Issue], live: &Live) -> Step {
    const ENTERED: [Step; 5] = [Step::Business, Step::Funnel, Step::Meta, Step::Checkout, Step::OtherSenders];
    let is_open = |step: &Step| issues.iter().any(|it| it.code.step() == *step && it.severity() == Severity::Error);
    if let Some(step) = ENTERED.into_iter().find(is_open) {
        return step;
    }
    match live {
        Live { is_active: true, .. } => Step::Active,
        Live { first_click_at: None, .. } => Step::Snippet,
        Live { first_order_at: None, .. } => Step::TestOrder,
        _ => Step::Active,
    }
}
