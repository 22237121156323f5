//! The frame of the benchmark: what a case is, what a peer must be able to do, and how it is measured.
//!
//! Each peer is a program of its own, so that libraries whose symbols clash never meet. It implements [`Peer`]
//! and [`End`] and hands itself to [`serve`]; the harness sends it one [`Order`](order::Order) a line and reads one
//! [`Answer`](order::Answer) a line. What is timed, and when the clock stands still, is decided here, once for
//! all peers.

pub mod case;
pub mod fault;
pub mod heap;
pub mod identity;
pub mod measure;
pub mod order;
pub mod serve;
pub mod socket;
pub mod watch;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use case::Session;
use fault::Fault;
use identity::Identity;
use order::Agreed;
use watch::Watch;

pub use serve::serve;

/// A TLS library, set up for one session: both sides' configs are made, no connection is.
pub trait Peer: Sized + Sync {
    /// The client's side of a connection.
    type Client: End;
    /// The server's side of a connection.
    type Server: End;

    /// Makes the configs. Where the session is to be resumed, they keep the last session for the next connection.
    ///
    /// # Errors
    /// The library cannot do what the session asks for.
    fn new(session: Session, identity: &Identity) -> Result<Self, Fault>;

    /// A new client, before its first byte.
    ///
    /// # Errors
    /// The library refuses.
    fn client(&self) -> Result<Self::Client, Fault>;

    /// A new server, before its first byte.
    ///
    /// # Errors
    /// The library refuses.
    fn server(&self) -> Result<Self::Server, Fault>;

    /// Whether the server may be believed to be itself with this leaf, behind which it sends the intermediate: the
    /// certificates are read anew, and path, dates, purpose and name are judged.
    ///
    /// # Errors
    /// The library cannot be asked.
    fn believes(&self, whose: Whose) -> Result<bool, Fault>;
}

/// Whose leaf is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The server's, which is to be believed.
    Server,
    /// The client's, which has another name and another purpose.
    Client,
}

/// The leaf and the intermediate that each side can show, in what form a library wants them.
pub struct Shown<T> {
    /// The server's.
    pub server: T,
    /// The client's.
    pub client: T,
}

impl<T> Shown<T> {
    /// Out of the leaf and the intermediate in DER.
    pub fn new(identity: &Identity, form: impl Fn(&[u8], &[u8]) -> T) -> Self {
        Self {
            server: form(&identity.leaf, &identity.intermediate),
            client: form(&identity.client, &identity.intermediate),
        }
    }

    /// One side's.
    pub fn of(&self, whose: Whose) -> &T {
        match whose {
            Whose::Server => &self.server,
            Whose::Client => &self.client,
        }
    }
}

/// One side of a connection, as a program without a socket drives it.
pub trait End {
    /// Goes on with the handshake: takes in all of `incoming` and appends to `outgoing` what is to be sent.
    ///
    /// # Errors
    /// The handshake failed.
    fn shake(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) -> Result<(), Fault>;

    /// What was agreed; `None` until the handshake is complete.
    fn agreed(&self) -> Option<Agreed>;

    /// Sends `data` the way a server does, into buffers that are used again.
    ///
    /// # Errors
    /// The library refuses.
    fn seal(&mut self, data: &[u8], sink: &mut Sink) -> Result<(), Fault>;

    /// Receives all that is on the wire and shows the plaintext, where it lies, to `reader`. The clock stands
    /// still while sealed bytes are copied to where the library wants them, which in a server the kernel does.
    ///
    /// # Errors
    /// What came was not sealed by the other side.
    fn open(
        &mut self,
        wire: &mut Wire,
        watch: &mut Watch,
        reader: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault>;

    /// Gives back what a waiting connection does not need, if the library has a call for it.
    fn idle(&mut self) {}
}

/// Where sealed bytes go: counted, and kept if they are to be opened.
#[derive(Default)]
pub struct Sink {
    /// How many bytes have come.
    pub count: u64,
    /// The bytes, if they are kept.
    pub kept: Option<Vec<u8>>,
}

impl Sink {
    /// Takes bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.count += bytes.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(bytes);
        }
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.take(bytes);
        Ok(bytes.len())
    }

    fn write_vectored(&mut self, slices: &[std::io::IoSlice<'_>]) -> std::io::Result<usize> {
        slices.iter().for_each(|slice| self.take(slice));
        Ok(slices.iter().map(|slice| slice.len()).sum())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sealed bytes that wait to be received.
pub struct Wire<'a> {
    bytes: &'a [u8],
}

impl<'a> Wire<'a> {
    /// These bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// How many bytes wait.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether none wait.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All that waits, for whoever keeps the receive buffer by itself.
    pub(crate) fn take_all(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.bytes)
    }

    /// Fills `slot` as far as the bytes go, while the clock stands still; gives how many bytes those were.
    pub fn read(&mut self, slot: &mut [u8], watch: &mut Watch) -> usize {
        watch.pause(|| {
            let count = self.bytes.len().min(slot.len());
            let (now, later) = self.bytes.split_at(count);
            slot[..count].copy_from_slice(now);
            self.bytes = later;
            count
        })
    }
}

/// A number that is the same for the same chain, in every peer built by one compiler.
pub fn chain_mark<'a>(chain: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    chain.for_each(|certificate| certificate.hash(&mut hasher));
    hasher.finish()
}
