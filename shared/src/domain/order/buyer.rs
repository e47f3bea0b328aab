//! Who bought: plain personal data on its way to the hash.

use crate::domain::conversion::UserData;
use crate::domain::country::Country;
use crate::domain::user_data::{self, plain};

/// A buyer as the platform wrote them. Plain personal data: it cannot be shown, copied or stored, and lives only between the
/// parser and [`Buyer::hashed`]. Sentinels ("Não Informado") are absent already.
#[derive(Default)]
pub struct Buyer {
    /// E-mail address.
    pub email: Option<String>,
    /// Phones, the best first; the first that is a number counts.
    pub phones: Vec<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State, province.
    pub state: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// The country of the buyer, or of the checkout.
    pub country: Option<String>,
    /// The seller's own id of the person, where a seller's own system sends it.
    pub external_id: Option<String>,
    /// The buyer's address on the internet; never the platform's server.
    pub ip: Option<String>,
    /// The buyer's browser.
    pub user_agent: Option<String>,
}

impl Buyer {
    /// A buyer's name that comes in one field: its first word, and the rest.
    pub fn named(&mut self, full: Option<&str>) {
        let Some(full) = full else { return };
        let (first, rest) = full.trim().split_once(char::is_whitespace).unwrap_or((full.trim(), ""));
        self.first_name = Some(first.to_owned()).filter(|name| !name.is_empty());
        self.last_name = Some(rest.trim().to_owned()).filter(|name| !name.is_empty());
    }

    /// The country by which a phone, a state and a postal code are read: the buyer's, else the tenant's.
    fn read_by(&self, tenant: Option<Country>) -> Option<Country> {
        self.country.as_deref().and_then(Country::recognise).or(tenant)
    }

    /// What goes to Meta of the buyer, hashed. What is junk is left out.
    pub fn hashed(&self, tenant: Option<Country>) -> UserData {
        let country = self.read_by(tenant);
        let mut data = UserData::default();
        data.hashed("em", self.email.as_deref().and_then(user_data::em).as_ref());
        data.hashed("ph", self.phones.iter().find_map(|phone| user_data::ph(phone, country)).as_ref());
        let mut forms = |key, text: &Option<String>, hash: &dyn Fn(&str) -> user_data::Hashes| {
            data.hashed_forms(key, &text.as_deref().map(hash).unwrap_or_default());
        };
        forms("fn", &self.first_name, &user_data::fn_);
        forms("ln", &self.last_name, &user_data::ln);
        forms("ct", &self.city, &user_data::ct);
        forms("st", &self.state, &|text| user_data::st(text, country).into());
        forms("zp", &self.zip, &|text| user_data::zp(text, country));
        forms("country", &self.country, &|text| user_data::country(text).into());
        forms("external_id", &self.external_id, &|text| user_data::external_id(text).into());
        if let Some(address) = self.ip.as_deref().and_then(user_data::client_ip_address) {
            data.address(&address);
        }
        if let Some(agent) = self.user_agent.as_deref().and_then(user_data::client_user_agent) {
            data.agent(&agent);
        }
        data
    }

    /// The fields, by our names, in which something stands of which [`Buyer::hashed`] took nothing.
    pub fn left_out(&self, hashed: &UserData) -> Vec<&'static str> {
        let stated = [
            ("email", "em", self.email.is_some()),
            ("phone", "ph", !self.phones.is_empty()),
            ("first_name", "fn", self.first_name.is_some()),
            ("last_name", "ln", self.last_name.is_some()),
            ("city", "ct", self.city.is_some()),
            ("state", "st", self.state.is_some()),
            ("zip", "zp", self.zip.is_some()),
            ("country", "country", self.country.is_some()),
            ("external_id", "external_id", self.external_id.is_some()),
            ("ip", "client_ip_address", self.ip.is_some()),
            ("user_agent", "client_user_agent", self.user_agent.is_some()),
        ];
        stated.into_iter().filter(|(_, key, is_stated)| *is_stated && !hashed.has(key)).map(|(name, ..)| name).collect()
    }

    /// What [`Buyer::hashed`] takes, normalised and not hashed, by our field names: for the support tool, which shows the owner of a body what
    /// is read in it. Of several forms the first.
    pub fn shown(&self, tenant: Option<Country>) -> Vec<(&'static str, String)> {
        let country = self.read_by(tenant);
        let read = |text: &Option<String>, form: &dyn Fn(&str) -> Option<String>| text.as_deref().and_then(form);
        let address = |text: &str| user_data::client_ip_address(text).map(|it| it.to_string());
        let agent = |text: &str| user_data::client_user_agent(text).map(|it| it.as_str().to_owned());
        let all = [
            ("email", read(&self.email, &plain::em)),
            ("phone", self.phones.iter().find_map(|phone| plain::ph(phone, country))),
            ("first_name", read(&self.first_name, &plain::name)),
            ("last_name", read(&self.last_name, &plain::name)),
            ("city", read(&self.city, &plain::ct)),
            ("state", read(&self.state, &|text| plain::st(text, country))),
            ("zip", read(&self.zip, &|text| plain::zp(text, country))),
            ("country", read(&self.country, &plain::country)),
            ("ip", read(&self.ip, &address)),
            ("user_agent", read(&self.user_agent, &agent)),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// What a later delivery says of the buyer wins; what it does not say stays. The browser is the first delivery's, like the
    /// click.
    #[must_use]
    pub fn merged(self, later: Self) -> Self {
        Self {
            email: later.email.or(self.email),
            phones: if later.phones.is_empty() { self.phones } else { later.phones },
            first_name: later.first_name.or(self.first_name),
            last_name: later.last_name.or(self.last_name),
            city: later.city.or(self.city),
            state: later.state.or(self.state),
            zip: later.zip.or(self.zip),
            country: later.country.or(self.country),
            external_id: later.external_id.or(self.external_id),
            ip: self.ip.or(later.ip),
            user_agent: self.user_agent.or(later.user_agent),
        }
    }
}
