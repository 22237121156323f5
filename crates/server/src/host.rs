//! The host a request is for: an untrusted header, read strictly.

use std::net::{IpAddr, Ipv6Addr};

use bulla_x509::certificate::Certificate;
use bulla_x509::names::matches;
use http::Request;
use rustls_pki_types::{CertificateDer, ServerName};

/// A host as a request names it: a plain name in lower case or an address, without its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// The host of a request: of its target where that carries one (HTTP/2, absolute form), else of its only Host
    /// header (RFC 9112 section 3.2). None when it is missing, given twice, or no host.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        Self::parse(host_text(request)?)
    }

    /// Whether a certificate is good for this host.
    pub(crate) fn is_covered_by(&self, leaf: &CertificateDer<'_>) -> bool {
        let name = match self {
            Self::Name(name) => ServerName::try_from(name.as_str()).ok(),
            Self::Address(address) => Some(ServerName::from(*address)),
        };
        let leaf = Certificate::parse(leaf).ok();
        leaf.zip(name).is_some_and(|(leaf, name)| matches(&leaf, &name))
    }

    /// Reads `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            is_port(port).then_some(())?;
            return Some(Self::Address(address.parse::<Ipv6Addr>().ok()?.into()));
        }
        let (name, port) = text.find(':').map_or((text, ""), |colon| text.split_at(colon));
        is_port(port).then_some(())?;
        if let Ok(address) = name.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        is_name(name).then(|| Self::Name(name.to_ascii_lowercase()))
    }

    /// As it stands in a URL.
    pub(crate) fn in_url(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Address(IpAddr::V4(address)) => address.to_string(),
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
        }
    }
}

/// The host of a request as it was written, with its port.
pub(crate) fn host_text<B>(request: &Request<B>) -> Option<&str> {
    if let Some(authority) = request.uri().authority() {
        return Some(authority.as_str());
    }
    let mut headers = request.headers().get_all(http::header::HOST).iter();
    let only = headers.next()?;
    if headers.next().is_some() { None } else { only.to_str().ok() }
}

/// Nothing, or a colon and a port.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| {
            digits.is_empty()
                || digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        })
}

/// Letters, digits and hyphens in labels of 1 to 63, 253 in all (RFC 1123 section 2.1).
fn is_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        assert_eq!(Host::parse("LocalHost:8080"), name("localhost"));
        assert_eq!(Host::parse("localhost"), name("localhost"));
        assert_eq!(Host::parse("127.0.0.1:8080"), Some(Host::Address("127.0.0.1".parse().unwrap())));
        assert_eq!(Host::parse("[::1]:8080"), Some(Host::Address("::1".parse().unwrap())));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        let long = "a".repeat(64);
        for text in [
            "",
            ":80",
            "a:b",
            "a:99999",
            "a:80:80",
            "user@host",
            "a/b",
            "a b",
            "a\tb",
            "-a",
            "a-",
            "a..b",
            "[::1",
            "[::1]x",
            "[a]",
            "::1",
            "ho?st",
            "ho#st",
            "é.example",
            &long,
        ] {
            assert_eq!(Host::parse(text), None, "{text:?}");
        }
    }
}
