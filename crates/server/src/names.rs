//! The names a server's certificate is good for.

use std::net::IpAddr;

use crate::host::Host;

/// Names and addresses as a certificate lists them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// In lower case, a leading `*.` standing for one label.
    names: Vec<String>,
    addresses: Vec<IpAddr>,
}

impl Names {
    /// The list; what is neither a name nor an address matches nothing.
    pub(crate) fn new<'a>(listed: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for entry in listed {
            match entry.parse() {
                Ok(address) => all.addresses.push(address),
                Err(_) => all.names.push(entry.to_ascii_lowercase()),
            }
        }
        all
    }

    /// Whether the certificate is good for this host (RFC 9525 section 6.3: a wildcard is one whole left-most label).
    pub(crate) fn cover(&self, host: &Host) -> bool {
        match host {
            Host::Address(address) => self.addresses.contains(address),
            Host::Name(name) => self.names.iter().any(|listed| match listed.strip_prefix("*.") {
                Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest == parent),
                None => listed == name,
            }),
        }
    }
}
