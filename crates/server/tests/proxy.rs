//! A backend behind the server: what reaches it, what comes back, and what happens when it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bulla_server::Content;
use bulla_server::proxy::Backend;
use house::{House, LONG};
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_millis(400);

/// A backend that tells each request as it saw it, and keeps count.
async fn mirror() -> (SocketAddr, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let all = Arc::clone(&all);
            let service = service_fn(move |request| tell(request, Arc::clone(&all)));
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
            );
        }
    });
    (address, seen)
}

async fn tell(
    request: Request<Incoming>,
    all: Arc<Mutex<Vec<Value>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let headers: Vec<Value> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let told = json!({
        "method": request.method().as_str(),
        "target": request.uri().to_string(),
        "version": format!("{:?}", request.version()),
        "headers": headers,
        "body": String::from_utf8_lossy(&request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()),
    });
    all.lock().unwrap().push(told.clone());
    let answer = Response::builder()
        .header("connection", "x-for-one-hop")
        .header("x-for-one-hop", "1")
        .header("x-kept", "1")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2");
    Ok(answer.body(Full::from(told.to_string())).unwrap())
}

/// The values that a header had.
fn values<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = told["headers"].as_array().unwrap();
    headers.iter().filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

/// A backend that gives each connection to `play`.
async fn scripted<F: Future<Output = ()> + Send + 'static>(
    play: impl Fn(TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream));
        }
    });
    address
}

fn before(address: SocketAddr) -> House {
    let backend: Backend = format!("http://{address}").parse().unwrap();
    House::start(|server| server.content = Content::Backend(backend))
}

/// Reads up to and with this text.
async fn read_to(stream: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !read.ends_with(end.as_bytes()) {
            read.push(stream.read_u8().await.unwrap());
        }
    };
    timeout(LONG, reading).await.expect("it arrives");
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn requests_reach_the_backend_and_answers_come_back() {
    let (address, _) = mirror().await;
    let house = before(address);
    let place = format!("localhost:{}", house.address.port());
    for (version, via) in [(Version::HTTP_11, "1.1 bulla"), (Version::HTTP_2, "2 bulla")] {
        let mut request =
            Request::post("/a%2Fb/../c?d=e&f").header("x-mine", "1").body(Full::from("hello")).unwrap();
        *request.version_mut() = version;
        let answer = house.send(request).await;
        assert_eq!(answer.status(), 200);
        let told: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!((&told["method"], &told["version"]), (&"POST".into(), &"HTTP/1.1".into()));
        assert_eq!(told["target"], "/a%2Fb/../c?d=e&f", "as it came");
        assert_eq!(told["body"], "hello");
        assert_eq!(values(&told, "host"), [place.as_str()]);
        assert_eq!(values(&told, "x-forwarded-for"), ["127.0.0.1"]);
        assert_eq!(values(&told, "x-forwarded-proto"), ["https"]);
        assert_eq!(values(&told, "x-forwarded-host"), [place.as_str()]);
        assert_eq!(values(&told, "via"), [via]);
        assert_eq!(values(&told, "x-mine"), ["1"]);
        assert_eq!(values(&told, "content-length"), ["5"]);
        assert_eq!((answer.header("x-kept"), answer.header("x-for-one-hop")), ("1", ""));
        assert_eq!(answer.header.headers().get_all("set-cookie").iter().count(), 2);
    }
}

#[tokio::test]
async fn a_visitor_cannot_speak_for_this_server() {
    let (address, _) = mirror().await;
    let house = before(address);
    let answer = house
        .get(
            "/",
            &[
                ("x-forwarded-for", "203.0.113.9"),
                ("x_forwarded_for", "203.0.113.9"),
                ("x-forwarded-proto", "http"),
                ("x-forwarded-host", "evil.test"),
                ("x-forwarded-prefix", "/evil"),
                ("forwarded", "for=203.0.113.9"),
                ("x-real-ip", "203.0.113.9"),
                ("connection", "x-forwarded-for, x-forwarded-proto, host"),
                ("keep-alive", "timeout=5"),
                ("proxy-authorization", "Basic eA=="),
                ("te", "trailers"),
                ("authorization", "Bearer kept"),
            ],
        )
        .await;
    let told: Value = serde_json::from_slice(answer.body()).unwrap();
    assert!(!told.to_string().contains("203.0.113.9") && !told.to_string().contains("evil"), "{told}");
    assert_eq!(values(&told, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(values(&told, "x-forwarded-proto"), ["https"]);
    assert_eq!(values(&told, "host").len(), 1);
    for gone in ["connection", "keep-alive", "proxy-authorization", "te", "x-real-ip", "forwarded"] {
        assert_eq!(values(&told, gone), [""; 0], "{gone}");
    }
    assert_eq!(values(&told, "authorization"), ["Bearer kept"]);
}

#[tokio::test]
async fn only_hosts_of_the_certificate_pass() {
    let (address, seen) = mirror().await;
    let house = before(address);
    for (headers, status) in [
        ("Host: evil.test\r\n", 421),
        ("Host: localhost.evil.test\r\n", 421),
        ("", 400),
        ("Host: localhost\r\nHost: localhost\r\n", 400),
        ("Host: local host\r\n", 400),
        ("Host: user@localhost\r\n", 400),
        ("Host: localhost/x\r\n", 400),
    ] {
        let answer =
            house.raw(format!("GET / HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {answer}");
    }
    let absolute = "GET https://localhost/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n";
    assert!(house.raw(absolute.as_bytes()).await.starts_with("HTTP/1.1 400"));
    let connect = "CONNECT localhost:25 HTTP/1.1\r\nHost: localhost:25\r\nConnection: close\r\n\r\n";
    assert!(house.raw(connect.as_bytes()).await.starts_with("HTTP/1.1 400"));
    let mut request = Request::get("/").header("host", "evil.test").body(Full::default()).unwrap();
    *request.version_mut() = Version::HTTP_2;
    assert_eq!(house.send(request).await.status(), 400, "HTTP/2 with another Host beside its authority");
    assert_eq!(seen.lock().unwrap().len(), 0, "none of them reached the backend");
}

#[tokio::test]
async fn crumbs_of_a_cookie_arrive_as_one() {
    let (address, _) = mirror().await;
    let house = before(address);
    let mut request =
        Request::get("/").header("cookie", "a=1").header("cookie", "b=2").body(Full::default()).unwrap();
    *request.version_mut() = Version::HTTP_2;
    let told: Value = serde_json::from_slice(house.send(request).await.body()).unwrap();
    assert_eq!(values(&told, "cookie"), ["a=1; b=2"]);
}

#[tokio::test]
async fn no_request_hides_in_another() {
    let (address, seen) = mirror().await;
    let house = before(address);
    let start = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    // What a lenient neighbour would take for a request of its own stands behind each of these.
    let hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "Content-Length: 3, 4\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length : 3\r\n\r\nabc",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    ] {
        let answer = house.raw(format!("{start}{framing}{hidden}").as_bytes()).await;
        let refused =
            answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 501") || answer.is_empty();
        assert!(refused, "{framing:?}: {answer}");
    }
    assert_eq!(seen.lock().unwrap().iter().filter(|told| told["target"] == "/hidden").count(), 0);
    seen.lock().unwrap().clear();
    for framing in [
        "Content-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    ] {
        house.raw(format!("{start}{framing}").as_bytes()).await;
        let told = seen.lock().unwrap().pop().expect("it arrives");
        assert_eq!(told["body"], "abc");
        assert_eq!(
            (values(&told, "transfer-encoding"), values(&told, "content-length")),
            (vec!["chunked"], vec![])
        );
    }
}

#[tokio::test]
async fn bodies_pass_while_they_come() {
    // Each side waits for the other's last part before it sends its next.
    let address = scripted(|mut stream| async move {
        let header = read_to(&mut stream, "\r\n\r\n").await.to_ascii_lowercase();
        assert!(header.contains("transfer-encoding: chunked"), "{header}");
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
        for part in ["one", "two", "three"] {
            read_to(&mut stream, &format!("{part}\r\n")).await;
            stream.write_all(format!("{:x}\r\n{part}!\r\n", part.len() + 1).as_bytes()).await.unwrap();
        }
        read_to(&mut stream, "0\r\n\r\n").await;
        stream.write_all(b"0\r\n\r\n").await.unwrap();
    })
    .await;
    let house = before(address);
    let mut stream = house.visit("http/1.1").await;
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .await
        .unwrap();
    for part in ["one", "two", "three"] {
        stream.write_all(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        read_to(&mut stream, &format!("{part}!\r\n")).await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    read_to(&mut stream, "0\r\n\r\n").await;
}

const SWITCH: &str = "GET /chat HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A backend that switches to `protocol` and then sends back what it gets.
async fn echo_after_switch(protocol: &'static str) -> SocketAddr {
    scripted(move |mut stream| async move {
        let header = read_to(&mut stream, "\r\n\r\n").await.to_ascii_lowercase();
        assert!(header.contains("connection: upgrade") && header.contains("upgrade: websocket"), "{header}");
        assert!(header.contains("sec-websocket-key: dghlihnhbxbszsbub25jzq=="), "{header}");
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nfirst"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        let (mut from, mut to) = stream.split();
        let _ = tokio::io::copy(&mut from, &mut to).await;
    })
    .await
}

#[tokio::test]
async fn a_websocket_passes_and_ends_with_the_server() {
    let house = before(echo_after_switch("WebSocket").await);
    let mut stream = house.visit("http/1.1").await;
    stream.write_all(SWITCH.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let header = read_to(&mut stream, "\r\n\r\n").await.to_ascii_lowercase();
    assert!(header.starts_with("http/1.1 101") && header.contains("upgrade: websocket"), "{header}");
    assert!(header.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{header}");
    assert!(!header.contains("content-length") && !header.contains("transfer-encoding"), "{header}");
    read_to(&mut stream, "first").await;
    for part in ["\u{1}ping", "\u{0}pong"] {
        stream.write_all(part.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        assert_eq!(read_to(&mut stream, part).await, part);
    }
    let began = Instant::now();
    house.hand.press();
    assert_eq!(timeout(LONG, stream.read_to_end(&mut Vec::new())).await.unwrap().unwrap(), 0);
    assert!(began.elapsed() < Duration::from_secs(5), "it is not waited for");
    let log = house.end().await;
    assert_eq!((&log[0]["status"], &log[0]["complete"]), (&101.into(), &true.into()));
}

#[tokio::test]
async fn a_silent_tunnel_is_ended_and_one_that_speaks_is_not() {
    let backend: Backend = format!("http://{}", echo_after_switch("websocket").await).parse().unwrap();
    let house = House::start(|server| {
        server.content = Content::Backend(backend);
        server.limits.silence = Duration::from_secs(1);
    });
    let mut stream = house.visit("http/1.1").await;
    stream.write_all(SWITCH.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    read_to(&mut stream, "first").await;
    for _ in 0..8 {
        sleep(Duration::from_millis(300)).await;
        stream.write_all(b"ping").await.unwrap();
        stream.flush().await.unwrap();
        assert_eq!(read_to(&mut stream, "ping").await, "ping");
    }
    assert_eq!(timeout(LONG, stream.read_to_end(&mut Vec::new())).await.unwrap().unwrap(), 0);
    house.end().await;
}

#[tokio::test]
async fn an_end_of_one_side_reaches_the_other() {
    let house = before(echo_after_switch("websocket").await);
    let mut stream = house.visit("http/1.1").await;
    stream.write_all(SWITCH.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    read_to(&mut stream, "first").await;
    stream.write_all(b"last words").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    timeout(LONG, stream.read_to_end(&mut rest)).await.expect("the backend's end comes back").unwrap();
    assert_eq!(rest, b"last words");
}

#[tokio::test]
async fn no_other_switch_is_made() {
    let (address, seen) = mirror().await;
    let house = before(address);
    let h2c = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
        HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n";
    let mut stream = house.visit("http/1.1").await;
    stream.write_all(h2c.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert!(read_to(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 200"));
    let told = seen.lock().unwrap().pop().unwrap();
    for gone in ["upgrade", "connection", "http2-settings"] {
        assert_eq!(values(&told, gone), [""; 0], "{gone}");
    }
    let house = before(echo_after_switch("smtp").await);
    let mut stream = house.visit("http/1.1").await;
    stream.write_all(SWITCH.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    assert!(
        read_to(&mut stream, "\r\n\r\n").await.starts_with("HTTP/1.1 502"),
        "a switch that no one asked for"
    );
}

#[tokio::test]
async fn a_backend_that_is_down_is_told() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let house = before(address);
    let answer = house.get("/", &[]).await;
    assert_eq!((answer.status(), answer.header("content-type")), (502, "text/plain; charset=utf-8"));
    assert!(answer.text().starts_with("The program behind this server did not answer."), "{}", answer.text());
    let page = house.get("/", &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!((page.status(), page.header("content-type")), (502, "text/html; charset=utf-8"));
    assert!(page.text().contains("<h1>The program behind this server did not answer.</h1>"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    for told in [answer.text(), page.text()] {
        assert!(
            !told.contains(&address.port().to_string()),
            "where the backend is, is no visitor's business"
        );
    }
    assert!(house.get("/.bulla/", &[]).await.text().contains("<h1"), "the page of the connection stays");
    let log = house.end().await;
    assert_eq!(log.iter().map(|line| line["status"].as_u64().unwrap()).collect::<Vec<_>>(), [502, 502, 200]);
}

#[tokio::test]
async fn a_backend_that_speaks_nonsense_is_told() {
    for nonsense in [
        &b"SSH-2.0-Test\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"",
    ] {
        let address = scripted(move |mut stream| async move {
            read_to(&mut stream, "\r\n\r\n").await;
            let _ = stream.write_all(nonsense).await;
        })
        .await;
        assert_eq!(before(address).get("/", &[]).await.status(), 502);
    }
}

#[tokio::test]
async fn a_backend_that_breaks_off_does_not_pass_for_a_whole_answer() {
    let address = scripted(|mut stream| async move {
        read_to(&mut stream, "\r\n\r\n").await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let house = before(address);
    let answer = house.get("/", &[]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.body.is_err());
    let log = house.end().await;
    assert_eq!((&log[0]["complete"], &log[0]["bytes"]), (&false.into(), &4.into()));
}

#[tokio::test]
async fn patience_has_its_limits() {
    let address = scripted(|mut stream| async move {
        read_to(&mut stream, "\r\n\r\n").await;
        std::future::pending::<()>().await;
    })
    .await;
    let mut backend: Backend = address.to_string().parse().unwrap();
    backend.patience = SOON;
    let house = House::start(|server| server.content = Content::Backend(backend));
    let answer = house.get("/", &[]).await;
    assert_eq!(answer.status(), 504);
    assert!(answer.text().starts_with("The program behind this server took too long to answer."));
    let mut slow = house.visit("http/1.1").await;
    slow.write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhe").await.unwrap();
    slow.flush().await.unwrap();
    let header = read_to(&mut slow, "\r\n\r\n").await;
    assert!(header.starts_with("HTTP/1.1 408"), "{header}");
}

#[tokio::test]
async fn answers_without_a_body_keep_what_they_say_of_it() {
    for (method, answer, length) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "1234"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", ""),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n", ""),
        ("DELETE", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0"),
    ] {
        let address = scripted(move |mut stream| async move {
            let header = read_to(&mut stream, "\r\n\r\n").await.to_ascii_lowercase();
            assert!(!header.contains("transfer-encoding"), "{header}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        })
        .await;
        let house = before(address);
        let request = Request::builder().method(method).uri("/").body(Full::default()).unwrap();
        let got = house.send(request).await;
        assert_eq!((got.header("content-length"), got.body().len()), (length, 0), "{method} {answer}");
        let log = house.end().await;
        assert_eq!(log[0]["complete"], true, "{method} {answer}");
    }
}
