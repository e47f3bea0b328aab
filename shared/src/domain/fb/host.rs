//! The domain of a first-party cookie.

use std::borrow::Cow;

use url::{Host, Url};

/// What Meta writes where a server makes the value and no cookie's domain is known.
const SERVER_MADE: usize = 1;

/// Meta's `subdomainIndex`: the labels of the cookie's domain, minus one. `com` 0, `example.com` 1, `loja.com.br` 2.
///
/// The cookie's domain is the widest one that a browser lets the host set it for: the registrable domain by the public
/// suffix list (its private part too: a browser lets no shop set a cookie for all of `myshopify.com`). A host that
/// is an address, or that has no registrable domain, is the cookie's domain itself; an address counts as 0, as in
/// Meta's builders. Without a readable host it is 1.
pub(super) fn subdomain_index(host: Option<&str>) -> usize {
    match host.and_then(parse) {
        None => SERVER_MADE,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => 0,
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            registrable(name).unwrap_or(name).split('.').count() - 1
        }
    }
}

/// Whether an fbc with this subdomain index can be of a page on this host: made by a server (1), or in a cookie of the host, of its site
/// or of anything between. Of a host that cannot be read nothing is said.
pub fn is_subdomain_index(host: &str, index: &str) -> bool {
    let Ok(index) = index.parse::<usize>() else { return false };
    let widest = subdomain_index(Some(host));
    let own = match parse(host) {
        None => return true,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => 0,
        Some(Host::Domain(name)) => name.trim_end_matches('.').split('.').count() - 1,
    };
    index == SERVER_MADE || (widest..=own).contains(&index)
}

/// The site that a host is of: its registrable domain, for which each of its hosts may set cookies. None for an address and for
/// a public suffix: those have their cookies for themselves.
pub fn site(host: &str) -> Option<String> {
    match parse(host)? {
        Host::Domain(name) => registrable(name.trim_end_matches('.')).map(str::to_owned),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

fn registrable(name: &str) -> Option<&str> {
    psl2::lookup(name)?.registrable_domain()
}

/// Reads what a `Host` header may hold: any case, Unicode or punycode, with a port.
fn parse(host: &str) -> Option<Host<Cow<'_, str>>> {
    let host = host.trim();
    plain_host(host).map(|name| Host::Domain(Cow::Borrowed(name))).or_else(|| parse_as_url(host))
}

/// A text that is a host's name in the form that a URL gives it, as it is almost always: then no URL needs to be read for it.
pub fn plain_host(text: &str) -> Option<&str> {
    let last = text.rsplit('.').next()?;
    let is_plain = last.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.contains("xn--")
        && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'));
    is_plain.then_some(text)
}

fn parse_as_url<'a>(host: &str) -> Option<Host<Cow<'a, str>>> {
    let url = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
    Some(match Url::parse(&url).ok()?.host()? {
        Host::Domain(name) => Host::Domain(Cow::Owned(name.to_owned())),
        Host::Ipv4(address) => Host::Ipv4(address),
        Host::Ipv6(address) => Host::Ipv6(address),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_index_counts_the_registrable_domain() {
        let cases = [
            ("com", 0),
            ("localhost:3000", 0),
            ("localhost.", 0),
            ("example.com", 1),
            ("www.example.com", 1),
            ("EXAMPLE.com.", 1),
            ("loja.com.br", 2),
            ("www.loja.com.br:443", 2),
            ("com.br", 1),
            ("a.b.example.co.uk", 2),
            ("loja.myshopify.com", 2),
            ("café.com.br", 2),
            ("xn--caf-dma.com.br", 2),
            ("https://loja.com.br/x", 2),
            ("203.0.113.7", 0),
            ("[2001:db8::1]:8080", 0),
            ("shop.test", 1),
            ("www.city.kawasaki.jp", 2),
        ];
        for (host, index) in cases {
            assert_eq!(subdomain_index(Some(host)), index, "{host}");
        }
    }

    #[test]
    fn an_index_fits_a_cookie_of_the_host_or_of_what_it_is_below() {
        let fits = |host, index| is_subdomain_index(host, index);
        for (host, index) in [
            ("www.loja.com.br", "1"),
            ("www.loja.com.br", "2"),
            ("www.loja.com.br", "3"),
            ("example.com", "1"),
            ("localhost", "0"),
            ("203.0.113.7", "0"),
            ("", "7"),
        ] {
            assert!(fits(host, index), "{host} {index}");
        }
        for (host, index) in [
            ("www.loja.com.br", "0"),
            ("www.loja.com.br", "4"),
            ("example.com", "2"),
            ("example.com", "0"),
            ("example.com", "x"),
            ("203.0.113.7", "3"),
        ] {
            assert!(!fits(host, index), "{host} {index}");
        }
    }

    #[test]
    fn a_site_is_the_domain_that_all_its_hosts_share() {
        let cases = [
            ("www.loja.com.br:443", Some("loja.com.br")),
            ("TRACK.loja.com.br.", Some("loja.com.br")),
            ("loja.myshopify.com", Some("loja.myshopify.com")),
            ("com.br", None),
            ("localhost", None),
            ("203.0.113.7", None),
            ("[2001:db8::1]:8080", None),
            ("", None),
        ];
        for (host, wanted) in cases {
            assert_eq!(site(host).as_deref(), wanted, "{host}");
        }
    }

    #[test]
    fn without_a_readable_host_the_server_writes_1() {
        assert_eq!(subdomain_index(None), 1);
        for host in ["", " ", "a b", "[", "http://", "%%"] {
            assert_eq!(subdomain_index(Some(host)), 1, "{host:?}");
        }
    }

    proptest! {
        #[test]
        fn no_host_panics(host in any::<String>()) {
            prop_assert!(subdomain_index(Some(&host)) <= host.len().max(SERVER_MADE));
            let _ = (site(&host), is_subdomain_index(&host, &host));
        }

        #[test]
        fn a_plain_name_is_read_as_a_url_would_give_it(host in "(x|xn|[a-z0-9.-]|\\.){0,20}|[a-z0-9]{1,3}(\\.[a-z0-9]{1,3}){0,4}") {
            prop_assert_eq!(parse(&host), parse_as_url(&host));
        }
    }
}
