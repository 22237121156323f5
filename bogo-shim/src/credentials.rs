//! The certificates and keys of the command line, and the choice among them.

use std::sync::Arc;

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::KeyKind;
use bulla_tls::registry::SignatureScheme;
use bulla_tls::{CertificateNeed, Credential, CredentialError, LegacyKeyTransport, SignNeed, Signature};
use rustls_pki_types::CertificateDer;

use crate::exchange::Failure;
use crate::left_out;
use crate::options::{CredentialFiles, Options};

/// All that this shim can show, best first.
pub struct Holdings {
    held: Vec<Held>,
    /// How many of them, from the front, have a place in `-expect-selected-credential`; the default has -1.
    numbered: usize,
}

struct Held {
    credential: Arc<Credential>,
    key: PrivateKey,
    must_match_issuer: bool,
    session_context: Option<Vec<u8>>,
}

impl Holdings {
    pub fn load(options: &Options) -> Result<Self, Failure> {
        let default = Some(&options.default_credential).filter(|files| files.cert_file.is_some());
        let held = options.credentials.iter().chain(default);
        let held =
            held.filter_map(|files| Held::load(files, options).transpose()).collect::<Result<_, _>>()?;
        Ok(Self { held, numbered: options.credentials.len() })
    }

    /// The one credential to which no question need be put, if there is just one.
    pub fn only(&self) -> Option<&Arc<Credential>> {
        match self.held.as_slice() {
            [Held { credential, must_match_issuer: false, .. }] => Some(credential),
            _ => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The first that the peer can take. A server that has none for this client still shows what it has: it
    /// is the engine that must find that they do not fit.
    pub fn choose(&self, need: &CertificateNeed, server: bool) -> Option<Arc<Credential>> {
        let first = if server { self.held.first() } else { None };
        let fitting = self.held.iter().find(|held| held.fits(need)).or(first);
        fitting.map(|held| Arc::clone(&held.credential))
    }

    /// The one credential as one for key transport, if its key is of RSA.
    pub fn transport(&self) -> Option<Result<LegacyKeyTransport, Failure>> {
        let [held] = self.held.as_slice() else { return None };
        let transport = || LegacyKeyTransport::new(held.credential.chain().to_vec(), &held.key);
        (held.key.kind() == KeyKind::Rsa)
            .then(|| transport().map_err(|error| Failure::Unsupported(error.to_string())))
    }

    /// The context of the sessions that begin with the one credential.
    pub fn session_context(&self) -> Result<Option<&Vec<u8>>, Failure> {
        match self.held.as_slice() {
            [held] => Ok(held.session_context.as_ref()),
            held if held.iter().all(|held| held.session_context.is_none()) => Ok(None),
            _ => Err(Failure::Unsupported("-session-id-context of several credentials".into())),
        }
    }

    /// The place of what was shown, as `-expect-selected-credential` counts.
    pub fn place(&self, shown: Option<&Arc<Credential>>) -> Option<i32> {
        let shown = shown?;
        let place = self.held.iter().position(|held| Arc::ptr_eq(&held.credential, shown))?;
        if place < self.numbered { i32::try_from(place).ok() } else { Some(-1) }
    }

    pub fn sign(&self, need: &SignNeed) -> Result<Signature, Failure> {
        let held = self.held.iter().find(|held| Arc::ptr_eq(&held.credential, &need.credential));
        let held = held.ok_or_else(|| Failure::Shim("asked to sign for an unknown credential".into()))?;
        let signature = held.key.sign(need.algorithm, &need.message);
        signature.map(Signature).map_err(|error| Failure::Shim(error.to_string()))
    }
}

impl Held {
    /// Nothing where a policy leaves the key no scheme to sign by.
    fn load(files: &CredentialFiles, options: &Options) -> Result<Option<Self>, Failure> {
        let cert_file = files.cert_file.as_ref().ok_or_else(|| Failure::Shim("no -cert-file".into()))?;
        let chain = chain(cert_file)?;
        let key = private_key(files.key_file.as_ref().unwrap_or(cert_file))?;
        let credential = match options.asynchronous {
            true => Credential::remote(chain),
            false => Credential::new(chain, private_key(files.key_file.as_ref().unwrap_or(cert_file))?),
        };
        let credential = credential.map_err(|error| Failure::Unsupported(error.to_string()))?;
        let credential = match dress(credential, files, options) {
            Err(CredentialError::NoScheme) if options.policy.is_some() => return Ok(None),
            Err(CredentialError::NoScheme) => return Err(Failure::Unsupported(no_scheme(files))),
            credential => credential.map_err(|error| Failure::Unsupported(error.to_string()))?,
        };
        Ok(Some(Self {
            credential: Arc::new(credential),
            key,
            must_match_issuer: files.must_match_issuer,
            session_context: files.session_context.clone(),
        }))
    }

    fn fits(&self, need: &CertificateNeed) -> bool {
        need.takes(&self.credential)
            && (!self.must_match_issuer || self.credential.is_issued_by(&need.authorities))
    }
}

/// What goes with the chain and its key. Schemes that the key does not have, or that bulla does not know, are left out.
fn dress(
    mut credential: Credential,
    files: &CredentialFiles,
    options: &Options,
) -> Result<Credential, CredentialError> {
    if let Some(response) = files.ocsp.as_ref().filter(|_| !options.decline_ocsp) {
        credential = credential.with_ocsp(response.clone())?;
    }
    if let Some(list) = &files.scts {
        credential = credential.with_scts(scts(list))?;
    }
    let kind = credential.key_kind();
    // Schemes of other keys are named too, to see them passed over.
    let signs = |scheme: &SignatureScheme| scheme.algorithm().is_some_and(|it| it.key_kind() == kind);
    let of_file = files.signing_prefs.iter().map(|id| SignatureScheme(*id));
    let schemes: Vec<_> = match options.policy {
        Some(policy) => policy.schemes.iter().copied().filter(signs).collect(),
        None => of_file.filter(signs).collect(),
    };
    if options.policy.is_some() || !files.signing_prefs.is_empty() {
        credential = credential.with_schemes(&schemes)?;
    }
    Ok(credential)
}

fn no_scheme(files: &CredentialFiles) -> String {
    let reason = files.signing_prefs.iter().find_map(|id| left_out::scheme(*id));
    reason.map_or_else(|| CredentialError::NoScheme.to_string(), str::to_owned)
}

/// The entries of a list behind its length, each behind its own.
pub fn scts(list: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = list.get(2..).unwrap_or_default();
    let mut scts = Vec::new();
    while let Some(([high, low], behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(behind.len());
        let (sct, behind) = behind.split_at(length);
        scts.push(sct.to_vec());
        rest = behind;
    }
    scts
}

/// The certificates of a PEM file.
pub fn chain(file: &str) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let sections = pem::read(&std::fs::read(file)?).map_err(|error| Failure::Shim(error.to_string()))?;
    Ok(sections.into_iter().map(|section| section.into_der().to_vec().into()).collect())
}

/// Keys that bulla refuses, such as RSA of 1024 bits, are none that a case could use.
fn private_key(file: &str) -> Result<PrivateKey, Failure> {
    let key = PrivateKey::from_pem(&std::fs::read(file)?);
    key.map_err(|error| Failure::Unsupported(format!("another policy: keys as long as is safe ({error})")))
}
