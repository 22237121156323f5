//! The site behind the HTTPS port: the page, the same facts as JSON, the mark.

use std::net::SocketAddr;
use std::sync::Arc;

use bulla_inspect::cue::Identity;
use bulla_inspect::report::{Asked, Connection, Report};
use bulla_tls::Facts;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, judge};
use http::header::HeaderValue;
use http::{Method, Request, StatusCode};
use rustls_pki_types::{ServerName, UnixTime};

use crate::answer::{Answer, answer, policy, read_only, with_policy, words};
use crate::page;

/// By what the server judges its own chain, to show it as a client that trusts these authorities would.
#[derive(Clone, Debug)]
pub struct Mirror {
    /// The authorities.
    pub anchors: TrustAnchors,
    /// What kind they are.
    pub identity: Identity,
}

/// Who visits: one connection.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) facts: Facts,
    /// The same in words, for the log.
    pub(crate) seal: Arc<Connection>,
    pub(crate) peer: SocketAddr,
    /// Our own end of the connection.
    pub(crate) local: SocketAddr,
}

/// The site.
#[derive(Debug)]
pub(crate) struct Site {
    mirror: Mirror,
    policy: HeaderValue,
}

impl Site {
    pub(crate) fn new(mirror: Mirror) -> Self {
        Self { mirror, policy: policy(page::STYLE) }
    }

    /// Answers a request for what lies under `base`, which ends in a slash.
    pub(crate) fn answer<B>(
        &self,
        request: &Request<B>,
        base: &'static str,
        visit: &Visit,
        now: UnixTime,
    ) -> Answer {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return read_only();
        }
        match request.uri().path().strip_prefix(base) {
            Some("") => self.page(&self.report(visit, now), base),
            Some("connection.json") => {
                answer(StatusCode::OK, "application/json", self.report(visit, now).to_json())
            }
            Some("seal.svg") => answer(StatusCode::OK, "image/svg+xml", page::SEAL),
            _ => words(StatusCode::NOT_FOUND, &format!("There is nothing here. The page is at {base}.")),
        }
    }

    fn page(&self, report: &Report, base: &'static str) -> Answer {
        match page::render(report, base) {
            Ok(html) => {
                with_policy(answer(StatusCode::OK, "text/html; charset=utf-8", html), self.policy.clone())
            }
            Err(error) => {
                tracing::error!("the page could not be rendered: {error}");
                words(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be made.")
            }
        }
    }

    /// What the visitor's client sees of us, if it trusts the mirror's authorities.
    fn report(&self, visit: &Visit, now: UnixTime) -> Report {
        let named = visit.facts.server_name.as_deref().and_then(|name| ServerName::try_from(name).ok());
        let name = named.unwrap_or_else(|| ServerName::from(visit.local.ip()));
        let chain = visit.facts.credential.as_ref().map_or(&[][..], |credential| credential.chain());
        let verdict = judge(&Presented::new(chain, Purpose::Server(&name)), &self.mirror.anchors, now);
        let host = name.to_str();
        let asked = Asked { host: &host, port: visit.local.port(), now, identity: self.mirror.identity };
        Report::new(&asked, &verdict, Connection::from_facts(&visit.facts, Some(visit.peer)))
    }
}
