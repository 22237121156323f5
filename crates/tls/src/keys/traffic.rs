//! From a secret to a record key: by a traffic secret in TLS 1.3 (RFC 9846 sections 7.2 and 7.3), out of the
//! key block in TLS 1.2 (RFC 5246 section 6.3).

use std::fmt;

use bulla_crypto::aead::{AeadAlgorithm, AeadKey, NONCE_LEN};
use bulla_crypto::hkdf::Prk;
use bulla_crypto::hmac::HmacKey;
use zeroize::Zeroizing;

use super::schedule13::{Label, LabelPrefix, expand_label, finished_key};
use super::secret::Secret;
use super::suite::Suite;

/// A traffic secret with what is needed to use it: what a narrative hands to a transport.
#[derive(Debug)]
pub(crate) struct TrafficSecret {
    pub(crate) suite: Suite,
    pub(crate) prefix: LabelPrefix,
    pub(crate) secret: Secret,
    /// The secret as a key of HKDF, where it was made one for Finished; needed once more, for the record key.
    pub(crate) base: Option<Box<Prk>>,
}

/// One direction's part of a TLS 1.2 key block.
pub(crate) struct BlockKey {
    pub(crate) suite: Suite,
    pub(crate) key: Secret,
    /// The static part of the nonce: all of it for ChaCha20-Poly1305, the first four bytes for AES-GCM, behind
    /// which zeros stand.
    pub(crate) iv: Zeroizing<[u8; NONCE_LEN]>,
}

/// What a narrative hands to a transport, to protect one direction by.
pub(crate) enum Keys {
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
    iv: Zeroizing<[u8; NONCE_LEN]>,
    form: RecordForm,
}

impl Keys {
    /// `None` would mean that AWS-LC refuses a key of the right length.
    pub(crate) fn record_key(&mut self) -> Option<RecordKey> {
        match self {
            Self::Tls13(secret) => secret.record_key(),
            Self::Tls12(block) => block.record_key(),
        }
    }

    /// The key of a Finished after the handshake (RFC 9846 section 4.5), which TLS 1.2 does not have.
    pub(crate) fn finished_mac(&self) -> Option<HmacKey> {
        match self {
            Self::Tls13(traffic) => {
                let key = finished_key(&traffic.prk(), traffic.prefix);
                Some(HmacKey::new(traffic.suite.hash, key.as_bytes()))
            }
            Self::Tls12(_) => None,
        }
    }

    pub(crate) fn suite(&self) -> Suite {
        match self {
            Self::Tls13(TrafficSecret { suite, .. }) | Self::Tls12(BlockKey { suite, .. }) => *suite,
        }
    }

    /// The next generation, which TLS 1.2 does not have.
    pub(crate) fn next(&self) -> Option<Self> {
        match self {
            Self::Tls13(secret) => Some(Self::Tls13(secret.next())),
            Self::Tls12(_) => None,
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

impl TrafficSecret {
    pub(crate) fn new(suite: Suite, prefix: LabelPrefix, secret: Secret) -> Self {
        Self { suite, prefix, secret, base: None }
    }

    /// The same, and the secret by which its side's Finished is computed.
    pub(crate) fn with_finished_key(suite: Suite, prefix: LabelPrefix, secret: Secret) -> (Self, Secret) {
        let base = Box::new(Prk::new(suite.hash, secret.as_bytes()));
        let finished = finished_key(&base, prefix);
        (Self { suite, prefix, secret, base: Some(base) }, finished)
    }

    /// `None` would mean that AWS-LC refuses a key of the right length.
    fn record_key(&mut self) -> Option<RecordKey> {
        match self.base.take() {
            Some(base) => self.expand(&base),
            None => self.expand(&self.prk()),
        }
    }

    fn expand(&self, base: &Prk) -> Option<RecordKey> {
        let mut iv = Zeroizing::new([0; NONCE_LEN]);
        expand_label(base, self.prefix, &Label { label: b"iv", context: b"" }, iv.as_mut());
        // The longest key there is.
        let mut key = Zeroizing::new([0; 32]);
        let key = key.get_mut(..self.suite.aead.key_len())?;
        expand_label(base, self.prefix, &Label { label: b"key", context: b"" }, key);
        let key = AeadKey::new(self.suite.aead, key).ok()?;
        Some(RecordKey { key, iv, form: RecordForm::Inner })
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

/// Bytes of a nonce that differ from record to record.
pub(crate) const EXPLICIT_NONCE: usize = 8;

impl RecordKey {
    pub(crate) fn form(&self) -> RecordForm {
        self.form
    }

    /// The AEAD and the nonce of the record with this sequence number (RFC 9846 section 5.3, RFC 7905 section
    /// 2; with RFC 5288 the number is the part of the nonce that is sent).
    pub(crate) fn at(&self, sequence: u64) -> (&AeadKey, [u8; NONCE_LEN]) {
        let mut nonce = *self.iv;
        let (_, low) = nonce.split_at_mut(NONCE_LEN - 8);
        low.iter_mut().zip(sequence.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
        (&self.key, nonce)
    }
}
