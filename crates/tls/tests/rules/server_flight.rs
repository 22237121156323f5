//! What a client refuses the server's first flight for (RFC 9846 sections 4.4 and 4.5).

use bulla_crypto::signature::KeyKind;
use bulla_testkit::actor::{Edit, Out, Scene};
use bulla_testkit::authority;
use bulla_testkit::message::{
    block, certificate, certificate_verify, encrypted_extensions, framed, vector16, vector24,
};
use bulla_tls::registry::{
    AlertDescription as Alert, ContentType, ExtensionType as Ext, HandshakeType as Kind,
    SignatureScheme as Scheme,
};
use bulla_tls::{ClientCertificates, DecodeProblem, Verification, Violation};

use super::rule::{Configs, Rule, at_client, change, check, malformed, replace, rule};

/// A client that offers h2, before a server whose message of this type is changed.
fn changed(kind: Kind, change_it: impl Fn(&mut Vec<u8>) + Clone + 'static) -> impl Fn() -> Scene {
    move || at_client(set, change(kind, change_it.clone()))
}

/// The same, with other messages in its place.
fn instead(kind: Kind, messages: Vec<Vec<u8>>) -> impl Fn() -> Scene {
    move || at_client(set, swap(kind, messages.clone()))
}

fn swap(kind: Kind, messages: Vec<Vec<u8>>) -> Edit {
    replace(kind, 1, move |_| messages.iter().cloned().map(Out::Message).collect())
}

fn set(configs: &mut Configs) {
    configs.client.alpn = vec![b"h2".to_vec()];
    configs.client.signature_schemes.retain(|scheme| *scheme != Scheme::RSA_PSS_RSAE_SHA512);
    configs.server.alpn = vec![b"h2".to_vec()];
    let anchors = Verification::Anchors(authority::shared().anchors());
    configs.server.client_certificates = ClientCertificates::Optional(anchors);
}

#[test]
fn server_flight() {
    check(&rules());
    check(&syntax());
}

pub(crate) fn rules() -> Vec<Rule> {
    [parameters(), request(), chain(), proof(), order()].concat()
}

fn parameters() -> Vec<Rule> {
    let with = |kind, body: &'static [u8]| {
        instead(Kind::ENCRYPTED_EXTENSIONS, vec![encrypted_extensions(&[(kind, body.to_vec())])])
    };
    let unsolicited =
        |extension| Violation::UnsolicitedExtension { message: "EncryptedExtensions", extension };
    let misplaced = |extension| Violation::MisplacedExtension { message: "EncryptedExtensions", extension };
    let illegal = Alert::ILLEGAL_PARAMETER;
    let unsupported = Alert::UNSUPPORTED_EXTENSION;
    let protocol = |name, body| rule(name, with(Ext::ALPN, body), Violation::ProtocolNotOffered, illegal);
    vec![
        rule("4.3: unknown", with(Ext(0xabcd), b""), unsolicited(Ext(0xabcd)), unsupported),
        rule("4.3: never offered", with(Ext::EARLY_DATA, b""), unsolicited(Ext::EARLY_DATA), unsupported),
        rule("4.3: key_share", with(Ext::KEY_SHARE, b""), misplaced(Ext::KEY_SHARE), illegal),
        rule(
            "4.3: supported_versions",
            with(Ext::SUPPORTED_VERSIONS, &[3, 4]),
            misplaced(Ext::SUPPORTED_VERSIONS),
            illegal,
        ),
        protocol("RFC 7301 3.1: another protocol", b"\0\x05\x04imap"),
        protocol("RFC 7301 3.1: two protocols", b"\0\x06\x02h2\x02h2"),
    ]
}

fn request() -> Vec<Rule> {
    let schemes = (Ext::SIGNATURE_ALGORITHMS, vec![0, 2, 4, 3]);
    let with = |context: &[u8], extensions: &[(Ext, Vec<u8>)]| {
        let context = [&[u8::try_from(context.len()).unwrap()], context].concat();
        let body = [context, block(extensions)].concat();
        instead(Kind::CERTIFICATE_REQUEST, vec![framed(Kind::CERTIFICATE_REQUEST, &body)])
    };
    let missing =
        Violation::MissingExtension { message: "CertificateRequest", extension: Ext::SIGNATURE_ALGORITHMS };
    vec![
        rule(
            "4.4.2: a context within the handshake",
            with(b"x", &[schemes]),
            Violation::RequestContext { message: "CertificateRequest" },
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "4.3: key_share has no place here",
            with(b"", &[(Ext::SIGNATURE_ALGORITHMS, vec![0, 2, 4, 3]), (Ext::KEY_SHARE, vec![])]),
            Violation::MisplacedExtension { message: "CertificateRequest", extension: Ext::KEY_SHARE },
            Alert::ILLEGAL_PARAMETER,
        ),
        rule("4.4.2: no signature_algorithms", with(b"", &[]), missing, Alert::MISSING_EXTENSION),
    ]
}

fn chain() -> Vec<Rule> {
    let leaf = authority::shared().server(KeyKind::EcP256);
    let instead = |message| instead(Kind::CERTIFICATE, vec![message]);
    let entries =
        |context: &[u8], entries: &[u8]| framed(Kind::CERTIFICATE, &[context, &vector24(entries)].concat());
    let stapled = [vector24(&leaf.chain[0]), block(&[(Ext(0xabcd), vec![1])])].concat();
    let unsolicited = Violation::UnsolicitedExtension { message: "Certificate", extension: Ext(0xabcd) };
    let many = vec![leaf.chain[0].clone(); 65];
    let not_a_certificate = [vector24(b"not a certificate"), vec![0, 0]].concat();
    vec![
        rule("4.5.1: empty", instead(certificate(&[])), Violation::NoCertificate, Alert::DECODE_ERROR),
        rule(
            "4.5.1: a context from a server",
            instead(entries(&[1, 7], &[])),
            Violation::RequestContext { message: "Certificate" },
            Alert::ILLEGAL_PARAMETER,
        ),
        rule(
            "4.5.1: an extension never asked for",
            instead(entries(&[0], &stapled)),
            unsolicited,
            Alert::UNSUPPORTED_EXTENSION,
        ),
        rule(
            "65 certificates",
            instead(certificate(&many)),
            Violation::TooManyCertificates(64),
            Alert::BAD_CERTIFICATE,
        ),
        rule(
            "no certificate at all",
            instead(entries(&[0], &not_a_certificate)),
            Violation::UnreadableCertificate("not X.509 in DER"),
            Alert::BAD_CERTIFICATE,
        ),
    ]
}

fn proof() -> Vec<Rule> {
    let verify = |scheme, signature: &[u8]| {
        instead(Kind::CERTIFICATE_VERIFY, vec![certificate_verify(scheme, signature)])
    };
    let illegal = Alert::ILLEGAL_PARAMETER;
    let not_offered =
        |name, scheme| rule(name, verify(scheme, &[1; 70]), Violation::SchemeNotOffered(scheme), illegal);
    let not_for_key =
        |name, scheme| rule(name, verify(scheme, &[1; 70]), Violation::SchemeNotForKey(scheme), illegal);
    let signature =
        |name, scene: Box<dyn Fn() -> Scene>| rule(name, scene, Violation::Signature, Alert::DECRYPT_ERROR);
    let finished =
        |name, scene: Box<dyn Fn() -> Scene>| rule(name, scene, Violation::Finished, Alert::DECRYPT_ERROR);
    let flip = |message: &mut Vec<u8>| *message.last_mut().unwrap() ^= 1;
    let mac = |length| Box::new(instead(Kind::FINISHED, vec![framed(Kind::FINISHED, &vec![0; length])]));
    vec![
        not_offered("4.3.3: PKCS#1 signs no handshake", Scheme::RSA_PKCS1_SHA256),
        not_offered("4.5.2: a scheme that the config leaves out", Scheme::RSA_PSS_RSAE_SHA512),
        not_offered("4.5.2: a scheme that nobody knows", Scheme(0x0777)),
        not_for_key("4.5.2: RSA for an EC key", Scheme::RSA_PSS_RSAE_SHA256),
        not_for_key("4.3.3: another curve", Scheme::ECDSA_SECP384R1_SHA384),
        signature("4.5.2: a wrong signature", Box::new(changed(Kind::CERTIFICATE_VERIFY, flip))),
        signature("4.5.2: an empty signature", Box::new(verify(Scheme::ECDSA_SECP256R1_SHA256, &[]))),
        finished("4.5.3: wrong", Box::new(changed(Kind::FINISHED, flip))),
        finished("4.5.3: short", mac(31)),
        finished("4.5.3: long", mac(33)),
        finished("4.5.3: empty", mac(0)),
    ]
}

fn order() -> Vec<Rule> {
    let unexpected = |name, kind, message: Vec<u8>, expected: &'static [Kind]| {
        let got = Kind(message[0]);
        let error = Violation::UnexpectedMessage { got, expected };
        rule(name, instead(kind, vec![message]), error, Alert::UNEXPECTED_MESSAGE)
    };
    let empty = |kind| framed(kind, b"");
    let after_parameters: &[Kind] = &[Kind::CERTIFICATE_REQUEST, Kind::CERTIFICATE];
    let update = framed(Kind::KEY_UPDATE, &[0]);
    let request_twice = || {
        let twice = |request: Vec<u8>| vec![Out::Message(request.clone()), Out::Message(request)];
        at_client(set, replace(Kind::CERTIFICATE_REQUEST, 1, twice))
    };
    let in_the_clear = || {
        let clear =
            |message: Vec<u8>| vec![Out::Raw(bulla_testkit::record::clear(ContentType::HANDSHAKE, &message))];
        at_client(set, replace(Kind::ENCRYPTED_EXTENSIONS, 1, clear))
    };
    vec![
        unexpected(
            "4: no EncryptedExtensions",
            Kind::ENCRYPTED_EXTENSIONS,
            certificate(&[]),
            &[Kind::ENCRYPTED_EXTENSIONS],
        ),
        unexpected("4: no Certificate", Kind::CERTIFICATE_REQUEST, empty(Kind::FINISHED), after_parameters),
        unexpected(
            "4: a proof of nothing",
            Kind::CERTIFICATE_REQUEST,
            empty(Kind::CERTIFICATE_VERIFY),
            after_parameters,
        ),
        unexpected("4: KeyUpdate too early", Kind::CERTIFICATE_REQUEST, update, after_parameters),
        unexpected(
            "4: a ticket too early",
            Kind::CERTIFICATE,
            empty(Kind::NEW_SESSION_TICKET),
            &[Kind::CERTIFICATE],
        ),
        unexpected(
            "4: no proof",
            Kind::CERTIFICATE_VERIFY,
            empty(Kind::FINISHED),
            &[Kind::CERTIFICATE_VERIFY],
        ),
        unexpected("4: two proofs", Kind::FINISHED, empty(Kind::CERTIFICATE_VERIFY), &[Kind::FINISHED]),
        rule(
            "4: asked twice",
            request_twice,
            Violation::UnexpectedMessage { got: Kind::CERTIFICATE_REQUEST, expected: &[Kind::CERTIFICATE] },
            Alert::UNEXPECTED_MESSAGE,
        ),
        rule(
            "2: parameters in the clear",
            in_the_clear,
            Violation::UnexpectedRecord(ContentType::HANDSHAKE),
            Alert::UNEXPECTED_MESSAGE,
        ),
    ]
}

fn syntax() -> Vec<Rule> {
    use DecodeProblem::{Length, Short, Trailing};
    let parameters =
        |body: &[u8]| instead(Kind::ENCRYPTED_EXTENSIONS, vec![framed(Kind::ENCRYPTED_EXTENSIONS, body)]);
    let certificate = |body: &[u8]| instead(Kind::CERTIFICATE, vec![framed(Kind::CERTIFICATE, body)]);
    let verify =
        |body: &[u8]| instead(Kind::CERTIFICATE_VERIFY, vec![framed(Kind::CERTIFICATE_VERIFY, body)]);
    let name = block(&[(Ext::SERVER_NAME, vec![0])]);
    vec![
        malformed("no block", parameters(b""), ("EncryptedExtensions", "extensions", Short)),
        malformed("bytes behind the block", parameters(&[0, 0, 0]), ("EncryptedExtensions", "end", Trailing)),
        malformed("a name in the answer", parameters(&name), ("server_name", "end", Trailing)),
        malformed("no list", certificate(&[0]), ("Certificate", "certificate_list", Short)),
        malformed(
            "an empty certificate",
            certificate(&[0, 0, 0, 5, 0, 0, 0, 0, 0]),
            ("CertificateEntry", "cert_data", Length),
        ),
        malformed(
            "no extensions",
            certificate(&[0, 0, 0, 4, 0, 0, 1, 7]),
            ("CertificateEntry", "extensions", Short),
        ),
        malformed("no signature", verify(&[4, 3]), ("CertificateVerify", "signature", Short)),
        malformed(
            "bytes behind the signature",
            verify(&[&[4, 3], &vector16(b"x")[..], b"y"].concat()),
            ("CertificateVerify", "end", Trailing),
        ),
    ]
}
