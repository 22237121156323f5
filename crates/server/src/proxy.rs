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

mod fault;
mod headers;
mod switch;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bulla_inspect::escape;
use http::header::{ACCEPT, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{Method, Request, Response, StatusCode, Uri, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, sleep_until};

use crate::answer::{Body, boxed};
use crate::host::Host;
use crate::site::Visit;
use crate::upload::{Progress, Upload};
use fault::{Fault, why};
use headers::{admit_framing, admitted_host, for_backend, strip_one_hop};
use switch::Switch;

/// Time for a connection to the backend.
const CONNECT: Duration = Duration::from_secs(5);
/// Shorter than the five seconds after which common backends close an idle connection, so that no request meets it.
const IDLE: Duration = Duration::from_secs(4);

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
            switch::announce(&mut parts.headers);
        }
        let (upload, progress) = Upload::new(body);
        Ok(Outgoing { request: Request::from_parts(parts, upload), progress, switch })
    }
}

/// A request for the backend.
struct Outgoing {
    request: Request<Upload>,
    progress: Arc<Progress>,
    switch: Option<Switch>,
}

/// The backend's answer as the visitor gets it.
fn returned(
    mut response: Response<Incoming>,
    switch: Option<Switch>,
    header_alone: bool,
) -> Result<Response<Body>, Fault> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        if !switch.is_some_and(|switch| switch.join(&mut response)) {
            return Err(Fault::Down("it switches to a protocol no one asked for".to_owned()));
        }
        let (mut parts, _) = response.into_parts();
        strip_one_hop(&mut parts.headers);
        parts.extensions.clear();
        switch::announce(&mut parts.headers);
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
}
