//! What a session is, and its one encoding, for tickets and stores alike.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bulla_crypto::wipe::wipe;
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{LIFETIME_MAX, TICKET_MAX};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::wire::codec::{DecodeError, DecodeProblem, Reader, Writer};
use crate::wire::registry::{NamedGroup, ProtocolVersion, SignatureScheme};

/// The encoding's version: of another, a ticket is passed over.
const FORMAT: u8 = 1;

/// What a session's encoding takes without the fields of no fixed length, and the origin's part.
const FIXED: usize = 1 + 2 + 2 + 8 + 4 + 4 + 1 + 32 + 1 + 1 + 1;
const FIXED_ORIGIN: usize = 8 + 8 + 2 + 2 + 3 + 3 + 2;

/// A digest of whatever must not have changed since a session was made.
pub(crate) type Policy = [u8; 32];

/// An encoded session. It holds a secret: wiped when dropped, never printed.
///
/// Whoever keeps it for a server ([`Need::SealTicket`](crate::Need::SealTicket),
/// [`Need::KeepSession`](crate::Need::KeepSession)) must keep it secret and give it back unchanged: who can
/// read it can open the session's later connections no more than an eavesdropper, thanks to their fresh key
/// exchange, but can stand in for either side; who can change it can forge a client's certificate.
#[derive(Clone)]
pub struct SessionState(Vec<u8>);

impl SessionState {
    /// Takes back what [`as_bytes`](Self::as_bytes) gave.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to be kept.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl SessionState {
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// Cuts off what is no secret.
    pub(super) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}

impl Drop for SessionState {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl fmt::Debug for SessionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionState({} bytes)", self.0.len())
    }
}

/// What two sides remember of a handshake.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) version: ProtocolVersion,
    pub(crate) suite: Suite,
    /// The pre-shared key of TLS 1.3, the master secret of TLS 1.2.
    pub(crate) secret: Secret,
    /// When the ticket was issued, or received.
    pub(crate) created: u64,
    /// For how many seconds since then it is good.
    pub(crate) lifetime: u32,
    /// What hides the ticket's age on the way.
    pub(crate) age_add: u32,
    /// The host that the client named.
    pub(crate) server_name: Option<String>,
    /// The application protocol of the connection that the session comes from.
    pub(crate) protocol: Option<Vec<u8>>,
    /// TLS 1.2: whether the secret is bound to its handshake (RFC 7627).
    pub(crate) extended_master_secret: bool,
    /// Under what policy the session was made.
    pub(crate) policy: Policy,
    /// How the peer proved who it is.
    pub(crate) origin: Arc<Origin>,
}

/// The full handshake at the root of a session: how the peer proved who it is, and for how long that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// When, in seconds since 1970.
    pub(crate) at: u64,
    /// When the first certificate of the peer's path ends, in seconds since 1970.
    pub(crate) until: u64,
    /// TLS 1.2: in what group the secret was agreed.
    pub(crate) group: Option<NamedGroup>,
    /// How the peer signed.
    pub(crate) signature: Option<SignatureScheme>,
    /// The peer's chain, leaf first; empty where it showed none.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// What was stapled to it.
    pub(crate) ocsp: Option<Vec<u8>>,
    pub(crate) scts: Vec<Vec<u8>>,
}

impl Origin {
    pub(crate) fn at(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.at))
    }

    pub(crate) fn until(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.until))
    }

    /// For how many seconds from `now` on the proof still holds, and a session of it may live.
    pub(crate) fn remaining(&self, now: u64) -> u64 {
        let tired = self.at.saturating_add(LIFETIME_MAX.as_secs());
        self.until.min(tired).saturating_sub(now)
    }
}

impl Session {
    /// Whether the session may still be resumed at this moment.
    pub(crate) fn is_fresh(&self, now: UnixTime) -> bool {
        let now = now.as_secs();
        let end = self.created.saturating_add(u64::from(self.lifetime));
        now < end && self.origin.remaining(now) > 0
    }

    pub(crate) fn created(&self) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(self.created))
    }

    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lifetime.into())
    }

    /// The lifetime that a ticket may be given, of at most `wanted`: zero where it is better not sent.
    pub(crate) fn lifetime_of(origin: &Origin, wanted: Duration, now: u64) -> u32 {
        let most = wanted.min(LIFETIME_MAX).as_secs();
        u32::try_from(origin.remaining(now).min(most)).unwrap_or_default()
    }

    /// The encoding by itself; `None` if it is too long to be kept.
    pub(crate) fn state(&self) -> Option<SessionState> {
        if !self.is_short() {
            return None;
        }
        let mut state = SessionState(Vec::with_capacity(self.length()));
        self.encode(&mut state.0)?;
        Some(state)
    }

    /// Whether it is short enough to be kept.
    pub(crate) fn is_short(&self) -> bool {
        self.length() <= TICKET_MAX
    }

    /// The length of the encoding. What grows while it is written leaves copies of its secret behind.
    pub(crate) fn length(&self) -> usize {
        let name = self.server_name.as_ref().map_or(0, String::len);
        let protocol = self.protocol.as_ref().map_or(0, Vec::len);
        let parts = [FIXED, self.secret.as_bytes().len(), name, protocol, self.origin.length()];
        parts.into_iter().fold(0, usize::saturating_add)
    }

    /// The same session, to be kept while this one changes.
    pub(super) fn copy(&self) -> Self {
        Self {
            secret: self.secret.copy(),
            server_name: self.server_name.clone(),
            protocol: self.protocol.clone(),
            origin: Arc::clone(&self.origin),
            ..*self
        }
    }

    /// Appends the encoding to `out`; `None` if a field is too long for it.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Option<()> {
        Writer::append(out, |out| self.write(out))
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.u8(FORMAT);
        out.u16(self.version.into());
        out.u16(self.suite.id.into());
        out.raw(&self.created.to_be_bytes());
        out.raw(&self.lifetime.to_be_bytes());
        out.raw(&self.age_add.to_be_bytes());
        out.u8(self.extended_master_secret.into());
        out.raw(&self.policy);
        out.block8(|out| out.raw(self.secret.as_bytes()));
        out.block8(|out| out.raw(self.server_name.as_deref().unwrap_or_default().as_bytes()));
        out.block8(|out| out.raw(self.protocol.as_deref().unwrap_or_default()));
        self.origin.write(out);
    }

    /// Reads what [`encode`](Self::encode) wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::whole("Session", bytes, Self::read)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if reader.u8("format")? != FORMAT {
            return Err(reader.error("format", DecodeProblem::Value));
        }
        let version = reader.u16("version")?.into();
        let suite = reader.u16("suite")?.into();
        let suite = Suite::of(suite)
            .filter(|suite| suite.version() == version)
            .ok_or_else(|| reader.error("suite", DecodeProblem::Value))?;
        let created = read_u64(reader, "created")?;
        let lifetime = reader.u32("lifetime")?;
        let age_add = reader.u32("age_add")?;
        let extended_master_secret = match reader.u8("extended_master_secret")? {
            flag @ 0..=1 => flag == 1,
            _ => return Err(reader.error("extended_master_secret", DecodeProblem::Value)),
        };
        let policy = *reader.array("policy")?;
        let secret = reader.vector8("secret", 32)?;
        if secret.len() > Secret::MOST {
            return Err(reader.error("secret", DecodeProblem::Length));
        }
        let secret = Secret::of(secret);
        let name = std::str::from_utf8(reader.vector8("server_name", 0)?)
            .map_err(|_| reader.error("server_name", DecodeProblem::Value))?;
        let protocol = reader.vector8("protocol", 0)?;
        Ok(Self {
            version,
            suite,
            secret,
            created,
            lifetime,
            age_add,
            server_name: Some(name).filter(|name| !name.is_empty()).map(Into::into),
            protocol: Some(protocol).filter(|name| !name.is_empty()).map(Into::into),
            extended_master_secret,
            policy,
            origin: Arc::new(Origin::read(reader)?),
        })
    }
}

impl Origin {
    /// The length of the encoding.
    fn length(&self) -> usize {
        let certificates = self.chain.iter().map(|each| each.len().saturating_add(3));
        let scts = self.scts.iter().map(|each| each.len().saturating_add(2));
        let ocsp = self.ocsp.as_ref().map_or(0, Vec::len);
        certificates.chain(scts).fold(FIXED_ORIGIN.saturating_add(ocsp), usize::saturating_add)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.raw(&self.at.to_be_bytes());
        out.raw(&self.until.to_be_bytes());
        out.u16(self.group.map_or(0, Into::into));
        out.u16(self.signature.map_or(0, Into::into));
        out.block24(|out| {
            self.chain.iter().for_each(|certificate| out.block24(|out| out.raw(certificate)));
        });
        out.block24(|out| out.raw(self.ocsp.as_deref().unwrap_or_default()));
        out.block16(|out| self.scts.iter().for_each(|sct| out.block16(|out| out.raw(sct))));
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = read_u64(reader, "authenticated_at")?;
        let until = read_u64(reader, "authenticated_until")?;
        let group = reader.u16("group")?;
        let signature = reader.u16("signature_scheme")?;
        let mut rest = Reader::new("Session", reader.vector24("chain", 0)?);
        let mut chain = Vec::new();
        while !rest.is_empty() {
            chain.push(CertificateDer::from(rest.vector24("certificate", 1)?).into_owned());
        }
        let ocsp = Some(reader.vector24("ocsp", 0)?).filter(|response| !response.is_empty());
        let mut rest = Reader::new("Session", reader.vector16("scts", 0)?);
        let mut scts = Vec::new();
        while !rest.is_empty() {
            scts.push(rest.vector16("sct", 1)?.to_vec());
        }
        let group = Some(group).filter(|each| *each != 0).map(Into::into);
        let signature = Some(signature).filter(|each| *each != 0).map(Into::into);
        Ok(Self { at, until, group, signature, chain, ocsp: ocsp.map(<[u8]>::to_vec), scts })
    }
}

fn read_u64(reader: &mut Reader<'_>, field: &'static str) -> Result<u64, DecodeError> {
    reader.array(field).map(|bytes| u64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::registry::CipherSuite;

    fn session(chain: usize) -> Session {
        Session {
            version: ProtocolVersion::TLS_1_3,
            suite: Suite::of(CipherSuite::AES_256_GCM_SHA384).unwrap(),
            secret: Secret::filled(48, |out| out.fill(7)),
            created: 1_800_000_000,
            lifetime: 3600,
            age_add: 0x0102_0304,
            server_name: Some("server.example".to_owned()),
            protocol: Some(b"h2".to_vec()),
            extended_master_secret: true,
            policy: [5; 32],
            origin: Arc::new(Origin {
                at: 1_799_999_000,
                until: 1_900_000_000,
                group: Some(NamedGroup::X25519),
                signature: Some(SignatureScheme::ED25519),
                chain: (0..chain).map(|index| CertificateDer::from(vec![9; 100 + index])).collect(),
                ocsp: Some(b"staple".to_vec()),
                scts: vec![b"one".to_vec(), b"two".to_vec()],
            }),
        }
    }

    #[test]
    fn what_was_encoded_is_read_back() {
        for (plain, chain) in [(false, 0), (true, 1), (false, 3)] {
            let mut written = session(chain);
            if plain {
                (written.server_name, written.protocol) = (None, None);
            }
            let state = written.state().unwrap();
            assert_eq!(state.as_bytes().len(), written.length());
            let read = Session::decode(state.as_bytes()).unwrap();
            assert_eq!(read.secret.as_bytes(), written.secret.as_bytes());
            assert_eq!(read.origin, written.origin);
            assert_eq!((read.policy, read.age_add), (written.policy, written.age_add));
            assert_eq!((&read.server_name, &read.protocol), (&written.server_name, &written.protocol));
            assert_eq!(read.state().unwrap().as_bytes(), state.as_bytes());
        }
    }

    #[test]
    fn what_is_cut_or_of_another_format_is_refused() {
        let state = session(2).state().unwrap();
        for length in 0..state.as_bytes().len() {
            assert!(Session::decode(&state.as_bytes()[..length]).is_err(), "{length} bytes");
        }
        let mut other = state.as_bytes().to_vec();
        other[0] = FORMAT + 1;
        assert_eq!(
            Session::decode(&other).unwrap_err().to_string(),
            "Session.format has a value without meaning"
        );
        assert!(session(200).state().is_none(), "too long to be kept");
    }

    #[test]
    fn no_secret_is_printed() {
        assert!(!format!("{:?} {:?}", session(1), session(1).state()).contains("7, 7"));
    }
}
