//! A key in a PKCS#11 token, such as an HSM's: it signs, and never comes out.

use std::borrow::Cow;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use bulla_crypto::hash::HashAlgorithm;
use bulla_tls::registry::SignatureScheme;
use bulla_tls::{SignNeed, Signature};
use bulla_tokio::{Refused, Signer};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;

use crate::options::Options;

/// A token with a session open, and the one private key in it that bears the label asked for.
pub(crate) struct Token(Arc<Mutex<Opened>>);

struct Opened {
    session: Session,
    key: ObjectHandle,
}

impl Token {
    /// Opens the token that `--pkcs11 MODULE --pin PIN --key-label LABEL` names, if it is named at all.
    pub(crate) fn open(options: &Options) -> Result<Option<Self>, Box<dyn Error>> {
        let Some(module) = options.optional("--pkcs11") else { return Ok(None) };
        let library = Pkcs11::new(module)?;
        library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let slot = *library.get_slots_with_initialized_token()?.first().ok_or("there is no token")?;
        let session = library.open_ro_session(slot)?;
        session.login(UserType::User, Some(&AuthPin::new(options.value("--pin")?.into())))?;
        let label = options.value("--key-label")?;
        let wanted = [Attribute::Private(true), Attribute::Sign(true), Attribute::Label(label.into())];
        let key = *session.find_objects(&wanted)?.first().ok_or("the token has no such key")?;
        Ok(Some(Self(Arc::new(Mutex::new(Opened { session, key })))))
    }
}

impl Signer for Token {
    async fn sign(&self, need: &SignNeed) -> Result<Signature, Refused> {
        let (opened, scheme, message) = (Arc::clone(&self.0), need.scheme, need.message.clone());
        let sign = move || opened.lock().unwrap_or_else(PoisonError::into_inner).sign(scheme, &message);
        tokio::task::spawn_blocking(sign).await.map_err(|_| "the token's thread is gone")?
    }

    fn name(&self) -> Cow<'_, str> {
        "the PKCS#11 token".into()
    }
}

impl Opened {
    fn sign(&self, scheme: SignatureScheme, message: &[u8]) -> Result<Signature, Refused> {
        let sign = |mechanism: &Mechanism<'_>, data: &[u8]| {
            self.session.sign(mechanism, self.key, data).map_err(|error| Refused::new(error.to_string()))
        };
        match scheme {
            SignatureScheme::ECDSA_SECP256R1_SHA256 => {
                let digest = HashAlgorithm::Sha256.hash(message);
                Ok(Signature(ecdsa(&sign(&Mechanism::Ecdsa, digest.as_ref())?)))
            }
            SignatureScheme::RSA_PSS_RSAE_SHA256 => {
                let parameters = PkcsPssParams {
                    hash_alg: MechanismType::SHA256,
                    mgf: PkcsMgfType::MGF1_SHA256,
                    s_len: 32.into(),
                };
                Ok(Signature(sign(&Mechanism::Sha256RsaPkcsPss(parameters), message)?))
            }
            other => Err(Refused::new(format!("the token is not asked to sign by {other}"))),
        }
    }
}

/// A token gives r and s side by side; TLS wants them as DER (RFC 9846 section 4.3.3).
fn ecdsa(raw: &[u8]) -> Vec<u8> {
    let (r, s) = raw.split_at(raw.len() / 2);
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap_or(u8::MAX)], &body[..]].concat()
}

/// A DER INTEGER, which has no needless zeros and is positive.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let digits = bytes.get(start..).unwrap_or_default();
    let sign: &[u8] = if digits.first().is_some_and(|byte| byte & 0x80 != 0) { &[0] } else { &[] };
    let length = u8::try_from(sign.len().saturating_add(digits.len())).unwrap_or(u8::MAX);
    [&[0x02, length], sign, digits].concat()
}
