//! A stopwatch that takes its own cost off.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// What accounts for the time or the heap that a piece of work takes.
pub trait Gauge {
    /// The work begins or goes on.
    fn start(&mut self);

    /// The work rests.
    fn stop(&mut self);

    /// Accounts for one piece of work.
    fn run<R>(&mut self, work: impl FnOnce() -> R) -> R
    where
        Self: Sized,
    {
        self.start();
        let result = work();
        self.stop();
        result
    }
}

/// Accounts for nothing.
impl Gauge for () {
    fn start(&mut self) {}

    fn stop(&mut self) {}
}

/// The time between each start and the stop behind it, added up.
#[derive(Default)]
pub struct Watch {
    since: Option<Instant>,
    total: Duration,
    /// How often it was started, and so how often the clock's own cost is within the total.
    starts: u32,
}

impl Watch {
    /// Does something that does not count.
    pub fn pause<R>(&mut self, aside: impl FnOnce() -> R) -> R {
        self.stop();
        let result = aside();
        self.start();
        result
    }

    /// Nanoseconds so far, without what the clock itself took.
    pub fn nanoseconds(&self) -> u64 {
        let cost = u64::from(self.starts) * *CLOCK;
        u64::try_from(self.total.as_nanos()).unwrap_or(u64::MAX).saturating_sub(cost)
    }
}

impl Gauge for Watch {
    fn start(&mut self) {
        self.starts += 1;
        self.since = Some(Instant::now());
    }

    fn stop(&mut self) {
        if let Some(since) = self.since.take() {
            self.total += since.elapsed();
        }
    }
}

/// Nanoseconds that the clock measures between two readings with nothing between them: the least of many.
static CLOCK: LazyLock<u64> = LazyLock::new(|| {
    let readings = (0..10_000).map(|_| Instant::now().elapsed().as_nanos());
    readings.min().and_then(|least| u64::try_from(least).ok()).unwrap_or(0)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_do_not_count() {
        let mut watch = Watch::default();
        watch.start();
        watch.pause(|| std::thread::sleep(Duration::from_millis(50)));
        watch.stop();
        assert!(watch.nanoseconds() < 40_000_000, "{}", watch.nanoseconds());
        watch.run(|| std::thread::sleep(Duration::from_millis(2)));
        assert!(watch.nanoseconds() >= 2_000_000, "{}", watch.nanoseconds());
    }
}
