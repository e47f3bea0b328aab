//! A redirect link's query: where it leads, and what goes along.

use std::borrow::Cow;

use shared::db::clicks::Consent;
use shared::domain::fb::Fbclid;
use shared::http::Problem;
use url::{Url, form_urlencoded};

/// Meta's parameter on the link.
const FBCLID: &str = "fbclid";

/// A redirect link: where it leads, and what stands beside that.
pub(crate) struct Link {
    to: Url,
    /// All parameters of the link but its own, decoded, in their order. Without the ad click of a visitor who denied.
    others: Vec<(String, String)>,
    pub(crate) consent: Option<Consent>,
}

impl Link {
    /// Reads a link's query.
    ///
    /// # Errors
    /// 400 unless `to` is there once and is an absolute http or https URL, without a user name, which only serves to look like another
    /// host. Whether the host is the funnel's is the database's to say.
    pub(crate) fn parse(query: &str) -> Result<Self, Problem> {
        let refused = |code, message| Err(Problem::bad_parameter("to", code, message));
        let (mut to, mut consent, mut others) = (Vec::new(), None, Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "to" => to.push(value.into_owned()),
                "consent" => consent = Consent::parse(&value),
                _ => others.push((name.into_owned(), value.into_owned())),
            }
        }
        let [to] = to.as_slice() else {
            return refused("required", "must be there, once: the URL that the link leads to, percent-encoded");
        };
        let Ok(to) = Url::parse(to) else { return refused("not_a_url", "must be an absolute URL, percent-encoded") };
        if !matches!(to.scheme(), "http" | "https") || to.host_str().is_none() {
            return refused("not_a_url", "must be an http or https URL");
        }
        if !to.username().is_empty() || to.password().is_some() {
            return refused("not_a_url", "must not hold a user name");
        }
        if consent == Some(Consent::Denied) {
            others.retain(|(name, _)| name != FBCLID);
        }
        Ok(Self { to, others, consent })
    }

    /// The first value of a parameter of the link, else of the URL that it leads to.
    pub(crate) fn first(&self, name: &str) -> Option<Cow<'_, str>> {
        self.own(name)
            .map(Cow::Borrowed)
            .or_else(|| self.to.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value))
    }

    fn own(&self, name: &str) -> Option<&str> {
        self.others.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The URL that it leads to, as the link has it.
    pub(crate) fn destination(&self) -> &str {
        self.to.as_str()
    }

    /// The host of that URL, lower case and in punycode.
    pub(crate) fn host(&self) -> Option<&str> {
        self.to.host_str()
    }

    /// The URL with the link's own parameters, where it has none of that name. Two win over what is there: the click id in its
    /// slot, and Meta's fbclid, since one that stood in the URL is of whoever copied it.
    pub(crate) fn with(&self, click: Option<(&str, &str)>) -> String {
        let fbclid = self.own(FBCLID).filter(|it| Fbclid::parse(it).is_some()).map(|it| (FBCLID, it));
        let fbclid = fbclid.filter(|_| click.is_none_or(|(slot, _)| slot != FBCLID));
        let winning: Vec<(&str, &str)> = fbclid.into_iter().chain(click).collect();
        let wins = |name: &str| winning.iter().any(|(won, _)| *won == name);
        let mut url = self.to.clone();
        if let Some(query) = self.to.query() {
            // As text, so that the rest stays as it is encoded.
            let kept: Vec<&str> =
                query.split('&').filter(|pair| !name_of(pair).is_some_and(|name| wins(&name))).collect();
            url.set_query(Some(kept.join("&").as_str()).filter(|kept| !kept.is_empty()));
        }
        let others =
            self.others.iter().filter(|(name, _)| !wins(name) && self.to.query_pairs().all(|(has, _)| has != *name));
        let added: Vec<_> =
            others.map(|(name, value)| (name.as_str(), value.as_str())).chain(winning.iter().copied()).collect();
        if !added.is_empty() {
            url.query_pairs_mut().extend_pairs(added);
        }
        url.into()
    }
}

/// The decoded name of a parameter.
fn name_of(pair: &str) -> Option<Cow<'_, str>> {
    form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name)
}

/// Where the link leads is not the funnel's to lead to.
pub(crate) fn astray() -> Problem {
    Problem::bad_parameter("to", "not_listed", "must lead to one of the funnel's own domains or checkouts")
}
