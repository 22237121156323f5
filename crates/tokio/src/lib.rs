//! TlsStream, TlsAcceptor and TlsConnector for tokio.
