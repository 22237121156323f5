//! The configs, with what the session names and nothing else.

use std::sync::Arc;

use bench_peer::case::{Group, Kind, Resumption, Session, Suite, Version};
use bench_peer::fault::Fault;
use bench_peer::identity::{Identity, SERVER_NAME};
use openssl::pkey::PKey;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::{X509Store, X509StoreBuilder};
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509PurposeId};

use crate::Kept;

fn common(session: Session) -> Result<SslContextBuilder, Fault> {
    let mut builder = SslContextBuilder::new(SslMethod::tls())?;
    let version = match session.version {
        Version::Tls12 => SslVersion::TLS1_2,
        Version::Tls13 => SslVersion::TLS1_3,
    };
    builder.set_min_proto_version(Some(version))?;
    builder.set_max_proto_version(Some(version))?;
    let kind = match session.kind {
        Kind::EcdsaP256 => "ECDSA",
        Kind::Rsa2048 => "RSA",
    };
    let (suite, old) = match session.suite {
        Suite::Aes128Gcm => ("TLS_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        Suite::Aes256Gcm => ("TLS_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        Suite::ChaCha20Poly1305 => ("TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305"),
    };
    builder.set_ciphersuites(suite)?;
    builder.set_cipher_list(&format!("ECDHE-{kind}-{old}"))?;
    builder.set_groups_list(match session.group {
        Group::X25519 if session.names_curve() => "X25519:P-256",
        Group::X25519 => "X25519",
        Group::X25519MlKem768 => "X25519MLKEM768",
    })?;
    builder.set_sigalgs_list(match session.kind {
        Kind::EcdsaP256 => "ecdsa_secp256r1_sha256",
        Kind::Rsa2048 => "rsa_pss_rsae_sha256:rsa_pkcs1_sha256",
    })?;
    // As much as there is at once, where it would otherwise be the header first and then the record.
    builder.set_read_ahead(true);
    if session.resumption != Resumption::Ticket {
        builder.set_options(SslOptions::NO_TICKET);
    }
    Ok(builder)
}

fn trust(builder: &mut SslContextBuilder, identity: &Identity, mode: SslVerifyMode) -> Result<(), Fault> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(X509::from_der(&identity.root)?)?;
    builder.set_cert_store(store.build());
    builder.set_verify(mode);
    Ok(())
}

/// The root, for whoever is a server of this name.
pub(crate) fn roots(identity: &Identity) -> Result<X509Store, Fault> {
    let mut store = X509StoreBuilder::new()?;
    store.add_cert(X509::from_der(&identity.root)?)?;
    store.set_purpose(X509PurposeId::SSL_SERVER)?;
    let mut name = X509VerifyParam::new()?;
    name.set_host(SERVER_NAME)?;
    store.set_param(&name)?;
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
    builder.set_num_tickets(usize::from(session.resumes()))?;
    Ok(builder.build())
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
