//! The rules a chain can break.

use serde::{Serialize, Serializer};
use std::fmt;

/// One line per rule: name, stable identifier, section, meaning. The order is that of importance: the first
/// broken rule of a path is reported first.
macro_rules! rules {
    ($($name:ident, $id:literal, $rfc:literal, $doc:literal;)+) => {
        /// A rule that a chain can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $doc] $name,)+
        }

        impl Rule {
            /// Every rule, the most important first.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// A stable name in kebab case.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)+ }
            }

            pub(crate) const fn bit(self) -> u128 {
                1 << self as u8
            }

            /// What it means to break the rule, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $doc,)+ }
            }

            /// Where the rule is written.
            pub const fn rfc(self) -> &'static str {
                match self { $(Self::$name => $rfc,)+ }
            }
        }
    };
}

rules! {
    NoCertificate, "no-certificate", "RFC 9846 section 4.5.1.3", "The peer sent no certificate.";
    BudgetExhausted, "budget-exhausted", "RFC 5280 section 8", "Judging would cost more than is allowed.";
    Malformed, "malformed", "RFC 5280 section 4.1", "A certificate is not what the standard describes.";
    SelfSigned, "self-signed", "RFC 5280 section 6.1", "The peer vouches for itself and is no anchor.";
    UnknownAuthority, "unknown-authority", "RFC 5280 section 6.1",
        "The path ends at an authority that is no anchor.";
    MissingIntermediate, "missing-intermediate", "RFC 9846 section 4.5.1",
        "The certificate of the leaf's issuer was not sent.";
    BadSignature, "bad-signature", "RFC 5280 section 6.1.3 (a)(1)",
        "A signature is not that of the issuer's key.";
    WeakSignature, "weak-signature", "RFC 9155, RFC 6151", "A signature uses a hash that can be forged.";
    UnsupportedAlgorithm, "unsupported-algorithm", "RFC 5280 section 4.1.1.2",
        "A signature algorithm is not known or does not fit the key.";
    SignatureMismatch, "signature-mismatch", "RFC 5280 section 4.1.1.2",
        "The two fields for the signature algorithm differ.";
    AlgorithmNotPermitted, "algorithm-not-permitted", "CA/Browser Forum BR 7.1.3.2",
        "The profile does not permit a signature algorithm.";
    WeakKey, "weak-key", "NIST SP 800-131A, CA/Browser Forum BR 6.1.5", "A key is too short.";
    UnsupportedKey, "unsupported-key", "RFC 5280 section 4.1.2.7", "A kind of key is not known.";
    MalformedKey, "malformed-key", "RFC 5280 section 4.1.2.7",
        "A key is not of the kind that it claims to be.";
    ExplicitCurve, "explicit-curve", "RFC 5480 section 2.1.1", "A curve is spelled out instead of named.";
    KeyNotPermitted, "key-not-permitted", "CA/Browser Forum BR 7.1.3.1",
        "The profile does not permit a kind of key.";
    UnevenModulus, "uneven-modulus", "CA/Browser Forum BR 6.1.5",
        "The length of an RSA modulus is no multiple of eight bits.";
    WeakExponent, "weak-exponent", "CA/Browser Forum BR 6.1.6", "An RSA exponent is even or less than three.";
    Revoked, "revoked", "RFC 5280 section 6.3", "The issuer took a certificate back.";
    RevocationUnknown, "revocation-unknown", "RFC 5280 section 6.3",
        "No revocation list speaks of a certificate.";
    RevocationPartlyKnown, "revocation-partly-known", "RFC 5280 section 6.3.3",
        "The lists at hand speak of some reasons for taking a certificate back only.";
    ListMalformed, "list-malformed", "RFC 5280 section 5.1",
        "A revocation list is not what the standard describes.";
    ListForged, "list-forged", "RFC 5280 section 6.3.3 (g)",
        "The signature of a revocation list is not that of the issuer's key.";
    ListNotCurrent, "list-not-current", "RFC 5280 section 5.1.2.5",
        "A revocation list is too old or not yet valid.";
    ListSignerNotPermitted, "list-signer-not-permitted", "RFC 5280 section 6.3.3 (f)",
        "An authority that may not, signs a revocation list.";
    ListSignerUntrusted, "list-signer-untrusted", "RFC 5280 section 6.3.3 (f)",
        "No path that keeps the rules leads from who signed a revocation list to the anchor.";
    ListWithoutBase, "list-without-base", "RFC 5280 section 5.2.4",
        "A list has the changes to another list only, which is not at hand.";
    ListUnprocessed, "list-unprocessed", "RFC 5280 section 5.2",
        "A revocation list demands a rule that is not known.";
    ListWithoutNumber, "list-without-number", "RFC 5280 section 5.2.3",
        "A revocation list has no number, or marks it as critical.";
    UnknownCriticalExtension, "unknown-critical-extension", "RFC 5280 section 4.2",
        "A certificate demands a rule that is not known.";
    Precertificate, "precertificate", "RFC 6962 section 3.1",
        "A certificate is a draft that was made for transparency logs.";
    NotAnAuthority, "not-an-authority", "RFC 5280 section 4.2.1.9",
        "A certificate that may not, signs another.";
    AuthorityMayNotSign, "authority-may-not-sign", "RFC 5280 section 4.2.1.3",
        "The key of an authority is not for signing certificates.";
    PathTooLong, "path-too-long", "RFC 5280 section 4.2.1.9", "More intermediates than an authority allows.";
    AnchorLimited, "anchor-limited", "RFC 5280 section 6.1.1 (d)",
        "The store that trusts an anchor does not trust it for this.";
    DepthExceeded, "depth-exceeded", "RFC 5280 section 6.1", "More intermediates than the verifier allows.";
    LeafIsAuthority, "leaf-is-authority", "CA/Browser Forum BR 7.1.2.7.8",
        "An authority's certificate is used as the peer's own.";
    WrongKeyUsage, "wrong-key-usage", "RFC 5280 section 4.2.1.3",
        "A key is used for what it must not be used for.";
    WrongPurpose, "wrong-purpose", "RFC 5280 section 4.2.1.12", "A certificate is for another purpose.";
    PurposeNotNested, "purpose-not-nested", "RFC 5280 section 4.2.1.12",
        "An authority may not certify for this purpose.";
    AnyPurposeOnly, "any-purpose-only", "RFC 5280 section 4.2.1.12",
        "A certificate names no purpose but any.";
    NameExcluded, "name-excluded", "RFC 5280 section 4.2.1.10",
        "An authority is forbidden to certify a name.";
    NameNotPermitted, "name-not-permitted", "RFC 5280 section 4.2.1.10",
        "An authority may not certify a name.";
    NameUnclear, "name-unclear", "RFC 5280 section 4.2.1.10", "A name constraint cannot be applied.";
    NoValidPolicy, "no-valid-policy", "RFC 5280 section 6.1.5 (g), RFC 9618",
        "No policy that is asked for holds along the path.";
    AnyPolicyMapped, "any-policy-mapped", "RFC 5280 section 6.1.4 (a)",
        "The policy that stands for all is mapped.";
    DuplicatePolicy, "duplicate-policy", "RFC 5280 section 4.2.1.4", "A policy is named twice.";
    EmptyPolicyConstraints, "empty-policy-constraints", "RFC 5280 section 4.2.1.11",
        "Policy constraints constrain nothing.";
    PolicyConstraintsNotCritical, "policy-constraints-not-critical", "RFC 5280 section 4.2.1.11",
        "Policy constraints are not marked as critical.";
    AnyPolicyInhibitionNotCritical, "any-policy-inhibition-not-critical", "RFC 5280 section 4.2.1.14",
        "The inhibition of the policy that stands for all is not marked as critical.";
    WrongVersion, "wrong-version", "RFC 5280 section 4.1.2.1", "A certificate is not of version 3.";
    SerialNotPositive, "serial-not-positive", "RFC 5280 section 4.1.2.2",
        "A serial number is zero or negative.";
    SerialTooLong, "serial-too-long", "RFC 5280 section 4.1.2.2", "A serial number has more than 20 bytes.";
    EmptyIssuer, "empty-issuer", "RFC 5280 section 4.1.2.4", "A certificate does not name its issuer.";
    EmptySubject, "empty-subject", "RFC 5280 section 4.1.2.6", "An authority has no name.";
    UniqueIdentifiers, "unique-identifiers", "RFC 5280 section 4.1.2.8",
        "A certificate has identifiers that conforming authorities must not generate.";
    TimeForm, "time-form", "RFC 5280 section 4.1.2.5", "A date is not written in the form for its year.";
    AuthorityKeyIdentifierCritical, "authority-key-identifier-critical", "RFC 5280 section 4.2.1.1",
        "The identifier of the issuer's key is marked as critical.";
    AuthorityKeyIdentifierMissing, "authority-key-identifier-missing", "RFC 5280 section 4.2.1.1",
        "A certificate does not identify its issuer's key.";
    AuthorityKeyIdentifierForm, "authority-key-identifier-form", "CA/Browser Forum BR 7.1.2.11.1",
        "The identifier of the issuer's key has other fields than the profile allows.";
    RootKeyIdentifierMismatch, "root-key-identifier-mismatch", "CA/Browser Forum BR 7.1.2.1.3",
        "A root identifies another key than its own as its issuer's.";
    SubjectKeyIdentifierCritical, "subject-key-identifier-critical", "RFC 5280 section 4.2.1.2",
        "The identifier of the key is marked as critical.";
    SubjectKeyIdentifierMissing, "subject-key-identifier-missing", "RFC 5280 section 4.2.1.2",
        "An authority does not identify its key.";
    InformationAccessCritical, "information-access-critical", "RFC 5280 section 4.2.2.1",
        "The place of the issuer's certificate is marked as critical.";
    BasicConstraintsNotCritical, "basic-constraints-not-critical", "RFC 5280 section 4.2.1.9",
        "An authority does not mark its basic constraints as critical.";
    PathLengthMisplaced, "path-length-misplaced", "RFC 5280 section 4.2.1.9",
        "A path length without the right to sign certificates.";
    KeyUsageMissing, "key-usage-missing", "CA/Browser Forum BR 7.1.2.2",
        "An authority does not say what its key is for.";
    SigningLeaf, "signing-leaf", "RFC 5280 section 4.2.1.3",
        "A certificate may sign others, but is no authority.";
    LeafMaySign, "leaf-may-sign", "CA/Browser Forum BR 7.1.2.7.11",
        "The key of a server may sign certificates or revocation lists.";
    NameConstraintsMisplaced, "name-constraints-misplaced", "RFC 5280 section 4.2.1.10",
        "Name constraints in a certificate that is no authority.";
    NameConstraintsNotCritical, "name-constraints-not-critical", "RFC 5280 section 4.2.1.10",
        "Name constraints are not marked as critical.";
    EmptyNameConstraints, "empty-name-constraints", "RFC 5280 section 4.2.1.10",
        "Name constraints constrain nothing.";
    MalformedNameConstraint, "malformed-name-constraint", "RFC 5280 section 4.2.1.10",
        "A name constraint is not written as the standard describes.";
    AlternativeNamesNotCritical, "alternative-names-not-critical", "RFC 5280 section 4.2.1.6",
        "Without a subject, the alternative names are not marked as critical.";
    AlternativeNamesCritical, "alternative-names-critical", "CA/Browser Forum BR 7.1.2.7.12",
        "With a subject, the alternative names are marked as critical.";
    MalformedName, "malformed-name", "RFC 5280 section 4.2.1.6",
        "An alternative name is not written as the standard describes.";
    AddressAsDomain, "address-as-domain", "RFC 5280 section 4.2.1.6",
        "An address is written as a domain name.";
    PublicSuffixWildcard, "public-suffix-wildcard", "CA/Browser Forum BR 3.2.2.6",
        "A wildcard stands for all domains of a registry.";
    PrivateSuffixWildcard, "private-suffix-wildcard", "CA/Browser Forum BR 3.2.2.6",
        "A wildcard stands for all domains that a company hands out.";
    CommonNameNotAlternative, "common-name-not-alternative", "CA/Browser Forum BR 7.1.4.3",
        "The common name is none of the alternative names.";
    PurposeMissing, "purpose-missing", "CA/Browser Forum BR 7.1.2.7.10", "A certificate names no purpose.";
    AnyPurpose, "any-purpose", "CA/Browser Forum BR 7.1.2.7.10", "A certificate is for any purpose.";
    PurposesCritical, "purposes-critical", "CA/Browser Forum BR 7.1.2.7.6",
        "The purposes of a certificate are marked as critical.";
    RootWithPurposes, "root-with-purposes", "CA/Browser Forum BR 7.1.2.1.2", "A root names purposes.";
    ValidityTooLong, "validity-too-long", "CA/Browser Forum BR 6.3.2",
        "A certificate is valid for longer than was allowed when it was issued.";
    NoNames, "no-names", "RFC 9525 section 2", "The certificate carries no name of a server.";
    WrongName, "wrong-name", "RFC 9525 section 6", "The certificate is for other names.";
    NotYetValid, "not-yet-valid", "RFC 5280 section 4.1.2.5", "A validity has not begun.";
    Expired, "expired", "RFC 5280 section 4.1.2.5", "A validity has ended.";
    BadStatus, "bad-status", "RFC 6066 section 8", "What the peer shows of its certificate's status is no proof.";
    Refused, "refused", "RFC 9846 section 6.2", "Whoever judges has a rule of its own.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
