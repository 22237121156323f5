//! A client's hello in the caller's terms.

use rustls_pki_types::DnsName;

use crate::wire::client_hello::ClientHello;
use crate::wire::codec::List16;
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::registry::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

/// What a client offers in its first hello: lists in its order of preference, values unknown here and those
/// of GREASE (RFC 8701) among them. Nothing of it is proved: it may come from anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientOffer {
    /// The host that it names (SNI), in lower case; `None` also for what is no name of the DNS.
    pub server_name: Option<String>,
    /// The application protocols that it offers by ALPN.
    pub protocols: Vec<Vec<u8>>,
    /// The versions that it speaks; that of the hello itself, where the list is missing.
    pub versions: Vec<ProtocolVersion>,
    /// Its cipher suites.
    pub suites: Vec<CipherSuite>,
    /// Its groups.
    pub groups: Vec<NamedGroup>,
    /// The groups for which it sends a key share at once.
    pub key_shares: Vec<NamedGroup>,
    /// The schemes that it takes in CertificateVerify.
    pub signature_schemes: Vec<SignatureScheme>,
    /// The schemes that it takes in certificates.
    pub certificate_schemes: Vec<SignatureScheme>,
    /// All its extensions in their order.
    pub extensions: Vec<ExtensionType>,
    /// Whether it asks to resume a session of TLS 1.3 (`pre_shared_key`).
    pub resumes: bool,
    /// Whether it has sent early data behind the hello.
    pub early_data: bool,
}

impl ClientOffer {
    pub(crate) fn of(hello: &ClientHello<'_>) -> Self {
        let extensions = &hello.extensions;
        let schemes = extensions.signature_algorithms.map(|list| list.0);
        // RFC 9846 section 4.3.3: If no "signature_algorithms_cert" extension is present, then the
        // "signature_algorithms" extension also applies to signatures appearing in certificates.
        let certificate_schemes = extensions.signature_algorithms_cert.map(|list| list.0).or(schemes);
        let kinds: Vec<_> = extensions.kinds().collect();
        let names = extensions.alpn.map(ProtocolNames::names).into_iter().flatten();
        Self {
            server_name: host_name(hello),
            protocols: names.map(<[u8]>::to_vec).collect(),
            versions: extensions
                .supported_versions
                .map_or_else(|| vec![hello.legacy_version], |list| list.0.iter().collect()),
            suites: hello.cipher_suites.iter().collect(),
            groups: values(extensions.supported_groups.map(|list| list.0)),
            key_shares: extensions
                .key_share
                .map(|shares| shares.iter().map(|share| share.group).collect())
                .unwrap_or_default(),
            signature_schemes: values(schemes),
            certificate_schemes: values(certificate_schemes),
            resumes: kinds.contains(&ExtensionType::PRE_SHARED_KEY),
            early_data: kinds.contains(&ExtensionType::EARLY_DATA),
            extensions: kinds,
        }
    }
}

fn values<T: Copy + From<u16> + Into<u16> + PartialEq>(list: Option<List16<'_, T>>) -> Vec<T> {
    list.map(|list| list.iter().collect()).unwrap_or_default()
}

/// The host that the client named, if it is a name of the DNS at all.
pub(crate) fn host_name(hello: &ClientHello<'_>) -> Option<String> {
    let name = std::str::from_utf8(hello.extensions.server_name?.0).ok()?;
    DnsName::try_from(name).ok().map(|name| name.as_ref().to_ascii_lowercase())
}
