//! A session opens no door but the one that it was made at. The client here is rustls with a memory that
//! offers any ticket to anybody, as a hostile client would (CVE-2025-23419: virtual hosts that shared ticket
//! keys let sessions of one stand in for the client certificates that another asks for).

use std::sync::{Arc, LazyLock, Mutex};

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{self, Leaf, TestAuthority};
use bulla_tls::registry::SignatureScheme;
use bulla_tls::{
    Checked, ClientCertificates, Credential, Credentials, Error, Incompatibility, Keeping, Need,
    ServerConfig, SessionStore, TicketKeys, TicketSecret, Verification, Violation,
};
use bulla_x509::build::{CertificateTemplate, Name};
use bulla_x509::trust::TrustAnchors;
use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::version::{TLS12, TLS13};
use rustls::{NamedGroup, SupportedProtocolVersion};
use rustls_pki_types::ServerName;

use super::link::{GROUPS, Link, client_builder, key, provider};

/// Gives each ticket to whoever is called next.
#[derive(Debug, Default)]
struct Promiscuous {
    tickets: Mutex<Vec<Tls13ClientSessionValue>>,
    session: Mutex<Option<Tls12ClientSessionValue>>,
}

impl ClientSessionStore for Promiscuous {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        *self.session.lock().unwrap() = Some(value);
    }
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.session.lock().unwrap().clone()
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.tickets.lock().unwrap().push(value);
    }
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.tickets.lock().unwrap().pop()
    }
}

fn promiscuous(mut config: rustls::ClientConfig) -> Arc<rustls::ClientConfig> {
    config.resumption = Resumption::store(Arc::new(Promiscuous::default()));
    Arc::new(config)
}

/// A server's certificate for both hosts.
static LEAF: LazyLock<Leaf> = LazyLock::new(|| {
    let names = ["a.example", "b.example"].map(|name| Name::Dns(name.to_owned()));
    authority::shared().leaf(&CertificateTemplate::server(names.into()), KeyKind::EcP256)
});
static CREDENTIAL: LazyLock<Arc<Credential>> = LazyLock::new(|| LEAF.credential());
static CLIENT: LazyLock<Leaf> = LazyLock::new(|| authority::shared().client(KeyKind::EcP256));

/// Where both hosts keep their sessions.
fn keepings() -> [Keeping; 2] {
    let keys = TicketKeys::new(&TicketSecret::new(vec![7; 32], authority::now())).unwrap();
    [Keeping::SharedTickets(keys), Keeping::Store(SessionStore::new(100))]
}

fn host(keeping: &Keeping, set: impl Fn(&mut ServerConfig)) -> Checked<ServerConfig> {
    let mut config = authority::shared().server_config();
    config.credentials = Credentials::Fixed(Arc::clone(&CREDENTIAL));
    config.resumption.keeping = keeping.clone();
    set(&mut config);
    config.check().unwrap()
}

fn anchors() -> Verification {
    Verification::Anchors(authority::shared().anchors())
}

fn other_anchors() -> Verification {
    static ANCHORS: LazyLock<TrustAnchors> = LazyLock::new(|| {
        let mut anchors = authority::shared().anchors();
        anchors.add_certificate(TestAuthority::named("Another").root()).unwrap();
        anchors
    });
    Verification::Anchors(ANCHORS.clone())
}

type Set = fn(&mut ServerConfig);

/// rustls' versions.
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// Whether a session that a client, who has a certificate, makes at one host is resumed at the other, called
/// by these names; fails the test unless that is so in both versions alike.
fn crosses(keeping: &Keeping, sets: [Set; 2], names: [&'static str; 2]) -> bool {
    let [tls13, tls12] = VERSIONS.map(|version| crosses_in(version, keeping, sets, names));
    assert_eq!(tls13, tls12, "TLS 1.3 and TLS 1.2, {keeping:?}");
    tls13
}

fn crosses_in(
    version: &'static SupportedProtocolVersion,
    keeping: &Keeping,
    [first, second]: [Set; 2],
    names: [&'static str; 2],
) -> bool {
    let theirs = client_builder(provider(&GROUPS), &[version]);
    let theirs = theirs.with_client_auth_cert(CLIENT.chain.clone(), key(&CLIENT)).unwrap();
    let theirs = promiscuous(theirs);
    let mut link = Link::to_named_client(&host(keeping, first), &theirs, names[0]);
    assert!(!link.assert_works().resumed);
    let mut link = Link::to_named_client(&host(keeping, second), &theirs, names[1]);
    link.assert_works().resumed
}

const SAME: [&str; 2] = ["a.example", "a.example"];

#[test]
fn servers_alike_share_sessions() {
    for keeping in keepings() {
        assert!(crosses(&keeping, [|_| {}, |_| {}], SAME), "{keeping:?}");
        let asks: Set = |config| config.client_certificates = ClientCertificates::Required(anchors());
        assert!(crosses(&keeping, [asks, asks], SAME), "{keeping:?}");
        assert!(crosses(&keeping, [|_| {}, |config| config.alpn = vec![b"h2".to_vec()]], SAME));
    }
}

#[test]
fn nothing_crosses_to_another_name() {
    for keeping in keepings() {
        assert!(!crosses(&keeping, [|_| {}, |_| {}], ["a.example", "b.example"]), "{keeping:?}");
        // An address is not sent: the server is called by no name.
        assert!(!crosses(&keeping, [|_| {}, with_address], ["a.example", "127.0.0.1"]), "{keeping:?}");
        assert!(!crosses(&keeping, [with_address, |_| {}], ["127.0.0.1", "a.example"]), "{keeping:?}");
        assert!(crosses(&keeping, [with_address, with_address], ["127.0.0.1", "127.0.0.1"]), "{keeping:?}");
    }
}

/// Shows a certificate for the address.
fn with_address(config: &mut ServerConfig) {
    static LEAF: LazyLock<Arc<Credential>> =
        LazyLock::new(|| authority::shared().server(KeyKind::EcP256).credential());
    config.credentials = Credentials::Fixed(Arc::clone(&LEAF));
}

#[test]
fn nothing_crosses_to_another_policy() {
    let policies: [(&str, Set); 5] = [
        ("ignored", |config| config.client_certificates = ClientCertificates::Ignored),
        ("optional", |config| config.client_certificates = ClientCertificates::Optional(anchors())),
        ("required", |config| config.client_certificates = ClientCertificates::Required(anchors())),
        ("other anchors", |config| {
            config.client_certificates = ClientCertificates::Required(other_anchors());
        }),
        ("fewer schemes", |config| {
            config.client_certificates = ClientCertificates::Required(anchors());
            config.signature_schemes.retain(|scheme| *scheme != SignatureScheme::ED25519);
        }),
    ];
    for keeping in keepings() {
        for (from, first) in policies {
            for (to, second) in policies {
                assert_eq!(
                    crosses(&keeping, [first, second], SAME),
                    from == to,
                    "{from} to {to}, {keeping:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_crosses_to_another_certificate_or_context() {
    for keeping in keepings() {
        let renewed: Set = |config| {
            let names = vec![Name::Dns("a.example".to_owned())];
            let leaf = authority::shared().leaf(&CertificateTemplate::server(names), KeyKind::EcP256);
            config.credentials = Credentials::Fixed(leaf.credential());
        };
        assert!(!crosses(&keeping, [|_| {}, renewed], SAME), "{keeping:?}");
        let named: Set = |config| config.resumption.context = b"another".to_vec();
        assert!(!crosses(&keeping, [|_| {}, named], SAME), "{keeping:?}");
        assert!(crosses(&keeping, [named, named], SAME), "{keeping:?}");
    }
}

/// The story of CVE-2025-23419, with hosts told apart by the hello: whoever has no certificate makes a session
/// at the host that wants none, and takes it to the one that does.
#[test]
fn a_session_stands_in_for_no_certificate() {
    for keeping in keepings() {
        let open = host(&keeping, |_| {});
        let strict =
            host(&keeping, |config| config.client_certificates = ClientCertificates::Required(anchors()));
        for version in VERSIONS {
            let theirs = client_builder(provider(&GROUPS), &[version]).with_no_client_auth();
            let theirs = promiscuous(theirs);
            for name in ["b.example", "a.example"] {
                let mut link = Link::peeking_named(Arc::clone(&theirs), "a.example");
                assert!(choose(&mut link, &open).is_none(), "the open host takes anybody");
                assert!(link.ours.established);
                let mut link = Link::peeking_named(Arc::clone(&theirs), name);
                let error = choose(&mut link, &strict);
                assert_eq!(error, Some(Violation::CertificateRequired.into()), "{name}, {keeping:?}");
                assert!(!link.ours.established);
            }
        }
    }
}

/// Gives a server that asks its config; tells how that ends.
fn choose(link: &mut Link, config: &Checked<ServerConfig>) -> Option<Error> {
    let Some(Need::Configuration(need)) = link.ours.needs.pop() else { panic!("no question") };
    need.reply.reply(Ok(config.clone()));
    link.settle();
    link.ours.error.clone()
}

/// RFC 7301 section 3.1: the protocol is of the connection, not of the session: it is agreed anew, and where
/// there is none in common, a session helps nothing.
#[test]
fn protocols_are_agreed_anew() {
    let [keeping, _] = keepings();
    let speaks =
        |protocol: &'static [u8]| host(&keeping, move |config| config.alpn = vec![protocol.to_vec()]);
    for version in VERSIONS {
        let mut theirs = client_builder(provider(&GROUPS), &[version]).with_no_client_auth();
        theirs.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let theirs = promiscuous(theirs);
        for (round, protocol) in [&b"h2"[..], b"http/1.1"].into_iter().enumerate() {
            let facts = Link::to_named_client(&speaks(protocol), &theirs, "a.example").assert_works();
            assert_eq!((facts.resumed, facts.protocol.as_deref()), (round > 0, Some(protocol)));
        }
        let link = Link::to_named_client(&speaks(b"imap"), &theirs, "a.example");
        assert_eq!(link.ours.error, Some(Incompatibility::Protocol.into()));
    }
}
