//! Hosts as a person types them: names in any script, addresses, with or without a port.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use rustls_pki_types::{DnsName, ServerName};

/// A host name in the form that certificates hold (A-labels, lower case), or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host(ServerName<'static>);

/// Why a text is no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostError {
    #[error("it is empty; give a name such as shop.test or an address such as 192.0.2.7")]
    Empty,
    #[error("{0:?} cannot stand in a host name; letters, digits, hyphens and dots can")]
    Character(char),
    #[error("a part between two dots is empty")]
    EmptyLabel,
    #[error("the part {0:?} is longer than 63 characters")]
    LongLabel(String),
    #[error("it is longer than 253 characters")]
    Long,
    #[error("the part {0:?} begins or ends with a hyphen")]
    Hyphen(String),
    #[error("it ends in a number, and yet is no address of the form 192.0.2.7")]
    Number,
    #[error("it is no name in the rules for names in other scripts (UTS 46)")]
    NotInternational,
    #[error("a * can only stand for the whole first part of a name to serve, as in *.shop.test")]
    Wildcard,
    #[error("{0:?} is no port; ports are numbers from 1 to 65535")]
    Port(String),
    #[error("the address misses its closing bracket")]
    Bracket,
    #[error("{0:?} is no IPv6 address")]
    Address(String),
    #[error("it is a URL; give the name in it alone")]
    Url,
    #[error("a name to serve has no port; --listen sets that")]
    PortHere,
    #[error("this judges TLS; leave {0} away")]
    Scheme(String),
}

impl Host {
    /// For certificates and the handshake.
    pub(crate) fn server_name(&self) -> &ServerName<'static> {
        &self.0
    }

    /// In ASCII, as certificates hold it.
    pub(crate) fn ascii(&self) -> String {
        self.0.to_str().into_owned()
    }
}

impl FromStr for Host {
    type Err = HostError;

    fn from_str(typed: &str) -> Result<Self, HostError> {
        let bare = typed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(typed);
        let name = match bare.parse::<IpAddr>() {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::DnsName(dns_name(typed)?),
        };
        Ok(Self(name))
    }
}

fn dns_name(typed: &str) -> Result<DnsName<'static>, HostError> {
    let typed = typed.strip_suffix('.').unwrap_or(typed);
    if typed.is_empty() {
        return Err(HostError::Empty);
    }
    if typed.contains('*') {
        return Err(HostError::Wildcard);
    }
    let foreign =
        |character: &char| character.is_ascii() && !is_letter_digit_hyphen(*character) && *character != '.';
    if let Some(character) = typed.chars().find(foreign) {
        return Err(HostError::Character(character));
    }
    let ascii = idna::domain_to_ascii_cow(typed.as_bytes(), idna::AsciiDenyList::STD3)
        .map_err(|_| HostError::NotInternational)?
        .to_ascii_lowercase();
    check_labels(&ascii)?;
    DnsName::try_from(ascii).map_err(|_| HostError::NotInternational)
}

fn is_letter_digit_hyphen(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '-'
}

fn check_labels(name: &str) -> Result<(), HostError> {
    if name.len() > 253 {
        return Err(HostError::Long);
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(HostError::EmptyLabel);
        }
        if label.len() > 63 {
            return Err(HostError::LongLabel(label.to_owned()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(HostError::Hyphen(label.to_owned()));
        }
    }
    // A name whose last part is a number reads as an address to every client (WHATWG URL, "ends in a number").
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) { Err(HostError::Number) } else { Ok(()) }
}

/// A host to serve: a [`Host`], or `*.` and a name for all hosts right below it. In ASCII.
pub(crate) fn to_serve(typed: &str) -> Result<String, HostError> {
    if typed.contains("://") {
        return Err(HostError::Url);
    }
    if let Ok((_, Some(_))) = split_port(typed) {
        return Err(HostError::PortHere);
    }
    let Some(parent) = typed.strip_prefix("*.") else { return typed.parse().map(|host: Host| host.ascii()) };
    match parent.parse()? {
        Host(ServerName::DnsName(name)) => Ok(format!("*.{}", name.as_ref())),
        Host(_) => Err(HostError::Wildcard),
    }
}

/// A host, and a port if one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: Host,
    pub(crate) port: Option<u16>,
}

impl FromStr for Place {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let (host, port) = split_port(text)?;
        let port = port.map(|digits| match digits.parse() {
            Ok(0) | Err(_) => Err(HostError::Port(digits.to_owned())),
            Ok(port) => Ok(port),
        });
        Ok(Self { host: host.parse()?, port: port.transpose()? })
    }
}

/// Splits `host:port`, `[::1]:port`, `::1` and `host`.
fn split_port(text: &str) -> Result<(&str, Option<&str>), HostError> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']').ok_or(HostError::Bracket)?;
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(HostError::Address(address.to_owned()));
        }
        return match after.strip_prefix(':') {
            Some(port) => Ok((address, Some(port))),
            None if after.is_empty() => Ok((address, None)),
            None => Err(HostError::Port(after.to_owned())),
        };
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text, None));
    }
    Ok(text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port))))
}

/// The server to check: a [`Place`], also as a pasted `https://` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl FromStr for Target {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let rest = match text.split_once("://") {
            Some(("https", rest)) => rest.split(['/', '?', '#']).next().unwrap_or_default(),
            Some((scheme, _)) => return Err(HostError::Scheme(format!("{scheme}://"))),
            None => text,
        };
        let place: Place = rest.parse()?;
        Ok(Self { host: place.host, port: place.port.unwrap_or(443) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> (String, u16) {
        let target: Target = text.parse().unwrap();
        (target.host.ascii(), target.port)
    }

    #[test]
    fn targets_are_read_as_people_write_them() {
        for (text, host, port) in [
            ("example.com", "example.com", 443),
            ("Example.COM.:8443", "example.com", 8443),
            ("127.0.0.1:99", "127.0.0.1", 99),
            ("::1", "::1", 443),
            ("[::1]", "::1", 443),
            ("[::1]:8443", "::1", 8443),
            ("https://example.com/path?q=1:2", "example.com", 443),
            ("https://example.com:8443/", "example.com", 8443),
            ("bücher.example", "xn--bcher-kva.example", 443),
            ("BÜCHER.example", "xn--bcher-kva.example", 443),
            ("例え.テスト:8443", "xn--r8jz45g.xn--zckzah", 8443),
        ] {
            assert_eq!(target(text), (host.to_owned(), port), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_says_why() {
        let error = |text: &str| text.parse::<Target>().unwrap_err();
        assert_eq!(error(""), HostError::Empty);
        assert_eq!(error(":443"), HostError::Empty);
        assert_eq!(error("two words"), HostError::Character(' '));
        assert_eq!(error("under_score.test"), HostError::Character('_'));
        assert_eq!(error("user@host"), HostError::Character('@'));
        assert_eq!(error("a..b"), HostError::EmptyLabel);
        assert_eq!(error("-a.test"), HostError::Hyphen("-a".to_owned()));
        assert_eq!(error("*.test"), HostError::Wildcard);
        assert_eq!(error("256.1.1.1"), HostError::Number);
        assert_eq!(error("host:0"), HostError::Port("0".to_owned()));
        assert_eq!(error("host:70000"), HostError::Port("70000".to_owned()));
        assert_eq!(error("host:https"), HostError::Port("https".to_owned()));
        assert_eq!(error("[::1"), HostError::Bracket);
        assert_eq!(error("[x]:1"), HostError::Address("x".to_owned()));
        assert_eq!(error("http://host"), HostError::Scheme("http://".to_owned()));
        assert_eq!(error(&format!("{}.test", "a".repeat(64))), HostError::LongLabel("a".repeat(64)));
        assert_eq!(error("xn--\u{ff}.test"), HostError::NotInternational);
    }

    #[test]
    fn names_to_serve_may_be_wildcards() {
        assert_eq!(to_serve("*.Bücher.test").unwrap(), "*.xn--bcher-kva.test");
        assert_eq!(to_serve("192.0.2.7").unwrap(), "192.0.2.7");
        assert_eq!(to_serve("a.*.test"), Err(HostError::Wildcard));
        assert_eq!(to_serve("*.192.0.2.7"), Err(HostError::Wildcard));
    }
}
