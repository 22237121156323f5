use super::*;

/// Each group and the lengths of the client's share, the server's and the secret: RFC 7748, SEC 1, FIPS 203 (table 3)
/// and RFC 10024.
const ALL: [(Group, [usize; 3]); 9] = [
    (Group::X25519, [32, 32, 32]),
    (Group::P256, [65, 65, 32]),
    (Group::P384, [97, 97, 48]),
    (Group::P521, [133, 133, 66]),
    (Group::MlKem768, [1184, 1088, 32]),
    (Group::MlKem1024, [1568, 1568, 32]),
    (Group::X25519MlKem768, [1216, 1120, 64]),
    (Group::SecP256r1MlKem768, [1249, 1153, 64]),
    (Group::SecP384r1MlKem1024, [1665, 1665, 80]),
];

/// Each hybrid and its classical half.
const HYBRIDS: [(Group, Group); 3] = [
    (Group::X25519MlKem768, Group::X25519),
    (Group::SecP256r1MlKem768, Group::P256),
    (Group::SecP384r1MlKem1024, Group::P384),
];

/// Where the curve's half lies in X25519MLKEM768.
const X25519_PLACE: usize = 1184;

#[test]
fn both_sides_share_one_secret_of_the_right_length() {
    for (group, [client_len, server_len, secret_len]) in ALL {
        let client = Exchange::start(group).unwrap();
        assert_eq!(client.group(), group);
        assert_eq!((client.share().len(), group.client_share_len()), (client_len, client_len));
        let (server_share, server_secret) = respond(group, client.share()).unwrap();
        assert_eq!((server_share.len(), group.server_share_len()), (server_len, server_len));
        let client_secret = client.finish(&server_share).unwrap();
        assert_eq!(client_secret.as_ref(), server_secret.as_ref());
        assert_eq!(client_secret.as_ref().len(), secret_len);
        assert!(secret_len <= MAX_SECRET_LEN);
    }
}

#[test]
fn every_exchange_has_a_key_of_its_own() {
    for (group, _) in ALL {
        let (one, other) = (Exchange::start(group).unwrap(), Exchange::start(group).unwrap());
        assert_ne!(one.share(), other.share());
        let (first, _) = respond(group, one.share()).unwrap();
        let (second, _) = respond(group, one.share()).unwrap();
        assert_ne!(first, second);
    }
}

/// A client offers the curve beside the hybrid with the same key; the server may take either.
#[test]
fn a_hybrid_can_finish_with_its_classical_half() {
    for (hybrid, classical) in HYBRIDS {
        let client = Exchange::start(hybrid).unwrap();
        let (server_share, server_secret) = respond(classical, client.classical_share().unwrap()).unwrap();
        let client_secret = client.finish_classical(&server_share).unwrap();
        assert_eq!(client_secret.as_ref(), server_secret.as_ref());
    }
    for group in [Group::X25519, Group::P521, Group::MlKem768, Group::MlKem1024] {
        let client = Exchange::start(group).unwrap();
        assert_eq!(client.classical_share(), None);
        assert_eq!(client.finish_classical(&[9; 32]).unwrap_err(), ExchangeError::Internal);
    }
}

#[test]
fn wrong_lengths_are_named() {
    for (group, [client_len, server_len, _]) in ALL {
        for got in [0, client_len - 1, client_len + 1] {
            let expected = ExchangeError::WrongLength { group, expected: client_len, got };
            assert_eq!(respond(group, &vec![4; got]).unwrap_err(), expected);
        }
        for got in [0, server_len - 1, server_len + 1] {
            let expected = ExchangeError::WrongLength { group, expected: server_len, got };
            assert_eq!(Exchange::start(group).unwrap().finish(&vec![4; got]).unwrap_err(), expected);
        }
    }
    let hybrid = Exchange::start(Group::X25519MlKem768).unwrap();
    let error = hybrid.finish_classical(&[9; 31]).unwrap_err();
    assert_eq!(error.to_string(), "a X25519 key share has 32 bytes here, not 31");
}

/// RFC 7748, 6.1; RFC 8422, 5.11; FIPS 203, 7.2.
#[test]
fn invalid_shares_are_refused() {
    let mut off_curve = Exchange::start(Group::P256).unwrap().share().to_vec();
    // The hybrid form of a point that is on the curve (X9.62, 4.3.6), which the provider would take.
    let mut hybrid_point = off_curve.clone();
    hybrid_point[0] = 6 | (off_curve[64] & 1);
    off_curve[64] ^= 1;
    let good = Exchange::start(Group::X25519MlKem768).unwrap().share().to_vec();
    let unreduced = [&[0xff; X25519_PLACE][..], &good[X25519_PLACE..]].concat();
    let zero = [&good[..X25519_PLACE], &[0; 32]].concat();
    let kem = Exchange::start(Group::MlKem768).unwrap().share().to_vec();
    let off_curve_beside = [&off_curve[..], &kem].concat();
    let hybrid_point_beside = [&hybrid_point[..], &kem].concat();
    let mut unreduced_beside = Exchange::start(Group::SecP256r1MlKem768).unwrap().share().to_vec();
    unreduced_beside[65..].fill(0xff);
    let shares = [
        (Group::X25519, &[0; 32][..]),
        (Group::P256, &off_curve),
        (Group::P256, &hybrid_point),
        (Group::P256, &[0; 65]),
        (Group::P384, &[4; 97]),
        (Group::P521, &[4; 133]),
        (Group::MlKem768, &[0xff; 1184]),
        (Group::MlKem1024, &[0xff; 1568]),
        (Group::X25519MlKem768, &unreduced),
        (Group::X25519MlKem768, &zero),
        (Group::SecP256r1MlKem768, &off_curve_beside),
        (Group::SecP256r1MlKem768, &hybrid_point_beside),
        (Group::SecP256r1MlKem768, &unreduced_beside),
        (Group::SecP384r1MlKem1024, &[4; 1665]),
    ];
    for (group, share) in shares {
        assert_eq!(respond(group, share).unwrap_err(), ExchangeError::InvalidShare(group));
    }
    for (group, server_share) in [
        (Group::X25519MlKem768, [&[7; 1088][..], &[0; 32]].concat()),
        (Group::SecP256r1MlKem768, [&off_curve[..], &[7; 1088]].concat()),
        (Group::SecP384r1MlKem1024, vec![7; 1665]),
    ] {
        let error = Exchange::start(group).unwrap().finish(&server_share).unwrap_err();
        assert_eq!(error, ExchangeError::InvalidShare(group));
    }
}

/// FIPS 203, 6.3: a wrong ciphertext leads to another secret, not to an error that would tell something.
#[test]
fn a_wrong_ciphertext_is_not_told() {
    for (hybrid, in_ciphertext, kem_secret) in [
        (Group::X25519MlKem768, 0, 0..32),
        (Group::SecP256r1MlKem768, 65, 32..64),
        (Group::SecP384r1MlKem1024, 97, 48..80),
        (Group::MlKem768, 0, 0..32),
        (Group::MlKem1024, 0, 0..32),
    ] {
        let client = Exchange::start(hybrid).unwrap();
        let (server_share, server_secret) = respond(hybrid, client.share()).unwrap();
        let mut server_share = server_share.to_vec();
        server_share[in_ciphertext] ^= 1;
        let client_secret = client.finish(&server_share).unwrap();
        for (place, (ours, theirs)) in
            client_secret.as_ref().chunks(16).zip(server_secret.as_ref().chunks(16)).enumerate()
        {
            assert_eq!(ours == theirs, !kem_secret.contains(&(16 * place)), "{hybrid:?}");
        }
    }
}

#[test]
fn debug_shows_no_secret() {
    let client = Exchange::start(Group::X25519).unwrap();
    assert_eq!(format!("{client:?}"), "Exchange { group: X25519, .. }");
    let (_, secret) = respond(Group::X25519, client.share()).unwrap();
    assert_eq!(format!("{secret:?}"), "SharedSecret { len: 32, .. }");
}
