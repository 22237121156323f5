use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap()
}

#[test]
fn the_system_gives_other_bytes_each_time() {
    let source = Source::system();
    let (mut one, mut other) = ([0; 32], [0; 32]);
    source.fill(&mut one).unwrap();
    source.clone().fill(&mut other).unwrap();
    assert_ne!(one, other);
    assert_eq!(format!("{source:?}"), "Source(System)");
}

#[test]
fn a_recording_is_handed_out_once_and_in_order() {
    let source = Source::replay(Replay { bytes: vec![vec![1; 4], vec![2; 8]], keys: Vec::new() });
    let (mut four, mut eight) = ([0; 4], [0; 8]);
    assert_eq!(source.fill(&mut eight), Err(RandomError::UsedUp(8)));
    source.fill(&mut four).unwrap();
    source.clone().fill(&mut eight).unwrap();
    assert_eq!((four, eight), ([1; 4], [2; 8]));
    assert_eq!(source.fill(&mut four), Err(RandomError::UsedUp(4)));
    assert_eq!(source.start_exchange(Group::X25519).unwrap_err(), ExchangeError::Internal);
    assert_eq!(source.respond(Group::X25519, &[9; 32]).unwrap_err(), ExchangeError::Internal);
}

/// RFC 8448, section 3: the key shares of both sides, and the secret (the IKM of "handshake").
#[test]
fn the_exchange_of_rfc_8448_can_be_replayed() {
    let client = bytes("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005");
    let server = bytes("b1580eeadf6dd589b8ef4f2d5652578cc810e9980191ec8d058308cea216a21e");
    let keys = vec![(Group::X25519, client), (Group::X25519, server)];
    let source = Source::replay(Replay { bytes: Vec::new(), keys });

    let client = source.start_exchange(Group::X25519).unwrap();
    assert_eq!(client.share(), bytes("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"));
    let (server_share, server_secret) = source.respond(Group::X25519, client.share()).unwrap();
    assert_eq!(*server_share, bytes("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"));
    let secret = bytes("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
    assert_eq!(server_secret.as_ref(), secret);
    assert_eq!(client.finish(&server_share).unwrap().as_ref(), secret);
}

#[test]
fn recorded_keys_of_several_groups_are_taken_by_group() {
    let keys = vec![(Group::P256, vec![1; 32]), (Group::P384, vec![1; 48]), (Group::X25519, vec![7; 32])];
    let source = Source::replay(Replay { bytes: Vec::new(), keys });
    assert_eq!(format!("{source:?}"), "Source(Replay(Player { .. }))");
    let client = source.start_exchange(Group::P384).unwrap();
    assert_eq!(client.group(), Group::P384);
    assert!(source.respond(Group::P384, client.share()).is_err());
    let client = Exchange::start(Group::P256).unwrap();
    let (share, secret) = source.respond(Group::P256, client.share()).unwrap();
    assert_eq!(client.finish(&share).unwrap().as_ref(), secret.as_ref());
    let hybrid = Exchange::start(Group::X25519MlKem768).unwrap();
    assert_eq!(source.respond(Group::X25519MlKem768, hybrid.share()).unwrap_err(), ExchangeError::Internal);
}
