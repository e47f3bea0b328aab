//! `client_ip_address`: the browser's address.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Serialize, Serializer};

use crate::domain::fb::appendix;

/// A browser's address on the public internet. It goes to Meta unhashed, in canonical text (IPv6: RFC 5952).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp(IpAddr);

impl ClientIp {
    /// The address.
    pub fn addr(self) -> IpAddr {
        self.0
    }
}

impl fmt::Display for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Hides the address: it is personal data.
impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIp(…)")
    }
}

impl Serialize for ClientIp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads an address in the forms in which systems pass it on: with a port, in brackets, IPv4 mapped into IPv6 (taken as
/// IPv4), with the appendix of Meta's parameter builder.
///
/// Of several, separated by commas as in `X-Forwarded-For`, the first public one counts: Meta takes one, and the first is
/// the browser's where the list is to be trusted; whether it is, is for the caller to know. An address that is no browser's
/// (private, shared, loopback, link-local, multicast, reserved) is none. Documentation ranges are taken.
pub fn client_ip_address(raw: &str) -> Option<ClientIp> {
    raw.split(',').filter_map(ip_address).find(|addr| is_public(*addr)).map(ClientIp)
}

/// Reads one address, of whatever network, in the same forms.
pub fn ip_address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let addr = bare(text)
        .or_else(|| text.rsplit_once('.').filter(|(_, end)| appendix::has_shape(end)).and_then(|(ip, _)| bare(ip)))?;
    Some(addr.to_canonical())
}

/// `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn bare(text: &str) -> Option<IpAddr> {
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip());
    text.parse().ok().or_else(in_brackets).or_else(with_port)
}

fn is_public(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(addr) => is_public_v4(addr),
        IpAddr::V6(addr) => is_public_v6(addr),
    }
}

/// IANA IPv4 special-purpose registry, without the documentation ranges.
fn is_public_v4(addr: Ipv4Addr) -> bool {
    let is_private = matches!(addr.octets(), [10, ..] | [100, 64..=127, ..] | [172, 16..=31, ..] | [192, 168, ..]);
    let is_local = matches!(addr.octets(), [0 | 127, ..] | [169, 254, ..] | [192, 0, 0, _]);
    let is_reserved = matches!(addr.octets(), [198, 18 | 19, ..] | [224..=255, ..]);
    !(is_private || is_local || is_reserved)
}

/// IANA IPv6 special-purpose registry, without the documentation ranges: what is outside of `2000::/3` (global unicast) and
/// of `64:ff9b::/96` (an IPv4 browser behind a translator) is no browser's.
fn is_public_v6(addr: Ipv6Addr) -> bool {
    match addr.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => true,
        [first, ..] => matches!(first, 0x2000..=0x3fff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sent(raw: &str) -> Option<String> {
        client_ip_address(raw).map(|ip| ip.to_string())
    }

    #[test]
    fn every_form_of_an_address_is_sent_canonically() {
        let cases = [
            ("203.0.113.7", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("203.0.113.7:5678", "203.0.113.7"),
            ("203.0.113.7.AQQAAQMC", "203.0.113.7"),
            ("203.0.113.7.AQ", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
            ("2001:DB8:0:0::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("2001:db8::1.AQQAAQMC", "2001:db8::1"),
            ("\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("198.51.100.1", "198.51.100.1"),
            ("192.0.2.1", "192.0.2.1"),
            ("8.8.8.8", "8.8.8.8"),
        ];
        for (raw, ip) in cases {
            assert_eq!(sent(raw).as_deref(), Some(ip), "{raw}");
        }
    }

    #[test]
    fn an_address_that_is_no_browsers_is_none() {
        let addresses = [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.168.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "100::1",
            "::ffff:10.0.0.1",
            "[::1]:443",
        ];
        for address in addresses {
            assert_eq!(sent(address), None, "{address}");
        }
    }

    #[test]
    fn of_several_addresses_the_first_public_one_counts() {
        assert_eq!(sent("203.0.113.7, 198.51.100.1").as_deref(), Some("203.0.113.7"));
        assert_eq!(sent("10.0.0.1, unknown, 2001:db8::5, 203.0.113.7").as_deref(), Some("2001:db8::5"));
        assert_eq!(sent("10.0.0.1,192.168.0.1"), None);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            " ",
            "localhost",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "01.2.3.4",
            "1.2.3.4/24",
            "203.0.113.7 x",
            "[1.2.3.4]",
        ] {
            assert_eq!(sent(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_sent_is_read_back(text in "\\PC*|[0-9a-f:.\\[\\], A-Q]{0,40}") {
            if let Some(ip) = client_ip_address(&text) {
                prop_assert_eq!(client_ip_address(&ip.to_string()), Some(ip));
            }
        }

        #[test]
        fn no_address_panics(v4 in any::<u32>(), v6 in any::<u128>()) {
            let _ = (is_public(Ipv4Addr::from(v4).into()), is_public(Ipv6Addr::from(v6).into()));
        }
    }
}
