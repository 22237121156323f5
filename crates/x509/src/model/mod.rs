//! The ASN.1 types of RFC 5280 and RFC 2986, once, for reading and for writing.
//!
//! Nothing here decides; a value that parses is well-formed DER of the right shape, no more.
#![expect(clippy::result_large_err, reason = "the derives return asn1's own error, 136 bytes")]

pub(crate) mod algorithm;
pub(crate) mod certificate;
pub(crate) mod extension;
pub(crate) mod general_name;
pub(crate) mod list;
pub(crate) mod name;
pub(crate) mod oid;
pub(crate) mod policy;
pub(crate) mod request;
pub(crate) mod revocation;
pub(crate) mod time;
