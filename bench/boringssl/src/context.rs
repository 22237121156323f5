//! The configs, with what the session names and, where BoringSSL has a choice of its own, what it then chooses.

use std::sync::Arc;

use bench_peer::case::{Group, Kind, Resumption, Session, Suite, Version};
use bench_peer::fault::Fault;
use bench_peer::identity::{Identity, SERVER_NAME};
use boring::pkey::PKey;
use boring::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslSignatureAlgorithm,
    SslVerifyMode, SslVersion,
};
use boring::x509::X509;
use boring::x509::store::{X509Store, X509StoreBuilder};
use foreign_types::ForeignType as _;

use crate::Kept;

/// BoringSSL orders the suites of TLS 1.3 by what the processor can do, and has no list of them. Without AES in
/// hardware, as `OPENSSL_ia32cap` has it believe, ChaCha20 comes first.
fn orders_as_asked(session: Session) -> Result<(), Fault> {
    let without = std::env::var_os("OPENSSL_ia32cap").is_some();
    match (session.version, session.suite) {
        (_, Suite::ChaCha20Poly1305) if without => Ok(()),
        (_, Suite::Aes128Gcm) if !without => Ok(()),
        _ => Err(Fault::passed_over("BoringSSL has no list of suites for TLS 1.3")),
    }
}

fn common(session: Session) -> Result<SslContextBuilder, Fault> {
    orders_as_asked(session)?;
    let mut builder = SslContextBuilder::new(SslMethod::tls())?;
    let version = match session.version {
        Version::Tls12 => SslVersion::TLS1_2,
        Version::Tls13 => SslVersion::TLS1_3,
    };
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    if session.version == Version::Tls12 {
        builder.set_cipher_list(match session.kind {
            Kind::EcdsaP256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
            Kind::Rsa2048 => "ECDHE-RSA-AES128-GCM-SHA256",
        })?;
    }
    builder.set_curves_list(match session.group {
        Group::X25519 if session.names_curve() => "X25519:P-256",
        Group::X25519 => "X25519",
        Group::X25519MlKem768 => "X25519MLKEM768",
    })?;
    builder.set_verify_algorithm_prefs(match session.kind {
        Kind::EcdsaP256 => &[SslSignatureAlgorithm::ECDSA_SECP256R1_SHA256],
        Kind::Rsa2048 => {
            &[SslSignatureAlgorithm::RSA_PSS_RSAE_SHA256, SslSignatureAlgorithm::RSA_PKCS1_SHA256]
        }
    })?;
    if session.resumption != Resumption::Ticket {
        builder.set_options(SslOptions::NO_TICKET);
    }
    Ok(builder)
}

fn trust(builder: &mut SslContextBuilder, identity: &Identity, mode: SslVerifyMode) -> Result<(), Fault> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(&X509::from_der(&identity.root)?)?;
    builder.set_cert_store(store.build());
    builder.set_verify(mode);
    Ok(())
}

/// The root, for whoever is a server of this name.
#[expect(unsafe_code, reason = "the crate has no call for the purpose")]
pub(crate) fn roots(identity: &Identity) -> Result<X509Store, Fault> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(&X509::from_der(&identity.root)?)?;
    store.verify_param_mut().set_host(SERVER_NAME)?;
    // SAFETY: the store lives, and this sets a number in it.
    unsafe { boring_sys::X509_STORE_set_purpose(store.as_ptr(), boring_sys::X509_PURPOSE_SSL_SERVER) };
    Ok(store.build())
}

fn show(builder: &mut SslContextBuilder, leaf: &[u8], intermediate: &[u8], key: &[u8]) -> Result<(), Fault> {
    let leaf = X509::from_der(leaf)?;
    builder.set_certificate(&leaf)?;
    builder.add_extra_chain_cert(X509::from_der(intermediate)?)?;
    builder.set_private_key(&*PKey::private_key_from_pkcs8(key)?)?;
    Ok(())
}

pub(crate) fn client(session: Session, identity: &Identity, kept: &Kept) -> Result<SslContext, Fault> {
    let mut builder = common(session)?;
    trust(&mut builder, identity, SslVerifyMode::PEER)?;
    if session.mutual {
        show(&mut builder, &identity.client, &identity.intermediate, &identity.client_key)?;
    }
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    if session.resumes() {
        builder.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
        let kept = Arc::clone(kept);
        builder.set_new_session_callback(move |_, session| {
            if let Ok(mut kept) = kept.lock() {
                *kept = Some(session);
            }
        });
    }
    Ok(builder.build())
}

pub(crate) fn server(session: Session, identity: &Identity) -> Result<SslContext, Fault> {
    let mut builder = common(session)?;
    show(&mut builder, &identity.leaf, &identity.intermediate, &identity.key)?;
    if session.mutual {
        trust(&mut builder, identity, SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT)?;
    }
    builder.set_session_id_context(b"bench")?;
    builder.set_session_cache_mode(match session.resumption {
        Resumption::Id => SslSessionCacheMode::SERVER,
        _ => SslSessionCacheMode::OFF,
    });
    one_ticket(&mut builder);
    Ok(builder.build())
}

#[expect(unsafe_code, reason = "the crate has no call for it")]
fn one_ticket(builder: &mut SslContextBuilder) {
    // SAFETY: the context lives, and this sets a number in it.
    unsafe { boring_sys::SSL_CTX_set_num_tickets(builder.as_ptr(), 1) };
}

/// A client's connection, with the session that is kept, if there is one.
#[expect(unsafe_code, reason = "the session is of the same context")]
pub(crate) fn connection(context: &SslContext, kept: &Kept) -> Result<Ssl, Fault> {
    let mut ssl = Ssl::new(context)?;
    ssl.set_hostname(SERVER_NAME)?;
    ssl.param_mut().set_host(SERVER_NAME)?;
    let kept = kept.lock().map_err(|_| Fault::new("a thread panicked"))?;
    if let Some(session) = kept.as_ref() {
        // SAFETY: the session was made under this context.
        unsafe { ssl.set_session(session)? };
    }
    Ok(ssl)
}
