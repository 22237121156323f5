//! Headers on their way: what a backend is told of the visitor, and what passes no hop.

use std::str::FromStr as _;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{Request, StatusCode, Version};
use hyper::body::Incoming;

use super::fault::Fault;
use crate::host::{Host, host_text};
use crate::site::Visit;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

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

/// The Host of a request, if it is one alone and the certificate is good for it.
pub(super) fn admitted_host(request: &Request<Incoming>, visit: &Visit) -> Result<HeaderValue, Fault> {
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
pub(super) fn admit_framing(request: &Request<Incoming>) -> Result<(), Fault> {
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
pub(super) fn for_backend(headers: &mut HeaderMap, host: HeaderValue, visit: &Visit, version: Version) {
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
pub(super) fn strip_one_hop(headers: &mut HeaderMap) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
