//! Compressed certificates (RFC 8879): the algorithms, each held to the length that the peer declares.

use std::fmt;

use crate::wire::registry::CertificateCompressionAlgorithm;

type Compress = fn(&[u8]) -> Option<Vec<u8>>;
type Inflate = fn(&[u8], &mut [u8]) -> bool;

/// An algorithm that compresses Certificate messages, both ways.
#[derive(Clone, Copy)]
pub struct CertificateCompression {
    algorithm: CertificateCompressionAlgorithm,
    compress: Compress,
    inflate: Inflate,
}

impl CertificateCompression {
    /// Brotli (RFC 7932), which browsers take.
    #[cfg(feature = "compression-brotli")]
    pub const BROTLI: Self = Self {
        algorithm: CertificateCompressionAlgorithm::BROTLI,
        compress: brotli::compress,
        inflate: brotli::inflate,
    };

    /// zlib (RFC 1950).
    #[cfg(feature = "compression-zlib")]
    pub const ZLIB: Self = Self {
        algorithm: CertificateCompressionAlgorithm::ZLIB,
        compress: zlib::compress,
        inflate: zlib::inflate,
    };

    /// Zstandard (RFC 8878).
    #[cfg(feature = "compression-zstd")]
    pub const ZSTD: Self = Self {
        algorithm: CertificateCompressionAlgorithm::ZSTD,
        compress: zstd::compress,
        inflate: zstd::inflate,
    };

    /// Those that are built in, best first: the features `compression-brotli`, `-zlib` and `-zstd` of this crate, all
    /// on unless left out.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "compression-brotli")]
        Self::BROTLI,
        #[cfg(feature = "compression-zlib")]
        Self::ZLIB,
        #[cfg(feature = "compression-zstd")]
        Self::ZSTD,
    ];

    /// An algorithm of the caller's. `compress` gives nothing where it fails: then the message goes as it is.
    /// `inflate` fills its output, whose length the peer has declared and the limits allow, and says whether what it
    /// was given is exactly that.
    pub const fn new(
        algorithm: CertificateCompressionAlgorithm,
        compress: Compress,
        inflate: Inflate,
    ) -> Self {
        Self { algorithm, compress, inflate }
    }

    /// Its number in the registry.
    pub fn algorithm(self) -> CertificateCompressionAlgorithm {
        self.algorithm
    }

    pub(crate) fn compress(self, message: &[u8]) -> Option<Vec<u8>> {
        (self.compress)(message)
    }

    /// What this inflates to, if that has exactly this length.
    pub(crate) fn inflate(self, compressed: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut message = vec![0; length];
        (self.inflate)(compressed, &mut message).then_some(message)
    }
}

impl fmt::Debug for CertificateCompression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.algorithm)
    }
}

#[cfg(feature = "compression-brotli")]
mod brotli {
    use std::io::Write as _;

    use ::brotli::{BrotliDecompressStream, BrotliResult, BrotliState, CompressorWriter, HeapAlloc};

    /// Nearly the best that brotli does, at a tenth of the time; and a window that a chain fits into.
    const QUALITY: u32 = 9;
    const WINDOW: u32 = 16;

    pub(super) fn compress(message: &[u8]) -> Option<Vec<u8>> {
        let mut writer = CompressorWriter::new(Vec::new(), 4096, QUALITY, WINDOW);
        writer.write_all(message).ok()?;
        Some(writer.into_inner())
    }

    pub(super) fn inflate(mut compressed: &[u8], message: &mut [u8]) -> bool {
        let mut state =
            BrotliState::new(HeapAlloc::new(0), HeapAlloc::new(0), HeapAlloc::new(Default::default()));
        let (mut left, mut taken) = (compressed.len(), 0);
        let (mut room, mut written, mut total) = (message.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut taken,
            compressed,
            &mut room,
            &mut written,
            message,
            &mut total,
            &mut state,
        );
        compressed = compressed.get(taken..).unwrap_or_default();
        matches!(result, BrotliResult::ResultSuccess) && compressed.is_empty() && room == 0
    }
}

#[cfg(feature = "compression-zlib")]
mod zlib {
    use std::io::Write as _;

    use flate2::write::ZlibEncoder;
    use flate2::{Compression, Decompress, FlushDecompress, Status};

    pub(super) fn compress(message: &[u8]) -> Option<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(message).ok()?;
        encoder.finish().ok()
    }

    pub(super) fn inflate(compressed: &[u8], message: &mut [u8]) -> bool {
        let mut decoder = Decompress::new(true);
        let status = decoder.decompress(compressed, message, FlushDecompress::Finish);
        let all = |count: u64, bytes: &[u8]| usize::try_from(count) == Ok(bytes.len());
        matches!(status, Ok(Status::StreamEnd))
            && all(decoder.total_in(), compressed)
            && all(decoder.total_out(), message)
    }
}

#[cfg(feature = "compression-zstd")]
mod zstd {
    use std::io::Read as _;

    use ruzstd::decoding::StreamingDecoder;
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    /// The largest window that a decoder is advised to support (RFC 8878 section 3.1.1.1.2).
    const WINDOW: u64 = 8 << 20;

    pub(super) fn compress(message: &[u8]) -> Option<Vec<u8>> {
        Some(compress_to_vec(message, CompressionLevel::Fastest))
    }

    pub(super) fn inflate(compressed: &[u8], message: &mut [u8]) -> bool {
        let Ok(mut decoder) = StreamingDecoder::new_with_max_window_size(compressed, WINDOW) else {
            return false;
        };
        let filled = decoder.read_exact(message).is_ok() && matches!(decoder.read(&mut [0]), Ok(0));
        filled && decoder.into_inner().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_and_nothing_but_the_declared_length() {
        let message: Vec<u8> = (0..5000u32).flat_map(|n| (n % 700).to_be_bytes()).collect();
        assert_eq!(CertificateCompression::ALL.len(), 3);
        for algorithm in CertificateCompression::ALL {
            let small = algorithm.compress(&message).unwrap();
            assert!(small.len() < message.len(), "{algorithm:?}");
            assert_eq!(algorithm.inflate(&small, message.len()).as_deref(), Some(&*message), "{algorithm:?}");
            for length in [0, 1, message.len() - 1, message.len() + 1] {
                assert_eq!(algorithm.inflate(&small, length), None, "{algorithm:?}, {length}");
            }
            assert_eq!(
                algorithm.inflate(&small[..small.len() - 1], message.len()),
                None,
                "{algorithm:?} cut"
            );
            let stray = [&small[..], &[0]].concat();
            assert_eq!(algorithm.inflate(&stray, message.len()), None, "{algorithm:?} with a stray byte");
            assert_eq!(algorithm.inflate(&[], 0), None, "{algorithm:?} of nothing");
        }
    }

    /// A stream that would inflate to a megabyte stops where its declared length ends.
    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = vec![0; 1 << 20];
        for algorithm in CertificateCompression::ALL {
            let small = algorithm.compress(&bomb).unwrap();
            assert!(small.len() < 1 << 16, "{algorithm:?}: {} bytes", small.len());
            assert_eq!(algorithm.inflate(&small, 1000), None, "{algorithm:?}");
        }
    }
}
