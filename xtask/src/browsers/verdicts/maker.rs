//! Authorities and certificates for the servers, sound ones and broken ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::failure::Failure;
use crate::interop::process;

/// Midnight so many days from now; negative is past.
pub(super) fn day(offset: i64) -> UnixTime {
    const DAY: u64 = 86_400;
    let today = UnixTime::now().as_secs() / DAY;
    let seconds = today.saturating_add_signed(offset) * DAY;
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

/// A certificate and its key.
pub(super) struct Entity {
    pub(super) der: CertificateDer<'static>,
    pub(super) key: PrivateKey,
}

fn fault(error: impl std::fmt::Display) -> Failure {
    Failure::new(format!("browsers: making a certificate: {error}"))
}

pub(super) fn key(kind: KeyKind) -> Result<PrivateKey, Failure> {
    PrivateKey::generate(kind).map_err(fault)
}

/// An authority of this name, valid for years.
pub(super) fn authority(name: &str, depth: Option<u8>) -> CertificateTemplate {
    let subject = Subject::new().organization("bulla's test servers").common_name(name);
    let mut template = CertificateTemplate::authority(subject, depth);
    (template.not_before, template.not_after) = (day(-30), day(3000));
    template.serial = serial();
    template
}

/// A server of this host, valid for 90 days.
pub(super) fn server(host: &str) -> CertificateTemplate {
    let name = host.parse().map_or_else(|_| Name::Dns(host.to_owned()), Name::Ip);
    let mut template = CertificateTemplate::server(vec![name]);
    template.subject = Subject::new().common_name("a test server");
    (template.not_before, template.not_after) = (day(-1), day(89));
    template.serial = serial();
    template
}

/// A new one each time: browsers refuse two certificates of one authority with the same.
fn serial() -> Vec<u8> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let time = UnixTime::now().as_secs().to_be_bytes();
    [&[0x40], time.as_slice(), &NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes()].concat()
}

impl Entity {
    pub(super) fn root(name: &str) -> Result<Self, Failure> {
        let key = key(KeyKind::EcP256)?;
        Ok(Self { der: authority(name, None).self_signed(&key).map_err(fault)?, key })
    }

    pub(super) fn self_signed(template: &CertificateTemplate) -> Result<Self, Failure> {
        let key = key(KeyKind::EcP256)?;
        Ok(Self { der: template.self_signed(&key).map_err(fault)?, key })
    }

    /// Signs a certificate for a new key of this kind.
    pub(super) fn issue(&self, template: &CertificateTemplate, kind: KeyKind) -> Result<Self, Failure> {
        let key = key(kind)?;
        let certificate = Certificate::parse(&self.der).map_err(fault)?;
        let issuer = Issuer::new(&certificate, &self.key).map_err(fault)?;
        let public = SubjectPublicKey::of(&key).map_err(fault)?;
        Ok(Self { der: template.issue(&issuer, &public).map_err(fault)?, key })
    }

    /// Signs by OpenSSL what our own builder would refuse to write: gives the certificate's and the key's PEM.
    pub(super) fn issue_by_openssl(
        &self,
        folder: &Path,
        (new_key, extensions, options): (&str, &str, &str),
    ) -> Result<(CertificateDer<'static>, String), Failure> {
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| Failure::at(&path, &error))
        };
        write("ca.pem", &pem::write("CERTIFICATE", &self.der))?;
        write("ca.key", self.key.to_pem().map_err(fault)?.as_str())?;
        write("extensions", extensions)?;
        let run = |line: &str| {
            let mut openssl = Command::new("openssl");
            let arguments = line.split_whitespace();
            process::run(openssl.args(arguments).current_dir(folder), Vec::new())?.succeeded()
        };
        run(&format!("req -newkey {new_key} -nodes -keyout leaf.key -out leaf.csr -subj /CN=weak"))?;
        run(&format!(
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 90 -extfile extensions -out leaf.pem {options}"
        ))?;
        let read = |name: &str| fs::read_to_string(folder.join(name)).map_err(Failure::from);
        let mut sections = pem::read(read("leaf.pem")?.as_bytes()).map_err(fault)?;
        let section = sections.pop().ok_or_else(|| fault("OpenSSL wrote no certificate"))?;
        Ok((section.into_der().into(), read("leaf.key")?))
    }

    pub(super) fn key_pem(&self) -> Result<String, Failure> {
        Ok(self.key.to_pem().map_err(fault)?.as_str().to_owned())
    }
}

/// Writes a chain and a key; gives the two files.
pub(super) fn write(
    folder: &Path,
    name: &str,
    (chain, key): (&[CertificateDer<'_>], &str),
) -> Result<(PathBuf, PathBuf), Failure> {
    let files = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    let text: String = chain.iter().map(|der| pem::write("CERTIFICATE", der)).collect();
    fs::write(&files.0, text).map_err(|error| Failure::at(&files.0, &error))?;
    fs::write(&files.1, key).map_err(|error| Failure::at(&files.1, &error))?;
    Ok(files)
}
