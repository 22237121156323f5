//! The client's story in TLS 1.3 (RFC 9846 section 2, figure 1).

use std::sync::Arc;

use super::Outcome;
use super::agreement::{Agreement, Side};
use super::chain::Asked;
use super::later::Later;
use super::mailbox::{Direction, Incoming, Level, Mailbox};
use super::offer::{Offer, Reached};
use super::proof::{self, Court, Signed, Wanted};
use super::{redeem, resume};
use crate::config::{Checked, ClientConfig, ClientCredentials, Credential};
use crate::error::{Error, Violation};
use crate::negotiate::certificate::Form;
use crate::negotiate::{client, record_size, signature};
use crate::session::SessionKey;
use crate::step::NeedKind;
use crate::wire::certificate::{Certificate, CertificateList};
use crate::wire::certificate_request::CertificateRequest;
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::encrypted_extensions::EncryptedExtensions;
use crate::wire::registry::{HandshakeType, ProtocolVersion};

pub(crate) async fn client13(
    talk: Mailbox,
    config: Checked<ClientConfig>,
    key: Arc<SessionKey>,
    mut offer: Offer,
    reached: Option<Reached>,
) -> Result<Outcome, Error> {
    let Reached { mut agreement, origin } = match reached {
        // Only once the answer is known to be TLS 1.3's: a server of TLS 1.2 that is refused expects an alert.
        Some(reached) => {
            change_cipher_spec(&talk, &config);
            reached
        }
        None => {
            talk.take_turn()?;
            note_retry(&talk, &config);
            offer.send(&talk, &config, &key.server)?;
            talk.end_flight();
            offer.accept(&talk.recv(&[HandshakeType::SERVER_HELLO]).await?, &talk, &config)?
        }
    };
    let parameters = talk.recv(&[HandshakeType::ENCRYPTED_EXTENSIONS]).await?;
    read_parameters(&parameters, &offer, &talk, &config)?;
    agreement.record(&parameters);

    let mut request = None;
    if let Some(origin) = &origin {
        talk.note(|facts| resume::recall(facts, origin));
        proof::judge_again(&talk, &config, &key.server, origin).await?;
    } else {
        let mut message = talk.recv(Asked::by_client(&config).due_or_request()).await?;
        if message.kind() == HandshakeType::CERTIFICATE_REQUEST {
            client::check_request(&message.parse()?)?;
            agreement.record(&message);
            request = Some(message);
            message = talk.recv(Asked::by_client(&config).due()).await?;
        }
        let shown = Asked::by_client(&config).read(&message)?.ok_or(Violation::NoCertificate)?;
        shown.note(&talk);
        agreement.record(&message);
        let verify = talk.recv(&[HandshakeType::CERTIFICATE_VERIFY]).await?;
        let content = proof::signed_content(Side::Server, &agreement.transcript());
        let signed = Signed::read(ProtocolVersion::TLS_1_3, &verify)?;
        let leaf = proof::read_leaf(&shown.chain)?;
        let scheme = proof::check_possession(&leaf, &signed, &config.signature_schemes, content.as_ref())?;
        talk.note(|facts| facts.signature = Some(scheme));
        agreement.record(&verify);
        let court = Court::of_server(&config, &key.server);
        proof::have_judged(&talk, court, &shown, &leaf).await?;
    }
    agreement.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)?;

    let mut application = agreement.application(&talk);
    talk.install(Direction::Read, Level::Application, application.take(Side::Server)?)?;
    if let Some(request) = &request {
        show_certificate(&talk, &config, request, &mut agreement).await?;
    }
    agreement.send_finished(&talk)?;
    talk.install(Direction::Write, Level::Application, application.take(Side::Client)?)?;
    talk.end_flight();
    let keeper = redeem::keeper(&talk, &config, key, (&agreement, origin));
    let mut outcome = application.into_outcome(keeper);
    if config.later_certificates {
        outcome.later = Some(Box::new(Later::Client(config, agreement.into_transcript())));
    }
    Ok(outcome)
}

/// RFC 9846 appendix E.4: the client sends a dummy change_cipher_spec record immediately before its second
/// flight. This may either be before its second ClientHello or before its encrypted handshake flight, which
/// may be an alert alone.
fn change_cipher_spec(talk: &Mailbox, config: &ClientConfig) {
    if talk.carriage().compatibility && config.compatibility {
        talk.change_cipher_spec();
    }
}

fn note_retry(talk: &Mailbox, config: &ClientConfig) {
    talk.note(|facts| facts.retried = true);
    change_cipher_spec(talk, config);
}

fn read_parameters(
    message: &Incoming,
    offer: &Offer,
    talk: &Mailbox,
    config: &ClientConfig,
) -> Result<(), Error> {
    let parameters = message.parse::<EncryptedExtensions>()?;
    let protocol = offer.offered(config)?.check_parameters(&parameters, &config.alpn)?;
    talk.note(|facts| facts.protocol = protocol.map(<[u8]>::to_vec));
    let theirs = parameters.extensions.record_size_limit;
    if let Some(sizes) = record_size::agree(config.record_size_limit, theirs, "EncryptedExtensions")? {
        talk.limit_records(sizes);
    }
    Ok(())
}

/// Answers a CertificateRequest: with a certificate and its proof, or with an empty list.
///
/// RFC 9846 section 4.5.1: If the server requests client authentication but no suitable certificate is
/// available, the client MUST send a Certificate message containing no certificates.
async fn show_certificate(
    talk: &Mailbox,
    config: &ClientConfig,
    request: &Incoming,
    agreement: &mut Agreement,
) -> Result<(), Error> {
    let request = request.parse::<CertificateRequest>()?;
    let accepted = client::check_request(&request)?;
    let wanted = Wanted {
        version: ProtocolVersion::TLS_1_3,
        signature_schemes: request.extensions.signature_algorithms,
        certificate_schemes: request.extensions.signature_algorithms_cert,
        curves: None,
        authorities: request.extensions.certificate_authorities,
    };
    let chosen = choose_credential(talk, config, &wanted).await?;
    let usable = chosen.and_then(|credential| {
        signature::choose(credential.schemes(), accepted).map(|scheme| (credential, scheme))
    });
    let Some((credential, scheme)) = usable else {
        return agreement.send(talk, &Certificate { context: &[], list: CertificateList::empty() });
    };
    let form = Form::of_request(&request.extensions, &config.compression);
    agreement.send_encoded(talk, credential.message(form))?;
    let content = proof::signed_content(Side::Client, &agreement.transcript());
    let signature =
        proof::sign(talk, &credential, (ProtocolVersion::TLS_1_3, scheme), content.as_ref()).await?;
    agreement.send(talk, &CertificateVerify { algorithm: scheme, signature: &signature })?;
    talk.note(|facts| {
        facts.client_signature = Some(scheme);
        facts.credential = Some(credential);
    });
    Ok(())
}

pub(super) async fn choose_credential(
    talk: &Mailbox,
    config: &ClientConfig,
    wanted: &Wanted<'_>,
) -> Result<Option<Arc<Credential>>, Error> {
    match &config.credentials {
        ClientCredentials::None => Ok(None),
        ClientCredentials::Fixed(credential) => Ok(Some(Arc::clone(credential))),
        ClientCredentials::Choose(credentials) => {
            let fits = |credential: &&Arc<Credential>| wanted.accepts(credential);
            Ok(credentials.iter().find(fits).map(Arc::clone))
        }
        ClientCredentials::Ask => talk.need(NeedKind::Certificate, wanted.ask(None, Vec::new())).await,
    }
}
