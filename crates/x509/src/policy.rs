//! Policies that a caller can ask for (RFC 5280 section 6.1.1).

use asn1::ObjectIdentifier;
use std::{fmt, str::FromStr};

/// The identifier of a certificate policy, such as `2.23.140.1.2.1`.
///
/// ```
/// use bulla_x509::policy::PolicyId;
/// let policy: PolicyId = "2.23.140.1.2.1".parse().unwrap();
/// assert_eq!(policy.to_string(), "2.23.140.1.2.1");
/// assert!("2".parse::<PolicyId>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyId(pub(crate) ObjectIdentifier);

/// Text that is no object identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an object identifier: numbers with dots between are needed, such as 2.23.140.1.2.1")]
pub struct NotAnIdentifier;

impl FromStr for PolicyId {
    type Err = NotAnIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ObjectIdentifier::from_string(text).map(Self).ok_or(NotAnIdentifier)
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyId({self})")
    }
}

/// What is asked of the policies along a path (RFC 5280 section 6.1.1 (c), (e), (f), (g)). The default asks for
/// nothing: authorities may still ask for a policy of those below them.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyInput<'a> {
    /// The policies that are good enough; none means all.
    pub acceptable: &'a [PolicyId],
    /// Whether one of them must hold even if no authority asks for that.
    pub require_explicit: bool,
    /// Whether no authority may declare one policy equal to another.
    pub inhibit_mapping: bool,
    /// Whether the policy that stands for all stands for none.
    pub inhibit_any: bool,
}
