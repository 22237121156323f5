//! The server's story in TLS 1.3 (RFC 9846 section 2, figure 1).

use std::sync::Arc;

use bulla_x509::certificate::Certificate as X509;

use super::agreement::{Agreement, Secrets, Side};
use super::boxed;
use super::chain::{Asked, Shown};
use super::later::Later;
use super::mailbox::{Direction, EarlyData, Incoming, Level, Mailbox};
use super::offer::share_error;
use super::proof::{self, Court, Signed, Wanted};
use super::resume::{self, Resumed};
use super::{Outcome, draw};
use crate::client_offer::host_name;
use crate::config::{Checked, ClientCertificates, Credential, Credentials, ServerConfig};
use crate::error::{Error, Incompatibility, NeedProblem, Violation};
use crate::facts::Role;
use crate::keys::transcript::Transcript;
use crate::negotiate::certificate::{self, Form};
use crate::negotiate::server::{Choice, Retry, choose};
use crate::negotiate::{signature, tls12, version};
use crate::step::NeedKind;
use crate::wire::certificate_request::{CertificateRequest, RequestExtensions};
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::client_hello::ClientHello;
use crate::wire::codec::List16;
use crate::wire::encrypted_extensions::{EncryptedExtensions, ServerParameters};
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::extension::compress_certificate::CompressionAlgorithms;
use crate::wire::extension::cookie::Cookie;
use crate::wire::extension::key_share::{KeyShareEntry, SelectedGroup};
use crate::wire::extension::pre_shared_key::SelectedIdentity;
use crate::wire::extension::record_size_limit::RecordSizeLimit;
use crate::wire::extension::server_name::NameAcknowledged;
use crate::wire::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use crate::wire::extension::signed_certificate_timestamp::TimestampsWanted;
use crate::wire::extension::status_request::StatusAsked;
use crate::wire::extension::supported_versions::SelectedVersion;
use crate::wire::registry::{HandshakeType, ProtocolVersion, SignatureScheme};
use crate::wire::server_hello::{Extensions, HelloExtensions, RETRY_RANDOM, RetryExtensions, ServerHello};

pub(crate) async fn server13(
    talk: Mailbox,
    config: Checked<ServerConfig>,
    (first, mut hello): (&Incoming, ClientHello<'_>),
) -> Result<Outcome, Error> {
    let mut choice = choose(&hello, &config)?;
    let mut transcript = Transcript::start(choice.suite.hash, b"");
    let mut partial = transcript.add_hello(first.transcript(), hello.binders_length());
    let second;
    if choice.group.share.is_none() {
        // On the heap: most handshakes do without.
        let retry = Retry { first: hello, choice, cookie: draw_cookie(&config)? };
        (second, transcript) = boxed(|| ask_again(&talk, &config, retry, first)).await?;
        hello = second.parse()?;
        choice = choose(&hello, &config)?;
        partial = transcript.add_hello(second.transcript(), hello.binders_length());
    }
    note_choice(&talk, &hello, &choice);
    let resumed = match partial {
        Some(partial) => boxed(|| resume::find(&talk, &config, (&hello, &choice), &partial)).await?,
        None => None,
    };
    let origin = resumed.as_ref().map(|resumed| Arc::clone(&resumed.origin));
    let identity = match resumed {
        Some(_) => None,
        None => Some(choose_identity(&talk, &config, &hello, &choice).await?),
    };

    let mut agreement = answer_hello(&talk, &config, (&hello, &choice), transcript, resumed)?;
    send_parameters(&talk, &config, &hello, &choice, &mut agreement)?;
    if let Some((credential, scheme)) = identity {
        request_certificate(&talk, &config, &mut agreement)?;
        let form = Form::of_hello(&hello.extensions, &config.compression);
        agreement.send_encoded(&talk, credential.message(form))?;
        let content = proof::signed_content(Side::Server, &agreement.transcript());
        let signature =
            proof::sign(&talk, &credential, (ProtocolVersion::TLS_1_3, scheme), content.as_ref()).await?;
        agreement.send(&talk, &CertificateVerify { algorithm: scheme, signature: &signature })?;
        talk.note(|facts| (facts.signature, facts.credential) = (Some(scheme), Some(credential)));
    }
    agreement.send_finished(&talk)?;
    let mut application = agreement.application(&talk);
    talk.install(Direction::Write, Level::Application, application.take(Side::Server)?)?;
    talk.end_flight();

    if origin.is_none() && config.client_certificates.verification().is_some() {
        let message = talk.recv(Asked::by_server(&config).due()).await?;
        if let Some(shown) = read_client_chain(&talk, &config, &message)? {
            agreement.record(&message);
            let verify = talk.recv(&[HandshakeType::CERTIFICATE_VERIFY]).await?;
            let leaf = proof::read_leaf(&shown.chain)?;
            check_client(&talk, &config, &mut agreement, &leaf, &verify)?;
            judge_client(&talk, &config, &shown, &leaf).await?;
        } else {
            agreement.record(&message);
        }
    }
    agreement.check_finished(&talk.recv(&[HandshakeType::FINISHED]).await?)?;
    talk.install(Direction::Read, Level::Application, application.take(Side::Client)?)?;
    let issue = resume::Issue { hello: &hello, suite: choice.suite, origin, agreement: &agreement };
    if issue.count(&config) > 0 {
        boxed(|| resume::issue(&talk, &config, issue)).await?;
    }
    let mut outcome = application.into_outcome(None);
    if config.later_certificates.is_some() && hello.extensions.post_handshake_auth.is_some() {
        outcome.later = Some(Box::new(Later::Server(config, agreement.into_transcript())));
    }
    Ok(outcome)
}

fn draw_cookie(config: &ServerConfig) -> Result<Option<[u8; 32]>, Error> {
    let mut cookie = [0; 32];
    draw(&config.source, &mut cookie)?;
    Ok(config.retry_cookie.then_some(cookie))
}

/// Sends a HelloRetryRequest; gives the second hello and the transcript before it.
async fn ask_again(
    talk: &Mailbox,
    config: &ServerConfig,
    retry: Retry<'_>,
    first: &Incoming,
) -> Result<(Incoming, Transcript), Error> {
    talk.take_turn()?;
    let mut extensions = RetryExtensions::default();
    extensions.supported_versions = Some(SelectedVersion(ProtocolVersion::TLS_1_3));
    extensions.key_share = Some(SelectedGroup(retry.choice.group.id));
    extensions.cookie = retry.cookie.as_ref().map(|cookie| Cookie(cookie));
    let request = server_hello(&RETRY_RANDOM, &retry.first, &retry.choice, Extensions::Retry(extensions));
    let mut sent = Vec::new();
    talk.send(&request, |bytes| sent.extend_from_slice(bytes))?;
    change_cipher_spec(talk, &retry.first);
    if retry.first.extensions.early_data.is_some() {
        talk.skip_early_data(EarlyData::BeforeHello);
    }
    talk.end_flight();
    talk.note(|facts| facts.retried = true);
    let transcript = Transcript::restart(retry.choice.suite.hash, first.transcript(), &sent);
    drop(sent);
    let second = talk.recv(&[HandshakeType::CLIENT_HELLO]).await?;
    let hello = second.parse()?;
    retry.check(&hello, &choose(&hello, config)?)?;
    Ok((second, transcript))
}

fn server_hello<'a>(
    random: &'a [u8; 32],
    hello: &ClientHello<'a>,
    choice: &Choice<'_>,
    extensions: Extensions<'a>,
) -> ServerHello<'a> {
    ServerHello {
        legacy_version: ProtocolVersion::TLS_1_2,
        random,
        legacy_session_id_echo: hello.legacy_session_id,
        cipher_suite: choice.suite.id,
        legacy_compression_method: 0,
        extensions,
    }
}

/// RFC 9846 appendix E.4: if the client sent a non-empty session ID, the server sends a dummy
/// change_cipher_spec record immediately after its first handshake message.
fn change_cipher_spec(talk: &Mailbox, hello: &ClientHello<'_>) {
    if talk.carriage().compatibility && !hello.legacy_session_id.is_empty() {
        talk.change_cipher_spec();
    }
}

fn note_choice(talk: &Mailbox, hello: &ClientHello<'_>, choice: &Choice<'_>) {
    talk.note(|facts| {
        facts.version = Some(ProtocolVersion::TLS_1_3);
        facts.suite = Some(choice.suite.id);
        facts.group = Some(choice.group.id);
        facts.protocol = choice.protocol.map(<[u8]>::to_vec);
        facts.server_name = host_name(hello);
    });
}

/// Chooses what to show, and how to sign for it.
async fn choose_identity(
    talk: &Mailbox,
    config: &ServerConfig,
    hello: &ClientHello<'_>,
    choice: &Choice<'_>,
) -> Result<(Arc<Credential>, SignatureScheme), Error> {
    let accepted = choice.signature_schemes()?;
    let credential = choose_credential(talk, config, hello).await?;
    let scheme = signature::choose(credential.schemes(), accepted).ok_or(Incompatibility::Signature)?;
    Ok((credential, scheme))
}

pub(super) async fn choose_credential(
    talk: &Mailbox,
    config: &ServerConfig,
    hello: &ClientHello<'_>,
) -> Result<Arc<Credential>, Error> {
    match &config.credentials {
        Credentials::Fixed(credential) => Ok(Arc::clone(credential)),
        Credentials::Ask => {
            let names = hello.extensions.alpn.map(ProtocolNames::names).into_iter().flatten();
            let version = version::choose(hello, config)?;
            let older = version == ProtocolVersion::TLS_1_2;
            let accepted = hello.extensions.signature_algorithms;
            let for_suites = match accepted {
                Some(accepted) if older => Some(tls12::schemes_for_suites(hello, config, accepted.0)),
                _ => None,
            };
            let for_suites =
                for_suites.as_deref().map(|schemes| SignatureAlgorithms(List16::Values(schemes)));
            let wanted = Wanted {
                version,
                signature_schemes: for_suites.or(accepted),
                certificate_schemes: hello.extensions.signature_algorithms_cert,
                authorities: hello.extensions.certificate_authorities,
                curves: hello.extensions.supported_groups.filter(|_| older),
            };
            let ask = wanted.ask(host_name(hello), names.map(<[u8]>::to_vec).collect());
            let chosen = talk.need(NeedKind::Certificate, ask).await?;
            let chosen = chosen.ok_or(Incompatibility::Name)?;
            match &config.legacy_key_transport {
                Some(legacy) if legacy.shares_key_with(&chosen) => Err(Error::Need {
                    kind: NeedKind::Certificate,
                    problem: NeedProblem::Unfit(
                        "it has the key of legacy_key_transport, which must have no other use",
                    ),
                }),
                _ => Ok(chosen),
            }
        }
    }
}

/// Sends ServerHello: the keys are agreed.
fn answer_hello(
    talk: &Mailbox,
    config: &ServerConfig,
    (hello, choice): (&ClientHello<'_>, &Choice<'_>),
    mut transcript: Transcript,
    resumed: Option<Resumed>,
) -> Result<Agreement, Error> {
    let group = choice.group;
    let theirs = group.share.ok_or(Error::Internal("a choice without the client's share"))?;
    let (ours, shared) =
        config.source.respond(group.group, theirs).map_err(|error| share_error(error, group.id))?;
    let mut random = [0; 32];
    draw(&config.source, &mut random)?;
    let mut extensions = HelloExtensions::default();
    extensions.supported_versions = Some(SelectedVersion(ProtocolVersion::TLS_1_3));
    extensions.key_share = Some(KeyShareEntry { group: group.id, key_exchange: &ours });
    extensions.pre_shared_key = resumed.as_ref().map(|resumed| SelectedIdentity(resumed.index));
    let answer = server_hello(&random, hello, choice, Extensions::Hello(extensions));
    talk.send(&answer, |bytes| transcript.add(bytes))?;
    if !talk.retried() {
        change_cipher_spec(talk, hello);
    }
    if hello.extensions.early_data.is_some() {
        talk.skip_early_data(EarlyData::BeforeHandshakeKeys);
    }
    if let Some(resumed) = &resumed {
        talk.note(|facts| resume::recall(facts, &resumed.origin));
    }
    let secrets = Secrets { early: resumed.map(|resumed| resumed.early), shared };
    Agreement::reach(talk, Role::Server, choice.suite, transcript, secrets)
}

fn send_parameters(
    talk: &Mailbox,
    config: &ServerConfig,
    hello: &ClientHello<'_>,
    choice: &Choice<'_>,
    agreement: &mut Agreement,
) -> Result<(), Error> {
    let mut extensions = ServerParameters::default();
    // RFC 6066 section 3: When resuming a session, the server MUST NOT include a server_name extension.
    let (resumed, named) = talk.note(|facts| (facts.resumed, facts.server_name.is_some()));
    extensions.server_name = (named && !resumed).then_some(NameAcknowledged);
    extensions.alpn = choice.protocol.map(ProtocolNames::Chosen);
    // RFC 9149 section 3: Servers SHOULD include a ticket_request extension if they mean to send any.
    extensions.ticket_request = resume::hint(config, hello, resumed);
    extensions.record_size_limit = choice.record_sizes.map(|sizes| RecordSizeLimit(sizes.ours));
    choice.record_sizes.into_iter().for_each(|sizes| talk.limit_records(sizes));
    agreement.send(talk, &EncryptedExtensions { extensions })
}

fn request_certificate(
    talk: &Mailbox,
    config: &ServerConfig,
    agreement: &mut Agreement,
) -> Result<(), Error> {
    if config.client_certificates.verification().is_none() {
        return Ok(());
    }
    let algorithms = certificate::algorithms(&config.compression);
    let mut extensions = request_extensions(config);
    extensions.compress_certificate = CompressionAlgorithms::offering(&algorithms);
    agreement.send(talk, &CertificateRequest { context: &[], extensions })
}

/// What a request says, in the handshake and after it.
pub(super) fn request_extensions(config: &ServerConfig) -> RequestExtensions<'_> {
    let mut extensions = RequestExtensions::default();
    extensions.signature_algorithms = Some(SignatureAlgorithms(List16::Values(&config.signature_schemes)));
    let schemes = config.certificate_schemes.as_deref().map(List16::Values);
    extensions.signature_algorithms_cert = schemes.map(CertificateSignatureAlgorithms);
    extensions.certificate_authorities = config.authorities();
    extensions.status_request = config.staples.ocsp.then_some(StatusAsked);
    extensions.signed_certificate_timestamp = config.staples.scts.then_some(TimestampsWanted);
    extensions
}

fn read_client_chain(
    talk: &Mailbox,
    config: &ServerConfig,
    message: &Incoming,
) -> Result<Option<Shown>, Error> {
    let shown = Asked::by_server(config).read(message)?;
    match (&shown, &config.client_certificates) {
        (None, ClientCertificates::Required(_)) => Err(Violation::CertificateRequired.into()),
        _ => {
            shown.iter().for_each(|shown| shown.note(talk));
            Ok(shown)
        }
    }
}

fn check_client(
    talk: &Mailbox,
    config: &ServerConfig,
    agreement: &mut Agreement,
    leaf: &X509<'_>,
    verify: &Incoming,
) -> Result<(), Error> {
    let content = proof::signed_content(Side::Client, &agreement.transcript());
    let scheme = proof::check_possession(
        leaf,
        &Signed::read(ProtocolVersion::TLS_1_3, verify)?,
        &config.signature_schemes,
        content.as_ref(),
    )?;
    agreement.record(verify);
    talk.note(|facts| facts.client_signature = Some(scheme));
    Ok(())
}

pub(super) async fn judge_client(
    talk: &Mailbox,
    config: &ServerConfig,
    shown: &Shown,
    leaf: &X509<'_>,
) -> Result<(), Error> {
    let Some(verification) = config.client_certificates.verification() else { return Ok(()) };
    let court = Court::of_client(config, verification);
    proof::have_judged(talk, court, shown, leaf).await
}
