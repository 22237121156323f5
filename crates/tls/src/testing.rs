//! Narratives without a transport, for the record-less pipe of bulla-testkit; messages and records as a forger
//! makes them, for tests against hostile peers. Not part of the API.

use rustls_pki_types::ServerName;

use crate::config::{CertificateCompression, Checked, ClientConfig, ServerConfig};
use crate::connection::Connection;
use crate::error::Error;
use crate::facts::Facts;
use crate::handshake::mailbox::{Direction, EarlyData, Effect, Incoming, Letters, Level};
use crate::handshake::{self, Carriage, Exporter, Handshake, Outcome};
use crate::keys::traffic::Keys;
use crate::negotiate::record_size::RecordSizes;
use crate::session::Session;
use crate::step::Need;
use crate::wire::certificate::Certificate;
use crate::wire::certificate_request::CertificateRequest;
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::client_hello::ClientHello;
use crate::wire::codec::{DecodeError, Writer};
use crate::wire::compressed_certificate::CompressedCertificate;
use crate::wire::encrypted_extensions::EncryptedExtensions;
use crate::wire::finished::Finished;
use crate::wire::key_update::KeyUpdate;
use crate::wire::new_session_ticket::NewSessionTicket;
use crate::wire::registry::{ContentType, HandshakeType};
use crate::wire::server_hello::ServerHello;
use crate::wire::tls12::certificate::Certificate12;
use crate::wire::tls12::certificate_request::CertificateRequest12;
use crate::wire::tls12::certificate_status::CertificateStatus12;
use crate::wire::tls12::client_key_exchange::{ClientEcdhKey, EncryptedPremaster};
use crate::wire::tls12::new_session_ticket::NewSessionTicket12;
use crate::wire::tls12::server_hello_done::ServerHelloDone;
use crate::wire::tls12::server_key_exchange::ServerKeyExchange;
use crate::wire::{HANDSHAKE_HEADER, Message};

/// A handshake whose messages are passed by hand.
pub struct Narrative {
    handshake: Handshake,
    outcome: Option<Outcome>,
}

/// What a narrative asked for, with secrets laid open.
#[derive(Debug)]
pub enum Told {
    /// A whole handshake message for the peer.
    Message(Vec<u8>),
    /// Keys changed.
    Install {
        /// The direction: reading or writing.
        read: bool,
        /// The level: application or handshake.
        application: bool,
        /// The traffic secret; in TLS 1.2 the key, and behind it the IV.
        secret: Vec<u8>,
    },
    /// The version is TLS 1.2.
    SettleOnTls12,
    /// A change_cipher_spec: for boxes on the way, or because keys change.
    ChangeCipherSpec,
    /// Early data is to be passed over.
    SkipEarlyData {
        /// Whether it stands where records are protected.
        protected: bool,
    },
    /// Protected records are no longer than this.
    LimitRecords {
        /// What this side takes.
        ours: u16,
        /// What the peer takes.
        theirs: u16,
    },
    /// The flight is complete.
    EndFlight,
    /// Work for the caller.
    Need(Need),
}

impl Narrative {
    /// A client without records, change_cipher_spec or session ids, as over QUIC.
    pub fn client(config: &Checked<ClientConfig>, name: ServerName<'static>) -> Self {
        Self::over(Handshake::client(config.clone(), name, Carriage::MESSAGES))
    }

    /// A server without records.
    pub fn server(config: &Checked<ServerConfig>) -> Self {
        Self::over(Handshake::server(config.clone(), Carriage::MESSAGES))
    }

    /// A client as over a stream.
    pub fn stream_client(config: &Checked<ClientConfig>, name: ServerName<'static>) -> Self {
        Self::over(Handshake::client(config.clone(), name, Carriage::STREAM))
    }

    /// A server as over a stream.
    pub fn stream_server(config: &Checked<ServerConfig>) -> Self {
        Self::over(Handshake::server(config.clone(), Carriage::STREAM))
    }

    fn over(handshake: Handshake) -> Self {
        Self { handshake, outcome: None }
    }

    /// Sends each of these whole messages in place of the next one of its type.
    pub fn substitute(&mut self, messages: Vec<Vec<u8>>) {
        if let Some(letters) = self.handshake.letters() {
            letters.substitute(messages);
        }
    }

    /// Delivers a whole message; `transcript` is what the transcript counts in its place.
    pub fn deliver(&mut self, message: Vec<u8>, transcript: Option<Vec<u8>>, bytes_behind: bool) {
        let Some(mut message) = Incoming::new(message.into()) else { return };
        if let Some(transcript) = transcript {
            message = message.with_transcript(transcript);
        }
        self.handshake.deliver(message, bytes_behind);
    }

    /// Tells the story on; true once it is complete.
    ///
    /// # Errors
    /// Why the handshake failed.
    pub fn resume(&mut self) -> Result<bool, Error> {
        if self.outcome.is_none() {
            self.outcome = self.handshake.resume()?;
        }
        Ok(self.outcome.is_some())
    }

    /// What the narrative has asked for since the last call, in order.
    pub fn told(&mut self) -> Vec<Told> {
        let Some(letters) = self.handshake.letters() else { return Vec::new() };
        let told = std::iter::from_fn(|| Some(lay_open_effect(letters.next_effect()?, letters)));
        let told = told.flatten().collect();
        letters.clear_flight();
        told
    }
}

fn lay_open_effect(effect: Effect, letters: &Letters) -> Option<Told> {
    Some(match effect {
        Effect::Send(range) => Told::Message(letters.flight(range, <[u8]>::to_vec)),
        Effect::Install(direction, level, keys) => Told::Install {
            read: direction == Direction::Read,
            application: level == Level::Application,
            secret: lay_open(&keys),
        },
        Effect::SettleOnTls12 => Told::SettleOnTls12,
        Effect::ChangeCipherSpec => Told::ChangeCipherSpec,
        Effect::SkipEarlyData(how) => {
            Told::SkipEarlyData { protected: how == EarlyData::BeforeHandshakeKeys }
        }
        Effect::LimitRecords(RecordSizes { ours, theirs }) => Told::LimitRecords { ours, theirs },
        Effect::EndFlight => Told::EndFlight,
        // Records, and so their limits and padding, are not here.
        Effect::Configure(..) => return None,
        Effect::Need(need) => Told::Need(*need),
    })
}

impl Narrative {
    /// The exporter secret of a complete handshake; in TLS 1.2 the master secret.
    pub fn exporter(&self) -> Option<Vec<u8>> {
        match &self.outcome.as_ref()?.exporter {
            Exporter::Tls13 { secret, .. } => Some(secret.as_bytes().to_vec()),
            Exporter::Tls12(secret) => Some(secret.secret().as_bytes().to_vec()),
        }
    }

    /// What is known so far.
    pub fn facts(&self) -> Facts {
        self.handshake.facts()
    }
}

/// The traffic secret of TLS 1.3, the key and the IV of TLS 1.2.
fn lay_open(keys: &Keys) -> Vec<u8> {
    match keys {
        Keys::Handshake13(secret) => secret.as_bytes().to_vec(),
        Keys::Tls13(traffic) => traffic.secret.as_bytes().to_vec(),
        Keys::Tls12(block) => [block.key.as_bytes(), &*block.iv].concat(),
    }
}

/// The sizes in bytes of the two narratives' futures.
pub fn future_sizes(
    client: &Checked<ClientConfig>,
    name: ServerName<'static>,
    server: &Checked<ServerConfig>,
) -> [(&'static str, usize); 2] {
    handshake::future_sizes(client.clone(), name, server.clone())
}

/// Reads a whole handshake message and writes what was read: without the extensions that bulla does not know
/// there, the others in bulla's order. The header's length is taken as it follows from the bytes.
///
/// `None` for a type that is not known, or fewer bytes than a header has.
///
/// # Errors
/// The body does not follow the syntax.
pub fn rewrite(message: &[u8]) -> Option<Result<Vec<u8>, DecodeError>> {
    let body = message.get(HANDSHAKE_HEADER..)?;
    Some(match HandshakeType(*message.first()?) {
        HandshakeType::CLIENT_HELLO => rewrite_body::<ClientHello<'_>>(body),
        HandshakeType::SERVER_HELLO => rewrite_body::<ServerHello<'_>>(body),
        HandshakeType::NEW_SESSION_TICKET => rewrite_body::<NewSessionTicket<'_>>(body),
        HandshakeType::ENCRYPTED_EXTENSIONS => rewrite_body::<EncryptedExtensions<'_>>(body),
        HandshakeType::CERTIFICATE => rewrite_body::<Certificate<'_>>(body),
        HandshakeType::COMPRESSED_CERTIFICATE => rewrite_body::<CompressedCertificate<'_>>(body),
        HandshakeType::CERTIFICATE_REQUEST => rewrite_body::<CertificateRequest<'_>>(body),
        HandshakeType::CERTIFICATE_VERIFY => rewrite_body::<CertificateVerify<'_>>(body),
        HandshakeType::FINISHED => rewrite_body::<Finished<'_>>(body),
        HandshakeType::KEY_UPDATE => rewrite_body::<KeyUpdate>(body),
        _ => return None,
    })
}

/// As [`rewrite`], by the syntax of TLS 1.2, in which some messages of the same type look otherwise. That of
/// ClientKeyExchange follows from the suite: `key_transport` says that it holds an encrypted premaster secret.
///
/// `None` for a type that is not known, or fewer bytes than a header has.
///
/// # Errors
/// The body does not follow the syntax.
pub fn rewrite12(message: &[u8], key_transport: bool) -> Option<Result<Vec<u8>, DecodeError>> {
    let body = message.get(HANDSHAKE_HEADER..)?;
    Some(match HandshakeType(*message.first()?) {
        HandshakeType::CLIENT_HELLO => rewrite_body::<ClientHello<'_>>(body),
        HandshakeType::SERVER_HELLO => rewrite_body::<ServerHello<'_>>(body),
        HandshakeType::NEW_SESSION_TICKET => rewrite_body::<NewSessionTicket12<'_>>(body),
        HandshakeType::CERTIFICATE => rewrite_body::<Certificate12<'_>>(body),
        HandshakeType::CERTIFICATE_STATUS => rewrite_body::<CertificateStatus12<'_>>(body),
        HandshakeType::SERVER_KEY_EXCHANGE => rewrite_body::<ServerKeyExchange<'_>>(body),
        HandshakeType::CERTIFICATE_REQUEST => rewrite_body::<CertificateRequest12<'_>>(body),
        HandshakeType::SERVER_HELLO_DONE => rewrite_body::<ServerHelloDone>(body),
        HandshakeType::CLIENT_KEY_EXCHANGE if key_transport => rewrite_body::<EncryptedPremaster<'_>>(body),
        HandshakeType::CLIENT_KEY_EXCHANGE => rewrite_body::<ClientEcdhKey<'_>>(body),
        HandshakeType::CERTIFICATE_VERIFY => rewrite_body::<CertificateVerify<'_>>(body),
        HandshakeType::FINISHED => rewrite_body::<Finished<'_>>(body),
        _ => return None,
    })
}

/// Reads the encoding of a session, as it is found in a ticket or a store, and writes what was read.
///
/// # Errors
/// It is none.
pub fn rewrite_session(state: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let session = Session::decode(state)?;
    let mut out = Vec::new();
    // What does not fit its length prefix stays poisoned, and so does not read back.
    let _ = session.encode(&mut out);
    Ok(out)
}

/// What a compressed certificate inflates to, if that has exactly this length.
pub fn inflate(algorithm: CertificateCompression, compressed: &[u8], length: usize) -> Option<Vec<u8>> {
    algorithm.inflate(compressed, length)
}

/// What a certificate is compressed to, for [`inflate`].
pub fn compress(algorithm: CertificateCompression, message: &[u8]) -> Option<Vec<u8>> {
    algorithm.compress(message)
}

fn rewrite_body<'a, M: Message<'a>>(body: &'a [u8]) -> Result<Vec<u8>, DecodeError> {
    let message = M::parse(body)?;
    let mut out = Vec::new();
    // What does not fit its length prefix stays poisoned, and so does not read back.
    let _ = Writer::append(&mut out, |out| message.frame(out));
    Ok(out)
}

/// Puts one record of any type and content behind what the connection has to send, sealed by its keys of the
/// moment. A type of 0 makes the last bytes of the content the type and padding (RFC 9846 section 5.2).
///
/// # Errors
/// The record cannot be sealed.
pub fn forge_record(connection: &mut Connection, kind: u8, content: &[u8]) -> Result<(), Error> {
    connection.forge_record(ContentType(kind), content)
}

/// Puts bytes that need not be a record behind what the connection has to send.
pub fn forge_bytes(connection: &mut Connection, bytes: &[u8]) {
    connection.forge_bytes(bytes);
}

/// Lets the connection send each of these whole handshake messages in place of the next one of its type.
pub fn forge_messages(connection: &mut Connection, messages: Vec<Vec<u8>>) {
    connection.forge_messages(messages);
}
