//! The runner's command line. An option that is not here, or not with this value, asks for something that
//! bulla does not have: the shim then says so with its exit code, and the runner counts the case as not
//! implemented.

/// What the runner asks of one shim process.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub port: u16,
    pub ipv6: bool,
    pub shim_id: u64,
    pub server: bool,
    pub cert_file: Option<String>,
    pub key_file: Option<String>,
    pub host_name: Option<String>,
    pub advertise_alpn: Option<Vec<u8>>,
    pub select_alpn: Option<Vec<u8>>,
    pub decline_alpn: bool,
    pub reject_alpn: bool,
    pub expect_alpn: Option<Vec<u8>>,
    pub expect_advertised_alpn: Option<Vec<u8>>,
    pub curves: Vec<u16>,
    pub key_shares: Vec<u16>,
    pub no_key_shares: bool,
    pub verify_prefs: Vec<u16>,
    pub expect_curve_id: Option<u16>,
    pub expect_peer_signature_algorithm: Option<u16>,
    pub expect_version: Option<u16>,
    pub expect_server_name: Option<String>,
    pub expect_hrr: Option<bool>,
    pub verify_peer: bool,
    pub require_client_certificate: bool,
    pub verify_fail: bool,
    pub expect_no_peer_cert: bool,
    pub asynchronous: bool,
    pub shim_writes_first: bool,
    pub shim_shuts_down: bool,
    pub check_close_notify: bool,
    pub key_update: bool,
    pub key_update_before_read: bool,
    pub write_different_record_sizes: bool,
    pub read_size: Option<usize>,
    pub export_length: usize,
    pub export_label: Vec<u8>,
    pub export_context: Vec<u8>,
}

/// The command line asks for what bulla does not have.
pub struct Unsupported(pub String);

const TLS_1_3: u16 = 0x0304;

impl Options {
    pub fn parse(arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<Self, Unsupported> {
        use std::os::unix::ffi::OsStringExt;
        let mut rest = Words(arguments.map(OsStringExt::into_vec).collect::<Vec<_>>().into_iter());
        let mut options = Self::default();
        while let Some(name) = rest.0.next() {
            let name = String::from_utf8_lossy(&name).into_owned();
            let name = name.strip_prefix("-on-initial-").map_or(name.clone(), |rest| format!("-{rest}"));
            options.take(&name, &mut rest)?;
        }
        Ok(options)
    }

    fn take(&mut self, name: &str, rest: &mut Words) -> Result<(), Unsupported> {
        match name {
            "-port" => self.port = rest.number(name)?,
            "-shim-id" => self.shim_id = rest.number(name)?,
            "-cert-file" => self.cert_file = Some(rest.text(name)?),
            "-key-file" => self.key_file = Some(rest.text(name)?),
            "-host-name" => self.host_name = Some(rest.text(name)?),
            "-advertise-alpn" => self.advertise_alpn = Some(rest.bytes(name)?),
            "-select-alpn" => self.select_alpn = Some(rest.bytes(name)?),
            "-expect-alpn" => self.expect_alpn = Some(rest.bytes(name)?),
            "-expect-advertised-alpn" => self.expect_advertised_alpn = Some(rest.bytes(name)?),
            "-curves" => self.curves.push(rest.number(name)?),
            "-key-shares" => self.key_shares.push(rest.number(name)?),
            "-verify-prefs" => self.verify_prefs.push(rest.number(name)?),
            "-expect-curve-id" => self.expect_curve_id = Some(rest.number(name)?),
            "-expect-peer-signature-algorithm" => {
                self.expect_peer_signature_algorithm = Some(rest.number(name)?);
            }
            "-expect-version" => self.expect_version = Some(rest.number(name)?),
            "-expect-server-name" => self.expect_server_name = Some(rest.text(name)?),
            "-read-size" => self.read_size = Some(rest.number(name)?),
            "-export-keying-material" => self.export_length = rest.number(name)?,
            "-export-label" => self.export_label = rest.bytes(name)?,
            "-export-context" => self.export_context = rest.bytes(name)?,
            "-max-version" => rest.number::<u16>(name).and_then(|version| needs(version >= TLS_1_3, name))?,
            "-min-version" => rest.number::<u16>(name).and_then(|version| needs(version <= TLS_1_3, name))?,
            "-resume-count" => rest.number::<u32>(name).and_then(|count| needs(count == 0, name))?,
            // Who issued the peer's certificate does not matter here: chains are judged by suites of their own.
            "-trust-cert" => drop(rest.text(name)?),
            _ => return self.switch(name),
        }
        Ok(())
    }

    fn switch(&mut self, name: &str) -> Result<(), Unsupported> {
        match name {
            "-server" => self.server = true,
            "-ipv6" => self.ipv6 = true,
            "-decline-alpn" => self.decline_alpn = true,
            "-reject-alpn" => self.reject_alpn = true,
            "-no-key-shares" => self.no_key_shares = true,
            "-expect-hrr" => self.expect_hrr = Some(true),
            "-expect-no-hrr" => self.expect_hrr = Some(false),
            "-verify-peer" => self.verify_peer = true,
            "-require-any-client-certificate" => self.require_client_certificate = true,
            "-verify-fail" => self.verify_fail = true,
            "-expect-no-peer-cert" => self.expect_no_peer_cert = true,
            "-async" => self.asynchronous = true,
            "-shim-writes-first" => self.shim_writes_first = true,
            "-shim-shuts-down" => self.shim_shuts_down = true,
            "-check-close-notify" => self.check_close_notify = true,
            "-key-update" => self.key_update = true,
            "-key-update-before-read" => self.key_update_before_read = true,
            "-write-different-record-sizes" => self.write_different_record_sizes = true,
            // What these ask for is so without asking: only TLS 1.3, the server's preference, no sessions, a
            // verifier of the caller's, an explicit handshake; an exporter without context is one with an
            // empty one (RFC 9846 section 7.5).
            "-no-tls1" | "-no-tls11" | "-no-tls12" | "-no-ticket" | "-server-preference"
            | "-use-custom-verify-callback" | "-no-op-extra-handshake" | "-expect-no-session"
            | "-implicit-handshake" | "-use-export-context" | "-use-early-callback"
            | "-use-old-client-cert-callback" | "-expect-no-session-id" | "-expect-extended-master-secret"
            | "-expect-secure-renegotiation" => {}
            _ => return Err(Unsupported(name.to_owned())),
        }
        Ok(())
    }
}

fn needs(met: bool, name: &str) -> Result<(), Unsupported> {
    met.then_some(()).ok_or_else(|| Unsupported(name.to_owned()))
}

/// The words of the command line that were not used yet.
struct Words(std::vec::IntoIter<Vec<u8>>);

impl Words {
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Unsupported> {
        self.0.next().ok_or_else(|| Unsupported(format!("{name} without a value")))
    }

    fn text(&mut self, name: &str) -> Result<String, Unsupported> {
        String::from_utf8(self.bytes(name)?).map_err(|_| Unsupported(format!("{name} with a binary value")))
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, Unsupported> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Unsupported(format!("{name} {text}")))
    }
}
