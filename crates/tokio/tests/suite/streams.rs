//! What a stream carries: both ways at once, closes, and ends.

use std::io::{ErrorKind, IoSlice};
use std::time::Duration;

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority::{server_name, shared};
use bulla_tls::registry::AlertDescription;
use bulla_tls::{ClientCredentials, Error, Role, Verification};
use bulla_tokio::{TlsAcceptor, TlsConnector, TlsStream, tls_error};
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufWriter, DuplexStream, duplex,
    split,
};
use tokio::time::timeout;

use crate::ends::{join, pattern, piped, tcp};

/// Sends and receives `length` bytes each way at the same time, from two tasks a side.
async fn both_ways<A, B>(client: TlsStream<A>, server: TlsStream<B>, length: usize)
where
    A: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let halves = (split(client), split(server));
    let tasks = [
        tokio::spawn(send(halves.0.1, length)),
        tokio::spawn(send(halves.1.1, length)),
        tokio::spawn(receive(halves.0.0, length)),
        tokio::spawn(receive(halves.1.0, length)),
    ];
    for task in tasks {
        task.await.unwrap();
    }
}

pub(crate) async fn send(mut half: impl AsyncWrite + Unpin, length: usize) {
    half.write_all(&pattern(length)).await.unwrap();
    half.shutdown().await.unwrap();
}

pub(crate) async fn receive(mut half: impl AsyncRead + Unpin, length: usize) {
    let mut received = Vec::new();
    half.read_to_end(&mut received).await.unwrap();
    assert!(received == pattern(length), "{} bytes of {length}", received.len());
}

#[tokio::test]
async fn both_ends_know_each_other() {
    let (client, server) = piped(4096).await;
    let (client, server) = (client.facts(), server.facts());
    assert_eq!((client.role, server.role), (Role::Client, Role::Server));
    assert_eq!(client.suite, server.suite);
    assert_eq!(client.group, server.group);
    assert_eq!(server.server_name.as_deref(), Some("server.example"));
    assert_eq!(client.peer_certificates.len(), 2);
}

#[tokio::test]
async fn pipes_of_any_size_carry_both_ways() {
    for room in [1, 2, 7, 4096, 1 << 17] {
        let (client, server) = piped(room).await;
        both_ways(client, server, if room < 8 { 40_000 } else { 1_000_000 }).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tcp_carries_more_than_buffers_hold_both_ways() {
    let (client, server) = tcp().await;
    let (client, server) = join(client, server).await.unwrap();
    both_ways(client, server, 20_000_000).await;
}

#[tokio::test]
async fn a_closed_side_goes_on_receiving() {
    let (mut client, mut server) = piped(64).await;
    let server = tokio::spawn(async move {
        let mut request = Vec::new();
        server.read_to_end(&mut request).await.unwrap();
        server.write_all(&pattern(100_000)).await.unwrap();
        server.shutdown().await.unwrap();
        request
    });
    client.write_all(b"a question").await.unwrap();
    client.shutdown().await.unwrap();
    client.shutdown().await.unwrap();
    let error = client.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert!(answer == pattern(100_000));
    assert_eq!(server.await.unwrap(), b"a question");
}

/// The peer's end is told at once, though it takes nothing of what is still to be sent.
#[tokio::test]
async fn the_peers_end_does_not_wait_for_our_output() {
    let (mut client, mut server) = piped(1 << 10).await;
    while let Ok(written) = timeout(Duration::from_millis(20), server.write(&pattern(5000))).await {
        written.unwrap();
    }
    assert!(!server.get_ref().1.output().is_empty(), "the pipe is full");
    client.write_all(b"done").await.unwrap();
    // Said over a transport that stays open.
    client.get_mut().1.close();
    client.flush().await.unwrap();
    let mut received = Vec::new();
    timeout(Duration::from_secs(5), server.read_to_end(&mut received)).await.unwrap().unwrap();
    assert_eq!(received, b"done");
    assert!(!server.get_ref().1.output().is_empty(), "and was full all the time");
    let rest = tokio::spawn(async move {
        let mut rest = Vec::new();
        client.read_to_end(&mut rest).await.map(|_| rest)
    });
    server.shutdown().await.unwrap();
    assert_eq!(rest.await.unwrap().unwrap().len() % 5000, 0);
}

#[tokio::test]
async fn an_end_without_close_notify_is_told_after_the_data() {
    let (mut client, mut server) = piped(4096).await;
    client.write_all(b"some").await.unwrap();
    client.flush().await.unwrap();
    drop(client);
    let mut received = Vec::new();
    let error = server.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(received, b"some");
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(tls_error(&error), Some(&Error::Truncated));
    let again = server.read(&mut [0]).await.unwrap_err();
    assert_eq!(tls_error(&again), Some(&Error::Truncated));
}

/// The peer learns the reason behind all that was written, and that at once; the caller can go on to do nothing.
#[tokio::test]
async fn an_aborted_stream_says_why_and_is_shut() {
    let (mut client, mut server) = piped(4096).await;
    client.write_all(b"may I?").await.unwrap();
    server.write_all(b"you may not").await.unwrap();
    server.abort(AlertDescription::ACCESS_DENIED).await.unwrap();
    let mut received = Vec::new();
    let error = client.read_to_end(&mut received).await.unwrap_err();
    assert_eq!(received, b"you may not");
    assert_eq!(tls_error(&error), Some(&Error::Alert(AlertDescription::ACCESS_DENIED)));
    for error in [server.read(&mut [0]).await.unwrap_err(), server.write(b"more").await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::ConnectionAborted);
        assert_eq!(tls_error(&error), Some(&Error::Aborted(AlertDescription::ACCESS_DENIED)));
    }

    let (mut client, mut server) = piped(4096).await;
    server.shutdown().await.unwrap();
    server.abort(AlertDescription::ACCESS_DENIED).await.unwrap();
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0, "what was ended properly is not aborted");
}

#[tokio::test]
async fn one_read_takes_several_records() {
    let (mut client, mut server) = piped(1 << 16).await;
    for part in [&b"one "[..], b"two ", b"three"] {
        client.write_all(part).await.unwrap();
    }
    let mut received = [0; 64];
    let count = server.read(&mut received).await.unwrap();
    assert_eq!(&received[..count], b"one two three");
}

#[tokio::test]
async fn plaintext_is_lent() {
    let (mut client, mut server) = piped(1 << 16).await;
    client.write_all(b"first\nsecond\nrest").await.unwrap();
    client.shutdown().await.unwrap();
    let lent = server.fill_buf().await.unwrap();
    assert_eq!(lent, b"first\nsecond\nrest");
    let mut line = String::new();
    server.read_line(&mut line).await.unwrap();
    assert_eq!(line, "first\n");
    let mut lines = server.lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("second"));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("rest"));
    assert_eq!(lines.next_line().await.unwrap(), None);
}

#[tokio::test]
async fn slices_are_gathered_and_empty_writes_send_nothing() {
    let (mut client, mut server) = piped(1 << 16).await;
    assert!(client.is_write_vectored());
    assert_eq!(client.write(&[]).await.unwrap(), 0);
    let empty = IoSlice::new(&[]);
    assert_eq!(client.write_vectored(&[empty, empty]).await.unwrap(), 0);
    let slices = [IoSlice::new(b"head"), empty, IoSlice::new(b" and body")];
    assert_eq!(client.write_vectored(&slices).await.unwrap(), 13);
    assert_eq!(client.get_ref().1.output(), b"");
    client.shutdown().await.unwrap();
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"head and body");
}

#[tokio::test]
async fn a_request_without_flush_leaves_when_the_answer_is_read() {
    let (mut client, mut server): (TlsStream<DuplexStream>, _) = piped(16).await;
    let server = tokio::spawn(async move {
        let mut request = [0; 1000];
        server.read_exact(&mut request).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
    });
    assert_eq!(client.write(&pattern(1000)).await.unwrap(), 1000);
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
    server.await.unwrap();
}

#[tokio::test]
async fn the_parts_come_back() {
    let (client, server) = duplex(4096);
    let (client, mut server) = join(client, server).await.unwrap();
    server.write_all(b"left").await.unwrap();
    let (_, connection) = client.into_inner();
    assert!(connection.error().is_none());
}

#[tokio::test]
async fn a_transport_that_buffers_is_flushed() {
    let (client, server) = duplex(1 << 14);
    let (mut client, mut server) = join(BufWriter::new(client), BufWriter::new(server)).await.unwrap();
    let server = tokio::spawn(async move {
        let mut question = [0; 8];
        server.read_exact(&mut question).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
        question
    });
    client.write_all(b"question").await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
    assert_eq!(&server.await.unwrap(), b"question");
}

#[tokio::test]
async fn tls_runs_over_tls() {
    let (client, server) = piped(1000).await;
    let (client, server) = Box::pin(join(client, server)).await.unwrap();
    Box::pin(both_ways(client, server, 200_000)).await;
}

#[tokio::test]
async fn what_the_peer_said_outlives_a_broken_way_to_it() {
    let (client, server) = duplex(1 << 14);
    let (mut client, mut server) = join(client, server).await.unwrap();
    server.write_all(b"last words").await.unwrap();
    server.shutdown().await.unwrap();
    drop(server);
    // The connection takes the bytes, the transport does not.
    assert_eq!(client.write(b"unheard").await.unwrap(), 7);
    let mut received = Vec::new();
    client.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"last words");
    let error = client.flush().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

/// RFC 9846 section 4.7.2: the server learns who the client is while data flows.
#[tokio::test]
async fn a_certificate_is_asked_for_after_the_handshake() {
    let mut client = shared().client_config();
    client.later_certificates = true;
    client.credentials = ClientCredentials::Fixed(shared().client(KeyKind::EcP256).credential());
    let mut server = shared().server_config();
    server.later_certificates = Some(Verification::Anchors(shared().anchors()));
    let (near, far) = duplex(1 << 14);
    let connector = TlsConnector::from(client.check().unwrap());
    let acceptor = TlsAcceptor::from(server.check().unwrap());
    let (mut client, mut server) =
        tokio::try_join!(connector.connect(server_name(), near), acceptor.accept(far)).unwrap();
    assert!(server.facts().peer_names().is_none());
    server.request_certificate().unwrap();
    server.write_all(b"who is there?").await.unwrap();
    server.flush().await.unwrap();
    let mut question = [0; 13];
    client.read_exact(&mut question).await.unwrap();
    client.write_all(b"look").await.unwrap();
    client.flush().await.unwrap();
    let mut word = [0; 4];
    server.read_exact(&mut word).await.unwrap();
    assert_eq!((&question, &word), (b"who is there?", b"look"));
    assert_eq!(server.facts().peer_names().unwrap().subject, "CN=Test Client");
}
