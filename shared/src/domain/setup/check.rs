//! From what was entered to what is wrong with it: all of it, at once.

use super::super::country::Country;
use super::super::money::Currency;
use super::domains::{self, NoDomain};
use super::{API_PLATFORM, Code, Input, Issue, MetaVerdict, TEST_CODE_S};

/// What is asked of a platform's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformRules {
    /// The amounts' words that its deliveries state.
    pub amounts: Vec<&'static str>,
    /// The parameter of the checkout's URL that it gives back.
    pub slot: Option<&'static str>,
    /// Whether each shop numbers its orders by itself.
    pub ids_are_per_shop: bool,
}

/// What has come of the tenant so far. Times are Unix seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// Whether there is a tenant yet.
    pub is_provisioned: bool,
    /// Whether it is active.
    pub is_active: bool,
    /// Its first click that is still kept.
    pub first_click_at: Option<i64>,
    /// Its first order's or delivery's time.
    pub first_order_at: Option<i64>,
    /// When Meta first took an event.
    pub first_event_at: Option<i64>,
}

/// What only others know.
pub struct Known<'a> {
    /// Unix seconds.
    pub now_s: i64,
    /// Whether another tenant has the slug.
    pub slug_taken: bool,
    /// What Meta said of this pixel and token, if it was asked.
    pub meta: Option<MetaVerdict>,
    /// By how many seconds a clock was off against Meta's when it was asked, if that was too much.
    pub skew_s: Option<i64>,
    /// Domains of the funnel, as they are listed, that the DNS does not know.
    pub not_found: &'a [String],
    /// What has come so far.
    pub live: Live,
    /// The platforms' words.
    pub platforms: &'a [&'static str],
    /// A platform's rules by its word.
    pub rules: &'a dyn Fn(&str) -> Option<PlatformRules>,
}

/// The issues so far.
struct Found(Vec<Issue>);

impl Found {
    fn add(&mut self, code: Code, field: &str) {
        self.about(code, field, String::new());
    }

    fn about(&mut self, code: Code, field: &str, detail: String) {
        self.0.push(Issue { code, field: field.to_owned(), detail });
    }

    /// A domain of a list; `codes` are for a wrong shape and for one that is too wide.
    fn domain(&mut self, codes: [Code; 2], list: &str, place: usize, text: &str) {
        let field = format!("{list}[{place}]");
        match domains::normal(text) {
            Ok(_) => {}
            Err(NoDomain::Shape) => self.add(codes[0], &field),
            Err(NoDomain::TooWide) => self.add(codes[1], &field),
        }
    }
}

/// Everything that is wrong or missing, in the order of the steps.
pub fn check(input: &Input, known: &Known<'_>) -> Vec<Issue> {
    let mut found = Found(Vec::new());
    business(input, known, &mut found);
    funnel(input, known, &mut found);
    meta(input, known, &mut found);
    test_code(input, known.now_s, &mut found);
    checkout(input, known, &mut found);
    other_senders(input, &mut found);
    live(known.live, &mut found);
    found.0
}

fn business(input: &Input, known: &Known<'_>, found: &mut Found) {
    let it = &input.business;
    if it.name.is_none() {
        found.add(Code::BusinessNameMissing, "business.name");
    }
    match &it.slug {
        None => found.add(Code::SlugMissing, "business.slug"),
        Some(slug) if !is_slug(slug) => found.add(Code::SlugShape, "business.slug"),
        Some(_) if known.slug_taken => found.add(Code::SlugTaken, "business.slug"),
        Some(_) => {}
    }
    match it.country.as_deref().map(Country::parse) {
        None => found.add(Code::CountryMissing, "business.country"),
        Some(None) => found.add(Code::CountryUnknown, "business.country"),
        Some(Some(_)) => {}
    }
    match it.currency.as_deref().map(Currency::parse) {
        None => found.add(Code::CurrencyMissing, "business.currency"),
        Some(None) => found.add(Code::CurrencyUnknown, "business.currency"),
        Some(Some(_)) => {}
    }
}

/// 3 to 40 lower-case letters and digits, with single hyphens between them: it may become part of a host's name.
fn is_slug(text: &str) -> bool {
    (3..=40).contains(&text.len())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()))
}

fn funnel(input: &Input, known: &Known<'_>, found: &mut Found) {
    let it = &input.funnel;
    if it.name.is_none() {
        found.add(Code::FunnelNameMissing, "funnel.name");
    }
    if it.domains.is_empty() {
        found.add(Code::DomainsMissing, "funnel.domains");
    }
    for (place, domain) in it.domains.iter().enumerate() {
        found.domain([Code::DomainShape, Code::DomainTooWide], "funnel.domains", place, domain);
        if let Ok(domain) = domains::normal(domain)
            && known.not_found.contains(&domain)
        {
            found.about(Code::DomainNotFound, &format!("funnel.domains[{place}]"), domain);
        }
    }
}

/// Whether a text has the shape of a pixel's id, as the column `tenants.pixel_id` takes it.
pub fn is_pixel(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn meta(input: &Input, known: &Known<'_>, found: &mut Found) {
    let it = &input.meta;
    match &it.pixel_id {
        None => found.add(Code::PixelMissing, "meta.pixel_id"),
        Some(pixel) if !is_pixel(pixel) => found.add(Code::PixelShape, "meta.pixel_id"),
        Some(_) => {}
    }
    if it.access_token.is_none() {
        found.add(Code::TokenMissing, "meta.access_token");
    }
    if it.access_token.is_none() || !it.pixel_id.as_deref().is_some_and(is_pixel) {
        return;
    }
    match known.meta {
        Some(MetaVerdict::Ready) => {}
        Some(MetaVerdict::TokenRefused) => found.add(Code::TokenRefused, "meta.access_token"),
        Some(MetaVerdict::PixelNotShared) => found.add(Code::PixelNotShared, "meta.pixel_id"),
        Some(MetaVerdict::NotReadable) => found.add(Code::TokenUnproven, "meta.access_token"),
        Some(MetaVerdict::Unknown) | None => found.add(Code::MetaUnchecked, "meta.access_token"),
    }
    if let Some(skew_s) = known.skew_s {
        found.about(Code::ClockSkew, "", skew_s.saturating_abs().to_string());
    }
}

fn test_code(input: &Input, now_s: i64, found: &mut Found) {
    const UNTIL: &str = "meta.test_event_code_until";
    match (&input.meta.test_event_code, input.meta.test_event_code_until) {
        (None, None) => {}
        (Some(_), None) => found.add(Code::TestCodeWithoutEnd, UNTIL),
        (None, Some(_)) => found.add(Code::TestEndWithoutCode, "meta.test_event_code"),
        (Some(_), Some(until)) if until > now_s.saturating_add(TEST_CODE_S) => {
            found.add(Code::TestCodeEndTooFar, UNTIL);
        }
        (Some(_), Some(until)) if until > now_s => found.add(Code::TestCodeOn, "meta.test_event_code"),
        (Some(_), Some(_)) => found.add(Code::TestCodeOver, UNTIL),
    }
}

fn checkout(input: &Input, known: &Known<'_>, found: &mut Found) {
    let it = &input.checkout;
    match it.platform.as_deref() {
        None => found.add(Code::PlatformMissing, "checkout.platform"),
        Some(API_PLATFORM) => {}
        Some(word) => match (known.rules)(word) {
            None => found.about(Code::PlatformUnknown, "checkout.platform", known.platforms.join(", ")),
            Some(rules) => platform(input, &rules, found),
        },
    }
    if it.platform.is_some() && it.domains.is_empty() {
        found.add(Code::CheckoutDomainsMissing, "checkout.domains");
    }
    for (place, domain) in it.domains.iter().enumerate() {
        found.domain([Code::CheckoutDomainShape, Code::CheckoutDomainTooWide], "checkout.domains", place, domain);
    }
}

fn platform(input: &Input, rules: &PlatformRules, found: &mut Found) {
    let it = &input.checkout;
    if it.amount.as_deref().is_some_and(|amount| !rules.amounts.contains(&amount)) {
        found.about(Code::AmountNotStated, "checkout.amount", rules.amounts.join(", "));
    }
    match it.shop.as_deref() {
        Some(_) if !rules.ids_are_per_shop => found.add(Code::ShopNotUsed, "checkout.shop"),
        Some(shop) if !is_shop(shop) => found.add(Code::ShopShape, "checkout.shop"),
        _ => {}
    }
    if it.order_id_slot.as_deref().is_some_and(|slot| !is_slot(slot)) {
        found.add(Code::SlotShape, "checkout.order_id_slot");
    }
    if it.secret.is_none() {
        found.add(Code::PlatformSecretMissing, "checkout.secret");
    }
    if rules.slot.is_none() {
        found.add(Code::ClickIdByHand, "checkout.platform");
    }
}

/// Whether a text has the shape of a shop's name, as the column `connections.shop` takes it.
pub fn is_shop(text: &str) -> bool {
    let is_first = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| is_first(byte) || b"_-".contains(&byte))
        && text.bytes().next().is_some_and(is_first)
}

/// Whether a text has the shape of a tracking slot's name: 1 to 64 printable characters without white space.
pub fn is_slot(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(|it| it.is_control() || it.is_whitespace())
}

fn other_senders(input: &Input, found: &mut Found) {
    const FIELD: &str = "other_senders.purchase";
    match input.other_senders.purchase.as_deref() {
        Some("off" | "shares_event_id") => {}
        Some("on") => found.add(Code::OtherSendersOn, FIELD),
        _ => found.add(Code::OtherSendersUnconfirmed, FIELD),
    }
}

fn live(it: Live, found: &mut Found) {
    if !it.is_provisioned {
        return;
    }
    if it.first_click_at.is_none() {
        found.add(Code::NoClickYet, "");
    }
    if it.first_order_at.is_none() {
        found.add(Code::NoOrderYet, "");
    }
    if it.first_event_at.is_none() {
        found.add(Code::NoEventYet, "");
    }
}
