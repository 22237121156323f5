//! Certificates for the peers' servers, made with the openssl command line: not by the code under test.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process;
use crate::failure::Failure;

/// The name every server here goes by.
pub(crate) const NAME: &str = "server.test";

/// A root and an intermediate, and the files of everything they issued.
pub(crate) struct Authority {
    folder: PathBuf,
}

/// The kind of a key, in openssl's words.
#[derive(Clone, Copy)]
pub(crate) struct Key(&'static [&'static str]);

pub(crate) const P256: Key = Key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
pub(crate) const P384: Key = Key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
pub(crate) const P521: Key = Key(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]);
pub(crate) const ED25519: Key = Key(&["-algorithm", "ED25519"]);
pub(crate) const RSA: Key = Key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
pub(crate) const RSA_WEAK: Key = Key(&["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]);

/// A certificate of a server for each kind of key, by its file; made with the authority.
pub(crate) const SERVERS: [(&str, Key); 5] =
    [("ecdsa-p256", P256), ("ecdsa-p384", P384), ("ecdsa-p521", P521), ("ed25519", ED25519), ("rsa", RSA)];
/// The same of clients.
pub(crate) const CLIENTS: [(&str, Key); 3] =
    [("client-ecdsa-p256", P256), ("client-ecdsa-p521", P521), ("client-rsa", RSA)];

/// One certificate to make. [`Wanted::server`] and [`Wanted::authority`] are right; cases spoil one thing.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The stem of its files.
    pub(crate) file: &'static str,
    pub(crate) key: Key,
    /// The file of who signs it.
    pub(crate) signer: &'static str,
    pub(crate) constraints: &'static str,
    pub(crate) usage: &'static str,
    /// Extended key usage; empty for none.
    pub(crate) purpose: &'static str,
    /// Subject alternative names; empty for none.
    pub(crate) names: &'static str,
    /// One more line of extensions.
    pub(crate) more: &'static str,
    /// `YYYYMMDDHHMMSSZ`
    pub(crate) begins: &'static str,
    pub(crate) ends: &'static str,
    pub(crate) digest: &'static str,
}

impl Wanted {
    /// A server's certificate that has nothing wrong.
    pub(crate) fn server(file: &'static str) -> Wanted {
        Wanted {
            file,
            key: P256,
            signer: "intermediate",
            constraints: "critical,CA:FALSE",
            usage: "critical,digitalSignature",
            purpose: "serverAuth",
            names: "DNS:server.test",
            more: "",
            begins: "20250101000000Z",
            ends: "20450101000000Z",
            digest: "sha256",
        }
    }

    /// A client's certificate that has nothing wrong.
    pub(crate) fn client(file: &'static str) -> Wanted {
        Wanted { purpose: "clientAuth", names: "URI:spiffe://server.test/client", ..Wanted::server(file) }
    }

    /// An intermediate authority that has nothing wrong.
    pub(crate) fn authority(file: &'static str) -> Wanted {
        Wanted {
            signer: "root",
            constraints: "critical,CA:TRUE,pathlen:0",
            usage: "critical,keyCertSign,cRLSign",
            purpose: "",
            names: "",
            ..Wanted::server(file)
        }
    }

    fn extensions(&self) -> String {
        let mut lines = format!("basicConstraints={}\nkeyUsage={}\n", self.constraints, self.usage);
        lines.push_str("subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n");
        for (name, value) in [("extendedKeyUsage", self.purpose), ("subjectAltName", self.names)] {
            if !value.is_empty() {
                lines.push_str(&format!("{name}={value}\n"));
            }
        }
        lines + self.more + "\n"
    }
}

/// The settings `openssl ca` insists on.
const SETTINGS: &str = "\
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
email_in_dn = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = dn
[dn]
";

impl Authority {
    /// Makes a root, an intermediate, and what they certify, in an empty folder.
    pub(crate) fn create(folder: &Path) -> Result<Authority, Failure> {
        let authority = Authority { folder: folder.to_path_buf() };
        std::fs::write(folder.join("settings.cnf"), SETTINGS)?;
        std::fs::write(folder.join("index.txt"), "")?;
        for root in ["root", "stranger"] {
            authority.issue(&Wanted {
                signer: "",
                constraints: "critical,CA:TRUE",
                ..Wanted::authority(root)
            })?;
        }
        authority.issue(&Wanted::authority("intermediate"))?;
        for (file, key) in SERVERS {
            authority.issue(&Wanted { key, ..Wanted::server(file) })?;
        }
        for (file, key) in CLIENTS {
            authority.issue(&Wanted { key, ..Wanted::client(file) })?;
        }
        Ok(authority)
    }

    /// The certificate in a file made here.
    pub(crate) fn certificate(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{file}.pem"))
    }

    /// The key that belongs to it.
    pub(crate) fn key(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{file}.key"))
    }

    /// Both for command lines: the certificate behind its intermediate, and its key.
    pub(crate) fn shown(&self, file: &str) -> Result<[String; 2], Failure> {
        let (chain, key) = (self.chain(&[file, "intermediate"])?, self.key(file));
        Ok([chain.display().to_string(), key.display().to_string()])
    }

    /// One file with the certificates in the order given.
    pub(crate) fn chain(&self, files: &[&str]) -> Result<PathBuf, Failure> {
        let path = self.folder.join(format!("{}.chain", files.join("+")));
        let mut text = String::new();
        for file in files {
            text.push_str(&std::fs::read_to_string(self.certificate(file))?);
        }
        std::fs::write(&path, text).map_err(|error| Failure::at(&path, &error))?;
        Ok(path)
    }

    /// Makes a key and a certificate for it; signed by itself when there is no signer.
    pub(crate) fn issue(&self, wanted: &Wanted) -> Result<(), Failure> {
        let Wanted { file, key, signer, begins, ends, digest, .. } = wanted;
        let (request, extensions) = (format!("{file}.csr"), format!("{file}.ext"));
        let (certificate, own_key) = (format!("{file}.pem"), format!("{file}.key"));
        std::fs::write(self.folder.join(&extensions), wanted.extensions())?;
        self.openssl("genpkey", &["-out", &own_key], key.0)?;
        let subject = format!("/CN=interop {file}");
        self.openssl(
            "req",
            &["-new", "-config", "settings.cnf", "-out", &request],
            &["-key", &own_key, "-subj", &subject],
        )?;
        let (signer_certificate, signer_key) = (format!("{signer}.pem"), format!("{signer}.key"));
        let by: &[&str] = if signer.is_empty() {
            &["-selfsign", "-keyfile", &own_key]
        } else {
            &["-cert", &signer_certificate, "-keyfile", &signer_key]
        };
        let what = [
            &["-batch", "-notext", "-config", "settings.cnf", "-in", &request, "-out", &certificate][..],
            &["-extfile", &extensions, "-startdate", begins, "-enddate", ends, "-md", digest],
        ];
        self.openssl("ca", &what.concat(), by)
    }

    /// Copies a certificate with the last bit of its signature turned, under another file name.
    pub(crate) fn spoil_signature(&self, file: &str, spoiled: &str) -> Result<(), Failure> {
        let (pem, der, out) = (format!("{file}.pem"), format!("{spoiled}.der"), format!("{spoiled}.pem"));
        self.openssl("x509", &["-in", &pem], &["-outform", "DER", "-out", &der])?;
        let mut bytes = std::fs::read(self.folder.join(&der))?;
        let last = bytes.last_mut().ok_or_else(|| Failure::new("openssl wrote an empty certificate"))?;
        *last ^= 1;
        std::fs::write(self.folder.join(&der), bytes)?;
        std::fs::copy(self.key(file), self.key(spoiled))?;
        self.openssl("x509", &["-inform", "DER", "-in", &der], &["-out", &out])
    }

    fn openssl(&self, verb: &str, first: &[&str], then: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new("openssl");
        command.current_dir(&self.folder).arg(verb).args(first).args(then);
        let finished = process::run(&mut command, Vec::new())?.succeeded();
        finished.map(drop).map_err(|failure| Failure::new(format!("openssl {verb}: {failure}")))
    }
}
