//! How a connection ends: by a closing word, or by a failure that the peer is told of.

use super::{Connection, Stage};
use crate::error::{Error, Foreign, Misuse};
use crate::transport::stream::foreign::HTTP_ANSWER;
use crate::wire::registry::{AlertDescription, AlertLevel};

impl Connection {
    /// Says to the peer that nothing more comes from us (`close_notify`); receiving goes on. During the
    /// handshake it says `user_canceled` first and ends the connection.
    pub fn close(&mut self) {
        if self.closing.ours || matches!(self.stage, Stage::Failed(_)) {
            return;
        }
        self.closing.ours = true;
        if matches!(self.stage, Stage::Handshaking(_)) {
            // RFC 9846 section 6.1: This alert MUST be followed by a "close_notify".
            self.say(AlertLevel::WARNING, AlertDescription::USER_CANCELED);
            self.say(AlertLevel::WARNING, AlertDescription::CLOSE_NOTIFY);
            self.end(Error::Misuse(Misuse::Closed));
        } else {
            self.say(AlertLevel::WARNING, AlertDescription::CLOSE_NOTIFY);
        }
    }

    /// Ends the connection with a fatal alert, for a reason that is the caller's own: such as
    /// [`ACCESS_DENIED`](AlertDescription::ACCESS_DENIED) to a peer whose certificate is genuine but who may not do what
    /// it asks for. Instead of an answer to an open need it refuses that by any alert. Nothing is received afterwards;
    /// what was sent goes out before the alert. Nothing happens if the connection has failed, or said its closing word.
    pub fn abort(&mut self, alert: AlertDescription) {
        if !self.closing.ours {
            self.fail(Error::Aborted(alert));
        }
    }

    /// The open need has no answer in time: the connection fails with that reason. Nothing happens if none
    /// is open.
    pub fn need_is_late(&mut self) {
        let late = match &self.stage {
            Stage::Handshaking(handshake) => handshake.late(),
            Stage::Established { .. } => self.later_is_late(),
            Stage::Failed(_) => None,
        };
        if let Some(late) = late {
            self.fail(late);
        }
    }

    /// Fails: tells the peer why, where there is something to tell, and forgets all secrets.
    pub(super) fn fail(&mut self, error: Error) {
        if matches!(self.stage, Stage::Failed(_)) {
            return;
        }
        match error.alert_in(self.facts().version) {
            Some(alert) => self.say(AlertLevel::FATAL, alert),
            None if error == Error::Foreign(Foreign::HttpRequest) => self.outbound.raw(HTTP_ANSWER),
            None => {}
        }
        self.end(error);
    }

    fn end(&mut self, error: Error) {
        if let Stage::Handshaking(handshake) = &self.stage {
            self.facts = handshake.facts();
        }
        self.need = None;
        self.authentication = None;
        // RFC 9846 section 6: Servers and clients MUST forget the secret values and keys established in failed
        // connections.
        self.inbound.forget();
        self.outbound.forget();
        self.stage = Stage::Failed(error);
    }

    /// An alert that cannot be sealed is left unsaid: the connection ends all the same.
    fn say(&mut self, level: AlertLevel, alert: AlertDescription) {
        let _ = self.outbound.alert(level, alert);
    }
}
