//! What came back of the ad click: the slots of the checkout's URL, and the identifiers found in them.

use std::collections::BTreeMap;

use crate::domain::fb::{Fbc, Fbclid, Fbp};

/// What a platform gives back of the visit that led to the order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// The slots by name (`sck`, `src`, `xcod`, `utm_source` ...), as the platform gave them back: never decoded again.
    pub slots: BTreeMap<String, String>,
    /// Our click id, found in one of them.
    pub click_id: Option<String>,
    /// Meta's click id.
    pub fbclid: Option<Fbclid>,
    /// The browser's `_fbc`.
    pub fbc: Option<Fbc>,
    /// The browser's `_fbp`.
    pub fbp: Option<Fbp>,
}

impl Tracking {
    /// The ad click: fbc, and its fbclid. An fbclid beside an fbc of another ad click is the newer of the two: the page's URL beats the
    /// cookie.
    pub fn ad_click(&self) -> (Option<&Fbc>, Option<&Fbclid>) {
        let is_older = |fbc: &&Fbc| self.fbclid.as_ref().is_some_and(|fbclid| fbc.fbclid() != fbclid);
        let fbc = self.fbc.as_ref().filter(|fbc| !is_older(fbc));
        (fbc, self.fbclid.as_ref().or_else(|| fbc.map(Fbc::fbclid)))
    }

    /// What the first delivery had stays, so that an order keeps the click of the day it was made; later ones complete it.
    #[must_use]
    pub fn merged(self, later: Self) -> Self {
        let mut slots = later.slots;
        slots.extend(self.slots);
        Self {
            slots,
            click_id: self.click_id.or(later.click_id),
            fbclid: self.fbclid.or(later.fbclid),
            fbc: self.fbc.or(later.fbc),
            fbp: self.fbp.or(later.fbp),
        }
    }
}
