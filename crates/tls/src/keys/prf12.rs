//! The pseudorandom function of TLS 1.2 and what is derived by it (RFC 5246 sections 5, 6.3 and 8.1).

use std::iter::once;

use bulla_crypto::aead::{AeadAlgorithm, NONCE_LEN};
use bulla_crypto::hash::{Digest, HashAlgorithm, MAX_OUTPUT_LEN};
use bulla_crypto::hmac::HmacKey;
use bulla_crypto::wipe::{Wiped, wipe};

use super::secret::Secret;
use super::suite::Suite;
use super::traffic::BlockKey;
use crate::facts::Role;

/// The length of every master secret.
pub(crate) const MASTER_SECRET: usize = 48;

/// The length of `verify_data` in Finished.
pub(crate) const VERIFY_DATA: usize = 12;

/// The randoms of both hellos.
#[derive(Clone, Debug)]
pub(crate) struct Randoms {
    pub(crate) client: [u8; 32],
    pub(crate) server: [u8; 32],
}

/// The secret of a session, with its HMAC key scheduled once, and the randoms of the connection.
pub(crate) struct MasterSecret {
    mac: HmacKey,
    rest: Box<KeyingMaterial>,
}

/// What is kept of it for whoever asks for keying material: without the HMAC key, which hardly anyone will want again.
pub(crate) struct KeyingMaterial {
    hash: HashAlgorithm,
    secret: Secret,
    randoms: Randoms,
}

/// The keys of both directions.
pub(crate) struct KeyBlock {
    pub(crate) client: BlockKey,
    pub(crate) server: BlockKey,
}

impl MasterSecret {
    /// Bound to the whole handshake through ClientKeyExchange (RFC 7627 section 4).
    pub(crate) fn extended(
        hash: HashAlgorithm,
        premaster: &[u8],
        session_hash: &Digest,
        randoms: Randoms,
    ) -> Self {
        let bytes = derive(hash, premaster, b"extended master secret", &[session_hash.as_ref()]);
        Self::new(hash, bytes, randoms)
    }

    /// Bound to the randoms alone (RFC 5246 section 8.1), for peers older than RFC 7627.
    pub(crate) fn unextended(hash: HashAlgorithm, premaster: &[u8], randoms: Randoms) -> Self {
        let bytes = derive(hash, premaster, b"master secret", &[&randoms.client, &randoms.server]);
        Self::new(hash, bytes, randoms)
    }

    /// That of a session that goes on.
    pub(crate) fn new(hash: HashAlgorithm, secret: Secret, randoms: Randoms) -> Self {
        let mac = HmacKey::new(hash, secret.as_bytes());
        Self { mac, rest: Box::new(KeyingMaterial { hash, secret, randoms }) }
    }

    pub(crate) fn secret(&self) -> &Secret {
        self.rest.secret()
    }

    pub(crate) fn into_keying_material(self) -> Box<KeyingMaterial> {
        self.rest
    }

    /// RFC 5246 section 6.3. An AEAD has no MAC keys; its IVs are implicit parts of nonces (RFC 5288 section 3,
    /// RFC 7905 section 2).
    pub(crate) fn key_block(&self, suite: Suite) -> KeyBlock {
        let randoms = &self.rest.randoms;
        let key = suite.aead.key_len();
        let iv = fixed_iv(suite.aead);
        let mut block = Wiped::<{ 2 * (32 + NONCE_LEN) }>::zeros();
        let (block, _) = block.split_at_mut(2 * (key + iv));
        prf(&self.mac, b"key expansion", &[&randoms.server, &randoms.client], block);
        let (keys, ivs) = block.split_at(2 * key);
        let (client_key, server_key) = keys.split_at(key);
        let (client_iv, server_iv) = ivs.split_at(iv);
        KeyBlock {
            client: block_key(suite, client_key, client_iv),
            server: block_key(suite, server_key, server_iv),
        }
    }

    /// What `side` says in its Finished; `transcript` runs to just before it (RFC 5246 section 7.4.9).
    pub(crate) fn verify_data(&self, side: Role, transcript: &Digest) -> [u8; VERIFY_DATA] {
        let label: &[u8] = match side {
            Role::Client => b"client finished",
            Role::Server => b"server finished",
        };
        let mut data = [0; VERIFY_DATA];
        prf(&self.mac, label, &[transcript.as_ref()], &mut data);
        data
    }
}

impl KeyingMaterial {
    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Keying material for use outside (RFC 5705 section 4); `None` where the context is too long, or the label is
    /// one that the protocol itself derives by.
    pub(crate) fn export(&self, label: &[u8], context: Option<&[u8]>, out: &mut [u8]) -> Option<()> {
        const RESERVED: [&[u8]; 5] = [
            b"client finished",
            b"server finished",
            b"master secret",
            b"extended master secret",
            b"key expansion",
        ];
        if RESERVED.contains(&label) {
            return None;
        }
        let mut seed: Vec<&[u8]> = vec![&self.randoms.client, &self.randoms.server];
        let length;
        if let Some(context) = context {
            length = u16::try_from(context.len()).ok()?.to_be_bytes();
            seed.extend([&length[..], context]);
        }
        prf(&HmacKey::new(self.hash, self.secret.as_bytes()), label, &seed, out);
        Some(())
    }
}

fn derive(hash: HashAlgorithm, premaster: &[u8], label: &[u8], seed: &[&[u8]]) -> Secret {
    let mac = HmacKey::new(hash, premaster);
    Secret::filled(MASTER_SECRET, |out| prf(&mac, label, seed, out))
}

fn block_key(suite: Suite, key: &[u8], fixed: &[u8]) -> BlockKey {
    let mut iv = Wiped::zeros();
    iv.iter_mut().zip(fixed).for_each(|(byte, given)| *byte = *given);
    BlockKey { suite, key: Secret::filled(key.len(), |out| out.copy_from_slice(key)), iv }
}

fn fixed_iv(aead: AeadAlgorithm) -> usize {
    match aead {
        AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => 4,
        AeadAlgorithm::ChaCha20Poly1305 => NONCE_LEN,
    }
}

/// The most of A(i), label and seed that is gathered on the stack: all that the protocol itself derives by.
const GATHERED: usize = MAX_OUTPUT_LEN + 128;

/// PRF(secret, label, seed) (RFC 5246 section 5): P_hash over label and seed, the parts of `seed` one behind another.
fn prf(secret: &HmacKey, label: &[u8], seed: &[&[u8]], out: &mut [u8]) {
    let parts = || once(label).chain(seed.iter().copied());
    let length = parts().fold(secret.hash().output_len(), |sum, part| sum.saturating_add(part.len()));
    let mut gathered = Wiped::<GATHERED>::zeros();
    let mut long = Vec::new();
    let message = gathered.get_mut(..length).unwrap_or_else(|| {
        long.resize(length, 0);
        &mut long
    });
    let (_, mut rest) = message.split_at_mut(secret.hash().output_len());
    for part in parts() {
        let (place, behind) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = behind;
    }
    hash_blocks(secret, message, out);
    wipe(&mut long);
}

/// P_hash: each block is HMAC(A(i) + seed), where A(i) is HMAC(A(i - 1)) and A(0) the seed. `message` is room for A(i), and
/// behind it the seed.
fn hash_blocks(secret: &HmacKey, message: &mut [u8], out: &mut [u8]) {
    let length = secret.hash().output_len();
    let (chained, seed) = message.split_at_mut(length);
    secret.sign_to(seed, chained);
    let mut blocks = out.chunks_mut(length).peekable();
    while let Some(block) = blocks.next() {
        secret.sign_to(message, block);
        if blocks.peek().is_some() {
            let (chained, _) = message.split_at_mut(length);
            chained.copy_from_slice(secret.sign(&[chained]).as_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector for SHA-256 that was posted to the TLS working group's list ("Test vectors for TLS 1.2 PRF").
    #[test]
    fn known_output() {
        let secret = *b"\x9b\xbe\x43\x6b\xa9\x40\xf0\x17\xb1\x76\x52\x84\x9a\x71\xdb\x35";
        let seed = b"\xa0\xba\x9f\x93\x6c\xda\x31\x18\x27\xa6\xf7\x96\xff\xd5\x19\x8c";
        let expected = b"\xe3\xf2\x29\xba\x72\x7b\xe1\x7b\x8d\x12\x26\x20\x55\x7c\xd4\x53\xc2\xaa\xb2\x1d\
\x07\xc3\xd4\x95\x32\x9b\x52\xd4\xe6\x1e\xdb\x5a\x6b\x30\x17\x91\xe9\x0d\x35\xc9\xc9\xa4\x6b\x4e\
\x14\xba\xf9\xaf\x0f\xa0\x22\xf7\x07\x7d\xef\x17\xab\xfd\x37\x97\xc0\x56\x4b\xab\x4f\xbc\x91\x66\
\x6e\x9d\xef\x9b\x97\xfc\xe3\x4f\x79\x67\x89\xba\xa4\x80\x82\xd1\x22\xee\x42\xc5\xa7\x2e\x5a\x51\
\x10\xff\xf7\x01\x87\x34\x7b\x66";
        let mut out = [0; 100];
        prf(&HmacKey::new(HashAlgorithm::Sha256, &secret), b"test label", &[seed], &mut out);
        assert_eq!(&out, expected);
    }
}
