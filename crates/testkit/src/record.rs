//! Records sealed and opened by hand, apart from the engine's own record layer.

use bulla_crypto::aead::{AeadAlgorithm, AeadKey, NONCE_LEN, TAG_LEN};
use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::hkdf::Prk;
use bulla_tls::registry::{CipherSuite, ContentType};

/// A record in the clear, with the version of TLS 1.2.
///
/// # Panics
/// If the content has 2^16 bytes or more.
pub fn clear(kind: ContentType, content: &[u8]) -> Vec<u8> {
    [&header(kind, content.len())[..], content].concat()
}

fn header(kind: ContentType, length: usize) -> [u8; 5] {
    let [high, low] = u16::try_from(length).expect("a record's length").to_be_bytes();
    [kind.0, 3, 3, high, low]
}

/// The keys of one direction (RFC 9846 sections 5.2, 5.3 and 7.3).
pub struct RecordKeys {
    suite: CipherSuite,
    secret: Vec<u8>,
    key: AeadKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

/// The same keys, numbered from the start.
impl Clone for RecordKeys {
    fn clone(&self) -> Self {
        Self::new(self.suite, &self.secret)
    }
}

impl RecordKeys {
    /// From a traffic secret.
    ///
    /// # Panics
    /// If the suite is none of TLS 1.3's.
    pub fn new(suite: CipherSuite, secret: &[u8]) -> Self {
        let (algorithm, hash) = algorithms(suite);
        let mut key = vec![0; algorithm.key_len()];
        expand_label(hash, secret, "key", &mut key);
        let mut iv = [0; NONCE_LEN];
        expand_label(hash, secret, "iv", &mut iv);
        let key = AeadKey::new(algorithm, &key).expect("a key of the right length");
        Self { suite, secret: secret.to_vec(), key, iv, sequence: 0 }
    }

    /// The next generation of keys (RFC 9846 section 7.2).
    pub fn update(&mut self) {
        let mut next = vec![0; self.secret.len()];
        expand_label(algorithms(self.suite).1, &self.secret, "traffic upd", &mut next);
        *self = Self::new(self.suite, &next);
    }

    /// Seals content of this type with this much padding.
    pub fn seal(&mut self, kind: ContentType, content: &[u8], padding: usize) -> Vec<u8> {
        self.seal_inner(&[content, &[kind.0], &vec![0; padding]].concat())
    }

    /// Seals an inner plaintext as it is: content, type and padding.
    ///
    /// # Panics
    /// If it fits no record.
    pub fn seal_inner(&mut self, inner: &[u8]) -> Vec<u8> {
        let header = header(ContentType::APPLICATION_DATA, inner.len() + TAG_LEN);
        let mut sealed = vec![0; inner.len() + TAG_LEN];
        self.key.seal(&self.nonce(), &header, inner, &[], &mut sealed).expect("sealing");
        self.sequence += 1;
        [&header[..], &sealed].concat()
    }

    /// Opens a whole record; `None` if it is not one of these keys'.
    pub fn open(&mut self, record: &[u8]) -> Option<(ContentType, Vec<u8>)> {
        let (header, sealed) = record.split_at(5);
        let mut sealed = sealed.to_vec();
        let inner = self.key.open_in_place(&self.nonce(), header, &mut sealed).ok()?;
        self.sequence += 1;
        let end = inner.iter().rposition(|byte| *byte != 0)?;
        Some((ContentType(inner[end]), inner[..end].to_vec()))
    }

    fn nonce(&self) -> [u8; NONCE_LEN] {
        let mut nonce = self.iv;
        for (byte, number) in nonce[NONCE_LEN - 8..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        nonce
    }
}

fn algorithms(suite: CipherSuite) -> (AeadAlgorithm, HashAlgorithm) {
    match suite {
        CipherSuite::AES_128_GCM_SHA256 => (AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
        CipherSuite::AES_256_GCM_SHA384 => (AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384),
        CipherSuite::CHACHA20_POLY1305_SHA256 => (AeadAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256),
        other => panic!("{other}"),
    }
}

/// HKDF-Expand-Label with an empty context (RFC 9846 section 7.1).
fn expand_label(hash: HashAlgorithm, secret: &[u8], label: &str, out: &mut [u8]) {
    let label = format!("tls13 {label}");
    let length = u16::try_from(out.len()).expect("a short output").to_be_bytes();
    let label_length = [u8::try_from(label.len()).expect("a short label")];
    let info: [&[u8]; 4] = [&length, &label_length, label.as_bytes(), &[0]];
    Prk::new(hash, secret).expand(&info, out).expect("a short output");
}
