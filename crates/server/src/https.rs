//! The HTTPS port: TLS in front of the site.

use std::io;
use std::net::SocketAddr;

use bulla_tokio::{TlsAcceptor, TlsStream};
use http::Request;
use hyper::body::Incoming;
use rustls_pki_types::UnixTime;
use tokio::net::TcpStream;

use crate::answer::Answer;
use crate::front::{Front, canonical};
use crate::site::{Site, Visit};

/// The site over TLS.
pub(crate) struct Https {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) site: Site,
}

impl Front for Https {
    type Stream = TlsStream<TcpStream>;
    type Facts = Visit;

    async fn open(&self, stream: TcpStream, peer: SocketAddr) -> io::Result<(Self::Stream, Visit)> {
        let local = canonical(stream.local_addr()?);
        let stream = self.acceptor.accept(stream).await?;
        let facts = stream.facts();
        Ok((stream, Visit { facts, peer, local }))
    }

    fn respond(&self, request: &Request<Incoming>, visit: &Visit) -> Answer {
        self.site.answer(request, visit, UnixTime::now())
    }
}
