//! Proof of identity: the certificate chain, the signature that shows its key, and the verdict over it
//! (RFC 9846 section 4.5). Both roles show and check alike.

use std::sync::Arc;

use bulla_crypto::hash::{Digest, MAX_OUTPUT_LEN};
use bulla_crypto::signature::PublicKey;
use bulla_x509::certificate::{Certificate as X509, KeyProblem, KeyUsage};
use bulla_x509::signatures::KnownSignatures;
use bulla_x509::verdict::{Presented, Purpose, verify};
use rustls_pki_types::{CertificateDer, ServerName};

use super::agreement::Side;
use super::chain::Shown;
use super::mailbox::{Incoming, Mailbox};
use crate::config::{ClientConfig, Clock, Credential, ServerConfig, Verification};
use crate::error::{Error, NeedProblem, Violation};
use crate::negotiate::signature;
use crate::session::Origin;
use crate::step::{CertificateNeed, Need, NeedKind, Reply, SignNeed, Signature, VerifyNeed};
use crate::wire::certificate_verify::CertificateVerify;
use crate::wire::codec::List16;
use crate::wire::extension::certificate_authorities::AuthorityNames;
use crate::wire::extension::signature_algorithms::{CertificateSignatureAlgorithms, SignatureAlgorithms};
use crate::wire::extension::supported_groups::SupportedGroups;
use crate::wire::registry::{ProtocolVersion, SignatureScheme};

/// What the peer wants of a certificate, as it said so.
pub(super) struct Wanted<'a> {
    pub(super) version: ProtocolVersion,
    pub(super) signature_schemes: Option<SignatureAlgorithms<'a>>,
    pub(super) certificate_schemes: Option<CertificateSignatureAlgorithms<'a>>,
    pub(super) authorities: Option<AuthorityNames<'a>>,
    /// The curves that a client of TLS 1.2 takes, if it says.
    pub(super) curves: Option<SupportedGroups<'a>>,
}

impl Wanted<'_> {
    /// Whether this credential fits, as [`CertificateNeed::accepts`] says.
    pub(super) fn accepts(&self, credential: &Credential) -> bool {
        let schemes = credential.schemes_for(self.version);
        let accepted = self.signature_schemes.map(|list| list.0);
        let signs = accepted.is_some_and(|accepted| signature::choose(schemes, accepted).is_some());
        let authorities = self.authorities.map(|list| list.names().collect::<Vec<_>>()).unwrap_or_default();
        signs && credential.is_issued_by(&authorities)
    }

    /// Asks the caller for a certificate that fits.
    ///
    /// RFC 9846 section 4.3.3: If no "signature_algorithms_cert" extension is present, then the
    /// "signature_algorithms" extension also applies to signatures appearing in certificates.
    pub(super) fn ask(
        &self,
        server_name: Option<String>,
        protocols: Vec<Vec<u8>>,
    ) -> impl FnOnce(Reply<Option<Arc<Credential>>>) -> Need + use<> {
        let for_handshake = self.signature_schemes.map(|list| list.0);
        let for_certificates = self.certificate_schemes.map(|list| list.0).or(for_handshake);
        let schemes = |list: Option<List16<'_, SignatureScheme>>| {
            list.map(|list| list.iter().collect()).unwrap_or_default()
        };
        let signature_schemes = schemes(for_handshake);
        let certificate_schemes = schemes(for_certificates);
        let authorities = self.authorities.map(AuthorityNames::names).into_iter().flatten();
        let authorities = authorities.map(<[u8]>::to_vec).collect();
        let version = self.version;
        let curves = self.curves.map(|groups| groups.0.iter().collect());
        move |reply| {
            Need::Certificate(CertificateNeed {
                server_name,
                protocols,
                signature_schemes,
                certificate_schemes,
                authorities,
                version,
                curves,
                reply,
            })
        }
    }
}

/// What CertificateVerify signs (RFC 9846 section 4.5.2): 64 spaces, a context string, a zero byte, the hash.
pub(super) struct SignedContent {
    bytes: [u8; SPACES + CONTEXT + MAX_OUTPUT_LEN],
    length: usize,
}

const SPACES: usize = 64;

/// Both strings are as long, zero byte included.
const CONTEXT: usize = 34;

pub(super) fn signed_content(side: Side, transcript: &Digest) -> SignedContent {
    let context: &[u8; CONTEXT] = match side {
        Side::Client => b"TLS 1.3, client CertificateVerify\0",
        Side::Server => b"TLS 1.3, server CertificateVerify\0",
    };
    let hash = transcript.as_ref();
    let mut content = SignedContent { bytes: [0x20; _], length: SPACES + CONTEXT + hash.len() };
    content.bytes[SPACES..SPACES + CONTEXT].copy_from_slice(context);
    content.bytes[SPACES + CONTEXT..content.length].copy_from_slice(hash);
    content
}

impl AsRef<[u8]> for SignedContent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// A signature as the peer sent it, in CertificateVerify or in ServerKeyExchange.
pub(super) struct Signed<'a> {
    pub(super) version: ProtocolVersion,
    pub(super) scheme: SignatureScheme,
    pub(super) signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Out of a CertificateVerify.
    pub(super) fn read(version: ProtocolVersion, message: &'a Incoming) -> Result<Self, Error> {
        let verify = message.parse::<CertificateVerify>()?;
        Ok(Self { version, scheme: verify.algorithm, signature: verify.signature })
    }
}

/// Checks that the peer holds the key of its leaf: `content` is what it must have signed.
pub(super) fn check_possession(
    leaf: &X509<'_>,
    signed: &Signed<'_>,
    accepted: &[SignatureScheme],
    content: &[u8],
) -> Result<SignatureScheme, Error> {
    let Signed { version, scheme, signature } = *signed;
    if !accepted.contains(&scheme) || !signature::is_usable(version, scheme) {
        return Err(Violation::SchemeNotOffered(scheme).into());
    }
    let key = key(leaf)?;
    let algorithm = signature::in_handshake(version, scheme, key.kind());
    let algorithm = algorithm.ok_or(Violation::SchemeNotForKey(scheme))?;
    key.verify(algorithm, content, signature).map_err(|_| Violation::Signature)?;
    Ok(scheme)
}

/// The peer's own certificate, which is read once for all that is asked of it.
pub(super) fn read_leaf<'a>(chain: &'a [CertificateDer<'_>]) -> Result<X509<'a>, Error> {
    let leaf = chain.first().ok_or(Violation::NoCertificate)?;
    Ok(X509::parse(leaf).map_err(|_| Violation::UnreadableCertificate("not X.509 in DER"))?)
}

/// The key that it vouches for.
pub(super) fn key<'a>(leaf: &X509<'a>) -> Result<PublicKey<'a>, Error> {
    leaf.public_key().map_err(|problem| {
        let what = match problem {
            KeyProblem::Weak(_) => "its key is too short",
            KeyProblem::Unsupported(_) => "unknown kind of key",
            _ => "its key is malformed",
        };
        Violation::UnreadableCertificate(what).into()
    })
}

/// RFC 9846 section 4.5.1: The certificate MUST allow the key to be used for signing with a signature scheme
/// indicated in the "signature_algorithms" extension (i.e., the digitalSignature bit MUST be set if the Key
/// Usage extension is present). Anchors that are ours judge this too, and say more.
fn check_key_usage(leaf: &X509<'_>, needed: KeyUsage) -> Result<(), Error> {
    match leaf.key_usage() {
        Some(usage) if !usage.contains(needed) => Err(Violation::KeyUsage.into()),
        _ => Ok(()),
    }
}

/// Who judges, of which name, and when.
pub(super) struct Court<'a> {
    pub(super) verification: &'a Verification,
    pub(super) name: Option<&'a ServerName<'static>>,
    pub(super) clock: &'a Clock,
    /// The signatures that are known to hold.
    pub(super) known: Option<&'a KnownSignatures>,
    /// Whether the key decrypts, and does not sign.
    pub(super) key_transport: bool,
}

impl<'a> Court<'a> {
    /// Over the server of this name.
    pub(super) fn of_server(config: &'a ClientConfig, name: &'a ServerName<'static>) -> Self {
        Self {
            verification: &config.verification,
            name: Some(name),
            clock: &config.clock,
            known: config.known_signatures.as_ref(),
            key_transport: false,
        }
    }

    /// Over a client.
    pub(super) fn of_client(config: &'a ServerConfig, verification: &'a Verification) -> Self {
        let known = config.known_signatures.as_ref();
        Self { verification, name: None, clock: &config.clock, known, key_transport: false }
    }

    fn purpose(&self) -> Purpose<'a> {
        match self.name {
            Some(name) if self.key_transport => Purpose::KeyTransportServer(name),
            Some(name) => Purpose::Server(name),
            None => Purpose::Client,
        }
    }

    fn key_usage(&self) -> KeyUsage {
        if self.key_transport { KeyUsage::KEY_ENCIPHERMENT } else { KeyUsage::DIGITAL_SIGNATURE }
    }
}

/// Has the chain judged: by bulla-x509 at once, or by the caller. Notes when, and for how long that holds.
pub(super) async fn have_judged(
    talk: &Mailbox,
    court: Court<'_>,
    shown: &Shown,
    leaf: &X509<'_>,
) -> Result<(), Error> {
    let now = court.clock.now();
    let verdict = match court.verification {
        Verification::Anchors(anchors) => {
            let mut presented = Presented::new(&shown.chain, court.purpose()).with_leaf(leaf);
            presented.known_signatures = court.known;
            verify(&presented, anchors, now).map(|verified| verified.until)
        }
        Verification::Ask => {
            let server_name = court.name.cloned();
            let Shown { chain, ocsp, scts } = shown.clone();
            let key_transport = court.key_transport;
            let ask =
                |reply| Need::Verify(VerifyNeed { chain, ocsp, scts, server_name, key_transport, reply });
            let verdict = talk.need(NeedKind::Verify, ask).await?;
            if verdict.is_ok() {
                check_key_usage(leaf, court.key_usage())?;
            }
            verdict.map(|_trusted| leaf.not_after())
        }
    };
    let until = verdict.map_err(Error::Certificate)?;
    talk.note(|facts| (facts.verified_at, facts.verified_until) = (Some(now), Some(until)));
    Ok(())
}

/// A client has the chain that its session began with judged anew, where the config says so.
pub(super) async fn judge_again(
    talk: &Mailbox,
    config: &ClientConfig,
    name: &ServerName<'static>,
    origin: &Origin,
) -> Result<(), Error> {
    if !config.judge_resumed {
        return Ok(());
    }
    let Origin { chain, ocsp, scts, .. } = origin;
    let shown = Shown { chain: chain.clone(), ocsp: ocsp.clone(), scts: scts.clone() };
    have_judged(talk, Court::of_server(config, name), &shown, &read_leaf(&shown.chain)?).await
}

/// Signs with the credential's key, here or by the caller.
pub(super) async fn sign(
    talk: &Mailbox,
    credential: &Arc<Credential>,
    (version, scheme): (ProtocolVersion, SignatureScheme),
    content: &[u8],
) -> Result<Vec<u8>, Error> {
    let algorithm = signature::in_handshake(version, scheme, credential.key_kind())
        .ok_or(Error::Internal("a scheme that cannot sign a handshake"))?;
    if let Some(signature) = credential.sign(algorithm, content) {
        return signature.map_err(|()| Error::Internal("the private key did not sign"));
    }
    let message = content.to_vec();
    let credential = Arc::clone(credential);
    let shown = Arc::clone(&credential);
    let ask = |reply| Need::Sign(SignNeed { credential, scheme, algorithm, message, reply });
    let Signature(signature) = talk.need(NeedKind::Sign, ask).await?;
    // A signer that errs must not make us send what the peer will refuse, or worse, what leaks its key.
    match key(&read_leaf(shown.chain())?)?.verify(algorithm, content, &signature) {
        Ok(()) => Ok(signature),
        Err(_) => {
            Err((NeedKind::Sign, NeedProblem::Unfit("not a signature by the certificate's key")).into())
        }
    }
}
