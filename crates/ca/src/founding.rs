//! How a root comes into being, and how it is put aside for another.

use bulla_crypto::hash::HashAlgorithm;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::random::Source;
use bulla_crypto::signature::KeyKind;
use bulla_store::{DataFolder, Protection, credential};
use bulla_x509::build::SubjectPublicKey;
use rustls_pki_types::UnixTime;

use crate::fault::{AuthorityError, NewRoot};
use crate::name::Names;
use crate::pair::{Held, INTERMEDIATE, Pair, ROOT};
use crate::profile;
use crate::root::Root;
use crate::scope::Scope;

/// Makes a root where there is none.
///
/// The certificate is written last: a key alone is what a crash left of a root that nobody has seen. An
/// intermediate, however, is made only below a whole root, so beside one the root has been lost.
pub(crate) fn make_root(
    folder: &DataFolder,
    names: &Names,
    now: UnixTime,
    source: &Source,
) -> Result<Root, AuthorityError> {
    if folder.read(INTERMEDIATE.chain)?.is_some() {
        let mend = NewRoot { folder: folder.path().to_owned(), names: names.clone() };
        return Err(AuthorityError::RootMissing { path: folder.path_of(ROOT.chain), mend });
    }
    let scope = Scope::of(names);
    let key = PrivateKey::generate(KeyKind::EcP256)?;
    let template = profile::root(&scope, &SubjectPublicKey::of(&key)?, now, source)?;
    let der = template.self_signed(&key)?;
    ROOT.write(folder, &Held { chain: vec![der.clone()], key })?;
    Root::from_der(folder.reader(), der)
}

/// Puts the root and its intermediate aside.
///
/// First everything is copied, then the originals go, the root's certificate before its key: the step after
/// which [`make_root`] makes another one. A crash before it leaves the old root in force, one after it loses
/// nothing.
pub(crate) fn retire(folder: &DataFolder) -> Result<(), AuthorityError> {
    let Some(mark) = mark(folder)? else { return Ok(()) };
    for Pair { chain, key } in [ROOT, INTERMEDIATE] {
        if let Some(bytes) = folder.read_key(key)? {
            folder.write(&aside(&mark, key), &bytes, Protection::OwnerOnly)?;
        }
        if let Some(bytes) = folder.read(chain)? {
            folder.write(&aside(&mark, chain), &bytes, Protection::Public)?;
        }
    }
    for name in [INTERMEDIATE.chain, INTERMEDIATE.key, ROOT.chain, ROOT.key] {
        folder.remove(name)?;
    }
    Ok(())
}

/// The fingerprint of what is put aside: the root's, or the intermediate's if the root is lost.
fn mark(folder: &DataFolder) -> Result<Option<String>, AuthorityError> {
    for name in [ROOT.chain, INTERMEDIATE.chain] {
        if let Some(text) = folder.read(name)? {
            // A broken file is kept as well, under the digest of its text.
            let der = credential::certificates_from(&folder.path_of(name), &text);
            let bytes = der.ok().and_then(|chain| chain.first().map(|der| der.to_vec())).unwrap_or(text);
            let digest = HashAlgorithm::Sha256.hash(&bytes);
            return Ok(Some(digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()));
        }
    }
    Ok(None)
}

fn aside(mark: &str, name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    format!("authority/retired-{mark}/{file}")
}
