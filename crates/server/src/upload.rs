//! The body of a request on its way to the backend, and how far it is.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use tokio::time::Instant;

/// A body that notes its progress.
#[derive(Debug)]
pub(crate) struct Upload {
    body: Incoming,
    progress: Arc<Progress>,
}

/// How far a body is, for who waits for the answer to it.
#[derive(Debug)]
pub(crate) struct Progress {
    last: Mutex<Instant>,
    waits: AtomicBool,
    broke: AtomicBool,
}

impl Upload {
    /// The body, and where its progress can be seen.
    pub(crate) fn new(body: Incoming) -> (Self, Arc<Progress>) {
        let progress = Arc::new(Progress {
            last: Mutex::new(Instant::now()),
            waits: AtomicBool::new(false),
            broke: AtomicBool::new(false),
        });
        (Self { body, progress: Arc::clone(&progress) }, progress)
    }
}

impl Progress {
    /// When it last moved on.
    pub(crate) fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what holds it up is the visitor.
    pub(crate) fn waits_for_visitor(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Whether the visitor broke it off.
    pub(crate) fn broke(&self) -> bool {
        self.broke.load(Ordering::Relaxed)
    }

    fn moved(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.progress.waits.store(polled.is_pending(), Ordering::Relaxed);
        if polled.is_ready() {
            self.progress.moved();
        }
        if let Poll::Ready(Some(Err(_))) = &polled {
            self.progress.broke.store(true, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
