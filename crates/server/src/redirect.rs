//! The plain HTTP port: it only says where HTTPS is.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bulla_inspect::report::Connection;
use http::header::HeaderValue;
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use rustls_pki_types::CertificateDer;
use tokio::net::TcpStream;

use crate::answer::{Answer, Body, boxed, elsewhere, words};
use crate::front::Front;
use crate::host::Host;

/// Sends every request on to the same host and path over HTTPS, if the host is one of ours.
///
/// The host of a request is the client's word. It is repeated only when the certificate covers it, so that this port
/// cannot be used to send anyone to a foreign site.
#[derive(Debug)]
pub(crate) struct Redirect {
    /// The server's certificate: its names are the hosts that are ours.
    leaf: CertificateDer<'static>,
    port: u16,
}

impl Redirect {
    /// A redirect to `port`, for the names of this certificate.
    pub(crate) fn new(leaf: CertificateDer<'static>, port: u16) -> Self {
        Self { leaf, port }
    }

    fn answer<B>(&self, request: &Request<B>) -> Answer {
        let Some(host) = Host::of(request) else {
            return words(StatusCode::BAD_REQUEST, "The request names no host, or not one alone.");
        };
        if !host.is_covered_by(&self.leaf) {
            return words(StatusCode::MISDIRECTED_REQUEST, "This server has no certificate for that name.");
        }
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        if request.method() == Method::CONNECT || !path.starts_with('/') {
            return words(StatusCode::BAD_REQUEST, "Only paths of this server are answered.");
        }
        let port = if self.port == 443 { String::new() } else { format!(":{}", self.port) };
        match HeaderValue::try_from(format!("https://{}{port}{path}", host.in_url())) {
            Ok(location) => elsewhere(location, "This is served over HTTPS."),
            Err(_) => words(StatusCode::BAD_REQUEST, "The path holds characters that no URL has."),
        }
    }
}

impl Front for Redirect {
    const SCHEME: &'static str = "http";
    type Stream = TcpStream;
    type Facts = ();

    async fn open(&self, stream: TcpStream, _peer: SocketAddr) -> io::Result<(TcpStream, ())> {
        Ok((stream, ()))
    }

    async fn respond(&self, request: Request<Incoming>, (): &()) -> Response<Body> {
        boxed(self.answer(&request))
    }

    fn seal((): &()) -> Option<Arc<Connection>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bulla_crypto::private_key::PrivateKey;
    use bulla_crypto::signature::KeyKind;
    use bulla_x509::build::{CertificateTemplate, Name, Subject};
    use http::header::{HOST, LOCATION};
    use rustls_pki_types::UnixTime;

    /// A redirect for a certificate with these names.
    fn redirect(names: Vec<Name>, port: u16) -> Redirect {
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let mut template = CertificateTemplate::server(names);
        template.subject = Subject::new().common_name("Test");
        template.not_after = UnixTime::now();
        Redirect::new(template.self_signed(&key).unwrap(), port)
    }

    fn location(host: &str, target: &str) -> Result<String, StatusCode> {
        let dns = ["localhost", "*.site.test"].map(|name| Name::Dns(name.into()));
        let addresses = ["127.0.0.1", "::1"].map(|address| Name::Ip(address.parse().unwrap()));
        let redirect = redirect(dns.into_iter().chain(addresses).collect(), 8443);
        let request = Request::get(target).header(HOST, host).body(()).unwrap();
        let answer = redirect.answer(&request);
        match answer.headers().get(LOCATION) {
            Some(location) => Ok(location.to_str().unwrap().to_owned()),
            None => Err(answer.status()),
        }
    }

    #[test]
    fn our_names_are_sent_on_with_path_and_query() {
        assert_eq!(location("localhost:8080", "/a/b?c=d"), Ok("https://localhost:8443/a/b?c=d".to_owned()));
        assert_eq!(location("A.Site.test", "/"), Ok("https://a.site.test:8443/".to_owned()));
        assert_eq!(location("127.0.0.1:8080", "/"), Ok("https://127.0.0.1:8443/".to_owned()));
        assert_eq!(location("[::1]:8080", "/"), Ok("https://[::1]:8443/".to_owned()));
        assert_eq!(
            location("localhost", "//evil.test/"),
            Ok("https://localhost:8443//evil.test/".to_owned())
        );
    }

    #[test]
    fn no_one_is_sent_to_a_foreign_site() {
        assert_eq!(location("evil.test", "/"), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(location("localhost", "http://evil.test/"), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(location("a.b.site.test", "/"), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(location("site.test", "/"), Err(StatusCode::MISDIRECTED_REQUEST));
        assert_eq!(location("localhost@evil.test", "/"), Err(StatusCode::BAD_REQUEST));
        assert_eq!(location("", "/"), Err(StatusCode::BAD_REQUEST));
        assert_eq!(location("localhost", "*"), Err(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn two_host_headers_are_refused() {
        let redirect = redirect(vec![Name::Dns("localhost".into())], 443);
        let request = Request::get("/").header(HOST, "localhost").header(HOST, "evil.test").body(()).unwrap();
        assert_eq!(redirect.answer(&request).status(), StatusCode::BAD_REQUEST);
    }
}
