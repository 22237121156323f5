//! Against rustls in a thread of its own, over TCP, both roles.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{server_name, shared};
use bulla_tls::registry::ProtocolVersion;
use rustls::{ClientConnection, RootCertStore, ServerConnection, StreamOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::ends::{acceptor, connector, pattern};

const LENGTH: usize = 3_000_000;

/// Echoes until the peer closes, then closes.
fn echo(mut stream: impl Read + Write) {
    let mut buffer = vec![0; 30_000];
    loop {
        let count = stream.read(&mut buffer).unwrap();
        if count == 0 {
            return;
        }
        stream.write_all(&buffer[..count]).unwrap();
        stream.flush().unwrap();
    }
}

fn server() -> ServerConnection {
    let leaf = shared().server(KeyKind::EcP256);
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(leaf.chain.clone(), leaf.key.clone_key().into())
        .unwrap();
    ServerConnection::new(Arc::new(config)).unwrap()
}

pub(crate) fn client() -> ClientConnection {
    let mut roots = RootCertStore::empty();
    roots.add(shared().root().clone()).unwrap();
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    ClientConnection::new(Arc::new(config), server_name()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rustls_echoes() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let mut stream = StreamOwned::new(server(), listener.accept().unwrap().0);
        echo(&mut stream);
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
    let stream = connector().connect(server_name(), tcp).await.unwrap();
    assert_eq!(stream.facts().version, Some(ProtocolVersion::TLS_1_3));
    let (mut from, mut to) = tokio::io::split(stream);
    let sender = tokio::spawn(async move {
        to.write_all(&pattern(LENGTH)).await.unwrap();
        to.shutdown().await.unwrap();
    });
    let mut received = Vec::new();
    from.read_to_end(&mut received).await.unwrap();
    sender.await.unwrap();
    assert!(received == pattern(LENGTH), "{} bytes", received.len());
    peer.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rustls_is_echoed() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let mut stream = StreamOwned::new(client(), TcpStream::connect(address).unwrap());
        for part in pattern(LENGTH).chunks(50_000) {
            stream.write_all(part).unwrap();
            let mut echoed = vec![0; part.len()];
            stream.read_exact(&mut echoed).unwrap();
            assert!(echoed == part);
        }
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty());
    });
    let tcp = listener.accept().await.unwrap().0;
    let mut stream = acceptor().accept(tcp).await.unwrap();
    let (mut from, mut to) = tokio::io::split(&mut stream);
    assert_eq!(tokio::io::copy(&mut from, &mut to).await.unwrap(), LENGTH as u64);
    stream.shutdown().await.unwrap();
    peer.join().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn key_updates_of_rustls_are_followed_and_answered() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = thread::spawn(move || {
        let mut stream = StreamOwned::new(client(), TcpStream::connect(address).unwrap());
        for round in 0..5u8 {
            stream.write_all(&[round; 100]).unwrap();
            stream.conn.refresh_traffic_keys().unwrap();
            let mut echoed = [0; 100];
            stream.read_exact(&mut echoed).unwrap();
            assert_eq!(echoed, [round; 100]);
        }
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    });
    let tcp = listener.accept().await.unwrap().0;
    let mut stream = acceptor().accept(tcp).await.unwrap();
    let (mut from, mut to) = tokio::io::split(&mut stream);
    assert_eq!(tokio::io::copy(&mut from, &mut to).await.unwrap(), 500);
    stream.shutdown().await.unwrap();
    peer.join().unwrap();
}
