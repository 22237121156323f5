//! A stream in two halves that two tasks use at the same time.
//!
//! What receives is lent out of the connection, so that one task decrypts while the other seals. The
//! connection itself, with all that sends, lies behind a lock that the reading half takes only before it
//! sleeps and where it meets more than data; the transport behind another, held for single calls.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bulla_tls::registry::AlertDescription;
use bulla_tls::{Error, Facts, Received, Receiver};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use crate::error::carry;
use crate::intake::Intake;
use crate::stream::TlsStream;

/// The reading half of a [`TlsStream`], made by [`TlsStream::into_split`].
///
/// Reading sends what is pending, as far as it is idle itself. Dropping the half leaves the other as it is.
pub struct OwnedReadHalf<IO> {
    shared: Shared<IO>,
    /// What receives; `None` while the connection has it.
    receiver: Option<Box<Receiver>>,
    /// What the connection lends while it has the receiver, copied from behind the lock.
    copied: Vec<u8>,
}

/// The writing half of a [`TlsStream`], made by [`TlsStream::into_split`].
///
/// Dropping it says nothing to the peer, which therefore cannot take a task that died for a proper end:
/// `shutdown` says that nothing more comes.
pub struct OwnedWriteHalf<IO>(Shared<IO>);

/// Two halves that belong to different streams.
#[derive(Debug, thiserror::Error)]
#[error("the two halves belong to different streams; reunite those that one into_split gave")]
pub struct ReuniteError<IO>(
    /// The reading half.
    pub OwnedReadHalf<IO>,
    /// The writing half.
    pub OwnedWriteHalf<IO>,
);

impl<IO> TlsStream<IO> {
    /// Takes the stream apart into halves for two tasks, which may use them at the same time: decrypting
    /// and sealing do not wait for each other, as they would in `tokio::io::split`.
    ///
    /// ```
    /// use bulla_tokio::TlsStream;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use tokio::net::TcpStream;
    ///
    /// # async fn talk(stream: TlsStream<TcpStream>) -> std::io::Result<()> {
    /// let (mut from, mut to) = stream.into_split();
    /// let sender = tokio::spawn(async move {
    ///     to.write_all(b"a long question").await?;
    ///     to.shutdown().await?;
    ///     std::io::Result::Ok(to)
    /// });
    /// let mut answer = Vec::new();
    /// from.read_to_end(&mut answer).await?;
    /// let stream: TlsStream<TcpStream> = from.reunite(sender.await??).expect("two halves of one stream");
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_split(self) -> (OwnedReadHalf<IO>, OwnedWriteHalf<IO>) {
        let stream = self.replace_io(|io| Transport(Arc::new(Mutex::new(io))));
        let io = stream.get_ref().0.clone();
        let shared = Shared { stream: Arc::new(Mutex::new(stream)), io };
        let receiver = shared.lock().get_mut().1.lend_receiver().map(Box::new);
        (OwnedReadHalf { shared: shared.clone(), receiver, copied: Vec::new() }, OwnedWriteHalf(shared))
    }
}

impl<IO> OwnedReadHalf<IO> {
    /// What the connection is.
    pub fn facts(&self) -> Facts {
        self.shared.lock().facts()
    }

    /// Puts the stream together again.
    ///
    /// # Errors
    /// The halves, if they are not of one stream.
    pub fn reunite(self, other: OwnedWriteHalf<IO>) -> Result<TlsStream<IO>, ReuniteError<IO>> {
        if !Arc::ptr_eq(&self.shared.stream, &other.0.stream) {
            return Err(ReuniteError(self, other));
        }
        let Self { shared, receiver, copied: _ } = self;
        drop(other);
        if let Some(receiver) = receiver {
            shared.lock().get_mut().1.return_receiver(*receiver);
        }
        Ok(shared.into_stream())
    }
}

impl<IO> OwnedWriteHalf<IO> {
    /// What the connection is.
    pub fn facts(&self) -> Facts {
        self.0.lock().facts()
    }

    /// Puts the stream together again.
    ///
    /// # Errors
    /// The halves, if they are not of one stream.
    pub fn reunite(self, other: OwnedReadHalf<IO>) -> Result<TlsStream<IO>, ReuniteError<IO>> {
        other.reunite(self)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> OwnedReadHalf<IO> {
    /// True once there is plaintext, false at the peer's end.
    fn poll_plaintext(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        loop {
            if !self.copied.is_empty() {
                return Poll::Ready(Ok(true));
            }
            let Some(receiver) = &mut self.receiver else {
                if ready!(self.poll_connection(cx))? {
                    continue;
                }
                return Poll::Ready(Ok(false));
            };
            match receiver.receive() {
                Received::Data => return Poll::Ready(Ok(true)),
                Received::NeedBytes => ready!(self.poll_receive(cx))?,
                Received::Other => self.give_back(|_| ()),
            }
        }
    }

    /// Lets the connection do what the receiver cannot, then takes the receiver out again where that is
    /// possible. True if there is plaintext, false at the peer's end.
    fn poll_connection(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut stream = self.shared.lock();
        let more = stream.poll_plaintext(cx, true);
        if more.is_pending() {
            stream.sleep(cx);
        }
        self.receiver = stream.get_mut().1.lend_receiver().map(Box::new);
        if self.receiver.is_none() && matches!(more, Poll::Ready(Ok(true))) {
            self.copied.extend_from_slice(stream.get_mut().1.lent());
        }
        more
    }

    /// The plaintext at hand.
    fn lent(&mut self) -> &[u8] {
        match &mut self.receiver {
            _ if !self.copied.is_empty() => &self.copied,
            Some(receiver) => receiver.lent(),
            None => &[],
        }
    }

    fn take(&mut self, count: usize) -> Result<(), Error> {
        if !self.copied.is_empty() {
            self.copied.drain(..count.min(self.copied.len()));
            return self.shared.lock().get_mut().1.consume(count);
        }
        self.receiver.as_mut().map_or(Ok(()), |receiver| receiver.consume(count))
    }

    /// Whether there is more plaintext without asking the connection.
    fn has_more(&mut self) -> bool {
        let receiver = self.receiver.as_mut();
        !self.copied.is_empty() || receiver.is_some_and(|receiver| receiver.receive() == Received::Data)
    }

    /// Reads once from the transport. Before it sleeps it sends what is pending.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(receiver) = &mut self.receiver else { return Poll::Ready(Ok(())) };
        match Intake::poll_receive(&mut **receiver, Pin::new(&mut self.shared.io), cx)? {
            Poll::Pending => {
                let mut stream = self.shared.lock();
                stream.try_send(cx);
                stream.sleep(cx);
                match stream.get_ref().1.error() {
                    Some(error) => Poll::Ready(Err(carry(error.clone()))),
                    None => Poll::Pending,
                }
            }
            Poll::Ready(0) => {
                self.give_back(TlsStream::end);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(_) => Poll::Ready(Ok(())),
        }
    }

    /// Gives the receiver back, and does something more under the same lock.
    fn give_back(&mut self, more: impl FnOnce(&mut TlsStream<Transport<IO>>)) {
        let mut stream = self.shared.lock();
        if let Some(receiver) = self.receiver.take() {
            stream.get_mut().1.return_receiver(*receiver);
        }
        more(&mut stream);
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for OwnedReadHalf<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if buf.remaining() == 0 || !ready!(this.poll_plaintext(cx))? {
            return Poll::Ready(Ok(()));
        }
        loop {
            let plaintext = this.lent();
            let count = plaintext.len().min(buf.remaining());
            buf.put_slice(plaintext.get(..count).unwrap_or_default());
            this.take(count).map_err(carry)?;
            if buf.remaining() == 0 || !this.has_more() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for OwnedReadHalf<IO> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        let more = ready!(this.poll_plaintext(cx))?;
        Poll::Ready(Ok(if more { this.lent() } else { &[] }))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let taken = self.get_mut().take(amount);
        debug_assert!(taken.is_ok(), "more was consumed than was lent");
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for OwnedWriteHalf<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0.lock()).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.0.lock()).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.lock()).poll_shutdown(cx)
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> OwnedWriteHalf<IO> {
    /// As [`TlsStream::abort`]. The reading half fails once it has read what has come already.
    ///
    /// # Errors
    /// The transport did not take all of it.
    pub async fn abort(&mut self, alert: AlertDescription) -> io::Result<()> {
        self.0.lock().give_up(alert);
        poll_fn(|cx| Pin::new(&mut *self).poll_shutdown(cx)).await
    }
}

/// What both halves hold.
struct Shared<IO> {
    stream: Arc<Mutex<TlsStream<Transport<IO>>>>,
    /// The transport once more, to read from beside whatever the stream does.
    io: Transport<IO>,
}

impl<IO> Shared<IO> {
    fn lock(&self) -> MutexGuard<'_, TlsStream<Transport<IO>>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::expect_used, reason = "the two halves hold all there is, and one of them is gone")]
    fn into_stream(self) -> TlsStream<IO> {
        let Self { stream, io } = self;
        drop(io);
        let stream = Arc::into_inner(stream).expect("the last half");
        let stream = stream.into_inner().unwrap_or_else(PoisonError::into_inner);
        stream.replace_io(|Transport(io)| {
            let io = Arc::into_inner(io).expect("the last pointer to the transport");
            io.into_inner().unwrap_or_else(PoisonError::into_inner)
        })
    }
}

impl<IO> Clone for Shared<IO> {
    fn clone(&self) -> Self {
        Self { stream: Arc::clone(&self.stream), io: self.io.clone() }
    }
}

/// A transport that is locked for one call at a time.
struct Transport<IO>(Arc<Mutex<IO>>);

impl<IO> Transport<IO> {
    fn lock(&self) -> MutexGuard<'_, IO> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<IO> Clone for Transport<IO> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Transport<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_read(cx, buf)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Transport<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.lock()).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.lock()).poll_shutdown(cx)
    }
}

impl<IO> fmt::Debug for OwnedReadHalf<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedReadHalf").field(self.shared.lock().get_ref().1).finish()
    }
}

impl<IO> fmt::Debug for OwnedWriteHalf<IO> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedWriteHalf").field(self.0.lock().get_ref().1).finish()
    }
}
