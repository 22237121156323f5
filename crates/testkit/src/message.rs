//! Handshake messages made or changed by hand.

use bulla_tls::registry::{ExtensionType, HandshakeType, SignatureScheme};
use rustls_pki_types::CertificateDer;

/// A message with its header.
///
/// # Panics
/// If the body has 2^24 bytes or more.
pub fn framed(kind: HandshakeType, body: &[u8]) -> Vec<u8> {
    [&[kind.0], &vector24(body)[..]].concat()
}

/// A Certificate message with an empty request context and no extensions.
pub fn certificate(chain: &[CertificateDer<'_>]) -> Vec<u8> {
    let entries: Vec<u8> = chain.iter().flat_map(|der| [vector24(der), vec![0, 0]].concat()).collect();
    framed(HandshakeType::CERTIFICATE, &[&[0], &vector24(&entries)[..]].concat())
}

/// A CertificateVerify message.
pub fn certificate_verify(scheme: SignatureScheme, signature: &[u8]) -> Vec<u8> {
    let body = [&scheme.0.to_be_bytes(), &vector16(signature)[..]].concat();
    framed(HandshakeType::CERTIFICATE_VERIFY, &body)
}

/// An EncryptedExtensions message.
pub fn encrypted_extensions(extensions: &[(ExtensionType, Vec<u8>)]) -> Vec<u8> {
    framed(HandshakeType::ENCRYPTED_EXTENSIONS, &block(extensions))
}

/// An extension block with its length.
pub fn block(extensions: &[(ExtensionType, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<u8> = extensions
        .iter()
        .flat_map(|(kind, body)| [&kind.0.to_be_bytes(), &vector16(body)[..]].concat())
        .collect();
    vector16(&entries)
}

/// Bytes behind a length of one byte.
///
/// # Panics
/// If there are too many for that.
pub fn vector8(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).expect("a short vector")], bytes].concat()
}

/// Bytes behind a length of two bytes.
///
/// # Panics
/// If there are too many for that.
pub fn vector16(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).expect("a short vector").to_be_bytes(), bytes].concat()
}

/// Bytes behind a length of three bytes.
///
/// # Panics
/// If there are too many for that.
pub fn vector24(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("a short vector").to_be_bytes();
    assert_eq!(length[0], 0, "a short vector");
    [&length[1..], bytes].concat()
}

/// A hello taken apart: what stands before its extension block, and the extensions.
pub struct Hello {
    /// The type: ClientHello or ServerHello.
    pub kind: HandshakeType,
    /// The body up to the extension block.
    pub front: Vec<u8>,
    /// The extensions, in order.
    pub extensions: Vec<(ExtensionType, Vec<u8>)>,
}

impl Hello {
    /// Takes a well-formed ClientHello or ServerHello apart.
    ///
    /// # Panics
    /// If it is not well-formed.
    pub fn parse(message: &[u8]) -> Self {
        let kind = HandshakeType(message[0]);
        let body = &message[4..];
        let session_id = 35 + usize::from(body[34]);
        let front = if kind == HandshakeType::CLIENT_HELLO {
            let suites =
                session_id + 2 + usize::from(u16::from_be_bytes([body[session_id], body[session_id + 1]]));
            suites + 1 + usize::from(body[suites])
        } else {
            session_id + 3
        };
        let (front, mut rest) = (body[..front].to_vec(), &body[front + 2..]);
        let mut extensions = Vec::new();
        while let [a, b, high, low, ..] = *rest {
            let end = 4 + usize::from(u16::from_be_bytes([high, low]));
            extensions.push((ExtensionType(u16::from_be_bytes([a, b])), rest[4..end].to_vec()));
            rest = &rest[end..];
        }
        Self { kind, front, extensions }
    }

    /// Puts it together again.
    pub fn build(&self) -> Vec<u8> {
        framed(self.kind, &[&self.front[..], &block(&self.extensions)].concat())
    }

    /// The 32 bytes of `random`.
    pub fn random(&self) -> &[u8] {
        &self.front[2..34]
    }

    /// `legacy_session_id`, or the server's echo of it.
    pub fn session_id(&self) -> &[u8] {
        &self.front[35..35 + usize::from(self.front[34])]
    }

    /// The data of an extension.
    pub fn extension(&self, kind: ExtensionType) -> Option<&[u8]> {
        self.extensions.iter().find(|(known, _)| *known == kind).map(|(_, body)| body.as_slice())
    }

    /// Sets or adds an extension.
    pub fn set(&mut self, kind: ExtensionType, body: &[u8]) {
        match self.extensions.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, known)) => *known = body.to_vec(),
            None => self.extensions.push((kind, body.to_vec())),
        }
    }

    /// Takes an extension out.
    pub fn remove(&mut self, kind: ExtensionType) {
        self.extensions.retain(|(known, _)| *known != kind);
    }
}
