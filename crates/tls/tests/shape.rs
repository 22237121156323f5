//! The shape of the engine: narratives over the record-less pipe, bulk through `read_slot`, a late signature,
//! and the size of each narrative's future.

use bulla_crypto::signature::{KeyKind, SignatureAlgorithm};
use bulla_testkit::authority::{self, server_name};
use bulla_testkit::pair::Pair;
use bulla_testkit::pipe::Pipe;
use bulla_tls::registry::{NamedGroup, SignatureScheme};
use bulla_tls::testing::{Narrative, future_sizes};
use bulla_tls::{
    ClientCertificates, ClientCredentials, Connection, Credentials, Need, Signature, Verification,
};

#[test]
fn narratives_agree_without_records() {
    let authority = authority::shared();
    let client = authority.client_config().check().unwrap();
    let server = authority.server_config().check().unwrap();
    let mut pipe = Pipe::new(Narrative::client(&client, server_name()), Narrative::server(&server));
    pipe.settle().unwrap();
    pipe.assert_agreed();
    assert_eq!(pipe.client.narrative.facts().group, Some(NamedGroup::X25519_MLKEM768));
}

/// Those that no default names, too, and for two of which rustls is no peer. Each at once and after a retry.
#[test]
fn every_group_agrees() {
    const GROUPS: [NamedGroup; 9] = [
        NamedGroup::X25519,
        NamedGroup::SECP256R1,
        NamedGroup::SECP384R1,
        NamedGroup::SECP521R1,
        NamedGroup::MLKEM768,
        NamedGroup::MLKEM1024,
        NamedGroup::SECP256R1_MLKEM768,
        NamedGroup::X25519_MLKEM768,
        NamedGroup::SECP384R1_MLKEM1024,
    ];
    for (place, group) in GROUPS.into_iter().enumerate() {
        for first in [group, GROUPS[(place + 1) % GROUPS.len()]] {
            let mut client = authority::shared().client_config();
            client.groups = GROUPS.to_vec();
            client.key_shares = vec![first];
            let mut server = authority::shared().server_config();
            server.groups = vec![group];
            let (client, server) = (client.check().unwrap(), server.check().unwrap());
            let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
            pair.settle();
            assert!(pair.client.established && pair.server.established, "{}", pair.picture());
            let facts = pair.client.connection.facts();
            assert_eq!((facts.group, facts.retried), (Some(group), first != group));
        }
    }
}

/// draft-ietf-tls-mldsa, for which rustls is no peer: in both roles, by the default schemes.
#[test]
fn every_kind_of_ml_dsa_signs() {
    for (kind, scheme) in [
        (KeyKind::MlDsa44, SignatureScheme::MLDSA44),
        (KeyKind::MlDsa65, SignatureScheme::MLDSA65),
        (KeyKind::MlDsa87, SignatureScheme::MLDSA87),
    ] {
        let authority = authority::shared();
        let mut client = authority.client_config();
        client.credentials = ClientCredentials::Fixed(authority.client(kind).credential());
        let mut server = authority.server_config();
        server.credentials = Credentials::Fixed(authority.server(kind).credential());
        server.client_certificates = ClientCertificates::Required(Verification::Anchors(authority.anchors()));
        let (client, server) = (client.check().unwrap(), server.check().unwrap());
        let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
        pair.settle();
        assert!(pair.client.established && pair.server.established, "{}", pair.picture());
        let facts = pair.server.connection.facts();
        assert_eq!((facts.signature, facts.client_signature), (Some(scheme), Some(scheme)));
    }
}

#[test]
fn a_signature_may_come_late() {
    let authority = authority::shared();
    let leaf = authority.server(KeyKind::EcP256);
    let client = authority.client_config().check().unwrap();
    let mut server = authority.server_config();
    server.credentials = Credentials::Fixed(leaf.remote());
    let server = server.check().unwrap();
    let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
    pair.settle();
    assert!(!pair.server.established);
    let Some(Need::Sign(need)) = pair.server.needs.pop() else { panic!("{}", pair.picture()) };
    assert_eq!(need.scheme, SignatureScheme::ECDSA_SECP256R1_SHA256);
    std::thread::spawn(move || {
        let key = leaf.private_key();
        let signature = key.sign(SignatureAlgorithm::EcdsaP256Sha256, &need.message).unwrap();
        need.reply.reply(Signature(signature));
    })
    .join()
    .unwrap();
    pair.settle();
    pair.assert_established();
}

#[test]
fn bulk_flows_through_the_read_slot() {
    let authority = authority::shared();
    let client = authority.client_config().check().unwrap();
    let server = authority.server_config().check().unwrap();
    let mut pair = Pair::new(Connection::client(&client, server_name()), Connection::server(&server));
    pair.settle();
    pair.assert_established();
    let data: Vec<u8> = (0..=u8::MAX).cycle().take(1 << 20).collect();
    let mut rest = data.as_slice();
    while !rest.is_empty() {
        let taken = pair.client.connection.send(rest).unwrap();
        rest = &rest[taken..];
        pair.settle();
    }
    assert_eq!(pair.server.delivered, data);
}

#[test]
fn futures_stay_within_their_budget() {
    let authority = authority::shared();
    let client = authority.client_config().check().unwrap();
    let server = authority.server_config().check().unwrap();
    for (name, size) in future_sizes(&client, server_name(), &server) {
        println!("future of {name}: {size} bytes");
        assert!(size < 4096, "{name} has {size} bytes");
    }
}
