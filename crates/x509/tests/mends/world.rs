//! A root, an intermediate and a leaf that keep every rule of the profile `baseline`, each field of which a case can change.

use crate::der::{bits, identifier, integer, name, number, octets, sequence, time, tlv};
use bulla_crypto::{
    private_key::PrivateKey,
    signature::{KeyKind, SignatureAlgorithm},
};
use bulla_x509::{
    policy::{PolicyId, PolicyInput},
    profile::{BASELINE, Profile},
    revocation::{Revocation, RevocationList},
    signatures::KnownSignatures,
    trust::{AnchorLimits, TrustAnchors},
    verdict::{Failure, Presented, Purpose, Verdict, Verified, judge, verify},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::{sync::LazyLock, time::Duration};

pub const DAY: i64 = 86_400;
/// 2026-06-01.
pub const NOW: i64 = 1_780_272_000;

/// Extensions: those with one byte are below 2.5.29.
pub const SUBJECT_KEY: &[u8] = &[0x55, 0x1d, 14];
pub const KEY_USAGE: &[u8] = &[0x55, 0x1d, 15];
pub const NAMES: &[u8] = &[0x55, 0x1d, 17];
pub const BASIC: &[u8] = &[0x55, 0x1d, 19];
pub const LIST_NUMBER: &[u8] = &[0x55, 0x1d, 20];
pub const REASON: &[u8] = &[0x55, 0x1d, 21];
pub const CHANGES: &[u8] = &[0x55, 0x1d, 27];
pub const LIST_SCOPE: &[u8] = &[0x55, 0x1d, 28];
pub const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1d, 29];
pub const LIST_PLACES: &[u8] = &[0x55, 0x1d, 31];
pub const CONSTRAINTS: &[u8] = &[0x55, 0x1d, 30];
pub const POLICIES: &[u8] = &[0x55, 0x1d, 32];
pub const MAPPINGS: &[u8] = &[0x55, 0x1d, 33];
pub const AUTHORITY_KEY: &[u8] = &[0x55, 0x1d, 35];
pub const POLICY_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 36];
pub const PURPOSES: &[u8] = &[0x55, 0x1d, 37];
pub const INHIBIT_ANY: &[u8] = &[0x55, 0x1d, 54];
/// 1.3.6.1.5.5.7.1.1
pub const ACCESS: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 1, 1];
/// 1.3.6.1.4.1.11129.2.4.3
pub const POISON: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 4, 3];
/// 1.2.3.4
pub const UNHEARD_OF: &[u8] = &[0x2a, 3, 4];

/// serverAuth, clientAuth, any.
pub const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
pub const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];
pub const ANY_PURPOSE: &[u8] = &[0x55, 0x1d, 37, 0];

/// 2.5.29.32.0; 2.23.140.1.2.1, domain validated.
pub const ANY_POLICY: &[u8] = &[0x55, 0x1d, 32, 0];
pub const DOMAIN_VALIDATED: &[u8] = &[0x67, 0x81, 0x0c, 1, 2, 1];

/// Algorithms of signatures.
pub const ECDSA_SHA256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
pub const ECDSA_SHA384: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3];
pub const ECDSA_SHA1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
pub const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Bits of keyUsage, the first bit of the standard highest.
pub const SIGNS_DATA: u8 = 0x80;
pub const ENCIPHERS_KEYS: u8 = 0x20;
pub const SIGNS_CERTIFICATES: u8 = 0x04;
pub const SIGNS_LISTS: u8 = 0x02;

/// The keys there are.
#[derive(Clone, Copy)]
pub enum Key {
    Root,
    Middle,
    Lower,
    Leaf,
    Modern,
}

impl Key {
    fn private(self) -> &'static PrivateKey {
        static KEYS: LazyLock<Vec<PrivateKey>> = LazyLock::new(|| {
            let kinds =
                [KeyKind::EcP256, KeyKind::EcP256, KeyKind::EcP256, KeyKind::EcP256, KeyKind::Ed25519];
            kinds.into_iter().map(|kind| PrivateKey::generate(kind).unwrap()).collect()
        });
        &KEYS[self as usize]
    }

    /// The identifier that certificates give it.
    pub fn id(self) -> [u8; 20] {
        [self as u8 + 1; 20]
    }

    /// Its `SubjectPublicKeyInfo`.
    pub fn info(self) -> Vec<u8> {
        let key = self.private();
        let algorithm = match key.kind() {
            KeyKind::Ed25519 => sequence(&[&identifier(ED25519)]),
            _ => sequence(&[&identifier(EC_KEY), &identifier(P256)]),
        };
        sequence(&[&algorithm, &bits(key.public_key_bits())])
    }

    fn sign(self, content: &[u8]) -> Vec<u8> {
        let algorithm = match self.private().kind() {
            KeyKind::Ed25519 => SignatureAlgorithm::Ed25519,
            _ => SignatureAlgorithm::EcdsaP256Sha256,
        };
        self.private().sign(algorithm, content).unwrap()
    }
}

/// 1.2.840.10045.2.1 and 1.2.840.10045.3.1.7
pub const EC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

/// An RSA key with a modulus of so many bits; nobody has its private half.
pub fn rsa(length: usize, exponent: &[u8]) -> Vec<u8> {
    let mut modulus = vec![0x5a; length.div_ceil(8)];
    modulus[0] = 1 << ((length - 1) % 8);
    *modulus.last_mut().unwrap() = 0x01;
    let algorithm = sequence(&[&identifier(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), &[5, 0]]);
    sequence(&[&algorithm, &bits(&sequence(&[&number(&modulus), &number(exponent)]))])
}

#[derive(Clone)]
pub struct Extension {
    pub id: &'static [u8],
    pub critical: bool,
    pub value: Vec<u8>,
}

/// The fields of a certificate.
#[derive(Clone)]
pub struct Cert {
    /// Whether it is of version 3, not 1.
    pub modern: bool,
    pub serial: Vec<u8>,
    /// The algorithm inside and the one outside.
    pub algorithms: [&'static [u8]; 2],
    pub issuer: Vec<u8>,
    pub valid: [i64; 2],
    /// Whether dates are written with four digits for the year.
    pub long_dates: bool,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    /// Fields between the key and the extensions.
    pub unique: Vec<u8>,
    pub extensions: Vec<Extension>,
    pub signer: Key,
    /// Whether the signature is spoilt.
    pub forged: bool,
}

impl Cert {
    fn new(subject: Vec<u8>, key: Key, issuer: Vec<u8>, signer: Key) -> Self {
        Self {
            modern: true,
            serial: vec![0x10 + key as u8, 0x57],
            algorithms: [ECDSA_SHA256; 2],
            issuer,
            valid: [NOW - 30 * DAY, NOW + 3000 * DAY],
            long_dates: false,
            subject,
            key: key.info(),
            unique: Vec::new(),
            extensions: Vec::new(),
            signer,
            forged: false,
        }
    }

    /// Sets an extension, in its place if it is there.
    pub fn set(&mut self, id: &'static [u8], critical: bool, value: Vec<u8>) {
        let extension = Extension { id, critical, value };
        match self.extensions.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = extension,
            None => self.extensions.push(extension),
        }
    }

    pub fn remove(&mut self, id: &[u8]) {
        self.extensions.retain(|known| known.id != id);
    }

    /// Marks an extension as critical, or not.
    pub fn mark(&mut self, id: &[u8], critical: bool) {
        self.extensions.iter_mut().find(|known| known.id == id).unwrap().critical = critical;
    }

    pub fn key_usage(&mut self, bits: u8) {
        let unused = u8::try_from(bits.trailing_zeros()).unwrap();
        self.set(KEY_USAGE, true, tlv(0x03, &[unused, bits]));
    }

    pub fn names(&mut self, names: &[&str]) {
        let encoded: Vec<u8> = names.iter().flat_map(|name| tlv(0x82, name.as_bytes())).collect();
        self.set(NAMES, false, tlv(0x30, &encoded));
    }

    pub fn purposes(&mut self, purposes: &[&[u8]]) {
        self.set(
            PURPOSES,
            false,
            tlv(0x30, &purposes.iter().flat_map(|id| identifier(id)).collect::<Vec<_>>()),
        );
    }

    pub fn policies(&mut self, policies: &[&[u8]]) {
        let encoded: Vec<u8> = policies.iter().flat_map(|id| sequence(&[&identifier(id)])).collect();
        self.set(POLICIES, false, tlv(0x30, &encoded));
    }

    pub fn basic(&mut self, authority: bool, path_length: Option<u8>) {
        let authority: &[u8] = if authority { &[1, 1, 0xff] } else { &[] };
        let length = path_length.map(|length| integer(&[length])).unwrap_or_default();
        self.set(BASIC, true, sequence(&[authority, &length]));
    }

    pub fn issued_by(&mut self, key: Key) {
        self.signer = key;
        self.set(AUTHORITY_KEY, false, sequence(&[&tlv(0x80, &key.id())]));
    }

    /// The encoding, signed.
    pub fn der(&self) -> Vec<u8> {
        let algorithm = |id: &[u8]| sequence(&[&identifier(id)]);
        let dates = self.valid.map(|moment| time(moment, self.long_dates || moment >= 2_524_608_000));
        let extensions = extensions(&self.extensions);
        let content = sequence(&[
            if self.modern { &[0xa0, 3, 2, 1, 2] } else { &[] },
            &integer(&self.serial),
            &algorithm(self.algorithms[0]),
            &self.issuer,
            &sequence(&[&dates[0], &dates[1]]),
            &self.subject,
            &self.key,
            &self.unique,
            &if extensions.is_empty() { Vec::new() } else { tlv(0xa3, &tlv(0x30, &extensions)) },
        ]);
        let mut signature = self.signer.sign(&content);
        if self.forged {
            signature = self.signer.sign(b"something else");
        }
        sequence(&[&content, &algorithm(self.algorithms[1]), &bits(&signature)])
    }
}

/// A certificate on a revocation list.
#[derive(Clone)]
pub struct Entry {
    pub serial: Vec<u8>,
    pub extensions: Vec<Extension>,
}

impl Entry {
    pub fn of(certificate: &Cert) -> Self {
        Self { serial: certificate.serial.clone(), extensions: Vec::new() }
    }

    /// The reason, by its number (RFC 5280 section 5.3.1).
    pub fn because(mut self, reason: u8) -> Self {
        self.extensions.push(Extension { id: REASON, critical: false, value: tlv(0x0a, &[reason]) });
        self
    }

    /// The same of a certificate that another authority issued.
    pub fn issued_by(mut self, name: &[u8]) -> Self {
        let names = sequence(&[&tlv(0xa4, name)]);
        self.extensions.push(Extension { id: CERTIFICATE_ISSUER, critical: true, value: names });
        self
    }
}

fn extensions(known: &[Extension]) -> Vec<u8> {
    let extension = |known: &Extension| {
        let critical: &[u8] = if known.critical { &[1, 1, 0xff] } else { &[] };
        sequence(&[&identifier(known.id), critical, &octets(&known.value)])
    };
    known.iter().flat_map(extension).collect()
}

/// The fields of a revocation list.
#[derive(Clone)]
pub struct List {
    pub issuer: Vec<u8>,
    pub signer: Key,
    pub modern: bool,
    pub updates: [i64; 2],
    pub revoked: Vec<Entry>,
    pub extensions: Vec<Extension>,
    pub forged: bool,
}

impl List {
    /// The present list of an authority.
    pub fn of(authority: &Cert, signer: Key) -> Self {
        let number = Extension { id: LIST_NUMBER, critical: false, value: integer(&[7]) };
        Self {
            issuer: authority.subject.clone(),
            signer,
            modern: true,
            updates: [NOW - DAY, NOW + DAY],
            revoked: Vec::new(),
            extensions: vec![number],
            forged: false,
        }
    }

    /// The same as changes to the list of this number, or a later one.
    pub fn changes_to(mut self, base: u8) -> Self {
        self.extensions.push(Extension { id: CHANGES, critical: true, value: integer(&[base]) });
        self
    }

    /// The same with another number.
    pub fn numbered(mut self, number: u8) -> Self {
        self.extensions[0].value = integer(&[number]);
        self
    }

    /// The same of some certificates or reasons only: fields of the issuing distribution point.
    pub fn within(mut self, scope: &[&[u8]]) -> Self {
        self.extensions.push(Extension { id: LIST_SCOPE, critical: true, value: sequence(scope) });
        self
    }

    fn der(&self) -> Vec<u8> {
        let algorithm = sequence(&[&identifier(ECDSA_SHA256)]);
        let entry = |entry: &Entry| {
            let notes = extensions(&entry.extensions);
            let notes = if notes.is_empty() { notes } else { tlv(0x30, &notes) };
            sequence(&[&integer(&entry.serial), &time(NOW - DAY, false), &notes])
        };
        let revoked: Vec<u8> = self.revoked.iter().flat_map(entry).collect();
        let extensions = extensions(&self.extensions);
        let content = sequence(&[
            if self.modern { &[2, 1, 1] } else { &[] },
            &algorithm,
            &self.issuer,
            &time(self.updates[0], false),
            &time(self.updates[1], false),
            &if revoked.is_empty() { Vec::new() } else { tlv(0x30, &revoked) },
            &if extensions.is_empty() { Vec::new() } else { tlv(0xa0, &tlv(0x30, &extensions)) },
        ]);
        let signed: &[u8] = if self.forged { b"something else" } else { &content };
        sequence(&[&content, &algorithm, &bits(&self.signer.sign(signed))])
    }
}

/// What the peer shows, and what we know and want.
#[derive(Clone)]
pub struct World {
    pub leaf: Cert,
    /// Between leaf and intermediate, when there is one more.
    pub lower: Option<Cert>,
    pub middle: Cert,
    pub root: Cert,
    pub sends_middle: bool,
    pub sends_root: bool,
    /// What is sent in place of all that.
    pub sends: Option<Vec<Vec<u8>>>,
    pub trusts_root: bool,
    pub limits: AnchorLimits,
    pub lists: Vec<List>,
    pub lists_required: bool,
    pub policies: Vec<PolicyId>,
    pub policy_required: bool,
    pub max_intermediates: Option<usize>,
    pub profile: &'static Profile,
    pub name: &'static str,
}

impl World {
    /// One that breaks no rule.
    pub fn sound() -> Self {
        let (root_name, middle_name) =
            (name(&[(10, "Test"), (3, "Root")]), name(&[(10, "Test"), (3, "Intermediate")]));
        let authority = |subject: &Vec<u8>, key: Key, issuer: &Vec<u8>, signer: Key| {
            let mut authority = Cert::new(subject.clone(), key, issuer.clone(), signer);
            authority.key_usage(SIGNS_CERTIFICATES | SIGNS_LISTS);
            authority.set(SUBJECT_KEY, false, octets(&key.id()));
            authority
        };
        let mut root = authority(&root_name, Key::Root, &root_name, Key::Root);
        root.basic(true, None);
        let mut middle = authority(&middle_name, Key::Middle, &root_name, Key::Root);
        middle.basic(true, Some(1));
        middle.issued_by(Key::Root);
        middle.purposes(&[SERVER_AUTH]);
        middle.policies(&[ANY_POLICY]);
        let mut leaf = Cert::new(name(&[(3, "www.example.org")]), Key::Leaf, middle_name, Key::Middle);
        leaf.valid = [NOW - 10 * DAY, NOW + 80 * DAY];
        leaf.issued_by(Key::Middle);
        leaf.key_usage(SIGNS_DATA);
        leaf.purposes(&[SERVER_AUTH]);
        leaf.policies(&[DOMAIN_VALIDATED]);
        leaf.names(&["www.example.org"]);
        Self {
            leaf,
            lower: None,
            middle,
            root,
            sends_middle: true,
            sends_root: false,
            sends: None,
            trusts_root: true,
            limits: AnchorLimits::default(),
            lists: Vec::new(),
            lists_required: false,
            policies: Vec::new(),
            policy_required: false,
            max_intermediates: None,
            profile: &BASELINE,
            name: "www.example.org",
        }
    }

    /// One more authority between the leaf and the intermediate.
    pub fn add_lower(&mut self) {
        let subject = name(&[(10, "Test"), (3, "Lower")]);
        let mut lower = self.middle.clone();
        (lower.subject, lower.issuer, lower.key) =
            (subject.clone(), self.middle.subject.clone(), Key::Lower.info());
        lower.serial = vec![0x30];
        lower.basic(true, Some(0));
        lower.set(SUBJECT_KEY, false, octets(&Key::Lower.id()));
        lower.issued_by(Key::Middle);
        self.leaf.issuer = subject;
        self.leaf.issued_by(Key::Lower);
        self.lower = Some(lower);
    }

    /// The present lists of both authorities.
    pub fn add_lists(&mut self) {
        self.lists = vec![List::of(&self.middle, Key::Middle), List::of(&self.root, Key::Root)];
    }

    /// Another certificate of the intermediate's name, with this key.
    pub fn signer_of_lists(&self, key: Key) -> Cert {
        let mut signer = self.middle.clone();
        (signer.serial, signer.key) = (vec![0x40], key.info());
        signer.set(SUBJECT_KEY, false, octets(&key.id()));
        signer
    }

    /// Sends this certificate, too.
    pub fn sends_also(&mut self, other: &Cert) {
        self.sends = Some(vec![self.leaf.der(), self.middle.der(), other.der()]);
    }

    /// What an account and what a quick check say. They must say the same.
    pub fn judge(&self) -> (Verdict, Result<Verified, Box<Failure>>) {
        let mut anchors = TrustAnchors::new();
        if self.trusts_root {
            anchors.add_constrained(&self.root.der(), self.limits.clone()).unwrap();
        }
        let mut own = vec![self.leaf.der()];
        own.extend(self.lower.iter().map(Cert::der));
        own.extend(self.sends_middle.then(|| self.middle.der()));
        own.extend(self.sends_root.then(|| self.root.der()));
        let chain: Vec<CertificateDer<'_>> =
            self.sends.clone().unwrap_or(own).into_iter().map(CertificateDer::from).collect();
        let lists: Vec<Vec<u8>> = self.lists.iter().map(List::der).collect();
        let lists: Vec<RevocationList<'_>> =
            lists.iter().map(|der| RevocationList::parse(der).unwrap()).collect();
        let server = ServerName::try_from(self.name).unwrap();
        let mut policies = PolicyInput::default();
        (policies.acceptable, policies.require_explicit) = (&self.policies, self.policy_required);
        let mut revocation = Revocation::default();
        (revocation.lists, revocation.required) = (&lists, self.lists_required);
        let mut presented = Presented::new(&chain, Purpose::Server(&server))
            .under(self.profile)
            .with_policies(policies)
            .with_revocation(revocation);
        presented.max_intermediates = self.max_intermediates;
        let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.cast_unsigned()));
        let known = KnownSignatures::new();
        let remembering = presented.with_known_signatures(&known);
        let judged = [presented, remembering, remembering].map(|presented| judge(&presented, &anchors, now));
        assert_eq!(
            format!("{:?}", judged[1]),
            format!("{:?}", judged[0]),
            "with an empty memory of signatures"
        );
        assert_eq!(format!("{:?}", judged[2]), format!("{:?}", judged[0]), "with a full one");
        let [verdict, ..] = judged;
        (verdict, verify(&presented, &anchors, now))
    }
}
