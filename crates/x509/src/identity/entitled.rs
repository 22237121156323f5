//! Which anchors may say what: facts about Mozilla's root program.

use crate::certificate::Certificate;

/// Whether this is a root of Mozilla's program, as of the version of `webpki-root-certs`.
pub(super) fn is_public(der: &[u8]) -> bool {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().any(|known| known.as_ref() == der)
}

/// Whether the root is entitled to extended validation.
pub(super) fn to_extended_validation(anchor: &Certificate<'_>) -> bool {
    is_public(anchor.der())
}
