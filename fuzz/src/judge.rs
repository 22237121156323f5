//! Chains as a hostile peer would send them, with signatures that hold where that leads further.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::remembered::remembering;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose, KeyUsage, Subtree};
use bulla_x509::name::DistinguishedName;
use bulla_x509::names::IpSubnet;
use bulla_x509::revocation::{Revocation, RevocationList};
use bulla_x509::signatures::KnownSignatures;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Place, Presented, Purpose, Rule, Verdict, judge as decide};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::fixture::{authority, key, lasting};
use crate::input::Input;
use crate::list::{ED25519, list};
use crate::text::assert_plain;

/// How many certificates a chain has at most.
const MOST: usize = 40;

/// The names asked for.
const NAMES: [&str; 4] = ["server.example", "a.server.example", "192.0.2.1", "2001:db8::1"];

/// The last of them.
const SIXTH: [u16; 8] = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];

/// Three bytes of choices, then the chain.
///
/// Most inputs differ in little from one before: what was signed and verified for that is not signed and verified again.
/// For a share of them it is, and the verdict must be the same.
pub fn judge(data: &[u8]) {
    let asked = Asked::read(&mut Input::new(data));
    let verdict = remembering(|| asked.verdict(&asked.chain));
    check(&verdict, &asked.chain, &asked.anchors, asked.now);
    let share = data.iter().fold(0u8, |sum, byte| sum.rotate_left(1) ^ byte);
    if share == 0 {
        let again = asked.verdict(&asked.chain);
        assert_eq!(format!("{verdict:?}"), format!("{again:?}"), "what is remembered is not what is");
    }
    if share & 7 == 1 {
        let again = remembering(|| KNOWN.with(|known| asked.verdict_knowing(known)));
        assert_eq!(format!("{verdict:?}"), format!("{again:?}"), "a memory of signatures decides");
    }
    if !asked.lists.is_empty() {
        remembering(|| asked.check_lists(&verdict));
    }
    if asked.chain.len() > 2 {
        let mut turned = asked.chain.clone();
        turned[1..].reverse();
        let other = remembering(|| asked.verdict(&turned));
        let same = verdict.is_trusted() == other.is_trusted();
        assert!(same || is_exhausted(&verdict) || is_exhausted(&other), "the order matters");
    }
}

/// What an input asks.
struct Asked {
    name: ServerName<'static>,
    is_server: bool,
    anchors: TrustAnchors,
    now: UnixTime,
    chain: Vec<CertificateDer<'static>>,
    lists: Vec<Vec<u8>>,
    lists_required: bool,
}

impl Asked {
    fn read(input: &mut Input<'_>) -> Self {
        let choice = input.u8();
        let mut asked = Self {
            name: ServerName::try_from(NAMES[usize::from(choice & 3)]).expect("a name"),
            is_server: choice & 4 == 0,
            anchors: authority().anchors(),
            now: UnixTime::since_unix_epoch(Duration::from_secs(u64::from(input.u16()) << 17 | 0xd200)),
            chain: Vec::new(),
            lists: Vec::new(),
            lists_required: false,
        };
        if choice & 8 != 0
            && let Some(anchor) = certificate(input)
        {
            // An anchor that is refused is left out.
            let _ = asked.anchors.add_certificate(&anchor);
        }
        if choice & 0x80 != 0 {
            let count = input.u8();
            asked.lists_required = count & 0x80 != 0;
            asked.lists = (0..count & 3).filter_map(|_| list(input)).collect();
        }
        // Many are worth no more than some: one input in eight may have them.
        let most = if choice & 0x70 == 0x70 { MOST } else { 8 };
        while !input.is_empty() && asked.chain.len() < most {
            asked.chain.extend(certificate(input));
        }
        asked
    }

    fn verdict(&self, chain: &[CertificateDer<'_>]) -> Verdict {
        self.verdict_with(chain, &self.lists, self.lists_required)
    }

    fn verdict_with(&self, chain: &[CertificateDer<'_>], lists: &[Vec<u8>], required: bool) -> Verdict {
        let lists: Vec<_> = lists.iter().filter_map(|der| RevocationList::parse(der).ok()).collect();
        let presented =
            Presented::new(chain, self.purpose()).with_revocation(Revocation { lists: &lists, required });
        decide(&presented, &self.anchors, self.now)
    }

    /// The same with a memory of signatures that hold.
    fn verdict_knowing(&self, known: &KnownSignatures) -> Verdict {
        let lists: Vec<_> = self.lists.iter().filter_map(|der| RevocationList::parse(der).ok()).collect();
        let revocation = Revocation { lists: &lists, required: self.lists_required };
        let presented = Presented::new(&self.chain, self.purpose()).with_revocation(revocation);
        decide(&presented.with_known_signatures(known), &self.anchors, self.now)
    }

    fn purpose(&self) -> Purpose<'_> {
        if self.is_server { Purpose::Server(&self.name) } else { Purpose::Client }
    }

    /// Lists only ever refuse, and their order is nothing to them.
    fn check_lists(&self, verdict: &Verdict) {
        if verdict.is_trusted() {
            assert!(self.verdict_with(&self.chain, &[], false).is_trusted(), "a list made trust");
        }
        let turned: Vec<_> = self.lists.iter().rev().cloned().collect();
        let other = self.verdict_with(&self.chain, &turned, self.lists_required);
        let same = verdict.is_trusted() == other.is_trusted();
        assert!(same || is_exhausted(verdict) || is_exhausted(&other), "the order of lists matters");
    }
}

fn is_exhausted(verdict: &Verdict) -> bool {
    verdict.failure.as_ref().is_some_and(|failure| failure.rule == Rule::BudgetExhausted)
}

thread_local! {
    /// Signatures of all inputs before.
    static KNOWN: KnownSignatures = KnownSignatures::new();
    /// Certificates by the bytes that they were made of.
    static MADE: RefCell<HashMap<Vec<u8>, Option<CertificateDer<'static>>>> = RefCell::default();
}

/// The next certificate; made anew only if it was never made of these bytes before.
fn certificate(input: &mut Input<'_>) -> Option<CertificateDer<'static>> {
    let start = input.clone();
    let recipe = Recipe::read(input);
    let bytes = start.up_to(input);
    if let Some(known) = MADE.with_borrow(|made| made.get(bytes).cloned()) {
        return known;
    }
    let certificate = recipe.make();
    MADE.with_borrow_mut(|made| {
        if made.len() >= 1 << 14 {
            made.clear();
        }
        made.insert(bytes.to_vec(), certificate.clone());
    });
    certificate
}

/// How a certificate is made.
enum Recipe<'a> {
    /// As it stands.
    Raw(&'a [u8]),
    /// One of the fixture's.
    Known(u8),
    /// Signed as it stands.
    Signed(u8, &'a [u8]),
    /// By a template, with these two names and keys.
    Template(Box<CertificateTemplate>, u8, u8),
}

impl<'a> Recipe<'a> {
    fn read(input: &mut Input<'a>) -> Self {
        match input.u8() % 4 {
            0 => Self::Raw(input.chunk()),
            1 => Self::Known(input.u8()),
            2 => Self::Signed(input.u8() % 8, input.chunk()),
            _ => template(input),
        }
    }

    /// `None` if the template is refused.
    fn make(&self) -> Option<CertificateDer<'static>> {
        match self {
            Self::Raw(der) => Some(der.to_vec().into()),
            Self::Known(number) => {
                let authority = authority();
                let known = [&authority.server, &authority.intermediate, &authority.root, &authority.client];
                Some(known[usize::from(number % 4)].clone())
            }
            Self::Signed(signer, content) => Some(sign(content, *signer).into()),
            Self::Template(template, people, keys) => issued(template, *people, *keys),
        }
    }
}

/// The keys that sign, ready to.
fn signer(number: u8) -> &'static PrivateKey {
    static KEYS: LazyLock<[PrivateKey; 8]> = LazyLock::new(|| [0, 1, 2, 3, 4, 5, 6, 7].map(key));
    &KEYS[usize::from(number % 8)]
}

/// Content, whatever it is, with a signature that holds: a certificate or a revocation list.
///
/// # Panics
/// Never: Ed25519 signs all.
pub fn sign(content: &[u8], number: u8) -> Vec<u8> {
    let signer = signer(number);
    let signature = signer.sign(signer.algorithms()[0], content).expect("Ed25519 signs all");
    sequence(&[content, &ED25519, &[3, 65, 0], &signature].concat())
}

/// A SEQUENCE of these contents in DER.
pub fn sequence(contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let prefix = match length {
        [] => vec![0],
        [byte @ 0..0x80] => vec![*byte],
        _ => [&[0x80 | length.len().to_le_bytes()[0]], length].concat(),
    };
    [&[0x30], &prefix[..], contents].concat()
}

fn template<'a>(input: &mut Input<'_>) -> Recipe<'a> {
    let (people, keys, choice) = (input.u8(), input.u8(), input.u8());
    let mut template = lasting(CertificateTemplate::new());
    template.serial = vec![1 + (people ^ keys) % 100];
    template.subject = subject(people & 15);
    template.authority = choice & 1 != 0;
    template.path_length = (choice & 2 != 0).then_some(choice >> 6);
    template.key_usage = match choice >> 2 & 3 {
        0 => None,
        1 => Some(KeyUsage::DIGITAL_SIGNATURE),
        2 => Some(KeyUsage::CERTIFICATE_SIGNING),
        _ => Some(KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::CERTIFICATE_SIGNING)),
    };
    template.purposes = match choice >> 4 & 3 {
        0 => vec![],
        1 => vec![KeyPurpose::ServerAuth],
        2 => vec![KeyPurpose::ClientAuth],
        _ => vec![KeyPurpose::ServerAuth, KeyPurpose::ClientAuth],
    };
    if keys & 0x80 != 0 {
        template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(input.u16()) << 17));
    }
    template.names = name(input);
    template.permitted = subtree(input);
    template.excluded = subtree(input);
    Recipe::Template(Box::new(template), people, keys)
}

fn issued(template: &CertificateTemplate, people: u8, keys: u8) -> Option<CertificateDer<'static>> {
    let (issuer_key, subject_key) = (signer(keys & 7), signer(keys >> 4 & 7));
    let issuer = subject(people >> 4).encode().ok()?;
    let issuer = Issuer {
        name: DistinguishedName::parse(&issuer).ok()?,
        key_identifier: SubjectPublicKey::of(issuer_key).ok()?.key_identifier().to_vec(),
        key: issuer_key,
    };
    template.issue(&issuer, &SubjectPublicKey::of(subject_key).ok()?).ok()
}

/// Who may be an authority.
pub fn subject(number: u8) -> Subject {
    match number {
        0 => Subject::new(),
        1 => Subject::new().common_name("Root"),
        2 => Subject::new().common_name("Intermediate"),
        other => Subject::new().common_name(&format!("Authority {other}")),
    }
}

fn name(input: &mut Input<'_>) -> Vec<Name> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match input.u8() % 5 {
        0 => vec![],
        1 => vec![Name::Dns(NAMES[0].into())],
        2 => vec![Name::Dns(text(input.chunk()))],
        3 => vec![Name::Ip([192, 0, 2, input.u8()].into())],
        _ => vec![Name::Dns("*.server.example".into()), Name::Ip(SIXTH.into())],
    }
}

fn subtree(input: &mut Input<'_>) -> Vec<Subtree<'static>> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match input.u8() % 4 {
        0 | 1 => vec![],
        2 => vec![Subtree::Dns(text(input.chunk()).into())],
        _ => IpSubnet::new([192, 0, 2, 0].into(), input.u8()).map(Subtree::Ip).into_iter().collect(),
    }
}

fn check(verdict: &Verdict, chain: &[CertificateDer<'_>], anchors: &TrustAnchors, now: UnixTime) {
    for link in &verdict.path {
        [&link.subject, &link.issuer, &link.key, &link.signature].into_iter().for_each(|it| assert_plain(it));
        link.names.iter().chain(&link.organization).for_each(|it| assert_plain(it));
    }
    for failure in verdict.failure.iter().chain(&verdict.others) {
        assert_plain(failure);
        assert_plain(&failure.subject);
        assert!(failure.link < verdict.path.len().max(1), "{failure}");
    }
    if !verdict.is_trusted() {
        return;
    }
    let (first, last) = (verdict.path.first().expect("a path"), verdict.path.last().expect("a path"));
    // A leaf that is itself an anchor is a path of its own.
    assert!(first.place == Place::Presented(0) || verdict.path.len() == 1, "{first:?}");
    assert_eq!(last.place, Place::Anchor);
    let known = || chain.iter().chain(anchors.certificates()).filter_map(|der| Certificate::parse(der).ok());
    let found =
        |print: &str| known().find(|certificate| hex(certificate.fingerprint()) == print).expect("judged");
    let is = |der: &[u8], print: &str| hex(Certificate::parse(der).expect("judged").fingerprint()) == print;
    assert!(is(&chain[0], &first.fingerprint));
    assert!(anchors.certificates().iter().any(|anchor| is(anchor, &last.fingerprint)));
    let valid = |from: u64, until: u64| (from..=until).contains(&now.as_secs());
    assert!(
        verdict.path.iter().all(|link| valid(link.not_before, link.not_after)),
        "trusted out of its time"
    );
    for pair in verdict.path.windows(2) {
        // Names that differ in case or in spaces are the same (RFC 5280 section 7.1).
        let (below, above) = (found(&pair[0].fingerprint), found(&pair[1].fingerprint));
        let (issuer, subject) = (below.issuer(), above.subject());
        assert!(issuer.is_same(&subject), "a path with a gap: {issuer} {subject}");
        assert_eq!(
            letters(&issuer.to_string()),
            letters(&subject.to_string()),
            "names that are not the same"
        );
    }
}

/// The characters of a name as it is printed, without spaces, case or order: two that are the same by RFC 5280 section
/// 7.1 have these in common, whatever the library thinks of them.
fn letters(name: &str) -> Vec<char> {
    let (mut bytes, mut rest) = (Vec::new(), name.as_bytes());
    while let [first, behind @ ..] = rest {
        let escaped = match rest {
            [b'\\', high, low, ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                digit(*high).zip(digit(*low)).and_then(|(high, low)| u8::try_from(high << 4 | low).ok())
            }
            _ => None,
        };
        match escaped {
            Some(byte) => bytes.push(byte),
            None if *first == b'\\' => {}
            None => bytes.push(*first),
        }
        rest = if escaped.is_some() { &rest[3..] } else { behind };
    }
    let text = String::from_utf8_lossy(&bytes);
    let small = text.chars().filter(|it| !it.is_whitespace()).flat_map(char::to_lowercase);
    // A sigma at the end of a word has a small form of its own.
    let mut letters: Vec<char> = small.map(|it| if it == 'ς' { 'σ' } else { it }).collect();
    letters.sort_unstable();
    letters
}

fn hex(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
