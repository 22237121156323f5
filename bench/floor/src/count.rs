//! How much of each primitive one handshake needs, counted from RFC 9846. `bench/README.md` says the same in
//! prose and tables; a test compares the two.

use bench_peer::case::{Group, Kind, Session, Suite};
use bench_peer::identity::Identity;
use bench_peer::order::Flights;

/// What one side computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// Draws of 32 random bytes: the hello's (section 4.2.2). Keys draw their own.
    pub(crate) draws: usize,
    /// Fresh X25519 keys with their public halves, each agreed with once.
    pub(crate) x25519: usize,
    /// ML-KEM-768 keys made, and secrets taken out of a ciphertext.
    pub(crate) decapsulations: usize,
    /// Secrets put into a ciphertext for the peer's ML-KEM-768 key.
    pub(crate) encapsulations: usize,
    /// Signatures made, by the length of what is signed: CertificateVerify.
    pub(crate) signatures: Vec<usize>,
    /// Signatures checked, by the length of what was signed: CertificateVerify, leaf, intermediate.
    pub(crate) verifications: Vec<usize>,
    /// Bytes that the transcript hash takes in.
    pub(crate) transcript: usize,
    /// Transcript hashes taken.
    pub(crate) digests: usize,
    /// HMAC keys set up.
    pub(crate) hmac_keys: usize,
    /// HMACs computed, by the length of their message.
    pub(crate) hmacs: Vec<usize>,
    /// AEAD keys set up.
    pub(crate) aead_keys: usize,
    /// Records sealed, by the length of their content and type.
    pub(crate) seals: Vec<usize>,
    /// Records opened, likewise.
    pub(crate) opens: Vec<usize>,
}

/// The lengths that depend on certificates and hellos.
pub(crate) struct Sizes {
    /// All messages through the server's Finished.
    transcript: usize,
    /// EncryptedExtensions through the server's Finished, in one record, with its type byte.
    flight: usize,
    /// What the leaf's and the intermediate's issuers signed.
    certificates: [usize; 2],
}

/// Header of a record, and type byte and tag of a protected one (RFC 9846 sections 5.1 and 5.2).
const HEADER: usize = 5;
const TYPE: usize = 1;
const TAG: usize = 16;
/// The record that stands in for TLS 1.2's (appendix E.4).
const CHANGE_CIPHER_SPEC: usize = HEADER + 1;
/// What CertificateVerify signs beside the hash: 64 spaces, the context string, a zero (section 4.5.2).
const SIGNED_FRAME: usize = 64 + 33 + 1;
/// Spaces, `signatureAlgorithm` and the headers around a certificate's TBSCertificate; at most, to stay below.
const CERTIFICATE_FRAME: usize = 4 + 17 + 5;

impl Sizes {
    pub(crate) fn new(session: Session, identity: &Identity, flights: Flights) -> Self {
        // ServerHello: version, random, session id, suite, compression, supported_versions, key_share.
        let server_hello = 4 + 2 + 32 + 1 + 32 + 2 + 1 + 2 + 6 + 8 + session.group.server_share();
        let flight = flights.server - (HEADER + server_hello) - CHANGE_CIPHER_SPEC - HEADER - TAG;
        let signature = match session.kind {
            Kind::EcdsaP256 => 72,
            Kind::Rsa2048 => 256,
        };
        let signed = |der: &[u8]| der.len() - signature - CERTIFICATE_FRAME;
        Self {
            transcript: flights.hello - HEADER + server_hello + flight - TYPE,
            flight,
            certificates: [signed(&identity.leaf), signed(&identity.intermediate)],
        }
    }
}

/// What both roles compute alike.
fn common(session: Session, sizes: &Sizes) -> Count {
    let hash = hash_length(session.suite);
    let hybrid = usize::from(session.group == Group::X25519MlKem768);
    Count {
        draws: 1,
        x25519: 1,
        decapsulations: 0,
        encapsulations: 0,
        signatures: Vec::new(),
        verifications: Vec::new(),
        transcript: sizes.transcript,
        // Through ServerHello, Certificate, CertificateVerify, the server's Finished.
        digests: 4,
        // Handshake secret; the salt of the main secret; main secret; four traffic secrets; two finished keys.
        // The early secret and the salt behind it are constants without a pre-shared key.
        hmac_keys: 1 + 1 + 1 + 4 + 2,
        hmacs: hmacs(hash, 32 + 32 * hybrid),
        aead_keys: 4,
        seals: Vec::new(),
        opens: Vec::new(),
    }
}

/// The key schedule of section 7.1, the keys of section 7.3 and both Finished of section 4.5.3. The exporter
/// secret is left out, since nobody asks for it, and the resumption secret, since there are no tickets.
fn hmacs(hash: usize, shared: usize) -> Vec<usize> {
    let extracts = [shared, hash];
    let handshake = [secret("c hs traffic", hash), secret("s hs traffic", hash), secret("derived", hash)];
    let main = [secret("c ap traffic", hash), secret("s ap traffic", hash)];
    let level = [secret("key", 0), secret("iv", 0)];
    let finished = [secret("finished", 0), hash];
    [&extracts[..], &handshake, &main, &level, &level, &level, &level, &finished, &finished].concat()
}

/// The message of HKDF-Expand's only block: length, label and context, each with its own length, and the counter.
fn secret(label: &str, context: usize) -> usize {
    2 + 1 + "tls13 ".len() + label.len() + 1 + context + 1
}

pub(crate) fn client(session: Session, sizes: &Sizes) -> Count {
    let [leaf, intermediate] = sizes.certificates;
    Count {
        decapsulations: usize::from(session.group == Group::X25519MlKem768),
        verifications: vec![SIGNED_FRAME + hash_length(session.suite), leaf, intermediate],
        opens: vec![sizes.flight],
        seals: vec![finished(session.suite)],
        ..common(session, sizes)
    }
}

pub(crate) fn server(session: Session, sizes: &Sizes) -> Count {
    Count {
        encapsulations: usize::from(session.group == Group::X25519MlKem768),
        signatures: vec![SIGNED_FRAME + hash_length(session.suite)],
        opens: vec![finished(session.suite)],
        seals: vec![sizes.flight],
        ..common(session, sizes)
    }
}

/// The client's Finished with its header and type byte.
fn finished(suite: Suite) -> usize {
    4 + hash_length(suite) + TYPE
}

pub(crate) fn hash_length(suite: Suite) -> usize {
    match suite {
        Suite::Aes256Gcm => 48,
        Suite::Aes128Gcm | Suite::ChaCha20Poly1305 => 32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../../README.md");

    fn sizes() -> Sizes {
        Sizes { transcript: 2000, flight: 1500, certificates: [400, 300] }
    }

    /// The number in a row of the README's table, for the client and for the server.
    fn row(name: &str) -> [usize; 2] {
        let line = README.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let line = line.unwrap_or_else(|| panic!("no row {name}"));
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        [cells[2], cells[3]].map(|cell| cell.parse().unwrap_or_else(|_| panic!("{name}: {cell}")))
    }

    #[test]
    fn the_counts_are_those_of_the_readme() {
        let session =
            Session { suite: Suite::Aes128Gcm, group: Group::X25519MlKem768, kind: Kind::EcdsaP256 };
        let sides = [client(session, &sizes()), server(session, &sizes())];
        let check = |name: &str, of: fn(&Count) -> usize| {
            assert_eq!([of(&sides[0]), of(&sides[1])], row(name), "{name}");
        };
        check("random draws", |count| count.draws);
        check("X25519 keys and agreements", |count| count.x25519);
        check("ML-KEM-768 keys and decapsulations", |count| count.decapsulations);
        check("ML-KEM-768 encapsulations", |count| count.encapsulations);
        check("signatures", |count| count.signatures.len());
        check("verifications", |count| count.verifications.len());
        check("transcript hashes", |count| count.digests);
        check("HMAC keys", |count| count.hmac_keys);
        check("HMACs", |count| count.hmacs.len());
        check("AEAD keys", |count| count.aead_keys);
        check("records sealed", |count| count.seals.len());
        check("records opened", |count| count.opens.len());
    }

    /// RFC 8448 section 3: its ServerHello has 90 bytes, its flight of EncryptedExtensions to Finished 657, its
    /// hello 196. There the session id is empty, so each hello is 32 bytes longer here.
    #[test]
    fn lengths_are_taken_out_of_flights() {
        let session = Session { suite: Suite::Aes128Gcm, group: Group::X25519, kind: Kind::EcdsaP256 };
        let identity = Identity { root: vec![], intermediate: vec![0; 500], leaf: vec![0; 600], key: vec![] };
        let server = (5 + 90 + 32) + 6 + (5 + 657 + 17);
        let flights = Flights { hello: 5 + 196 + 32, server, finished: 64 };
        let sizes = Sizes::new(session, &identity, flights);
        assert_eq!((sizes.flight, sizes.transcript), (658, 196 + 32 + 90 + 32 + 657));
        assert_eq!(sizes.certificates, [502, 402]);
    }

    /// RFC 8448 section 3: the info of "derived" is 49 bytes, of "c hs traffic" 54, of "key" 13, of "iv" 12, of
    /// "finished" 18; HKDF adds its counter.
    #[test]
    fn labels_have_the_lengths_of_rfc_8448() {
        let lengths = [("derived", 32), ("c hs traffic", 32), ("key", 0), ("iv", 0), ("finished", 0)];
        assert_eq!(lengths.map(|(label, context)| secret(label, context) - 1), [49, 54, 13, 12, 18]);
    }
}
