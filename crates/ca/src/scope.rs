//! What a root may vouch for, as its name constraints say it (RFC 5280, 4.2.1.10).

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bulla_x509::certificate::{Certificate, Subtree};
use bulla_x509::names::IpSubnet;

use crate::name::{Name, Names};

/// RFC 6761, 6.3: "localhost." and the names that fall within ".localhost." are this machine.
const LOCALHOST: &str = "localhost";

/// Domains, each with all below it, and ranges of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    domains: Vec<String>,
    ranges: Vec<IpSubnet>,
}

impl Scope {
    /// The local names and those given. A constraint on a domain holds what lies below it, too.
    pub fn of(names: &Names) -> Self {
        let mut scope = Self { domains: vec![LOCALHOST.into()], ranges: loopback() };
        for name in names {
            if !scope.covers(name) {
                scope.add(name);
            }
        }
        scope
    }

    /// The scope that a certificate states; `None` if it does not limit both domains and addresses.
    pub fn of_certificate(certificate: &Certificate<'_>) -> Option<Self> {
        let mut scope = Self { domains: Vec::new(), ranges: Vec::new() };
        for subtree in certificate.name_constraints()?.permitted() {
            match subtree {
                Subtree::Dns(domain) => scope.domains.push(domain.to_ascii_lowercase()),
                Subtree::Ip(range) => scope.ranges.push(range),
                _ => {}
            }
        }
        (!scope.domains.is_empty() && !scope.ranges.is_empty()).then_some(scope)
    }

    /// Whether a name, a wildcard with all that it stands for, lies within.
    pub fn covers(&self, name: &Name) -> bool {
        match (name.address(), base(name)) {
            (Some(address), _) => self.ranges.iter().any(|range| range.contains(address)),
            (None, Some(wanted)) => self.domains.iter().any(|domain| is_within(wanted, domain)),
            (None, None) => false,
        }
    }

    /// The names that were asked for beyond the local ones; a wildcard as the domain that it lies below.
    pub fn asked(&self) -> Names {
        let domains = self.domains.iter().filter(|domain| *domain != LOCALHOST).cloned();
        let whole = |range: &&IpSubnet| range.prefix() == width(range.address());
        let single = self.ranges.iter().filter(whole).map(IpSubnet::address);
        let addresses = single.filter(|address| !address.is_loopback()).map(|address| address.to_string());
        let mut names = Names::default();
        domains
            .chain(addresses)
            .filter_map(|text| Name::parse(&text).ok())
            .for_each(|name| names.insert(name));
        names
    }

    /// As name constraints.
    pub(crate) fn subtrees(&self) -> Vec<Subtree<'static>> {
        let domains = self.domains.iter().map(|domain| Subtree::Dns(Cow::Owned(domain.clone())));
        domains.chain(self.ranges.iter().copied().map(Subtree::Ip)).collect()
    }

    fn add(&mut self, name: &Name) {
        if let Some(address) = name.address() {
            self.ranges.extend(IpSubnet::new(address, width(address)));
        } else if let Some(domain) = base(name) {
            self.domains.push(domain.to_owned());
        }
    }
}

/// RFC 1122, 3.2.1.3 and RFC 4291, 2.5.3.
fn loopback() -> Vec<IpSubnet> {
    let v4 = IpSubnet::new(Ipv4Addr::LOCALHOST.into(), 8);
    v4.into_iter().chain(IpSubnet::new(Ipv6Addr::LOCALHOST.into(), 128)).collect()
}

/// The domain that must be permitted for a name to be.
fn base(name: &Name) -> Option<&str> {
    name.domain().map(|domain| domain.strip_prefix("*.").unwrap_or(domain))
}

fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|front| front.is_empty() || front.ends_with('.'))
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Names {
        Names::parse(texts).unwrap()
    }

    #[test]
    fn local_names_are_always_within() {
        let scope = Scope::of(&Names::default());
        for (name, expected) in [
            ("localhost", true),
            ("app.localhost", true),
            ("*.localhost", true),
            ("127.0.0.1", true),
            ("127.255.255.254", true),
            ("::1", true),
            ("notlocalhost", false),
            ("localhost.example", false),
            ("printer.local", false),
            ("128.0.0.1", false),
            ("::2", false),
            ("::ffff:127.0.0.1", false),
            ("0.0.0.0", false),
        ] {
            assert_eq!(scope.covers(&Name::parse(name).unwrap()), expected, "{name}");
        }
        assert!(scope.asked().is_empty());
    }

    #[test]
    fn names_asked_for_are_within_with_what_lies_below() {
        let scope = Scope::of(&names(&["*.example.test", "app.test", "10.0.0.5", "2001:db8::5"]));
        for (name, expected) in [
            ("example.test", true),
            ("www.example.test", true),
            ("*.example.test", true),
            ("myexample.test", false),
            ("app.test", true),
            ("test", false),
            ("*.test", false),
            ("10.0.0.5", true),
            ("10.0.0.6", false),
            ("2001:db8::5", true),
        ] {
            assert_eq!(scope.covers(&Name::parse(name).unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn what_was_asked_can_be_told_again() {
        let asked = names(&["example.test", "www.example.test", "10.0.0.5", "app.localhost", "127.0.0.2"]);
        assert_eq!(Scope::of(&asked).asked(), names(&["example.test", "10.0.0.5"]));
        let wildcard = names(&["*.example.test"]);
        assert_eq!(Scope::of(&wildcard).asked(), names(&["example.test"]));
    }
}
