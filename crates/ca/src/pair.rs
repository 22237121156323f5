//! A certificate chain and its key as two files of the data folder.

use bulla_crypto::pem;
use bulla_crypto::private_key::PrivateKey;
use bulla_crypto::signature::PublicKey;
use bulla_store::{DataFolder, FolderError, Protection, credential};
use bulla_x509::build::BuildError;
use bulla_x509::certificate::Certificate;
use rustls_pki_types::CertificateDer;

use crate::fault::AuthorityError;

/// Where the two files lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) chain: &'static str,
    pub(crate) key: &'static str,
}

pub(crate) const ROOT: Pair = Pair { chain: "authority/root.pem", key: "authority/root.key" };
pub(crate) const INTERMEDIATE: Pair =
    Pair { chain: "authority/intermediate.pem", key: "authority/intermediate.key" };
pub(crate) const LEAF: Pair = Pair { chain: "certificates/local.pem", key: "certificates/local.key" };

/// What the two files hold.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKey,
}

impl Pair {
    /// Reads both files; `None` if one is not there, holds something else, or does not belong to the other.
    ///
    /// For pairs that can be made again. That others can read the key is an error even so.
    pub(crate) fn read(self, folder: &DataFolder) -> Result<Option<Held>, FolderError> {
        let (Some(text), Some(key)) = (folder.read(self.chain)?, folder.read_key(self.key)?) else {
            return Ok(None);
        };
        let chain = credential::certificates_from(&folder.path_of(self.chain), &text).ok();
        let key = credential::key_from(&folder.path_of(self.key), &key).ok();
        let held = chain.zip(key).map(|(chain, key)| Held { chain, key });
        Ok(held.filter(Held::fits))
    }

    /// Writes the key, then the chain: while the chain is not there, the pair is not.
    pub(crate) fn write(self, folder: &DataFolder, held: &Held) -> Result<(), AuthorityError> {
        folder.write(self.key, held.key.to_pem()?.as_bytes(), Protection::OwnerOnly)?;
        let text: String = held.chain.iter().map(|der| pem::write("CERTIFICATE", der)).collect();
        Ok(folder.write(self.chain, text.as_bytes(), Protection::Public)?)
    }
}

impl Held {
    /// The certificate of the key.
    pub(crate) fn certificate(&self) -> Result<Certificate<'_>, BuildError> {
        Ok(Certificate::parse(self.chain.first().map_or(&[], |der| der.as_ref()))?)
    }

    fn fits(&self) -> bool {
        self.certificate().is_ok_and(|certificate| is_key_of(&self.key, &certificate))
    }
}

/// Whether a private key belongs to a certificate.
pub(crate) fn is_key_of(key: &PrivateKey, certificate: &Certificate<'_>) -> bool {
    let same =
        |public: PublicKey<'_>| public.kind() == key.kind() && public.as_bytes() == key.public_key_bits();
    certificate.public_key().is_ok_and(same)
}
