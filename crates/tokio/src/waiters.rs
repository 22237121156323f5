//! Who waits until the transport takes bytes. A transport remembers one waker for writing, but with a
//! stream in two tasks both the writer and the reader (which sends what is pending on its way) may wait.

use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// On whose behalf bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Reader,
    Writer,
}

/// Those who wait, one of each side.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// The reader of a stream in halves, while the peer has sent nothing.
    asleep: Option<Waker>,
}

impl Waiters {
    /// Remembers the reader, which waits for bytes of the peer.
    pub(crate) fn sleep(&mut self, cx: &Context<'_>) {
        match &mut self.asleep {
            Some(asleep) => asleep.clone_from(cx.waker()),
            None => self.asleep = Some(cx.waker().clone()),
        }
    }

    /// Wakes the reader that waits for bytes of the peer.
    pub(crate) fn wake_sleeper(&mut self) {
        if let Some(asleep) = self.asleep.take() {
            asleep.wake();
        }
    }

    /// Wakes the writer, if it waits.
    pub(crate) fn wake_writer(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    /// Polls the transport for writing so that neither side's wake-up is lost.
    pub(crate) fn poll<T>(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        write: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let (own, other) = match side {
            Side::Reader => (&mut self.reader, &mut self.writer),
            Side::Writer => (&mut self.writer, &mut self.reader),
        };
        let result = match other {
            Some(other) if !other.will_wake(cx.waker()) => {
                let both = Waker::from(Arc::new(Both(cx.waker().clone(), other.clone())));
                write(&mut Context::from_waker(&both))
            }
            _ => write(cx),
        };
        match result {
            Poll::Pending if own.as_ref().is_some_and(|own| own.will_wake(cx.waker())) => {}
            Poll::Pending => *own = Some(cx.waker().clone()),
            Poll::Ready(_) => {
                *own = None;
                // The transport owes nothing to a waker from before it was ready.
                if let Some(other) = other.take() {
                    other.wake();
                }
            }
        }
        result
    }
}

/// Wakes both sides.
struct Both(Waker, Waker);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_by_ref();
        self.1.wake_by_ref();
    }
}
