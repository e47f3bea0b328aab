//! Clicks: one statement checks the funnel and its tenant, and inserts the click or finds it.

use deadpool_postgres::Client;

use super::Error;
use super::funnels::{self, Refusal};
use super::prepared::Prepared;
use crate::ids;

/// A click as it was captured, every part already checked.
#[derive(Clone, Debug, Default)]
pub struct NewClick {
    /// The funnel in the path.
    pub funnel_id: String,
    /// The click id that the browser minted, if it did.
    pub click_id: Option<String>,
    /// The ad click.
    pub fbclid: Option<String>,
    /// Always there when `fbclid` is.
    pub fbc: Option<String>,
    /// The browser.
    pub fbp: Option<String>,
    /// `utm_source`, `utm_medium`, `utm_campaign`, `utm_content`, `utm_term`.
    pub utm: [Option<String>; 5],
    /// The visitor's address.
    pub ip: Option<String>,
    /// The visitor's agent.
    pub user_agent: Option<String>,
    /// The landing page.
    pub url: Option<String>,
    /// The page before it.
    pub referrer: Option<String>,
    /// What the visitor said. None: nobody was asked, which means granted unless the funnel requires consent.
    pub consent: Option<Consent>,
    /// The first campaign that the browser remembers: a JSON object of `utm_` parameters.
    pub first_utm: Option<String>,
    /// The host of the page: its own site is the funnel's, or not.
    pub site: Option<String>,
    /// The host that a redirect leads to.
    pub destination: Option<String>,
    /// An fbp for a browser of the funnel's own site that has none: it gets it as a cookie.
    pub minted_fbp: Option<String>,
    /// Whether it is counted in its funnel's minute: see [`is_sampled`].
    pub sampled: bool,
}

/// Of so many clicks one is counted, for all of them: clicks of a funnel at the same time must not wait for its counter.
const SAMPLE: u32 = 36;

/// Draws whether a click is counted. A sender has no part in it.
pub fn is_sampled() -> bool {
    fastrand::u32(..SAMPLE) == 0
}

/// What a visitor said of being recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Yes.
    Granted,
    /// No: nothing of the person is kept.
    Denied,
}

impl Consent {
    /// By its word in the API. Whoever sends another one (`false`, `no`) was asked and did not grant. None if it is empty: nobody
    /// was asked.
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim() {
            "" => None,
            word if word.eq_ignore_ascii_case(Self::Granted.as_str()) => Some(Self::Granted),
            _ => Some(Self::Denied),
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Denied => "denied",
        }
    }
}

/// What became of a click of a live funnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is kept.
    Click(Kept),
    /// The funnel, or the address, has brought more in this minute than it may; nothing was kept.
    Full {
        /// See [`Kept::own_site`].
        own_site: bool,
        /// See [`Kept::slot`].
        slot: Option<String>,
    },
}

/// A click that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its id: of the row that was there before, if the click was known.
    pub click_id: String,
    /// Its fbc. None where the visitor denied.
    pub fbc: Option<String>,
    /// Its fbp. None where the visitor denied.
    pub fbp: Option<String>,
    /// Whether it was not known before.
    pub new: bool,
    /// Whether the page is of one of the funnel's domains.
    pub own_site: bool,
    /// The parameter in which the checkout that a redirect leads to gives the click id back.
    pub slot: Option<String>,
}

/// The statement of [`record`], for who measures or explains it.
///
/// `$3` is an id of ours, for where the browser gave none, or one that is another click's. Without it such a click is not
/// added.
pub const RECORD: &str = include_str!("clicks/record.sql");

static PREPARED: Prepared = Prepared::new(RECORD);

/// Records a click. First-seen wins, later data completes it.
///
/// The row of an fbclid is the first visitor's; another one that comes with the same fbclid (the link was shared) gets a
/// row of its own that points at the first. Each click id that a browser gave for a click names it from then on. A race
/// with another request is [`Error::Race`]: the next try sees what it made.
pub async fn record(client: &Client, click: &NewClick) -> Result<Result<Recorded, Refusal>, Error> {
    // To make an id takes as long as to read the request, and it is needed only where the browser's is another click's.
    if click.click_id.is_some() {
        match record_as(client, click, None).await {
            Err(Error::Race) => {}
            other => return other,
        }
    }
    record_as(client, click, Some(&ids::new_id())).await
}

async fn record_as(
    client: &Client,
    click: &NewClick,
    own_id: Option<&str>,
) -> Result<Result<Recorded, Refusal>, Error> {
    let statement = PREPARED.on(client).await?;
    let [source, medium, campaign, content, term] = &click.utm;
    let weight = if click.sampled { SAMPLE.cast_signed() } else { 0 };
    let row = client
        .query_opt(
            &statement,
            &[
                &click.funnel_id,
                &click.click_id,
                &own_id,
                &click.fbclid,
                &click.fbc,
                &click.fbp,
                source,
                medium,
                campaign,
                content,
                term,
                &click.ip,
                &click.user_agent,
                &click.url,
                &click.referrer,
                &click.consent.map(Consent::as_str),
                &click.first_utm,
                &click.site,
                &click.destination,
                &click.minted_fbp,
                &weight,
            ],
        )
        .await?;
    let row = match funnels::leading_on(row)? {
        Ok(row) => row,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (own_site, slot) = (row.try_get("own_site")?, row.try_get("slot")?);
    if row.try_get("is_full")? {
        return Ok(Ok(Recorded::Full { own_site, slot }));
    }
    let click_id: Option<String> = row.try_get("click_id")?;
    Ok(Ok(Recorded::Click(Kept {
        click_id: click_id.ok_or(Error::Race)?,
        fbc: row.try_get("fbc")?,
        fbp: row.try_get("fbp")?,
        new: row.try_get("new")?,
        own_site,
        slot,
    })))
}
