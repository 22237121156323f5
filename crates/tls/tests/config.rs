//! Configs are checked once, and each complaint says how to mend it.
#![allow(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

use std::time::Duration;

use bulla_crypto::random::{Replay, Source};
use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_testkit::message::Hello;
use bulla_testkit::pair::End;
use bulla_tls::registry::{CipherSuite, ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{
    ClientCertificates, ClientConfig, ConfigError, Connection, Credential, CredentialError, Keeping, Padding,
    ServerConfig, SessionStore, Verification,
};

fn client(set: impl FnOnce(&mut ClientConfig)) -> Option<ConfigError> {
    let mut config = authority::shared().client_config();
    set(&mut config);
    config.check().err()
}

fn server(set: impl FnOnce(&mut ServerConfig)) -> Option<ConfigError> {
    let mut config = authority::shared().server_config();
    set(&mut config);
    config.check().err()
}

#[test]
fn what_is_unsound_is_refused() {
    let unknown = CipherSuite(0x1304);
    let cases = [
        (client(|_| {}), None),
        (server(|_| {}), None),
        (client(|config| config.suites.clear()), Some(ConfigError::Empty("suites"))),
        (server(|config| config.groups.clear()), Some(ConfigError::Empty("groups"))),
        (client(|config| config.signature_schemes.clear()), Some(ConfigError::Empty("signature_schemes"))),
        (client(|config| config.key_shares.clear()), Some(ConfigError::Empty("key_shares"))),
        (server(|config| config.suites.push(unknown)), Some(ConfigError::Suite(unknown))),
        (client(|config| config.groups.push(NamedGroup::X448)), Some(ConfigError::Group(NamedGroup::X448))),
        (
            client(|config| config.groups = vec![NamedGroup::SECP256R1]),
            Some(ConfigError::Share(NamedGroup::X25519_MLKEM768)),
        ),
        (
            server(|config| config.signature_schemes.push(SignatureScheme::ED448)),
            Some(ConfigError::Scheme(SignatureScheme::ED448)),
        ),
        (client(|config| config.alpn = vec![Vec::new()]), Some(ConfigError::Protocol)),
        (server(|config| config.alpn = vec![vec![b'x'; 256]]), Some(ConfigError::Protocol)),
        (server(|config| config.alpn = vec![vec![b'x'; 255]]), None),
        (client(|config| config.padding = Padding::Block(0)), Some(ConfigError::Padding)),
        (client(|config| config.padding = Padding::Block(16_385)), Some(ConfigError::Padding)),
        (client(|config| config.padding = Padding::Block(16_384)), None),
        (server(|config| config.limits.message = 4095), Some(ConfigError::Limit("message"))),
        (server(|config| config.limits.certificates = 0), Some(ConfigError::Limit("certificates"))),
        (client(|config| config.limits.idle_records = 3), Some(ConfigError::Limit("idle_records"))),
        (client(|config| config.limits.output = 1023), Some(ConfigError::Limit("output"))),
    ];
    for (index, (got, expected)) in cases.into_iter().enumerate() {
        assert_eq!(got, expected, "case {index}");
    }
}

/// Sessions kept where others may find them need a name for the rule by which the caller judges clients.
#[test]
fn unsound_resumption_is_refused() {
    let lives = |seconds| server(|config| config.resumption.lifetime = Duration::from_secs(seconds));
    assert_eq!([lives(1), lives(604_800)], [None, None]);
    assert_eq!(
        [lives(0), lives(604_801)],
        [Some(ConfigError::SessionLifetime), Some(ConfigError::SessionLifetime)]
    );

    let judged = |keeping: Keeping, verification: Verification, context: &[u8]| {
        server(|config| {
            config.client_certificates = ClientCertificates::Optional(verification);
            config.resumption.keeping = keeping;
            config.resumption.context = context.to_vec();
        })
    };
    let store = || Keeping::Store(SessionStore::new(10));
    let unnamed = Some(ConfigError::SessionContext);
    assert_eq!(judged(store(), Verification::Ask, b""), unnamed);
    assert_eq!(judged(Keeping::AskTickets, Verification::Ask, b""), unnamed);
    assert_eq!(judged(store(), Verification::Ask, b"a rule"), None);
    assert_eq!(judged(Keeping::Tickets, Verification::Ask, b""), None, "of this config alone");
    assert_eq!(judged(Keeping::Nowhere, Verification::Ask, b""), None);
    let anchors = Verification::Anchors(authority::shared().anchors());
    assert_eq!(judged(store(), anchors, b""), None);

    let exhausted = |keeping| {
        server(|config| {
            config.source = Source::replay(Replay { bytes: Vec::new(), keys: Vec::new() });
            config.resumption.keeping = keeping;
        })
    };
    assert_eq!(exhausted(Keeping::Tickets), Some(ConfigError::TicketRandomness));
    assert_eq!(exhausted(store()), None);
    for error in [ConfigError::SessionLifetime, ConfigError::SessionContext, ConfigError::TicketRandomness] {
        assert!(error.to_string().starts_with("resumption."), "{error}");
    }
}

/// RFC 9846 section 4.3.8: shares stand in the order of the groups, and each group has one.
#[test]
fn shares_follow_their_groups() {
    let mut config = authority::shared().client_config();
    config.groups = vec![NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];
    config.key_shares = vec![NamedGroup::SECP384R1, NamedGroup::X25519, NamedGroup::SECP384R1];
    let client = Connection::client(&config.check().unwrap(), authority::server_name());
    let hello = End::new(client).run();
    let hello = Hello::parse(&hello[5..]);
    let mut shares = &hello.extension(ExtensionType::KEY_SHARE).unwrap()[2..];
    let mut groups = Vec::new();
    while let [a, b, high, low, ..] = *shares {
        groups.push(NamedGroup(u16::from_be_bytes([a, b])));
        shares = &shares[4 + usize::from(u16::from_be_bytes([high, low]))..];
    }
    assert_eq!(groups, [NamedGroup::X25519, NamedGroup::SECP384R1]);
}

#[test]
fn a_credential_is_a_chain_and_its_own_key() {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let another = authority::shared().server(KeyKind::EcP256);
    let refused = |chain, key| Credential::new(chain, key).err();
    assert_eq!(refused(Vec::new(), leaf.private_key()), Some(CredentialError::Empty));
    assert_eq!(refused(leaf.chain.clone(), another.private_key()), Some(CredentialError::Mismatch));
    let ed25519 = authority::shared().server(KeyKind::Ed25519).private_key();
    assert_eq!(refused(leaf.chain.clone(), ed25519), Some(CredentialError::Mismatch));
    let noise = vec![b"noise".to_vec().into()];
    assert!(matches!(refused(noise.clone(), leaf.private_key()), Some(CredentialError::Unreadable(_))));
    assert!(matches!(Credential::remote(noise).err(), Some(CredentialError::Unreadable(_))));
    let credential = Credential::new(leaf.chain.clone(), leaf.private_key()).unwrap();
    assert_eq!(credential.schemes(), [SignatureScheme::ECDSA_SECP256R1_SHA256]);
    // Neither key nor chain shows.
    let shown = "Credential { certificates: 2, ocsp: false, scts: 0, schemes: [ecdsa_secp256r1_sha256], key: \"here\" }";
    assert_eq!(format!("{credential:?}"), shown);
}

/// TLS 1.2 has no hybrids, so a config for it alone offers none.
#[test]
fn groups_are_of_the_versions_spoken() {
    let mut client = authority::shared().client_config();
    client.versions = vec![ProtocolVersion::TLS_1_2];
    let client = client.check().unwrap();
    assert!(client.groups.iter().chain(&client.key_shares).all(|group| !group.is_post_quantum()));
    assert!(client.groups.contains(&NamedGroup::X25519));
}
