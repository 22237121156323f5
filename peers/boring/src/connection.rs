//! A BoringSSL connection over a socket.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use boring::ssl::SslStream;
use foreign_types::ForeignTypeRef as _;
use peer_program::{Connection, Error, Facts};

pub(crate) struct Talk(SslStream<TcpStream>);

impl Talk {
    /// A connection whose handshake is complete.
    pub(crate) fn boxed(stream: SslStream<TcpStream>) -> Result<Box<dyn Connection>, Error> {
        Ok(Box::new(Self(stream)))
    }
}

impl Connection for Talk {
    fn facts(&self) -> Facts {
        let ssl = self.0.ssl();
        let alpn = ssl.selected_alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        Facts {
            version: ssl.version_str().replace("TLSv", "TLS "),
            suite: ssl
                .current_cipher()
                .and_then(|suite| suite.standard_name())
                .unwrap_or_default()
                .to_owned(),
            group: ssl.curve_name().map(|name| registered(name).to_owned()),
            alpn,
            resumed: ssl.session_reused(),
            retried: Some(ssl.used_hello_retry_request()),
            peer_certificate: ssl.peer_certificate().is_some(),
        }
    }

    #[expect(unsafe_code, reason = "the boring crate has no word for this function")]
    fn update_keys(&mut self) -> Result<(), Error> {
        let asked = i32::try_from(boring_sys::SSL_KEY_UPDATE_REQUESTED)?;
        // SAFETY: the pointer is this connection's own, which outlives the call.
        match unsafe { boring_sys::SSL_key_update(self.0.ssl().as_ptr(), asked) } {
            1 => Ok(self.0.flush()?),
            _ => Err(boring::error::ErrorStack::get().into()),
        }
    }

    fn close(&mut self) -> io::Result<()> {
        self.0.shutdown().map(drop).map_err(io::Error::other)
    }
}

/// The registry's name of a group.
fn registered(boring: &str) -> &str {
    match boring {
        "P-256" => "secp256r1",
        "P-384" => "secp384r1",
        "P-521" => "secp521r1",
        other => other,
    }
}

impl Read for Talk {
    /// BoringSSL's reading ends with 0 bytes at `close_notify`, and with an error where the transport ends without it.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
