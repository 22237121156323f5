//! The HTTPS port: TLS in front of the site.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bulla_inspect::report::Connection;
use bulla_tokio::{TlsAcceptor, TlsStream};
use http::header::HeaderValue;
use http::{Request, Response};
use hyper::body::Incoming;
use rustls_pki_types::UnixTime;
use tokio::net::TcpStream;

use crate::answer::{Body, boxed, elsewhere};
use crate::front::{Front, canonical};
use crate::live::LiveCredential;
use crate::server::Content;
use crate::site::{Site, Visit};

/// The site over TLS.
pub(crate) struct Https {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) shown: LiveCredential,
    pub(crate) site: Site,
    pub(crate) content: Content,
}

/// Where the page of the connection is, whatever else is served.
const PAGE: &str = "/.bulla/";

impl Front for Https {
    const SCHEME: &'static str = "https";
    type Stream = TlsStream<TcpStream>;
    type Facts = Visit;

    async fn open(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<(Self::Stream, Visit)> {
        let local = canonical(stream.local_addr()?);
        let stream = self.acceptor.accept(stream).await?;
        let mut facts = stream.facts();
        // A resumed session shows no certificate (RFC 9846 section 2.2); the one of now says for which names we stand.
        facts.credential.get_or_insert_with(|| self.shown.current());
        let seal = Arc::new(Connection::from_facts(&facts, Some(peer)));
        Ok((stream, Visit { facts, seal, peer, local }))
    }

    async fn respond(&self, request: Request<Incoming>, visit: &Visit) -> Response<Body> {
        let path = request.uri().path();
        if path.starts_with(PAGE) {
            return boxed(self.site.answer(&request, PAGE, visit, UnixTime::now()));
        }
        if path == PAGE.trim_end_matches('/') {
            return boxed(elsewhere(HeaderValue::from_static(PAGE), "The page is one slash further."));
        }
        match &self.content {
            Content::Page => boxed(self.site.answer(&request, "/", visit, UnixTime::now())),
            Content::Folder(folder) => folder.answer(request).await,
            Content::Backend(backend) => backend.answer(request, visit).await,
        }
    }

    fn seal(visit: &Visit) -> Option<Arc<Connection>> {
        Some(Arc::clone(&visit.seal))
    }
}
