//! Stapled OCSP responses and compressed certificates, to and from rustls.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bulla_crypto::signature::KeyKind;
use bulla_testkit::authority;
use bulla_tls::{CertificateCompression, Credentials};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::compress::{CertCompressor, CompressionFailed, CompressionLevel};
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::link::{
    GROUPS, Link, client_builder, key, provider, roots, rustls_client, rustls_server, server_builder,
};

/// rustls' own verifier, and the response that it was shown.
#[derive(Debug)]
struct Watching {
    inner: Arc<WebPkiServerVerifier>,
    shown: Mutex<Vec<u8>>,
}

impl ServerCertVerifier for Watching {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        *self.shown.lock().unwrap() = ocsp.to_vec();
        self.inner.verify_server_cert(leaf, intermediates, name, &[], now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[test]
fn we_carry_what_rustls_staples() {
    let leaf = authority::shared().server(KeyKind::EcP256);
    for version in VERSIONS {
        let server = server_builder(provider(&GROUPS), &[version])
            .with_single_cert_with_ocsp(leaf.chain.clone(), key(&leaf), b"a response".to_vec())
            .unwrap();
        let facts = Link::to_server(authority::shared().client_config(), server).assert_works();
        assert_eq!(facts.peer_ocsp.as_deref(), Some(&b"a response"[..]), "{version:?}");
        assert!(facts.peer_scts.is_empty());
    }
}

#[test]
fn rustls_sees_what_we_staple() {
    let mut ours = authority::shared().server_config();
    let credential = authority::shared().server(KeyKind::EcP256).credential();
    let credential = credential.as_ref().clone().with_ocsp(b"a response".to_vec()).unwrap();
    ours.credentials = Credentials::Fixed(Arc::new(credential.with_scts(vec![vec![7; 40]]).unwrap()));
    for version in VERSIONS {
        let inner = WebPkiServerVerifier::builder_with_provider(roots(), provider(&GROUPS).into());
        let watching = Arc::new(Watching { inner: inner.build().unwrap(), shown: Mutex::default() });
        let mut theirs = client_builder(provider(&GROUPS), &[version]).with_no_client_auth();
        theirs.dangerous().set_certificate_verifier(Arc::clone(&watching) as Arc<dyn ServerCertVerifier>);
        Link::to_client(ours.clone(), theirs).assert_works();
        assert_eq!(*watching.shown.lock().unwrap(), b"a response", "{version:?}");
    }
}

/// One of rustls' compressors, and how often it was used.
#[derive(Debug)]
struct Counting(&'static dyn CertCompressor, &'static AtomicUsize);

impl CertCompressor for Counting {
    fn compress(&self, input: Vec<u8>, level: CompressionLevel) -> Result<Vec<u8>, CompressionFailed> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.compress(input, level)
    }

    fn algorithm(&self) -> rustls::CertificateCompressionAlgorithm {
        self.0.algorithm()
    }
}

static BROTLI: AtomicUsize = AtomicUsize::new(0);
static ZLIB: AtomicUsize = AtomicUsize::new(0);

#[test]
fn we_inflate_what_rustls_compresses() {
    let by_brotli: &'static Counting =
        Box::leak(Box::new(Counting(rustls::compress::BROTLI_COMPRESSOR, &BROTLI)));
    let by_zlib: &'static Counting = Box::leak(Box::new(Counting(rustls::compress::ZLIB_COMPRESSOR, &ZLIB)));
    for (ours, theirs) in
        [(CertificateCompression::BROTLI, by_brotli), (CertificateCompression::ZLIB, by_zlib)]
    {
        let mut client = authority::shared().client_config();
        client.compression = vec![ours];
        let mut server = rustls_server();
        server.cert_compressors = vec![theirs];
        let facts = Link::to_server(client, server).assert_works();
        assert_eq!(facts.peer_certificates.len(), 2);
        assert_eq!(theirs.1.load(Ordering::Relaxed), 1, "{ours:?}");
    }
}

#[test]
fn rustls_inflates_what_we_compress() {
    let spent = |compression: &[CertificateCompression]| {
        let mut server = authority::shared().server_config();
        server.compression = compression.to_vec();
        let mut link = Link::to_client(server, rustls_client());
        link.assert_works();
        assert_eq!(link.theirs.peer_certificates().map(<[_]>::len), Some(2));
        link.records_sent.iter().sum::<usize>()
    };
    let plain = spent(&[]);
    for compression in [CertificateCompression::BROTLI, CertificateCompression::ZLIB] {
        assert!(spent(&[compression]) + 100 < plain, "{compression:?}");
    }
}
