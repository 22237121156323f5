//! A quick hash of anchors' names.

use std::hash::Hasher;

/// Hashes eight bytes at a time. Nobody but whoever trusts the anchors chooses which names are in the table, so that it
/// needs no hash that a stranger cannot foresee: a peer's name that meets another one costs a comparison.
#[derive(Default)]
pub(super) struct NameHasher(u64);

impl NameHasher {
    fn add(&mut self, word: [u8; 8]) {
        // The golden ratio, as Knuth multiplies (The Art of Computer Programming, section 6.4).
        let mixed = (self.0.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed;
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(*word));
        match bytes.last_chunk::<8>() {
            _ if rest.is_empty() => {}
            // What was hashed before once more, and the rest.
            Some(last) => self.add(*last),
            None => {
                let mut last = [0; 8];
                last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                self.add(last);
            }
        }
    }

    fn write_usize(&mut self, length: usize) {
        self.add((length as u64).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn mozillas_names_differ_in_the_bits_that_choose_a_place() {
        let hash = |name: &[u8]| {
            let mut hasher = NameHasher::default();
            hasher.write(name);
            hasher.finish()
        };
        let anchors = crate::trust::TrustAnchors::mozilla();
        let names: HashSet<&[u8]> = anchors.0.by_subject.keys().map(AsRef::as_ref).collect();
        let hashes: HashSet<u64> = names.iter().map(|name| hash(name)).collect();
        assert_eq!(hashes.len(), names.len());
        let places: HashSet<u64> = hashes.iter().map(|hash| hash & 0xff).collect();
        assert!(places.len() * 2 > names.len(), "{} places for {} names", places.len(), names.len());
    }
}
