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

/// The keys of one direction (RFC 9846 sections 5.2, 5.3 and 7.3; TLS 1.2: RFC 5246 section 6.2.3.3).
pub struct RecordKeys {
    suite: CipherSuite,
    secret: Vec<u8>,
    key: AeadKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
    /// In TLS 1.2, how many bytes of the nonce are sent.
    explicit: Option<usize>,
    /// In TLS 1.2, whether the peer has said change_cipher_spec.
    begun: bool,
}

/// The same keys, numbered from the start.
impl Clone for RecordKeys {
    fn clone(&self) -> Self {
        Self::new(self.suite, &self.secret)
    }
}

impl RecordKeys {
    /// From a traffic secret; in TLS 1.2 from a key and the IV behind it.
    ///
    /// # Panics
    /// If the suite is none that bulla uses.
    pub fn new(suite: CipherSuite, secret: &[u8]) -> Self {
        let (algorithm, hash) = algorithms(suite);
        if suite.0 >> 8 != 0x13 {
            return Self::new12(suite, algorithm, secret);
        }
        let mut key = vec![0; algorithm.key_len()];
        expand_label(hash, secret, "key", &mut key);
        let mut iv = [0; NONCE_LEN];
        expand_label(hash, secret, "iv", &mut iv);
        let key = AeadKey::new(algorithm, &key).expect("a key of the right length");
        Self { suite, secret: secret.to_vec(), key, iv, sequence: 0, explicit: None, begun: true }
    }

    fn new12(suite: CipherSuite, algorithm: AeadAlgorithm, secret: &[u8]) -> Self {
        let (key, iv) = secret.split_at(algorithm.key_len());
        let explicit = if algorithm == AeadAlgorithm::ChaCha20Poly1305 { 0 } else { 8 };
        Self {
            suite,
            secret: secret.to_vec(),
            key: AeadKey::new(algorithm, key).expect("a key of the right length"),
            iv: iv.try_into().expect("an IV of the right length"),
            sequence: 0,
            explicit: Some(explicit),
            begun: false,
        }
    }

    /// Whether a record of this type that was received is protected. In TLS 1.2 all are from change_cipher_spec on.
    pub fn protects(&mut self, kind: ContentType) -> bool {
        if self.explicit.is_none() {
            return kind == ContentType::APPLICATION_DATA;
        }
        let begun = self.begun;
        self.begun |= kind == ContentType::CHANGE_CIPHER_SPEC;
        begun
    }

    fn seal12(&mut self, explicit: usize, kind: ContentType, content: &[u8]) -> Vec<u8> {
        let header = header(kind, explicit + content.len() + TAG_LEN);
        let mut sealed = vec![0; content.len() + TAG_LEN];
        let associated = self.associated(kind, content.len());
        self.key.seal(&self.nonce(), &associated, content, &[], &mut sealed).expect("sealing");
        let number = self.sequence.to_be_bytes();
        self.sequence += 1;
        [&header[..], &number[..explicit], &sealed].concat()
    }

    fn open12(&mut self, explicit: usize, record: &[u8]) -> Option<(ContentType, Vec<u8>)> {
        let (header, body) = record.split_at(5);
        let (number, sealed) = body.split_at(explicit);
        assert_eq!(number, &self.sequence.to_be_bytes()[..explicit], "the record's number is sent");
        let kind = ContentType(header[0]);
        let mut sealed = sealed.to_vec();
        let associated = self.associated(kind, sealed.len() - TAG_LEN);
        let content = self.key.open_in_place(&self.nonce(), &associated, &mut sealed).ok()?.to_vec();
        self.sequence += 1;
        Some((kind, content))
    }

    fn associated(&self, kind: ContentType, content: usize) -> Vec<u8> {
        [&self.sequence.to_be_bytes()[..], &header(kind, content)].concat()
    }

    /// The next generation of keys (RFC 9846 section 7.2).
    pub fn update(&mut self) {
        let mut next = vec![0; self.secret.len()];
        expand_label(algorithms(self.suite).1, &self.secret, "traffic upd", &mut next);
        *self = Self::new(self.suite, &next);
    }

    /// Seals content of this type with this much padding.
    pub fn seal(&mut self, kind: ContentType, content: &[u8], padding: usize) -> Vec<u8> {
        if let Some(explicit) = self.explicit {
            return self.seal12(explicit, kind, content);
        }
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
        if let Some(explicit) = self.explicit {
            return self.open12(explicit, record);
        }
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
        CipherSuite::ECDHE_ECDSA_AES_128_GCM_SHA256
        | CipherSuite::ECDHE_RSA_AES_128_GCM_SHA256
        | CipherSuite::RSA_AES_128_GCM_SHA256 => (AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256),
        CipherSuite::ECDHE_ECDSA_CHACHA20_POLY1305_SHA256 => {
            (AeadAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256)
        }
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
