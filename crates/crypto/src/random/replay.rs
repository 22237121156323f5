//! A recording in place of randomness, so that published traces (RFC 8448) can be replayed byte for byte.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::exchange::{self, Exchange, ExchangeError, Group, Share, SharedSecret};

use super::RandomError;

/// What a [`super::Source::replay`] hands out. Each entry is used once, in order.
#[derive(Clone, Default)]
pub struct Replay {
    /// The answers to [`super::Source::fill`]: one or several of them are exactly as long as the slice they fill.
    pub bytes: Vec<Vec<u8>>,
    /// The private keys: of X25519 the 32 bytes, of a NIST curve the scalar, big-endian, of ML-KEM the decapsulation
    /// key, of a hybrid both in the order of its shares. The next one of the group asked for is taken.
    pub keys: Vec<(Group, Vec<u8>)>,
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, keys) = (self.bytes.len(), self.keys.len());
        f.debug_struct("Replay").field("bytes", &bytes).field("keys", &keys).finish()
    }
}

#[derive(Clone)]
pub(super) struct Player(Arc<Mutex<Tape>>);

struct Tape {
    bytes: VecDeque<Vec<u8>>,
    keys: Vec<(Group, Zeroizing<Vec<u8>>)>,
    /// Every random byte of a tape without end; its keys are not used up.
    constant: Option<u8>,
}

impl Player {
    pub(super) fn new(recording: Replay) -> Self {
        let keys = recording.keys.into_iter().map(|(group, key)| (group, Zeroizing::new(key))).collect();
        Self(Arc::new(Mutex::new(Tape { bytes: recording.bytes.into(), keys, constant: None })))
    }

    pub(super) fn constant(byte: u8, keys: Vec<(Group, Vec<u8>)>) -> Self {
        let player = Self::new(Replay { bytes: Vec::new(), keys });
        player.0.lock().unwrap_or_else(PoisonError::into_inner).constant = Some(byte);
        player
    }

    pub(super) fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(byte) = tape.constant {
            out.fill(byte);
            return Ok(());
        }
        let mut length = 0;
        let fits = tape.bytes.iter().position(|entry| {
            length += entry.len();
            length >= out.len()
        });
        let last = fits.filter(|_| length == out.len()).ok_or(RandomError::UsedUp(out.len()))?;
        let drawn: Vec<u8> = tape.bytes.drain(..=last).flatten().collect();
        out.copy_from_slice(&drawn);
        Ok(())
    }

    pub(super) fn start_exchange(&self, group: Group) -> Result<Exchange, ExchangeError> {
        Exchange::import(group, &self.key(group)?)
    }

    /// Only for the classical groups: the provider takes no recorded randomness for a KEM's encapsulation.
    pub(super) fn respond(
        &self,
        group: Group,
        client_share: &[u8],
    ) -> Result<(Share, SharedSecret), ExchangeError> {
        exchange::respond_with(group, &self.key(group)?, client_share)
    }

    /// The next key of this group.
    fn key(&self, group: Group) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
        let mut tape = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = tape.keys.iter().position(|(of, _)| *of == group).ok_or(ExchangeError::Internal)?;
        Ok(match tape.constant {
            Some(_) => tape.keys[place].1.clone(),
            None => tape.keys.remove(place).1,
        })
    }
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Player").finish_non_exhaustive()
    }
}
