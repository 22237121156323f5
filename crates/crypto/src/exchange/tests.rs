use super::*;

const ALL: [Group; 4] = [Group::X25519, Group::P256, Group::P384, Group::X25519MlKem768];

#[test]
fn both_sides_share_one_secret_of_the_right_length() {
    for (group, secret_len) in ALL.into_iter().zip([32, 32, 48, 64]) {
        let client = Exchange::start(group).unwrap();
        assert_eq!(client.group(), group);
        assert_eq!(client.share().len(), group.client_share_len());
        let (server_share, server_secret) = respond(group, client.share()).unwrap();
        assert_eq!(server_share.len(), group.server_share_len());
        let client_secret = client.finish(&server_share).unwrap();
        assert_eq!(client_secret.as_ref(), server_secret.as_ref());
        assert_eq!(client_secret.as_ref().len(), secret_len);
    }
}

#[test]
fn every_exchange_has_a_key_of_its_own() {
    for group in ALL {
        let (one, other) = (Exchange::start(group).unwrap(), Exchange::start(group).unwrap());
        assert_ne!(one.share(), other.share());
        let (first, _) = respond(group, one.share()).unwrap();
        let (second, _) = respond(group, one.share()).unwrap();
        assert_ne!(first, second);
    }
}

/// A client offers X25519 beside the hybrid with the same key; the server may take either.
#[test]
fn the_hybrid_can_finish_with_its_classical_half() {
    let client = Exchange::start(Group::X25519MlKem768).unwrap();
    let (server_share, server_secret) = respond(Group::X25519, client.classical_share().unwrap()).unwrap();
    let client_secret = client.finish_classical(&server_share).unwrap();
    assert_eq!(client_secret.as_ref(), server_secret.as_ref());

    let client = Exchange::start(Group::X25519).unwrap();
    assert_eq!(client.classical_share(), None);
    assert_eq!(client.finish_classical(&[9; 32]).unwrap_err(), ExchangeError::Internal);
}

#[test]
fn wrong_lengths_are_named() {
    for group in ALL {
        let (client_len, server_len) = (group.client_share_len(), group.server_share_len());
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
    let unreduced = [&[0xff; ENCAPSULATION_KEY_LEN][..], &good[ENCAPSULATION_KEY_LEN..]].concat();
    let zero = [&good[..ENCAPSULATION_KEY_LEN], &[0; 32]].concat();
    let shares = [
        (Group::X25519, &[0; 32][..]),
        (Group::P256, &off_curve),
        (Group::P256, &hybrid_point),
        (Group::P256, &[0; 65]),
        (Group::P384, &[4; 97]),
        (Group::X25519MlKem768, &unreduced),
        (Group::X25519MlKem768, &zero),
    ];
    for (group, share) in shares {
        assert_eq!(respond(group, share).unwrap_err(), ExchangeError::InvalidShare(group));
    }
    let server_share = [&[7; CIPHERTEXT_LEN][..], &[0; 32]].concat();
    let error = Exchange::start(Group::X25519MlKem768).unwrap().finish(&server_share).unwrap_err();
    assert_eq!(error, ExchangeError::InvalidShare(Group::X25519MlKem768));
}

/// FIPS 203, 6.3: a wrong ciphertext leads to another secret, not to an error that would tell something.
#[test]
fn a_wrong_ciphertext_is_not_told() {
    let client = Exchange::start(Group::X25519MlKem768).unwrap();
    let (mut server_share, server_secret) = respond(Group::X25519MlKem768, client.share()).unwrap();
    server_share[0] ^= 1;
    let client_secret = client.finish(&server_share).unwrap();
    assert_ne!(client_secret.as_ref()[..32], server_secret.as_ref()[..32]);
    assert_eq!(client_secret.as_ref()[32..], server_secret.as_ref()[32..]);
}

#[test]
fn debug_shows_no_secret() {
    let client = Exchange::start(Group::X25519).unwrap();
    assert_eq!(format!("{client:?}"), "Exchange { group: X25519, .. }");
    let (_, secret) = respond(Group::X25519, client.share()).unwrap();
    assert_eq!(format!("{secret:?}"), "SharedSecret { len: 32, .. }");
}
