//! A stream in two halves: used at the same time, closed, dropped, broken and put together again.

use std::io::ErrorKind;
use std::time::Duration;

use bulla_testkit::authority::{server_name, shared};
use bulla_tls::registry::{AlertDescription, ProtocolVersion};
use bulla_tls::{Error, Role, Violation};
use bulla_tokio::{OwnedReadHalf, OwnedWriteHalf, TlsConnector, TlsStream, tls_error};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::ends::{acceptor, join, pattern, piped, tcp};
use crate::streams::{receive, send};

/// Sends and receives `length` bytes each way at the same time, from two tasks a side.
async fn both_ways<A, B>(client: TlsStream<A>, server: TlsStream<B>, length: usize)
where
    A: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    B: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, server) = (client.into_split(), server.into_split());
    let tasks = [
        tokio::spawn(send(client.1, length)),
        tokio::spawn(send(server.1, length)),
        tokio::spawn(receive(client.0, length)),
        tokio::spawn(receive(server.0, length)),
    ];
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_megabytes_both_ways_over_tcp() {
    let (client, server) = tcp().await;
    let (client, server) = join(client, server).await.unwrap();
    both_ways(client, server, 20_000_000).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pipes_of_any_size_carry_both_ways() {
    for room in [1, 7, 4096, 1 << 17] {
        let (client, server) = piped(room).await;
        both_ways(client, server, if room < 8 { 40_000 } else { 2_000_000 }).await;
    }
}

#[tokio::test]
async fn halves_of_tls_over_tls() {
    let (client, server) = piped(1000).await;
    let (client, server) = Box::pin(join(client, server)).await.unwrap();
    Box::pin(both_ways(client, server, 200_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_in_tls_1_2() {
    let mut config = shared().client_config();
    config.versions = vec![ProtocolVersion::TLS_1_2];
    let connector = TlsConnector::from(config.check().unwrap());
    let (client, server) = duplex(5000);
    let (client, server) =
        tokio::try_join!(connector.connect(server_name(), client), acceptor().accept(server)).unwrap();
    assert_eq!(server.facts().version, Some(ProtocolVersion::TLS_1_2));
    both_ways(client, server, 300_000).await;
}

#[tokio::test]
async fn a_closed_half_leaves_the_other_open() {
    let (client, server) = piped(64).await;
    let (mut from, mut to) = client.into_split();
    let (mut server_from, mut server_to) = server.into_split();
    to.write_all(b"a question").await.unwrap();
    to.shutdown().await.unwrap();
    let error = to.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
    let mut question = Vec::new();
    server_from.read_to_end(&mut question).await.unwrap();
    assert_eq!(question, b"a question");
    let answer = tokio::spawn(async move {
        server_to.write_all(&pattern(100_000)).await.unwrap();
        server_to.shutdown().await.unwrap();
    });
    let mut answered = Vec::new();
    from.read_to_end(&mut answered).await.unwrap();
    assert!(answered == pattern(100_000));
    assert_eq!(from.read(&mut [0]).await.unwrap(), 0, "the end stays the end");
    answer.await.unwrap();
}

#[tokio::test]
async fn a_dropped_half_leaves_the_other_at_work() {
    let (client, mut server) = piped(1 << 14).await;
    let (from, mut to) = client.into_split();
    drop(from);
    to.write_all(b"nobody listens here").await.unwrap();
    to.shutdown().await.unwrap();
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"nobody listens here");

    let (client, mut server) = piped(1 << 14).await;
    let (mut from, to) = client.into_split();
    drop(to);
    server.write_all(b"nobody speaks there").await.unwrap();
    server.shutdown().await.unwrap();
    let mut received = Vec::new();
    from.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"nobody speaks there");
    // A writer that is gone has not said that it was done.
    drop(from);
    let error = server.read(&mut [0]).await.unwrap_err();
    assert_eq!(tls_error(&error), Some(&Error::Truncated));
}

/// Both halves of a client whose server's transport is in the test's hands.
async fn broken_by(
    bytes: &[u8],
) -> (OwnedReadHalf<tokio::io::DuplexStream>, OwnedWriteHalf<tokio::io::DuplexStream>) {
    let (client, mut server) = piped(1 << 14).await;
    server.get_mut().0.write_all(bytes).await.unwrap();
    // Held open, so that nothing but the bytes can end the connection.
    std::mem::forget(server);
    client.into_split()
}

#[tokio::test]
async fn an_error_shows_on_both_halves() {
    let record = [&[23, 3, 3, 0, 40][..], &[7; 40]].concat();
    let (mut from, mut to) = broken_by(&record).await;
    let error = from.read(&mut [0]).await.unwrap_err();
    let undecryptable = Error::from(Violation::Undecryptable);
    assert_eq!(tls_error(&error), Some(&undecryptable));
    let error = to.write(b"x").await.unwrap_err();
    assert_eq!(tls_error(&error), Some(&undecryptable));
    let error = from.read(&mut [0]).await.unwrap_err();
    assert_eq!(tls_error(&error), Some(&undecryptable));
    to.shutdown().await.unwrap();
}

/// A writer that waits for a peer that takes nothing learns that the connection has failed.
#[tokio::test]
async fn a_sleeping_writer_is_woken_by_the_readers_error() {
    let (client, mut server) = piped(1 << 14).await;
    let (mut from, mut to) = client.into_split();
    let writer = tokio::spawn(async move { to.write_all(&pattern(10_000_000)).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!writer.is_finished());
    server.get_mut().0.write_all(&[23, 3, 3, 0, 17]).await.unwrap();
    server.get_mut().0.write_all(&[0; 17]).await.unwrap();
    from.read(&mut [0]).await.unwrap_err();
    let told = timeout(Duration::from_secs(5), writer).await.expect("the writer sleeps").unwrap();
    assert_eq!(tls_error(&told.unwrap_err()), Some(&Violation::Undecryptable.into()));
}

/// A reader that waits for a peer that says nothing learns that its own side has ended the connection.
#[tokio::test]
async fn a_sleeping_reader_is_woken_by_an_abort() {
    let (mut client, server) = piped(1 << 14).await;
    let (mut from, mut to) = server.into_split();
    let reader = tokio::spawn(async move { from.read(&mut [0]).await });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!reader.is_finished());
    to.abort(AlertDescription::ACCESS_DENIED).await.unwrap();
    let told = timeout(Duration::from_secs(5), reader).await.expect("the reader sleeps").unwrap();
    assert_eq!(tls_error(&told.unwrap_err()), Some(&Error::Aborted(AlertDescription::ACCESS_DENIED)));
    let error = client.read(&mut [0]).await.unwrap_err();
    assert_eq!(tls_error(&error), Some(&Error::Alert(AlertDescription::ACCESS_DENIED)));
}

#[tokio::test]
async fn the_peers_alert_and_a_cut_show_on_both_halves() {
    let (client, mut server) = piped(1 << 14).await;
    let (mut from, mut to) = client.into_split();
    // What no client may say makes the server fail and tell.
    server.get_mut().1.read_slot()[..6].copy_from_slice(&[21, 3, 3, 0, 1, 0]);
    server.get_mut().1.advance(6).unwrap();
    server.read(&mut [0]).await.unwrap_err();
    server.shutdown().await.unwrap();
    let error = from.read(&mut [0]).await.unwrap_err();
    let alert = Some(&Error::Alert(AlertDescription::UNEXPECTED_MESSAGE));
    assert_eq!(tls_error(&error), alert);
    assert_eq!(tls_error(&to.write(b"x").await.unwrap_err()), alert);

    let (client, mut server) = piped(1 << 14).await;
    let (mut from, mut to) = client.into_split();
    server.write_all(b"some").await.unwrap();
    drop(server);
    let mut received = Vec::new();
    let error = from.read_to_end(&mut received).await.unwrap_err();
    assert_eq!((error.kind(), received), (ErrorKind::UnexpectedEof, b"some".to_vec()));
    assert_eq!(tls_error(&to.write(b"x").await.unwrap_err()), Some(&Error::Truncated));
}

#[tokio::test]
async fn new_keys_of_the_peer_are_followed_and_answered() {
    let (client, mut server) = piped(1 << 14).await;
    let (mut from, mut to) = client.into_split();
    for round in 0..40u8 {
        server.get_mut().1.update_keys(true).unwrap();
        server.write_all(&[round; 100]).await.unwrap();
        server.flush().await.unwrap();
        let mut received = [0; 100];
        from.read_exact(&mut received).await.unwrap();
        assert_eq!(received, [round; 100]);
        // The answer to it goes before this, and both ways have new keys each time.
        to.write_all(&[round; 50]).await.unwrap();
        to.flush().await.unwrap();
        let mut received = [0; 50];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(received, [round; 50]);
    }
}

#[tokio::test]
async fn the_halves_come_together_again() {
    let (client, mut server) = piped(1 << 14).await;
    let (mut from, mut to) = client.into_split();
    assert_eq!((from.facts().role, to.facts().role), (Role::Client, Role::Client));
    to.write_all(b"question").await.unwrap();
    server.write_all(b"first, second").await.unwrap();
    let mut received = [0; 5];
    from.read_exact(&mut received).await.unwrap();
    // What was received and not read stays.
    let mut client = from.reunite(to).unwrap();
    let mut rest = [0; 8];
    client.read_exact(&mut rest).await.unwrap();
    assert_eq!((&received, &rest), (b"first", b", second"));
    client.write_all(b" and more").await.unwrap();
    client.shutdown().await.unwrap();
    let mut received = Vec::new();
    server.read_to_end(&mut received).await.unwrap();
    assert_eq!(received, b"question and more");

    let (from, to) = client.into_split();
    let (other_from, other_to) = piped(1 << 14).await.0.into_split();
    let error = from.reunite(other_to).unwrap_err();
    assert!(error.to_string().starts_with("the two halves belong to different streams"));
    let error = to.reunite(other_from).unwrap_err();
    assert!(format!("{error:?}").contains("ReuniteError"));
}

#[tokio::test]
async fn plaintext_is_lent_by_the_reading_half() {
    let (mut client, server) = piped(1 << 14).await;
    let (from, to) = server.into_split();
    client.write_all(b"first\nsecond\n").await.unwrap();
    client.shutdown().await.unwrap();
    let mut lines = from.lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("first"));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("second"));
    assert_eq!(lines.next_line().await.unwrap(), None);
    drop(to);
}

#[tokio::test]
async fn a_request_without_flush_leaves_when_the_answer_is_read() {
    let (client, mut server) = piped(16).await;
    let server = tokio::spawn(async move {
        let mut request = [0; 1000];
        server.read_exact(&mut request).await.unwrap();
        server.write_all(b"answer").await.unwrap();
        server.shutdown().await.unwrap();
    });
    let (mut from, mut to) = client.into_split();
    assert_eq!(to.write(&pattern(1000)).await.unwrap(), 1000);
    let mut answer = Vec::new();
    from.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, b"answer");
    server.await.unwrap();
}

#[test]
fn the_halves_travel_between_threads() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<OwnedReadHalf<TcpStream>>();
    sendable::<OwnedWriteHalf<TcpStream>>();
}
