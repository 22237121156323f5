//! The rules a chain can break.

use serde::{Serialize, Serializer};
use std::fmt;

/// One line per rule: name, stable identifier, section, meaning. The order is that of importance: the first
/// broken rule of a path is reported first.
macro_rules! rules {
    ($($name:ident, $id:literal, $rfc:literal, $doc:literal;)+) => {
        /// A rule that a chain can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    WeakKey, "weak-key", "NIST SP 800-131A, CA/Browser Forum BR 6.1.5", "A key is too short.";
    UnsupportedAlgorithm, "unsupported-algorithm", "RFC 5280 section 4.1.1.2",
        "A key or signature algorithm is not known.";
    UnknownCriticalExtension, "unknown-critical-extension", "RFC 5280 section 4.2",
        "A certificate demands a rule that is not known.";
    NotAnAuthority, "not-an-authority", "RFC 5280 section 4.2.1.9",
        "A certificate that may not, signs another.";
    PathTooLong, "path-too-long", "RFC 5280 section 4.2.1.9", "More intermediates than an authority allows.";
    LeafIsAuthority, "leaf-is-authority", "CA/Browser Forum BR 7.1.2.7",
        "An authority's certificate is used as the peer's own.";
    WrongKeyUsage, "wrong-key-usage", "RFC 5280 section 4.2.1.3",
        "A key is used for what it must not be used for.";
    WrongPurpose, "wrong-purpose", "RFC 5280 section 4.2.1.12", "A certificate is for another purpose.";
    NameExcluded, "name-excluded", "RFC 5280 section 4.2.1.10",
        "An authority is forbidden to certify a name.";
    NameNotPermitted, "name-not-permitted", "RFC 5280 section 4.2.1.10",
        "An authority may not certify a name.";
    NameUnclear, "name-unclear", "RFC 5280 section 4.2.1.10", "A name constraint cannot be applied.";
    BreaksProfile, "breaks-profile", "RFC 5280 section 4", "A certificate breaks a MUST of the standard.";
    NoNames, "no-names", "RFC 9525 section 2", "The certificate carries no name of a server.";
    WrongName, "wrong-name", "RFC 9525 section 6", "The certificate is for other names.";
    NotYetValid, "not-yet-valid", "RFC 5280 section 4.1.2.5", "A validity has not begun.";
    Expired, "expired", "RFC 5280 section 4.1.2.5", "A validity has ended.";
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
