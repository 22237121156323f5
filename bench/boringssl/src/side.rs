//! One side of a connection, over a socket in memory.

use bench_peer::fault::Fault;
use bench_peer::order::Agreed;
use bench_peer::socket::Socket;
use bench_peer::watch::Watch;
use bench_peer::{End, Sink, Wire, chain_mark};
use boring::ssl::{ErrorCode, Ssl, SslRef, SslStream, SslVersion};

pub(crate) struct Side {
    stream: SslStream<Socket>,
    client: bool,
    resumes: bool,
    established: bool,
    /// The caller's buffer, into which BoringSSL copies plaintext; given back when idle.
    plaintext: Vec<u8>,
}

/// The longest record's content: more than that no read gives at once.
const CONTENT: usize = 1 << 14;

impl Side {
    pub(crate) fn new(ssl: Ssl, client: bool, resumes: bool) -> Result<Self, Fault> {
        take_role(&ssl, client);
        let stream = SslStream::new(ssl, Socket::default())?;
        Ok(Self { stream, client, resumes, established: false, plaintext: Vec::new() })
    }

    fn go_on(&mut self) -> Result<(), Fault> {
        if self.established {
            return self.settle();
        }
        match self.stream.do_handshake() {
            Ok(()) => {
                self.established = true;
                // A server's ticket goes out with its first write.
                let ticket = self.resumes && self.stream.ssl().version2() == Some(SslVersion::TLS1_3);
                if ticket && !self.client {
                    self.stream.ssl_write(&[0])?;
                }
                Ok(())
            }
            Err(error) => waiting(error),
        }
    }

    /// Takes in what comes behind the handshake: a ticket.
    fn settle(&mut self) -> Result<(), Fault> {
        match self.stream.ssl_read(&mut [0; 16]) {
            Ok(_) => Ok(()),
            Err(error) => waiting(error),
        }
    }
}

/// Waiting for the other side is no failure.
fn waiting(error: boring::ssl::Error) -> Result<(), Fault> {
    if error.code() == ErrorCode::WANT_READ { Ok(()) } else { Err(error.into()) }
}

impl End for Side {
    fn shake(&mut self, incoming: &mut Vec<u8>, outgoing: &mut Vec<u8>) -> Result<(), Fault> {
        self.stream.get_mut().plug(incoming, outgoing);
        let done = self.go_on();
        self.stream.get_mut().unplug(incoming, outgoing);
        done
    }

    fn agreed(&self) -> Option<Agreed> {
        self.established.then(|| agreed(self.stream.ssl())).flatten()
    }

    fn seal(&mut self, data: &[u8], sink: &mut Sink) -> Result<(), Fault> {
        self.stream.get_mut().set_sink(Some(std::mem::take(sink)));
        let mut rest = data;
        while !rest.is_empty() {
            let taken = self.stream.ssl_write(rest)?;
            rest = &rest[taken..];
        }
        *sink = self.stream.get_mut().set_sink(None).unwrap_or_default();
        Ok(())
    }

    fn open(
        &mut self,
        wire: &mut Wire<'_>,
        watch: &mut Watch,
        reader: &mut dyn FnMut(&[u8]),
    ) -> Result<(), Fault> {
        if self.plaintext.is_empty() {
            self.plaintext = vec![0; CONTENT];
        }
        let socket = self.stream.get_mut();
        socket.receive(wire, watch);
        socket.set_watch(Some(std::mem::take(watch)));
        let done = loop {
            match self.stream.ssl_read(&mut self.plaintext) {
                Ok(count) => reader(&self.plaintext[..count]),
                Err(error) => break waiting(error),
            }
        };
        *watch = self.stream.get_mut().set_watch(None).unwrap_or_default();
        done
    }

    fn idle(&mut self) {
        self.plaintext = Vec::new();
        self.stream.get_mut().shrink();
    }
}

/// The chain that this side was shown, leaf first: a server's list of it leaves the leaf out.
fn shown(ssl: &SslRef) -> Vec<Vec<u8>> {
    let leaf = ssl.peer_certificate().and_then(|leaf| leaf.to_der().ok());
    let chain =
        ssl.peer_cert_chain().into_iter().flatten().filter_map(|certificate| certificate.to_der().ok());
    let behind = chain.filter(|der| Some(der) != leaf.as_ref());
    leaf.clone().into_iter().chain(behind).collect()
}

pub(crate) fn agreed(ssl: &SslRef) -> Option<Agreed> {
    let chain = shown(ssl);
    Some(Agreed {
        version: ssl.version2().map(|version| match version {
            SslVersion::TLS1_3 => 0x0304,
            _ => 0x0303,
        })?,
        suite: suite(ssl)?,
        group: ssl.curve(),
        signature: signature(ssl),
        resumed: ssl.session_reused(),
        chain: (!chain.is_empty()).then(|| chain_mark(chain.iter().map(Vec::as_slice))),
        client_chain: None,
    })
}

fn pointer(ssl: &SslRef) -> *mut boring_sys::SSL {
    std::ptr::from_ref(ssl).cast_mut().cast()
}

#[expect(unsafe_code, reason = "the crate says it only where it makes the handshake, too")]
fn take_role(ssl: &SslRef, client: bool) {
    // SAFETY: the connection lives, and no handshake has begun.
    unsafe {
        match client {
            true => boring_sys::SSL_set_connect_state(pointer(ssl)),
            false => boring_sys::SSL_set_accept_state(pointer(ssl)),
        }
    }
}

#[expect(unsafe_code, reason = "the crate does not give the numbers")]
fn suite(ssl: &SslRef) -> Option<u16> {
    // SAFETY: the connection lives, and the cipher is one of BoringSSL's table.
    unsafe {
        let cipher = boring_sys::SSL_get_current_cipher(pointer(ssl));
        (!cipher.is_null()).then(|| boring_sys::SSL_CIPHER_get_protocol_id(cipher))
    }
}

#[expect(unsafe_code, reason = "the crate does not give the number")]
fn signature(ssl: &SslRef) -> Option<u16> {
    // SAFETY: the connection lives.
    let scheme = unsafe { boring_sys::SSL_get_peer_signature_algorithm(pointer(ssl)) };
    (scheme != 0).then_some(scheme)
}
