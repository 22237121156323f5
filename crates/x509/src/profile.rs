//! What is asked of certificates beyond their mathematics: profiles, as data.
//!
//! A [`Profile`] is a set of [`Rule`]s and a few numbers. The rules that change by date are tables here; the code
//! that checks a rule is the same for every profile.

use crate::verdict::Rule;
use rustls_pki_types::UnixTime;

/// A set of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSet(u128);

impl RuleSet {
    /// No rule.
    pub const NONE: Self = Self(0);

    /// These rules.
    pub const fn of(rules: &[Rule]) -> Self {
        let mut bits = 0;
        let mut rest = rules;
        while let [first, others @ ..] = rest {
            bits |= first.bit();
            rest = others;
        }
        Self(bits)
    }

    /// These rules and those of another set.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rules that are not in another set.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether a rule is in the set.
    pub const fn contains(self, rule: Rule) -> bool {
        self.meets(Self::of(&[rule]))
    }

    /// Whether a rule is in both sets.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a verifier asks of the certificates of a path. [`WEB`], [`BASELINE`], [`RFC5280`], [`PATHS`] and [`PRIVATE`] are five.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// `web`, say.
    pub name: &'static str,
    /// What binds every certificate of a path but its anchor, each where it applies.
    pub rules: RuleSet,
    /// What binds an anchor too. An anchor is trusted for what it is, so that a profile may excuse it.
    pub anchors: RuleSet,
    /// What binds an anchor that Mozilla's root program took in, whose word on roots is the better one.
    pub vetted_anchors: RuleSet,
    /// How long the peer's own certificate may be valid, by the day it was issued; the last entry that began
    /// before that day counts.
    pub validity: &'static [ValidityLimit],
    /// Whether Ed25519 and ML-DSA count beside RSA and ECDSA.
    pub modern_keys: bool,
}

/// From a day on, certificates may be valid for so long.
#[derive(Clone, Copy, Debug)]
pub struct ValidityLimit {
    /// The first second of `notBefore` that this binds, since 1970.
    pub from: u64,
    /// The same moment for people.
    pub day: &'static str,
    /// Days, each of 86 400 seconds, first and last second included.
    pub days: u64,
}

impl Profile {
    /// The limit for a certificate whose validity begins then; `None` when there was none yet.
    pub fn validity_limit(&self, not_before: UnixTime) -> Option<&ValidityLimit> {
        self.validity.iter().rev().find(|limit| limit.from <= not_before.as_secs())
    }
}

/// CA/Browser Forum Baseline Requirements section 6.3.2, of version 2.1.9 and of the versions before it.
const SUBSCRIBER_VALIDITY: &[ValidityLimit] = &[
    // 60 and 39 months, the longest that so many can be.
    ValidityLimit { from: 1_341_100_800, day: "2012-07-01", days: 1_827 },
    ValidityLimit { from: 1_427_846_400, day: "2015-04-01", days: 1_188 },
    ValidityLimit { from: 1_519_862_400, day: "2018-03-01", days: 825 },
    ValidityLimit { from: 1_598_918_400, day: "2020-09-01", days: 398 },
    ValidityLimit { from: 1_773_532_800, day: "2026-03-15", days: 200 },
    ValidityLimit { from: 1_805_068_800, day: "2027-03-15", days: 100 },
    ValidityLimit { from: 1_868_227_200, day: "2029-03-15", days: 47 },
];

/// What makes a path: RFC 5280 section 6, RFC 9525, and the strength of keys and hashes.
const PATH: RuleSet = RuleSet::of(&[
    Rule::BadSignature,
    Rule::WeakSignature,
    Rule::UnsupportedAlgorithm,
    Rule::SignatureMismatch,
    Rule::WeakKey,
    Rule::UnsupportedKey,
    Rule::MalformedKey,
    Rule::ExplicitCurve,
    Rule::Revoked,
    Rule::RevocationUnknown,
    Rule::RevocationPartlyKnown,
    Rule::ListMalformed,
    Rule::ListForged,
    Rule::ListNotCurrent,
    Rule::ListSignerNotPermitted,
    Rule::ListSignerUntrusted,
    Rule::ListWithoutBase,
    Rule::ListUnprocessed,
    Rule::ListWithoutNumber,
    Rule::UnknownCriticalExtension,
    Rule::Precertificate,
    Rule::NotAnAuthority,
    Rule::AuthorityMayNotSign,
    Rule::PathTooLong,
    Rule::AnchorLimited,
    Rule::DepthExceeded,
    Rule::WrongPurpose,
    Rule::PurposeNotNested,
    Rule::NameExcluded,
    Rule::NameNotPermitted,
    Rule::NameUnclear,
    Rule::NoValidPolicy,
    Rule::AnyPolicyMapped,
    Rule::NoNames,
    Rule::WrongName,
    Rule::NotYetValid,
    Rule::Expired,
]);

/// MUSTs of RFC 5280 section 4 that every issuer at work today keeps.
const COMMON: RuleSet = RuleSet::of(&[
    Rule::WrongVersion,
    Rule::SerialNotPositive,
    Rule::SerialTooLong,
    Rule::EmptySubject,
    Rule::AuthorityKeyIdentifierCritical,
    Rule::SubjectKeyIdentifierCritical,
    Rule::InformationAccessCritical,
    Rule::PolicyConstraintsNotCritical,
    Rule::AnyPolicyInhibitionNotCritical,
    Rule::EmptyPolicyConstraints,
    Rule::EmptyNameConstraints,
    Rule::SigningLeaf,
    Rule::NameConstraintsMisplaced,
    Rule::AlternativeNamesNotCritical,
]);

/// The other MUSTs of RFC 5280 section 4.
const PEDANTIC: RuleSet = RuleSet::of(&[
    Rule::EmptyIssuer,
    Rule::UniqueIdentifiers,
    Rule::TimeForm,
    Rule::DuplicatePolicy,
    Rule::AuthorityKeyIdentifierMissing,
    Rule::SubjectKeyIdentifierMissing,
    Rule::BasicConstraintsNotCritical,
    Rule::PathLengthMisplaced,
    Rule::NameConstraintsNotCritical,
    Rule::MalformedNameConstraint,
    Rule::MalformedName,
    Rule::AddressAsDomain,
]);

/// What TLS asks of the peer's own certificate whoever issued it: RFC 9846 section 4.5.1.2 and the custom of all
/// its clients.
const TLS: RuleSet = RuleSet::of(&[Rule::LeafIsAuthority, Rule::WrongKeyUsage, Rule::AnyPurposeOnly]);

/// What nearly all judgements ask for.
pub(crate) const USUAL: RuleSet = PATH.and(COMMON).and(TLS);

/// What the Baseline Requirements add.
const REQUIREMENTS: RuleSet = RuleSet::of(&[
    Rule::AlgorithmNotPermitted,
    Rule::KeyNotPermitted,
    Rule::UnevenModulus,
    Rule::WeakExponent,
    Rule::AuthorityKeyIdentifierForm,
    Rule::RootKeyIdentifierMismatch,
    Rule::KeyUsageMissing,
    Rule::LeafMaySign,
    Rule::AlternativeNamesCritical,
    Rule::PublicSuffixWildcard,
    Rule::PrivateSuffixWildcard,
    Rule::CommonNameNotAlternative,
    Rule::PurposeMissing,
    Rule::AnyPurpose,
    Rule::PurposesCritical,
    Rule::RootWithPurposes,
    Rule::ValidityTooLong,
]);

/// What an old anchor need not keep: it was made before the rules were.
const AGE: RuleSet = RuleSet::of(&[Rule::WrongVersion, Rule::SerialNotPositive, Rule::SerialTooLong]);

const BASELINE_RULES: RuleSet =
    PATH.and(COMMON).and(PEDANTIC).and(TLS).and(REQUIREMENTS).without(RuleSet::of(&[
        // BR 7.1.2.5.2: "As an explicit exception from RFC 5280, this extension SHOULD be marked critical, but MAY
        // be marked non-critical".
        Rule::NameConstraintsNotCritical,
    ]));

/// What a root need not keep. BR 7.1.2.1.3 recommends that it names its key as its issuer's, old ones have no key usage,
/// and its own signature proves nothing.
const OF_SUBORDINATES: RuleSet =
    RuleSet::of(&[Rule::KeyUsageMissing, Rule::AuthorityKeyIdentifierMissing, Rule::AlgorithmNotPermitted]);

/// What is between an authority and its auditors. Whoever runs a private suffix (`github.io`) is handed the wildcard
/// for it: BR 3.2.2.6 has them prove "rightful control of the entire Domain Namespace", which no certificate shows.
const UNSEEN: RuleSet = RuleSet::of(&[Rule::PrivateSuffixWildcard]);

/// The web as its clients can judge it: [`BASELINE`] without what a certificate cannot show.
pub static WEB: Profile = Profile {
    name: "web",
    rules: BASELINE_RULES.without(UNSEEN),
    // Whoever put an anchor into a store has judged it.
    anchors: PATH,
    vetted_anchors: PATH,
    validity: SUBSCRIBER_VALIDITY,
    modern_keys: false,
};

/// The web to the letter: RFC 5280 and the Baseline Requirements of the CA/Browser Forum, version 2.1.9, as far as they can be
/// read off a certificate.
pub static BASELINE: Profile = Profile {
    name: "baseline",
    rules: BASELINE_RULES,
    anchors: BASELINE_RULES.without(OF_SUBORDINATES),
    vetted_anchors: PATH,
    validity: SUBSCRIBER_VALIDITY,
    modern_keys: false,
};

/// RFC 5280 to the letter, for paths of any use. Anchors are judged as all others.
pub static RFC5280: Profile = Profile {
    name: "rfc5280",
    rules: PATH.and(COMMON).and(PEDANTIC),
    anchors: PATH.and(COMMON).and(PEDANTIC),
    vetted_anchors: PATH.and(COMMON).and(PEDANTIC),
    validity: &[],
    modern_keys: true,
};

/// RFC 5280 section 6 alone: what makes a path, whatever else its certificates are like.
pub static PATHS: Profile = Profile {
    name: "paths",
    rules: PATH,
    anchors: PATH,
    vetted_anchors: PATH,
    validity: &[],
    modern_keys: true,
};

/// Authorities of one's own, ours among them, and what TLS uses when nothing else is asked for: the paths of
/// RFC 5280, the MUSTs that deployed issuers keep, and what TLS needs of a peer.
pub static PRIVATE: Profile = Profile {
    name: "private",
    rules: USUAL,
    anchors: USUAL.without(AGE),
    vetted_anchors: USUAL.without(AGE),
    validity: &[],
    modern_keys: true,
};
