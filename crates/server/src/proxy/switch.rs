//! A switch to WebSocket, asked for by the visitor and granted by the backend.

use http::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};
use http::{Method, Request, Response, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use crate::tunnel::{Next, Tunnel};

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// The visitor's side of a switch to WebSocket.
pub(super) struct Switch {
    visitor: OnUpgrade,
    next: Next,
}

impl Switch {
    /// What a request for a switch leaves to be done, if it is one to WebSocket. Any other switch stays unanswered, as
    /// RFC 9110 section 7.8 allows: what a backend might speak then (h2c), no one here would understand.
    pub(super) fn wanted(request: &mut Request<Incoming>) -> Option<Self> {
        let next = request.extensions().get::<Next>()?.clone();
        let wanted = request.version() == Version::HTTP_11
            && request.method() == Method::GET
            && request.body().is_end_stream()
            && is_switch_to_websocket(request.headers());
        wanted.then(|| Self { visitor: hyper::upgrade::on(request), next })
    }

    /// Joins both sides, if this answer of the backend is the switch that was asked for. Whether it was.
    pub(super) fn join(self, response: &mut Response<Incoming>) -> bool {
        let fits = is_switch_to_websocket(response.headers());
        if fits {
            self.next.put(Tunnel { visitor: self.visitor, backend: hyper::upgrade::on(response) });
        }
        fits
    }
}

/// Says in a header that the connection switches to WebSocket.
pub(super) fn announce(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
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
