//! The stream: plaintext on this side, records on the transport's.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bulla_tls::registry::AlertDescription;
use bulla_tls::{Connection, Error, Facts, Misuse, Need, Step};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::error::{NeedFailed, carry};
use crate::handshake::Terms;
use crate::intake::Intake as _;
use crate::outside::{Answering, Outside};
use crate::waiters::{Side, Waiters};

/// A TLS connection over a transport, either side, once its handshake is complete.
///
/// - Reading ends with 0 bytes when the peer has closed properly, and with
///   [`UnexpectedEof`](io::ErrorKind::UnexpectedEof) when the transport ended without that.
/// - A write is done when the connection has taken the bytes; `flush`
///   waits until the transport has them. Reading sends what is pending, too.
/// - `shutdown` says to the peer that nothing more comes; reading may
///   go on. A stream that is dropped without it looks cut off to the peer.
/// - What comes up after the handshake, such as a certificate that is asked for late
///   ([`Connection::request_certificate`]), is seen to while the stream is read, each piece of work within the limit of
///   [`with_answer_limit`](crate::TlsAcceptor::with_answer_limit).
/// - [`into_split`](Self::into_split) gives halves for two tasks.
pub struct TlsStream<IO> {
    io: IO,
    connection: Connection,
    /// Who does what the config leaves to its caller.
    outside: Arc<Outside>,
    /// How long each piece of work after the handshake may take.
    answer_limit: Option<Duration>,
    /// The work under way after the handshake.
    answering: Option<LaterWork>,
    waiters: Waiters,
    /// What went wrong when bytes were sent, until the writer is told.
    write_error: Option<io::Error>,
    /// Whether the transport holds bytes that it was not asked to flush.
    unflushed: bool,
    /// Whether the transport has ended.
    ended: bool,
    /// Whether our half of the transport is shut down.
    shut: bool,
}

/// While more than this waits to be sent, nothing is sealed behind it.
const BEHIND: usize = 1 << 14;

/// Work that came up after the handshake, and when it is late.
struct LaterWork {
    work: Answering,
    alarm: Option<Pin<Box<Sleep>>>,
}

/// How such work has ended.
enum WorkEnd {
    Done,
    Late,
}

impl LaterWork {
    fn new(work: Answering, limit: Option<Duration>) -> Self {
        Self { work, alarm: limit.map(|limit| Box::pin(sleep(limit))) }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<WorkEnd> {
        if self.work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(WorkEnd::Done);
        }
        match &mut self.alarm {
            Some(alarm) => alarm.as_mut().poll(cx).map(|()| WorkEnd::Late),
            None => Poll::Pending,
        }
    }
}

/// What a connection has to say to its owner.
pub(crate) enum Turn {
    Established,
    Need(Need),
    Waiting,
    Data,
    Closed,
}

impl<IO> TlsStream<IO> {
    pub(crate) fn new(io: IO, connection: Connection, terms: &Terms) -> Self {
        Self {
            io,
            connection,
            outside: Arc::clone(&terms.outside),
            answer_limit: terms.answer_limit,
            answering: None,
            waiters: Waiters::default(),
            write_error: None,
            unflushed: false,
            ended: false,
            shut: false,
        }
    }

    /// The transport and the connection.
    pub fn get_ref(&self) -> (&IO, &Connection) {
        (&self.io, &self.connection)
    }

    /// The transport and the connection. To read from the transport, or write to it, would break the
    /// connection.
    pub fn get_mut(&mut self) -> (&mut IO, &mut Connection) {
        (&mut self.io, &mut self.connection)
    }

    /// Takes the stream apart. What was received and not read is still in the connection.
    pub fn into_inner(self) -> (IO, Connection) {
        (self.io, self.connection)
    }

    /// The same stream over what `replace` makes of the transport.
    pub(crate) fn replace_io<T>(self, replace: impl FnOnce(IO) -> T) -> TlsStream<T> {
        TlsStream {
            io: replace(self.io),
            connection: self.connection,
            outside: self.outside,
            answer_limit: self.answer_limit,
            answering: self.answering,
            waiters: self.waiters,
            write_error: self.write_error,
            unflushed: self.unflushed,
            ended: self.ended,
            shut: self.shut,
        }
    }

    /// Sets who is asked from here on, and how long they have after the handshake.
    pub(crate) fn ask(&mut self, terms: &Terms) {
        self.outside = Arc::clone(&terms.outside);
        self.answer_limit = terms.answer_limit;
    }

    /// Has somebody do this work.
    pub(crate) fn answer(&self, need: Need) -> Answering {
        self.outside.answer(need)
    }

    /// As an error of I/O; work that was not done is told with the name of whoever was to do it.
    pub(crate) fn carry(&self, error: Error) -> io::Error {
        let by = match &error {
            Error::Need { kind, .. } => self.outside.name(*kind),
            _ => None,
        };
        match by {
            Some(by) => NeedFailed::carry(by.into_owned(), error),
            None => carry(error),
        }
    }

    /// The transport has ended.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.connection.end_of_input();
    }

    /// What the connection is.
    pub fn facts(&self) -> Facts {
        self.connection.facts()
    }

    /// At a server: asks the client for a certificate, now that the handshake is done. The request goes out with the
    /// next write or flush; once a read has taken the answer in, the [`facts`](Self::facts) say who the client is.
    ///
    /// # Errors
    /// As [`Connection::request_certificate`].
    pub fn request_certificate(&mut self) -> Result<(), Error> {
        self.connection.request_certificate()
    }

    /// Whether the transport has all that was to be sent.
    pub(crate) fn has_sent(&self) -> bool {
        self.connection.output().is_empty() && !self.unflushed
    }

    /// The reader of a half waits for bytes of the peer.
    pub(crate) fn sleep(&mut self, cx: &Context<'_>) {
        self.waiters.sleep(cx);
    }

    /// Ends the connection with this alert, and tells whoever waits for bytes of the peer.
    pub(crate) fn give_up(&mut self, alert: AlertDescription) {
        self.connection.abort(alert);
        self.waiters.wake_sleeper();
    }

    /// What a writer has not been told yet.
    pub(crate) fn take_write_error(&mut self) -> Option<io::Error> {
        self.write_error.take()
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> TlsStream<IO> {
    /// Ends the connection with a fatal alert, for a reason that is the caller's own, such as
    /// [`ACCESS_DENIED`](AlertDescription::ACCESS_DENIED) to a peer that may not do what it asks for. The alert goes out
    /// behind what was written, then the transport is shut down. Reading and writing fail from here on, with
    /// [`Error::Aborted`]. After a `shutdown` nothing more is said.
    ///
    /// # Errors
    /// The transport did not take all of it.
    pub async fn abort(&mut self, alert: AlertDescription) -> io::Result<()> {
        self.give_up(alert);
        poll_fn(|cx| Pin::new(&mut *self).poll_shutdown(cx)).await
    }

    /// Moves bytes both ways until the connection has something to say. While the transport takes no bytes,
    /// and also after it failed to, it is read from all the same: the peer may be waiting for that, or have
    /// said why.
    pub(crate) fn poll_turn(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<io::Result<Turn>> {
        loop {
            let output = match self.connection.step() {
                Ok(Step::Transmit(_)) => true,
                Ok(Step::NeedBytes) => false,
                Ok(Step::Deliver(_)) => return Poll::Ready(Ok(Turn::Data)),
                Ok(Step::Closed) => return Poll::Ready(Ok(Turn::Closed)),
                Ok(Step::Established(_)) => return Poll::Ready(Ok(Turn::Established)),
                Ok(Step::Need(need)) => return Poll::Ready(Ok(Turn::Need(need))),
                Ok(Step::Waiting(_)) => return Poll::Ready(Ok(Turn::Waiting)),
                // The facts say by whom.
                Ok(Step::Authenticated(_)) => continue,
                Ok(_) => return Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
                Err(error) => return Poll::Ready(Err(self.tell_both(error))),
            };
            if self.try_send(cx) && output {
                continue;
            }
            // Output hides what lies behind it.
            if let Some(error) = self.connection.error().cloned() {
                return Poll::Ready(Err(self.tell_both(error)));
            }
            if self.ended || self.connection.peer_has_closed() {
                return Poll::Ready(Ok(Turn::Closed));
            }
            if !may_read {
                return Poll::Pending;
            }
            ready!(self.poll_receive(cx))?;
        }
    }

    /// The connection has failed: a writer that waits until the peer takes bytes shall not wait for ever.
    fn tell_both(&mut self, error: Error) -> io::Error {
        self.waiters.wake_writer();
        self.carry(error)
    }

    /// Sends what is pending, on the reader's behalf; true once the transport has it all. A failure is kept
    /// for the writer.
    pub(crate) fn try_send(&mut self, cx: &mut Context<'_>) -> bool {
        if self.write_error.is_some() {
            return false;
        }
        if self.has_sent() {
            return true;
        }
        match self.poll_send_and_flush(Side::Reader, cx) {
            Poll::Ready(sent) => self.write_error = sent.err(),
            Poll::Pending => return false,
        }
        self.write_error.is_none()
    }

    fn poll_send_and_flush(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(side, cx))?;
        if self.unflushed {
            let Self { io, waiters, .. } = self;
            ready!(waiters.poll(side, cx, |cx| Pin::new(io).poll_flush(cx)))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends what is pending.
    fn poll_send(&mut self, side: Side, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.connection.output().is_empty() {
            let Self { io, connection, waiters, .. } = self;
            let output = connection.output();
            let count = ready!(waiters.poll(side, cx, |cx| Pin::new(io).poll_write(cx, output)))?;
            if count == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.connection.transmitted(count).map_err(carry)?;
            self.unflushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Reads once from the transport.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if ready!(self.connection.poll_receive(Pin::new(&mut self.io), cx))? == 0 {
            self.end();
        }
        Poll::Ready(Ok(()))
    }

    /// True once there is plaintext, false at the peer's end. What is needed meanwhile, such as a
    /// certificate that is asked for after the handshake, is seen to.
    pub(crate) fn poll_plaintext(&mut self, cx: &mut Context<'_>, may_read: bool) -> Poll<io::Result<bool>> {
        loop {
            if let Some(work) = &mut self.answering
                && let Poll::Ready(end) = work.poll(cx)
            {
                self.answering = None;
                if matches!(end, WorkEnd::Late) {
                    self.connection.need_is_late();
                }
            }
            match ready!(self.poll_turn(cx, may_read))? {
                Turn::Data => return Poll::Ready(Ok(true)),
                Turn::Closed => return Poll::Ready(Ok(false)),
                Turn::Need(need) => {
                    self.answering = Some(LaterWork::new(self.answer(need), self.answer_limit));
                }
                Turn::Established | Turn::Waiting => {
                    return Poll::Ready(Err(carry(Misuse::NotEstablished.into())));
                }
            }
        }
    }

    /// Moves plaintext that is at hand.
    fn take(&mut self, buf: &mut ReadBuf<'_>) -> io::Result<()> {
        let plaintext = self.connection.lent();
        let count = plaintext.len().min(buf.remaining());
        buf.put_slice(plaintext.get(..count).unwrap_or_default());
        self.connection.consume(count).map_err(carry)
    }

    /// Hands `slices` to the connection; waits only while it takes nothing.
    fn poll_write_slices(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(Ok(0));
        }
        if let Some(error) = self.write_error.take() {
            return Poll::Ready(Err(error));
        }
        // What waits goes first: to seal behind it would mean to move it. A connection that has failed says so at once.
        if self.connection.output().len() > BEHIND && self.connection.error().is_none() {
            ready!(self.poll_send(Side::Writer, cx))?;
        }
        loop {
            let taken = self.connection.send_vectored(slices);
            let sent = self.poll_send(Side::Writer, cx);
            match taken {
                Ok(0) => ready!(sent)?,
                Ok(taken) => {
                    // The bytes are taken; what went wrong behind them is told by the next call.
                    if let Poll::Ready(Err(error)) = sent {
                        self.write_error = Some(error);
                    }
                    return Poll::Ready(Ok(taken));
                }
                Err(error) => return Poll::Ready(Err(carry(error))),
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 || !ready!(this.poll_plaintext(cx, true))? {
            return Poll::Ready(Ok(()));
        }
        this.take(buf)?;
        // Whatever else has come and is no data can wait for the next call.
        while buf.remaining() > 0 && matches!(this.poll_plaintext(cx, false), Poll::Ready(Ok(true))) {
            this.take(buf)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for TlsStream<IO> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        let more = ready!(this.poll_plaintext(cx, true))?;
        Poll::Ready(Ok(if more { this.connection.lent() } else { &[] }))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let taken = self.get_mut().connection.consume(amount);
        debug_assert!(taken.is_ok(), "more was consumed than was lent");
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_slices(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_write_slices(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.write_error.take() {
            Some(error) => Poll::Ready(Err(error)),
            None => this.poll_send_and_flush(Side::Writer, cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.shut {
            return Poll::Ready(Ok(()));
        }
        this.connection.close();
        ready!(Pin::new(&mut *this).poll_flush(cx))?;
        let Self { io, waiters, .. } = this;
        match ready!(waiters.poll(Side::Writer, cx, |cx| Pin::new(io).poll_shutdown(cx))) {
            // The peer may have ended the transport already, having heard all.
            Err(error) if error.kind() != io::ErrorKind::NotConnected => return Poll::Ready(Err(error)),
            _ => this.shut = true,
        }
        Poll::Ready(Ok(()))
    }
}

impl<IO: fmt::Debug> fmt::Debug for TlsStream<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsStream").field("io", &self.io).field("connection", &self.connection).finish()
    }
}
