//! The record at the front: found whole, and opened where it lies.

use bulla_crypto::aead::TAG_LEN;

use super::super::{MAX_CONTENT, MAX_PROTECTED, Protection, RECORD_HEADER, foreign};
use super::{Inbound, Record};
use crate::error::{Error, Violation};
use crate::wire::registry::ContentType;

impl Inbound {
    /// The length of the record at the front, as far as its header has come.
    pub(super) fn whole_length(&self) -> Option<usize> {
        let [_, _, _, high, low] = self.buffer.held().first_chunk::<RECORD_HEADER>()?;
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(MAX_PROTECTED);
        Some(RECORD_HEADER.saturating_add(length))
    }

    /// The record at the front, opened if it is protected; `None` until it is whole.
    pub(super) fn open(&mut self) -> Result<Option<Record>, Error> {
        loop {
            let Some(header) = self.buffer.held().first_chunk::<RECORD_HEADER>().copied() else {
                return Ok(None);
            };
            if !self.begun
                && let Some(foreign) = foreign::recognise(self.role, &header)
            {
                return Err(foreign.into());
            }
            let [kind, _, _, high, low] = header;
            let (kind, length) = (ContentType(kind), usize::from(u16::from_be_bytes([high, low])));
            let protected = self.is_protected(kind);
            let limit = if protected { self.longest() } else { MAX_CONTENT };
            // Rejected early data comes in protected records before there are keys to open them.
            if length > limit && !(self.skipping.is_some() && length <= MAX_PROTECTED) {
                return Err(Violation::RecordTooLong.into());
            }
            let whole = RECORD_HEADER.saturating_add(length);
            if self.buffer.len() < whole {
                return Ok(None);
            }
            self.begun = true;
            self.usual = whole;
            if !protected {
                if self.skips_clear(kind, length) {
                    self.buffer.take(whole);
                    continue;
                }
                return Ok(Some(Record { kind, start: RECORD_HEADER, content: length, whole, protected }));
            }
            if self.shows_type() {
                return self.unprotect_outer(header, whole).map(Some);
            }
            if let Some(record) = self.unprotect(&header, whole)? {
                return Ok(Some(record));
            }
        }
    }

    fn is_protected(&self, kind: ContentType) -> bool {
        match &self.protection {
            Some(protection) => protection.shows_type() || kind == ContentType::APPLICATION_DATA,
            None => false,
        }
    }

    fn shows_type(&self) -> bool {
        self.protection.as_ref().is_some_and(Protection::shows_type)
    }

    fn skips_clear(&mut self, kind: ContentType, length: usize) -> bool {
        kind == ContentType::APPLICATION_DATA && self.spend_skip(false, length)
    }

    fn spend_skip(&mut self, protected: bool, length: usize) -> bool {
        let Some(skipping) = &mut self.skipping else { return false };
        match skipping.budget.checked_sub(length) {
            Some(rest) if skipping.protected == protected => {
                skipping.budget = rest;
                true
            }
            _ => false,
        }
    }

    /// Opens the protected record at the front in place; `None` if it was early data to be passed over.
    fn unprotect(&mut self, header: &[u8; RECORD_HEADER], whole: usize) -> Result<Option<Record>, Error> {
        let Some(protection) = &mut self.protection else { return Ok(None) };
        let (key, nonce) = protection.key.at(protection.sequence);
        let sealed = self.buffer.held_mut().get_mut(RECORD_HEADER..whole).unwrap_or_default();
        let Ok(inner) = key.open_in_place(&nonce, header, sealed) else {
            if self.spend_skip(true, whole.saturating_sub(RECORD_HEADER)) {
                self.buffer.take(whole);
                return Ok(None);
            }
            return Err(Violation::Undecryptable.into());
        };
        protection.count()?;
        // RFC 9846 section 5.4: the full encoded TLSInnerPlaintext MUST NOT exceed 2^14 + 1 octets. RFC 8449 section
        // 4: nor the limit that we told.
        if inner.len() > self.record_limit {
            return Err(Violation::RecordTooLong.into());
        }
        // RFC 9846 section 5.4: the receiving implementation scans the field from the end toward the
        // beginning until it finds a non-zero octet; if it does not find one, it MUST terminate the
        // connection with an "unexpected_message" alert.
        let content = inner.iter().rposition(|byte| *byte != 0).ok_or(Violation::PaddingOnly)?;
        let kind = ContentType(inner.get(content).copied().unwrap_or(0));
        self.skipping = None;
        Ok(Some(Record { kind, start: RECORD_HEADER, content, whole, protected: true }))
    }

    /// Opens the protected record of TLS 1.2 at the front in place (RFC 5246 section 6.2.3.3).
    fn unprotect_outer(&mut self, header: [u8; RECORD_HEADER], whole: usize) -> Result<Record, Error> {
        let Some(protection) = &mut self.protection else {
            return Err(Error::Internal("a protected record without keys"));
        };
        let body = self.buffer.held_mut().get_mut(RECORD_HEADER..whole).unwrap_or_default();
        let content = body.len().checked_sub(protection.explicit().saturating_add(TAG_LEN));
        let Some(content) = content else { return Err(Violation::Undecryptable.into()) };
        let associated = protection.outer_data(header, content);
        let (explicit, sealed) = body.split_at_mut_checked(protection.explicit()).unwrap_or_default();
        let number = explicit.first_chunk().map_or(protection.sequence, |nonce| u64::from_be_bytes(*nonce));
        let (key, nonce) = protection.key.at(number);
        key.open_in_place(&nonce, &associated, sealed).map_err(|_| Violation::Undecryptable)?;
        protection.count()?;
        if content > self.record_limit.min(MAX_CONTENT) {
            return Err(Violation::RecordTooLong.into());
        }
        let start = RECORD_HEADER.saturating_add(protection.explicit());
        let [kind, ..] = header;
        Ok(Record { kind: ContentType(kind), start, content, whole, protected: true })
    }
}
