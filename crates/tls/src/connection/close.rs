//! How a connection ends: by a closing word, or by a failure that the peer is told of.

use super::{Connection, Stage};
use crate::error::{Error, Foreign, Misuse};
use crate::transport::stream::foreign::HTTP_ANSWER;
use crate::wire::registry::{AlertDescription, ProtocolVersion};

/// Alert levels (RFC 9846 section 6); receivers go by the description alone.
const WARNING: u8 = 1;
const FATAL: u8 = 2;

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
            self.say(WARNING, AlertDescription::USER_CANCELED);
            self.say(WARNING, AlertDescription::CLOSE_NOTIFY);
            self.end(Error::Misuse(Misuse::Closed));
        } else {
            self.say(WARNING, AlertDescription::CLOSE_NOTIFY);
        }
    }

    /// The open need has no answer in time: the handshake fails with that reason. Nothing happens if none
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
        match error.alert() {
            Some(alert) => self.say(FATAL, self.in_our_version(alert)),
            None if error == Error::Foreign(Foreign::HttpRequest) => self.outbound.raw(HTTP_ANSWER),
            None => {}
        }
        self.end(error);
    }

    /// RFC 5246 section 7.4.6: a server that wants a certificate sends a fatal handshake_failure alert. What TLS 1.3
    /// has besides would be unknown to the peer.
    fn in_our_version(&self, alert: AlertDescription) -> AlertDescription {
        let of_tls13 = [AlertDescription::CERTIFICATE_REQUIRED, AlertDescription::MISSING_EXTENSION];
        match self.facts().version {
            Some(ProtocolVersion::TLS_1_2) if of_tls13.contains(&alert) => {
                AlertDescription::HANDSHAKE_FAILURE
            }
            _ => alert,
        }
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
    fn say(&mut self, level: u8, alert: AlertDescription) {
        let _ = self.outbound.alert(level, alert);
    }
}
