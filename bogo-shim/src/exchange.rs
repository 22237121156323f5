//! One connection: the handshake, the expectations, and the echo that the runner talks with.

use std::fmt;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use bulla_tls::registry::{AlertDescription, SignatureScheme};
use bulla_tls::{CertificateNeed, Connection, Error, Facts, Need, Step, VerifyNeed};
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Failure as Verdict, Presented, Purpose, Rule, Trusted, judge};
use rustls_pki_types::UnixTime;

use crate::credentials::{self, Holdings};
use crate::names;
use crate::options::Options;
use crate::setup::{self, Choice, Secrets, Start};
use crate::tickets;

/// Why the shim ends with an exit code other than 0.
pub enum Failure {
    /// The connection failed; what was known of it by then.
    Tls(Error, Box<Facts>),
    /// An expectation of the runner was not met.
    Unmet(String),
    /// The case asks for what bulla does not have.
    Unsupported(String),
    /// The shim itself is at fault.
    Shim(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Shim(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tls(error, facts) => write!(f, ":{}: {error}", names::of(error, facts)),
            Self::Unmet(what) => write!(f, "expectation not met: {what}"),
            Self::Unsupported(what) => write!(f, "not implemented: {what}"),
            Self::Shim(what) => write!(f, "shim: {what}"),
        }
    }
}

pub struct Exchange<'a> {
    options: &'a Options,
    holdings: &'a Holdings,
    connection: Connection,
    chosen: Option<Choice>,
    secrets: Secrets,
    socket: TcpStream,
    /// Work whose answer comes later.
    pending: Option<Need>,
    /// Whether a ticket was opened.
    opened: bool,
    /// Whether what is to be sent waits until something was read.
    held: bool,
    /// Whether the connection asked which certificate to show.
    asked: bool,
    /// Whether a connection has gone before this one.
    again: bool,
}

/// What [`Exchange::next`] stopped for.
enum Stop {
    Established,
    Data(Vec<u8>),
    Closed,
}

impl<'a> Exchange<'a> {
    pub fn new(options: &'a Options, holdings: &'a Holdings, start: Start, socket: TcpStream) -> Self {
        let Start { connection, chosen, secrets } = start;
        let (pending, opened, held, asked, again) = (None, false, false, false, false);
        Self { options, holdings, connection, chosen, secrets, socket, pending, opened, held, asked, again }
    }

    pub fn resuming(self, again: bool) -> Self {
        Self { again, ..self }
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
            let label = &self.options.export_label;
            let context = self.options.use_export_context.then_some(self.options.export_context.as_slice());
            self.connection.export_keying_material(label, context, &mut material).map_err(shim)?;
            self.write(&material)?;
        }
        if self.options.export_traffic_secrets {
            self.write_traffic_secrets()?;
        }
        if self.options.send_alert {
            self.connection.abort(AlertDescription(DECOMPRESSION_FAILURE));
            return self.flush();
        }
        if self.options.write_different_record_sizes {
            for length in [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769] {
                self.write(&vec![0x42; length])?;
            }
        } else {
            if self.options.read_with_unfinished_write {
                self.begin_to_write(b"hello")?;
            } else if self.options.shim_writes_first {
                self.write(b"hello")?;
            }
            if !self.options.shim_shuts_down {
                self.echo()?;
            }
        }
        self.shut_down()
    }

    /// Sends one byte of a record; the rest follows once something was read.
    fn begin_to_write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.engine(|connection| connection.send(data))?;
        self.socket.write_all(&self.connection.output()[..1])?;
        self.connection.transmitted(1).map_err(shim)?;
        self.held = true;
        Ok(())
    }

    /// By which the peer sends, and by which we send, behind their length as this machine writes it.
    fn write_traffic_secrets(&mut self) -> Result<(), Failure> {
        let secret = |label| self.secrets.of(label).ok_or_else(|| Failure::Unmet(format!("no {label}")));
        let (client, server) = (secret("CLIENT_TRAFFIC_SECRET_0")?, secret("SERVER_TRAFFIC_SECRET_0")?);
        let length = u16::try_from(client.len()).map_err(|error| Failure::Shim(error.to_string()))?;
        let (read, write) = if self.options.server { (client, server) } else { (server, client) };
        self.write(&[length.to_ne_bytes().as_slice(), &read, &write].concat())
    }

    fn echo(&mut self) -> Result<(), Failure> {
        loop {
            if self.options.key_update_before_read {
                self.engine(|connection| connection.update_keys(false))?;
                self.flush()?;
            }
            match self.next() {
                Ok(Some(Stop::Data(mut data))) => {
                    self.held = false;
                    if self.options.key_update {
                        self.engine(|connection| connection.update_keys(false))?;
                    }
                    data.iter_mut().for_each(|byte| *byte ^= 0xff);
                    self.write(&data)?;
                }
                Ok(Some(Stop::Closed)) => return Ok(()),
                Ok(Some(Stop::Established)) => return Err(Failure::Shim("established twice".into())),
                Ok(None) => {}
                // The runner takes an unclean end for a clean one unless it asks to check.
                Err(Failure::Tls(Error::Truncated, _)) if !self.options.check_close_notify => return Ok(()),
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
        let step = match self.connection.step() {
            Ok(step) => step,
            Err(error) => return Err(Failure::Tls(error, Box::new(self.connection.facts()))),
        };
        match step {
            Step::NeedBytes => self.receive()?,
            Step::Waiting(_) => match self.pending.take() {
                Some(need) => self.answer(need)?,
                None => self.receive()?,
            },
            Step::Transmit(_) if self.held => self.receive()?,
            Step::Transmit(bytes) => {
                let count = match self.socket.write(bytes) {
                    Ok(count) => count,
                    // The runner went away with our words unread: what it said before counts.
                    Err(error) if is_gone(&error) => bytes.len(),
                    Err(error) => return Err(error.into()),
                };
                self.connection.transmitted(count).map_err(shim)?;
            }
            Step::Deliver(plaintext) => {
                let size = self.options.read_size.unwrap_or(512);
                let data = plaintext[..plaintext.len().min(size)].to_vec();
                if self.options.peek_then_read {
                    self.peek_again(&data)?;
                }
                self.connection.consume(data.len()).map_err(shim)?;
                return Ok(Some(Stop::Data(data)));
            }
            Step::Need(need) => {
                self.asked |= matches!(need, Need::Certificate(_));
                match self.options.asynchronous {
                    true => self.pending = Some(need),
                    false => self.answer(need)?,
                }
            }
            Step::Established(_) => return Ok(Some(Stop::Established)),
            Step::Closed => return Ok(Some(Stop::Closed)),
            other => return Err(Failure::Shim(format!("unknown step {other:?}"))),
        }
        Ok(None)
    }

    /// What is not consumed comes again.
    fn peek_again(&mut self, seen: &[u8]) -> Result<(), Failure> {
        match self.connection.step() {
            Ok(Step::Deliver(plaintext)) if plaintext.starts_with(seen) => Ok(()),
            other => unmet("the bytes that were peeked at", &seen, &other),
        }
    }

    fn receive(&mut self) -> Result<(), Failure> {
        match self.socket.read(self.connection.read_slot()) {
            Ok(0) => self.connection.end_of_input(),
            Ok(count) => self.connection.advance(count).map_err(shim)?,
            Err(error) if is_gone(&error) => self.connection.end_of_input(),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A call that reports why the connection failed, if it did.
    fn engine<T>(&mut self, call: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Failure> {
        call(&mut self.connection).map_err(|error| Failure::Tls(error, Box::new(self.connection.facts())))
    }

    fn write(&mut self, mut data: &[u8]) -> Result<(), Failure> {
        while !data.is_empty() {
            let taken = self.engine(|connection| connection.send(data))?;
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
            self.connection.transmitted(count).map_err(shim)?;
        }
        Ok(())
    }

    fn check_expectations(&self, facts: &Facts) -> Result<(), Failure> {
        let options = self.options;
        let signature = if options.server { facts.client_signature } else { facts.signature };
        expect("group", &options.expect_curve_id, &facts.group.map(|group| group.0))?;
        expect("cipher suite", &options.expect_cipher, &facts.suite.map(|suite| suite.0))?;
        expect(
            "signature scheme",
            &options.expect_peer_signature_algorithm,
            &signature.map(|scheme| scheme.0),
        )?;
        expect("version", &options.expect_version, &facts.version.map(|version| version.0))?;
        expect("server name", &options.expect_server_name, &facts.server_name)?;
        let resumes = self.again && !options.expect_session_miss;
        if facts.resumed != resumes {
            return unmet("a resumed session", &resumes, &facts.resumed);
        }
        expect("HelloRetryRequest", &options.expect_hrr, &Some(facts.retried))?;
        let protocol = Some(facts.protocol.clone().unwrap_or_default());
        // TLS 1.3 has what the extension brings to TLS 1.2.
        let extended = facts.extended_master_secret.unwrap_or(true);
        expect("extended master secret", &options.expect_extended_master_secret, &Some(extended))?;
        expect("application protocol", &options.expect_alpn, &protocol)?;
        let place = self.holdings.place(facts.credential.as_ref());
        expect("place of our certificate", &options.expect_selected_credential, &place)?;
        self.check_certificates(facts)
    }

    fn check_certificates(&self, facts: &Facts) -> Result<(), Failure> {
        let options = self.options;
        if options.expect_no_peer_cert && !facts.peer_certificates.is_empty() {
            return unmet("certificates of the peer", &0, &facts.peer_certificates.len());
        }
        if let Some(file) = &options.expect_peer_cert_file
            && credentials::chain(file)? != facts.peer_certificates
        {
            return unmet("certificates of the peer", file, &facts.peer_certificates);
        }
        expect("OCSP response", &options.expect_ocsp, &facts.peer_ocsp)?;
        let expected = options.expect_scts.as_deref().map(credentials::scts);
        expect("signed certificate timestamps", &expected, &Some(facts.peer_scts.clone()))?;
        let judged = facts.peer_certificates.is_empty() || facts.verified_at.is_some();
        if options.expect_verify_result && !judged {
            return Err(Failure::Unmet("the certificates of the peer were not judged".into()));
        }
        let learns = options.expect_client_ca_list.is_some() || !options.expect_peer_verify_prefs.is_empty();
        if learns && !self.asked {
            return Err(Failure::Unmet("the connection did not ask for a certificate".into()));
        }
        Ok(())
    }
}

/// Nothing is expected, or just this.
fn expect<T: PartialEq + fmt::Debug>(
    what: &str,
    expected: &Option<T>,
    got: &Option<T>,
) -> Result<(), Failure> {
    if expected.is_none() || expected == got { Ok(()) } else { unmet(what, expected, got) }
}

fn unmet<E: fmt::Debug, G: fmt::Debug>(what: &str, expected: &E, got: &G) -> Result<(), Failure> {
    Err(Failure::Unmet(format!("{what}: expected {expected:?}, got {got:?}")))
}

/// A call that this shim made wrongly.
fn shim(error: Error) -> Failure {
    Failure::Shim(error.to_string())
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted)
}

/// The work that the connection asks for.
impl Exchange<'_> {
    fn answer(&mut self, need: Need) -> Result<(), Failure> {
        match need {
            Need::Configuration(need) => {
                need.reply.reply(match (self.options.refuse_hello, self.chosen.take()) {
                    (Some(alert), _) => Err(alert),
                    (None, Some(choice)) => Ok(choice.config_for(&need.offer)),
                    (None, None) => return Err(Failure::Shim("a config was asked for twice".into())),
                })
            }
            Need::Certificate(need) => self.show_certificate(need)?,
            Need::Sign(need) => {
                let signature = self.holdings.sign(&need)?;
                need.reply.reply(signature);
            }
            Need::Verify(need) => {
                let verdict = verdict(self.options, &need)?;
                need.reply.reply(verdict);
            }
            Need::SealTicket(need) => {
                let sealed = (!self.options.skip_ticket).then(|| tickets::seal(&need.state)).transpose()?;
                need.reply.reply(sealed);
            }
            Need::OpenTicket(_) if std::mem::replace(&mut self.opened, true) => {
                return Err(Failure::Unmet("a ticket is opened once".into()));
            }
            Need::OpenTicket(need) => {
                let state = tickets::open(&need.ticket)?;
                need.reply.reply(state);
            }
            other => return Err(Failure::Shim(format!("unknown need {other:?}"))),
        }
        Ok(())
    }

    fn show_certificate(&mut self, need: CertificateNeed) -> Result<(), Failure> {
        let options = self.options;
        check_question(options, &need)?;
        match (options.fail_cert_callback, options.fail_cert_callback_alert) {
            (false, _) if options.server && options.fail_ocsp => need.reply.refuse(names::NO_OCSP),
            (false, _) => {
                let chosen = self.holdings.choose(&need, options.server);
                need.reply.reply(chosen);
            }
            // An answer that never comes.
            (true, None) => drop(need.reply),
            (true, Some(alert)) => self.connection.abort(AlertDescription(alert)),
        }
        Ok(())
    }
}

/// The alert of SSL 3.0 that the runner expects where it has the shim send one.
const DECOMPRESSION_FAILURE: u8 = 30;

/// Compares what the peer says of the certificate that it wants with what the runner knows that it says.
fn check_question(options: &Options, need: &CertificateNeed) -> Result<(), Failure> {
    if let Some(expected) = &options.expect_advertised_alpn {
        let expected = setup::protocols(expected)?;
        if expected != need.protocols {
            return unmet("advertised protocols", &expected, &need.protocols);
        }
    }
    if let Some(expected) = &options.expect_client_ca_list {
        let names: Vec<String> = need.authorities.iter().map(|name| hex(name)).collect();
        if *expected != names.join(",") {
            return unmet("authorities", expected, &names);
        }
    }
    let expected: Vec<_> = options.expect_peer_verify_prefs.iter().map(|id| SignatureScheme(*id)).collect();
    if !expected.is_empty() && expected != need.signature_schemes {
        return unmet("signature schemes of the peer", &expected, &need.signature_schemes);
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Trusts every chain, unless the runner wants a refusal.
fn verdict(options: &Options, need: &VerifyNeed) -> Result<Result<Trusted, Box<Verdict>>, Failure> {
    let found =
        |rule| Ok(Err(Box::new(Verdict::found(rule, "the runner has it refused", "Ask the runner."))));
    if options.fail_ocsp {
        return found(Rule::BadStatus);
    }
    if !options.verify_fail {
        return Ok(Ok(Trusted::asserted("the runner's certificates are judged by suites of their own")));
    }
    if options.custom_verifier {
        return found(Rule::Refused);
    }
    // Without any anchor, nobody is trusted.
    let purpose = need.server_name.as_ref().map_or(Purpose::Client, Purpose::Server);
    let judged = judge(&Presented::new(&need.chain, purpose), &TrustAnchors::new(), UnixTime::now());
    match judged.into_result() {
        Ok(_) => Err(Failure::Shim("a chain was trusted without any anchor".into())),
        Err(failure) => Ok(Err(Box::new(failure))),
    }
}
