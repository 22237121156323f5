//! What the tests of the binary share: a place to work in, the binary, certificates.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod up;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::{CertificateDer, UnixTime};

/// A folder of its own, gone at the end.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file and gives its path.
    pub(crate) fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// The binary, with this place as home and nothing of the surroundings.
    pub(crate) fn bulla(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bulla"));
        command.env_clear().env("HOME", self.path()).env("COLUMNS", "80").current_dir(self.path());
        // A machine without a name server must not wait for one.
        command.env("RES_OPTIONS", "attempts:1 timeout:1");
        command.args(arguments.split_whitespace());
        command
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.bulla(arguments).output().unwrap()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const DAY: u64 = 86_400;

/// Days from now; negative is past.
pub(crate) fn day(offset: i64) -> UnixTime {
    let now = UnixTime::now().as_secs().checked_add_signed(offset * 86_400).unwrap();
    UnixTime::since_unix_epoch(Duration::from_secs(now / DAY * DAY))
}

/// An intermediate authority that no one knows.
pub(crate) struct Authority {
    der: CertificateDer<'static>,
    key: PrivateKey,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let mut template = CertificateTemplate::authority(Subject::new().common_name("Test authority"), None);
        (template.not_before, template.not_after) = (day(-30), day(3000));
        Self { der: template.self_signed(&key).unwrap(), key }
    }

    pub(crate) fn pem(&self) -> String {
        pem::write("CERTIFICATE", &self.der)
    }

    /// A certificate for `localhost`, valid between these days, and its key, as PEM.
    pub(crate) fn issue(&self, days: (i64, i64)) -> (String, String) {
        self.issue_to(Subject::new().common_name("localhost"), days)
    }

    /// As [`issue`](Self::issue), for this subject.
    pub(crate) fn issue_to(&self, subject: Subject, days: (i64, i64)) -> (String, String) {
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let mut template = CertificateTemplate::server(vec![Name::Dns("localhost".into())]);
        template.subject = subject;
        (template.not_before, template.not_after) = (day(days.0), day(days.1));
        template.serial = vec![7; 16];
        let parsed = Certificate::parse(&self.der).unwrap();
        let issuer = Issuer::new(&parsed, &self.key).unwrap();
        let der = template.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap();
        (pem::write("CERTIFICATE", &der), pem::write("PRIVATE KEY", &key.to_pkcs8().unwrap()))
    }
}

/// A root, an intermediate, and a leaf for `shop.example` with its key.
pub(crate) struct Hierarchy {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) intermediate: CertificateDer<'static>,
    intermediate_key: PrivateKey,
    pub(crate) leaf: CertificateDer<'static>,
    pub(crate) key: PrivateKey,
}

impl Hierarchy {
    pub(crate) fn new() -> Self {
        let new_key = || PrivateKey::generate(KeyKind::EcP256).unwrap();
        let authority = |name: &str, depth| {
            let mut template = CertificateTemplate::authority(
                Subject::new().organization("Example, Ltd").common_name(name),
                depth,
            );
            (template.not_before, template.not_after) = (day(-30), day(3000));
            template
        };
        let (root_key, intermediate_key) = (new_key(), new_key());
        let root = authority("Example root", None).self_signed(&root_key).unwrap();
        let parsed = Certificate::parse(&root).unwrap();
        let issuer = Issuer::new(&parsed, &root_key).unwrap();
        let public = SubjectPublicKey::of(&intermediate_key).unwrap();
        let intermediate = authority("Example intermediate", Some(0)).issue(&issuer, &public).unwrap();
        let mut made = Self { leaf: root.clone(), root, intermediate, intermediate_key, key: new_key() };
        (made.leaf, made.key) = made.issue("shop.example", (-1, 90));
        made
    }

    /// A certificate for a name and `www.` before it, valid between these days, and its key.
    pub(crate) fn issue(&self, name: &str, days: (i64, i64)) -> (CertificateDer<'static>, PrivateKey) {
        self.issue_to(Subject::new().common_name(name), name, days)
    }

    /// As [`issue`](Self::issue), for this subject.
    pub(crate) fn issue_to(
        &self,
        subject: Subject,
        name: &str,
        days: (i64, i64),
    ) -> (CertificateDer<'static>, PrivateKey) {
        let key = PrivateKey::generate(KeyKind::EcP256).unwrap();
        let names = [name.to_owned(), format!("www.{name}")].map(Name::Dns);
        let mut template = CertificateTemplate::server(names.to_vec());
        template.subject = subject;
        (template.not_before, template.not_after) = (day(days.0), day(days.1));
        template.serial = vec![7; 20];
        let parsed = Certificate::parse(&self.intermediate).unwrap();
        let issuer = Issuer::new(&parsed, &self.intermediate_key).unwrap();
        (template.issue(&issuer, &SubjectPublicKey::of(&key).unwrap()).unwrap(), key)
    }
}
