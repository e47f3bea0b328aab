//! Meta's click and browser identifiers (Meta, Conversions API, fbp and fbc parameters).

pub(in crate::domain) mod appendix;
mod cookie;
mod fbc;
mod fbclid;
mod fbp;
mod host;

pub use fbc::Fbc;
pub use fbclid::{Fbclid, fbclid_in_url};
pub use fbp::Fbp;
pub use host::{is_subdomain_index, plain_host, site};

/// Which `fbc` a visit has.
///
/// - The query's fbclid, else the one in the referer's query, is this visit's click.
/// - No click: the cookie stays as it is.
/// - The cookie holds the same click: it stays, with its creation time and appendix.
/// - Another click, or no cookie: a new value with `now_ms` (Unix milliseconds), for the page's `host` if that is known.
///
/// None if there is neither click nor cookie, or `now_ms` is no such time.
pub fn resolve(
    url_fbclid: Option<Fbclid>,
    cookie_fbc: Option<Fbc>,
    referer_fbclid: Option<Fbclid>,
    host: Option<&str>,
    now_ms: i64,
) -> Option<Fbc> {
    let Some(fbclid) = url_fbclid.or(referer_fbclid) else {
        return cookie_fbc;
    };
    cookie_fbc.filter(|cookie| *cookie.fbclid() == fbclid).or_else(|| Fbc::build(host, now_ms, &fbclid))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;
    const COOKIE: &str = "fb.1.1600000000000.Cookie.AQQAAQMC";

    fn resolved(url: &str, cookie: &str, referer: &str) -> Option<String> {
        let url = Fbclid::parse(url);
        let referer = fbclid_in_url(referer);
        resolve(url, Fbc::parse(cookie), referer, Some("www.loja.com.br"), NOW).map(|fbc| fbc.as_str().to_owned())
    }

    #[test]
    fn a_click_without_a_cookie_makes_a_value_without_an_appendix() {
        assert_eq!(resolved("Url", "", "").as_deref(), Some("fb.2.1700000000000.Url"));
        assert_eq!(resolved("Url", "fb.1.1600000000.Seconds", "").as_deref(), Some("fb.2.1700000000000.Url"));
    }

    #[test]
    fn another_click_wins_over_the_cookie_with_a_new_time() {
        assert_eq!(resolved("Url", COOKIE, "").as_deref(), Some("fb.2.1700000000000.Url"));
        assert_eq!(resolved("cookie", COOKIE, "").as_deref(), Some("fb.2.1700000000000.cookie"), "case matters");
    }

    #[test]
    fn the_cookie_of_the_same_click_stays_with_its_time_and_appendix() {
        assert_eq!(resolved("Cookie", COOKIE, "").as_deref(), Some(COOKIE));
        assert_eq!(resolved("", COOKIE, "https://example.com/?fbclid=Cookie").as_deref(), Some(COOKIE));
    }

    #[test]
    fn without_a_click_the_cookie_stays() {
        assert_eq!(resolved("", COOKIE, "").as_deref(), Some(COOKIE));
        assert_eq!(resolved("", COOKIE, "https://example.com/?fbclid=").as_deref(), Some(COOKIE));
        assert_eq!(resolved("", "", ""), None);
    }

    #[test]
    fn the_referers_click_counts_only_if_the_query_has_none() {
        let referer = "https://example.com/?fbclid=Referer";
        assert_eq!(resolved("", "", referer).as_deref(), Some("fb.2.1700000000000.Referer"));
        assert_eq!(resolved("", COOKIE, referer).as_deref(), Some("fb.2.1700000000000.Referer"));
        assert_eq!(resolved("Url", "", referer).as_deref(), Some("fb.2.1700000000000.Url"));
        assert_eq!(resolved("Cookie", COOKIE, referer).as_deref(), Some(COOKIE));
    }
}
