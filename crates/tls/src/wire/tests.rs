//! Each message comes back as it was written, and whatever can be read is written so that it reads the same.

use proptest::prelude::*;
use proptest::sample::subsequence;
use rustls_pki_types::CertificateDer;

use super::certificate::{Certificate, CertificateList, EntryExtensions};
use super::certificate_request::{CertificateRequest, RequestExtensions};
use super::certificate_verify::CertificateVerify;
use super::client_hello::{ClientExtensions, ClientHello, EarlyDataIndication};
use super::codec::{List16, Writer};
use super::compressed_certificate::CompressedCertificate;
use super::encrypted_extensions::{EncryptedExtensions, ServerParameters};
use super::extension::alpn::ProtocolNames;
use super::extension::cookie::Cookie;
use super::extension::key_share::{ClientShares, KeyShareEntry, SelectedGroup};
use super::extension::pre_shared_key::{OfferedPsks, PskIdentity};
use super::extension::psk_key_exchange_modes::PskKeyExchangeModes;
use super::extension::server_name::{HostName, NameAcknowledged};
use super::extension::session_ticket::SessionTicket;
use super::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use super::extension::signed_certificate_timestamp::Timestamps;
use super::extension::status_request::CertificateStatus;
use super::extension::supported_groups::SupportedGroups;
use super::extension::supported_versions::{OfferedVersions, SelectedVersion};
use super::extension::ticket_request::ClientTicketRequest;
use super::finished::Finished;
use super::key_update::KeyUpdate;
use super::new_session_ticket::{MaxEarlyDataSize, NewSessionTicket, TicketExtensions};
use super::registry::CertificateCompressionAlgorithm;
use super::registry::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};
use super::server_hello::{Extensions, HelloExtensions, RETRY_RANDOM, RetryExtensions, ServerHello};
use super::tls12::certificate_status::CertificateStatus12;
use super::tls12::new_session_ticket::NewSessionTicket12;
use super::{HANDSHAKE_HEADER, Message};

/// Writes a whole message and checks its header; gives the body.
fn body<'a, M: Message<'a>>(message: &M) -> Vec<u8> {
    let mut bytes = Vec::new();
    Writer::append(&mut bytes, |out| message.frame(out)).unwrap();
    let (header, body) = bytes.split_at(HANDSHAKE_HEADER);
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    assert_eq!(header, [M::TYPE.0, length[1], length[2], length[3]]);
    body.to_vec()
}

fn blob(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), length)
}

fn numbers<T: From<u16> + std::fmt::Debug>(most: usize) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(any::<u16>().prop_map(T::from), 1..most)
}

fn same<T>(list: List16<'_, T>, values: &[T]) -> bool
where
    T: Copy + From<u16> + Into<u16> + PartialEq,
{
    list.iter().eq(values.iter().copied())
}

/// The parts of a ClientHello as values of their own.
#[derive(Clone, Debug)]
struct Parts {
    random: [u8; 32],
    session_id: Vec<u8>,
    suites: Vec<CipherSuite>,
    compression: Vec<u8>,
    host: Option<Vec<u8>>,
    versions: Option<Vec<ProtocolVersion>>,
    groups: Option<Vec<NamedGroup>>,
    schemes: Option<Vec<SignatureScheme>>,
    protocols: Option<Vec<Vec<u8>>>,
    cookie: Option<Vec<u8>>,
    early_data: bool,
    shares: Option<Vec<(NamedGroup, Vec<u8>)>>,
}

prop_compose! {
    fn extensions()(
        host in prop::option::of(blob(1..100)),
        versions in prop::option::of(numbers(100)),
        groups in prop::option::of(numbers(40)),
        schemes in prop::option::of(numbers(40)),
        protocols in prop::option::of(prop::collection::vec(blob(1..40), 1..5)),
        cookie in prop::option::of(blob(1..300)),
        early_data in any::<bool>(),
        shares in prop::option::of(prop::collection::vec((any::<u16>().prop_map(NamedGroup), blob(1..200)), 0..5)),
    ) -> Parts {
        Parts {
            random: [0; 32], session_id: Vec::new(), suites: Vec::new(), compression: Vec::new(),
            host, versions, groups, schemes, protocols, cookie, early_data, shares,
        }
    }
}

prop_compose! {
    fn parts()(
        random in any::<[u8; 32]>(),
        session_id in blob(0..33),
        suites in numbers(50),
        compression in blob(1..5),
        rest in extensions(),
    ) -> Parts {
        Parts { random, session_id, suites, compression, ..rest }
    }
}

impl Parts {
    fn shares(&self) -> Option<Vec<KeyShareEntry<'_>>> {
        self.shares.as_ref().map(|shares| {
            shares.iter().map(|(group, key)| KeyShareEntry { group: *group, key_exchange: key }).collect()
        })
    }

    fn hello<'a>(&'a self, shares: Option<&'a [KeyShareEntry<'a>]>) -> ClientHello<'a> {
        let mut extensions = ClientExtensions::default();
        extensions.server_name = self.host.as_deref().map(HostName);
        extensions.supported_versions =
            self.versions.as_deref().map(|list| OfferedVersions(List16::Values(list)));
        extensions.supported_groups =
            self.groups.as_deref().map(|list| SupportedGroups(List16::Values(list)));
        let schemes = self.schemes.as_deref().map(List16::Values);
        extensions.signature_algorithms = schemes.map(SignatureAlgorithms);
        extensions.signature_algorithms_cert = schemes.map(CertificateSignatureAlgorithms);
        extensions.alpn = self.protocols.as_deref().map(ProtocolNames::Values);
        extensions.cookie = self.cookie.as_deref().map(Cookie);
        extensions.early_data = self.early_data.then_some(EarlyDataIndication);
        extensions.key_share = shares.map(ClientShares::Values);
        ClientHello {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: &self.random,
            legacy_session_id: &self.session_id,
            cipher_suites: List16::Values(&self.suites),
            legacy_compression_methods: &self.compression,
            extensions,
        }
    }

    fn server_hello<'a>(
        &'a self,
        random: &'a [u8; 32],
        shares: Option<&'a [KeyShareEntry<'a>]>,
    ) -> ServerHello<'a> {
        let versions = Some(SelectedVersion(ProtocolVersion::TLS_1_3));
        let share = shares.and_then(|shares| shares.first()).copied();
        let extensions = if *random == RETRY_RANDOM {
            let mut extensions = RetryExtensions::default();
            extensions.supported_versions = versions;
            extensions.key_share = share.map(|share| SelectedGroup(share.group));
            extensions.cookie = self.cookie.as_deref().map(Cookie);
            Extensions::Retry(extensions)
        } else {
            let mut extensions = HelloExtensions::default();
            extensions.supported_versions = versions;
            extensions.key_share = share;
            Extensions::Hello(extensions)
        };
        ServerHello {
            legacy_version: ProtocolVersion::TLS_1_2,
            random,
            legacy_session_id_echo: &self.session_id,
            cipher_suite: CipherSuite::AES_128_GCM_SHA256,
            legacy_compression_method: 0,
            extensions,
        }
    }

    fn assert_read(&self, hello: &ClientHello<'_>) {
        assert_eq!((hello.legacy_version, hello.random), (ProtocolVersion::TLS_1_2, &self.random));
        assert_eq!(hello.legacy_session_id, self.session_id);
        assert!(same(hello.cipher_suites, &self.suites));
        assert_eq!(hello.legacy_compression_methods, self.compression);
        let read = &hello.extensions;
        assert_eq!(read.server_name.map(|host| host.0), self.host.as_deref());
        let list = |read: Option<Vec<u16>>, written: Option<Vec<u16>>| assert_eq!(read, written);
        list(read.supported_versions.map(|each| raw(each.0)), self.versions.as_deref().map(raws));
        list(read.supported_groups.map(|each| raw(each.0)), self.groups.as_deref().map(raws));
        list(read.signature_algorithms.map(|each| raw(each.0)), self.schemes.as_deref().map(raws));
        list(read.signature_algorithms_cert.map(|each| raw(each.0)), self.schemes.as_deref().map(raws));
        let names = read.alpn.map(|names| names.names().map(<[u8]>::to_vec).collect::<Vec<_>>());
        assert_eq!(names, self.protocols);
        assert_eq!(read.cookie.map(|cookie| cookie.0), self.cookie.as_deref());
        assert_eq!(read.early_data.is_some(), self.early_data);
        let shares = read.key_share.map(|shares| {
            shares.iter().map(|share| (share.group, share.key_exchange.to_vec())).collect::<Vec<_>>()
        });
        assert_eq!(shares, self.shares);
    }
}

fn raw<T: Copy + From<u16> + Into<u16> + PartialEq>(list: List16<'_, T>) -> Vec<u16> {
    list.iter().map(Into::into).collect()
}

fn raws<T: Copy + Into<u16>>(list: &[T]) -> Vec<u16> {
    list.iter().map(|each| (*each).into()).collect()
}

/// If these bytes read as a message, what is written for it reads, and is written the same again.
macro_rules! stable {
    ($message:ty, $bytes:expr) => {
        if let Ok(message) = <$message>::parse(&$bytes) {
            let once = body(&message);
            match <$message>::parse(&once) {
                Ok(again) => prop_assert_eq!(&body(&again), &once),
                Err(error) => prop_assert!(false, "{}: {:02x?}", error, once),
            }
        }
    };
}

proptest! {
    #[test]
    fn client_hello(parts in parts()) {
        let shares = parts.shares();
        let body = body(&parts.hello(shares.as_deref()));
        parts.assert_read(&ClientHello::parse(&body).unwrap());
    }

    #[test]
    fn server_hello(random in any::<[u8; 32]>(), echo in blob(0..33), suite: u16, group: u16, key in blob(1..200)) {
        let mut extensions = HelloExtensions::default();
        extensions.supported_versions = Some(SelectedVersion(ProtocolVersion::TLS_1_3));
        extensions.key_share = Some(KeyShareEntry { group: NamedGroup(group), key_exchange: &key });
        let hello = ServerHello {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: &random,
            legacy_session_id_echo: &echo,
            cipher_suite: CipherSuite(suite),
            legacy_compression_method: 0,
            extensions: Extensions::Hello(extensions),
        };
        let body = body(&hello);
        let read = ServerHello::parse(&body).unwrap();
        prop_assert_eq!((read.random, read.legacy_session_id_echo), (&random, &echo[..]));
        prop_assert_eq!((read.cipher_suite, read.legacy_compression_method), (CipherSuite(suite), 0));
        let Extensions::Hello(read) = read.extensions else { panic!("a retry") };
        prop_assert_eq!(read.supported_versions, extensions.supported_versions);
        prop_assert_eq!(read.key_share, extensions.key_share);
    }

    #[test]
    fn hello_retry_request(group in prop::option::of(any::<u16>()), cookie in prop::option::of(blob(1..300))) {
        let mut extensions = RetryExtensions::default();
        extensions.supported_versions = Some(SelectedVersion(ProtocolVersion::TLS_1_3));
        extensions.key_share = group.map(|group| SelectedGroup(NamedGroup(group)));
        extensions.cookie = cookie.as_deref().map(Cookie);
        let request = ServerHello {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: &RETRY_RANDOM,
            legacy_session_id_echo: &[],
            cipher_suite: CipherSuite::AES_128_GCM_SHA256,
            legacy_compression_method: 0,
            extensions: Extensions::Retry(extensions),
        };
        let body = body(&request);
        let Extensions::Retry(read) = ServerHello::parse(&body).unwrap().extensions else { panic!("no retry") };
        prop_assert_eq!(read.key_share, extensions.key_share);
        prop_assert_eq!(read.cookie, extensions.cookie);
    }

    #[test]
    fn encrypted_extensions(name: bool, groups in prop::option::of(numbers(40)), protocol in prop::option::of(blob(1..256))) {
        let mut extensions = ServerParameters::default();
        extensions.server_name = name.then_some(NameAcknowledged);
        extensions.supported_groups = groups.as_deref().map(|list| SupportedGroups(List16::Values(list)));
        extensions.alpn = protocol.as_deref().map(ProtocolNames::Chosen);
        let body = body(&EncryptedExtensions { extensions });
        let read = EncryptedExtensions::parse(&body).unwrap().extensions;
        prop_assert_eq!(read.server_name.is_some(), name);
        prop_assert_eq!(read.supported_groups.map(|list| raw(list.0)), groups.as_deref().map(raws));
        prop_assert_eq!(read.alpn.and_then(ProtocolNames::single), protocol.as_deref());
    }

    #[test]
    fn certificate_request(context in blob(0..256), schemes in numbers(40), cert_schemes in prop::option::of(numbers(40))) {
        let mut extensions = RequestExtensions::default();
        extensions.signature_algorithms = Some(SignatureAlgorithms(List16::Values(&schemes)));
        extensions.signature_algorithms_cert =
            cert_schemes.as_deref().map(|list| CertificateSignatureAlgorithms(List16::Values(list)));
        let body = body(&CertificateRequest { context: &context, extensions });
        let read = CertificateRequest::parse(&body).unwrap();
        prop_assert_eq!(read.context, &context);
        prop_assert!(same(read.extensions.signature_algorithms.unwrap().0, &schemes));
        let read = read.extensions.signature_algorithms_cert.map(|list| raw(list.0));
        prop_assert_eq!(read, cert_schemes.as_deref().map(raws));
    }

    #[test]
    fn certificate(context in blob(0..256), chain in prop::collection::vec(blob(1..300), 0..5)) {
        let chain: Vec<_> = chain.into_iter().map(CertificateDer::from).collect();
        let body = body(&Certificate { context: &context, list: CertificateList::Values { chain: &chain, leaf: EntryExtensions::default() } });
        let read = Certificate::parse(&body).unwrap();
        prop_assert_eq!(read.context, &context);
        prop_assert!(read.list.entries().map(|entry| entry.data).eq(chain.iter().map(|each| &**each)));
        prop_assert!(read.list.entries().all(|entry| entry.extensions.kinds().next().is_none()));
    }

    #[test]
    fn compressed_certificate(algorithm: u16, length in 0..1u32 << 24, message in blob(1..600)) {
        let algorithm = CertificateCompressionAlgorithm(algorithm);
        let body = body(&CompressedCertificate { algorithm, uncompressed_length: length, message: &message });
        let read = CompressedCertificate::parse(&body).unwrap();
        prop_assert_eq!((read.algorithm, read.uncompressed_length, read.message), (algorithm, length, &message[..]));
    }

    #[test]
    fn staples(response in blob(1..600), scts in prop::collection::vec(blob(1..100), 1..5)) {
        let chain = [CertificateDer::from(vec![7]), CertificateDer::from(vec![8])];
        let mut leaf = EntryExtensions::default();
        leaf.status_request = Some(CertificateStatus(&response));
        leaf.signed_certificate_timestamp = Some(Timestamps::Values(&scts));
        let body = body(&Certificate { context: &[], list: CertificateList::Values { chain: &chain, leaf } });
        let read = Certificate::parse(&body).unwrap();
        let beside: Vec<_> = read.list.entries().map(|entry| entry.extensions).collect();
        prop_assert_eq!(beside[0].status_request, Some(CertificateStatus(&response[..])));
        prop_assert!(beside[0].signed_certificate_timestamp.unwrap().iter().eq(scts.iter().map(Vec::as_slice)));
        prop_assert!(beside[1].kinds().next().is_none());
    }

    #[test]
    fn certificate_verify(scheme: u16, signature in blob(0..600)) {
        let body = body(&CertificateVerify { algorithm: SignatureScheme(scheme), signature: &signature });
        let read = CertificateVerify::parse(&body).unwrap();
        prop_assert_eq!((read.algorithm.0, read.signature), (scheme, &signature[..]));
    }

    #[test]
    fn finished_and_key_update(verify_data in blob(0..100), request_update: u8) {
        let finished = body(&Finished { verify_data: &verify_data });
        prop_assert_eq!(Finished::parse(&finished).unwrap().verify_data, &verify_data);
        let update = body(&KeyUpdate { request_update });
        prop_assert_eq!(KeyUpdate::parse(&update).unwrap(), KeyUpdate { request_update });
    }

    #[test]
    fn new_session_ticket(lifetime: u32, age_add: u32, nonce in blob(0..256), ticket in blob(1..600)) {
        let written = NewSessionTicket {
            ticket_lifetime: lifetime,
            ticket_age_add: age_add,
            ticket_nonce: &nonce,
            ticket: &ticket,
            extensions: TicketExtensions::default(),
        };
        let body = body(&written);
        let read = NewSessionTicket::parse(&body).unwrap();
        prop_assert_eq!((read.ticket_lifetime, read.ticket_age_add), (lifetime, age_add));
        prop_assert_eq!((read.ticket_nonce, read.ticket), (&nonce[..], &ticket[..]));
    }

    #[test]
    fn what_brings_sessions_back(
        identity in blob(1..300), age: u32, binder in blob(32..65), modes in blob(1..5), wanted: [u8; 2],
        ticket in blob(0..300), parts in parts(),
    ) {
        let identity = PskIdentity { identity: &identity, obfuscated_ticket_age: age };
        let request = ClientTicketRequest { new_session_count: wanted[0], resumption_count: wanted[1] };
        let mut extensions = ClientExtensions::default();
        extensions.psk_key_exchange_modes = Some(PskKeyExchangeModes(&modes));
        extensions.ticket_request = Some(request);
        extensions.session_ticket = Some(SessionTicket(&ticket));
        extensions.pre_shared_key = Some(OfferedPsks::Single { identity, binder: &binder });
        let body = body(&ClientHello { extensions, ..parts.hello(None) });
        let read = ClientHello::parse(&body).unwrap();
        let block = &read.extensions;
        prop_assert_eq!(block.kinds().last(), Some(ExtensionType::PRE_SHARED_KEY));
        let psks = block.pre_shared_key.unwrap();
        prop_assert!(psks.identities().eq([identity]) && psks.binders().eq([&binder[..]]));
        prop_assert_eq!(read.binders_length(), Some(2 + 1 + binder.len()));
        prop_assert!(body.ends_with(&binder));
        prop_assert_eq!(block.psk_key_exchange_modes, Some(PskKeyExchangeModes(&modes)));
        prop_assert_eq!(block.ticket_request, Some(request));
        prop_assert_eq!(block.session_ticket, Some(SessionTicket(&ticket)));
        stable!(ClientHello<'_>, body);
    }

    #[test]
    fn tickets_of_both_versions(lifetime: u32, ticket in blob(1..300), early: u32) {
        let mut extensions = TicketExtensions::default();
        extensions.early_data = Some(MaxEarlyDataSize(early));
        let (ticket_nonce, ticket) = (&[7][..], &ticket[..]);
        let message =
            NewSessionTicket { ticket_lifetime: lifetime, ticket_age_add: 1, ticket_nonce, ticket, extensions };
        let written = body(&message);
        prop_assert_eq!(
            NewSessionTicket::parse(&written).unwrap().extensions.early_data,
            Some(MaxEarlyDataSize(early))
        );
        let written = body(&NewSessionTicket12 { lifetime_hint: lifetime, ticket });
        let read = NewSessionTicket12::parse(&written).unwrap();
        prop_assert_eq!((read.lifetime_hint, read.ticket), (lifetime, ticket));
    }

    /// Messages with a few bytes changed either are refused or read as something that is written so that it
    /// reads the same.
    #[test]
    fn what_reads_is_written_alike(parts in parts(), place: prop::sample::Index, noise in blob(1..6)) {
        let shares = parts.shares();
        let change = |mut bytes: Vec<u8>| {
            let place = place.index(bytes.len());
            bytes.splice(place..(place + noise.len()).min(bytes.len()), noise.iter().copied());
            bytes
        };
        stable!(ClientHello<'_>, change(body(&parts.hello(shares.as_deref()))));
        for random in [&parts.random, &RETRY_RANDOM] {
            stable!(ServerHello<'_>, change(body(&parts.server_hello(random, shares.as_deref()))));
        }
        let mut extensions = ServerParameters::default();
        extensions.alpn = parts.protocols.as_deref().map(ProtocolNames::Values);
        stable!(EncryptedExtensions<'_>, change(body(&EncryptedExtensions { extensions })));
        let chain: Vec<_> = parts.protocols.iter().flatten().cloned().map(CertificateDer::from).collect();
        let certificate = Certificate { context: &parts.session_id, list: CertificateList::Values { chain: &chain, leaf: EntryExtensions::default() } };
        stable!(Certificate<'_>, change(body(&certificate)));
        let mut extensions = RequestExtensions::default();
        extensions.signature_algorithms =
            parts.schemes.as_deref().map(|list| SignatureAlgorithms(List16::Values(list)));
        let request = CertificateRequest { context: &parts.session_id, extensions };
        stable!(CertificateRequest<'_>, change(body(&request)));
        let verify = CertificateVerify { algorithm: SignatureScheme::ED25519, signature: &parts.random };
        stable!(CertificateVerify<'_>, change(body(&verify)));
        let ticket = NewSessionTicket {
            ticket_lifetime: 1,
            ticket_age_add: 2,
            ticket_nonce: &parts.session_id,
            ticket: &parts.random,
            extensions: TicketExtensions::default(),
        };
        stable!(NewSessionTicket<'_>, change(body(&ticket)));
    }

    #[test]
    fn noise_reads_or_not(bytes in blob(0..200)) {
        stable!(ClientHello<'_>, bytes);
        stable!(ServerHello<'_>, bytes);
        stable!(EncryptedExtensions<'_>, bytes);
        stable!(CertificateRequest<'_>, bytes);
        stable!(Certificate<'_>, bytes);
        stable!(CertificateVerify<'_>, bytes);
        stable!(NewSessionTicket<'_>, bytes);
        stable!(CompressedCertificate<'_>, bytes);
        stable!(CertificateStatus12<'_>, bytes);
        stable!(KeyUpdate, bytes);
    }

    /// Extensions that bulla does not know stand in the way of none.
    #[test]
    fn unknown_extensions_are_passed_over(parts in parts(), kinds in subsequence((1000..1100u16).collect::<Vec<_>>(), 0..60)) {
        let shares = parts.shares();
        let mut body = body(&parts.hello(shares.as_deref()));
        let start = 2 + 32 + 1 + parts.session_id.len() + 2 + 2 * parts.suites.len() + 1 + parts.compression.len();
        for kind in &kinds {
            body.extend([&kind.to_be_bytes()[..], &[0, 1, 0xff]].concat());
        }
        let length = u16::try_from(body.len() - start - 2).unwrap();
        body[start..start + 2].copy_from_slice(&length.to_be_bytes());
        let read = ClientHello::parse(&body).unwrap();
        parts.assert_read(&read);
        let unknown: Vec<_> = read.extensions.kinds().map(u16::from).filter(|kind| *kind >= 1000).collect();
        prop_assert_eq!(unknown, kinds);
    }
}
