//! Chains as a hostile peer would send them, with signatures that hold where that leads further.

use std::time::Duration;

use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose, KeyUsage, Subtree};
use bulla_x509::name::DistinguishedName;
use bulla_x509::names::IpSubnet;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Place, Presented, Purpose, Rule, Verdict, judge as decide};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::fixture::{authority, key, lasting};
use crate::input::Input;
use crate::text::assert_plain;

/// How many certificates a chain has at most.
const MOST: usize = 40;

/// The names asked for.
const NAMES: [&str; 4] = ["server.example", "a.server.example", "192.0.2.1", "2001:db8::1"];

/// The last of them.
const SIXTH: [u16; 8] = [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1];

/// Three bytes of choices, then the chain.
pub fn judge(data: &[u8]) {
    let mut input = Input::new(data);
    let choice = input.u8();
    let name = ServerName::try_from(NAMES[usize::from(choice & 3)]).expect("a name");
    let purpose = if choice & 4 == 0 { Purpose::Server(&name) } else { Purpose::Client };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::from(input.u16()) << 17 | 0xd200));
    let mut anchors = authority().anchors();
    let mut chain = Vec::new();
    if choice & 8 != 0
        && let Some(anchor) = certificate(&mut input)
    {
        // An anchor that is refused is left out.
        let _ = anchors.add_certificate(&anchor);
    }
    while !input.is_empty() && chain.len() < MOST {
        chain.extend(certificate(&mut input));
    }
    let verdict = decide(&Presented::new(&chain, purpose), &anchors, now);
    check(&verdict, &chain, &anchors, now);
    if chain.len() > 2 {
        chain[1..].reverse();
        let other = decide(&Presented::new(&chain, purpose), &anchors, now);
        let exhausted =
            |verdict: &Verdict| verdict.failure.as_ref().is_some_and(|it| it.rule == Rule::BudgetExhausted);
        let same = verdict.is_trusted() == other.is_trusted();
        assert!(same || exhausted(&verdict) || exhausted(&other), "the order matters");
    }
}

/// The next certificate: as it stands, one of the fixture's, signed as it stands, or made by a template.
fn certificate(input: &mut Input<'_>) -> Option<CertificateDer<'static>> {
    match input.u8() % 4 {
        0 => Some(input.chunk().to_vec().into()),
        1 => {
            let authority = authority();
            let known = [&authority.server, &authority.intermediate, &authority.root, &authority.client];
            Some(known[usize::from(input.u8() % 4)].clone())
        }
        2 => {
            let signer = input.u8() % 8;
            Some(signed(input.chunk(), signer))
        }
        _ => templated(input),
    }
}

/// A certificate around this content, whatever it is, whose signature holds.
pub fn signed(content: &[u8], signer: u8) -> CertificateDer<'static> {
    const ED25519: [u8; 7] = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
    let signer = key(signer);
    let signature = signer.sign(signer.algorithms()[0], content).expect("Ed25519 signs all");
    sequence(&[content, &ED25519, &[3, 65, 0], &signature].concat()).into()
}

/// A SEQUENCE of these contents in DER.
fn sequence(contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let length = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let prefix = match length {
        [] => vec![0],
        [byte @ 0..0x80] => vec![*byte],
        _ => [&[0x80 | length.len().to_le_bytes()[0]], length].concat(),
    };
    [&[0x30], &prefix[..], contents].concat()
}

/// A certificate by a template; `None` if the template is refused.
fn templated(input: &mut Input<'_>) -> Option<CertificateDer<'static>> {
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
    let (issuer_key, subject_key) = (key(keys & 7), key(keys >> 4 & 7));
    let issuer = subject(people >> 4).encode().ok()?;
    let issuer = Issuer {
        name: DistinguishedName::parse(&issuer).ok()?,
        key_identifier: SubjectPublicKey::of(&issuer_key).ok()?.key_identifier().to_vec(),
        key: &issuer_key,
    };
    template.issue(&issuer, &SubjectPublicKey::of(&subject_key).ok()?).ok()
}

fn subject(number: u8) -> Subject {
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
    let print = |der: &[u8]| Certificate::parse(der).expect("judged").fingerprint();
    let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(first.fingerprint, hex(print(&chain[0])));
    assert!(anchors.certificates().iter().any(|anchor| hex(print(anchor)) == last.fingerprint));
    let valid = |from: u64, until: u64| (from..=until).contains(&now.as_secs());
    assert!(
        verdict.path.iter().all(|link| valid(link.not_before, link.not_after)),
        "trusted out of its time"
    );
    for pair in verdict.path.windows(2) {
        assert_eq!(pair[0].issuer, pair[1].subject, "a path with a gap");
    }
}
