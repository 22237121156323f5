//! A transport as unkind as its contract allows, and an executor that polls a task only when it was woken.
//!
//! The transport keeps one waker each way, the last, and forgets it when it was ready in between. Where its
//! script says so it waits for no reason, takes fewer bytes than it could, or fails. If no task is runnable
//! and nothing is left that could wake one, a wake-up was lost.

use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What happens at one call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// As much as is possible.
    Whole,
    /// At most this many bytes.
    Short(usize),
    /// Nothing yet, for no reason.
    Later,
    /// An error, from now on.
    Fail,
}

/// The acts of one direction at one end: each in turn, then around again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(pub(crate) Vec<Act>);

/// Both ends' bytes and wakers.
#[derive(Default)]
struct Pipe {
    /// By the end that receives.
    bytes: [VecDeque<u8>; 2],
    room: usize,
    /// By the end that sends: no more will come.
    ended: [bool; 2],
    /// By the end that receives: nobody takes bytes any more.
    gone: [bool; 2],
    /// Wakers that wait for the other end: by end, reading then writing.
    waiting: [[Option<Waker>; 2]; 2],
    /// Wakers that wait for no reason.
    delayed: [[Option<Waker>; 2]; 2],
}

const READ: usize = 0;
const WRITE: usize = 1;

/// One end.
pub(crate) struct End {
    wire: Wire,
    end: usize,
    scripts: [Script; 2],
    places: [usize; 2],
    failed: [bool; 2],
}

/// The whole transport.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<Pipe>>);

impl Wire {
    /// A wire that holds `room` bytes each way, and its two ends.
    pub(crate) fn new(room: usize) -> (Self, End, End) {
        let wire = Self(Arc::new(Mutex::new(Pipe { room, ..Pipe::default() })));
        let end = |end| End {
            wire: wire.clone(),
            end,
            scripts: [Script::default(), Script::default()],
            places: [0; 2],
            failed: [false; 2],
        };
        let ends = (end(0), end(1));
        (wire, ends.0, ends.1)
    }

    fn lock(&self) -> MutexGuard<'_, Pipe> {
        self.0.lock().unwrap()
    }

    /// Lets the waits for no reason end; false if there was none.
    fn end_delays(&self) -> bool {
        let delayed: Vec<_> = self.lock().delayed.iter_mut().flatten().filter_map(Option::take).collect();
        let any = !delayed.is_empty();
        delayed.into_iter().for_each(Waker::wake);
        any
    }
}

impl End {
    /// This end with scripts for reading and for writing.
    pub(crate) fn with(mut self, read: Script, write: Script) -> Self {
        self.scripts = [read, write];
        self
    }

    fn act(&mut self, way: usize) -> Act {
        let Script(acts) = &self.scripts[way];
        if acts.is_empty() {
            return Act::Whole;
        }
        let act = acts[self.places[way] % acts.len()];
        self.places[way] += 1;
        if self.failed[way] { Act::Fail } else { act }
    }

    /// Plays one call: `move_bytes` says how many bytes it moved within the limit, or `None` if it must wait
    /// for the other end.
    fn play(
        &mut self,
        way: usize,
        cx: &Context<'_>,
        move_bytes: impl FnOnce(&mut Pipe, usize) -> io::Result<Option<usize>>,
    ) -> Poll<io::Result<usize>> {
        let (act, end) = (self.act(way), self.end);
        let wire = self.wire.clone();
        let mut pipe = wire.lock();
        pipe.waiting[end][way] = None;
        pipe.delayed[end][way] = None;
        let limit = match act {
            Act::Later => {
                pipe.delayed[end][way] = Some(cx.waker().clone());
                return Poll::Pending;
            }
            Act::Fail => {
                self.failed[way] = true;
                return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
            }
            Act::Short(limit) => limit.max(1),
            Act::Whole => usize::MAX,
        };
        let Some(count) = move_bytes(&mut pipe, limit)? else {
            pipe.waiting[end][way] = Some(cx.waker().clone());
            return Poll::Pending;
        };
        // What moved here is what the other end waits for in its opposite way.
        let other = pipe.waiting[1 - end][1 - way].take();
        drop(pipe);
        if let Some(waker) = other {
            waker.wake();
        }
        Poll::Ready(Ok(count))
    }
}

impl AsyncRead for End {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let end = this.end;
        this.play(READ, cx, |pipe, limit| {
            let count = pipe.bytes[end].len().min(limit).min(buf.remaining());
            if count == 0 && !pipe.ended[1 - end] {
                return Ok(None);
            }
            let bytes: Vec<u8> = pipe.bytes[end].drain(..count).collect();
            buf.put_slice(&bytes);
            Ok(Some(count))
        })
        .map_ok(drop)
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let other = 1 - this.end;
        this.play(WRITE, cx, |pipe, limit| {
            assert!(!pipe.ended[1 - other], "a write after shutdown");
            if pipe.gone[other] {
                return Err(ErrorKind::BrokenPipe.into());
            }
            let count = (pipe.room - pipe.bytes[other].len()).min(limit).min(buf.len());
            pipe.bytes[other].extend(&buf[..count]);
            Ok((count > 0).then_some(count))
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().play(WRITE, cx, |_, _| Ok(Some(0))).map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let end = this.end;
        this.play(WRITE, cx, |pipe, _| {
            pipe.ended[end] = true;
            Ok(Some(0))
        })
        .map_ok(drop)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        let mut pipe = self.wire.lock();
        pipe.ended[self.end] = true;
        pipe.gone[self.end] = true;
        let wakers: Vec<_> = pipe.waiting[1 - self.end].iter_mut().filter_map(Option::take).collect();
        drop(pipe);
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// Whether a task was woken.
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A task to run.
pub(crate) type Task<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A future as a task.
pub(crate) fn task<'a, T>(future: impl Future<Output = T> + 'a) -> Task<'a, T> {
    Box::pin(future)
}

/// More than any test needs.
const ROUNDS: usize = 1_000_000;

/// Runs the tasks to their ends over this wire, each only when it was woken.
///
/// # Panics
/// If one can never be woken again.
pub(crate) fn run<T>(wire: &Wire, tasks: Vec<Task<'_, T>>) -> Vec<T> {
    run_in_order(wire, tasks, 0)
}

/// As [`run`], in an order that the seed decides anew for each round.
pub(crate) fn run_in_order<T>(wire: &Wire, tasks: Vec<Task<'_, T>>, seed: u64) -> Vec<T> {
    poll_all(wire, tasks, None, seed).into_iter().map(Option::unwrap).collect()
}

/// As [`run`]; the first task is dropped after so many polls.
pub(crate) fn run_until<T>(wire: &Wire, tasks: Vec<Task<'_, T>>, polls: Option<usize>) -> Vec<Option<T>> {
    poll_all(wire, tasks, polls, 0)
}

/// The order of the next round; that of their places if the seed is zero.
fn shuffle(order: &mut [usize], seed: &mut u64) {
    for place in (1..order.len()).rev() {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        let other = if *seed == 0 { place } else { (*seed >> 33) as usize % (place + 1) };
        order.swap(place, other);
    }
}

fn poll_all<T>(
    wire: &Wire,
    tasks: Vec<Task<'_, T>>,
    mut polls: Option<usize>,
    mut seed: u64,
) -> Vec<Option<T>> {
    let mut order: Vec<_> = (0..tasks.len()).collect();
    let mut results: Vec<_> = tasks.iter().map(|_| None).collect();
    let wake = |_: &_| Arc::new(Flag(AtomicBool::new(true)));
    let flags: Vec<_> = tasks.iter().map(wake).collect();
    let mut tasks: Vec<_> = tasks.into_iter().map(Some).collect();
    for round in 0.. {
        if tasks.iter().all(Option::is_none) {
            break;
        }
        assert!(round < ROUNDS, "the tasks wake each other for ever");
        let mut idle = true;
        shuffle(&mut order, &mut seed);
        for &place in &order {
            let task = &mut tasks[place];
            let Some(future) = task else { continue };
            if place == 0 && polls == Some(0) {
                (*task, idle) = (None, false);
            } else if flags[place].0.swap(false, Ordering::Relaxed) {
                idle = false;
                if let (0, Some(left)) = (place, &mut polls) {
                    *left -= 1;
                }
                let waker = Waker::from(Arc::clone(&flags[place]));
                if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    (results[place], *task) = (Some(result), None);
                }
            }
        }
        if idle && !wire.end_delays() {
            let asleep: Vec<_> = (0..tasks.len()).filter(|place| tasks[*place].is_some()).collect();
            panic!("a wake-up was lost: tasks {asleep:?} sleep for ever");
        }
    }
    results
}
