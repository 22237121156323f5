//! SHA-256, SHA-384 and SHA-512 (FIPS 180-4).
//!
//! ```
//! use bulla_crypto::hash::HashAlgorithm;
//!
//! let mut transcript = HashAlgorithm::Sha256.start();
//! transcript.update(b"client hello, ");
//! let so_far = transcript.current();
//! assert_eq!(so_far, HashAlgorithm::Sha256.hash(b"client hello, "));
//! transcript.update(b"server hello");
//! assert_eq!(transcript.finish(), HashAlgorithm::Sha256.hash(b"client hello, server hello"));
//! ```

use std::fmt;

use aws_lc_rs::digest;

/// The longest output of any [`HashAlgorithm`], in bytes.
pub const MAX_OUTPUT_LEN: usize = 64;

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-384: 48 bytes.
    Sha384,
    /// SHA-512: 64 bytes.
    Sha512,
}

impl HashAlgorithm {
    /// The length of a digest, in bytes.
    #[must_use]
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The digest of `message`.
    #[must_use]
    pub fn hash(self, message: &[u8]) -> Digest {
        Digest(digest::digest(self.provider(), message))
    }

    /// A hasher that has been fed nothing yet.
    #[must_use]
    pub fn start(self) -> Hasher {
        Hasher { algorithm: self, context: digest::Context::new(self.provider()) }
    }

    const fn provider(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// The output of a hash function; it lies on the stack.
///
/// `==` takes a time that depends on the contents: compare secrets with [`crate::compare::equal`].
#[derive(Clone, Copy)]
pub struct Digest(digest::Digest);

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A running hash.
#[derive(Clone)]
pub struct Hasher {
    algorithm: HashAlgorithm,
    context: digest::Context,
}

impl Hasher {
    /// Feeds the next bytes of the message.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
    }

    /// The digest of all that was fed.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest(self.context.finish())
    }

    /// The digest of what was fed so far; more may follow.
    #[must_use]
    pub fn current(&self) -> Digest {
        self.clone().finish()
    }

    /// The hash function at work.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        self.algorithm
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST's example values for FIPS 180-4: the one-block message "abc".
    #[test]
    fn abc_from_the_standard() {
        let expected = [
            (HashAlgorithm::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                HashAlgorithm::Sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            ),
            (
                HashAlgorithm::Sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                 2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            ),
        ];
        for (algorithm, digest) in expected {
            assert_eq!(format!("{:?}", algorithm.hash(b"abc")), digest);
            assert_eq!(algorithm.hash(b"abc").as_ref().len(), algorithm.output_len());
        }
    }

    #[test]
    fn the_pieces_do_not_matter() {
        let message: Vec<u8> = (0..=255).cycle().take(1000).collect();
        for algorithm in [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            for size in [1, 7, 64, 127, 999] {
                let mut hasher = algorithm.start();
                let mut fed = Vec::new();
                for piece in message.chunks(size) {
                    hasher.update(piece);
                    fed.extend_from_slice(piece);
                    assert_eq!(hasher.current(), algorithm.hash(&fed));
                }
                assert_eq!(hasher.finish(), algorithm.hash(&message));
            }
        }
    }
}
