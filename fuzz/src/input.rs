//! Bytes read as choices. Nothing here fails: where bytes lack, zeros are read.

/// A cursor over an input.
#[derive(Clone)]
pub struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    /// Over these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all is read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was read since, when this is a clone from before.
    pub fn up_to(&self, later: &Self) -> &'a [u8] {
        &self.0[..self.0.len() - later.0.len()]
    }

    /// One byte.
    pub fn u8(&mut self) -> u8 {
        let (byte, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *byte
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// As many bytes as the two before them say, or as there are.
    pub fn chunk(&mut self) -> &'a [u8] {
        let length = usize::from(self.u16()).min(self.0.len());
        let (chunk, rest) = self.0.split_at(length);
        self.0 = rest;
        chunk
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }
}

/// Writes what [`Input`] reads, for seeds.
#[derive(Clone, Default)]
pub struct Script(Vec<u8>);

impl Script {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One byte.
    #[must_use]
    pub fn u8(mut self, byte: u8) -> Self {
        self.0.push(byte);
        self
    }

    /// Two bytes.
    #[must_use]
    pub fn u16(mut self, number: u16) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    /// A chunk with its length.
    ///
    /// # Panics
    /// If it has 2^16 bytes or more.
    #[must_use]
    pub fn chunk(self, bytes: &[u8]) -> Self {
        let length = u16::try_from(bytes.len()).expect("a chunk is short");
        self.u16(length).raw(bytes)
    }

    /// Bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    /// What was written.
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

/// A small generator for sizes, so that a seed of one byte says how input is cut.
pub struct Cuts(u32);

impl Cuts {
    /// By this seed.
    pub fn new(seed: u8) -> Self {
        Self(0x9e37_79b9 ^ u32::from(seed).wrapping_mul(0x85eb_ca6b))
    }

    /// Always one byte.
    pub fn single() -> Self {
        Self(0)
    }

    /// The next size: mostly small, at least 1.
    pub fn size(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        let width = (self.0 >> 8) % 11;
        (self.0 >> 16) as usize % (1 << width) + 1
    }
}
