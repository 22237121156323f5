//! The client's story in TLS 1.2 (RFC 5246 section 7.3, figure 1).

use std::sync::Arc;

use bulla_crypto::key_transport::{self, Premaster};
use bulla_x509::certificate::Certificate as X509;

use super::Outcome;
use super::abbreviated::{self, Kept};
use super::agreement12::{Agreement12, Session12};
use super::chain::Asked;
use super::client13::choose_credential;
use super::mailbox::{Incoming, Mailbox};
use super::offer::{Accepted12, share_error};
use super::proof::{self, Court, Signed, Wanted};
use crate::config::{Checked, ClientConfig, Credential};
use crate::error::{Error, Violation};
use crate::keys::suite::Exchange;
use crate::negotiate::{group, signature, tls12};
use crate::session::SessionKey;
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::codec::List16;
use crate::wire::extension::signature_algorithms::SignatureAlgorithms;
use crate::wire::registry::{HandshakeType, ProtocolVersion, SignatureScheme};
use crate::wire::tls12::certificate::Certificate12;
use crate::wire::tls12::certificate_request::CertificateRequest12;
use crate::wire::tls12::certificate_status::CertificateStatus12;
use crate::wire::tls12::client_key_exchange::{ClientEcdhKey, EncryptedPremaster};
use crate::wire::tls12::server_hello_done::ServerHelloDone;
use crate::wire::tls12::server_key_exchange::ServerKeyExchange;

const VERSION: ProtocolVersion = ProtocolVersion::TLS_1_2;

pub(super) async fn client12(
    talk: Mailbox,
    config: Checked<ClientConfig>,
    key: Arc<SessionKey>,
    accepted: Accepted12,
) -> Result<Outcome, Error> {
    let Accepted12 { mut agreement, stapled, ticket_follows, session_id, .. } = accepted;
    let certificate = talk.recv(&[HandshakeType::CERTIFICATE]).await?;
    let mut shown = Asked::by_client(&config).read12(&certificate)?.ok_or(Violation::NoCertificate)?;
    let leaf = proof::read_leaf(&shown.chain)?;
    check_kind(&agreement, &leaf)?;
    agreement.record(&certificate);
    let key_transport = agreement.suite.exchange == Exchange::KeyTransport;
    let mut message = talk.recv(due(stapled.status_follows, key_transport)).await?;
    if message.kind() == HandshakeType::CERTIFICATE_STATUS {
        shown.ocsp = Some(message.parse::<CertificateStatus12>()?.0.0.to_vec());
        agreement.record(&message);
        message = talk.recv(due(false, key_transport)).await?;
    }
    shown.scts = stapled.scts;
    shown.note(&talk);
    let mut exchange = None;
    if !key_transport {
        check_exchange(&talk, &config, &agreement, &leaf, &message)?;
        agreement.record(&message);
        exchange = Some(message);
        message = talk.recv(&END_OF_FLIGHT).await?;
    }
    let mut request = None;
    if message.kind() == HandshakeType::CERTIFICATE_REQUEST {
        message.parse::<CertificateRequest12>()?;
        agreement.record(&message);
        request = Some(message);
        message = talk.recv(&[HandshakeType::SERVER_HELLO_DONE]).await?;
    }
    message.parse::<ServerHelloDone>()?;
    agreement.record(&message);
    talk.take_turn()?;
    let court = Court { key_transport, ..Court::of_server(&config, &key.server) };
    proof::have_judged(&talk, court, &shown, &leaf).await?;

    let mut credential = None;
    match &request {
        Some(request) => credential = show_certificate(&talk, &config, request, &mut agreement).await?,
        None => agreement.forget_messages(),
    }
    let mut session = match &exchange {
        Some(exchange) => agree(&talk, &config, agreement, exchange)?,
        None => encrypt(&talk, &config, agreement, &leaf)?,
    };
    if let Some((credential, scheme)) = credential {
        prove(&talk, &mut session, credential, scheme).await?;
    }
    session.send_finished(&talk)?;
    talk.end_flight();
    let ticket = abbreviated::read_ticket(&talk, &mut session, ticket_follows).await?;
    session.expect_finished(&talk)?;
    session.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)?;
    let kept = Kept { ticket, id: session_id, origin: None };
    abbreviated::keep(&talk, &config, &key, &session, kept);
    Ok(session.into_outcome())
}

/// What comes before the client's turn.
const END_OF_FLIGHT: [HandshakeType; 2] =
    [HandshakeType::CERTIFICATE_REQUEST, HandshakeType::SERVER_HELLO_DONE];

/// What may come behind the certificate. RFC 6066 section 8 lets a server leave out the status that it has announced.
fn due(status_follows: bool, key_transport: bool) -> &'static [HandshakeType] {
    match (status_follows, key_transport) {
        (false, false) => &[HandshakeType::SERVER_KEY_EXCHANGE],
        (true, false) => &[HandshakeType::CERTIFICATE_STATUS, HandshakeType::SERVER_KEY_EXCHANGE],
        (false, true) => &END_OF_FLIGHT,
        (true, true) => &[
            HandshakeType::CERTIFICATE_STATUS,
            HandshakeType::CERTIFICATE_REQUEST,
            HandshakeType::SERVER_HELLO_DONE,
        ],
    }
}

/// Checks that the certificate's key is of the kind that the suite names.
fn check_kind(agreement: &Agreement12, leaf: &X509<'_>) -> Result<(), Error> {
    if tls12::fits(agreement.suite, proof::key(leaf)?.kind()) {
        return Ok(());
    }
    Err(Violation::CertificateNotForSuite(agreement.suite.id).into())
}

/// Checks that the server's ephemeral key is of a group that was offered, and signed by its certificate's key.
fn check_exchange(
    talk: &Mailbox,
    config: &ClientConfig,
    agreement: &Agreement12,
    leaf: &X509<'_>,
    message: &Incoming,
) -> Result<(), Error> {
    let exchange = message.parse::<ServerKeyExchange>()?;
    let group = exchange.parameters.group;
    if !group.is_elliptic() || !config.groups.contains(&group) {
        return Err(Violation::GroupNotOffered(group).into());
    }
    check_curve(config, leaf)?;
    let signed = Signed { version: VERSION, scheme: exchange.algorithm, signature: exchange.signature };
    let content = agreement.signed_parameters(&exchange.parameters);
    let scheme = proof::check_possession(leaf, &signed, &config.signature_schemes, &content)?;
    talk.note(|facts| {
        facts.group = Some(group);
        facts.signature = Some(scheme);
    });
    Ok(())
}

/// RFC 8422 section 5.3: the public key in the server's certificate MUST respect the client's choice of elliptic curves.
fn check_curve(config: &ClientConfig, leaf: &X509<'_>) -> Result<(), Error> {
    match tls12::curve(proof::key(leaf)?.kind()) {
        Some(curve) if !config.groups.contains(&curve) => Err(Violation::CurveNotOffered(curve).into()),
        _ => Ok(()),
    }
}

/// Sends the client's ephemeral key: the master secret is agreed.
fn agree(
    talk: &Mailbox,
    config: &ClientConfig,
    mut agreement: Agreement12,
    exchange: &Incoming,
) -> Result<Session12, Error> {
    let parameters = exchange.parse::<ServerKeyExchange>()?.parameters;
    let group = group::known(parameters.group).ok_or(Violation::GroupNotOffered(parameters.group))?;
    let (public, secret) = config
        .source
        .respond(group, parameters.public)
        .map_err(|error| share_error(error, parameters.group))?;
    agreement.send(talk, &ClientEcdhKey { public: &public })?;
    Ok(agreement.agree(talk, secret.as_ref()))
}

/// Sends a secret encrypted to the server's key, as its certificate says it.
fn encrypt(
    talk: &Mailbox,
    config: &ClientConfig,
    mut agreement: Agreement12,
    leaf: &X509<'_>,
) -> Result<Session12, Error> {
    // RFC 5246 section 7.4.7.1: the latest (newest) version supported by the client, as its hello says it.
    let version = VERSION.0.to_be_bytes();
    let failed = Error::Internal("the premaster secret could not be made");
    let premaster = Premaster::generate(version, &config.source).map_err(|_| failed.clone())?;
    let encrypted = key_transport::encrypt(&proof::key(leaf)?, &premaster).map_err(|_| failed)?;
    agreement.send(talk, &EncryptedPremaster { encrypted: &encrypted })?;
    Ok(agreement.agree(talk, premaster.as_ref()))
}

/// Answers a CertificateRequest with a certificate, or with an empty list (RFC 5246 section 7.4.6).
async fn show_certificate(
    talk: &Mailbox,
    config: &ClientConfig,
    request: &Incoming,
    agreement: &mut Agreement12,
) -> Result<Option<(Arc<Credential>, SignatureScheme)>, Error> {
    let request = request.parse::<CertificateRequest12>()?;
    let schemes = tls12::schemes_for_types(&request);
    let schemes = List16::Values(&schemes);
    let wanted = Wanted {
        version: VERSION,
        signature_schemes: Some(SignatureAlgorithms(schemes)),
        certificate_schemes: None,
        curves: None,
        authorities: Some(request.authorities),
    };
    let chosen = choose_credential(talk, config, &wanted).await?;
    let usable = chosen.and_then(|credential| {
        signature::choose(credential.schemes_for(VERSION), schemes).map(|scheme| (credential, scheme))
    });
    match &usable {
        Some((credential, _)) => agreement.send_encoded(talk, credential.message12())?,
        None => {
            agreement.send(talk, &Certificate12::Values(&[]))?;
            agreement.forget_messages();
        }
    }
    Ok(usable)
}

/// Signs all messages so far with the certificate's key (RFC 5246 section 7.4.8).
async fn prove(
    talk: &Mailbox,
    session: &mut Session12,
    credential: Arc<Credential>,
    scheme: SignatureScheme,
) -> Result<(), Error> {
    let content = session.take_messages();
    let signature = proof::sign(talk, &credential, (VERSION, scheme), &content).await?;
    session.send(talk, &CertificateVerify { algorithm: scheme, signature: &signature })?;
    talk.note(|facts| {
        facts.client_signature = Some(scheme);
        facts.credential = Some(credential);
    });
    Ok(())
}
