//! What goes out: records, sealed from the caller's plaintext straight into the buffer that is sent.

use std::io::IoSlice;

use bulla_crypto::aead::TAG_LEN;

use super::buffer::Buffer;
use super::{MAX_CONTENT, Protection, RECORD_HEADER};
use crate::config::Padding;
use crate::error::Error;
use crate::keys::traffic::TrafficSecret;
use crate::wire::registry::{AlertDescription, ContentType, ProtocolVersion};

/// RFC 9846 section 4.7.3: sending implementations MUST NOT allow the epoch, and hence the number of key
/// updates, to exceed 2^48-1.
const MAX_GENERATION: u64 = (1 << 48) - 1;

/// The sending half of the record layer.
pub(crate) struct Outbound {
    buffer: Buffer,
    protection: Option<Protection>,
    padding: Padding,
    /// The version that the next record in the clear claims.
    version: ProtocolVersion,
    /// Whether a change_cipher_spec goes before the next record.
    change_cipher_spec_owed: bool,
}

impl Outbound {
    /// `first` is the version that the first record claims: TLS 1.0 from a client, for the sake of old
    /// boxes on the way (RFC 9846 section 5.1).
    pub(crate) fn new(first: ProtocolVersion, padding: Padding) -> Self {
        Self {
            buffer: Buffer::default(),
            protection: None,
            padding,
            version: first,
            change_cipher_spec_owed: false,
        }
    }

    /// The bytes that wait to be sent.
    pub(crate) fn waiting(&self) -> &[u8] {
        self.buffer.held()
    }

    pub(crate) fn sent(&mut self, count: usize) {
        self.buffer.take(count);
    }

    pub(crate) fn release(&mut self) {
        self.buffer.release();
    }

    pub(crate) fn install(&mut self, secret: TrafficSecret) -> Result<(), Error> {
        self.protection = Some(Protection::new(secret)?);
        Ok(())
    }

    /// Drops the keys; what was sealed with them still goes out.
    pub(crate) fn forget(&mut self) {
        self.protection = None;
    }

    /// Replaces the keys by their next generation.
    pub(crate) fn update(&mut self) -> Result<(), Error> {
        if let Some(protection) = &mut self.protection {
            *protection = protection.renewed()?;
        }
        Ok(())
    }

    /// Whether the keys may still be replaced.
    pub(crate) fn can_update(&self) -> bool {
        self.protection.as_ref().is_some_and(|protection| protection.generation < MAX_GENERATION)
    }

    /// Whether the keys have protected as much as they may (RFC 9846 section 5.5).
    pub(crate) fn is_worn(&self) -> bool {
        self.protection
            .as_ref()
            .is_some_and(|protection| protection.sequence >= protection.secret.suite.record_limit())
    }

    /// Lets the next record be numbered this, to reach what would take years.
    #[cfg(test)]
    pub(crate) fn age(&mut self, sequence: u64) {
        if let Some(protection) = &mut self.protection {
            protection.sequence = sequence;
        }
    }

    /// Handshake messages, in as few records as hold them.
    pub(crate) fn handshake(&mut self, messages: &[u8]) -> Result<(), Error> {
        messages.chunks(MAX_CONTENT).try_for_each(|part| self.record(ContentType::HANDSHAKE, part))
    }

    pub(crate) fn alert(&mut self, level: u8, description: AlertDescription) -> Result<(), Error> {
        self.record(ContentType::ALERT, &[level, description.into()])
    }

    /// Puts the dummy record of RFC 9846 appendix E.4, never protected, before the next record.
    pub(crate) fn change_cipher_spec(&mut self) {
        self.change_cipher_spec_owed = true;
    }

    /// Sends what was only to go before the next record.
    pub(crate) fn end_flight(&mut self) {
        if std::mem::take(&mut self.change_cipher_spec_owed) {
            self.plain(ContentType::CHANGE_CIPHER_SPEC, &[1]);
        }
    }

    /// Bytes that are no record at all: the answer to a peer that does not speak TLS.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        put(&mut self.buffer, bytes);
    }

    /// One record of application data; `part` fits a record.
    pub(crate) fn data(&mut self, part: &[u8]) -> Result<(), Error> {
        self.record(ContentType::APPLICATION_DATA, part)
    }

    /// One record of application data out of several slices, `length` bytes of them, which fit a record.
    pub(crate) fn gathered(&mut self, slices: &[IoSlice<'_>], length: usize) -> Result<(), Error> {
        let padding = self.pad(ContentType::APPLICATION_DATA, length);
        let Some(protection) = &mut self.protection else {
            return Err(Error::Internal("application data without keys"));
        };
        let mut sealed = Sealed::begin(&mut self.buffer, length, padding);
        let header = sealed.header;
        let (content, tail) = sealed.parts(length);
        let mut rest = &mut *content;
        for slice in slices {
            let count = slice.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(slice.get(..count).unwrap_or_default());
            rest = later;
        }
        let trailer = trailer(ContentType::APPLICATION_DATA, padding);
        let (key, nonce) = protection.key.at(protection.sequence);
        key.seal_in_place(&nonce, &header, content, trailer.as_ref(), tail)
            .map_err(|_| Error::Internal("sealing failed"))?;
        sealed.finish();
        protection.count()
    }

    pub(crate) fn record(&mut self, kind: ContentType, content: &[u8]) -> Result<(), Error> {
        self.end_flight();
        let padding = self.pad(kind, content.len());
        let Some(protection) = &mut self.protection else {
            self.plain(kind, content);
            return Ok(());
        };
        let mut sealed = Sealed::begin(&mut self.buffer, content.len(), padding);
        let header = sealed.header;
        let trailer = trailer(kind, padding);
        let (key, nonce) = protection.key.at(protection.sequence);
        key.seal(&nonce, &header, content, trailer.as_ref(), sealed.body())
            .map_err(|_| Error::Internal("sealing failed"))?;
        sealed.finish();
        protection.count()
    }

    fn plain(&mut self, kind: ContentType, content: &[u8]) {
        let header = header(kind, self.version, content.len());
        self.version = ProtocolVersion::TLS_1_2;
        put(&mut self.buffer, &header);
        put(&mut self.buffer, content);
    }

    /// How many zeros go behind this content.
    fn pad(&self, kind: ContentType, length: usize) -> usize {
        match self.padding {
            Padding::Block(block) if kind == ContentType::APPLICATION_DATA && self.protection.is_some() => {
                let whole = length.next_multiple_of(block.max(1).into()).min(MAX_CONTENT);
                whole.saturating_sub(length)
            }
            _ => 0,
        }
    }
}

/// A protected record being written into the room behind a buffer.
struct Sealed<'a> {
    buffer: &'a mut Buffer,
    header: [u8; RECORD_HEADER],
    body: usize,
}

impl<'a> Sealed<'a> {
    fn begin(buffer: &'a mut Buffer, content: usize, padding: usize) -> Self {
        let body = content.saturating_add(padding).saturating_add(1).saturating_add(TAG_LEN);
        let header = header(ContentType::APPLICATION_DATA, ProtocolVersion::TLS_1_2, body);
        put(buffer, &header);
        Self { buffer, header, body }
    }

    /// Where the sealed content, type, padding and tag go.
    fn body(&mut self) -> &mut [u8] {
        self.buffer.room(self.body).get_mut(..self.body).unwrap_or_default()
    }

    /// The body, parted into the content's place and what comes behind it.
    fn parts(&mut self, content: usize) -> (&mut [u8], &mut [u8]) {
        self.body().split_at_mut_checked(content).unwrap_or_default()
    }

    fn finish(self) {
        self.buffer.fill(self.body);
    }
}

/// The type byte and the zeros behind it.
enum Trailer {
    Type([u8; 1]),
    Padded(Vec<u8>),
}

impl AsRef<[u8]> for Trailer {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Type(byte) => byte,
            Self::Padded(bytes) => bytes,
        }
    }
}

fn trailer(kind: ContentType, padding: usize) -> Trailer {
    if padding == 0 {
        return Trailer::Type([kind.into()]);
    }
    let mut bytes = vec![u8::from(kind)];
    bytes.resize(padding.saturating_add(1), 0);
    Trailer::Padded(bytes)
}

fn header(kind: ContentType, version: ProtocolVersion, length: usize) -> [u8; RECORD_HEADER] {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let [major, minor] = version.0.to_be_bytes();
    [kind.into(), major, minor, high, low]
}

fn put(buffer: &mut Buffer, bytes: &[u8]) {
    if let Some(slot) = buffer.room(bytes.len()).get_mut(..bytes.len()) {
        slot.copy_from_slice(bytes);
        buffer.fill(bytes.len());
    }
}
