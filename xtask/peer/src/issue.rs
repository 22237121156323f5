//! A root and a server's certificate, for kinds of keys that the peers' own tools do not make.

use std::path::Path;
use std::time::Duration;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::UnixTime;

use crate::Outcome;
use crate::options::Options;

const KINDS: [KeyKind; 3] = [KeyKind::MlDsa44, KeyKind::MlDsa65, KeyKind::MlDsa87];

/// From 2025 to 2045, as the certificates of the peers' authority.
const VALID: [u64; 2] = [1_735_689_600, 2_366_841_600];

/// Writes `root.pem`, `chain.pem` and `key.pem`.
pub(crate) fn issue(options: &Options) -> Outcome {
    let wanted = options.value("--key")?;
    let kind = KINDS.into_iter().find(|kind| kind.to_string() == wanted);
    let kind = kind.ok_or_else(|| format!("no such kind of key: {wanted}"))?;
    let (root_key, key) = (PrivateKey::generate(kind)?, PrivateKey::generate(kind)?);
    let root = lasting(CertificateTemplate::authority(Subject::new().common_name("Peer root"), None));
    let root = root.self_signed(&root_key)?;
    let certificate = Certificate::parse(&root)?;
    let mut leaf = lasting(CertificateTemplate::server(vec![Name::Dns(options.value("--name")?.into())]));
    leaf.serial = vec![7; 16];
    let leaf = leaf.issue(&Issuer::new(&certificate, &root_key)?, &SubjectPublicKey::of(&key)?)?;
    let folder = Path::new(options.value("--folder")?);
    std::fs::write(folder.join("root.pem"), pem::write("CERTIFICATE", &root))?;
    std::fs::write(folder.join("chain.pem"), pem::write("CERTIFICATE", &leaf))?;
    Ok(std::fs::write(folder.join("key.pem"), key.to_pem()?.as_bytes())?)
}

fn lasting(mut template: CertificateTemplate) -> CertificateTemplate {
    [template.not_before, template.not_after] =
        VALID.map(|seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
    template
}
