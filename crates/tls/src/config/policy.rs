//! A digest of all in a config that must be as it was for a session to be resumed: whom it trusts, whom it
//! asks, what it shows.

use bulla_crypto::hash::{HashAlgorithm, Hasher};
use bulla_x509::trust::TrustAnchors;

use super::{
    ClientCertificates, ClientConfig, ClientCredentials, Credential, Credentials, ServerConfig, Verification,
};
use crate::session::{Policy, Sessions};
use crate::wire::registry::SignatureScheme;

/// The digest of a server's policy.
pub(super) fn of_server(config: &ServerConfig) -> Policy {
    let mut words = Words::start(b"bulla server policy 1");
    words.add(&config.resumption.context);
    match &config.client_certificates {
        ClientCertificates::Ignored => words.add(b"ignored"),
        ClientCertificates::Optional(verification) => words.verification(b"optional", verification, 0),
        ClientCertificates::Required(verification) => words.verification(b"required", verification, 0),
    }
    if let Some(verification) = &config.later_certificates {
        words.verification(b"later", verification, 0);
    }
    if config.client_certificates.verification().is_some() {
        words.schemes(&config.signature_schemes);
    }
    match &config.credentials {
        Credentials::Fixed(credential) => words.credential(credential),
        Credentials::Ask => words.add(b"ask"),
    }
    words.finish()
}

/// The digest of a client's policy. What only its caller knows is told apart by a number of this store.
pub(super) fn of_client(config: &ClientConfig, sessions: &Sessions) -> Policy {
    let mut words = Words::start(b"bulla client policy 1");
    words.add(&config.session_context);
    let asks = matches!(config.verification, Verification::Ask)
        || matches!(config.credentials, ClientCredentials::Ask);
    let asks = asks && config.session_context.is_empty();
    words.verification(b"server", &config.verification, if asks { sessions.enrol() } else { 0 });
    words.schemes(&config.signature_schemes);
    words.add(&[u8::from(config.send_name), u8::from(config.require_extended_master_secret)]);
    words.add(&config.versions.iter().flat_map(|version| version.0.to_be_bytes()).collect::<Vec<_>>());
    match &config.credentials {
        ClientCredentials::None => words.add(b"none"),
        ClientCredentials::Fixed(credential) => words.credential(credential),
        ClientCredentials::Choose(credentials) => {
            words.add(b"choose");
            credentials.iter().for_each(|credential| words.credential(credential));
        }
        ClientCredentials::Ask => words.add(b"ask"),
    }
    words.finish()
}

/// Words in a row, each behind its length, so that no two rows are alike.
struct Words(Hasher);

impl Words {
    fn start(what: &[u8]) -> Self {
        let mut words = Self(HashAlgorithm::Sha256.start());
        words.add(what);
        words
    }

    fn add(&mut self, word: &[u8]) {
        self.0.update(&(word.len() as u64).to_be_bytes());
        self.0.update(word);
    }

    fn verification(&mut self, what: &[u8], verification: &Verification, enrolled: u64) {
        self.add(what);
        self.add(&enrolled.to_be_bytes());
        match verification {
            Verification::Anchors(anchors) => self.anchors(anchors),
            Verification::Ask => self.add(b"ask"),
        }
    }

    /// The anchors in an order of their own: servers of a fleet may have read them in different ones.
    fn anchors(&mut self, anchors: &TrustAnchors) {
        let hash = |der: &[u8]| fingerprint(der);
        let mut prints: Vec<_> = anchors.certificates().iter().map(|anchor| hash(anchor)).collect();
        prints.sort_unstable();
        self.add(&prints.concat());
    }

    fn schemes(&mut self, schemes: &[SignatureScheme]) {
        let numbers: Vec<_> = schemes.iter().flat_map(|scheme| scheme.0.to_be_bytes()).collect();
        self.add(&numbers);
    }

    fn credential(&mut self, credential: &Credential) {
        let leaf = credential.chain().first().map(|leaf| fingerprint(leaf)).unwrap_or_default();
        self.add(&leaf);
    }

    fn finish(self) -> Policy {
        array(self.0.finish().as_ref())
    }
}

fn fingerprint(der: &[u8]) -> Policy {
    array(HashAlgorithm::Sha256.hash(der).as_ref())
}

fn array(digest: &[u8]) -> Policy {
    digest.first_chunk().copied().unwrap_or_default()
}
