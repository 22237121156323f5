//! What both sides of TLS 1.2 hold from the hellos until Finished: transcript, randoms and the master secret.

use super::agreement::Side;
use super::mailbox::{Direction, Incoming, Level, Mailbox};
use super::{Exporter, Outcome};
use crate::error::{Error, Violation};
use crate::keys::prf12::{KeyBlock, MasterSecret, Randoms, VERIFY_DATA};
use crate::keys::secret::Secret;
use crate::keys::suite::Suite;
use crate::keys::traffic::Keys;
use crate::keys::transcript::Transcript;
use crate::wire::Message;
use crate::wire::codec::Writer;
use crate::wire::finished::Finished;
use crate::wire::tls12::server_key_exchange::EcdhParameters;

/// What stands once both hellos are exchanged.
pub(super) struct Agreement12 {
    role: Side,
    pub(super) suite: Suite,
    extended: bool,
    transcript: Transcript,
    /// All messages, while a client may still have to sign them.
    messages: Option<Vec<u8>>,
    randoms: Randoms,
}

/// The same with a master secret.
pub(super) struct Session12 {
    agreement: Agreement12,
    master: MasterSecret,
    read: Option<Keys>,
    write: Option<Keys>,
}

/// What the hellos settled.
pub(super) struct Hellos<'a> {
    pub(super) suite: Suite,
    /// Whether the master secret is the extended one.
    pub(super) extended: bool,
    pub(super) randoms: Randoms,
    /// Whether a client may have to sign all messages, which then are kept.
    pub(super) signed: bool,
    /// Both messages, or the first alone where the second is counted when it is sent.
    pub(super) messages: &'a [&'a [u8]],
}

impl Agreement12 {
    pub(super) fn new(role: Side, hellos: Hellos<'_>) -> Self {
        let Hellos { suite, extended, randoms, signed, messages } = hellos;
        let mut transcript = Transcript::start(suite.hash, &[]);
        messages.iter().for_each(|message| transcript.add(message));
        Self { role, suite, extended, transcript, messages: signed.then(|| messages.concat()), randoms }
    }

    fn add(&mut self, message: &[u8]) {
        self.transcript.add(message);
        if let Some(messages) = &mut self.messages {
            messages.extend_from_slice(message);
        }
    }

    pub(super) fn send<'a, M: Message<'a>>(&mut self, talk: &Mailbox, message: &M) -> Result<(), Error> {
        talk.send(message, |bytes| self.add(bytes))
    }

    /// Sends a message that was encoded before.
    pub(super) fn send_encoded(&mut self, talk: &Mailbox, message: &[u8]) -> Result<(), Error> {
        talk.send_encoded(message, |bytes| self.add(bytes))
    }

    pub(super) fn record(&mut self, message: &Incoming) {
        self.add(message.transcript());
    }

    /// No client will sign: the messages need not be kept.
    pub(super) fn forget_messages(&mut self) {
        self.messages = None;
    }

    /// What a server signs of its key (RFC 8422 section 5.4): both randoms, then the parameters.
    pub(super) fn signed_parameters(&self, parameters: &EcdhParameters<'_>) -> Vec<u8> {
        let mut content = [self.randoms.client, self.randoms.server].concat();
        // A public value longer than its prefix can say was never read, and ours are shorter.
        let _ = Writer::append(&mut content, |out| parameters.write(out));
        content
    }

    /// Goes on with the secret of an earlier session.
    pub(super) fn resume(self, talk: &Mailbox, secret: Secret) -> Session12 {
        let master = MasterSecret::new(self.suite.hash, secret, self.randoms.clone());
        talk.log(&[("CLIENT_RANDOM", master.secret().as_bytes())]);
        Session12::new(self, master)
    }

    /// Derives the session's keys; the transcript must end with ClientKeyExchange.
    pub(super) fn agree(self, talk: &Mailbox, premaster: &[u8]) -> Session12 {
        let hash = self.suite.hash;
        let master = if self.extended {
            MasterSecret::extended(hash, premaster, &self.transcript.current(), self.randoms.clone())
        } else {
            MasterSecret::unextended(hash, premaster, self.randoms.clone())
        };
        talk.log(&[("CLIENT_RANDOM", master.secret().as_bytes())]);
        Session12::new(self, master)
    }
}

impl Session12 {
    fn new(agreement: Agreement12, master: MasterSecret) -> Self {
        let KeyBlock { client, server } = master.key_block(agreement.suite);
        let (read, write) = match agreement.role {
            Side::Client => (server, client),
            Side::Server => (client, server),
        };
        Self { agreement, master, read: Some(Keys::Tls12(read)), write: Some(Keys::Tls12(write)) }
    }

    pub(super) fn suite(&self) -> Suite {
        self.agreement.suite
    }

    pub(super) fn is_extended(&self) -> bool {
        self.agreement.extended
    }

    /// A copy of the master secret, to be kept.
    pub(super) fn secret(&self) -> Secret {
        self.master.secret().copy()
    }

    /// What a client signs: all messages so far (RFC 5246 section 7.4.8).
    pub(super) fn take_messages(&mut self) -> Vec<u8> {
        self.agreement.messages.take().unwrap_or_default()
    }

    pub(super) fn send<'a, M: Message<'a>>(&mut self, talk: &Mailbox, message: &M) -> Result<(), Error> {
        self.agreement.send(talk, message)
    }

    pub(super) fn record(&mut self, message: &Incoming) {
        self.agreement.record(message);
    }

    /// Changes the cipher spec for what this side sends, and says Finished.
    pub(super) fn send_finished(&mut self, talk: &Mailbox) -> Result<(), Error> {
        let keys = self.write.take().ok_or(Error::Internal("keys that were installed before"))?;
        talk.change_cipher_spec();
        talk.install(Direction::Write, Level::Handshake, keys)?;
        let data = self.verify_data(self.agreement.role);
        self.send(talk, &Finished { verify_data: &data })
    }

    /// From here on the peer's change_cipher_spec is due.
    pub(super) fn expect_finished(&mut self, talk: &Mailbox) -> Result<(), Error> {
        let keys = self.read.take().ok_or(Error::Internal("keys that were installed before"))?;
        talk.install(Direction::Read, Level::Handshake, keys)
    }

    /// The same where nothing but the peer's Finished is to come: only what it must say is kept until then.
    pub(super) fn expect_last(mut self, talk: &Mailbox) -> Result<Ending, Error> {
        self.expect_finished(talk)?;
        Ok(Ending { expected: self.verify_data(self.peer()), outcome: self.into_outcome() })
    }

    fn peer(&self) -> Side {
        match self.agreement.role {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// RFC 5246 section 7.4.9: Recipients of Finished messages MUST verify that the contents are correct.
    pub(super) fn check_finished(&mut self, message: &Incoming) -> Result<(), Error> {
        check(&self.verify_data(self.peer()), message)?;
        self.record(message);
        Ok(())
    }

    fn verify_data(&self, side: Side) -> [u8; VERIFY_DATA] {
        self.master.verify_data(side, &self.agreement.transcript.current())
    }

    pub(super) fn into_outcome(self) -> Outcome {
        let Self { agreement: Agreement12 { suite, .. }, master, .. } = self;
        Outcome { suite, exporter: Exporter::Tls12(master.into_keying_material()), keeper: None, later: None }
    }
}

/// What is left of a session that waits for the peer's Finished alone.
pub(super) struct Ending {
    expected: [u8; VERIFY_DATA],
    outcome: Outcome,
}

impl Ending {
    pub(super) fn check_finished(self, message: &Incoming) -> Result<Outcome, Error> {
        check(&self.expected, message)?;
        Ok(self.outcome)
    }
}

fn check(expected: &[u8; VERIFY_DATA], message: &Incoming) -> Result<(), Error> {
    match bulla_crypto::compare::equal(expected, message.parse::<Finished>()?.verify_data) {
        true => Ok(()),
        false => Err(Violation::Finished.into()),
    }
}
