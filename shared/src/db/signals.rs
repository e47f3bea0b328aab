//! What an order says of its buyer, and of the click that it came from.

use crate::domain::conversion::UserData;
use crate::domain::fb::Fbc;
use crate::domain::order::Tracking;

/// The signals of an order, each well formed and the buyer's hashed: what the match is made by, and what is sent.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// The order's own `user_data`, as JSON.
    pub user_data: String,
    /// The buyer's hashes, for the identity stage.
    pub email_hash: Option<String>,
    /// See `email_hash`.
    pub phone_hash: Option<String>,
    /// See `email_hash`: the seller's own id of the buyer.
    pub external_id_hash: Option<String>,
    /// Our own id of the click.
    pub click_id: Option<String>,
    /// The browser's `_fbc`.
    pub fbc: Option<String>,
    /// Meta's click id; derived from fbc where only that was given.
    pub fbclid: Option<String>,
    /// The browser's `_fbp`.
    pub fbp: Option<String>,
    /// fbc built from the order's fbclid, sent where neither the order nor the click has one.
    pub built_fbc: Option<String>,
    /// The buyer's address, for the network stage.
    pub ip: Option<String>,
    /// The buyer's agent.
    pub user_agent: Option<String>,
    /// The page that the order was made on.
    pub event_source_url: Option<String>,
    /// Where it took place, if somebody said so.
    pub action_source: Option<&'static str>,
    /// The order's own UTMs, as JSON.
    pub utm: String,
}

impl Signals {
    /// Of a buyer and what came back of the click, which was seen first at `seen_at_s` (Unix seconds) unless fbc says when. Page, place
    /// and UTMs are still to be set.
    ///
    /// # Errors
    /// Never for values of these types; the error is serde's.
    pub fn of(buyer: &UserData, click: &Tracking, seen_at_s: i64) -> Result<Self, serde_json::Error> {
        let (fbc, fbclid) = click.ad_click();
        let built_fbc = match (fbc, fbclid) {
            (None, Some(fbclid)) => Fbc::build(None, seen_at_s.saturating_mul(1000), fbclid),
            _ => None,
        };
        Ok(Self {
            user_data: serde_json::to_string(buyer)?,
            email_hash: buyer.digest("em"),
            phone_hash: buyer.digest("ph"),
            external_id_hash: buyer.digest("external_id"),
            click_id: click.click_id.clone(),
            fbc: fbc.map(|it| it.as_str().to_owned()),
            fbclid: fbclid.map(|it| it.as_str().to_owned()),
            fbp: click.fbp.as_ref().map(|it| it.as_str().to_owned()),
            built_fbc: built_fbc.map(|it| it.as_str().to_owned()),
            ip: buyer.plain("client_ip_address").map(str::to_owned),
            user_agent: buyer.plain("client_user_agent").map(str::to_owned),
            ..Self::default()
        })
    }
}
