//! The primitives themselves, as often as a [`Count`] says.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::agreement::{PrivateKey, PublicKey, UnparsedPublicKey as PeerKey, X25519, agree};
use aws_lc_rs::digest::{self, SHA256, SHA384};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::kem::{Ciphertext, DecapsulationKey, EncapsulationKey, ML_KEM_768};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};
use bench_peer::case::{Kind, Session, Suite};
use bench_peer::fault::Fault;
use bench_peer::identity::Identity;
use std::hint::black_box;

use crate::count::Count;
use crate::hmac::{Key as HmacKey, Provider};

/// Bytes of any content: no primitive here takes longer for some than for others.
static BYTES: [u8; 1 << 15] = [0x5a; 1 << 15];

/// One side's work, everything that is there before the handshake, and what the peer would have sent.
pub(crate) struct Bench {
    count: Count,
    suite: Suite,
    hmac: Provider,
    leaf: Signer,
    peer_x25519: PublicKey,
    peer_kem: Vec<u8>,
    ciphertext: Vec<u8>,
    signed: Vec<Signed>,
    /// The records to open.
    sealed: Vec<Vec<u8>>,
}

/// Something signed, and the key to check it by.
struct Signed {
    algorithm: &'static dyn VerificationAlgorithm,
    message: Vec<u8>,
    signature: Vec<u8>,
    key: Key,
}

/// A key that came with the handshake, or the anchor's, which was there before.
enum Key {
    Sent(Vec<u8>),
    Known(ParsedPublicKey),
}

/// A key that signs.
enum Signer {
    Ecdsa(EcdsaKeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Bench {
    /// Makes what the counted work takes in.
    pub(crate) fn new(
        session: Session,
        identity: &Identity,
        count: Count,
        hmac: Provider,
    ) -> Result<Self, Fault> {
        let encapsulation = DecapsulationKey::generate(&ML_KEM_768)?.encapsulation_key()?;
        let (ciphertext, _) = encapsulation.encapsulate()?;
        let leaf = Signer::read(session.kind, &identity.key)?;
        let signed = match count.verifications.as_slice() {
            [] => Vec::new(),
            [proof, certificates @ ..] => {
                let mut signed = vec![leaf.signed(*proof, true, false)?];
                for (place, length) in certificates.iter().enumerate() {
                    let anchor = place + 1 == certificates.len();
                    signed.push(Signer::generate(session.kind)?.signed(*length, false, anchor)?);
                }
                signed
            }
        };
        let key = record_key(session.suite)?;
        let sealed = count.opens.iter().map(|length| {
            let mut record = vec![0; length + TAG];
            seal(&key, *length, &mut record).map(|()| record)
        });
        Ok(Self {
            suite: session.suite,
            hmac,
            leaf,
            peer_x25519: PrivateKey::generate(&X25519)?.compute_public_key()?,
            peer_kem: encapsulation.key_bytes()?.as_ref().to_vec(),
            ciphertext: ciphertext.as_ref().to_vec(),
            signed,
            sealed: sealed.collect::<Result<_, _>>()?,
            count,
        })
    }

    /// Does all that is counted, once.
    pub(crate) fn perform(&self) -> Result<(), Fault> {
        let count = &self.count;
        (0..count.draws).try_for_each(|_| rand::fill(black_box(&mut [0; 32])))?;
        (0..count.x25519).try_for_each(|_| self.agree())?;
        (0..count.decapsulations).try_for_each(|_| self.decapsulate())?;
        (0..count.encapsulations).try_for_each(|_| self.encapsulate())?;
        count.signatures.iter().try_for_each(|length| self.sign(*length))?;
        self.signed.iter().try_for_each(Signed::verify)?;
        self.look_up();
        self.hash();
        self.authenticate()?;
        self.protect()
    }

    /// The two signatures of a chain.
    pub(crate) fn verify_chain(&self) -> Result<(), Fault> {
        let [_proof, chain @ ..] = self.signed.as_slice() else { return Err(Fault::new("no chain")) };
        Ok(chain.iter().try_for_each(Signed::verify)?)
    }

    fn agree(&self) -> Result<(), Unspecified> {
        let key = PrivateKey::generate(&X25519)?;
        black_box(key.compute_public_key()?);
        let peer = PeerKey::new(&X25519, self.peer_x25519.as_ref());
        agree(&key, peer, Unspecified, |secret| {
            black_box(secret);
            Ok(())
        })
    }

    /// The ciphertext is another key's, which takes as long: that is the point of implicit rejection.
    fn decapsulate(&self) -> Result<(), Fault> {
        let key = DecapsulationKey::generate(&ML_KEM_768)?;
        black_box(key.encapsulation_key()?.key_bytes()?);
        black_box(key.decapsulate(Ciphertext::from(self.ciphertext.as_slice()))?);
        Ok(())
    }

    fn encapsulate(&self) -> Result<(), Fault> {
        let key = EncapsulationKey::new(&ML_KEM_768, &self.peer_kem)?;
        black_box(key.encapsulate()?);
        Ok(())
    }

    /// What is known by its SHA-256: certificates and the keys that signed them.
    fn look_up(&self) {
        for certificate in &self.count.known {
            black_box(digest::digest(&SHA256, &BYTES[..KEY + certificate]));
        }
    }

    /// The transcript: one running hash, read on the way.
    fn hash(&self) {
        let mut transcript = digest::Context::new(match self.suite {
            Suite::Aes256Gcm => &SHA384,
            Suite::Aes128Gcm | Suite::ChaCha20Poly1305 => &SHA256,
        });
        let part = self.count.transcript / self.count.digests.max(1);
        for _ in 0..self.count.digests {
            transcript.update(&BYTES[..part]);
            black_box(transcript.clone().finish());
        }
    }

    fn authenticate(&self) -> Result<(), Fault> {
        let length = match self.suite {
            Suite::Aes256Gcm => 48,
            Suite::Aes128Gcm | Suite::ChaCha20Poly1305 => 32,
        };
        let key = || HmacKey::new(self.hmac, self.suite, black_box(&BYTES[..length]));
        let mut last = key();
        for _ in 1..self.count.hmac_keys {
            last = black_box(key());
        }
        Ok(self.count.hmacs.iter().try_for_each(|length| last.sign(black_box(&BYTES[..*length])))?)
    }

    fn protect(&self) -> Result<(), Fault> {
        let mut key = record_key(self.suite)?;
        for _ in 1..self.count.aead_keys {
            key = black_box(record_key(self.suite)?);
        }
        let mut record = [0; 1 << 14];
        for length in &self.count.seals {
            seal(&key, *length, &mut record)?;
        }
        for sealed in &self.sealed {
            let (text, tag) = sealed.split_at(sealed.len() - TAG);
            key.open_separate_gather(nonce(), aad(), text, tag, &mut record[..text.len()])?;
        }
        black_box(&record);
        Ok(())
    }

    fn sign(&self, length: usize) -> Result<(), Fault> {
        black_box(self.leaf.sign(&BYTES[..length], true)?);
        Ok(())
    }
}

/// The least that stands for an issuer's key: a point of P-256.
const KEY: usize = 65;

/// The length of a tag, with every suite.
pub(crate) const TAG: usize = 16;

/// A key for the suite's cipher.
pub(crate) fn record_key(suite: Suite) -> Result<LessSafeKey, Unspecified> {
    let algorithm: &'static Algorithm = match suite {
        Suite::Aes128Gcm => &AES_128_GCM,
        Suite::Aes256Gcm => &AES_256_GCM,
        Suite::ChaCha20Poly1305 => &CHACHA20_POLY1305,
    };
    Ok(LessSafeKey::new(UnboundKey::new(algorithm, &BYTES[..algorithm.key_len()])?))
}

/// A nonce; what is sealed here is no secret, so the same one serves always.
pub(crate) fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([7; 12])
}

/// The header of a record, as associated data.
pub(crate) fn aad() -> Aad<[u8; 5]> {
    Aad::from([23, 3, 3, 64, 17])
}

/// Seals a record of `length` bytes, the last of which is its type, into the front of `record`.
fn seal(key: &LessSafeKey, length: usize, record: &mut [u8]) -> Result<(), Unspecified> {
    let (body, tail) = record[..length + TAG].split_at_mut(length - 1);
    key.seal_out_of_place_scatter(nonce(), aad(), &BYTES[..length - 1], body, &[22], tail)
}

impl Signer {
    fn read(kind: Kind, pkcs8: &[u8]) -> Result<Self, Fault> {
        Ok(match kind {
            Kind::EcdsaP256 => Self::Ecdsa(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)?),
            Kind::Rsa2048 => Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8)?)),
        })
    }

    fn generate(kind: Kind) -> Result<Self, Fault> {
        Ok(match kind {
            Kind::EcdsaP256 => Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?),
            Kind::Rsa2048 => Self::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048)?)),
        })
    }

    /// Signs as a handshake does, or as a certificate's issuer does.
    fn sign(&self, message: &[u8], handshake: bool) -> Result<Vec<u8>, Unspecified> {
        match self {
            Self::Ecdsa(key) => Ok(key.sign(&SystemRandom::new(), message)?.as_ref().to_vec()),
            Self::Rsa(key) => {
                let padding = if handshake { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature)?;
                Ok(signature)
            }
        }
    }

    fn algorithm(&self, handshake: bool) -> &'static dyn VerificationAlgorithm {
        match (self, handshake) {
            (Self::Ecdsa(_), _) => &ECDSA_P256_SHA256_ASN1,
            (Self::Rsa(_), true) => &RSA_PSS_2048_8192_SHA256,
            (Self::Rsa(_), false) => &RSA_PKCS1_2048_8192_SHA256,
        }
    }

    fn public(&self) -> &[u8] {
        match self {
            Self::Ecdsa(key) => key.public_key().as_ref(),
            Self::Rsa(key) => key.public_key().as_ref(),
        }
    }

    /// Something that this key signed; `known` if whoever checks it has the key beforehand.
    fn signed(&self, length: usize, handshake: bool, known: bool) -> Result<Signed, Fault> {
        let message = BYTES[..length].to_vec();
        let signature = self.sign(&message, handshake)?;
        let algorithm = self.algorithm(handshake);
        let key = match known {
            true => Key::Known(ParsedPublicKey::new(algorithm, self.public())?),
            false => Key::Sent(self.public().to_vec()),
        };
        Ok(Signed { algorithm, message, signature, key })
    }
}

impl Signed {
    fn verify(&self) -> Result<(), Unspecified> {
        match &self.key {
            Key::Sent(key) => {
                UnparsedPublicKey::new(self.algorithm, key).verify(&self.message, &self.signature)
            }
            Key::Known(key) => key.verify_sig(&self.message, &self.signature),
        }
    }
}
