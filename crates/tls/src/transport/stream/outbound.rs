//! What goes out: records, sealed from the caller's plaintext straight into the buffer that is sent.

use std::io::IoSlice;

use bulla_crypto::aead::TAG_LEN;
use bulla_crypto::hmac::HmacKey;

use super::buffer::Buffer;
use super::{EXPLICIT_NONCE, MAX_CONTENT, MAX_INNER, OUTER_DATA, Protection, RECORD_HEADER};
use crate::config::Padding;
use crate::error::Error;
use crate::keys::traffic::Keys;
use crate::wire::registry::{AlertDescription, AlertLevel, ContentType, ProtocolVersion};

/// RFC 9846 section 4.7.3: sending implementations MUST NOT allow the epoch, and hence the number of key
/// updates, to exceed 2^48-1.
const MAX_GENERATION: u64 = (1 << 48) - 1;

/// What a record adds to its content: header, type, tag, the nonce of TLS 1.2.
const EXPANSION: usize = RECORD_HEADER + 1 + TAG_LEN + EXPLICIT_NONCE;

/// How many records a flight has beside those that its length asks for: a hello that stands alone, change_cipher_spec.
const FRAMES: usize = 2;

/// The sending half of the record layer.
pub(crate) struct Outbound {
    buffer: Buffer,
    protection: Option<Protection>,
    padding: Padding,
    /// How much of content, type and padding the peer takes in a protected record.
    limit: usize,
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
            limit: MAX_INNER,
            version: first,
            change_cipher_spec_owed: false,
        }
    }

    /// From here on application data is padded like this.
    pub(crate) fn pad_by(&mut self, padding: Padding) {
        self.padding = padding;
    }

    /// From here on protected records hold no more than this.
    pub(crate) fn limit_records(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// How much content the next record can hold: what is not protected has no limit but the protocol's (RFC 8449
    /// section 4).
    pub(crate) fn room(&self) -> usize {
        let limit = match &self.protection {
            None => return MAX_CONTENT,
            Some(protection) if protection.shows_type() => self.limit,
            Some(_) => self.limit.saturating_sub(1),
        };
        limit.clamp(1, MAX_CONTENT)
    }

    /// Makes room for so many bytes of messages or data, as records.
    pub(crate) fn expect(&mut self, content: usize) {
        if content > 0 {
            let records = content.div_ceil(self.room()).saturating_add(FRAMES);
            self.buffer.reserve(content.saturating_add(records.saturating_mul(EXPANSION)));
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

    pub(crate) fn install(&mut self, keys: Keys) -> Result<(), Error> {
        self.protection = Some(Protection::new(keys)?);
        Ok(())
    }

    /// Drops the keys; what was sealed with them still goes out.
    pub(crate) fn forget(&mut self) {
        self.protection = None;
    }

    /// The key of a Finished that this half sends after the handshake.
    pub(crate) fn finished_mac(&self) -> Option<HmacKey> {
        self.protection.as_ref()?.finished_mac()
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
        self.protection
            .as_ref()
            .is_some_and(|protection| !protection.shows_type() && protection.generation < MAX_GENERATION)
    }

    /// Whether the keys have protected as much as they may (RFC 9846 section 5.5). The keys of TLS 1.2 serve for
    /// as long as their records can be numbered.
    pub(crate) fn is_worn(&self) -> bool {
        self.protection
            .as_ref()
            .is_some_and(|protection| protection.lasts.is_some_and(|lasts| protection.sequence >= lasts))
    }

    /// How often the keys were replaced.
    #[cfg(test)]
    pub(crate) fn generation(&self) -> u64 {
        self.protection.as_ref().map_or(0, |protection| protection.generation)
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
        messages.chunks(self.room()).try_for_each(|part| self.record(ContentType::HANDSHAKE, part))
    }

    pub(crate) fn alert(&mut self, level: AlertLevel, description: AlertDescription) -> Result<(), Error> {
        self.record(ContentType::ALERT, &[level.into(), description.into()])
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
        self.buffer.put(bytes);
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
        let frame = Frame::new(protection, ContentType::APPLICATION_DATA, length, padding);
        let sealed = frame.place(&mut self.buffer, length);
        let (key, nonce) = protection.key.at(protection.sequence);
        let (content, tail) = sealed.split_at_mut_checked(length).unwrap_or_default();
        let mut rest = &mut *content;
        for slice in slices {
            let count = slice.len().min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            now.copy_from_slice(slice.get(..count).unwrap_or_default());
            rest = later;
        }
        key.seal_in_place(&nonce, frame.associated(), content, frame.trailer(), tail)
            .map_err(|_| Error::Internal("sealing failed"))?;
        self.buffer.fill(frame.whole(length));
        protection.count()
    }

    pub(crate) fn record(&mut self, kind: ContentType, content: &[u8]) -> Result<(), Error> {
        self.end_flight();
        let padding = self.pad(kind, content.len());
        let Some(protection) = &mut self.protection else {
            self.plain(kind, content);
            return Ok(());
        };
        let frame = Frame::new(protection, kind, content.len(), padding);
        let sealed = frame.place(&mut self.buffer, content.len());
        let (key, nonce) = protection.key.at(protection.sequence);
        key.seal(&nonce, frame.associated(), content, frame.trailer(), sealed)
            .map_err(|_| Error::Internal("sealing failed"))?;
        self.buffer.fill(frame.whole(content.len()));
        protection.count()
    }

    fn plain(&mut self, kind: ContentType, content: &[u8]) {
        let header = header(kind, self.version, content.len());
        self.version = ProtocolVersion::TLS_1_2;
        self.buffer.put(&header);
        self.buffer.put(content);
    }

    fn can_pad(&self) -> bool {
        self.protection.as_ref().is_some_and(|protection| !protection.shows_type())
    }

    /// How many zeros go behind this content.
    fn pad(&self, kind: ContentType, length: usize) -> usize {
        match self.padding {
            Padding::Block(block) if kind == ContentType::APPLICATION_DATA && self.can_pad() => {
                let whole = length.next_multiple_of(block.max(1).into()).min(self.room());
                whole.saturating_sub(length)
            }
            _ => 0,
        }
    }
}

/// What stands around the content of a protected record.
struct Frame {
    header: [u8; RECORD_HEADER],
    /// TLS 1.2: what is authenticated beside the content, and whether the nonce's last bytes stand before it.
    outer: Option<[u8; OUTER_DATA]>,
    explicit: Option<[u8; EXPLICIT_NONCE]>,
    kind: [u8; 1],
    padding: usize,
}

/// The type of application data and the longest padding.
static PADDED: [u8; MAX_INNER] = {
    let mut bytes = [0; MAX_INNER];
    bytes[0] = ContentType::APPLICATION_DATA.0;
    bytes
};

impl Frame {
    #[inline]
    fn new(protection: &Protection, kind: ContentType, content: usize, padding: usize) -> Self {
        if protection.shows_type() {
            return Self::outer(protection, kind, content);
        }
        let body = content.saturating_add(padding).saturating_add(TAG_LEN + 1);
        let header = header(ContentType::APPLICATION_DATA, ProtocolVersion::TLS_1_2, body);
        Self { header, outer: None, explicit: None, kind: [kind.into()], padding }
    }

    fn outer(protection: &Protection, kind: ContentType, content: usize) -> Self {
        // RFC 5288 section 3: the nonce_explicit MAY be the 64-bit sequence number, which never comes twice.
        let explicit = (protection.explicit() > 0).then(|| protection.sequence.to_be_bytes());
        let body = protection.explicit().saturating_add(content).saturating_add(TAG_LEN);
        let header = header(kind, ProtocolVersion::TLS_1_2, body);
        let outer = Some(protection.outer_data(header, content));
        Self { header, outer, explicit, kind: [kind.into()], padding: 0 }
    }

    /// What is authenticated beside the content.
    fn associated(&self) -> &[u8] {
        self.outer.as_ref().map_or(&self.header, |outer| outer)
    }

    /// The type byte and the zeros behind it.
    fn trailer(&self) -> &[u8] {
        match (self.outer, self.padding) {
            (Some(_), _) => &[],
            (None, 0) => &self.kind,
            // Only application data is padded.
            (None, padding) => PADDED.get(..=padding).unwrap_or(&PADDED),
        }
    }

    /// How long the record is.
    fn whole(&self, content: usize) -> usize {
        let explicit = self.explicit.map_or(0, |nonce| nonce.len());
        let around = RECORD_HEADER.saturating_add(explicit).saturating_add(self.trailer().len());
        content.saturating_add(around).saturating_add(TAG_LEN)
    }

    /// Writes the header and what the nonce shows, and gives the room behind it, for what is sealed. All of it is held
    /// only once it is filled.
    #[inline]
    fn place<'a>(&self, buffer: &'a mut Buffer, content: usize) -> &'a mut [u8] {
        let whole = self.whole(content);
        let room = buffer.room(whole).get_mut(..whole).unwrap_or_default();
        let Some((header, body)) = room.split_first_chunk_mut() else { return Default::default() };
        *header = self.header;
        let Some(number) = self.explicit else { return body };
        let Some((nonce, sealed)) = body.split_first_chunk_mut() else { return Default::default() };
        *nonce = number;
        sealed
    }
}

fn header(kind: ContentType, version: ProtocolVersion, length: usize) -> [u8; RECORD_HEADER] {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    let [major, minor] = version.0.to_be_bytes();
    [kind.into(), major, minor, high, low]
}
