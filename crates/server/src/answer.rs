//! Answers and the headers that each of them carries.

use bulla_crypto::hash::HashAlgorithm;
use data_encoding::BASE64;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// For answers without markup: nothing may be loaded, run or framed.
const NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// An answer of our own words.
pub(crate) type Answer = Response<Full<Bytes>>;
/// A body of any origin, sent on as it comes.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// An answer of our own words as one of any origin.
pub(crate) fn boxed(answer: Answer) -> Response<Body> {
    answer.map(|body| body.map_err(|never| match never {}).boxed_unsync())
}

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
pub(crate) fn elsewhere(location: HeaderValue, why: &str) -> Answer {
    let mut answer = words(StatusCode::PERMANENT_REDIRECT, why);
    answer.headers_mut().insert(LOCATION, location);
    answer
}

/// The policy for a page with one style sheet of its own: that and our own images may be used, nothing else loaded,
/// run, framed or sent.
pub(crate) fn policy(style: &str) -> HeaderValue {
    let digest = HashAlgorithm::Sha256.hash(style.as_bytes());
    let style = BASE64.encode(digest.as_ref());
    let text = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    // Base64 and the words above are visible ASCII.
    HeaderValue::try_from(text).unwrap_or(NOTHING)
}

/// Replaces the policy of an answer by one that fits its markup.
pub(crate) fn with_policy(mut answer: Answer, policy: HeaderValue) -> Answer {
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    answer
}
