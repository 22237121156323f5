//! The certificates of a run: a root, an intermediate and a leaf, all of one kind.

use std::path::Path;
use std::time::Duration;

use bench_peer::case::Kind;
use bench_peer::fault::Fault;
use bench_peer::identity::{Identity, SERVER_NAME};
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_x509::build::{CertificateTemplate, Issuer, Name, Subject, SubjectPublicKey};
use bulla_x509::certificate::{Certificate, KeyPurpose};
use rustls_pki_types::{CertificateDer, UnixTime};

/// Makes both kinds below this folder.
pub(crate) fn make(folder: &Path) -> Result<(), Fault> {
    for kind in [Kind::EcdsaP256, Kind::Rsa2048] {
        identity(kind)?.write(&folder.join(kind.folder()))?;
    }
    Ok(())
}

fn identity(kind: Kind) -> Result<Identity, Fault> {
    let generate = || match kind {
        Kind::EcdsaP256 => PrivateKey::generate(KeyKind::EcP256),
        Kind::Rsa2048 => PrivateKey::generate(KeyKind::Rsa),
    };
    let (root_key, intermediate_key, leaf_key) = (generate()?, generate()?, generate()?);
    let authority = |name: &str, length| {
        current(CertificateTemplate::authority(Subject::new().common_name(name), Some(length)))
    };
    let root = authority("Bench Root", 1).self_signed(&root_key)?;
    let intermediate = issue(&authority("Bench Intermediate", 0), (&root, &root_key), &intermediate_key)?;
    let template = current(CertificateTemplate::server(vec![Name::Dns(SERVER_NAME.to_owned())]));
    let leaf = issue(&template, (&intermediate, &intermediate_key), &leaf_key)?;
    let client_key = generate()?;
    let mut template = current(CertificateTemplate::server(vec![Name::Dns("client.example".to_owned())]));
    template.purposes = vec![KeyPurpose::ClientAuth];
    let client = issue(&template, (&intermediate, &intermediate_key), &client_key)?;
    Ok(Identity {
        root: root.to_vec(),
        intermediate: intermediate.to_vec(),
        leaf: leaf.to_vec(),
        key: leaf_key.to_pkcs8()?.to_vec(),
        client: client.to_vec(),
        client_key: client_key.to_pkcs8()?.to_vec(),
    })
}

/// Valid from yesterday for a month: peers judge by the machine's clock.
fn current(mut template: CertificateTemplate) -> CertificateTemplate {
    const DAY: u64 = 24 * 60 * 60;
    let now = UnixTime::now().as_secs();
    template.not_before = UnixTime::since_unix_epoch(Duration::from_secs(now.saturating_sub(DAY)));
    template.not_after = UnixTime::since_unix_epoch(Duration::from_secs(now + 30 * DAY));
    template
}

fn issue(
    template: &CertificateTemplate,
    (issuer, issuer_key): (&CertificateDer<'_>, &PrivateKey),
    subject: &PrivateKey,
) -> Result<CertificateDer<'static>, Fault> {
    let issuer = Certificate::parse(issuer)?;
    let issuer = Issuer::new(&issuer, issuer_key)?;
    Ok(template.issue(&issuer, &SubjectPublicKey::of(subject)?)?)
}
