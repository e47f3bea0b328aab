//! How well Meta can match a tenant's events, by what they carry, and what would raise it.
//!
//! The score is our own, not Meta's event match quality, which Meta counts by its own people and shows in Events Manager alone. The
//! weights follow what Meta names as worth most (Best practices: e-mail, address of the network, first and last name, phone, always
//! `external_id`) and that an ad's click id names the ad itself.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::order::words;
use super::setup::Locale;

words! {
    /// A kind of data by which Meta matches.
    Key {
        /// `em`.
        Email = "email",
        /// `ph`.
        Phone = "phone",
        /// `fbc`.
        Fbc = "fbc",
        /// `fbp`.
        Fbp = "fbp",
        /// `client_ip_address`.
        Ip = "ip",
        /// `client_user_agent`.
        Agent = "agent",
        /// `fn` and `ln`.
        Name = "name",
        /// `ct`, `st` and `zp`: one of them at least, beside `country`.
        Address = "address",
        /// `external_id`.
        ExternalId = "external_id",
    }
}

impl Key {
    /// All of them, the weightiest first: the order of the suggestions where as much is missing.
    pub const ALL: [Self; 9] = [
        Self::Email,
        Self::Fbc,
        Self::Phone,
        Self::Fbp,
        Self::Name,
        Self::Ip,
        Self::ExternalId,
        Self::Agent,
        Self::Address,
    ];

    /// How much of 100 it is worth.
    pub fn weight(self) -> u8 {
        match self {
            Self::Email => 25,
            Self::Fbc => 20,
            Self::Phone => 17,
            Self::Fbp => 10,
            Self::Name => 8,
            Self::Ip | Self::ExternalId => 6,
            Self::Agent | Self::Address => 4,
        }
    }

    /// What would make more events carry it.
    fn texts(self) -> [&'static str; 2] {
        match self {
            Self::Email => [
                "Ask for the e-mail at the checkout, or send customer.email with each order.",
                "Peça o e-mail no checkout ou envie customer.email com cada pedido.",
            ],
            Self::Phone => [
                "Ask for the phone with its country code, or send customer.phone with each order.",
                "Peça o telefone com o código do país ou envie customer.phone com cada pedido.",
            ],
            Self::Fbc => [
                "Keep fbclid in the ad's link up to the page, and let the click id go along to the checkout.",
                "Mantenha o fbclid do link do anúncio até a página e faça o ID do clique seguir até o checkout.",
            ],
            Self::Fbp => [
                "Put the snippet on every page of the funnel: it keeps the browser's cookie and tells it with the click.",
                "Coloque o snippet em todas as páginas do funil: ele guarda o cookie do navegador e o informa com o clique.",
            ],
            Self::Ip => [
                "Let orders find their click, or send customer.ip of the buyer's own connection.",
                "Faça os pedidos encontrarem o seu clique ou envie customer.ip da conexão do próprio comprador.",
            ],
            Self::Agent => [
                "Let orders find their click, or send customer.user_agent of the buyer's browser.",
                "Faça os pedidos encontrarem o seu clique ou envie customer.user_agent do navegador do comprador.",
            ],
            Self::Name => [
                "Send first and last name with each order (customer.first_name, customer.last_name).",
                "Envie nome e sobrenome com cada pedido (customer.first_name, customer.last_name).",
            ],
            Self::Address => [
                "Send the buyer's city, state and postal code where the checkout asks for them.",
                "Envie cidade, estado e CEP do comprador quando o checkout os pede.",
            ],
            Self::ExternalId => [
                "Send your own id of the customer (customer.external_id), the same one on every channel.",
                "Envie o seu próprio ID do cliente (customer.external_id), o mesmo em todos os canais.",
            ],
        }
    }
}

/// How many of a week's events, the newest, carry what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Coverage {
    /// All of them.
    pub events: u32,
    /// With an e-mail.
    pub email: u32,
    /// With a phone.
    pub phone: u32,
    /// With an ad's click.
    pub fbc: u32,
    /// With a browser.
    pub fbp: u32,
    /// With an address of the network.
    pub ip: u32,
    /// With an agent.
    pub agent: u32,
    /// With first and last name.
    pub name: u32,
    /// With a country, and a city, state or postal code.
    pub address: u32,
    /// With an id of the seller's.
    pub external_id: u32,
}

impl Coverage {
    fn of(&self, key: Key) -> u32 {
        match key {
            Key::Email => self.email,
            Key::Phone => self.phone,
            Key::Fbc => self.fbc,
            Key::Fbp => self.fbp,
            Key::Ip => self.ip,
            Key::Agent => self.agent,
            Key::Name => self.name,
            Key::Address => self.address,
            Key::ExternalId => self.external_id,
        }
    }
}

/// The share of events that carry a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Share {
    /// Which.
    pub key: &'static str,
    /// Events that carry it.
    pub events: u32,
    /// In percent, rounded down.
    pub percent: u32,
    /// How much of the score it is worth.
    pub weight: u8,
}

/// Something that would raise the score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suggestion {
    /// The key that is missing.
    pub code: &'static str,
    /// By how much the score would rise if every event had it, in points of 100, rounded down.
    pub points: u32,
    /// What to do.
    pub text: &'static str,
}

/// How well events can be matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// Events that were looked at.
    pub events: u32,
    /// Ours, from 0 to 100; none without an event.
    pub score: Option<u32>,
    /// Each key.
    pub keys: Vec<Share>,
    /// What would raise it, the most first.
    pub suggestions: Vec<Suggestion>,
}

/// With fewer events a share is chance, and nothing is suggested.
const ENOUGH: u32 = 5;

/// Scores what events carry. A suggestion is worth a point at the least.
pub fn score(coverage: &Coverage, locale: Locale) -> Quality {
    let events = coverage.events;
    let part = |key: Key| u64::from(coverage.of(key).min(events));
    let percent = |part: u64| u32::try_from(part * 100 / u64::from(events.max(1))).unwrap_or_default();
    let whole: u64 = Key::ALL.iter().map(|key| part(*key) * u64::from(key.weight())).sum();
    let keys = Key::ALL.map(|key| Share {
        key: key.as_str(),
        events: coverage.of(key).min(events),
        percent: percent(part(key)),
        weight: key.weight(),
    });
    let mut suggestions: Vec<Suggestion> = Key::ALL
        .iter()
        .map(|key| {
            let missing = (u64::from(events) - part(*key)) * u64::from(key.weight());
            let points = u32::try_from(missing / u64::from(events.max(1))).unwrap_or_default();
            let [english, portuguese] = key.texts();
            let text = if locale == Locale::Portuguese { portuguese } else { english };
            Suggestion { code: key.as_str(), points, text }
        })
        .filter(|it| it.points > 0 && events >= ENOUGH)
        .collect();
    suggestions.sort_by_key(|it| std::cmp::Reverse(it.points));
    let score = (events > 0).then(|| u32::try_from(whole / u64::from(events)).unwrap_or_default());
    Quality { events, score, keys: keys.to_vec(), suggestions }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(events: u32) -> Coverage {
        let [email, phone, fbc, fbp, ip, agent, name, address, external_id] = [events; 9];
        Coverage { events, email, phone, fbc, fbp, ip, agent, name, address, external_id }
    }

    #[test]
    fn the_weights_make_a_hundred_and_fall() {
        assert_eq!(Key::ALL.iter().map(|key| u32::from(key.weight())).sum::<u32>(), 100);
        assert!(Key::ALL.is_sorted_by_key(|key| std::cmp::Reverse(key.weight())));
        assert_eq!(Key::ALL.len(), Key::WORDS.len());
    }

    #[test]
    fn events_that_carry_everything_have_a_hundred_and_need_nothing() {
        let quality = score(&all(40), Locale::English);
        assert_eq!((quality.score, quality.suggestions), (Some(100), vec![]));
        assert_eq!(score(&Coverage::default(), Locale::English).score, None);
    }

    #[test]
    fn what_is_missing_most_is_suggested_first_in_the_reader_s_language() {
        let coverage = Coverage { email: 40, phone: 30, fbc: 0, ip: 20, ..all(40) };
        let quality = score(&coverage, Locale::Portuguese);
        let suggested: Vec<(&str, u32)> = quality.suggestions.iter().map(|it| (it.code, it.points)).collect();
        assert_eq!(suggested, [("fbc", 20), ("phone", 4), ("ip", 3)]);
        assert_eq!(quality.score, Some(72));
        assert!(quality.suggestions[0].text.starts_with("Mantenha o fbclid"));
        for key in Key::ALL {
            let [english, portuguese] = key.texts();
            assert!(english.ends_with('.') && portuguese.ends_with('.') && english != portuguese, "{key:?}");
        }
    }

    #[test]
    fn a_handful_of_events_suggests_nothing() {
        assert_eq!(score(&Coverage { fbc: 0, ..all(4) }, Locale::English).suggestions, []);
        assert_eq!(score(&Coverage { fbc: 0, ..all(5) }, Locale::English).suggestions.len(), 1);
    }

    proptest! {
        #[test]
        fn a_score_is_a_part_of_a_hundred_and_falls_with_what_is_taken_away(
            events in 0..5000_u32, counts in proptest::array::uniform9(0..6000_u32), less in 0..9_usize,
        ) {
            let of = |counts: [u32; 9]| {
                let [email, phone, fbc, fbp, ip, agent, name, address, external_id] = counts;
                score(&Coverage { events, email, phone, fbc, fbp, ip, agent, name, address, external_id }, Locale::English)
            };
            let quality = of(counts);
            prop_assert!(quality.score.unwrap_or_default() <= 100);
            prop_assert!(quality.keys.iter().all(|it| it.percent <= 100));
            let mut fewer = counts;
            fewer[less] = 0;
            prop_assert!(of(fewer).score <= quality.score);
        }
    }
}
