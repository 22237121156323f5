//! Authentication of the client after the handshake (RFC 9846 section 4.7.2): what both sides keep for it, how a
//! client answers a request, and how a server takes the answer in.

use std::sync::Arc;

use bulla_crypto::hash::Digest;
use bulla_crypto::hmac::HmacKey;

use super::agreement::Side;
use super::chain::{Asked, Shown};
use super::client13;
use super::draw;
use super::mailbox::{Incoming, Mailbox};
use super::proof::{self, Court, Signed, Wanted};
use super::{Carriage, Handshake, server13};
use crate::config::{Checked, ClientConfig, Credential, ServerConfig, Verification};
use crate::error::{Error, Violation};
use crate::facts::{Facts, Role};
use crate::keys::transcript::Transcript;
use crate::negotiate::certificate::Form;
use crate::negotiate::{client, signature};
use crate::wire::Message;
use crate::wire::certificate::{Certificate, CertificateList};
use crate::wire::certificate_request::CertificateRequest;
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::codec::Writer;
use crate::wire::finished::Finished;
use crate::wire::registry::{HandshakeType, ProtocolVersion, SignatureScheme};

/// What is kept of a handshake where a certificate may be asked for after it: the transcript through the client's
/// Finished, and the config.
pub(crate) enum Later {
    Client(Checked<ClientConfig>, Transcript),
    Server(Checked<ServerConfig>, Transcript),
}

/// A client's answer to a request, but for Finished, whose key is that of the moment at which it is sent.
pub(crate) struct Answer {
    pub(crate) messages: Vec<u8>,
    pub(crate) transcript: Digest,
    pub(crate) shown: Option<(Arc<Credential>, SignatureScheme)>,
}

/// Begins to answer a request.
pub(crate) fn answer(
    config: Checked<ClientConfig>,
    transcript: Transcript,
    request: Incoming,
) -> Handshake<Answer> {
    Handshake::begin(Role::Client, Carriage::STREAM, |talk| {
        Box::pin(async move { tell(&talk, &config, transcript, &request).await })
    })
}

/// Reads a request; gives its context.
pub(crate) fn context(request: &Incoming) -> Result<Vec<u8>, Error> {
    let request = request.parse::<CertificateRequest>()?;
    client::check_request_extensions(&request)?;
    match request.context {
        // RFC 9846 section 4.4.2: it is of zero length only within the handshake.
        [] => Err(Violation::RequestContext { message: "CertificateRequest" }.into()),
        context => Ok(context.to_vec()),
    }
}

/// RFC 9846 section 4.7.2: If the client chooses to authenticate, it MUST send Certificate, CertificateVerify, and
/// Finished. If it declines, it MUST send a Certificate message containing no certificates followed by Finished.
async fn tell(
    talk: &Mailbox,
    config: &ClientConfig,
    mut transcript: Transcript,
    request: &Incoming,
) -> Result<Answer, Error> {
    transcript.add(request.transcript());
    let request = request.parse::<CertificateRequest>()?;
    let accepted = client::check_request_extensions(&request)?;
    let wanted = Wanted {
        version: ProtocolVersion::TLS_1_3,
        signature_schemes: request.extensions.signature_algorithms,
        certificate_schemes: request.extensions.signature_algorithms_cert,
        curves: None,
        authorities: request.extensions.certificate_authorities,
    };
    let chosen = client13::choose_credential(talk, config, &wanted).await?;
    let usable = chosen.and_then(|credential| {
        let schemes = credential.schemes_for(ProtocolVersion::TLS_1_3);
        signature::choose(schemes, accepted).map(|scheme| (credential, scheme))
    });
    let mut messages = Vec::new();
    match &usable {
        Some((credential, _)) => {
            let form = Form::of_request(&request.extensions, &[]);
            messages.extend(credential.message_for(request.context, form).ok_or(TOO_LONG)?);
        }
        None => {
            append(&mut messages, &Certificate { context: request.context, list: CertificateList::empty() })?;
        }
    }
    transcript.add(&messages);
    if let Some((credential, scheme)) = &usable {
        let content = proof::signed_content(Side::Client, &transcript.current());
        let signature =
            proof::sign(talk, credential, (ProtocolVersion::TLS_1_3, *scheme), content.as_ref()).await?;
        let start = messages.len();
        append(&mut messages, &CertificateVerify { algorithm: *scheme, signature: &signature })?;
        transcript.add(messages.get(start..).unwrap_or_default());
    }
    Ok(Answer { messages, transcript: transcript.current(), shown: usable })
}

const TOO_LONG: Error = Error::Internal("a message too long for its length field");

fn append<'a, M: Message<'a>>(messages: &mut Vec<u8>, message: &M) -> Result<(), Error> {
    Writer::append(messages, |out| message.frame(out)).ok_or(TOO_LONG)
}

impl Answer {
    /// All messages of the answer.
    pub(crate) fn finish(mut self, mac: &HmacKey) -> Result<Vec<u8>, Error> {
        let tag = mac.sign(&[self.transcript.as_ref()]);
        append(&mut self.messages, &Finished { verify_data: tag.as_ref() })?;
        Ok(self.messages)
    }
}

/// A server's request, and what has come of its answer.
pub(crate) struct Request {
    context: [u8; 16],
    transcript: Transcript,
    /// What the client shows, once it has said so.
    shown: Option<Option<Shown>>,
    scheme: Option<SignatureScheme>,
}

/// A client's whole answer: who it says to be, with proof.
pub(crate) struct Claim {
    shown: Option<(Shown, SignatureScheme)>,
}

impl Request {
    /// A request under a context that none before had, and its message.
    pub(crate) fn new(
        config: &ServerConfig,
        before: &Transcript,
        number: u64,
    ) -> Result<(Self, Vec<u8>), Error> {
        let mut context = [0; 16];
        draw(&config.source, &mut context)?;
        // RFC 9846 section 4.4.2: it MUST be unique within the scope of this connection.
        if let Some((_, low)) = context.split_last_chunk_mut::<8>() {
            *low = number.to_be_bytes();
        }
        let mut message = Vec::new();
        let extensions = server13::request_extensions(config);
        append(&mut message, &CertificateRequest { context: &context, extensions })?;
        let mut transcript = before.clone();
        transcript.add(&message);
        Ok((Self { context, transcript, shown: None, scheme: None }, message))
    }

    /// Whether a part of the answer has come, so that the rest must follow at once.
    pub(crate) fn is_under_way(&self) -> bool {
        self.shown.is_some()
    }

    /// The message that is due next.
    pub(crate) fn due(&self) -> &'static [HandshakeType] {
        match (&self.shown, self.scheme) {
            (None, _) => &[HandshakeType::CERTIFICATE],
            (Some(Some(_)), None) => &[HandshakeType::CERTIFICATE_VERIFY],
            (Some(_), _) => &[HandshakeType::FINISHED],
        }
    }

    /// Takes the next message in; gives the whole answer with its last one, which `mac` proves.
    pub(crate) fn take(
        &mut self,
        config: &ServerConfig,
        message: &Incoming,
        mac: &HmacKey,
    ) -> Result<Option<Claim>, Error> {
        if !self.due().contains(&message.kind()) {
            return Err(Violation::UnexpectedMessage { got: message.kind(), expected: self.due() }.into());
        }
        match (&self.shown, self.scheme) {
            (None, _) => {
                let asked = Asked { compression: &[], context: &self.context, ..Asked::by_server(config) };
                self.shown = Some(asked.read(message)?);
            }
            (Some(Some(shown)), None) => {
                let content = proof::signed_content(Side::Client, &self.transcript.current());
                let signed = Signed::read(ProtocolVersion::TLS_1_3, message)?;
                let accepted = &config.signature_schemes;
                let leaf = proof::read_leaf(&shown.chain)?;
                self.scheme = Some(proof::check_possession(&leaf, &signed, accepted, content.as_ref())?);
            }
            (Some(_), _) => {
                let finished = message.parse::<Finished>()?;
                if !mac.verify(&[self.transcript.current().as_ref()], finished.verify_data) {
                    return Err(Violation::Finished.into());
                }
                let shown = self.shown.take().flatten();
                return Ok(Some(Claim { shown: shown.zip(self.scheme) }));
            }
        }
        self.transcript.add(message.transcript());
        Ok(None)
    }
}

/// Begins to judge what the client has proved.
pub(crate) fn judge(config: Checked<ServerConfig>, claim: Claim) -> Handshake<Claim> {
    Handshake::begin(Role::Server, Carriage::STREAM, |talk| {
        Box::pin(async move {
            if let (Some((shown, _)), Some(verification)) = (&claim.shown, &config.later_certificates) {
                have_judged(&talk, &config, verification, shown).await?;
            }
            Ok(claim)
        })
    })
}

async fn have_judged(
    talk: &Mailbox,
    config: &ServerConfig,
    verification: &Verification,
    shown: &Shown,
) -> Result<(), Error> {
    let court = Court::of_client(config, verification);
    proof::have_judged(talk, court, shown, &proof::read_leaf(&shown.chain)?).await
}

impl Claim {
    /// Writes down who the client is; one that shows nothing is nobody.
    pub(crate) fn note(self, facts: &mut Facts) {
        let (shown, scheme) = match self.shown {
            Some((shown, scheme)) => (Some(shown), Some(scheme)),
            None => (None, None),
        };
        facts.client_signature = scheme;
        let (chain, ocsp, scts) =
            shown.map(|shown| (shown.chain, shown.ocsp, shown.scts)).unwrap_or_default();
        facts.peer_certificates = chain;
        facts.peer_ocsp = ocsp;
        facts.peer_scts = scts;
    }
}
