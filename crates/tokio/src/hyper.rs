//! HTTPS for hyper's pooling client: `hyper_util::client::legacy::Client`.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

use crate::connector::TlsConnector;
use crate::stream::TlsStream;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects hyper's pooling client to `https` addresses, over HTTP/2 where both sides name `h2` by ALPN:
/// the list is [`ClientConfig::alpn`](bulla_tls::ClientConfig::alpn). Plain `http` is refused unless
/// [allowed](Self::allow_http).
///
/// ```
/// use bulla_tls::{ClientConfig, Verification};
/// use bulla_tokio::{HttpsConnector, TlsConnector};
/// use bulla_x509::trust::TrustAnchors;
/// use hyper_util::{client::legacy::Client, rt::TokioExecutor};
///
/// let mut config = ClientConfig::new(Verification::Anchors(TrustAnchors::mozilla()));
/// config.alpn = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
/// let connector = HttpsConnector::new(TlsConnector::from(config.check()?));
/// let client: Client<_, String> = Client::builder(TokioExecutor::new()).build(connector);
/// # Ok::<(), bulla_tls::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpsConnector<C = HttpConnector> {
    tls: TlsConnector,
    tcp: C,
    allow_http: bool,
}

impl HttpsConnector {
    /// Over TCP, names resolved by the system.
    pub fn new(tls: TlsConnector) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self::over(tcp, tls)
    }
}

impl<C> HttpsConnector<C> {
    /// Over another connector. It is given `https` addresses as they are; hyper's own takes them after
    /// `enforce_http(false)`.
    pub fn over(tcp: C, tls: TlsConnector) -> Self {
        Self { tls, tcp, allow_http: false }
    }

    /// Lets `http` addresses through, without TLS.
    #[must_use]
    pub fn allow_http(mut self) -> Self {
        self.allow_http = true;
        self
    }

    /// The name to which the server is held; `None` for an address without TLS.
    fn server_name(&self, uri: &Uri) -> io::Result<Option<ServerName<'static>>> {
        let refuse = |reason: &str| Err(io::Error::new(ErrorKind::InvalidInput, reason));
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => {}
            Some(scheme) if *scheme == Scheme::HTTP && self.allow_http => return Ok(None),
            Some(scheme) if *scheme == Scheme::HTTP => {
                return refuse("plain http is not allowed here; use https, or HttpsConnector::allow_http");
            }
            _ => return refuse("the address is neither https nor http"),
        }
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        match ServerName::try_from(host) {
            Ok(name) => Ok(Some(name.to_owned())),
            Err(_) => refuse("the address names no host that a certificate could be for"),
        }
    }
}

impl<C, IO> Service<Uri> for HttpsConnector<C>
where
    C: Service<Uri, Response = TokioIo<IO>>,
    C::Error: Into<BoxError>,
    C::Future: Send + 'static,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Response = TokioIo<HttpStream<IO>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_ready(cx).map_err(io::Error::other)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let name = match self.server_name(&uri) {
            Ok(name) => name,
            Err(error) => return Box::pin(std::future::ready(Err(error))),
        };
        let tls = self.tls.clone();
        let tcp = self.tcp.call(uri);
        Box::pin(async move {
            let io = tcp.await.map_err(io::Error::other)?.into_inner();
            let stream = match name {
                Some(name) => HttpStream::Tls(tls.connect(name, io).await?),
                None => HttpStream::Plain(io),
            };
            Ok(TokioIo::new(stream))
        })
    }
}

/// What an [`HttpsConnector`] connects: TLS, or plain TCP where that is allowed.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "nearly every stream is TLS")]
pub enum HttpStream<IO> {
    /// Without TLS, for `http`.
    Plain(IO),
    /// With TLS, for `https`.
    Tls(TlsStream<IO>),
}

impl<IO: Connection> Connection for HttpStream<IO> {
    fn connected(&self) -> Connected {
        match self {
            Self::Plain(io) => io.connected(),
            Self::Tls(stream) => stream.connected(),
        }
    }
}

impl<IO: Connection> Connection for TlsStream<IO> {
    fn connected(&self) -> Connected {
        let connected = self.get_ref().0.connected();
        match self.facts().protocol.as_deref() {
            Some(b"h2") => connected.negotiated_h2(),
            _ => connected,
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncRead for HttpStream<IO> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl<IO: AsyncRead + AsyncWrite + Unpin> AsyncWrite for HttpStream<IO> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(io) => io.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
