//! Application data and what flows beside it: key changes, padding, closing.

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_tls::registry::ProtocolVersion;
use bulla_tls::{Error, Misuse, Padding};

use super::link::{
    GROUPS, Link, client_builder, provider, rustls_client, rustls_server, server_builder, with_leaf,
};

/// Both roles of ours.
fn links() -> [Link; 2] {
    [
        Link::to_server(authority::shared().client_config(), rustls_server()),
        Link::to_client(authority::shared().server_config(), rustls_client()),
    ]
}

/// Both roles of ours in both versions.
fn links_of_both_versions() -> [Link; 4] {
    let older: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS12];
    let server =
        with_leaf(server_builder(provider(&GROUPS), older), &authority::shared().server(KeyKind::EcP256));
    let client = client_builder(provider(&GROUPS), older).with_no_client_auth();
    let [first, second] = links();
    let third = Link::to_server(authority::shared().client_config(), server);
    let fourth = Link::to_client(authority::shared().server_config(), client);
    for link in [&third, &fourth] {
        assert_eq!(link.ours.connection.facts().version, Some(ProtocolVersion::TLS_1_2));
    }
    [first, second, third, fourth]
}

fn pattern(length: usize) -> Vec<u8> {
    (0..=u8::MAX).cycle().take(length).collect()
}

#[test]
fn large_data_both_ways() {
    let data = pattern(1 << 20);
    for mut link in links_of_both_versions() {
        link.send(&data);
        assert!(link.received == data, "{} of {} bytes arrived", link.received.len(), data.len());
        link.send_theirs(&data);
        assert!(link.ours.delivered == data, "{} of {} arrived", link.ours.delivered.len(), data.len());
    }
}

#[test]
fn keys_change_both_ways() {
    for mut link in links() {
        for round in 0..3 {
            // rustls asks for our change too, and so do we for theirs.
            link.theirs.refresh_traffic_keys().unwrap();
            link.send_theirs(b"after their update");
            link.send(b"in answer");
            link.ours.connection.update_keys(round % 2 == 0).unwrap();
            link.send(b"after our update");
            link.send_theirs(b"in answer");
        }
        link.assert_works();
        assert_eq!(link.ours.delivered.len(), 3 * (18 + 9) + 11);
        assert_eq!(link.received.len(), 3 * (9 + 16) + 10);
    }
}

#[test]
fn each_side_may_close_first_and_still_receive() {
    for mut link in links_of_both_versions() {
        link.ours.connection.close();
        link.settle();
        assert!(link.they_saw_close && !link.ours.closed);
        assert_eq!(link.ours.connection.send(b"more"), Err(Error::Misuse(Misuse::Closed)));
        link.send_theirs(b"still speaking");
        assert_eq!(link.ours.delivered, b"still speaking");
        link.theirs.send_close_notify();
        link.settle();
        assert!(link.ours.closed && link.ours.error.is_none());
    }
    for mut link in links_of_both_versions() {
        link.theirs.send_close_notify();
        link.settle();
        assert!(link.ours.closed && !link.they_saw_close);
        link.send(b"still speaking");
        assert_eq!(link.received, b"still speaking");
        link.ours.connection.close();
        link.settle();
        assert!(link.they_saw_close);
    }
}

#[test]
fn padding_hides_lengths() {
    let mut client = authority::shared().client_config();
    client.padding = Padding::Block(256);
    let mut server = authority::shared().server_config();
    server.padding = Padding::Block(256);
    let links = [Link::to_server(client, rustls_server()), Link::to_client(server, rustls_client())];
    for mut link in links {
        link.records_sent.clear();
        for length in [1, 7, 255, 256, 257, 16_384] {
            let data = pattern(length);
            link.received.clear();
            link.send(&data);
            assert!(link.received == data, "{length} bytes");
        }
        // Header, content type and tag stand around content and padding.
        let overhead = 5 + 1 + 16;
        let contents: Vec<_> = link.records_sent.iter().map(|length| length - overhead).collect();
        assert_eq!(contents, [256, 256, 256, 256, 512, 16_384]);
    }
}
