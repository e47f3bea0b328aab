//! The shape of a domain of a funnel or a checkout.

use url::{Host, Url};

use super::super::fb::site;

/// Why a text is no domain that can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoDomain {
    /// Not a domain's name: an address, a path, a wildcard.
    Shape,
    /// It has a public suffix alone, so that it would cover everybody's sites: `com.br`.
    TooWide,
}

/// A domain as it is listed: lower case, punycode, without scheme, port or a dot at its end.
///
/// Takes what people paste: `https://www.Loja.example.com.br/` is `www.loja.example.com.br`; a path with something in it is refused,
/// since only part of it would count.
pub fn normal(text: &str) -> Result<String, NoDomain> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&with_scheme).map_err(|_| NoDomain::Shape)?;
    let is_bare = matches!(url.scheme(), "http" | "https")
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let Some(Host::Domain(host)) = url.host() else { return Err(NoDomain::Shape) };
    let host = host.trim_end_matches('.');
    if !is_bare || host.len() > 253 || !host.contains('.') || !host.split('.').all(is_label) {
        return Err(NoDomain::Shape);
    }
    site(host).map(|_| host.to_owned()).ok_or(NoDomain::TooWide)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_people_paste_becomes_the_domain() {
        for (text, domain) in [
            ("loja.example.com.br", "loja.example.com.br"),
            (" https://WWW.Example.com/ ", "www.example.com"),
            ("example.com:8443", "example.com"),
            ("example.com.", "example.com"),
            ("café.example.com", "xn--caf-dma.example.com"),
        ] {
            assert_eq!(normal(text).as_deref(), Ok(domain), "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_or_would_be_everybodys_is_refused() {
        for text in [
            "",
            "localhost",
            "203.0.113.7",
            "[2001:db8::1]",
            "*.example.com",
            "a b.com",
            "example.com/course",
            "_x.example.com",
            "ftp://example.com",
            "user@example.com",
            "-a.example.com",
            "example.com?x=1",
            &format!("{}.com", "x".repeat(64)),
        ] {
            assert_eq!(normal(text), Err(NoDomain::Shape), "{text}");
        }
        for text in ["com.br", "co.uk", "myshopify.com"] {
            assert_eq!(normal(text), Err(NoDomain::TooWide), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_listed_is_listed_again_and_fits_the_column(text in "[a-zA-Z0-9.:/é_-]{0,40}") {
            if let Ok(domain) = normal(&text) {
                prop_assert_eq!(normal(&domain), Ok(domain.clone()));
                prop_assert!(domain.split('.').count() >= 2 && domain.split('.').all(is_label));
            }
        }
    }
}
