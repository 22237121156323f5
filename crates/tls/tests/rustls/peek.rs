//! A server that sees rustls' hello before it has a config.

use bulla_testkit::authority::{SERVER_NAME, shared};
use bulla_tls::registry::{AlertDescription, CipherSuite, NamedGroup, ProtocolVersion, SignatureScheme};
use bulla_tls::{ConfigurationNeed, Error, Need};

use super::link::{GROUP_IDS, GROUPS, Link, client_builder, provider, rustls_client};

fn asked(link: &mut Link) -> ConfigurationNeed {
    match link.ours.needs.pop() {
        Some(Need::Configuration(need)) => need,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_hello_is_shown_and_the_config_answers_it() {
    let mut theirs = rustls_client();
    theirs.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut link = Link::peeking(theirs);
    let need = asked(&mut link);
    let offer = &need.offer;
    assert_eq!(offer.server_name.as_deref(), Some(SERVER_NAME));
    assert_eq!(offer.protocols, [&b"h2"[..], b"http/1.1"]);
    assert_eq!(offer.versions, [ProtocolVersion::TLS_1_3]);
    assert!(offer.suites.contains(&CipherSuite::CHACHA20_POLY1305_SHA256), "{offer:?}");
    assert_eq!(offer.groups, GROUP_IDS);
    assert_eq!(offer.key_shares, [NamedGroup::X25519_MLKEM768, NamedGroup::X25519]);
    assert!(offer.signature_schemes.contains(&SignatureScheme::ED25519));
    assert_eq!(offer.signature_schemes, offer.certificate_schemes);
    assert!(!offer.resumes && !offer.early_data && offer.extensions.len() > 5, "{offer:?}");
    let mut config = shared().server_config();
    config.alpn = vec![b"http/1.1".to_vec()];
    need.reply.reply(Ok(config.check().unwrap()));
    link.settle();
    assert_eq!(link.assert_works().protocol.as_deref(), Some(&b"http/1.1"[..]));
}

/// The config may ask for another hello, which is not shown again.
#[test]
fn a_retry_after_the_config_is_chosen() {
    let theirs =
        client_builder(provider(&[GROUPS[2], GROUPS[3]]), &[&rustls::version::TLS13]).with_no_client_auth();
    let mut link = Link::peeking(theirs);
    let mut config = shared().server_config();
    config.groups = vec![NamedGroup::SECP384R1];
    asked(&mut link).reply.reply(Ok(config.check().unwrap()));
    link.settle();
    let facts = link.assert_works();
    assert_eq!((facts.group, facts.retried), (Some(NamedGroup::SECP384R1), true));
    assert!(link.ours.needs.is_empty());
}

#[test]
fn a_refused_client_learns_why() {
    let mut link = Link::peeking(rustls_client());
    asked(&mut link).reply.reply(Err(AlertDescription::UNRECOGNIZED_NAME));
    link.settle();
    assert_eq!(link.ours.error, Some(Error::HelloRefused(AlertDescription::UNRECOGNIZED_NAME)));
    let told = rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName);
    assert_eq!(link.their_error, Some(told));
    assert_eq!(link.ours.connection.facts().server_name.as_deref(), Some(SERVER_NAME));
}
