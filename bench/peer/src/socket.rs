//! What stands for a socket below a library that reads and writes by itself.

use std::io::{self, Read, Write};
use std::mem;

use crate::watch::Watch;
use crate::{Sink, Wire};

/// Bytes in and out, in memory.
#[derive(Default)]
pub struct Socket {
    incoming: Vec<u8>,
    /// How many of `incoming` have been read.
    read: usize,
    outgoing: Vec<u8>,
    /// Where written bytes go while there is one, and not to `outgoing`.
    sink: Option<Sink>,
    /// Stands still while bytes are read, if there is one.
    watch: Option<Watch>,
}

impl Socket {
    /// Lends the buffers of a handshake; [`unplug`](Self::unplug) gives them back.
    pub fn plug(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) {
        mem::swap(&mut self.incoming, incoming);
        mem::swap(&mut self.outgoing, outgoing);
        self.read = 0;
    }

    /// Takes the buffers out again: nothing is left to read, and what was written is behind what there was.
    pub fn unplug(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) {
        self.plug(incoming, outgoing);
        incoming.clear();
    }

    /// Where written bytes go from now on; `None` keeps them. Gives who took them until now.
    pub fn set_sink(&mut self, sink: Option<Sink>) -> Option<Sink> {
        mem::replace(&mut self.sink, sink)
    }

    /// Whose time does not count while bytes are read.
    pub fn set_watch(&mut self, watch: Option<Watch>) -> Option<Watch> {
        mem::replace(&mut self.watch, watch)
    }

    /// Takes in all that is on a wire, while the clock stands still.
    pub fn receive(&mut self, wire: &mut Wire<'_>, watch: &mut Watch) {
        watch.pause(|| {
            self.incoming.clear();
            self.incoming.extend_from_slice(wire.take_all());
            self.read = 0;
        });
    }

    /// Whether there is nothing left to read.
    pub fn is_drained(&self) -> bool {
        self.read == self.incoming.len()
    }

    /// Gives buffers back that a real socket would not have.
    pub fn shrink(&mut self) {
        self.incoming = Vec::new();
        self.outgoing = Vec::new();
        self.read = 0;
    }

    fn copy(&mut self, slot: &mut [u8]) -> usize {
        let waiting = self.incoming.get(self.read..).unwrap_or_default();
        let count = waiting.len().min(slot.len());
        slot[..count].copy_from_slice(&waiting[..count]);
        self.read += count;
        count
    }
}

impl Read for Socket {
    fn read(&mut self, slot: &mut [u8]) -> io::Result<usize> {
        if self.is_drained() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match self.watch.take() {
            Some(mut watch) => {
                let count = watch.pause(|| self.copy(slot));
                self.watch = Some(watch);
                Ok(count)
            }
            None => Ok(self.copy(slot)),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Some(sink) => sink.take(bytes),
            None => self.outgoing.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
