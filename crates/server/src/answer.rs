//! Answers and the headers that each of them carries.

use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Response, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// For answers without markup: nothing may be loaded, run or framed.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

pub(crate) type Answer = Response<Full<Bytes>>;

/// An answer that no cache keeps and no other site may embed.
///
/// No Strict-Transport-Security: it would bind every port of a name such as `localhost`, and the other servers there
/// with it.
pub(crate) fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, NOTHING);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(OPENER, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS, HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    answer
}

/// A sentence in plain text.
pub(crate) fn words(status: StatusCode, text: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", format!("{text}\n"))
}

/// The refusal of a method other than GET and HEAD.
pub(crate) fn read_only() -> Answer {
    let mut answer = words(StatusCode::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.");
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}

/// The way to another address, method and body kept (RFC 9110 section 15.4.9).
pub(crate) fn elsewhere(location: HeaderValue) -> Answer {
    let mut answer = words(StatusCode::PERMANENT_REDIRECT, "This is served over HTTPS.");
    answer.headers_mut().insert(LOCATION, location);
    answer
}

/// Replaces the policy of an answer by one that fits its markup.
pub(crate) fn with_policy(mut answer: Answer, policy: HeaderValue) -> Answer {
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}
