//! Signatures that are known to hold.
//!
//! Whoever judges the same chains again and again, as a client does that comes back to its servers, gives each judgement
//! the same [`KnownSignatures`]: a certificate whose signature held by its issuer's key is not verified by that key again.
//!
//! What is remembered is arithmetic and never a verdict: names, dates, purposes, constraints, policies, revocation, the
//! strength of keys and hashes, and who is trusted are judged anew each time. A verdict is the same with a memory and
//! without, to the last word and the last step of its [`Effort`](crate::verdict::Effort).

use bulla_crypto::hash::HashAlgorithm;
use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::{Arc, Mutex},
};

/// How many signatures are remembered unless another number is asked for: those of 256 servers with an intermediate each.
const MOST: usize = 512;

/// A bounded memory of signatures that hold; clones share it.
///
/// It keeps no certificate, but 64 bytes for each signature, at most 512 of them by default; the oldest go first. Only a
/// signature that was verified is put in, so that whoever shows certificates can fill it with nothing that does not hold;
/// one who shows many pushes others out, which are then verified again.
///
/// How long a judgement takes tells whether the memory knows a certificate: a server learns from it that a client has seen
/// its own chain, or its authority's intermediate, before. Where that is to be hidden, as between the private windows of
/// a browser, each has its own memory, or none.
///
/// ```
/// use bulla_x509::{signatures::KnownSignatures, trust::TrustAnchors};
/// use bulla_x509::verdict::{Presented, Purpose, judge};
/// use rustls_pki_types::{CertificateDer, UnixTime};
///
/// fn is_trusted(chain: &[CertificateDer<'_>], anchors: &TrustAnchors, known: &KnownSignatures) -> bool {
///     let presented = Presented::new(chain, Purpose::Client).with_known_signatures(known);
///     judge(&presented, anchors, UnixTime::now()).is_trusted()
/// }
/// ```
#[derive(Clone)]
pub struct KnownSignatures(Arc<Mutex<Memory>>);

/// The digests of what is remembered, also in the order in which they came.
struct Memory {
    most: usize,
    known: HashSet<Proof>,
    order: VecDeque<Proof>,
}

/// Stands for a certificate and the key by which its signature is looked at.
pub(crate) type Proof = [u8; 32];

impl KnownSignatures {
    /// Room for 512 signatures.
    pub fn new() -> Self {
        Self::of_signatures(MOST)
    }

    /// Room for this many.
    pub fn of_signatures(most: usize) -> Self {
        Self(Arc::new(Mutex::new(Memory { most, known: HashSet::new(), order: VecDeque::new() })))
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.with(|memory| memory.order.len()).unwrap_or(0)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.with(|memory| {
            memory.known.clear();
            memory.order.clear();
        });
    }

    /// Whether this signature was verified and held.
    pub(crate) fn has(&self, proof: &Proof) -> bool {
        self.with(|memory| memory.known.contains(proof)).unwrap_or(false)
    }

    /// Remembers a signature, which was verified and holds.
    pub(crate) fn add(&self, proof: Proof) {
        self.with(|memory| {
            if memory.most == 0 || !memory.known.insert(proof) {
                return;
            }
            if memory.order.len() == memory.most
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.known.remove(&oldest);
            }
            memory.order.push_back(proof);
        });
    }

    /// A memory that somebody left in disorder knows nothing.
    fn with<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> Option<T> {
        self.0.lock().ok().map(|mut memory| work(&mut memory))
    }
}

/// What stands for this certificate, signed by the key of this `SubjectPublicKeyInfo`: SHA-256 over the length of the key,
/// the key and all of the certificate, so that no two pairs have one unless they have one content.
pub(crate) fn proof(key_info: &[u8], certificate: &[u8]) -> Proof {
    let mut hasher = HashAlgorithm::Sha256.start();
    hasher.update(&(key_info.len() as u64).to_be_bytes());
    hasher.update(key_info);
    hasher.update(certificate);
    hasher.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

impl Default for KnownSignatures {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for KnownSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KnownSignatures({})", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof_of(number: u8) -> Proof {
        proof(b"key", &[number])
    }

    #[test]
    fn the_oldest_goes_first() {
        let known = KnownSignatures::of_signatures(3);
        for number in [1, 2, 3, 1, 4] {
            known.add(proof_of(number));
        }
        let left: Vec<u8> = (0..=4).filter(|number| known.has(&proof_of(*number))).collect();
        assert_eq!((left, known.len()), (vec![2, 3, 4], 3));
        known.clear();
        assert!(known.is_empty() && !known.has(&proof_of(4)));
    }

    #[test]
    fn no_room_is_no_memory() {
        let known = KnownSignatures::of_signatures(0);
        known.add(proof_of(1));
        assert!(known.is_empty() && !known.has(&proof_of(1)));
    }

    #[test]
    fn a_memory_in_disorder_knows_nothing() {
        let known = KnownSignatures::new();
        known.add(proof_of(1));
        let other = known.clone();
        let broken = std::thread::spawn(move || {
            let _held = other.0.lock().unwrap();
            panic!("on purpose");
        });
        assert!(broken.join().is_err());
        known.add(proof_of(2));
        assert!(!known.has(&proof_of(1)) && !known.has(&proof_of(2)) && known.is_empty());
        known.clear();
    }

    #[test]
    fn each_byte_counts_and_each_border() {
        let all = [
            proof(b"ab", b"c"),
            proof(b"a", b"bc"),
            proof(b"", b"abc"),
            proof(b"abc", b""),
            proof(b"ab", b"d"),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }
}
