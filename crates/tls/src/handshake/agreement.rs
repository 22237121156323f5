//! What both sides hold from the moment the keys are agreed until Finished: transcript and secrets.

use bulla_crypto::exchange::SharedSecret;
use bulla_crypto::hash::Digest;
use bulla_crypto::hkdf::Prk;
use bulla_crypto::hmac::Tag;

use super::mailbox::{Direction, Incoming, Level, Mailbox};
use super::{Exporter, Outcome};
use crate::error::{Error, Violation};
use crate::facts::Role;
use crate::keys::schedule13::{Early, LabelPrefix, Main, Sides};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::keys::traffic::{Keys, TrafficSecret};
use crate::keys::transcript::Transcript;
use crate::session::Keeper;
use crate::wire::Message;
use crate::wire::finished::Finished;

/// Which side sends or has sent something, whoever we are.
pub(super) type Side = Role;

/// The agreed keys, the running transcript, and the key schedule ready for the main secret.
pub(super) struct Agreement {
    role: Role,
    suite: Suite,
    prefix: LabelPrefix,
    transcript: Transcript,
    schedule: Main,
}

/// What follows from the transcript through the server's Finished.
pub(super) struct Application {
    suite: Suite,
    prefix: LabelPrefix,
    secrets: Sides<Option<Secret>>,
    exporter: Secret,
}

/// What the keys follow from.
pub(super) struct Secrets {
    /// The schedule that begins with a pre-shared key, where one was taken.
    pub(super) early: Option<Early>,
    pub(super) shared: SharedSecret,
}

impl Agreement {
    /// Derives the handshake keys from the shared secret and the transcript through ServerHello, and
    /// protects both directions with them.
    pub(super) fn reach(
        talk: &Mailbox,
        role: Role,
        suite: Suite,
        transcript: Transcript,
        secrets: Secrets,
    ) -> Result<Self, Error> {
        let prefix = talk.carriage().prefix;
        let mut schedule = match secrets.early {
            Some(early) => early.into_handshake(&secrets.shared),
            None => Early::without_psk(suite.hash, prefix, &secrets.shared),
        };
        let log = |label, secret: &[u8]| talk.log(&[(label, secret)]);
        let Sides { client, server } = schedule.traffic(suite, &transcript.current(), log);
        let (read, write) = match role {
            Role::Client => (server, client),
            Role::Server => (client, server),
        };
        let schedule = schedule.into_main();
        talk.install(Direction::Write, Level::Handshake, Keys::Handshake13(write))?;
        talk.install(Direction::Read, Level::Handshake, Keys::Handshake13(read))?;
        Ok(Self { role, suite, prefix, transcript, schedule })
    }

    pub(super) fn suite(&self) -> Suite {
        self.suite
    }

    /// Sends a message and counts it in the transcript.
    pub(super) fn send<'a, M: Message<'a>>(&mut self, talk: &Mailbox, message: &M) -> Result<(), Error> {
        talk.send(message, |bytes| self.transcript.add(bytes))
    }

    /// Sends a message that was encoded before, and counts it in the transcript.
    pub(super) fn send_encoded(&mut self, talk: &Mailbox, message: &[u8]) -> Result<(), Error> {
        talk.send_encoded(message, |bytes| self.transcript.add(bytes))
    }

    /// Counts a received message in the transcript.
    pub(super) fn record(&mut self, message: &Incoming) {
        self.transcript.add(message.transcript());
    }

    /// The transcript hash over all messages so far.
    pub(super) fn transcript(&self) -> Digest {
        self.transcript.current()
    }

    pub(super) fn send_finished(&mut self, talk: &Mailbox) -> Result<(), Error> {
        let tag = self.schedule.finished_mac(self.role).sign(&[self.transcript().as_ref()]);
        self.send(talk, &Finished { verify_data: Tag::as_ref(&tag) })
    }

    /// Checks the peer's Finished over the transcript before it, and counts it.
    ///
    /// RFC 9846 section 4.5.3: Recipients of Finished messages MUST verify that the contents are correct and
    /// if incorrect MUST terminate the connection with a "decrypt_error" alert.
    pub(super) fn check_finished(&mut self, message: &Incoming) -> Result<(), Error> {
        let peer = match self.role {
            Role::Client => Side::Server,
            Role::Server => Side::Client,
        };
        let finished = message.parse::<Finished>()?;
        if !self.schedule.finished_mac(peer).verify(&[self.transcript().as_ref()], finished.verify_data) {
            return Err(Violation::Finished.into());
        }
        self.record(message);
        Ok(())
    }

    /// The running hash; it must end with the client's Finished.
    pub(super) fn into_transcript(self) -> Transcript {
        self.transcript
    }

    /// The resumption secret; the transcript must end with the client's Finished.
    pub(super) fn resumption(&self) -> Secret {
        self.schedule.resumption(&self.transcript())
    }

    /// The same as a key that the tickets' own secrets follow from.
    pub(super) fn resumption_key(&self) -> Prk {
        self.schedule.resumption_key(&self.transcript())
    }

    /// The application secrets; the transcript must end with the server's Finished.
    pub(super) fn application(&mut self, talk: &Mailbox) -> Application {
        // Without a client's certificate its Finished is over the same messages.
        let finished = self.transcript.note_current();
        let Sides { client, server } = self.schedule.traffic(&finished);
        let exporter = self.schedule.exporter(&finished);
        talk.log(&[
            ("CLIENT_TRAFFIC_SECRET_0", client.as_bytes()),
            ("SERVER_TRAFFIC_SECRET_0", server.as_bytes()),
            ("EXPORTER_SECRET", exporter.as_bytes()),
        ]);
        let secrets = Sides { client: Some(client), server: Some(server) };
        Application { suite: self.suite, prefix: self.prefix, secrets, exporter }
    }
}

impl Application {
    /// The secret that protects what this side sends, once.
    pub(super) fn take(&mut self, side: Side) -> Result<Keys, Error> {
        let secret = match side {
            Side::Client => self.secrets.client.take(),
            Side::Server => self.secrets.server.take(),
        };
        let secret = secret.ok_or(Error::Internal("keys that were installed before"))?;
        Ok(Keys::Tls13(TrafficSecret::new(self.suite, self.prefix, secret)))
    }

    /// What remains, and what makes sessions of tickets that are still to come.
    pub(super) fn into_outcome(self, keeper: Option<Box<Keeper>>) -> Outcome {
        let exporter = Exporter::Tls13 { prefix: self.prefix, secret: self.exporter };
        Outcome { suite: self.suite, exporter, keeper, later: None }
    }
}
