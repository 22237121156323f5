//! Policies (RFC 5280 sections 4.2.1.4, 4.2.1.5 and 4.2.1.11).

use super::list::List;
use asn1::{Asn1Read, Asn1Write, ObjectIdentifier, Sequence};

/// `PolicyInformation`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct PolicyInformation<'a> {
    pub(crate) id: ObjectIdentifier,
    pub(crate) qualifiers: Option<List<'a, Sequence<'a>, 1>>,
}

/// One pair of `PolicyMappings`.
#[derive(Asn1Read, Asn1Write, Clone)]
pub(crate) struct PolicyMapping {
    pub(crate) issuer: ObjectIdentifier,
    pub(crate) subject: ObjectIdentifier,
}

/// `PolicyConstraints`.
#[derive(Asn1Read, Asn1Write, Clone, Copy, Debug)]
pub(crate) struct PolicyConstraints {
    #[implicit(0)]
    pub(crate) require_explicit: Option<u64>,
    #[implicit(1)]
    pub(crate) inhibit_mapping: Option<u64>,
}
