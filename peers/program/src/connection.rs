//! What every engine's connection can do, and what both roles do with it.

use std::io::{self, Read, Write};

use crate::{Error, Facts};

/// A connection whose handshake is complete. Reading ends with 0 bytes at the peer's `close_notify` alone.
pub trait Connection: Read + Write {
    /// What it is.
    fn facts(&self) -> Facts;
    /// Updates our keys, and asks the peer to update its own.
    ///
    /// # Errors
    /// That the engine cannot.
    fn update_keys(&mut self) -> Result<(), Error>;
    /// Says that nothing more comes; reading goes on.
    ///
    /// # Errors
    /// Those of the transport.
    fn close(&mut self) -> io::Result<()>;
}

/// A piece of data: several records.
const PIECE: usize = 1 << 16;

/// Sends back what comes until the peer closes its side, then closes ours.
pub(crate) fn echo(connection: &mut dyn Connection) -> Result<(), Error> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = connection.read(&mut piece)?;
        if count == 0 {
            return Ok(connection.close()?);
        }
        connection.write_all(piece.get(..count).unwrap_or_default())?;
        connection.flush()?;
    }
}

/// A connection before the one that counts: its words come back, and with them whatever brings the session back, before
/// either side closes: BoringSSL takes no ticket after it has closed.
pub(crate) fn exchange(connection: &mut dyn Connection, words: &[u8]) -> Result<(), Error> {
    connection.write_all(words)?;
    connection.flush()?;
    connection.read_exact(&mut vec![0; words.len()])?;
    connection.close()?;
    match connection.read(&mut [0])? {
        0 => Ok(()),
        _ => Err("more came back than was sent".into()),
    }
}

/// Sends all of `input` in pieces, and writes what comes back to `output`: whoever writes without reading would wait
/// for an echo server that does the same. The last piece is read back when our side is closed already.
pub(crate) fn fetch(
    connection: &mut dyn Connection,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<(), Error> {
    let (mut piece, mut back) = (vec![0; PIECE], vec![0; PIECE]);
    let mut owed = 0;
    loop {
        let count = input.read(&mut piece)?;
        if count == 0 {
            break;
        }
        while owed > 0 {
            owed -= some(connection, &mut back, output)?.ok_or("the server closed before all came back")?;
        }
        send(connection, piece.get(..count).unwrap_or_default())?;
        owed = count;
    }
    connection.close()?;
    while let Some(count) = some(connection, &mut back, output)? {
        owed = owed.checked_sub(count).ok_or("more came back than was sent")?;
    }
    output.flush()?;
    if owed == 0 { Ok(()) } else { Err(format!("{owed} bytes did not come back").into()) }
}

/// Sends, or says why the peer takes nothing: in TLS 1.3 a server refuses a client after that one's handshake.
fn send(connection: &mut dyn Connection, bytes: &[u8]) -> Result<(), Error> {
    let sent = connection.write_all(bytes).and_then(|()| connection.flush());
    match sent {
        Ok(()) => Ok(()),
        Err(error) => Err(connection.read(&mut [0]).err().unwrap_or(error).into()),
    }
}

/// Reads once; `None` at the end.
fn some(
    connection: &mut dyn Connection,
    back: &mut [u8],
    output: &mut dyn Write,
) -> Result<Option<usize>, Error> {
    let count = connection.read(back)?;
    output.write_all(back.get(..count).unwrap_or_default())?;
    Ok(Some(count).filter(|count| *count > 0))
}
