//! The names that a peer's certificate bears.

use std::fmt;
use std::net::IpAddr;

use bulla_x509::certificate::Certificate;
use bulla_x509::names::AlternativeName;
use bulla_x509::text::Plain;
use rustls_pki_types::CertificateDer;

/// The names in a peer's leaf certificate, such as those of a client that showed one. Whether the certificate is
/// to be believed is for the verdict on its chain: once a connection is established, that has been said.
///
/// The fields hold what the certificate says, which may be any text; shown by `Display` it is escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerNames {
    /// The subject, in the form of RFC 4514, escaped; empty where there is none.
    pub subject: String,
    /// Domain names.
    pub dns: Vec<String>,
    /// Addresses.
    pub addresses: Vec<IpAddr>,
    /// Mailboxes.
    pub emails: Vec<String>,
    /// URIs, such as `spiffe://example.org/service`.
    pub uris: Vec<String>,
}

impl PeerNames {
    /// The names of a certificate; `None` where it cannot be read.
    pub(crate) fn of(leaf: &CertificateDer<'_>) -> Option<Self> {
        let certificate = Certificate::parse(leaf).ok()?;
        let mut names = Self { subject: certificate.subject().to_string(), ..Self::default() };
        for name in certificate.subject_alternative_names() {
            match name {
                AlternativeName::Dns(name) => names.dns.push(name.to_owned()),
                AlternativeName::Ip(address) => names.addresses.push(address),
                AlternativeName::Email(name) => names.emails.push(name.to_owned()),
                AlternativeName::Uri(name) => names.uris.push(name.to_owned()),
                _ => {}
            }
        }
        Some(names)
    }
}

/// The subject, then the other names, each with its kind, on one line.
impl fmt::Display for PeerNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut begun = !self.subject.is_empty();
        f.write_str(&self.subject)?;
        let mut put = |kind: &str, name: &dyn fmt::Display| {
            let before = if std::mem::replace(&mut begun, true) { "; " } else { "" };
            write!(f, "{before}{kind} {name}")
        };
        self.dns.iter().try_for_each(|name| put("DNS", &Plain(name)))?;
        self.addresses.iter().try_for_each(|address| put("IP", address))?;
        self.emails.iter().try_for_each(|name| put("e-mail", &Plain(name)))?;
        self.uris.iter().try_for_each(|name| put("URI", &Plain(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_cannot_steer_a_terminal() {
        let names = PeerNames {
            subject: "CN=Ada".to_owned(),
            dns: vec!["a.example".to_owned()],
            addresses: vec![[192, 0, 2, 1].into()],
            emails: vec!["ada\u{1b}[2J@a.example".to_owned()],
            uris: vec!["spiffe://a.example/\u{202e}x".to_owned()],
        };
        assert_eq!(
            names.to_string(),
            r"CN=Ada; DNS a.example; IP 192.0.2.1; e-mail ada\u{1b}[2J@a.example; URI spiffe://a.example/\u{202e}x"
        );
        let without = PeerNames { subject: String::new(), emails: Vec::new(), uris: Vec::new(), ..names };
        assert_eq!(without.to_string(), "DNS a.example; IP 192.0.2.1");
    }
}
