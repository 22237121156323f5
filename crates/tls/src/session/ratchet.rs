//! The keys under which a server seals sessions into tickets: one secret for any number of servers, which
//! goes forward with time and never back.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bulla_crypto::aead::{AeadAlgorithm, AeadKey, NONCE_LEN, TAG_LEN};
use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::hkdf::Prk;
use bulla_crypto::random::Source;
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::ticket::SessionState;

const HASH: HashAlgorithm = HashAlgorithm::Sha256;
const SECRET_LEN: usize = 32;

/// A sealed ticket: format, period, nonce; the session; a tag. The first two are authenticated with it.
const FORMAT: u8 = 1;
const ASSOCIATED_LEN: usize = 1 + 8;
const HEADER_LEN: usize = ASSOCIATED_LEN + NONCE_LEN;

/// The most steps that a ratchet takes at once: 2^20 periods of a minute are two years.
const STEPS_MAX: u64 = 1 << 20;

/// A secret that servers share, so that each opens the tickets of all; checked by [`TicketKeys::new`].
///
/// ```
/// use std::time::Duration;
/// use bulla_tls::{TicketKeys, TicketSecret};
/// use rustls_pki_types::UnixTime;
///
/// # let from_the_secret_store = vec![7; 32];
/// let drawn_at = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
/// let keys = TicketKeys::new(&TicketSecret::new(from_the_secret_store, drawn_at))?;
/// # Ok::<(), bulla_tls::TicketSecretError>(())
/// ```
#[non_exhaustive]
pub struct TicketSecret {
    /// At least 32 bytes that nobody else knows.
    pub bytes: Zeroizing<Vec<u8>>,
    /// When the secret was drawn, alike on all servers: its first period begins here.
    pub since: UnixTime,
    /// How long one key seals; at least a minute. Default 6 hours. Within it, all servers together may seal
    /// 2^32 tickets.
    pub period: Duration,
    /// How many periods a key still opens after it has ceased to seal; from 1 to 64. Default 2.
    pub kept: u8,
}

impl TicketSecret {
    /// A secret with the defaults that each field names.
    pub fn new(bytes: Vec<u8>, since: UnixTime) -> Self {
        Self { bytes: Zeroizing::new(bytes), since, period: Duration::from_secs(6 * 3600), kept: 2 }
    }
}

impl fmt::Debug for TicketSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes: _, since, period, kept } = self;
        f.debug_struct("TicketSecret")
            .field("since", since)
            .field("period", period)
            .field("kept", kept)
            .finish_non_exhaustive()
    }
}

/// What makes a ticket secret unsound, and how to mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketSecretError {
    /// Too few bytes.
    #[error("bytes: a ticket secret has at least 32 bytes, not {0}: draw them anew from a random source")]
    Short(usize),
    /// A period that no fleet's clocks keep to.
    #[error("period: one key seals for at least a minute and at most 7 days")]
    Period,
    /// No past key is kept, or too many are.
    #[error("kept: from 1 to 64 past keys still open tickets")]
    Kept,
}

/// Keys that seal and open tickets by AES-256-GCM. Clones share them.
///
/// The secret is a one-way ratchet: each period has a key, and the secret of the next period follows from
/// this one's while the way back is closed. What is past its time is wiped. Whoever seizes a server can open
/// tickets of the present period and of the few before it that are still taken, and later ones, but none that
/// is older: with the defaults, none of 18 hours ago.
#[derive(Clone)]
pub struct TicketKeys(Arc<Shared>);

struct Shared {
    since: u64,
    period: u64,
    kept: usize,
    /// Written once per period.
    ring: RwLock<Ring>,
}

/// The keys that are held: those still taken, the one that seals, and the next, for tickets of a server whose
/// clock is ahead.
struct Ring {
    /// The period whose key seals.
    current: u64,
    /// By period, ending with that of `current + 1`.
    keys: VecDeque<AeadKey>,
    /// The secret of the period behind the last key.
    secret: Secret,
}

type Secret = Zeroizing<[u8; SECRET_LEN]>;

impl TicketKeys {
    /// Keys that follow from this secret.
    ///
    /// # Errors
    /// The first field that is unsound, and how to mend it.
    pub fn new(secret: &TicketSecret) -> Result<Self, TicketSecretError> {
        if secret.bytes.len() < SECRET_LEN {
            return Err(TicketSecretError::Short(secret.bytes.len()));
        }
        if !(60..=604_800).contains(&secret.period.as_secs()) {
            return Err(TicketSecretError::Period);
        }
        if !(1..=64).contains(&secret.kept) {
            return Err(TicketSecretError::Kept);
        }
        let first = expand(&Prk::extract(HASH, b"bulla tickets", &secret.bytes), b"first");
        Ok(Self(Arc::new(Shared {
            since: secret.since.as_secs(),
            period: secret.period.as_secs(),
            kept: secret.kept.into(),
            ring: RwLock::new(Ring::new(first)),
        })))
    }

    /// Keys of this process alone, from a secret that is drawn now; `None` without randomness.
    pub(crate) fn draw(source: &Source, now: UnixTime) -> Option<Self> {
        let mut bytes = vec![0; SECRET_LEN];
        source.fill(&mut bytes).ok()?;
        Self::new(&TicketSecret::new(bytes, now)).ok()
    }

    /// For how long a ticket that is sealed now can be opened at least.
    pub(crate) fn lifetime(&self) -> Duration {
        Duration::from_secs(self.0.period.saturating_mul(self.0.kept as u64))
    }

    /// Seals a session of so many bytes; `write` appends it to the ticket. `None` if it cannot be.
    pub(crate) fn seal(
        &self,
        now: UnixTime,
        nonce: [u8; NONCE_LEN],
        length: usize,
        write: impl FnOnce(&mut Vec<u8>) -> Option<()>,
    ) -> Option<Vec<u8>> {
        let ring = self.ring(now);
        // All that goes before the last key, which is the next period's.
        let key = ring.keys.iter().rev().nth(1)?;
        let mut ticket = Vec::with_capacity(HEADER_LEN.saturating_add(length).saturating_add(TAG_LEN));
        ticket.push(FORMAT);
        ticket.extend_from_slice(&ring.current.to_be_bytes());
        ticket.extend_from_slice(&nonce);
        write(&mut ticket)?;
        let (header, session) = ticket.split_at_mut(HEADER_LEN);
        let mut tag = [0; TAG_LEN];
        key.seal_in_place(&nonce, &header[..ASSOCIATED_LEN], session, &[], &mut tag).ok()?;
        ticket.extend_from_slice(&tag);
        Some(ticket)
    }

    /// Opens a ticket; `None` if it is not ours, is too old, or was changed.
    pub(crate) fn open(&self, now: UnixTime, ticket: &[u8]) -> Option<SessionState> {
        let (associated, rest) = ticket.split_first_chunk::<ASSOCIATED_LEN>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let (FORMAT, period) = associated.split_first().map(|(format, period)| (*format, period))? else {
            return None;
        };
        let period = u64::from_be_bytes(*period.first_chunk()?);
        let mut session = SessionState::new(sealed.to_vec());
        let ring = self.ring(now);
        let length = ring.key(period)?.open_in_place(nonce, associated, session.bytes_mut()).ok()?.len();
        session.truncate(length);
        Some(session)
    }

    /// The keys of the present period. A clock that goes back changes nothing.
    fn ring(&self, now: UnixTime) -> RwLockReadGuard<'_, Ring> {
        let period = now.as_secs().saturating_sub(self.0.since) / self.0.period;
        let read = || self.0.ring.read().unwrap_or_else(PoisonError::into_inner);
        let held = read();
        if held.current >= period {
            return held;
        }
        drop(held);
        self.advance(period);
        read()
    }

    fn advance(&self, period: u64) {
        let mut ring = self.0.ring.write().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..period.saturating_sub(ring.current).min(STEPS_MAX) {
            ring.step(self.0.kept);
        }
    }
}

impl Ring {
    fn new(first: Secret) -> Self {
        let mut ring = Self { current: 0, keys: VecDeque::new(), secret: first };
        ring.add();
        ring.add();
        ring
    }

    /// Derives the key of the next period, and lets go of its secret.
    fn add(&mut self) {
        let prk = Prk::new(HASH, self.secret.as_ref());
        if let Ok(key) = AeadKey::new(AeadAlgorithm::Aes256Gcm, expand(&prk, b"key").as_ref()) {
            self.keys.push_back(key);
        }
        self.secret = expand(&prk, b"next");
    }

    fn step(&mut self, kept: usize) {
        self.add();
        self.current = self.current.saturating_add(1);
        // The kept ones, the present one, the next one.
        while self.keys.len() > kept.saturating_add(2) {
            self.keys.pop_front();
        }
    }

    fn key(&self, period: u64) -> Option<&AeadKey> {
        let from_the_end = self.current.checked_add(1)?.checked_sub(period)?;
        self.keys.iter().rev().nth(usize::try_from(from_the_end).ok()?)
    }
}

fn expand(prk: &Prk, label: &[u8]) -> Secret {
    let mut out = Zeroizing::new([0; SECRET_LEN]);
    let done = prk.expand(&[b"bulla ticket ratchet, ", label], out.as_mut());
    debug_assert!(done.is_ok(), "one hash length");
    out
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketKeys(a new one every {} s)", self.0.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000 + seconds))
    }

    fn keys(kept: u8) -> TicketKeys {
        let mut secret = TicketSecret::new(vec![7; 32], at(0));
        secret.period = Duration::from_secs(HOUR);
        secret.kept = kept;
        TicketKeys::new(&secret).unwrap()
    }

    fn seal(keys: &TicketKeys, now: u64) -> Vec<u8> {
        let write = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"session");
            Some(())
        };
        keys.seal(at(now), [9; NONCE_LEN], 7, write).unwrap()
    }

    fn opens(keys: &TicketKeys, now: u64, ticket: &[u8]) -> bool {
        keys.open(at(now), ticket).is_some_and(|session| session.as_bytes() == b"session")
    }

    #[test]
    fn a_ticket_opens_in_its_period_and_those_kept() {
        for kept in [1, 2, 64] {
            let keys = keys(kept);
            let ticket = seal(&keys, HOUR / 2);
            for past in 0..=u64::from(kept) {
                assert!(opens(&keys, past * HOUR + 1, &ticket), "{past} periods on, {kept} kept");
            }
            assert!(!opens(&keys, (u64::from(kept) + 1) * HOUR, &ticket));
        }
    }

    /// All servers of a fleet hold the same keys at any time, however often each was asked before.
    #[test]
    fn a_fleet_opens_what_any_of_it_sealed() {
        let (often, seldom) = (keys(2), keys(2));
        for now in (0..50 * HOUR).step_by(600) {
            let ticket = seal(&often, now);
            assert!(opens(&often, now, &ticket));
            if now % (7 * HOUR) == 0 {
                assert!(opens(&seldom, now, &ticket), "at {now}");
            }
        }
        // A clock that is ahead by less than a period does no harm.
        let ticket = seal(&often, 61 * HOUR - 1);
        assert!(opens(&seldom, 60 * HOUR + 1, &ticket), "in one period");
        let ticket = seal(&often, 61 * HOUR);
        assert!(opens(&seldom, 61 * HOUR - 1, &ticket), "of the next period");
    }

    /// Whoever seizes a server holds the ring as it stands: its keys and the secret of what is to come. With
    /// any clock, none of these opens an older ticket, nor does anything that follows from them.
    #[test]
    fn a_seized_state_opens_no_older_ticket() {
        let (kept, seized_at) = (2, 10);
        let keys = keys(kept);
        let tickets: Vec<_> = (0..=seized_at).map(|period| (period, seal(&keys, period * HOUR))).collect();
        let oldest = seized_at - u64::from(kept);
        let ring = keys.0.ring.read().unwrap();
        let mut held: Vec<[u8; 1]> = Vec::new();
        let open = |key: &AeadKey, ticket: &[u8]| {
            let (header, sealed) = ticket.split_at(HEADER_LEN);
            let nonce = header[ASSOCIATED_LEN..].try_into().unwrap();
            key.open_in_place(nonce, &header[..ASSOCIATED_LEN], &mut sealed.to_vec()).is_ok()
        };
        let mut later = Ring { current: ring.current, keys: VecDeque::new(), secret: ring.secret.clone() };
        (0..1000).for_each(|_| later.add());
        for (period, ticket) in &tickets {
            let opened = ring.keys.iter().chain(&later.keys).any(|key| open(key, ticket));
            assert_eq!(opened, *period >= oldest, "a ticket of period {period}");
            held.extend(opened.then_some([0]));
        }
        assert_eq!(held.len(), 1 + usize::from(kept), "the test opens what can be opened");
        drop(ring);
        for clock in [0, oldest - 1, oldest, seized_at] {
            assert!(!opens(&keys, clock * HOUR, &tickets[0].1), "a clock turned back");
        }
    }

    #[test]
    fn what_was_changed_does_not_open() {
        let keys = keys(1);
        let ticket = seal(&keys, 0);
        for index in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[index] ^= 1;
            assert!(!opens(&keys, 0, &changed), "byte {index}");
            assert!(!opens(&keys, 0, &ticket[..index]), "{index} bytes");
        }
        let other = TicketKeys::new(&TicketSecret::new(vec![8; 32], at(0))).unwrap();
        assert!(!opens(&other, 0, &ticket));
    }

    #[test]
    fn an_unsound_secret_is_refused_with_its_mend() {
        let new = |change: fn(&mut TicketSecret)| {
            let mut secret = TicketSecret::new(vec![7; 32], at(0));
            change(&mut secret);
            TicketKeys::new(&secret).err().map(|error| error.to_string())
        };
        assert_eq!(new(|_| {}), None);
        let short = new(|secret| secret.bytes.truncate(31)).unwrap();
        assert_eq!(
            short,
            "bytes: a ticket secret has at least 32 bytes, not 31: draw them anew from a random source"
        );
        assert!(new(|secret| secret.period = Duration::from_secs(59)).unwrap().starts_with("period: "));
        assert!(new(|secret| secret.period = Duration::from_secs(604_801)).unwrap().starts_with("period: "));
        assert!(new(|secret| secret.kept = 0).unwrap().starts_with("kept: "));
        assert!(new(|secret| secret.kept = 65).unwrap().starts_with("kept: "));
    }

    #[test]
    fn nothing_secret_is_printed() {
        assert_eq!(format!("{:?}", keys(1)), "TicketKeys(a new one every 3600 s)");
        assert!(!format!("{:?}", TicketSecret::new(vec![7; 32], at(0))).contains('['));
    }
}
