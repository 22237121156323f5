//! The HTTPS port: TLS in front of the site.

use std::io;
use std::net::SocketAddr;

use bulla_tls::Error;
use bulla_tls::registry::AlertDescription;
use bulla_tokio::{TlsAcceptor, TlsStream, tls_error};
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
        let stream = self.acceptor.accept(stream).await.map_err(explain)?;
        let facts = stream.facts().clone();
        Ok((stream, Visit { facts, peer, local }))
    }

    fn respond(&self, request: &Request<Incoming>, visit: &Visit) -> Answer {
        self.site.answer(request, visit, UnixTime::now())
    }
}

/// Adds what browsers mean by the alerts with which they turn a certificate down.
fn explain(error: io::Error) -> io::Error {
    match tls_error(&error) {
        Some(Error::Alert(AlertDescription::CERTIFICATE_UNKNOWN | AlertDescription::BAD_CERTIFICATE)) => {
            io::Error::new(error.kind(), format!("{error} (it does not trust this server's certificate)"))
        }
        _ => error,
    }
}
