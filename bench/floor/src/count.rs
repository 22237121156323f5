//! How much of each primitive one handshake needs, counted from RFC 9846 and RFC 5246. `bench/README.md` says the
//! same in prose and tables; a test compares the two.

use bench_peer::case::{Group, Kind, Resumption, Session, Suite, Version};
use bench_peer::identity::Identity;
use bench_peer::order::Flights;

/// What one side computes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Draws of 32 random bytes: the hello's (section 4.2.2), a ticket's age_add. Keys draw their own.
    pub(crate) draws: usize,
    /// Fresh X25519 keys with their public halves, each agreed with once.
    pub(crate) x25519: usize,
    /// ML-KEM-768 keys made, and secrets taken out of a ciphertext.
    pub(crate) decapsulations: usize,
    /// Secrets put into a ciphertext for the peer's ML-KEM-768 key.
    pub(crate) encapsulations: usize,
    /// Signatures made, by the length of what is signed.
    pub(crate) signatures: Vec<usize>,
    /// Signatures checked, by the length of what was signed: the handshake's, leaf, intermediate.
    pub(crate) verifications: Vec<usize>,
    /// Certificates whose signatures are known to hold, by their lengths: a hash tells that it is they.
    pub(crate) known: Vec<usize>,
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
    /// Records and tickets sealed, by the length of their content and type.
    pub(crate) seals: Vec<usize>,
    /// Records and tickets opened, likewise.
    pub(crate) opens: Vec<usize>,
}

/// The lengths that depend on certificates and hellos.
pub(crate) struct Sizes {
    /// All messages of the handshake.
    transcript: usize,
    /// What each side's protected records hold, with type bytes where there are some.
    server: usize,
    client: usize,
    /// The message that carries a ticket of TLS 1.3, with its type byte.
    ticket: usize,
    /// What the issuers of the leaf and of the intermediate signed.
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
/// What ServerKeyExchange of TLS 1.2 signs: both randoms, type and name of the curve, an X25519 key (RFC 8422
/// section 5.4).
const KEY_EXCHANGE: usize = 32 + 32 + 3 + 1 + 32;
/// Finished of TLS 1.2 (RFC 5246 section 7.4.9).
const FINISHED_12: usize = 4 + 12;
/// What a ticket must hold at least: the secret, the suite, the time, the lifetime.
const TICKET: usize = 48 + 2 + 8 + 4;

impl Sizes {
    pub(crate) fn new(session: Session, identity: &Identity, flights: Flights) -> Self {
        let signature = match session.kind {
            Kind::EcdsaP256 => 72,
            Kind::Rsa2048 => 256,
        };
        let signed = |der: &[u8]| der.len().saturating_sub(signature + CERTIFICATE_FRAME);
        let certificates = [signed(&identity.leaf), signed(&identity.intermediate)];
        let Flights { hello, server, finished, last } = flights;
        if session.version == Version::Tls12 {
            // The headers of a few records stay in: some bytes of one hash.
            let transcript = hello + server + finished + last - 4 * HEADER - 2 * (CHANGE_CIPHER_SPEC + TAG);
            return Self { transcript, server: FINISHED_12, client: FINISHED_12, ticket: 0, certificates };
        }
        // ServerHello: version, random, session id, suite, compression, supported_versions, key_share; and
        // pre_shared_key where it is accepted.
        let psk = if session.resumes() { 6 } else { 0 };
        let server_hello = 4 + 2 + 32 + 1 + 32 + 2 + 1 + 2 + 6 + 8 + session.group.server_share() + psk;
        let server = server - (HEADER + server_hello) - CHANGE_CIPHER_SPEC - HEADER - TAG;
        let client = finished - CHANGE_CIPHER_SPEC - HEADER - TAG;
        let transcript = hello - HEADER + server_hello + server - TYPE + client - TYPE;
        Self { transcript, server, client, ticket: last.saturating_sub(HEADER + TAG), certificates }
    }
}

/// What both roles compute alike.
fn common(session: Session, sizes: &Sizes) -> Count {
    let hybrid = usize::from(session.group == Group::X25519MlKem768);
    let base = Count {
        draws: 1,
        x25519: usize::from(session.exchanges()),
        transcript: sizes.transcript,
        ..Count::default()
    };
    match (session.version, session.resumes()) {
        (Version::Tls13, false) => Count {
            // Through ServerHello, Certificate, CertificateVerify, the server's Finished; and through the
            // client's Certificate and CertificateVerify.
            digests: 4 + 2 * usize::from(session.mutual),
            // Handshake secret; the salt of the main secret; main secret; four traffic secrets; two finished
            // keys. The early secret and the salt behind it are constants without a pre-shared key.
            hmac_keys: 1 + 1 + 1 + 4 + 2,
            hmacs: hmacs(hash_length(session.suite), 32 + 32 * hybrid),
            aead_keys: 4,
            ..base
        },
        (Version::Tls13, true) => Count {
            // Through the hello without its binders, ServerHello, EncryptedExtensions, both Finished.
            digests: 5,
            // Beside those of a full handshake: early secret, binder key, the binder's finished key, the salt of
            // the handshake secret, the resumption secret.
            hmac_keys: 9 + 5,
            hmacs: [hmacs(hash_length(session.suite), 32), psk_hmacs(hash_length(session.suite))].concat(),
            aead_keys: 4,
            ..base
        },
        (Version::Tls12, resumed) => Count {
            // Through ClientKeyExchange, for the master secret and the client's Finished, and through that one;
            // resumed, through ServerHello and through the server's Finished.
            digests: 2,
            // The master secret; and before it the secret of the exchange.
            hmac_keys: 1 + usize::from(!resumed),
            hmacs: hmacs_12(session, resumed),
            aead_keys: 2,
            ..base
        },
    }
}

/// The key schedule of section 7.1, the keys of section 7.3 and both Finished of section 4.5.3. The exporter
/// secret is left out, since nobody asks for it, and the resumption secret, where there are no tickets.
fn hmacs(hash: usize, shared: usize) -> Vec<usize> {
    let extracts = [shared, hash];
    let handshake = [secret("c hs traffic", hash), secret("s hs traffic", hash), secret("derived", hash)];
    let main = [secret("c ap traffic", hash), secret("s ap traffic", hash)];
    let level = [secret("key", 0), secret("iv", 0)];
    let finished = [secret("finished", 0), hash];
    [&extracts[..], &handshake, &main, &level, &level, &level, &level, &finished, &finished].concat()
}

/// What a pre-shared key adds: early secret, binder key, its finished key, the binder, the salt of the handshake
/// secret; and for the next ticket the resumption secret and the key made of it (section 4.7.1).
fn psk_hmacs(hash: usize) -> Vec<usize> {
    let binder = [secret("res binder", hash), secret("finished", 0), hash];
    [&[hash][..], &binder, &[secret("derived", hash), secret("res master", hash), secret("resumption", 1)]]
        .concat()
}

/// P_hash of RFC 5246 section 5: two HMACs for each block of output. Master secret (RFC 7627 section 4), key
/// block (section 6.3), both Finished (section 7.4.9).
fn hmacs_12(session: Session, resumed: bool) -> Vec<usize> {
    let hash = hash_length(session.suite);
    let expand = |label: &str, seed: usize, output: usize| {
        let blocks = output.div_ceil(hash);
        let seed = label.len() + seed;
        (0..blocks).flat_map(move |block| [if block == 0 { seed } else { hash }, hash + seed])
    };
    let key = match session.suite {
        Suite::Aes128Gcm => 16 + 4,
        Suite::Aes256Gcm => 32 + 4,
        Suite::ChaCha20Poly1305 => 32 + 12,
    };
    let mut hmacs: Vec<usize> = Vec::new();
    if !resumed {
        hmacs.extend(expand("extended master secret", hash, 48));
    }
    hmacs.extend(expand("key expansion", 64, 2 * key));
    hmacs.extend(expand("client finished", hash, 12));
    hmacs.extend(expand("server finished", hash, 12));
    hmacs
}

/// The message of HKDF-Expand's only block: length, label and context, each with its own length, and the counter.
fn secret(label: &str, context: usize) -> usize {
    2 + 1 + "tls13 ".len() + label.len() + 1 + context + 1
}

/// What the handshake's own signature covers.
fn signed(session: Session) -> usize {
    match session.version {
        Version::Tls12 => KEY_EXCHANGE,
        Version::Tls13 => SIGNED_FRAME + hash_length(session.suite),
    }
}

/// One side's proof, and the other's check of it and of two certificates.
fn proof(session: Session, sizes: &Sizes) -> (Vec<usize>, Vec<usize>) {
    let [leaf, intermediate] = sizes.certificates;
    (vec![signed(session)], vec![signed(session), leaf, intermediate])
}

pub(crate) fn client(session: Session, sizes: &Sizes) -> Count {
    let mut count = Count {
        decapsulations: usize::from(session.group == Group::X25519MlKem768 && session.exchanges()),
        opens: vec![sizes.server],
        seals: vec![sizes.client],
        ..common(session, sizes)
    };
    if !session.resumes() {
        count.verifications = proof(session, sizes).1;
    }
    if session.remembers {
        count.known = count.verifications.split_off(1);
    }
    if session.mutual {
        count.signatures = proof(session, sizes).0;
    }
    if sizes.ticket > 0 {
        count.opens.push(sizes.ticket);
    }
    count
}

pub(crate) fn server(session: Session, sizes: &Sizes) -> Count {
    let mut count = Count {
        encapsulations: usize::from(session.group == Group::X25519MlKem768 && session.exchanges()),
        opens: vec![sizes.client],
        seals: vec![sizes.server],
        ..common(session, sizes)
    };
    if !session.resumes() {
        count.signatures = proof(session, sizes).0;
    }
    if session.mutual {
        count.verifications = proof(session, sizes).1;
    }
    if session.resumption == Resumption::Ticket {
        count.opens.push(TICKET);
    }
    if sizes.ticket > 0 {
        count.draws += 1;
        count.seals.extend([TICKET, sizes.ticket]);
    }
    count
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

    const FULL: Session = Session::full(Suite::Aes128Gcm, Group::X25519MlKem768, Kind::EcdsaP256);

    /// The columns of the README's table.
    fn sessions() -> [Session; 7] {
        let plain = Session { group: Group::X25519, ..FULL };
        let old = Session { version: Version::Tls12, ..plain };
        let ticket = Resumption::Ticket;
        [
            FULL,
            Session { remembers: true, ..plain },
            Session { mutual: true, ..plain },
            Session { resumption: ticket, ..plain },
            old,
            Session { resumption: ticket, ..old },
            Session { resumption: Resumption::Id, ..old },
        ]
    }

    fn sizes(session: Session) -> Sizes {
        let ticket = if session.resumes() && session.version == Version::Tls13 { 200 } else { 0 };
        Sizes { transcript: 2000, server: 1500, client: 40, ticket, certificates: [400, 300] }
    }

    /// The numbers in a row of the README's table, for the client and for the server of each session.
    fn row(name: &str) -> Vec<[usize; 2]> {
        let line = README.lines().find(|line| line.starts_with(&format!("| {name} |")));
        let line = line.unwrap_or_else(|| panic!("no row {name}"));
        let cells = line.split('|').map(str::trim).skip(2).take(sessions().len());
        let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("{name}: {text}"));
        cells
            .map(|cell| cell.split_once('/').map(|(one, other)| [number(one), number(other)]).unwrap())
            .collect()
    }

    #[test]
    fn the_counts_are_those_of_the_readme() {
        let sides = sessions().map(|session| {
            let sizes = sizes(session);
            [client(session, &sizes), server(session, &sizes)]
        });
        let check = |name: &str, of: fn(&Count) -> usize| {
            let counted: Vec<[usize; 2]> =
                sides.iter().map(|[client, server]| [of(client), of(server)]).collect();
            assert_eq!(counted, row(name), "{name}");
        };
        check("random draws", |count| count.draws);
        check("X25519 keys and agreements", |count| count.x25519);
        check("ML-KEM-768 keys and decapsulations", |count| count.decapsulations);
        check("ML-KEM-768 encapsulations", |count| count.encapsulations);
        check("signatures", |count| count.signatures.len());
        check("verifications", |count| count.verifications.len());
        check("known signatures looked up", |count| count.known.len());
        check("transcript hashes", |count| count.digests);
        check("HMAC keys", |count| count.hmac_keys);
        check("HMACs", |count| count.hmacs.len());
        check("AEAD keys", |count| count.aead_keys);
        check("records and tickets sealed", |count| count.seals.len());
        check("records and tickets opened", |count| count.opens.len());
    }

    /// RFC 8448 section 3: its ServerHello has 90 bytes, its flight of EncryptedExtensions to Finished 657, its
    /// hello 196. There the session id is empty, so each hello is 32 bytes longer here.
    #[test]
    fn lengths_are_taken_out_of_flights() {
        let session = Session { group: Group::X25519, ..FULL };
        let (leaf, intermediate) = (vec![0; 600], vec![0; 500]);
        let identity =
            Identity { root: vec![], intermediate, leaf, key: vec![], client: vec![], client_key: vec![] };
        let server = (5 + 90 + 32) + 6 + (5 + 657 + 17);
        let flights = Flights { hello: 5 + 196 + 32, server, finished: 6 + 5 + 37 + 16, last: 0 };
        let sizes = Sizes::new(session, &identity, flights);
        assert_eq!((sizes.server, sizes.client, sizes.ticket), (658, 37, 0));
        assert_eq!(sizes.transcript, 196 + 32 + 90 + 32 + 657 + 36);
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
