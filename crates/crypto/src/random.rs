//! Where random bytes and fresh exchange keys come from. It is passed in, so that tests can replay a recording.
//!
//! ```
//! use bulla_crypto::random::Source;
//!
//! let source = Source::system();
//! let mut nonce = [0; 32];
//! source.fill(&mut nonce)?;
//! # assert_ne!(nonce, [0; 32]);
//! # Ok::<(), bulla_crypto::random::RandomError>(())
//! ```

#[cfg(any(test, feature = "replay"))]
mod replay;

use crate::exchange::{self, Exchange, ExchangeError, Group, Share, SharedSecret};

#[cfg(any(test, feature = "replay"))]
pub use replay::Replay;

/// Why no random bytes came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RandomError {
    /// The system's source failed.
    #[error("the system gave no random bytes")]
    Unavailable,
    /// A replayed recording has no more bytes, or not as many as were asked for.
    #[error("the recording holds no further {0} random bytes")]
    UsedUp(usize),
}

/// A source of random bytes and fresh keys. Clones share it.
#[derive(Clone, Debug)]
pub struct Source(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    #[cfg(any(test, feature = "replay"))]
    Replay(replay::Player),
}

impl Source {
    /// The provider's generator, seeded by the operating system.
    #[must_use]
    pub const fn system() -> Self {
        Self(Kind::System)
    }

    /// Hands out a recording. For tests alone: a connection that uses it has no secrets.
    #[cfg(any(test, feature = "replay"))]
    #[must_use]
    pub fn replay(recording: Replay) -> Self {
        Self(Kind::Replay(replay::Player::new(recording)))
    }

    /// Gives this byte and these keys for ever. For tests alone that draw no one knows how often, as a fuzzer's.
    #[cfg(any(test, feature = "replay"))]
    #[must_use]
    pub fn constant(byte: u8, keys: Vec<(Group, Vec<u8>)>) -> Self {
        Self(Kind::Replay(replay::Player::constant(byte, keys)))
    }

    /// Fills `out`.
    ///
    /// # Errors
    /// [`RandomError`] if the source fails.
    pub fn fill(&self, out: &mut [u8]) -> Result<(), RandomError> {
        match &self.0 {
            Kind::System => aws_lc_rs::rand::fill(out).map_err(|_| RandomError::Unavailable),
            #[cfg(any(test, feature = "replay"))]
            Kind::Replay(player) => player.fill(out),
        }
    }

    /// As [`Exchange::start`], with a key from this source.
    ///
    /// # Errors
    /// [`ExchangeError::Internal`] if there is none.
    pub fn start_exchange(&self, group: Group) -> Result<Exchange, ExchangeError> {
        match &self.0 {
            Kind::System => Exchange::start(group),
            #[cfg(any(test, feature = "replay"))]
            Kind::Replay(player) => player.start_exchange(group),
        }
    }

    /// As [`exchange::respond`], with a key from this source.
    ///
    /// # Errors
    /// [`ExchangeError`] if there is none, or if the share is not one of this group.
    pub fn respond(&self, group: Group, client_share: &[u8]) -> Result<(Share, SharedSecret), ExchangeError> {
        match &self.0 {
            Kind::System => exchange::respond(group, client_share),
            #[cfg(any(test, feature = "replay"))]
            Kind::Replay(player) => player.respond(group, client_share),
        }
    }
}

#[cfg(test)]
mod tests;
