//! The authority at work: makes the root once, keeps the intermediate fresh, issues the server's certificate.
//!
//! Whatever moment a crash strikes, the next opening finds a usable folder: an intermediate or a server
//! certificate that does not fit its key is made again, and so is a root whose certificate was never written.
//! A root that someone may trust is only replaced when asked, and then kept aside.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::random::Source;
use bulla_crypto::signature::KeyKind;
use bulla_store::{DataFolder, credential};
use bulla_x509::build::{BuildError, Issuer, SubjectPublicKey};
use bulla_x509::certificate::Certificate;
use bulla_x509::trust::TrustAnchors;
use bulla_x509::verdict::{Presented, Purpose, judge};
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::fault::AuthorityError;
use crate::founding;
use crate::name::{Name, Names};
use crate::pair::{self, Held, INTERMEDIATE, LEAF, ROOT};
use crate::profile::{self, Term};
use crate::root::Root;

/// The private authority of a data folder. Clones are the same authority.
#[derive(Clone, Debug)]
pub struct Authority {
    folder: DataFolder,
    source: Source,
    root: Arc<Root>,
    /// One change at a time.
    turn: Arc<Mutex<()>>,
}

/// A certificate for a server, ready to be served.
#[derive(Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The server's certificate and the intermediate's. The root is not sent: a client has it or does not
    /// trust it.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key of the first.
    pub key: PrivateKey,
}

impl Authority {
    /// The authority of this folder. If there is none, one is made whose root permits the local names and
    /// `names`.
    ///
    /// # Errors
    /// [`AuthorityError::OutsideScope`] if the root was not made for one of the names; it holds the command
    /// that makes a new one. The others say which file is at fault.
    pub fn open_or_create(
        folder: &DataFolder,
        names: &Names,
        now: UnixTime,
        source: &Source,
    ) -> Result<Self, AuthorityError> {
        let root = match Root::read(folder.reader())? {
            Some(root) => root,
            None => founding::make_root(folder, names, now, source)?,
        };
        root.check(names, now)?;
        let authority = Self {
            folder: folder.clone(),
            source: source.clone(),
            root: Arc::new(root),
            turn: Arc::default(),
        };
        authority.intermediate(now)?;
        Ok(authority)
    }

    /// Makes a new root for the local names and `names`. The old one, if there is one, is kept with all that
    /// belongs to it in `authority/retired-FINGERPRINT/`.
    ///
    /// # Errors
    /// As [`open_or_create`](Self::open_or_create).
    pub fn with_new_root(
        folder: &DataFolder,
        names: &Names,
        now: UnixTime,
        source: &Source,
    ) -> Result<Self, AuthorityError> {
        founding::retire(folder)?;
        Self::open_or_create(folder, names, now, source)
    }

    /// The root that users are asked to trust.
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// The PEM file of the root.
    pub fn root_path(&self) -> &Path {
        self.root.path()
    }

    /// The SHA-256 of the root's certificate.
    pub fn root_fingerprint(&self) -> [u8; 32] {
        self.root.fingerprint()
    }

    /// A certificate for `localhost`, `127.0.0.1`, `::1` and `names`.
    ///
    /// The one in the folder is given again while more than a third of its life is left and it has just these
    /// names; else one is made and kept there.
    ///
    /// # Errors
    /// As [`open_or_create`](Self::open_or_create).
    pub fn issue(&self, names: &Names, now: UnixTime) -> Result<Issued, AuthorityError> {
        self.root.check(names, now)?;
        let names = Names::local().with(names);
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let intermediate = self.intermediate(now)?;
        let held = match LEAF.read(&self.folder)? {
            Some(held) if self.is_fresh(&held, &intermediate, &names, now) => held,
            _ => self.make_leaf(&intermediate, &names, now)?,
        };
        let Held { chain, key } = held;
        Ok(Issued { chain, key })
    }

    /// The intermediate in the folder, made again if it is not there or its time is near.
    fn intermediate(&self, now: UnixTime) -> Result<Held, AuthorityError> {
        match INTERMEDIATE.read(&self.folder)? {
            Some(held) if self.issued(&held, now) => Ok(held),
            _ => self.make_intermediate(now),
        }
    }

    /// Whether an intermediate is from this root and fresh.
    fn issued(&self, held: &Held, now: UnixTime) -> bool {
        held.certificate().is_ok_and(|certificate| {
            certificate.authority_key_identifier() == Some(self.root.key_identifier())
                && !profile::is_due(certificate.not_before(), certificate.not_after(), now)
        })
    }

    fn make_intermediate(&self, now: UnixTime) -> Result<Held, AuthorityError> {
        let root_key = self.root_key()?;
        let key = PrivateKey::generate(KeyKind::EcP256)?;
        let public = SubjectPublicKey::of(&key)?;
        let term = Term { now, issuer_ends: Some(self.root.ends()) };
        let template = profile::intermediate(self.root.scope(), &public, term, &self.source)?;
        let root = Certificate::parse(self.root.der()).map_err(BuildError::from)?;
        let der = template.issue(&Issuer::new(&root, &root_key)?, &public)?;
        let held = Held { chain: vec![der], key };
        INTERMEDIATE.write(&self.folder, &held)?;
        Ok(held)
    }

    /// The root's key is read only when it signs.
    fn root_key(&self) -> Result<PrivateKey, AuthorityError> {
        let path = self.folder.path_of(ROOT.key);
        let mend = self.root.successor(&Names::default());
        let Some(text) = self.folder.read_key(ROOT.key)? else {
            return Err(AuthorityError::KeyMissing { path, mend });
        };
        let key = credential::key_from(&path, &text)?;
        match Certificate::parse(self.root.der()) {
            Ok(root) if pair::is_key_of(&key, &root) => Ok(key),
            _ => Err(AuthorityError::OtherKey { path, mend }),
        }
    }

    /// Whether a kept certificate is for just these names, under this intermediate, and would be trusted.
    fn is_fresh(&self, held: &Held, intermediate: &Held, names: &Names, now: UnixTime) -> bool {
        let Ok(certificate) = held.certificate() else { return false };
        let carried: HashSet<_> =
            certificate.subject_alternative_names().map(|name| name.to_string()).collect();
        let wanted: HashSet<_> = names.iter().map(Name::to_string).collect();
        carried == wanted
            && held.chain.get(1..) == Some(&intermediate.chain)
            && !profile::is_due(certificate.not_before(), certificate.not_after(), now)
            && self.judge(&held.chain, names, now).is_ok()
    }

    fn make_leaf(&self, intermediate: &Held, names: &Names, now: UnixTime) -> Result<Held, AuthorityError> {
        let key = PrivateKey::generate(KeyKind::EcP256)?;
        let issuer = intermediate.certificate()?;
        let term = Term { now, issuer_ends: Some(issuer.not_after()) };
        let template = profile::leaf(names, term, &self.source)?;
        let der = template.issue(&Issuer::new(&issuer, &intermediate.key)?, &SubjectPublicKey::of(&key)?)?;
        let held = Held { chain: [der].into_iter().chain(intermediate.chain.iter().cloned()).collect(), key };
        self.judge(&held.chain, names, now)?;
        LEAF.write(&self.folder, &held)?;
        Ok(held)
    }

    /// The judgement of a client that trusts the root.
    fn judge(
        &self,
        chain: &[CertificateDer<'_>],
        names: &Names,
        now: UnixTime,
    ) -> Result<(), AuthorityError> {
        let mut anchors = TrustAnchors::new();
        anchors.add_certificate(self.root.der()).map_err(BuildError::from)?;
        for name in names {
            let Some(server) = name.example() else { continue };
            if let Some(failure) =
                judge(&Presented::new(chain, Purpose::Server(&server)), &anchors, now).failure
            {
                return Err(AuthorityError::Untrusted { name: name.to_string(), failure: Box::new(failure) });
            }
        }
        Ok(())
    }
}
