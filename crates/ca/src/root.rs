//! The root: the one certificate that a user trusts.

use std::path::{Path, PathBuf};

use bulla_store::{FolderReader, credential};
use bulla_x509::certificate::Certificate;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::fault::{AuthorityError, NewRoot};
use crate::name::{Name, Names};
use crate::pair::ROOT;
use crate::scope::Scope;

/// A root as it lies in the data folder. Reading it takes no lock and no key.
#[derive(Clone, Debug)]
pub struct Root {
    der: CertificateDer<'static>,
    path: PathBuf,
    folder: PathBuf,
    scope: Scope,
    fingerprint: [u8; 32],
    key_identifier: Vec<u8>,
    validity: (UnixTime, UnixTime),
}

impl Root {
    /// The root of a data folder, or `None` if none has been made there.
    ///
    /// # Errors
    /// When its file cannot be read or holds something else.
    pub fn read(folder: &FolderReader) -> Result<Option<Self>, AuthorityError> {
        let Some(text) = folder.read(ROOT.chain)? else { return Ok(None) };
        let mut chain = credential::certificates_from(&folder.path_of(ROOT.chain), &text)?;
        Self::from_der(folder, chain.swap_remove(0)).map(Some)
    }

    pub(crate) fn from_der(
        folder: &FolderReader,
        der: CertificateDer<'static>,
    ) -> Result<Self, AuthorityError> {
        let path = folder.path_of(ROOT.chain);
        let foreign = || AuthorityError::NotARoot {
            path: path.clone(),
            mend: NewRoot { folder: folder.path().to_owned(), names: Names::default() },
        };
        let certificate = Certificate::parse(&der).map_err(|_| foreign())?;
        let authority = certificate.basic_constraints().is_some_and(|basic| basic.authority);
        let scope = Scope::of_certificate(&certificate).filter(|_| authority).ok_or_else(foreign)?;
        Ok(Self {
            scope,
            fingerprint: certificate.fingerprint(),
            key_identifier: certificate.subject_key_identifier().unwrap_or_default().to_vec(),
            validity: (certificate.not_before(), certificate.not_after()),
            folder: folder.path().to_owned(),
            path: path.clone(),
            der,
        })
    }

    /// The certificate.
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// The PEM file it lies in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The SHA-256 of the certificate.
    pub fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// What it may vouch for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl Root {
    /// Refuses names that the root was not made for, and a moment outside its validity.
    pub(crate) fn check(&self, names: &Names, now: UnixTime) -> Result<(), AuthorityError> {
        let mut outside = Names::default();
        names.iter().filter(|name| !self.scope.covers(name)).for_each(|name| outside.insert(name.clone()));
        if !outside.is_empty() {
            let (path, mend) = (self.path.clone(), self.successor(names));
            return Err(AuthorityError::OutsideScope { path, names: outside, mend });
        }
        let (from, until) = self.validity;
        if now < from {
            return Err(AuthorityError::ClockBeforeRoot { path: self.path.clone(), from, now });
        }
        if now > until {
            let mend = self.successor(names);
            return Err(AuthorityError::RootExpired { path: self.path.clone(), until, mend });
        }
        Ok(())
    }

    /// The command for a root that permits these names and all that this one does.
    pub(crate) fn successor(&self, names: &Names) -> NewRoot {
        let wanted = Scope::of(names);
        let mut all = Names::default();
        names
            .iter()
            .filter(|name| !Scope::of(&Names::default()).covers(name))
            .for_each(|name| all.insert(name.clone()));
        self.scope
            .asked()
            .iter()
            .filter(|name| !wanted.covers(name))
            .for_each(|name: &Name| all.insert(name.clone()));
        NewRoot { folder: self.folder.clone(), names: all }
    }

    pub(crate) fn ends(&self) -> UnixTime {
        self.validity.1
    }

    pub(crate) fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }
}
