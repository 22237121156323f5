//! Where the data folder is, and the authority in it.

use std::path::{Path, PathBuf};

use bulla_ca::Root;
use bulla_store::{DataFolder, quote};
use bulla_x509::certificate::Certificate;
use bulla_x509::files::{self, Content, Locked};
use bulla_x509::trust::TrustAnchors;

use crate::complaint::Complaint;

/// The folder that was named, or the usual one.
pub(crate) fn path(named: Option<&Path>) -> Result<PathBuf, Complaint> {
    match named {
        Some(path) => Ok(path.to_owned()),
        None => DataFolder::default_path(|variable| std::env::var_os(variable)).map_err(Complaint::new),
    }
}

/// The option that names this folder again, with a space before it; nothing for the usual folder.
pub(crate) fn option(named: Option<&Path>) -> String {
    named.map(|path| format!(" --data {}", quote::shell_word(&path.to_string_lossy()))).unwrap_or_default()
}

/// The certificates in a file of any form, each trusted for its own sake.
pub(crate) fn anchors_in(path: &Path) -> Result<TrustAnchors, Complaint> {
    let shown = quote::path(path);
    let bytes = bulla_store::read_file(path).map_err(|error| {
        let problem = format!("{shown} cannot be read: {error}");
        Complaint::with_mend(problem, "name a file of certificates with --ca FILE")
    })?;
    let mut anchors = TrustAnchors::new();
    for item in files::read(&bytes, None).map_err(|error| Complaint::new(format_args!("{shown}: {error}")))? {
        match item.content {
            Content::Certificate(der) => {
                anchors
                    .add_certificate(&der)
                    .map_err(|error| Complaint::new(format_args!("{shown}: {error}")))?;
            }
            Content::Locked(Locked::Pkcs12) => {
                let mend = "take the certificates out of it: bulla cert convert FILE --to certificates --out NEW.pem";
                return Err(Complaint::with_mend(format_args!("{shown} is behind a passphrase"), mend));
            }
            _ => {}
        }
    }
    if anchors.is_empty() {
        let problem = format!("there is no certificate in {shown}");
        return Err(Complaint::with_mend(problem, "name a file of certificates with --ca FILE"));
    }
    Ok(anchors)
}

/// The root of the authority in a folder, as the only one to trust.
pub(crate) fn local_anchors(named: Option<&Path>) -> Result<TrustAnchors, Complaint> {
    let path = path(named)?;
    let folder = DataFolder::read_only(&path).map_err(Complaint::new)?;
    let root = Root::read(&folder).map_err(Complaint::new)?.ok_or_else(|| {
        let problem = format!("there is no authority in {} yet", quote::path(&path));
        Complaint::with_mend(problem, format!("make it with: bulla up{}", option(named)))
    })?;
    anchors(&root)
}

/// The name of the root in the usual folder, if there is one.
pub(crate) fn local_root_name() -> Option<String> {
    let folder = DataFolder::read_only(&path(None).ok()?).ok()?;
    let root = Root::read(&folder).ok()??;
    Some(Certificate::parse(root.der()).ok()?.subject().to_string())
}

/// One root as the only one to trust.
pub(crate) fn anchors(root: &Root) -> Result<TrustAnchors, Complaint> {
    let mut anchors = TrustAnchors::new();
    anchors.add_certificate(root.der()).map_err(Complaint::new)?;
    Ok(anchors)
}
