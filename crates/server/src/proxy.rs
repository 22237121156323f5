//! The backend behind this server: a program that speaks plain HTTP.
//!
//! What passes to it:
//! - Method, path, query and body as they come, the body while it comes. HTTP/2 becomes HTTP/1.1.
//! - `Host` as the visitor wrote it, so that the backend's links and its checks of origins fit. Only hosts that the
//!   certificate is good for pass; another one, or two that differ, is refused.
//! - `X-Forwarded-For`, `-Proto` and `-Host`, written here. A visitor's own `X-Forwarded-*`, `Forwarded` and `X-Real-IP`
//!   are taken out, also where they are written with underscores, which many backends take for the same.
//! - No header that is meant for one hop (RFC 9110 section 7.6.1). Lengths are told anew from the body as it was read
//!   here, so that both sides agree where a request ends.
//! - A switch to WebSocket, and to nothing else.
//!
//! The backend's answer comes back in the same way.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use bulla_inspect::escape;
use http::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, sleep_until};

use crate::answer::{Answer, Body, answer, boxed, policy, with_policy, words};
use crate::front::shown;
use crate::host::{Host, host_text};
use crate::site::Visit;
use crate::tunnel::{Next, Tunnel};
use crate::upload::{Progress, Upload};

/// Time for a connection to the backend.
const CONNECT: Duration = Duration::from_secs(5);
/// Shorter than the five seconds after which common backends close an idle connection, so that no request meets it.
const IDLE: Duration = Duration::from_secs(4);
const STYLE: &str = include_str!("../templates/trouble.css");

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Headers for one hop that not every `Connection` names.
const ONE_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A backend that speaks plain HTTP.
///
/// ```
/// let backend: bulla_server::proxy::Backend = "http://127.0.0.1:3000".parse().unwrap();
/// assert_eq!(backend.to_string(), "http://127.0.0.1:3000");
/// assert!("https://127.0.0.1:3000".parse::<bulla_server::proxy::Backend>().is_err());
/// ```
#[derive(Clone)]
pub struct Backend {
    authority: Authority,
    client: legacy::Client<HttpConnector, Upload>,
    /// How long neither the request moves on nor the answer begins before the visitor is told. Default 60 seconds.
    pub patience: Duration,
}

/// Why a text names no backend.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// Another scheme than http.
    #[error("a backend speaks plain HTTP; write it as http://127.0.0.1:3000")]
    Scheme,
    /// More than scheme, host and port.
    #[error("a backend is a host and a port, without path, query or user; write it as http://127.0.0.1:3000")]
    More,
    /// No host, or no port that could be one.
    #[error("there is no host and port in it; write it as http://127.0.0.1:3000")]
    NoHost,
}

impl FromStr for Backend {
    type Err = BackendError;

    /// Reads `http://host:port`, `host:port`, or the port alone of a backend on this machine.
    fn from_str(text: &str) -> Result<Self, BackendError> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(BackendError::Scheme),
            None => text,
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return Err(BackendError::More);
        }
        let port = rest.strip_prefix(':').unwrap_or(rest).parse::<u16>();
        let place = port.map_or_else(|_| rest.to_owned(), |port| format!("127.0.0.1:{port}"));
        Host::parse(&place).ok_or(BackendError::NoHost)?;
        let authority = Authority::from_str(&place).map_err(|_| BackendError::NoHost)?;
        if authority.port_u16() == Some(0) {
            return Err(BackendError::NoHost);
        }
        Ok(Self { authority, client: client(), patience: Duration::from_secs(60) })
    }
}

fn client() -> legacy::Client<HttpConnector, Upload> {
    let mut connector = HttpConnector::new();
    connector.set_connect_timeout(Some(CONNECT));
    connector.set_nodelay(true);
    connector.set_keepalive(Some(Duration::from_secs(60)));
    legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(64)
        .build(connector)
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "http://{}", self.authority)
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Backend").field(&self.to_string()).finish()
    }
}

/// Why the backend's answer is not what the visitor gets.
#[derive(Debug)]
enum Fault {
    /// The request is not forwarded.
    Refused(StatusCode, &'static str),
    /// The visitor stopped sending, or went away.
    Visitor(StatusCode, &'static str),
    /// The backend is not there, broke off, or speaks no HTTP.
    Down(String),
    /// The backend does not answer.
    Late,
}

impl Backend {
    /// Its host.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(80)
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, visit: &Visit) -> Response<Body> {
        let page = request
            .headers()
            .get_all(ACCEPT)
            .iter()
            .any(|kinds| kinds.to_str().is_ok_and(|kinds| kinds.contains("text/html")));
        let asked = format!(
            "{} {}",
            escape::clipped(request.method().as_str(), 32),
            escape::clipped(request.uri().path(), 200)
        );
        match self.forward(request, visit).await {
            Ok(answer) => answer,
            Err(fault) => boxed(self.told(&fault, &asked, page)),
        }
    }

    async fn forward(&self, request: Request<Incoming>, visit: &Visit) -> Result<Response<Body>, Fault> {
        let Outgoing { request, progress, switch } = self.outgoing(request, visit)?;
        let asked_for_header = request.method() == Method::HEAD;
        let answered = self.patiently(&progress, self.client.request(request)).await?;
        match answered {
            Ok(response) => returned(response, switch, asked_for_header),
            Err(_) if progress.broke() => {
                Err(Fault::Visitor(StatusCode::BAD_REQUEST, "The request broke off."))
            }
            Err(error) => Err(Fault::Down(why(&error))),
        }
    }

    /// Waits for an answer as long as the request moves on, and then some time.
    async fn patiently<T>(&self, progress: &Progress, answer: impl Future<Output = T>) -> Result<T, Fault> {
        let mut answer = std::pin::pin!(answer);
        loop {
            let deadline = progress.last() + self.patience;
            tokio::select! {
                answer = &mut answer => return Ok(answer),
                () = sleep_until(deadline) => {}
            }
            if progress.last() + self.patience > Instant::now() {
                continue;
            }
            return Err(if progress.waits_for_visitor() {
                Fault::Visitor(StatusCode::REQUEST_TIMEOUT, "The rest of the request did not come.")
            } else {
                Fault::Late
            });
        }
    }

    /// The request as the backend gets it.
    fn outgoing(&self, mut request: Request<Incoming>, visit: &Visit) -> Result<Outgoing, Fault> {
        let host = admitted_host(&request, visit)?;
        let target = request.uri().path_and_query().filter(|target| target.as_str().starts_with('/'));
        let uri = Uri::builder().scheme("http").authority(self.authority.clone());
        let uri = target.and_then(|target| uri.path_and_query(target.clone()).build().ok());
        let uri = uri.filter(|_| request.method() != Method::CONNECT);
        let uri =
            uri.ok_or(Fault::Refused(StatusCode::BAD_REQUEST, "Only paths of this server are answered."))?;
        admit_framing(&request)?;
        let switch = Switch::wanted(&mut request);
        let version = request.version();
        let (mut parts, body) = request.into_parts();
        parts.extensions.clear();
        parts.uri = uri;
        parts.version = Version::HTTP_11;
        for_backend(&mut parts.headers, host, visit, version);
        if switch.is_some() {
            parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            parts.headers.insert(UPGRADE, WEBSOCKET);
        }
        let (upload, progress) = Upload::new(body);
        Ok(Outgoing { request: Request::from_parts(parts, upload), progress, switch })
    }

    /// What the visitor is told, and the log.
    fn told(&self, fault: &Fault, asked: &str, page: bool) -> Answer {
        match fault {
            Fault::Refused(status, says) | Fault::Visitor(status, says) => words(*status, says),
            Fault::Down(reason) => {
                tracing::warn!("the backend {self} did not answer {asked}: {reason}");
                let says = "The program behind this server did not answer.";
                trouble(StatusCode::BAD_GATEWAY, says, page)
            }
            Fault::Late => {
                let limit = self.patience.as_secs_f32();
                tracing::warn!("the backend {self} did not answer {asked} within {limit} seconds");
                let says = "The program behind this server took too long to answer.";
                trouble(StatusCode::GATEWAY_TIMEOUT, says, page)
            }
        }
    }
}

/// A request for the backend.
struct Outgoing {
    request: Request<Upload>,
    progress: Arc<Progress>,
    switch: Option<Switch>,
}

/// The Host of a request, if it is one alone and the certificate is good for it.
fn admitted_host(request: &Request<Incoming>, visit: &Visit) -> Result<HeaderValue, Fault> {
    const UNCLEAR: Fault =
        Fault::Refused(StatusCode::BAD_REQUEST, "The request names no host, or not one alone.");
    let host = Host::of(request).ok_or(UNCLEAR)?;
    let text = host_text(request).ok_or(UNCLEAR)?;
    // RFC 9113 section 8.3.1: "A server SHOULD treat a request as malformed if it contains a Host header field that
    // identifies an entity that differs from the entity in the ':authority' pseudo-header field."
    if request
        .headers()
        .get_all(HOST)
        .iter()
        .any(|named| !named.as_bytes().eq_ignore_ascii_case(text.as_bytes()))
    {
        return Err(UNCLEAR);
    }
    let leaf = visit.facts.credential.as_ref().and_then(|credential| credential.chain().first());
    if !leaf.is_some_and(|leaf| host.is_covered_by(leaf)) {
        return Err(Fault::Refused(
            StatusCode::MISDIRECTED_REQUEST,
            "This server has no certificate for that name.",
        ));
    }
    HeaderValue::from_str(text).map_err(|_| UNCLEAR)
}

/// Refuses bodies in codings that were not undone here.
fn admit_framing(request: &Request<Incoming>) -> Result<(), Fault> {
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    let plain = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    if plain && codings.next().is_none() {
        return Ok(());
    }
    // RFC 9112 section 6.1: "A server that receives a request message with a transfer coding it does not understand
    // SHOULD respond with 501".
    Err(Fault::Refused(StatusCode::NOT_IMPLEMENTED, "The only transfer coding known here is chunked."))
}

/// Turns a visitor's header into one for the backend.
fn for_backend(headers: &mut HeaderMap, host: HeaderValue, visit: &Visit, version: Version) {
    strip_one_hop(headers);
    // The body tells its length itself, and permission to send it is given here.
    headers.remove(CONTENT_LENGTH);
    headers.remove(EXPECT);
    let forged: Vec<HeaderName> =
        headers.keys().filter(|name| speaks_for_us(name.as_str())).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
    join_cookies(headers);
    if let Ok(peer) = HeaderValue::try_from(visit.peer.ip().to_string()) {
        headers.insert(FORWARDED_FOR, peer);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    headers.insert(FORWARDED_HOST, host.clone());
    headers.insert(HOST, host);
    headers.append(
        VIA,
        match version {
            Version::HTTP_2 => HeaderValue::from_static("2 bulla"),
            Version::HTTP_10 => HeaderValue::from_static("1.0 bulla"),
            _ => HeaderValue::from_static("1.1 bulla"),
        },
    );
}

/// Takes out what is meant for one hop alone.
fn strip_one_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|options| options.to_str().ok())
        .flat_map(|options| options.split(','))
        .filter_map(|option| HeaderName::from_str(option.trim()).ok())
        .collect();
    for name in named.into_iter().chain(ONE_HOP) {
        headers.remove(name);
    }
}

/// Whether a header says of the visitor what only this server may say.
fn speaks_for_us(name: &str) -> bool {
    let name = name.replace('_', "-");
    name.starts_with("x-forwarded") || name == "forwarded" || name == "x-real-ip"
}

/// RFC 9113 section 8.2.3: "If there are multiple Cookie header fields after decompression, these MUST be concatenated
/// into a single octet string using the two-octet delimiter of 0x3b, 0x20".
fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if crumbs.len() < 2 {
        return;
    }
    if let Ok(mut cookie) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        cookie.set_sensitive(true);
        headers.insert(COOKIE, cookie);
    }
}

/// The visitor's side of a switch to WebSocket.
struct Switch {
    visitor: OnUpgrade,
    next: Next,
}

impl Switch {
    /// What a request for a switch leaves to be done, if it is one to WebSocket. Any other switch stays unanswered, as
    /// RFC 9110 section 7.8 allows: what a backend might speak then (h2c), no one here would understand.
    fn wanted(request: &mut Request<Incoming>) -> Option<Self> {
        let next = request.extensions().get::<Next>()?.clone();
        let wanted = request.version() == Version::HTTP_11
            && request.method() == Method::GET
            && request.body().is_end_stream()
            && is_switch_to_websocket(request.headers());
        wanted.then(|| Self { visitor: hyper::upgrade::on(request), next })
    }
}

fn is_switch_to_websocket(headers: &HeaderMap) -> bool {
    let options = headers.get_all(CONNECTION).iter().filter_map(|options| options.to_str().ok());
    let upgrade = options
        .flat_map(|options| options.split(','))
        .any(|option| option.trim().eq_ignore_ascii_case("upgrade"));
    let mut protocols = headers.get_all(UPGRADE).iter();
    let websocket =
        protocols.next().is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"));
    upgrade && websocket && protocols.next().is_none()
}

/// The backend's answer as the visitor gets it.
fn returned(
    mut response: Response<Incoming>,
    switch: Option<Switch>,
    header_alone: bool,
) -> Result<Response<Body>, Fault> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let fits = is_switch_to_websocket(response.headers());
        let switch = switch.filter(|_| fits);
        let switch =
            switch.ok_or_else(|| Fault::Down("it switches to a protocol no one asked for".to_owned()))?;
        switch.next.put(Tunnel { visitor: switch.visitor, backend: hyper::upgrade::on(&mut response) });
        let (mut parts, _) = response.into_parts();
        strip_one_hop(&mut parts.headers);
        parts.extensions.clear();
        parts.headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        parts.headers.insert(UPGRADE, WEBSOCKET);
        return Ok(Response::from_parts(parts, Empty::new().map_err(|never| match never {}).boxed_unsync()));
    }
    let (mut parts, body) = response.into_parts();
    let coded = parts.headers.contains_key(TRANSFER_ENCODING);
    strip_one_hop(&mut parts.headers);
    parts.extensions.clear();
    parts.version = Version::default();
    // A body tells its length itself; a header alone tells that of the body it stands for.
    if coded || !header_alone || parts.headers.get_all(CONTENT_LENGTH).iter().count() > 1 {
        parts.headers.remove(CONTENT_LENGTH);
    }
    Ok(Response::from_parts(parts, body.map_err(Into::into).boxed_unsync()))
}

/// What went wrong with the backend, in few words: the system's, where it has any.
fn why(error: &legacy::Error) -> String {
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(system) = next.downcast_ref::<io::Error>() {
            return shown(system);
        }
        cause = next.source();
    }
    shown(error)
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct Trouble<'a> {
    style: &'static str,
    status: u16,
    says: &'a str,
}

/// A page for a browser, a sentence for any other client.
fn trouble(status: StatusCode, says: &str, page: bool) -> Answer {
    const MEND: &str = "Try again in a moment. Whoever runs this server finds the reason in its log.";
    let html = page.then(|| Trouble { style: STYLE, status: status.as_u16(), says }.render().ok()).flatten();
    match html {
        Some(html) => with_policy(answer(status, "text/html; charset=utf-8", html), policy(STYLE)),
        None => words(status, &format!("{says} {MEND}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_are_read() {
        for (text, place) in [
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://localhost:3000/", "http://localhost:3000"),
            ("HTTP://backend.test", "http://backend.test"),
            ("localhost:3000", "http://localhost:3000"),
            ("[::1]:3000", "http://[::1]:3000"),
            ("3000", "http://127.0.0.1:3000"),
            (":3000", "http://127.0.0.1:3000"),
        ] {
            assert_eq!(text.parse::<Backend>().unwrap().to_string(), place, "{text}");
        }
        for (text, error) in [
            ("https://localhost:3000", BackendError::Scheme),
            ("ftp://localhost", BackendError::Scheme),
            ("http://localhost:3000/app", BackendError::More),
            ("http://user:word@localhost:3000", BackendError::More),
            ("http://localhost:3000?x", BackendError::More),
            ("http://", BackendError::NoHost),
            ("", BackendError::NoHost),
            ("localhost:99999", BackendError::NoHost),
            ("localhost:0", BackendError::NoHost),
            ("two words", BackendError::NoHost),
        ] {
            assert_eq!(text.parse::<Backend>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn headers_for_one_hop_do_not_pass() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Secret"),
            ("connection", "x-more"),
            ("x-secret", "1"),
            ("x-more", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMA"),
            ("proxy-authorization", "Basic x"),
            ("x-kept", "1"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip_one_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-kept"]);
    }

    #[test]
    fn what_only_this_server_may_say_is_known_in_every_spelling() {
        for name in [
            "x-forwarded-for",
            "x_forwarded_proto",
            "x-forwarded_host",
            "forwarded",
            "x_real_ip",
            "x-forwarded",
        ] {
            assert!(speaks_for_us(name), "{name}");
        }
        assert!(!speaks_for_us("x-forward") && !speaks_for_us("x-real"));
    }

    #[test]
    fn crumbs_of_a_cookie_are_one_again() {
        let mut headers = HeaderMap::new();
        for crumb in ["a=1", "b=2", "c=3"] {
            headers.append(COOKIE, HeaderValue::from_static(crumb));
        }
        join_cookies(&mut headers);
        assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=1; b=2; c=3"]);
    }
}
