//! For each rule a world that breaks it, and what its mend comes to.

use crate::der::{bits, identifier, integer, name, octets, sequence, tlv};
use crate::world::*;
use bulla_x509::profile::RFC5280;
use bulla_x509::verdict::Rule;
use rustls_pki_types::UnixTime;
use std::time::Duration;

/// The places of certificates on the path.
const LEAF: usize = 0;
const MIDDLE: usize = 1;
const ROOT: usize = 2;

/// What is done after reading the mend.
pub enum Mend {
    /// The certificate is issued anew, as it should be: all is sound.
    Anew,
    /// This.
    By(fn(&mut World)),
}

pub struct Case {
    pub rule: Rule,
    /// Which certificate has the fault.
    pub link: usize,
    pub broken: fn(&mut World),
    pub mend: Mend,
}

fn anew(rule: Rule, link: usize, broken: fn(&mut World)) -> Case {
    Case { rule, link, broken, mend: Mend::Anew }
}

fn by(rule: Rule, link: usize, broken: fn(&mut World), mend: fn(&mut World)) -> Case {
    Case { rule, link, broken, mend: Mend::By(mend) }
}

pub fn all() -> Vec<Case> {
    [
        paths(),
        signatures(),
        keys(),
        revocation(),
        extensions(),
        authorities(),
        leaves(),
        constraints(),
        policies(),
        shapes(),
        identifiers(),
        marks(),
        names(),
        dates(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn paths() -> Vec<Case> {
    vec![
        by(Rule::NoCertificate, LEAF, |w| w.sends = Some(Vec::new()), |w| w.sends = None),
        by(
            Rule::BudgetExhausted,
            LEAF,
            |w| {
                let surplus = std::iter::repeat_n(w.middle.der(), 64);
                w.sends = Some(std::iter::once(w.leaf.der()).chain(surplus).collect());
            },
            |w| w.sends = Some(vec![w.leaf.der(), w.middle.der()]),
        ),
        anew(Rule::Malformed, LEAF, |w| {
            let mut cut = w.leaf.der();
            cut.pop();
            w.sends = Some(vec![cut, w.middle.der()]);
        }),
        anew(Rule::SelfSigned, LEAF, |w| {
            w.leaf.issuer = w.leaf.subject.clone();
            w.leaf.issued_by(Key::Leaf);
        }),
        by(
            Rule::UnknownAuthority,
            ROOT,
            |w| (w.trusts_root, w.sends_root) = (false, true),
            |w| w.trusts_root = true,
        ),
        by(Rule::MissingIntermediate, LEAF, |w| w.sends_middle = false, |w| w.sends_middle = true),
        anew(Rule::PathTooLong, 2, |w| {
            w.middle.basic(true, Some(0));
            w.add_lower();
        }),
        by(Rule::DepthExceeded, ROOT, |w| w.max_intermediates = Some(0), |w| w.max_intermediates = Some(1)),
        by(
            Rule::AnchorLimited,
            ROOT,
            |w| {
                w.limits.distrust_after =
                    Some(UnixTime::since_unix_epoch(Duration::from_secs(1_700_000_000)));
            },
            |w| w.limits.distrust_after = None,
        ),
    ]
}

fn signatures() -> Vec<Case> {
    vec![
        anew(Rule::BadSignature, LEAF, |w| w.leaf.forged = true),
        anew(Rule::WeakSignature, LEAF, |w| w.leaf.algorithms = [ECDSA_SHA1; 2]),
        anew(Rule::UnsupportedAlgorithm, LEAF, |w| w.leaf.algorithms = [UNHEARD_OF; 2]),
        anew(Rule::SignatureMismatch, LEAF, |w| w.leaf.algorithms[0] = ECDSA_SHA384),
        anew(Rule::AlgorithmNotPermitted, LEAF, |w| {
            w.middle.key = Key::Modern.info();
            w.leaf.signer = Key::Modern;
            w.leaf.algorithms = [ED25519; 2];
        }),
    ]
}

fn keys() -> Vec<Case> {
    vec![
        anew(Rule::WeakKey, LEAF, |w| w.leaf.key = rsa(1024, &[1, 0, 1])),
        anew(Rule::UnsupportedKey, LEAF, |w| {
            // Ed448.
            w.leaf.key = sequence(&[&sequence(&[&identifier(&[0x2b, 0x65, 0x71])]), &bits(&[7; 57])]);
        }),
        anew(Rule::MalformedKey, LEAF, |w| {
            let algorithm = sequence(&[&identifier(EC_KEY), &identifier(P256)]);
            w.leaf.key = sequence(&[&algorithm, &bits(&[4; 10])]);
        }),
        anew(Rule::ExplicitCurve, LEAF, |w| {
            let curve = sequence(&[&integer(&[1])]);
            w.leaf.key = sequence(&[&sequence(&[&identifier(EC_KEY), &curve]), &bits(&[4; 65])]);
        }),
        anew(Rule::KeyNotPermitted, LEAF, |w| w.leaf.key = Key::Modern.info()),
        anew(Rule::UnevenModulus, LEAF, |w| w.leaf.key = rsa(2050, &[1, 0, 1])),
        anew(Rule::WeakExponent, LEAF, |w| w.leaf.key = rsa(2048, &[1])),
    ]
}

/// onlySomeReasons: keyCompromise, and all others.
pub const STOLEN_KEYS: &[u8] = &[0x83, 2, 6, 0x40];
pub const OTHER_REASONS: &[u8] = &[0x83, 3, 7, 0x3f, 0x80];

fn revocation() -> Vec<Case> {
    vec![
        by(
            Rule::Revoked,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].revoked.push(Entry::of(&w.leaf));
            },
            |w| w.leaf.serial = vec![0x77],
        ),
        by(Rule::RevocationUnknown, LEAF, |w| w.lists_required = true, World::add_lists),
        by(
            Rule::RevocationPartlyKnown,
            LEAF,
            |w| {
                w.lists_required = true;
                w.add_lists();
                w.lists[0] = List::of(&w.middle, Key::Middle).within(&[STOLEN_KEYS]);
            },
            |w| w.lists.push(List::of(&w.middle, Key::Middle).within(&[OTHER_REASONS])),
        ),
        by(
            Rule::ListMalformed,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].modern = false;
                w.lists[0].extensions.clear();
            },
            World::add_lists,
        ),
        by(
            Rule::ListForged,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].forged = true;
            },
            World::add_lists,
        ),
        by(
            Rule::ListNotCurrent,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].updates = [NOW - 3 * DAY, NOW - 2 * DAY];
            },
            World::add_lists,
        ),
        anew(Rule::ListSignerNotPermitted, LEAF, |w| {
            w.add_lists();
            w.middle.key_usage(SIGNS_CERTIFICATES);
        }),
        by(
            Rule::ListSignerUntrusted,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].signer = Key::Lower;
                let mut signer = w.signer_of_lists(Key::Lower);
                signer.forged = true;
                w.sends_also(&signer);
            },
            |w| w.sends_also(&w.signer_of_lists(Key::Lower)),
        ),
        by(
            Rule::ListWithoutBase,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0] = List::of(&w.middle, Key::Middle).numbered(8).changes_to(7);
            },
            |w| w.lists.push(List::of(&w.middle, Key::Middle)),
        ),
        by(
            Rule::ListUnprocessed,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].extensions.push(Extension { id: UNHEARD_OF, critical: true, value: vec![5, 0] });
            },
            World::add_lists,
        ),
        by(
            Rule::ListWithoutNumber,
            LEAF,
            |w| {
                w.add_lists();
                w.lists[0].extensions.clear();
            },
            World::add_lists,
        ),
    ]
}

fn extensions() -> Vec<Case> {
    vec![
        by(
            Rule::UnknownCriticalExtension,
            LEAF,
            |w| w.leaf.set(UNHEARD_OF, true, vec![5, 0]),
            |w| w.leaf.remove(UNHEARD_OF),
        ),
        by(Rule::Precertificate, LEAF, |w| w.leaf.set(POISON, true, vec![5, 0]), |w| w.leaf.remove(POISON)),
    ]
}

fn authorities() -> Vec<Case> {
    vec![
        anew(Rule::NotAnAuthority, MIDDLE, |w| w.middle.basic(false, None)),
        anew(Rule::AuthorityMayNotSign, MIDDLE, |w| w.middle.key_usage(SIGNS_DATA)),
        anew(Rule::KeyUsageMissing, MIDDLE, |w| w.middle.remove(KEY_USAGE)),
        by(
            Rule::PurposeNotNested,
            MIDDLE,
            |w| w.middle.purposes(&[CLIENT_AUTH]),
            |w| w.middle.purposes(&[SERVER_AUTH]),
        ),
        anew(Rule::RootWithPurposes, ROOT, |w| w.root.purposes(&[SERVER_AUTH])),
        anew(Rule::PathLengthMisplaced, LEAF, |w| w.leaf.basic(false, Some(0))),
    ]
}

fn leaves() -> Vec<Case> {
    vec![
        anew(Rule::LeafIsAuthority, LEAF, |w| w.leaf.basic(true, None)),
        by(
            Rule::WrongKeyUsage,
            LEAF,
            |w| w.leaf.key_usage(ENCIPHERS_KEYS),
            |w| w.leaf.key_usage(SIGNS_DATA | ENCIPHERS_KEYS),
        ),
        by(
            Rule::WrongPurpose,
            LEAF,
            |w| w.leaf.purposes(&[CLIENT_AUTH]),
            |w| w.leaf.purposes(&[CLIENT_AUTH, SERVER_AUTH]),
        ),
        by(
            Rule::AnyPurposeOnly,
            LEAF,
            |w| w.leaf.purposes(&[ANY_PURPOSE]),
            |w| w.leaf.purposes(&[SERVER_AUTH]),
        ),
        by(
            Rule::AnyPurpose,
            LEAF,
            |w| w.leaf.purposes(&[SERVER_AUTH, ANY_PURPOSE]),
            |w| w.leaf.purposes(&[SERVER_AUTH]),
        ),
        by(Rule::PurposeMissing, LEAF, |w| w.leaf.remove(PURPOSES), |w| w.leaf.purposes(&[SERVER_AUTH])),
        anew(Rule::SigningLeaf, LEAF, |w| w.leaf.key_usage(SIGNS_DATA | SIGNS_CERTIFICATES)),
        anew(Rule::LeafMaySign, LEAF, |w| w.leaf.key_usage(SIGNS_DATA | SIGNS_LISTS)),
    ]
}

/// One subtree of domain names.
fn subtree(list: u8, domain: &str) -> Vec<u8> {
    subtree_of(list, DOMAIN, domain)
}

fn subtree_of(list: u8, kind: u8, base: &str) -> Vec<u8> {
    sequence(&[&tlv(0xa0 | list, &sequence(&[&tlv(kind, base.as_bytes())]))])
}

const MAILBOX: u8 = 0x81;
const DOMAIN: u8 = 0x82;

const PERMITTED: u8 = 0;
const EXCLUDED: u8 = 1;

fn constraints() -> Vec<Case> {
    vec![
        by(
            Rule::NameExcluded,
            MIDDLE,
            |w| w.middle.set(CONSTRAINTS, true, subtree(EXCLUDED, "example.org")),
            |w| w.middle.set(CONSTRAINTS, true, subtree(EXCLUDED, "example.com")),
        ),
        by(
            Rule::NameNotPermitted,
            MIDDLE,
            |w| w.middle.set(CONSTRAINTS, true, subtree(PERMITTED, "example.com")),
            |w| w.middle.set(CONSTRAINTS, true, subtree(PERMITTED, "example.org")),
        ),
        by(
            Rule::NameUnclear,
            MIDDLE,
            |w| {
                // A minimum, which is not used with any form of name.
                let base = [tlv(0x82, b"example.org"), tlv(0x80, &[1])].concat();
                w.middle.set(CONSTRAINTS, true, sequence(&[&tlv(0xa0, &tlv(0x30, &base))]));
            },
            |w| w.middle.set(CONSTRAINTS, true, subtree(PERMITTED, "example.org")),
        ),
        anew(Rule::NameConstraintsMisplaced, LEAF, |w| {
            w.leaf.set(CONSTRAINTS, true, subtree(PERMITTED, "example.org"));
        }),
        by(
            Rule::NameConstraintsNotCritical,
            MIDDLE,
            |w| {
                w.profile = &RFC5280;
                w.middle.set(CONSTRAINTS, false, subtree(PERMITTED, "example.org"));
            },
            |w| w.middle.mark(CONSTRAINTS, true),
        ),
        anew(Rule::EmptyNameConstraints, MIDDLE, |w| w.middle.set(CONSTRAINTS, true, vec![0x30, 0])),
        by(
            Rule::MalformedNameConstraint,
            MIDDLE,
            // Of mailboxes, of which the leaf has none.
            |w| w.middle.set(CONSTRAINTS, true, subtree_of(EXCLUDED, MAILBOX, "a@b@c")),
            |w| w.middle.set(CONSTRAINTS, true, subtree_of(EXCLUDED, MAILBOX, "example.com")),
        ),
    ]
}

fn policies() -> Vec<Case> {
    vec![
        by(
            Rule::NoValidPolicy,
            LEAF,
            |w| (w.policies, w.policy_required) = (vec!["1.2.3.4".parse().unwrap()], true),
            |w| w.leaf.policies(&[DOMAIN_VALIDATED, UNHEARD_OF]),
        ),
        by(
            Rule::AnyPolicyMapped,
            MIDDLE,
            |w| {
                let pair = sequence(&[&identifier(ANY_POLICY), &identifier(DOMAIN_VALIDATED)]);
                w.middle.set(MAPPINGS, true, sequence(&[&pair]));
            },
            |w| w.middle.remove(MAPPINGS),
        ),
        by(
            Rule::DuplicatePolicy,
            LEAF,
            |w| w.leaf.policies(&[DOMAIN_VALIDATED, DOMAIN_VALIDATED]),
            |w| w.leaf.policies(&[DOMAIN_VALIDATED]),
        ),
        anew(Rule::EmptyPolicyConstraints, MIDDLE, |w| w.middle.set(POLICY_CONSTRAINTS, true, vec![0x30, 0])),
        by(
            Rule::PolicyConstraintsNotCritical,
            MIDDLE,
            |w| w.middle.set(POLICY_CONSTRAINTS, false, sequence(&[&tlv(0x80, &[1])])),
            |w| w.middle.mark(POLICY_CONSTRAINTS, true),
        ),
        by(
            Rule::AnyPolicyInhibitionNotCritical,
            MIDDLE,
            |w| w.middle.set(INHIBIT_ANY, false, integer(&[5])),
            |w| w.middle.mark(INHIBIT_ANY, true),
        ),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        anew(Rule::WrongVersion, LEAF, |w| {
            w.leaf.modern = false;
            w.leaf.extensions.clear();
        }),
        by(Rule::SerialNotPositive, LEAF, |w| w.leaf.serial = vec![0], |w| w.leaf.serial = vec![1]),
        by(Rule::SerialTooLong, LEAF, |w| w.leaf.serial = vec![1; 21], |w| w.leaf.serial = vec![1; 20]),
        anew(Rule::EmptyIssuer, LEAF, |w| {
            w.middle.subject = name(&[]);
            w.leaf.issuer = name(&[]);
        }),
        by(
            Rule::EmptySubject,
            LEAF,
            |w| {
                // An authority's own certificate, which this profile takes for a server's too.
                w.profile = &RFC5280;
                w.leaf.basic(true, None);
                w.leaf.set(SUBJECT_KEY, false, octets(&Key::Leaf.id()));
                w.leaf.subject = name(&[]);
                w.leaf.mark(NAMES, true);
            },
            |w| {
                w.leaf.subject = name(&[(10, "Test")]);
                w.leaf.mark(NAMES, false);
            },
        ),
        by(Rule::UniqueIdentifiers, LEAF, |w| w.leaf.unique = tlv(0x81, &[0, 1]), |w| w.leaf.unique.clear()),
        by(Rule::TimeForm, LEAF, |w| w.leaf.long_dates = true, |w| w.leaf.long_dates = false),
    ]
}

/// The issuer's key, by name and serial number too.
fn wordy_identifier(key: Key) -> Vec<u8> {
    let directory = tlv(0xa4, &name(&[(10, "Test")]));
    sequence(&[&tlv(0x80, &key.id()), &tlv(0xa1, &directory), &tlv(0x82, &[1])])
}

fn identifiers() -> Vec<Case> {
    vec![
        by(
            Rule::AuthorityKeyIdentifierMissing,
            LEAF,
            |w| w.leaf.remove(AUTHORITY_KEY),
            |w| w.leaf.issued_by(Key::Middle),
        ),
        by(
            Rule::AuthorityKeyIdentifierForm,
            LEAF,
            |w| w.leaf.set(AUTHORITY_KEY, false, wordy_identifier(Key::Middle)),
            |w| w.leaf.issued_by(Key::Middle),
        ),
        by(
            Rule::RootKeyIdentifierMismatch,
            ROOT,
            |w| w.root.set(AUTHORITY_KEY, false, sequence(&[&tlv(0x80, &Key::Middle.id())])),
            |w| w.root.issued_by(Key::Root),
        ),
        by(
            Rule::SubjectKeyIdentifierMissing,
            MIDDLE,
            |w| w.middle.remove(SUBJECT_KEY),
            |w| w.middle.set(SUBJECT_KEY, false, octets(&Key::Middle.id())),
        ),
    ]
}

fn marks() -> Vec<Case> {
    vec![
        by(
            Rule::AuthorityKeyIdentifierCritical,
            LEAF,
            |w| w.leaf.mark(AUTHORITY_KEY, true),
            |w| w.leaf.mark(AUTHORITY_KEY, false),
        ),
        by(
            Rule::SubjectKeyIdentifierCritical,
            MIDDLE,
            |w| w.middle.mark(SUBJECT_KEY, true),
            |w| w.middle.mark(SUBJECT_KEY, false),
        ),
        by(
            Rule::InformationAccessCritical,
            LEAF,
            |w| {
                let location = tlv(0x86, b"http://ca.example.org/middle.cer");
                let entry = sequence(&[&identifier(&[0x2b, 6, 1, 5, 5, 7, 0x30, 2]), &location]);
                w.leaf.set(ACCESS, true, sequence(&[&entry]));
            },
            |w| w.leaf.mark(ACCESS, false),
        ),
        by(
            Rule::BasicConstraintsNotCritical,
            MIDDLE,
            |w| w.middle.mark(BASIC, false),
            |w| w.middle.mark(BASIC, true),
        ),
        by(
            Rule::AlternativeNamesNotCritical,
            LEAF,
            |w| w.leaf.subject = name(&[]),
            |w| w.leaf.mark(NAMES, true),
        ),
        by(Rule::AlternativeNamesCritical, LEAF, |w| w.leaf.mark(NAMES, true), |w| w.leaf.mark(NAMES, false)),
        by(Rule::PurposesCritical, LEAF, |w| w.leaf.mark(PURPOSES, true), |w| w.leaf.mark(PURPOSES, false)),
    ]
}

fn names() -> Vec<Case> {
    vec![
        by(
            Rule::MalformedName,
            LEAF,
            |w| w.leaf.names(&["www.example.org", "no such name"]),
            |w| w.leaf.names(&["www.example.org"]),
        ),
        by(
            Rule::AddressAsDomain,
            LEAF,
            |w| w.leaf.names(&["www.example.org", "192.0.2.1"]),
            |w| {
                let names = [tlv(0x82, b"www.example.org"), tlv(0x87, &[192, 0, 2, 1])].concat();
                w.leaf.set(NAMES, false, tlv(0x30, &names));
            },
        ),
        by(
            Rule::PublicSuffixWildcard,
            LEAF,
            |w| w.leaf.names(&["www.example.org", "*.com"]),
            |w| w.leaf.names(&["www.example.org", "*.example.com"]),
        ),
        by(
            Rule::PrivateSuffixWildcard,
            LEAF,
            |w| {
                w.leaf.names(&["www.example.org", "*.github.io"]);
            },
            |w| w.leaf.names(&["www.example.org", "bulla.github.io"]),
        ),
        by(
            Rule::CommonNameNotAlternative,
            LEAF,
            |w| w.leaf.subject = name(&[(3, "example.net")]),
            |w| w.leaf.names(&["www.example.org", "example.net"]),
        ),
        by(
            Rule::NoNames,
            LEAF,
            |w| {
                w.leaf.subject = name(&[(10, "Test")]);
                w.leaf.remove(NAMES);
            },
            |w| w.leaf.names(&["www.example.org"]),
        ),
        by(Rule::WrongName, LEAF, |w| w.name = "www.example.net", |w| w.name = "www.example.org"),
    ]
}

fn dates() -> Vec<Case> {
    vec![
        by(
            Rule::ValidityTooLong,
            LEAF,
            |w| w.leaf.valid = [NOW - DAY, NOW + 199 * DAY],
            |w| w.leaf.valid = [NOW - DAY, NOW + 199 * DAY - 1],
        ),
        by(
            Rule::NotYetValid,
            LEAF,
            |w| w.leaf.valid = [NOW + 1, NOW + 80 * DAY],
            |w| w.leaf.valid = [NOW, NOW + 80 * DAY],
        ),
        by(
            Rule::Expired,
            LEAF,
            |w| w.leaf.valid = [NOW - 80 * DAY, NOW - 1],
            |w| w.leaf.valid = [NOW - 80 * DAY, NOW],
        ),
    ]
}
