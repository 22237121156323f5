//! Every rule with its code, one a line.

use super::{
    ANEW, At, Outcome, Row,
    Say::{Made, Plain},
    Scope::{self, Authority, Each, Leaf, Path, Signature},
    authority, identifiers, keys, leaf, names, revocation, shape, signed, time,
};
use crate::{
    path::budget::Exhausted,
    profile::{RuleSet, USUAL},
    verdict::Rule,
};

/// Whether a certificate keeps the rules whose answer is the same on every path.
pub(crate) fn is_fit(at: &At<'_, '_>) -> Result<bool, Exhausted> {
    if at.link == 0 { keeps::<{ Leaf as u8 }>(at) } else { keeps::<{ Authority as u8 }>(at) }
}

/// Whether a certificate keeps the rules that speak of the whole path.
pub(crate) fn fits_path(at: &At<'_, '_>) -> Result<bool, Exhausted> {
    keeps::<{ Path as u8 }>(at)
}

fn keeps<const SCOPE: u8>(at: &At<'_, '_>) -> Result<bool, Exhausted> {
    let rules = at.rules().without(at.env.silent);
    let others = rules.without(USUAL);
    Ok(ask::<SCOPE, true>(at, rules)? && (others == RuleSet::NONE || ask::<SCOPE, false>(at, others)?))
}

const fn is_asked(asked: u8, scope: Scope) -> bool {
    scope as u8 == asked || matches!(scope, Each) && asked != Path as u8
}

/// Makes the table, and the code that asks its rules one after the other. What is asked in nearly all judgements comes
/// first and stands in one piece: a walk over the table would call through a pointer for each rule, which processors
/// guess wrong after the work of a signature.
macro_rules! table {
    ($(row($rule:expr, $scope:ident, $test:path, $say:expr $(,)?),)+) => {
        pub(crate) const TABLE: &[Row] = &[$(Row { rule: $rule, scope: $scope, test: $test, say: $say }),+];

        fn ask<const SCOPE: u8, const IS_USUAL: bool>(
            at: &At<'_, '_>,
            rules: RuleSet,
        ) -> Result<bool, Exhausted> {
            $(
                if const { is_asked(SCOPE, $scope) && USUAL.contains($rule) == IS_USUAL }
                    && rules.meets(const { RuleSet::of(&[$rule]) })
                {
                    match $test(at) {
                        Outcome::Held | Outcome::NotApplicable => {}
                        Outcome::Broken => return Ok(false),
                        Outcome::Exhausted(exhausted) => return Err(exhausted),
                    }
                }
            )+
            Ok(true)
        }
    };
}

const AUTHORITY: &str = "Have the certificate issued by an authority whose own certificate allows it.";
const UNMARKED: &str = "Have the certificate issued anew with that extension not critical.";
const MARKED: &str = "Have the certificate issued anew with that extension critical.";
const WEB_KEY: &str = "Make a new key (ECDSA P-256 or RSA 2048) and have a certificate issued for it.";
const IDENTIFY: &str = "Have the certificate issued anew by software that writes key identifiers.";

table! {
    row(Rule::NotYetValid, Each, time::begun, Made(time::say_begun)),
    row(Rule::Expired, Each, time::not_ended, Made(time::say_ended)),
    row(Rule::BadSignature, Signature, signed::sound, Made(signed::say)),
    row(Rule::WeakSignature, Signature, signed::strong, Made(signed::say)),
    row(Rule::UnsupportedAlgorithm, Signature, signed::known, Made(signed::say)),
    row(
        Rule::SignatureMismatch,
        Each,
        shape::algorithms_agree,
        Plain("names two different signature algorithms", ANEW),
    ),
    row(
        Rule::AlgorithmNotPermitted,
        Each,
        keys::permitted_signature,
        Plain(
            "is signed with an algorithm that the web does not know",
            "Have it signed with ECDSA or RSA, and SHA-256 or better.",
        ),
    ),
    row(Rule::WeakKey, Each, keys::strong, Made(keys::say)),
    row(Rule::UnsupportedKey, Each, keys::known, Made(keys::say)),
    row(Rule::MalformedKey, Each, keys::well_formed, Made(keys::say)),
    row(
        Rule::ExplicitCurve,
        Each,
        keys::named_curve,
        Plain(
            "spells out the curve of its key instead of naming it",
            "Make a new key on a named curve (P-256, say) and have a certificate issued for it.",
        ),
    ),
    row(
        Rule::KeyNotPermitted,
        Each,
        keys::permitted,
        Plain("has a key of a kind that the web does not know", WEB_KEY),
    ),
    row(
        Rule::UnevenModulus,
        Each,
        keys::even_modulus,
        Plain("has an RSA key whose length in bits is no multiple of 8", WEB_KEY),
    ),
    row(
        Rule::WeakExponent,
        Each,
        keys::exponent,
        Plain("has an RSA key with an even exponent, or one below 3", WEB_KEY),
    ),
    row(
        Rule::UnknownCriticalExtension,
        Each,
        shape::critical_extensions,
        Made(shape::say_critical_extensions),
    ),
    row(
        Rule::Precertificate,
        Each,
        shape::precertificate,
        Plain(
            "is a draft for transparency logs, not a certificate",
            "Use the certificate that the authority issued after it.",
        ),
    ),
    row(Rule::WrongVersion, Each, shape::version, Made(shape::say_version)),
    row(
        Rule::SerialNotPositive,
        Each,
        shape::serial_positive,
        Plain("has a serial number that is not positive", ANEW),
    ),
    row(
        Rule::SerialTooLong,
        Each,
        shape::serial_length,
        Plain("has a serial number of more than 20 bytes", ANEW),
    ),
    row(Rule::EmptyIssuer, Each, shape::issuer, Plain("does not say who issued it", ANEW)),
    row(Rule::EmptySubject, Each, shape::subject, Plain("is an authority with no subject", AUTHORITY)),
    row(
        Rule::UniqueIdentifiers,
        Each,
        shape::unique_identifiers,
        Plain("has a unique identifier, which no authority may write any more", ANEW),
    ),
    row(
        Rule::TimeForm,
        Each,
        shape::time_form,
        Plain("writes a date before 2050 as GeneralizedTime, or a later one as UTCTime", ANEW),
    ),
    row(
        Rule::AuthorityKeyIdentifierCritical,
        Each,
        shape::authority_key_identifier_mark,
        Plain("marks authorityKeyIdentifier as critical, which the standard forbids", UNMARKED),
    ),
    row(
        Rule::AuthorityKeyIdentifierMissing,
        Each,
        identifiers::issuer_named,
        Plain("does not identify its issuer's key (authorityKeyIdentifier)", IDENTIFY),
    ),
    row(
        Rule::AuthorityKeyIdentifierForm,
        Each,
        identifiers::issuer_form,
        Plain("identifies its issuer's key by other fields than keyIdentifier", IDENTIFY),
    ),
    row(
        Rule::RootKeyIdentifierMismatch,
        Each,
        identifiers::root_names_itself,
        Plain("is a root that identifies another key as its issuer's", IDENTIFY),
    ),
    row(
        Rule::SubjectKeyIdentifierCritical,
        Each,
        shape::subject_key_identifier_mark,
        Plain("marks subjectKeyIdentifier as critical, which the standard forbids", UNMARKED),
    ),
    row(
        Rule::SubjectKeyIdentifierMissing,
        Each,
        identifiers::own_named,
        Plain("is an authority that does not identify its key (subjectKeyIdentifier)", IDENTIFY),
    ),
    row(
        Rule::InformationAccessCritical,
        Each,
        shape::information_access_mark,
        Plain("marks authorityInfoAccess as critical, which the standard forbids", UNMARKED),
    ),
    row(
        Rule::BasicConstraintsNotCritical,
        Each,
        shape::basic_constraints_mark,
        Plain("is an authority and does not mark basicConstraints as critical", MARKED),
    ),
    row(
        Rule::PathLengthMisplaced,
        Each,
        authority::path_length_place,
        Plain("has a path length but may not sign certificates", AUTHORITY),
    ),
    row(
        Rule::SigningLeaf,
        Each,
        authority::signs_as_authority,
        Plain("may sign certificates (keyUsage) but is not an authority", ANEW),
    ),
    row(
        Rule::NameConstraintsMisplaced,
        Each,
        authority::name_constraints_place,
        Plain("has name constraints but is not an authority", ANEW),
    ),
    row(
        Rule::NameConstraintsNotCritical,
        Each,
        shape::name_constraints_mark,
        Plain("does not mark nameConstraints as critical", MARKED),
    ),
    row(
        Rule::EmptyNameConstraints,
        Each,
        shape::name_constraints_empty,
        Plain("has empty name constraints", ANEW),
    ),
    row(
        Rule::MalformedNameConstraint,
        Each,
        names::constraints_written,
        Made(names::say_constraints_written),
    ),
    row(
        Rule::PolicyConstraintsNotCritical,
        Each,
        shape::policy_constraints_mark,
        Plain("does not mark policyConstraints as critical, as the standard asks", MARKED),
    ),
    row(
        Rule::AnyPolicyInhibitionNotCritical,
        Each,
        shape::any_policy_inhibition_mark,
        Plain("does not mark inhibitAnyPolicy as critical, as the standard asks", MARKED),
    ),
    row(
        Rule::EmptyPolicyConstraints,
        Each,
        shape::policy_constraints_empty,
        Plain("has policy constraints that constrain nothing", ANEW),
    ),
    row(Rule::DuplicatePolicy, Each, shape::duplicate_policy, Plain("names a policy twice", ANEW)),
    row(
        Rule::AnyPolicyMapped,
        Authority,
        shape::any_policy_mapped,
        Plain("maps the policy that stands for all", AUTHORITY),
    ),
    row(
        Rule::AlternativeNamesNotCritical,
        Each,
        shape::alternative_names_mark,
        Plain("has no subject, but does not mark its alternative names as critical", MARKED),
    ),
    row(Rule::MalformedName, Each, names::written, Made(names::say_written)),
    row(
        Rule::AddressAsDomain,
        Each,
        names::address_as_domain,
        Plain(
            "has an address as a domain name (dNSName)",
            "Have the certificate issued with it as iPAddress.",
        ),
    ),
    row(
        Rule::NotAnAuthority,
        Authority,
        authority::is_authority,
        Plain("signs another certificate but is not an authority (basicConstraints)", AUTHORITY),
    ),
    row(
        Rule::AuthorityMayNotSign,
        Authority,
        authority::may_sign,
        Plain("signs another certificate, but its keyUsage lacks keyCertSign", AUTHORITY),
    ),
    row(
        Rule::KeyUsageMissing,
        Authority,
        authority::has_key_usage,
        Plain("does not say what its key is for (keyUsage)", AUTHORITY),
    ),
    row(Rule::PurposeNotNested, Authority, authority::purpose, Made(authority::say_purpose)),
    row(
        Rule::RootWithPurposes,
        Authority,
        authority::root_purposes,
        Plain(
            "is a root that names purposes (extKeyUsage)",
            "Use a root whose own certificate has no extKeyUsage.",
        ),
    ),
    row(
        Rule::LeafIsAuthority,
        Leaf,
        leaf::is_no_authority,
        Plain(
            "is the certificate of an authority and must not be a peer's own",
            "Have the authority issue a certificate for the server, and install that one.",
        ),
    ),
    row(Rule::WrongKeyUsage, Leaf, leaf::key_usage, Made(leaf::say_key_usage)),
    row(
        Rule::LeafMaySign,
        Leaf,
        leaf::signs_nothing,
        Plain("has a key that may sign certificates or revocation lists (keyUsage)", ANEW),
    ),
    row(Rule::WrongPurpose, Leaf, leaf::purpose, Made(leaf::say_purpose)),
    row(Rule::AnyPurposeOnly, Leaf, leaf::any_is_not_enough, Made(leaf::say_purpose)),
    row(
        Rule::AnyPurpose,
        Leaf,
        leaf::any_purpose,
        Plain(
            "is for any purpose (anyExtendedKeyUsage), which the web forbids",
            "Have a certificate issued for serverAuth alone.",
        ),
    ),
    row(
        Rule::PurposeMissing,
        Leaf,
        leaf::has_purpose,
        Plain(
            "does not say what it is for (extKeyUsage)",
            "Have a certificate issued whose extKeyUsage has serverAuth.",
        ),
    ),
    row(
        Rule::PurposesCritical,
        Leaf,
        leaf::purposes_mark,
        Plain("marks extKeyUsage as critical, which the web forbids", UNMARKED),
    ),
    row(
        Rule::AlternativeNamesCritical,
        Leaf,
        shape::alternative_names_unmarked,
        Plain("has a subject and yet marks its alternative names as critical", UNMARKED),
    ),
    row(
        Rule::PublicSuffixWildcard,
        Leaf,
        names::wildcard,
        Plain(
            "has a wildcard for every domain of a registry",
            "Have a certificate issued for the domains that are yours.",
        ),
    ),
    row(
        Rule::PrivateSuffixWildcard,
        Leaf,
        names::private_wildcard,
        Plain(
            "has a wildcard for every domain that a company hands out",
            "Have the certificate issued for the domains that are yours.",
        ),
    ),
    row(Rule::CommonNameNotAlternative, Leaf, names::common_name, Made(names::say_common_name)),
    row(Rule::ValidityTooLong, Leaf, time::length, Made(time::say_length)),
    row(Rule::NoNames, Leaf, leaf::named, Made(leaf::say_named)),
    row(Rule::WrongName, Leaf, leaf::is_meant, Made(leaf::say_is_meant)),
    row(Rule::PathTooLong, Path, authority::path_length, Made(authority::say_path_length)),
    row(Rule::DepthExceeded, Path, authority::depth, Made(authority::say_depth)),
    row(Rule::AnchorLimited, Path, authority::anchor_limits, Made(authority::say_anchor_limits)),
    row(Rule::NameExcluded, Path, names::excluded, Made(names::say_breach)),
    row(Rule::NameNotPermitted, Path, names::permitted, Made(names::say_breach)),
    row(Rule::NameUnclear, Path, names::clear, Made(names::say_breach)),
    row(Rule::NoValidPolicy, Path, authority::policies, Made(authority::say_policies)),
    row(Rule::Revoked, Path, revocation::not_revoked, Made(revocation::say)),
    row(Rule::RevocationUnknown, Path, revocation::known, Made(revocation::say)),
    row(Rule::RevocationPartlyKnown, Path, revocation::wholly_known, Made(revocation::say)),
    row(Rule::ListMalformed, Path, revocation::well_formed, Made(revocation::say)),
    row(Rule::ListForged, Path, revocation::genuine, Made(revocation::say)),
    row(Rule::ListNotCurrent, Path, revocation::current, Made(revocation::say)),
    row(Rule::ListSignerNotPermitted, Path, revocation::signer, Made(revocation::say)),
    row(Rule::ListSignerUntrusted, Path, revocation::signer_trusted, Made(revocation::say)),
    row(Rule::ListWithoutBase, Path, revocation::based, Made(revocation::say)),
    row(Rule::ListUnprocessed, Path, revocation::understood, Made(revocation::say)),
    row(Rule::ListWithoutNumber, Path, revocation::numbered, Made(revocation::say)),
}
