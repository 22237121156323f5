//! A client's hello: what it offers, the keys behind its shares, and how a retry renews it.

use std::sync::Arc;

use bulla_crypto::exchange::{Exchange, ExchangeError, SharedSecret};
use bulla_crypto::random::Source;
use rustls_pki_types::ServerName;

use super::agreement::{Agreement, Secrets};
use super::agreement12::{Agreement12, Hellos};
use super::chain::Stapled12;
use super::draw;
use super::mailbox::{Incoming, Mailbox};
use super::redeem::{Resumable, Ticket};
use crate::config::{ClientConfig, ClientCredentials};
use crate::error::{Error, Violation};
use crate::facts::Role;
use crate::keys::prf12::Randoms;
use crate::keys::suite::Suite;
use crate::keys::transcript::Transcript;
use crate::negotiate::client::{self, Offered};
use crate::negotiate::{certificate, group, tls12, version};
use crate::session::{Held, Origin, SessionKey};
use crate::wire::client_hello::{
    ClientExtensions, ClientHello, PostHandshakeAuth, SESSION_ID_MAX, SentHello,
};
use crate::wire::codec::List16;
use crate::wire::extension::alpn::ProtocolNames;
use crate::wire::extension::compress_certificate::CompressionAlgorithms;
use crate::wire::extension::cookie::Cookie;
use crate::wire::extension::ec_point_formats::PointFormats;
use crate::wire::extension::extended_master_secret::ExtendedMasterSecret;
use crate::wire::extension::key_share::{ClientShares, KeyShareEntry};
use crate::wire::extension::psk_key_exchange_modes::PskKeyExchangeModes;
use crate::wire::extension::record_size_limit::RecordSizeLimit;
use crate::wire::extension::renegotiation_info::RenegotiationInfo;
use crate::wire::extension::server_name::HostName;
use crate::wire::extension::session_ticket::SessionTicket;
use crate::wire::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use crate::wire::extension::signed_certificate_timestamp::{Timestamps, TimestampsWanted};
use crate::wire::extension::status_request::StatusWanted;
use crate::wire::extension::supported_groups::SupportedGroups;
use crate::wire::extension::supported_versions::OfferedVersions;
use crate::wire::extension::ticket_request::ClientTicketRequest;
use crate::wire::registry::{NamedGroup, ProtocolVersion};
use crate::wire::server_hello::{Extensions, HelloExtensions, RetryExtensions, ServerHello};

fn speaks(config: &ClientConfig, version: ProtocolVersion) -> bool {
    config.versions.contains(&version)
}

/// The offer that stands.
pub(super) struct Offer {
    random: [u8; 32],
    session_id: SessionId,
    shares: Vec<Share>,
    cookie: Option<Vec<u8>>,
    /// The hello that was sent last, as the transcript counts it.
    hello: Vec<u8>,
    /// What it would resume.
    resumable: Resumable,
    /// After a HelloRetryRequest: the suite that it named, and the transcript through our second hello.
    settled: Option<(Suite, Transcript)>,
}

/// A share in a group, and the key behind it: the one of its own, or that of the hybrid beside it.
struct Share {
    group: NamedGroup,
    exchange: Option<Exchange>,
}

/// At most 32 bytes.
#[derive(Default)]
struct SessionId {
    bytes: [u8; SESSION_ID_MAX],
    length: usize,
}

impl SessionId {
    /// A copy; `None` if there are more bytes than one can have.
    fn copy(given: &[u8]) -> Option<Self> {
        let mut id = Self { length: given.len(), ..Self::default() };
        id.bytes.get_mut(..given.len())?.copy_from_slice(given);
        Some(id)
    }
}

/// The random of a hello, and a session id where one is wanted, in one draw.
fn draw_two(source: &Source, with_id: bool) -> Result<([u8; 32], SessionId), Error> {
    let mut drawn = [[0; 32]; 2];
    let length = if with_id { SESSION_ID_MAX } else { 0 };
    draw(source, &mut drawn.as_flattened_mut()[..32 + length])?;
    let [random, bytes] = drawn;
    Ok((random, SessionId { bytes, length }))
}

impl AsRef<[u8]> for SessionId {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Offer {
    /// Draws randoms and makes the key shares of a first hello.
    pub(super) fn new(talk: &Mailbox, config: &ClientConfig, key: &Arc<SessionKey>) -> Result<Self, Error> {
        let resumable = Resumable::take(talk, config, key);
        let imitates = talk.carriage().compatibility && config.compatibility;
        let held = resumable.held().map(|held| held.id.as_slice());
        let draws_id = match held {
            // RFC 5077 section 3.4: the client MAY generate and include a Session ID, to tell by the echo
            // whether the ticket was taken.
            Some(id) => id.is_empty(),
            // RFC 9846 section 4.2.2: In compatibility mode this field MUST be non-empty, so a client not
            // offering a pre-TLS 1.3 session MUST generate a new 32-byte value.
            None => imitates && speaks(config, ProtocolVersion::TLS_1_3),
        };
        let (random, session_id) = draw_two(&config.source, draws_id)?;
        let session_id = match held {
            Some(id) if !draws_id => SessionId::copy(id).ok_or(Error::Internal("a session id too long"))?,
            _ => session_id,
        };
        talk.open_log(config.key_log.as_ref(), &random);
        let mut offer = Self {
            random,
            session_id,
            shares: Vec::new(),
            cookie: None,
            hello: Vec::new(),
            resumable,
            settled: None,
        };
        // RFC 9846 section 4.3.8: Each KeyShareEntry value MUST correspond to a group offered in the
        // "supported_groups" extension and MUST appear in the same order.
        if !speaks(config, ProtocolVersion::TLS_1_3) {
            return Ok(offer);
        }
        offer.shares.reserve_exact(config.key_shares.len());
        let mut shared = config.groups.iter().filter(|group| config.key_shares.contains(group));
        shared.try_for_each(|group| offer.add_share(config, *group))?;
        Ok(offer)
    }

    /// Adds a share. X25519 beside its hybrid takes the hybrid's own key: RFC 9954 section 3.2 allows it
    /// within one hello, and it saves a key generation.
    fn add_share(&mut self, config: &ClientConfig, id: NamedGroup) -> Result<(), Error> {
        let group = group::known(id).ok_or(Error::Internal("a group that the config check let through"))?;
        let rides = id == NamedGroup::X25519 && self.hybrid().is_some();
        let exchange = match rides {
            true => None,
            false => Some(config.source.start_exchange(group).map_err(key_exchange_failed)?),
        };
        self.shares.push(Share { group: id, exchange });
        Ok(())
    }

    /// The key of the hybrid that X25519 takes.
    fn hybrid(&self) -> Option<&Exchange> {
        let share = self.shares.iter().find(|share| share.group == NamedGroup::X25519_MLKEM768);
        share.and_then(|share| share.exchange.as_ref())
    }

    /// What is sent of the shares.
    fn key_shares(&self) -> Vec<KeyShareEntry<'_>> {
        let mut entries = Vec::with_capacity(self.shares.len());
        entries.extend(self.shares.iter().filter_map(|share| {
            let key_exchange = match &share.exchange {
                Some(exchange) => exchange.share(),
                None => self.hybrid()?.classical_share()?,
            };
            Some(KeyShareEntry { group: share.group, key_exchange })
        }));
        entries
    }

    /// Sends the hello as it now stands.
    pub(super) fn send(
        &mut self,
        talk: &Mailbox,
        config: &ClientConfig,
        name: &ServerName<'_>,
    ) -> Result<(), Error> {
        let shares = self.key_shares();
        let host = host_name(config, name);
        let algorithms = certificate::algorithms(&config.compression);
        let mut hello = self.hello(config, host.as_deref(), &shares);
        hello.extensions.compress_certificate = CompressionAlgorithms::offering(&algorithms);
        let empty = [0; 64];
        hello.extensions.pre_shared_key = self.resumable.ticket().map(|ticket| ticket.offer(&empty));
        let mut sent = Vec::new();
        let bind = |bytes: &mut [u8]| {
            if let (Some(ticket), Some(binders)) = (self.resumable.ticket(), hello.binders_length()) {
                ticket.bind(bytes, binders, self.settled.as_ref().map(|(_, transcript)| transcript));
            }
        };
        talk.send_finished_by(&hello, bind, |bytes| sent.extend_from_slice(bytes))?;
        if let Some((_, transcript)) = &mut self.settled {
            transcript.add(&sent);
        }
        self.hello = sent;
        talk.note(|facts| facts.server_name = host);
        Ok(())
    }

    fn hello<'a>(
        &'a self,
        config: &'a ClientConfig,
        host: Option<&'a str>,
        shares: &'a [KeyShareEntry<'a>],
    ) -> ClientHello<'a> {
        let mut extensions = ClientExtensions::default();
        extensions.server_name = host.map(|host| HostName(host.as_bytes()));
        if speaks(config, ProtocolVersion::TLS_1_3) {
            extensions.supported_versions = Some(OfferedVersions(List16::Values(&config.versions)));
            extensions.key_share = Some(ClientShares::Values(shares));
        }
        if speaks(config, ProtocolVersion::TLS_1_2) {
            extensions.ec_point_formats = Some(PointFormats::UNCOMPRESSED);
            extensions.extended_master_secret = Some(ExtendedMasterSecret);
            extensions.renegotiation_info = Some(RenegotiationInfo(&[]));
            let ticket = self.resumable.held().map_or(&[][..], |held| &held.ticket);
            extensions.session_ticket = config.sessions.is_some().then_some(SessionTicket(ticket));
        }
        extensions.supported_groups = Some(SupportedGroups(List16::Values(&config.groups)));
        let schemes = List16::Values(config.signature_schemes.as_slice());
        extensions.signature_algorithms = Some(SignatureAlgorithms(schemes));
        let schemes = config.certificate_schemes.as_deref().map(List16::Values);
        extensions.signature_algorithms_cert = schemes.map(CertificateSignatureAlgorithms);
        extensions.post_handshake_auth = config.later_certificates.then_some(PostHandshakeAuth);
        extensions.status_request = config.staples.ocsp.then_some(StatusWanted::Ocsp);
        extensions.signed_certificate_timestamp = config.staples.scts.then_some(TimestampsWanted);
        extensions.record_size_limit = config.record_size_limit.map(RecordSizeLimit);
        extensions.alpn = (!config.alpn.is_empty()).then_some(ProtocolNames::Values(&config.alpn));
        extensions.cookie = self.cookie.as_deref().map(Cookie);
        if config.sessions.is_some() && speaks(config, ProtocolVersion::TLS_1_3) {
            extensions.psk_key_exchange_modes = Some(PskKeyExchangeModes::OURS);
            extensions.ticket_request = config.ticket_request.map(|request| ClientTicketRequest {
                new_session_count: request.new,
                resumption_count: request.resumed,
            });
        }
        ClientHello {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: &self.random,
            legacy_session_id: self.session_id.as_ref(),
            cipher_suites: List16::Values(&config.suites),
            legacy_compression_methods: &[0],
            extensions,
        }
    }

    pub(super) fn offered<'a>(&'a self, config: &'a ClientConfig) -> Result<Offered<'a>, Error> {
        Ok(Offered {
            session_id: self.session_id.as_ref(),
            suites: &config.suites,
            groups: &config.groups,
            hello: SentHello::read(&self.hello)?,
            settled: self.settled.as_ref().map(|(suite, _)| *suite),
            psk: self.resumable.ticket().map(Ticket::hash),
            session: self.resumable.held().map(|held| held.session.suite),
        })
    }

    /// Takes up the first answer, read once.
    pub(super) fn answered(
        &mut self,
        answer: &Incoming,
        talk: &Mailbox,
        config: &ClientConfig,
    ) -> Result<Answered, Error> {
        let hello = answer.parse::<ServerHello>()?;
        let message = (&hello, answer.transcript());
        Ok(match (version::answered(&hello, config)?, &hello.extensions) {
            (ProtocolVersion::TLS_1_2, _) => Answered::Tls12(self.accept12(message, talk, config)?),
            (_, Extensions::Hello(block)) => Answered::Tls13(self.reach(message, block, talk, config)?),
            (_, Extensions::Retry(block)) => {
                self.take_retry(message, block, config)?;
                Answered::Retry
            }
        })
    }

    /// Takes up a HelloRetryRequest: afterwards the renewed hello can be sent.
    fn take_retry(
        &mut self,
        (hello, message): (&ServerHello<'_>, &[u8]),
        extensions: &RetryExtensions<'_>,
        config: &ClientConfig,
    ) -> Result<(), Error> {
        let retry = client::check_retry(hello, extensions, &self.offered(config)?)?;
        self.cookie = retry.cookie.map(<[u8]>::to_vec);
        let transcript = Transcript::restart(retry.suite.hash, &self.hello, message);
        self.settled = Some((retry.suite, transcript));
        // RFC 9846 section 4.2.2: Removing any PSKs which are incompatible with the server's indicated cipher
        // suite.
        let ticket = self.resumable.take_ticket().filter(|ticket| ticket.hash() == retry.suite.hash);
        self.resumable = ticket.map_or(Resumable::Nothing, Resumable::Tls13);
        if let Some(group) = retry.group {
            self.shares.clear();
            self.add_share(config, group)?;
        }
        Ok(())
    }

    /// Takes up the ServerHello behind a HelloRetryRequest.
    pub(super) fn accept(
        &mut self,
        answer: &Incoming,
        talk: &Mailbox,
        config: &ClientConfig,
    ) -> Result<Reached, Error> {
        let hello = answer.parse::<ServerHello>()?;
        match &hello.extensions {
            Extensions::Hello(block) => self.reach((&hello, answer.transcript()), block, talk, config),
            Extensions::Retry(_) => Err(Violation::SecondRetry.into()),
        }
    }

    /// Takes up a ServerHello of TLS 1.3: the keys are agreed.
    fn reach(
        &mut self,
        (hello, message): (&ServerHello<'_>, &[u8]),
        extensions: &HelloExtensions<'_>,
        talk: &Mailbox,
        config: &ClientConfig,
    ) -> Result<Reached, Error> {
        let settled = client::check_hello(hello, extensions, &self.offered(config)?)?;
        let shared = self.agree(&settled.share)?;
        let mut transcript = match self.settled.take() {
            Some((_, transcript)) => transcript,
            None => Transcript::start(settled.suite.hash, &self.hello),
        };
        transcript.add(message);
        talk.note(|facts| {
            facts.version = Some(ProtocolVersion::TLS_1_3);
            facts.suite = Some(settled.suite.id);
            facts.group = Some(settled.share.group);
        });
        let ticket = self.resumable.take_ticket().filter(|_| settled.resumed);
        let (early, origin) = ticket.map(Ticket::into_parts).unzip();
        let secrets = Secrets { early, shared };
        let agreement = Agreement::reach(talk, Role::Client, settled.suite, transcript, secrets)?;
        Ok(Reached { agreement, origin })
    }

    /// Takes up the ServerHello of TLS 1.2; all key shares are forgotten.
    fn accept12(
        &mut self,
        (hello, message): (&ServerHello<'_>, &[u8]),
        talk: &Mailbox,
        config: &ClientConfig,
    ) -> Result<Accepted12, Error> {
        talk.settle_on_tls12();
        let Extensions::Hello(block) = &hello.extensions else { return Err(Violation::SecondRetry.into()) };
        let settled = tls12::check_hello(hello, block, &self.offered(config)?, config)?;
        talk.note(|facts| {
            facts.version = Some(ProtocolVersion::TLS_1_2);
            facts.suite = Some(settled.suite.id);
            facts.protocol = settled.protocol.map(<[u8]>::to_vec);
            facts.extended_master_secret = Some(settled.extended);
        });
        let held = match std::mem::replace(&mut self.resumable, Resumable::Nothing) {
            Resumable::Tls12(held) if settled.resumed => Some(held),
            _ => None,
        };
        let hellos = Hellos {
            suite: settled.suite,
            signed: held.is_none() && !matches!(config.credentials, ClientCredentials::None),
            extended: settled.extended,
            randoms: Randoms { client: self.random, server: *hello.random },
            messages: &[&self.hello, message],
        };
        settled.record_sizes.into_iter().for_each(|sizes| talk.limit_records(sizes));
        let scts = settled.scts.into_iter().flat_map(Timestamps::iter).map(<[u8]>::to_vec).collect();
        let stapled = Stapled12 { status_follows: settled.status_follows, scts };
        let session_id = match &held {
            Some(_) => Vec::new(),
            None => hello.legacy_session_id_echo.to_vec(),
        };
        self.shares = Vec::new();
        Ok(Accepted12 {
            agreement: Agreement12::new(Role::Client, hellos),
            stapled,
            held,
            ticket_follows: settled.ticket_follows,
            session_id,
        })
    }

    /// Agrees on a secret with the server's share; all other shares are forgotten.
    fn agree(&mut self, share: &KeyShareEntry<'_>) -> Result<SharedSecret, Error> {
        let mut shares = std::mem::take(&mut self.shares);
        let mut key_of = |group| shares.iter_mut().find(|own| own.group == group)?.exchange.take();
        let secret = match key_of(share.group) {
            Some(own) => own.finish(share.key_exchange),
            None => {
                let hybrid = key_of(NamedGroup::X25519_MLKEM768);
                let hybrid = hybrid.ok_or(Error::Internal("a share without its key"))?;
                hybrid.finish_classical(share.key_exchange)
            }
        };
        secret.map_err(|error| share_error(error, share.group))
    }
}

/// What the first answer is.
pub(super) enum Answered {
    Tls12(Accepted12),
    Tls13(Reached),
    /// A HelloRetryRequest: the renewed hello is to be sent.
    Retry,
}

/// What a ServerHello of TLS 1.3 agreed.
pub(super) struct Reached {
    pub(super) agreement: Agreement,
    /// The origin of the session that goes on, if one does.
    pub(super) origin: Option<Arc<Origin>>,
}

/// What a ServerHello of TLS 1.2 settled.
pub(super) struct Accepted12 {
    pub(super) agreement: Agreement12,
    pub(super) stapled: Stapled12,
    /// The session that goes on.
    pub(super) held: Option<Arc<Held>>,
    /// Whether the server will send a ticket.
    pub(super) ticket_follows: bool,
    /// By what the server will know a new session; may be empty.
    pub(super) session_id: Vec<u8>,
}

/// The host name to send, or none: RFC 6066 section 3: Literal IPv4 and IPv6 addresses are not permitted in
/// "HostName".
fn host_name(config: &ClientConfig, name: &ServerName<'_>) -> Option<String> {
    match name {
        ServerName::DnsName(host) if config.send_name => {
            Some(host.as_ref().trim_end_matches('.').to_ascii_lowercase())
        }
        _ => None,
    }
}

fn key_exchange_failed(_: ExchangeError) -> Error {
    Error::Internal("no key share could be made")
}

/// A share that the group refuses is the peer's fault; anything else is ours.
pub(super) fn share_error(error: ExchangeError, group: NamedGroup) -> Error {
    match error {
        ExchangeError::Internal => Error::Internal("the key exchange failed"),
        _ => Violation::InvalidShare(group).into(),
    }
}
