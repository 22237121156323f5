//! One connection: the handshake, the expectations, and the echo that the runner talks with.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use bulla_crypto::signature::SignatureAlgorithm;
use bulla_tls::registry::SignatureScheme;
use bulla_tls::{Connection, Error, Facts, Need, Signature, Step};
use bulla_x509::verdict::Trusted;

use crate::names;
use crate::options::Options;
use crate::setup;

/// Why the shim ends with an exit code other than 0.
pub enum Failure {
    /// The connection failed.
    Tls(Error),
    /// An expectation of the runner was not met.
    Unmet(String),
    /// The case asks for what bulla does not have.
    Unsupported(String),
    /// The shim itself is at fault.
    Shim(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Tls(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Shim(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error) => write!(f, ":{}: {error}", names::of(error)),
            Self::Unmet(what) => write!(f, "expectation not met: {what}"),
            Self::Unsupported(what) => write!(f, "not implemented: {what}"),
            Self::Shim(what) => write!(f, "shim: {what}"),
        }
    }
}

pub struct Exchange<'a> {
    options: &'a Options,
    connection: Connection,
    socket: TcpStream,
}

/// What [`Exchange::next`] stopped for.
enum Stop {
    Established,
    Data(Vec<u8>),
    Closed,
}

impl<'a> Exchange<'a> {
    pub fn new(options: &'a Options, connection: Connection, socket: TcpStream) -> Self {
        Self { options, connection, socket }
    }

    pub fn run(&mut self) -> Result<(), Failure> {
        let result = self.talk();
        // The runner must be able to read our alert, so what it still sends is drained before the socket goes.
        let _ = self.flush();
        let _ = self.socket.shutdown(Shutdown::Write);
        let _ = io::copy(&mut self.socket, &mut io::sink());
        result
    }

    fn talk(&mut self) -> Result<(), Failure> {
        while !matches!(self.next()?, Some(Stop::Established)) {}
        self.flush()?;
        self.check_expectations(&self.connection.facts())?;
        if self.options.export_length > 0 {
            let mut material = vec![0; self.options.export_length];
            let (label, context) = (&self.options.export_label, &self.options.export_context);
            self.connection.export_keying_material(label, context, &mut material)?;
            self.write(&material)?;
        }
        if self.options.write_different_record_sizes {
            for length in [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769] {
                self.write(&vec![0x42; length])?;
            }
        } else {
            if self.options.shim_writes_first {
                self.write(b"hello")?;
            }
            if !self.options.shim_shuts_down {
                self.echo()?;
            }
        }
        self.shut_down()
    }

    fn echo(&mut self) -> Result<(), Failure> {
        loop {
            if self.options.key_update_before_read {
                self.connection.update_keys(false)?;
                self.flush()?;
            }
            match self.next() {
                Ok(Some(Stop::Data(mut data))) => {
                    if self.options.key_update {
                        self.connection.update_keys(false)?;
                    }
                    data.iter_mut().for_each(|byte| *byte ^= 0xff);
                    self.write(&data)?;
                }
                Ok(Some(Stop::Closed)) => return Ok(()),
                Ok(Some(Stop::Established)) => return Err(Failure::Shim("established twice".into())),
                Ok(None) => {}
                // The runner takes an unclean end for a clean one unless it asks to check.
                Err(Failure::Tls(Error::Truncated)) if !self.options.check_close_notify => return Ok(()),
                Err(failure) => return Err(failure),
            }
        }
    }

    fn shut_down(&mut self) -> Result<(), Failure> {
        self.connection.close();
        self.flush()?;
        if self.options.shim_shuts_down && self.options.check_close_notify {
            match self.next_but_nothing()? {
                Stop::Closed => {}
                _ => return Err(Failure::Unmet(":APPLICATION_DATA_ON_SHUTDOWN:".into())),
            }
        }
        Ok(())
    }

    fn next_but_nothing(&mut self) -> Result<Stop, Failure> {
        loop {
            if let Some(stop) = self.next()? {
                return Ok(stop);
            }
        }
    }

    /// Takes one step; gives what the exchange must know of.
    fn next(&mut self) -> Result<Option<Stop>, Failure> {
        match self.connection.step()? {
            Step::NeedBytes | Step::Waiting(_) => self.receive()?,
            Step::Transmit(bytes) => {
                let count = match self.socket.write(bytes) {
                    Ok(count) => count,
                    // The runner went away with our words unread: what it said before counts.
                    Err(error) if is_gone(&error) => bytes.len(),
                    Err(error) => return Err(error.into()),
                };
                self.connection.transmitted(count)?;
            }
            Step::Deliver(plaintext) => {
                let size = self.options.read_size.unwrap_or(512);
                let data = plaintext[..plaintext.len().min(size)].to_vec();
                self.connection.consume(data.len())?;
                return Ok(Some(Stop::Data(data)));
            }
            Step::Need(need) => answer(self.options, need)?,
            Step::Established(_) => return Ok(Some(Stop::Established)),
            Step::Closed => return Ok(Some(Stop::Closed)),
            other => return Err(Failure::Shim(format!("unknown step {other:?}"))),
        }
        Ok(None)
    }

    fn receive(&mut self) -> Result<(), Failure> {
        match self.socket.read(self.connection.read_slot()) {
            Ok(0) => self.connection.end_of_input(),
            Ok(count) => self.connection.advance(count)?,
            Err(error) if is_gone(&error) => self.connection.end_of_input(),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn write(&mut self, mut data: &[u8]) -> Result<(), Failure> {
        while !data.is_empty() {
            let taken = self.connection.send(data)?;
            data = &data[taken..];
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        while !self.connection.output().is_empty() {
            let count = match self.socket.write(self.connection.output()) {
                Ok(count) => count,
                Err(error) if is_gone(&error) => self.connection.output().len(),
                Err(error) => return Err(error.into()),
            };
            self.connection.transmitted(count)?;
        }
        Ok(())
    }

    fn check_expectations(&self, facts: &Facts) -> Result<(), Failure> {
        let options = self.options;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let no_protocol = Vec::new();
        let protocol = facts.protocol.as_ref().unwrap_or(&no_protocol);
        if let Some(expected) = options.expect_alpn.as_ref().filter(|expected| *expected != protocol) {
            return unmet("application protocol", &text(expected), &text(protocol));
        }
        let group = facts.group.map(|group| group.0);
        if options.expect_curve_id.is_some() && options.expect_curve_id != group {
            return unmet("group", &options.expect_curve_id, &group);
        }
        let signature = if options.server { facts.client_signature } else { facts.signature };
        let signature = signature.map(|scheme| scheme.0);
        let expected = options.expect_peer_signature_algorithm;
        if expected.is_some() && expected != signature {
            return unmet("signature scheme", &expected, &signature);
        }
        let version = facts.version.map(|version| version.0);
        if options.expect_version.is_some() && options.expect_version != version {
            return unmet("version", &options.expect_version, &version);
        }
        if options.expect_server_name.is_some() && options.expect_server_name != facts.server_name {
            return unmet("server name", &options.expect_server_name, &facts.server_name);
        }
        if options.expect_hrr.is_some_and(|expected| expected != facts.retried) {
            return unmet("HelloRetryRequest", &options.expect_hrr, &facts.retried);
        }
        if options.expect_no_peer_cert && !facts.peer_certificates.is_empty() {
            return unmet("certificates of the peer", &0, &facts.peer_certificates.len());
        }
        Ok(())
    }
}

fn unmet<E: fmt::Debug, G: fmt::Debug>(what: &str, expected: &E, got: &G) -> Result<(), Failure> {
    Err(Failure::Unmet(format!("{what}: expected {expected:?}, got {got:?}")))
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

/// Does the work that the connection asks for.
fn answer(options: &Options, need: Need) -> Result<(), Failure> {
    match need {
        Need::Certificate(need) => {
            if let Some(expected) = &options.expect_advertised_alpn
                && setup::protocols(expected)? != need.protocols
            {
                return Err(Failure::Unmet("advertised protocols".into()));
            }
            need.reply.reply(setup::credential(options)?);
        }
        Need::Sign(need) => {
            let algorithm = algorithm(need.scheme)?;
            let signature = setup::private_key(options)?
                .sign(algorithm, &need.message)
                .map_err(|error| Failure::Shim(error.to_string()))?;
            need.reply.reply(Signature(signature));
        }
        Need::Verify(need) if options.verify_fail => need.reply.refuse("the runner wants this certificate refused"),
        Need::Verify(need) => {
            need.reply.reply(Ok(Trusted::asserted("the runner's certificates are judged by suites of their own")));
        }
        other => return Err(Failure::Shim(format!("unknown need {other:?}"))),
    }
    Ok(())
}

fn algorithm(scheme: SignatureScheme) -> Result<SignatureAlgorithm, Failure> {
    Ok(match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => SignatureAlgorithm::EcdsaP256Sha256,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => SignatureAlgorithm::EcdsaP384Sha384,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => SignatureAlgorithm::EcdsaP521Sha512,
        SignatureScheme::ED25519 => SignatureAlgorithm::Ed25519,
        SignatureScheme::RSA_PSS_RSAE_SHA256 => SignatureAlgorithm::RsaPssSha256,
        SignatureScheme::RSA_PSS_RSAE_SHA384 => SignatureAlgorithm::RsaPssSha384,
        SignatureScheme::RSA_PSS_RSAE_SHA512 => SignatureAlgorithm::RsaPssSha512,
        other => return Err(Failure::Unsupported(format!("signing by {other}"))),
    })
}
