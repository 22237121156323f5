//! hyper on both sides: HTTP/1.1 and HTTP/2, chosen by ALPN.

use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;

use bulla_testkit::authority::{TestAuthority, shared};
use bulla_tls::{ClientConfig, Error};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;

use super::HttpsConnector;
use crate::{TlsAcceptor, TlsConnector, tls_error};

/// A body of many records.
fn body() -> Bytes {
    (0..1_000_000u32).map(|place| place.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect()
}

/// Echoes bodies; the answer's header says over which connection, counted from 1.
async fn serve() -> SocketAddr {
    let mut config = shared().server_config();
    config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(config.check().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for count in 1.. {
            let (tcp, _) = listener.accept().await.unwrap();
            let accept = acceptor.accept(tcp);
            tokio::spawn(async move {
                let Ok(stream) = accept.await else { return };
                let echo = service_fn(move |request| echo(request, count));
                let server = auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), echo).await;
            });
        }
    });
    address
}

async fn echo(request: Request<Incoming>, count: u32) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    Ok(Response::builder().header("connection-count", count).body(Full::new(body)).unwrap())
}

fn connector(mut config: ClientConfig, alpn: &[&str]) -> HttpsConnector {
    config.alpn = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    HttpsConnector::new(TlsConnector::from(config.check().unwrap()))
}

fn client(connector: HttpsConnector) -> Client<HttpsConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build(connector)
}

async fn ask(client: &Client<HttpsConnector, Full<Bytes>>, address: SocketAddr) -> Response<Bytes> {
    let request = Request::post(format!("https://{address}/")).body(Full::new(body())).unwrap();
    let (parts, body) = client.request(request).await.unwrap().into_parts();
    Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn alpn_chooses_the_version_and_connections_are_kept() {
    let address = serve().await;
    let cases: [(&[&str], Version); 3] =
        [(&["h2", "http/1.1"], Version::HTTP_2), (&["http/1.1"], Version::HTTP_11), (&[], Version::HTTP_11)];
    for (place, (alpn, version)) in cases.into_iter().enumerate() {
        let client = client(connector(shared().client_config(), alpn));
        for _ in 0..3 {
            let answer = ask(&client, address).await;
            assert_eq!(answer.version(), version);
            assert_eq!(answer.headers()["connection-count"], (place + 1).to_string());
            assert!(answer.body() == &body());
        }
    }
}

#[tokio::test]
async fn many_requests_share_one_connection_of_http_2() {
    let address = serve().await;
    let client = client(connector(shared().client_config(), &["h2"]));
    ask(&client, address).await;
    let asked = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { ask(&client, address).await })
    });
    for answer in asked.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        assert_eq!(answer.headers()["connection-count"], "1");
        assert!(answer.body() == &body());
    }
}

#[tokio::test]
async fn the_reason_of_a_refusal_reaches_the_caller() {
    let address = serve().await;
    let client = client(connector(TestAuthority::new().client_config(), &[]));
    let request = Request::get(format!("https://{address}/")).body(Full::default()).unwrap();
    let error = client.request(request).await.unwrap_err();
    let error: &io::Error = error.source().unwrap().downcast_ref().unwrap();
    assert!(matches!(tls_error(error), Some(Error::Certificate(_))), "{error}");
}

#[tokio::test]
async fn plain_http_only_where_it_is_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        let server = auto::Builder::new(TokioExecutor::new());
        let _ = server.serve_connection(TokioIo::new(tcp), service_fn(|request| echo(request, 1))).await;
    });
    let request = || Request::get(format!("http://{address}/")).body(Full::default()).unwrap();
    let strict = connector(shared().client_config(), &[]);
    let error = client(strict.clone()).request(request()).await.unwrap_err();
    assert!(error.source().unwrap().to_string().starts_with("plain http is not allowed"));
    let answer = client(strict.allow_http()).request(request()).await.unwrap();
    assert_eq!(answer.status(), 200);
}
