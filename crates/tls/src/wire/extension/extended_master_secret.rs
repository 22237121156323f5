//! `extended_master_secret` (RFC 7627 section 5.1).

use super::empty_extension;
use crate::wire::registry::ExtensionType;

empty_extension! {
    /// The master secret of TLS 1.2 is to depend on the whole handshake, not on the randoms alone.
    ExtendedMasterSecret, ExtensionType::EXTENDED_MASTER_SECRET
}
