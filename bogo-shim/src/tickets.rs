//! Tickets as a caller seals and opens them, under a key that everybody knows.

use bulla_crypto::aead::{AeadAlgorithm, AeadKey, NONCE_LEN, TAG_LEN};
use bulla_crypto::random::Source;
use bulla_tls::SessionState;

use crate::exchange::Failure;

const KEY: [u8; 16] = [0; 16];

/// A fresh nonce and what is sealed under it.
pub fn seal(state: &SessionState) -> Result<Vec<u8>, Failure> {
    let mut nonce = [0; NONCE_LEN];
    Source::system().fill(&mut nonce).map_err(shim)?;
    let plaintext = state.as_bytes();
    let mut sealed = vec![0; plaintext.len() + TAG_LEN];
    key()?.seal(&nonce, &[], plaintext, &[], &mut sealed).map_err(shim)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// The session, unless the ticket is none of ours.
pub fn open(ticket: &[u8]) -> Result<Option<SessionState>, Failure> {
    let Some((nonce, sealed)) = ticket.split_first_chunk() else { return Ok(None) };
    let mut sealed = sealed.to_vec();
    let opened = key()?.open_in_place(nonce, &[], &mut sealed);
    Ok(opened.ok().map(|state| SessionState::new(state.to_vec())))
}

fn key() -> Result<AeadKey, Failure> {
    AeadKey::new(AeadAlgorithm::Aes128Gcm, &KEY).map_err(shim)
}

fn shim(error: impl std::fmt::Display) -> Failure {
    Failure::Shim(error.to_string())
}
