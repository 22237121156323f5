//! From a secret to a record key: by a traffic secret in TLS 1.3 (RFC 9846 sections 7.2 and 7.3), out of the
//! key block in TLS 1.2 (RFC 5246 section 6.3).

use std::fmt;

use bulla_crypto::aead::{AeadAlgorithm, AeadKey, NONCE_LEN};
use bulla_crypto::hkdf::Prk;
use bulla_crypto::hmac::HmacKey;
use bulla_crypto::wipe::Wiped;

use super::schedule13::{Label, LabelPrefix, expand_label, finished_mac};
use super::secret::Secret;
use super::suite::Suite;

/// A traffic secret of the application with what is needed to use it, and to replace it.
#[derive(Debug)]
pub(crate) struct TrafficSecret {
    pub(crate) suite: Suite,
    pub(crate) prefix: LabelPrefix,
    pub(crate) secret: Secret,
}

/// The record key that follows from a traffic secret of the handshake. It has no next generation, so the secret itself is
/// not kept.
pub(crate) struct HandshakeKey {
    suite: Suite,
    record_key: Option<RecordKey>,
    #[cfg(any(test, feature = "testing"))]
    secret: Secret,
}

/// One direction's part of a TLS 1.2 key block.
pub(crate) struct BlockKey {
    pub(crate) suite: Suite,
    pub(crate) key: Secret,
    /// The static part of the nonce: all of it for ChaCha20-Poly1305, the first four bytes for AES-GCM, behind
    /// which zeros stand.
    pub(crate) iv: Wiped<NONCE_LEN>,
}

/// What a narrative hands to a transport, to protect one direction by.
pub(crate) enum Keys {
    Handshake13(HandshakeKey),
    Tls13(TrafficSecret),
    Tls12(BlockKey),
}

/// How records look that a key protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordForm {
    /// The type is sealed behind the content (RFC 9846 section 5.2).
    Inner,
    /// The type stands in the header; number, type, version and length are authenticated (RFC 5246 section
    /// 6.2.3.3).
    Outer {
        /// Whether eight bytes of the nonce stand before the content (RFC 5288 section 3).
        explicit_nonce: bool,
    },
}

/// The key and the static IV of one direction.
pub(crate) struct RecordKey {
    key: AeadKey,
    iv: Wiped<NONCE_LEN>,
    form: RecordForm,
}

impl Keys {
    /// The record key, and from what the next generation follows, if there is one: keys of the handshake and of TLS
    /// 1.2 have none. `None` would mean that AWS-LC refuses a key of the right length.
    pub(crate) fn into_record_key(self) -> Option<(RecordKey, Option<TrafficSecret>)> {
        Some(match self {
            Self::Handshake13(key) => (key.record_key?, None),
            Self::Tls13(secret) => (secret.record_key()?, Some(secret)),
            Self::Tls12(block) => (block.record_key()?, None),
        })
    }

    pub(crate) fn suite(&self) -> Suite {
        match self {
            Self::Handshake13(key) => key.suite,
            Self::Tls13(TrafficSecret { suite, .. }) | Self::Tls12(BlockKey { suite, .. }) => *suite,
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.suite().id)
    }
}

impl BlockKey {
    fn record_key(&self) -> Option<RecordKey> {
        let explicit_nonce = self.suite.aead != AeadAlgorithm::ChaCha20Poly1305;
        let key = AeadKey::new(self.suite.aead, self.key.as_bytes()).ok()?;
        Some(RecordKey { key, iv: self.iv.clone(), form: RecordForm::Outer { explicit_nonce } })
    }
}

impl HandshakeKey {
    /// Of a secret, and of what it is to HKDF.
    pub(crate) fn new(suite: Suite, prefix: LabelPrefix, _secret: &[u8], base: &Prk) -> Self {
        Self {
            suite,
            record_key: expand(suite, prefix, base),
            #[cfg(any(test, feature = "testing"))]
            secret: Secret::of(_secret),
        }
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.secret.as_bytes()
    }
}

impl TrafficSecret {
    pub(crate) fn new(suite: Suite, prefix: LabelPrefix, secret: Secret) -> Self {
        Self { suite, prefix, secret }
    }

    fn record_key(&self) -> Option<RecordKey> {
        expand(self.suite, self.prefix, &self.prk())
    }

    /// The key of a Finished after the handshake (RFC 9846 section 4.5).
    pub(crate) fn finished_mac(&self) -> HmacKey {
        finished_mac(&self.prk(), self.prefix)
    }

    /// The next generation: application_traffic_secret_N+1 (RFC 9846 section 7.2).
    pub(crate) fn next(&self) -> Self {
        let prk = self.prk();
        let secret = Secret::filled(self.suite.hash.output_len(), |out| {
            expand_label(&prk, self.prefix, &Label { label: b"traffic upd", context: b"" }, out);
        });
        Self::new(self.suite, self.prefix, secret)
    }

    fn prk(&self) -> Prk {
        Prk::new(self.suite.hash, self.secret.as_bytes())
    }
}

/// Key and IV of a traffic secret (RFC 9846 section 7.3).
fn expand(suite: Suite, prefix: LabelPrefix, base: &Prk) -> Option<RecordKey> {
    let mut iv = Wiped::zeros();
    expand_label(base, prefix, &Label { label: b"iv", context: b"" }, &mut *iv);
    // The longest key there is.
    let mut key = Wiped::<32>::zeros();
    let key = key.get_mut(..suite.aead.key_len())?;
    expand_label(base, prefix, &Label { label: b"key", context: b"" }, key);
    let key = AeadKey::new(suite.aead, key).ok()?;
    Some(RecordKey { key, iv, form: RecordForm::Inner })
}

/// Bytes of a nonce that differ from record to record.
pub(crate) const EXPLICIT_NONCE: usize = 8;

impl RecordKey {
    pub(crate) fn form(&self) -> RecordForm {
        self.form
    }

    /// The AEAD and the nonce of the record with this sequence number (RFC 9846 section 5.3, RFC 7905 section
    /// 2; with RFC 5288 the number is the part of the nonce that is sent).
    pub(crate) fn at(&self, sequence: u64) -> (&AeadKey, [u8; NONCE_LEN]) {
        let [a, b, c, d, low @ ..] = *self.iv;
        let [e, f, g, h, i, j, k, l] = (u64::from_be_bytes(low) ^ sequence).to_be_bytes();
        (&self.key, [a, b, c, d, e, f, g, h, i, j, k, l])
    }
}
