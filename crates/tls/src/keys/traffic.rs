//! From a traffic secret to a record key (RFC 9846 sections 7.2 and 7.3).

use bulla_crypto::aead::{AeadKey, NONCE_LEN};
use bulla_crypto::hkdf::Prk;

use zeroize::Zeroizing;

use super::schedule13::{Label, LabelPrefix, expand_label};
use super::secret::Secret;
use super::suite::Suite;

/// A traffic secret with what is needed to use it: what a narrative hands to a transport.
#[derive(Debug)]
pub(crate) struct TrafficSecret {
    pub(crate) suite: Suite,
    pub(crate) prefix: LabelPrefix,
    pub(crate) secret: Secret,
}

/// The key and the static IV of one direction.
pub(crate) struct RecordKey {
    key: AeadKey,
    iv: Zeroizing<[u8; NONCE_LEN]>,
}

impl TrafficSecret {
    /// `None` would mean that AWS-LC refuses a key of the right length.
    pub(crate) fn record_key(&self) -> Option<RecordKey> {
        let prk = self.prk();
        let mut iv = Zeroizing::new([0; NONCE_LEN]);
        expand_label(&prk, self.prefix, &Label { label: b"iv", context: b"" }, iv.as_mut());
        let key = Secret::filled(self.suite.aead.key_len(), |out| {
            expand_label(&prk, self.prefix, &Label { label: b"key", context: b"" }, out);
        });
        AeadKey::new(self.suite.aead, key.as_bytes()).ok().map(|key| RecordKey { key, iv })
    }

    /// The next generation: application_traffic_secret_N+1 (RFC 9846 section 7.2).
    pub(crate) fn next(&self) -> Self {
        let prk = self.prk();
        let secret = Secret::filled(self.suite.hash.output_len(), |out| {
            expand_label(&prk, self.prefix, &Label { label: b"traffic upd", context: b"" }, out);
        });
        Self { suite: self.suite, prefix: self.prefix, secret }
    }

    fn prk(&self) -> Prk {
        Prk::new(self.suite.hash, self.secret.as_bytes())
    }
}

impl RecordKey {
    /// The AEAD and the nonce of the record with this sequence number (RFC 9846 section 5.3).
    pub(crate) fn at(&self, sequence: u64) -> (&AeadKey, [u8; NONCE_LEN]) {
        let mut nonce = *self.iv;
        let (_, low) = nonce.split_at_mut(NONCE_LEN - 8);
        low.iter_mut().zip(sequence.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
        (&self.key, nonce)
    }
}
