//! The runner's command line. An option that is not here, or not with this value, asks for something that
//! bulla does not have: the shim then says so with its exit code, and the runner counts the case as not
//! implemented.

use bulla_tls::registry::AlertDescription;

use crate::policies::{self, Policy};
use crate::{compression, missing};

/// What the runner asks of one shim process.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub port: u16,
    pub ipv6: bool,
    pub shim_id: u64,
    pub server: bool,
    /// What `-cert-file` and the like give before the first `-new-x509-credential`.
    pub default_credential: CredentialFiles,
    /// One for each `-new-x509-credential`, in order of preference.
    pub credentials: Vec<CredentialFiles>,
    pub expect_selected_credential: Option<i32>,
    pub fail_cert_callback: bool,
    pub fail_cert_callback_alert: Option<u8>,
    pub host_name: Option<String>,
    pub advertise_alpn: Option<Vec<u8>>,
    pub select_alpn: Option<Vec<u8>>,
    pub reject_alpn: bool,
    pub expect_alpn: Option<Vec<u8>>,
    pub expect_advertised_alpn: Option<Vec<u8>>,
    pub curves: Vec<u16>,
    pub key_shares: Vec<u16>,
    pub no_key_shares: bool,
    pub verify_prefs: Vec<u16>,
    pub suites: Vec<u16>,
    pub max_cert_list: Option<usize>,
    pub enable_ocsp: bool,
    pub enable_scts: bool,
    pub decline_ocsp: bool,
    pub compressions: Vec<u16>,
    pub client_ca_list: Option<String>,
    pub expect_ocsp: Option<Vec<u8>>,
    pub expect_scts: Option<Vec<u8>>,
    pub expect_cipher: Option<u16>,
    pub expect_peer_verify_prefs: Vec<u16>,
    pub expect_client_ca_list: Option<String>,
    pub expect_peer_cert_file: Option<String>,
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
    pub peek_then_read: bool,
    pub read_size: Option<usize>,
    pub export_length: usize,
    pub export_label: Vec<u8>,
    pub export_context: Vec<u8>,
    pub resume_count: u32,
    /// How many seconds pass between this connection and the next.
    pub resumption_delay: u64,
    pub expect_session_miss: bool,
    pub expect_no_session: bool,
    pub no_ticket: bool,
    pub use_export_context: bool,
    /// The versions that are left after `-min-version`, `-max-version` and the like.
    pub versions: Versions,
    pub expect_extended_master_secret: Option<bool>,
    pub expect_verify_result: bool,
    pub custom_verifier: bool,
    /// The verifier is asked again when a session is resumed.
    pub reverify_on_resume: bool,
    /// Whoever has the OCSP response, or judges the peer's, fails.
    pub fail_ocsp: bool,
    pub policy: Option<&'static Policy>,
    pub session_context: Option<Vec<u8>>,
    pub expect_session_id: bool,
    pub expect_no_session_id: bool,
    /// Tickets are sealed and opened here.
    pub own_tickets: bool,
    pub skip_ticket: bool,
    /// The hello is seen before a config is chosen.
    pub peek_at_hello: bool,
    pub refuse_hello: Option<AlertDescription>,
    pub export_traffic_secrets: bool,
    pub send_alert: bool,
    pub read_with_unfinished_write: bool,
}

/// Which versions the runner leaves to choose from.
#[derive(Clone, Debug)]
pub struct Versions {
    least: u16,
    most: u16,
    without: Vec<u16>,
}

impl Default for Versions {
    fn default() -> Self {
        Self { least: 0, most: u16::MAX, without: Vec::new() }
    }
}

impl Versions {
    pub fn contains(&self, version: u16) -> bool {
        (self.least..=self.most).contains(&version) && !self.without.contains(&version)
    }
}

/// A certificate chain and its key, and when they may be shown.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    pub cert_file: Option<String>,
    pub key_file: Option<String>,
    pub ocsp: Option<Vec<u8>>,
    /// The list with its lengths.
    pub scts: Option<Vec<u8>>,
    pub signing_prefs: Vec<u16>,
    pub must_match_issuer: bool,
    pub session_context: Option<Vec<u8>>,
}

/// The command line asks for what bulla does not have.
pub struct Unsupported(pub String);

const TLS_1_0: u16 = 0x0301;
const TLS_1_1: u16 = 0x0302;
const TLS_1_2: u16 = 0x0303;
const TLS_1_3: u16 = 0x0304;

impl Options {
    /// The options of the first connection, and those of the ones that follow it.
    pub fn parse(arguments: impl Iterator<Item = std::ffi::OsString>) -> Result<[Self; 2], Unsupported> {
        use std::os::unix::ffi::OsStringExt;
        let mut rest = Words(arguments.map(OsStringExt::into_vec).collect::<Vec<_>>().into_iter());
        let (mut initial, mut resumed) = (Self::default(), Self::default());
        while let Some(name) = rest.0.next() {
            let name = String::from_utf8_lossy(&name).into_owned();
            match (name.strip_prefix("-on-initial-"), name.strip_prefix("-on-resume-")) {
                (Some(name), _) => initial.take(&format!("-{name}"), &mut rest)?,
                (_, Some(name)) => resumed.take(&format!("-{name}"), &mut rest)?,
                _ => {
                    initial.take(&name, &mut rest.clone())?;
                    resumed.take(&name, &mut rest)?;
                }
            }
        }
        Ok([initial, resumed])
    }

    /// The credential that the options about files and keys speak of.
    fn credential(&mut self) -> &mut CredentialFiles {
        self.credentials.last_mut().unwrap_or(&mut self.default_credential)
    }

    fn take(&mut self, name: &str, rest: &mut Words) -> Result<(), Unsupported> {
        match name {
            "-port" => self.port = rest.number(name)?,
            "-shim-id" => self.shim_id = rest.number(name)?,
            "-cert-file" => self.credential().cert_file = Some(rest.text(name)?),
            "-key-file" => self.credential().key_file = Some(rest.text(name)?),
            "-signing-prefs" => {
                let scheme = rest.number(name)?;
                self.credential().signing_prefs.push(scheme);
            }
            "-ocsp-response" => {
                let response = rest.base64(name)?;
                self.credential().ocsp = Some(response);
            }
            "-signed-cert-timestamps" => {
                let list = rest.base64(name)?;
                self.credential().scts = Some(list);
            }
            "-use-client-ca-list" => self.client_ca_list = Some(rest.text(name)?),
            "-expect-ocsp-response" => self.expect_ocsp = Some(rest.base64(name)?),
            "-expect-signed-cert-timestamps" => self.expect_scts = Some(rest.base64(name)?),
            "-install-one-cert-compression-alg" => self.compressions.push(rest.number(name)?),
            "-expect-selected-credential" => self.expect_selected_credential = Some(rest.number(name)?),
            "-fail-cert-callback-alert" => self.fail_cert_callback_alert = Some(rest.number(name)?),
            "-host-name" => self.host_name = Some(rest.text(name)?),
            "-advertise-alpn" => self.advertise_alpn = Some(rest.bytes(name)?),
            "-select-alpn" => self.select_alpn = Some(rest.bytes(name)?),
            "-expect-alpn" => self.expect_alpn = Some(rest.bytes(name)?),
            "-expect-advertised-alpn" => self.expect_advertised_alpn = Some(rest.bytes(name)?),
            "-curves" => self.curves.push(rest.number(name)?),
            "-key-shares" => self.key_shares.push(rest.number(name)?),
            "-verify-prefs" => self.verify_prefs.push(rest.number(name)?),
            "-tls13-ciphers" => self.suites.push(rest.number(name)?),
            "-max-cert-list" => self.max_cert_list = Some(rest.number(name)?),
            "-expect-peer-verify-pref" => self.expect_peer_verify_prefs.push(rest.number(name)?),
            "-expect-client-ca-list" => self.expect_client_ca_list = Some(rest.text(name)?),
            "-expect-peer-cert-file" => self.expect_peer_cert_file = Some(rest.text(name)?),
            // Both say which suite is due where AES is fast, and where it is slow.
            "-expect-cipher-aes" if has_fast_aes() => self.expect_cipher = Some(rest.number(name)?),
            "-expect-cipher-no-aes" if has_fast_aes() => drop(rest.text(name)?),
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
            "-max-version" => self.versions.most = rest.number(name)?,
            "-min-version" => self.versions.least = rest.number(name)?,
            // Renegotiation is refused, so there is none.
            "-expect-total-renegotiations" => {
                rest.number::<u32>(name).and_then(|count| needs(count == 0, name))?;
            }
            // Who issued the peer's certificate does not matter here: chains are judged by suites of their own.
            "-trust-cert" => drop(rest.text(name)?),
            // Read where a missing option is noted.
            missing::FILE | missing::CASE => drop(rest.bytes(name)?),
            _ => return self.take_of_sessions(name, rest),
        }
        Ok(())
    }

    fn take_of_sessions(&mut self, name: &str, rest: &mut Words) -> Result<(), Unsupported> {
        match name {
            "-resumption-delay" => self.resumption_delay = rest.number(name)?,
            "-resume-count" => self.resume_count = rest.number(name)?,
            "-session-id-context" => {
                let context = Some(rest.base64(name)?);
                match self.credentials.last_mut() {
                    Some(credential) => credential.session_context = context,
                    None => self.session_context = context,
                }
            }
            // There is no early data, so it is always disabled.
            "-expect-early-data-reason" => needs(rest.text(name)? == "disabled", name)?,
            _ => return self.switch(name),
        }
        Ok(())
    }

    fn switch(&mut self, name: &str) -> Result<(), Unsupported> {
        match name {
            "-server" => self.server = true,
            "-new-x509-credential" => self.credentials.push(CredentialFiles::default()),
            "-must-match-issuer" => self.credential().must_match_issuer = true,
            "-fail-cert-callback" => self.fail_cert_callback = true,
            "-decline-ocsp-callback" => self.decline_ocsp = true,
            "-enable-ocsp-stapling" => self.enable_ocsp = true,
            "-enable-signed-cert-timestamps" => self.enable_scts = true,
            "-install-cert-compression-algs" => self.compressions = compression::ALL.to_vec(),
            "-peek-then-read" => self.peek_then_read = true,
            "-ipv6" => self.ipv6 = true,
            // Nothing is chosen where the config names no protocol.
            "-decline-alpn" => {}
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
            "-expect-session-miss" => self.expect_session_miss = true,
            "-expect-no-session" => self.expect_no_session = true,
            "-no-ticket" => self.no_ticket = true,
            "-write-different-record-sizes" => self.write_different_record_sizes = true,
            "-no-tls1" => self.versions.without.push(TLS_1_0),
            "-no-tls11" => self.versions.without.push(TLS_1_1),
            "-no-tls12" => self.versions.without.push(TLS_1_2),
            "-no-tls13" => self.versions.without.push(TLS_1_3),
            "-use-export-context" => self.use_export_context = true,
            "-expect-extended-master-secret" => self.expect_extended_master_secret = Some(true),
            "-expect-no-extended-master-secret" => self.expect_extended_master_secret = Some(false),
            "-expect-verify-result" => self.expect_verify_result = true,
            "-use-custom-verify-callback" => self.custom_verifier = true,
            "-fail-ocsp-callback" => self.fail_ocsp = true,
            _ => return self.switch_of_sessions(name),
        }
        Ok(())
    }

    fn switch_of_sessions(&mut self, name: &str) -> Result<(), Unsupported> {
        match name {
            "-reverify-on-resume" => self.reverify_on_resume = true,
            "-expect-session-id" => self.expect_session_id = true,
            "-expect-no-session-id" => self.expect_no_session_id = true,
            // The memory shows no single ticket; that the newest is offered is for the runner to see.
            "-expect-ticket-renewal" => {}
            "-use-ticket-callback" | "-use-ticket-aead-callback" => self.own_tickets = true,
            "-skip-ticket" => self.skip_ticket = true,
            // In TLS 1.3 each resumption gets a new ticket anyway; in TLS 1.2 none does, which is skipped with its reason.
            "-renew-ticket" => {}
            "-install-ddos-callback" => self.peek_at_hello = true,
            "-fail-ddos-callback" => self.refuse_hello = Some(AlertDescription::INTERNAL_ERROR),
            "-fail-early-callback" => {
                self.peek_at_hello = true;
                self.refuse_hello = Some(AlertDescription::HANDSHAKE_FAILURE);
            }
            "-export-traffic-secrets" => self.export_traffic_secrets = true,
            "-send-alert" => self.send_alert = true,
            "-read-with-unfinished-write" => self.read_with_unfinished_write = true,
            "-cnsa-202407" => self.suites = policies::AES_256_FIRST.to_vec(),
            "-fips-202205" | "-fips-202609" | "-wpa-202304" | "-cnsa1-202603" | "-cnsa2-202603" => {
                self.policy = policies::of(name);
            }
            // What these ask for is so without asking: the server's preference, an
            // explicit handshake, no servers of before RFC 5746.
            "-server-preference"
            | "-use-ocsp-callback"
            | "-set-ocsp-in-callback"
            | "-no-op-extra-handshake"
            | "-implicit-handshake"
            | "-use-early-callback"
            | "-use-old-client-cert-callback"
            | "-expect-secure-renegotiation"
            | "-no-legacy-server-connect" => {}
            _ => return Err(Unsupported(name.to_owned())),
        }
        Ok(())
    }
}

#[cfg(target_arch = "x86_64")]
fn has_fast_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_fast_aes() -> bool {
    false
}

fn needs(met: bool, name: &str) -> Result<(), Unsupported> {
    met.then_some(()).ok_or_else(|| Unsupported(name.to_owned()))
}

/// The words of the command line that were not used yet.
#[derive(Clone)]
struct Words(std::vec::IntoIter<Vec<u8>>);

impl Words {
    fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Unsupported> {
        self.0.next().ok_or_else(|| Unsupported(format!("{name} without a value")))
    }

    fn base64(&mut self, name: &str) -> Result<Vec<u8>, Unsupported> {
        let text = self.bytes(name)?;
        data_encoding::BASE64.decode(&text).map_err(|_| Unsupported(format!("{name} that is not base64")))
    }

    fn text(&mut self, name: &str) -> Result<String, Unsupported> {
        String::from_utf8(self.bytes(name)?).map_err(|_| Unsupported(format!("{name} with a binary value")))
    }

    fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<T, Unsupported> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Unsupported(format!("{name} {text}")))
    }
}
