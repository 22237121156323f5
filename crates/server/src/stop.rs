//! How a server is asked to end: first gently, then at once.

use std::future::Future;

use tokio::sync::watch;

/// How far a server has been asked to end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Serve.
    #[default]
    Running,
    /// Take no new connection, finish the requests under way.
    Draining,
    /// Cut what is still open.
    Stopped,
}

/// The hand that asks.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<Phase>);

/// The ear that hears it; cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Phase>);

/// A pair of hand and ear.
#[must_use]
pub fn channel() -> (StopHandle, Stop) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (StopHandle(sender), Stop(receiver))
}

impl StopHandle {
    /// Asks for the next phase: drain when running, stop when draining.
    pub fn press(&self) {
        self.0.send_modify(|phase| {
            *phase = match *phase {
                Phase::Running => Phase::Draining,
                Phase::Draining | Phase::Stopped => Phase::Stopped,
            };
        });
    }

    /// Presses at each SIGINT (Ctrl-C) and SIGTERM, for as long as it is polled.
    ///
    /// # Errors
    ///
    /// When the signals cannot be listened for.
    pub fn press_on_signals(self) -> std::io::Result<impl Future<Output = ()>> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => self.press(),
                    _ = terminate.recv() => self.press(),
                }
            }
        })
    }
}

impl Stop {
    /// Waits until the server is to be in this phase or a later one. When the hand is gone, the phase stays as it is.
    pub async fn reached(&mut self, phase: Phase) {
        if self.0.wait_for(|now| *now >= phase).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_press_goes_one_phase_further() {
        let (hand, mut ear) = channel();
        hand.press();
        ear.reached(Phase::Draining).await;
        hand.press();
        hand.press();
        ear.reached(Phase::Stopped).await;
    }
}
