//! rustls, set up as bulla is.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{self, cipher_suite, kx_group};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, SecureRandom, verify_tls12_signature, verify_tls13_signature,
};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme, SupportedProtocolVersion,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::fixture::{Flags, RANDOM, authority, key_der, seed};

/// Randomness that is the same as bulla's, so that both clients send the same session id.
#[derive(Debug)]
struct Fixed;

impl SecureRandom for Fixed {
    fn fill(&self, out: &mut [u8]) -> Result<(), GetRandomFailed> {
        out.fill(RANDOM[0]);
        Ok(())
    }
}

fn provider(flags: Flags) -> Arc<CryptoProvider> {
    let mut groups = vec![kx_group::X25519, kx_group::SECP256R1];
    if flags.has(Flags::RETRY) {
        groups.reverse();
    }
    let cipher_suites = vec![
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS13_AES_256_GCM_SHA384,
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];
    let provider = aws_lc_rs::default_provider();
    CryptoProvider { cipher_suites, kx_groups: groups, secure_random: &Fixed, ..provider }.into()
}

/// The versions of a side that speaks TLS 1.2 alone, or both.
fn versions(tls12: bool) -> &'static [&'static SupportedProtocolVersion] {
    const ONE: [&SupportedProtocolVersion; 1] = [&TLS12];
    const BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];
    if tls12 { &ONE } else { &BOTH }
}

/// A server with bulla's suites, groups and credential.
pub(super) fn server_config(flags: Flags) -> Arc<ServerConfig> {
    static CONFIGS: LazyLock<Mutex<HashMap<Flags, Arc<ServerConfig>>>> = LazyLock::new(Mutex::default);
    let mut configs = CONFIGS.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(configs.entry(flags).or_insert_with(|| make_server(flags)))
}

fn make_server(flags: Flags) -> Arc<ServerConfig> {
    let mut provider = (*provider(flags.without(Flags::RETRY))).clone();
    if flags.has(Flags::RETRY) {
        provider.kx_groups.truncate(1);
    }
    let mut config = ServerConfig::builder_with_provider(provider.into())
        .with_protocol_versions(versions(flags.has(Flags::SERVER12)))
        .expect("versions with suites")
        .with_no_client_auth()
        .with_single_cert(authority().server_chain(), key_der(seed::SERVER).into())
        .expect("the server's own key");
    config.ignore_client_order = true;
    config.send_tls13_tickets = 0;
    config.require_ems = true;
    if flags.has(Flags::ALPN) {
        config.alpn_protocols = vec![b"http/1.1".to_vec(), b"h2".to_vec()];
    }
    config.into()
}

/// A client with bulla's suites and groups that trusts every chain.
pub(super) fn client_config(flags: Flags) -> Arc<ClientConfig> {
    let provider = provider(flags);
    let verifier = Trusting(Arc::clone(&provider));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions(flags.has(Flags::CLIENT12)))
        .expect("versions with suites")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.require_ems = true;
    if flags.has(Flags::ALPN) {
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    }
    config.into()
}

/// Trusts every chain, and checks that the peer has the key of its leaf.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, leaf, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
