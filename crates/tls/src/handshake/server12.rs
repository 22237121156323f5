//! The server's story in TLS 1.2 (RFC 5246 section 7.3, figure 1).

use std::sync::Arc;

use bulla_crypto::exchange::{Exchange, Group};
use bulla_crypto::key_transport::PREMASTER_LEN;
use bulla_x509::certificate::Certificate as X509;
use zeroize::Zeroizing;

use super::abbreviated::{self, Promise};
use super::agreement12::{Agreement12, Hellos, Session12};
use super::boxed;
use super::chain::{Asked, Shown};
use super::mailbox::{Incoming, Mailbox};
use super::offer::share_error;
use super::proof::{self, Signed};
use super::server13::{choose_credential, judge_client};
use super::{Outcome, draw};
use crate::client_offer::host_name;
use crate::config::{Checked, ClientCertificates, Credential, ServerConfig};
use crate::error::{Error, Incompatibility, Violation};
use crate::facts::Role;
use crate::keys::prf12::Randoms;
use crate::negotiate::certificate::Form;
use crate::negotiate::tls12::{self, Choice, KeyExchange, Terms};
use crate::negotiate::version::DOWNGRADE_TO_TLS12;
use crate::wire::client_hello::ClientHello;
use crate::wire::codec::List16;
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::extension::certificate_authorities::AuthorityNames;
use crate::wire::extension::ec_point_formats::PointFormats;
use crate::wire::extension::extended_master_secret::ExtendedMasterSecret;
use crate::wire::extension::record_size_limit::RecordSizeLimit;
use crate::wire::extension::renegotiation_info::RenegotiationInfo;
use crate::wire::extension::server_name::NameAcknowledged;
use crate::wire::extension::session_ticket::TicketFollows;
use crate::wire::extension::signed_certificate_timestamp::Timestamps;
use crate::wire::extension::status_request::{CertificateStatus, StatusFollows};
use crate::wire::registry::{HandshakeType, NamedGroup, ProtocolVersion, SignatureScheme};
use crate::wire::server_hello::{Extensions, HelloExtensions, ServerHello};
use crate::wire::tls12::certificate_request::{CertificateRequest12, ECDSA_SIGN, RSA_SIGN};
use crate::wire::tls12::certificate_status::CertificateStatus12;
use crate::wire::tls12::client_key_exchange::{ClientEcdhKey, EncryptedPremaster};
use crate::wire::tls12::server_hello_done::ServerHelloDone;
use crate::wire::tls12::server_key_exchange::{EcdhParameters, ServerKeyExchange};

const VERSION: ProtocolVersion = ProtocolVersion::TLS_1_2;

/// The most that a record of TLS 1.2 holds (RFC 8449 section 4).
const MOST12: u16 = 1 << 14;

pub(super) async fn server12(
    talk: Mailbox,
    config: Checked<ServerConfig>,
    (first, hello): (&Incoming, ClientHello<'_>),
) -> Result<Outcome, Error> {
    talk.settle_on_tls12();
    talk.take_turn()?;
    talk.note(|facts| {
        facts.version = Some(VERSION);
        facts.server_name = host_name(&hello);
    });
    match abbreviated::find(&talk, &config, &hello).await? {
        Some(session) => abbreviated::server(talk, config, (first, &hello), session).await,
        // On the heap: what goes on is shorter.
        None => boxed(|| in_full(talk, config, (first, hello))).await,
    }
}

async fn in_full(
    talk: Mailbox,
    config: Checked<ServerConfig>,
    (first, hello): (&Incoming, ClientHello<'_>),
) -> Result<Outcome, Error> {
    let (credential, choice) = settle(&talk, &config, &hello).await?;
    let promise = Promise::make(&config, &hello, &choice)?;
    let staples = Form::of_hello(&hello.extensions, &[]).staples;
    let mut agreement =
        answer_hello(&talk, &config, (first, &hello), &Answer12::in_full(&choice, &credential, &promise))?;
    talk.note(|facts| facts.group = choice.exchange.group());
    agreement.send_encoded(&talk, credential.message12())?;
    if let Some(response) = credential.ocsp().filter(|_| staples.ocsp) {
        agreement.send(&talk, &CertificateStatus12(CertificateStatus(response)))?;
    }
    let mut exchange = None;
    if let KeyExchange::Ecdhe { group, curve, scheme } = choice.exchange {
        let ours = start_exchange(&config, curve)?;
        send_key(&talk, &mut agreement, &credential, (group, scheme, &ours)).await?;
        exchange = Some((group, ours));
    }
    let asked = request_certificate(&talk, &config, &mut agreement)?;
    agreement.send(&talk, &ServerHelloDone)?;
    talk.end_flight();
    talk.note(|facts| facts.credential = Some(credential));

    let mut shown = None;
    if asked {
        let message = talk.recv(&[HandshakeType::CERTIFICATE]).await?;
        shown = read_chain(&talk, &config, &message)?;
        agreement.record(&message);
    }
    if shown.is_none() {
        agreement.forget_messages();
    }
    let message = talk.recv(&[HandshakeType::CLIENT_KEY_EXCHANGE]).await?;
    agreement.record(&message);
    let mut session = match exchange {
        Some(exchange) => agree(&talk, agreement, exchange, &message)?,
        None => decrypt(&talk, &config, agreement, &hello, &message)?,
    };
    if let Some(shown) = shown {
        let verify = talk.recv(&[HandshakeType::CERTIFICATE_VERIFY]).await?;
        let leaf = proof::read_leaf(&shown.chain)?;
        check_client(&talk, &config, &mut session, &leaf, &verify)?;
        judge_client(&talk, &config, &shown, &leaf).await?;
    }
    session.expect_finished(&talk)?;
    session.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)?;
    talk.take_turn()?;
    promise.keep(&talk, &config, &mut session).await?;
    session.send_finished(&talk)?;
    talk.end_flight();
    Ok(session.into_outcome())
}

/// Chooses what to show and how to agree: by ephemeral keys wherever it can be, and by the key transport only where
/// the config has it and nothing else is left.
async fn settle<'a>(
    talk: &Mailbox,
    config: &'a ServerConfig,
    hello: &ClientHello<'a>,
) -> Result<(Arc<Credential>, Choice<'a>), Error> {
    let settled = settle_ephemeral(talk, config, hello).await;
    let nothing_else = matches!(
        settled,
        Err(Error::Incompatible(
            Incompatibility::Suite | Incompatibility::Group | Incompatibility::Signature
        ))
    );
    match &config.legacy_key_transport {
        Some(legacy) if nothing_else => {
            let choice = tls12::choose_transport(hello, config)?;
            Ok((Arc::clone(legacy.credential()), choice))
        }
        _ => settled,
    }
}

async fn settle_ephemeral<'a>(
    talk: &Mailbox,
    config: &'a ServerConfig,
    hello: &ClientHello<'a>,
) -> Result<(Arc<Credential>, Choice<'a>), Error> {
    if !tls12::offers_ephemeral(hello, config) {
        return Err(Incompatibility::Suite.into());
    }
    let credential = choose_credential(talk, config, hello).await?;
    let choice = tls12::choose(hello, config, &credential)?;
    Ok((credential, choice))
}

/// What a ServerHello says.
#[derive(Clone, Copy)]
pub(super) struct Answer12<'a> {
    pub(super) terms: Terms<'a>,
    /// What is shown; nothing where a session goes on.
    pub(super) credential: Option<&'a Credential>,
    pub(super) session_id: &'a [u8],
    pub(super) ticket_follows: bool,
}

impl<'a> Answer12<'a> {
    pub(super) fn of(terms: Terms<'a>) -> Self {
        Self { terms, credential: None, session_id: &[], ticket_follows: false }
    }

    fn in_full(choice: &Choice<'a>, credential: &'a Credential, promise: &'a Promise) -> Self {
        Self {
            terms: choice.terms,
            credential: Some(credential),
            session_id: promise.session_id(),
            ticket_follows: matches!(promise, Promise::Ticket(_)),
        }
    }
}

/// Sends ServerHello: suite and extensions are settled.
pub(super) fn answer_hello(
    talk: &Mailbox,
    config: &ServerConfig,
    (first, hello): (&Incoming, &ClientHello<'_>),
    answer: &Answer12<'_>,
) -> Result<Agreement12, Error> {
    let Answer12 { terms, credential, .. } = answer;
    let mut random = [0; 32];
    draw(&config.source, &mut random)?;
    if config.versions.contains(&ProtocolVersion::TLS_1_3) {
        // RFC 9846 section 4.2.3: TLS 1.3 servers which negotiate TLS 1.2 in response to a ClientHello MUST set the
        // last 8 bytes of their Random value specially.
        random[24..].copy_from_slice(&DOWNGRADE_TO_TLS12);
    }
    let mut extensions = HelloExtensions::default();
    // RFC 6066 section 3: When resuming a session, the server MUST NOT include a server_name extension.
    extensions.server_name =
        credential.filter(|_| talk.note(|facts| facts.server_name.is_some())).map(|_| NameAcknowledged);
    extensions.renegotiation_info = terms.renegotiation_info.then_some(RenegotiationInfo(&[]));
    extensions.extended_master_secret = terms.extended.then_some(ExtendedMasterSecret);
    extensions.session_ticket = answer.ticket_follows.then_some(TicketFollows);
    extensions.ec_point_formats = terms.point_formats.then_some(PointFormats::UNCOMPRESSED);
    extensions.alpn = terms.protocol.map(ProtocolNames::Chosen);
    let staples = Form::of_hello(&hello.extensions, &[]).staples;
    let ocsp = credential.and_then(Credential::ocsp);
    extensions.status_request = ocsp.filter(|_| staples.ocsp).map(|_| StatusFollows);
    let scts = credential.map(Credential::scts).filter(|scts| staples.scts && !scts.is_empty());
    extensions.signed_certificate_timestamp = scts.map(Timestamps::Values);
    extensions.record_size_limit = terms.record_sizes.map(|sizes| RecordSizeLimit(sizes.ours.min(MOST12)));
    terms.record_sizes.into_iter().for_each(|sizes| talk.limit_records(sizes));
    let message = ServerHello {
        legacy_version: VERSION,
        random: &random,
        legacy_session_id_echo: answer.session_id,
        cipher_suite: terms.suite.id,
        legacy_compression_method: 0,
        extensions: Extensions::Hello(extensions),
    };
    let randoms = Randoms { client: *hello.random, server: random };
    let (suite, extended) = (terms.suite, terms.extended);
    let signed = credential.is_some() && config.client_certificates.verification().is_some();
    let hellos = Hellos { suite, extended, randoms, signed, messages: &[first.transcript()] };
    let mut agreement = Agreement12::new(Role::Server, hellos);
    agreement.send(talk, &message)?;
    talk.note(|facts| {
        facts.suite = Some(suite.id);
        facts.protocol = terms.protocol.map(<[u8]>::to_vec);
        facts.extended_master_secret = Some(extended);
    });
    Ok(agreement)
}

fn start_exchange(config: &ServerConfig, curve: Group) -> Result<Exchange, Error> {
    config.source.start_exchange(curve).map_err(|_| Error::Internal("no key share could be made"))
}

/// Sends the server's ephemeral key, signed by its certificate's.
async fn send_key(
    talk: &Mailbox,
    agreement: &mut Agreement12,
    credential: &Arc<Credential>,
    (group, scheme, exchange): (NamedGroup, SignatureScheme, &Exchange),
) -> Result<(), Error> {
    let parameters = EcdhParameters { group, public: exchange.share() };
    let content = agreement.signed_parameters(&parameters);
    let signature = proof::sign(talk, credential, (VERSION, scheme), &content).await?;
    talk.note(|facts| facts.signature = Some(scheme));
    agreement.send(talk, &ServerKeyExchange { parameters, algorithm: scheme, signature: &signature })
}

/// Asks for a certificate if the config does; says whether it was asked.
fn request_certificate(
    talk: &Mailbox,
    config: &ServerConfig,
    agreement: &mut Agreement12,
) -> Result<bool, Error> {
    if config.client_certificates.verification().is_none() {
        return Ok(false);
    }
    let request = CertificateRequest12 {
        certificate_types: &[ECDSA_SIGN, RSA_SIGN],
        signature_schemes: List16::Values(&config.signature_schemes),
        authorities: config.authorities().unwrap_or(AuthorityNames::NONE),
    };
    agreement.send(talk, &request)?;
    Ok(true)
}

fn read_chain(talk: &Mailbox, config: &ServerConfig, message: &Incoming) -> Result<Option<Shown>, Error> {
    let shown = Asked::by_server(config).read12(message)?;
    if shown.is_none() && matches!(config.client_certificates, ClientCertificates::Required(_)) {
        return Err(Violation::CertificateRequired.into());
    }
    if let Some(shown) = &shown {
        shown.note(talk);
    }
    Ok(shown)
}

/// Takes up the client's ephemeral key: the master secret is agreed.
fn agree(
    talk: &Mailbox,
    agreement: Agreement12,
    (group, exchange): (NamedGroup, Exchange),
    message: &Incoming,
) -> Result<Session12, Error> {
    let theirs = message.parse::<ClientEcdhKey>()?.public;
    let secret = exchange.finish(theirs).map_err(|error| share_error(error, group))?;
    Ok(agreement.agree(talk, secret.as_ref()))
}

/// Decrypts the premaster secret. What cannot be decrypted gives a random one instead, and nothing here tells which:
/// such a client fails at its Finished, as every client does whose secret is another.
///
/// RFC 5246 section 7.4.7.1: a TLS server MUST NOT generate an alert if processing an RSA-encrypted premaster secret
/// message fails, or the version number is not as expected. Instead, it MUST continue the handshake with a randomly
/// generated premaster secret.
fn decrypt(
    talk: &Mailbox,
    config: &ServerConfig,
    agreement: Agreement12,
    hello: &ClientHello<'_>,
    message: &Incoming,
) -> Result<Session12, Error> {
    let legacy =
        config.legacy_key_transport.as_ref().ok_or(Error::Internal("no key for the key transport"))?;
    let mut fallback = Zeroizing::new([0; PREMASTER_LEN]);
    draw(&config.source, fallback.as_mut())?;
    let encrypted = message.parse::<EncryptedPremaster>()?.encrypted;
    let version = hello.legacy_version.0.to_be_bytes();
    let premaster = legacy.key().premaster(encrypted, version, &fallback);
    Ok(agreement.agree(talk, premaster.as_ref()))
}

fn check_client(
    talk: &Mailbox,
    config: &ServerConfig,
    session: &mut Session12,
    leaf: &X509<'_>,
    verify: &Incoming,
) -> Result<(), Error> {
    let content = session.take_messages();
    let signed = Signed::read(VERSION, verify)?;
    let scheme = proof::check_possession(leaf, &signed, &config.signature_schemes, &content)?;
    session.record(verify);
    talk.note(|facts| facts.client_signature = Some(scheme));
    Ok(())
}
