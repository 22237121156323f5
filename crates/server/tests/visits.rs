//! The server visited over HTTP/2, kept waiting, and asked to stop.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::time::Duration;

use bulla_server::Ended;
use house::{House, LONG};
use http::{Request, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_millis(300);

#[tokio::test]
async fn the_page_comes_over_http_2() {
    let house = House::start(|_| {});
    let stream = TokioIo::new(house.visit("h2").await);
    let (mut sender, connection) =
        Box::pin(hyper::client::conn::http2::handshake(TokioExecutor::new(), stream)).await.unwrap();
    tokio::spawn(connection);
    for path in ["/connection.json", "/"] {
        let url = format!("https://localhost:{}{path}", house.address.port());
        let response =
            sender.send_request(Request::get(url).body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        if path == "/" {
            assert!(std::str::from_utf8(&body).unwrap().contains("<h1"));
        } else {
            let report: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!((&report["trusted"], &report["connection"]["alpn"]), (&true.into(), &"h2".into()));
        }
    }
    house.hand.press();
    let ended = timeout(LONG, house.served).await.expect("an idle HTTP/2 connection does not hold it up");
    assert_eq!(ended.unwrap(), Ended { cut: 0 });
}

#[tokio::test]
async fn a_certificate_is_replaced_while_the_server_runs() {
    let mut shown = None;
    let mut house = House::start(|server| shown = Some(server.credential.clone()));
    let mut before = house.visit("http/1.1").await;
    let (anchors, renewed) = house::credential();
    let chain = renewed.chain().to_vec();
    shown.unwrap().replace(renewed);
    house.anchors = anchors;
    let after = house.visit("http/1.1").await;
    assert_eq!(after.facts().peer_certificates, chain);
    // The connection under the old certificate goes on.
    before.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    before.flush().await.unwrap();
    let mut answer = Vec::new();
    timeout(LONG, before.read_to_end(&mut answer)).await.expect("it is answered").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn a_resumed_session_stands_for_the_same_names() {
    let house = House::start(|_| {});
    let client = house.client("http/1.1");
    for resumed in [false, true] {
        let mut stream = house.visit_by(&client).await;
        assert_eq!(stream.facts().resumed, resumed);
        let place = format!("localhost:{}", house.address.port());
        let request = format!("GET /connection.json HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        let mut answer = String::new();
        timeout(LONG, stream.read_to_string(&mut answer)).await.expect("it is answered").unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let report: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(report["trusted"], true, "{report}");
        assert_eq!(report["connection"]["signature"] == "", resumed);
    }
}

#[tokio::test]
async fn who_says_nothing_is_dropped() {
    let house = House::start(|server| server.limits.handshake = SOON);
    let mut silent = TcpStream::connect(house.address).await.unwrap();
    let closed = timeout(LONG, silent.read_to_end(&mut Vec::new())).await;
    closed.expect("it is dropped at the end of its time").unwrap();
}

#[tokio::test]
async fn who_asks_for_nothing_is_dropped() {
    let house = House::start(|server| server.limits.header = SOON);
    let mut idle = house.visit("http/1.1").await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
    idle.flush().await.unwrap();
    let closed = timeout(LONG, idle.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "half a header does not hold a connection for ever");
}

#[tokio::test]
async fn more_connections_than_there_is_room_for_wait() {
    let house = House::start(|server| server.limits.connections = 1);
    let mut first = house.visit("http/1.1").await;
    assert!(timeout(SOON, house.visit("http/1.1")).await.is_err(), "the second has to wait");
    first.shutdown().await.unwrap();
    timeout(LONG, house.visit("http/1.1")).await.expect("there is room again");
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut() {
    let house = House::start(|server| server.limits.drain = SOON);
    let mut under_way = house.visit("http/1.1").await;
    under_way.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
    under_way.flush().await.unwrap();
    sleep(SOON).await;
    house.hand.press();
    assert_eq!(timeout(LONG, house.served).await.unwrap().unwrap(), Ended { cut: 1 });
    assert!(TcpStream::connect(house.address).await.is_err(), "the port is closed");
}
