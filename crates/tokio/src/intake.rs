//! How bytes come in: straight into a connection's own buffer where many are likely, and by way of the stack where
//! there may be none, or few, so that a stream that waits holds no buffer and an ordinary message makes none grow.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bulla_tls::{Connection, Error, Receiver};
use tokio::io::{AsyncRead, ReadBuf};

use crate::error::carry;

/// Bytes read by way of the stack: more than the longest record.
const ASIDE: usize = 17 << 10;

/// What takes bytes in.
pub(crate) trait Intake {
    fn expects_more(&self) -> bool;
    fn read_slot(&mut self) -> &mut [u8];
    fn advance(&mut self, count: usize) -> Result<(), Error>;
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Error>;
    fn idle(&mut self);

    /// Reads once from the transport: how many bytes, 0 at its end. The buffers go back while it has nothing.
    fn poll_receive(
        &mut self,
        io: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let received =
            if self.expects_more() { self.poll_into_slot(io, cx) } else { self.poll_aside(io, cx) };
        if received.is_pending() {
            self.idle();
        }
        received
    }

    fn poll_into_slot(
        &mut self,
        io: Pin<&mut impl AsyncRead>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut slot = ReadBuf::new(self.read_slot());
        ready!(io.poll_read(cx, &mut slot))?;
        let count = slot.filled().len();
        self.advance(count).map_err(carry)?;
        Poll::Ready(Ok(count))
    }

    /// Apart, so that only this function's frame is so large.
    #[inline(never)]
    fn poll_aside(&mut self, io: Pin<&mut impl AsyncRead>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut aside = [MaybeUninit::uninit(); ASIDE];
        let mut aside = ReadBuf::uninit(&mut aside);
        ready!(io.poll_read(cx, &mut aside))?;
        self.feed(aside.filled()).map_err(carry)?;
        Poll::Ready(Ok(aside.filled().len()))
    }
}

impl Intake for Connection {
    fn expects_more(&self) -> bool {
        self.expects_more()
    }

    fn read_slot(&mut self) -> &mut [u8] {
        self.read_slot()
    }

    fn advance(&mut self, count: usize) -> Result<(), Error> {
        self.advance(count)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.feed(bytes)
    }

    fn idle(&mut self) {
        self.idle();
    }
}

impl Intake for Receiver {
    fn expects_more(&self) -> bool {
        self.expects_more()
    }

    fn read_slot(&mut self) -> &mut [u8] {
        self.read_slot()
    }

    fn advance(&mut self, count: usize) -> Result<(), Error> {
        self.advance(count)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.feed(bytes)
    }

    fn idle(&mut self) {
        self.idle();
    }
}
