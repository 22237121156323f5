//! The keys of anchors, made ready once.

use bulla_crypto::signature::{PreparedKey, PublicKey, SignatureAlgorithm, VerifyError};
use std::sync::OnceLock;

/// The key of an anchor in the form that verifies. It is kept once a signature has held by it: nobody but the anchor
/// decides for which algorithm.
#[derive(Clone, Default)]
pub(crate) struct AnchorKey(OnceLock<PreparedKey>);

impl AnchorKey {
    /// As [`PublicKey::verify`] of `key`, which is the key that the anchor's certificate has.
    pub(crate) fn verify(
        &self,
        key: &PublicKey<'_>,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), VerifyError> {
        if let Some(kept) = self.0.get().filter(|kept| kept.algorithm() == algorithm) {
            return kept.verify(message, signature);
        }
        let prepared = key.prepare(algorithm)?;
        prepared.verify(message, signature)?;
        self.0.get_or_init(|| prepared);
        Ok(())
    }
}
