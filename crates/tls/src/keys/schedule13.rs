//! The key schedule of TLS 1.3 (RFC 9846 section 7.1) as a chain of types.
//!
//! [`Early`] becomes [`Handshake`] becomes [`Main`], each by taking in what the protocol then knows: a
//! secret that must not exist yet cannot be named. All three share one box, wiped when dropped.

use bulla_crypto::exchange::SharedSecret;
use bulla_crypto::hash::{Digest, HashAlgorithm};
use bulla_crypto::hkdf::Prk;
use bulla_crypto::hmac::HmacKey;

use super::secret::Secret;

/// What stands before every label: `"tls13 "` on streams and QUIC, `"dtls13"` on datagrams.
pub(crate) type LabelPrefix = &'static [u8; 6];

/// The link at which the schedule stands.
struct Stage {
    hash: HashAlgorithm,
    prefix: LabelPrefix,
    current: Prk,
}

/// After Extract over the pre-shared key, or zeros where there is none.
pub(crate) struct Early(Box<Stage>);

/// After Extract over the (EC)DHE secret.
pub(crate) struct Handshake(Box<Stage>);

/// After Extract over zeros: the main secret.
pub(crate) struct Main(Box<Stage>);

/// The traffic secrets of one level, for each side.
#[derive(Debug)]
pub(crate) struct TrafficSecrets {
    pub(crate) client: Secret,
    pub(crate) server: Secret,
}

impl Early {
    /// Begins the schedule without a pre-shared key.
    pub(crate) fn without_psk(hash: HashAlgorithm, prefix: LabelPrefix) -> Self {
        let zeros = [0; 64];
        Self::with_psk(hash, prefix, &zeros[..hash.output_len()])
    }

    /// Begins the schedule with a pre-shared key.
    pub(crate) fn with_psk(hash: HashAlgorithm, prefix: LabelPrefix, psk: &[u8]) -> Self {
        let zeros = [0; 64];
        let current = Prk::extract(hash, &zeros[..hash.output_len()], psk);
        Self(Box::new(Stage { hash, prefix, current }))
    }

    /// The key under which a ticket's binder is computed (RFC 9846 section 4.3.11.2).
    pub(crate) fn binder_key(&self) -> HmacKey {
        let base = self.0.derive(b"res binder", &self.0.hash.hash(b""));
        HmacKey::new(self.0.hash, finished_key(self.0.hash, self.0.prefix, &base).as_bytes())
    }

    /// The salt of the next link.
    #[cfg(test)]
    pub(crate) fn derived(&self) -> Secret {
        self.0.derived()
    }

    pub(crate) fn into_handshake(mut self, shared: &SharedSecret) -> Handshake {
        self.0.extract(shared.as_ref());
        Handshake(self.0)
    }
}

impl Handshake {
    /// The handshake traffic secrets; `hellos` is the transcript through ServerHello.
    pub(crate) fn traffic(&self, hellos: &Digest) -> TrafficSecrets {
        TrafficSecrets {
            client: self.0.derive(b"c hs traffic", hellos),
            server: self.0.derive(b"s hs traffic", hellos),
        }
    }

    /// The salt of the next link.
    #[cfg(test)]
    pub(crate) fn derived(&self) -> Secret {
        self.0.derived()
    }

    pub(crate) fn into_main(mut self) -> Main {
        let zeros = [0; 64];
        let length = self.0.hash.output_len();
        self.0.extract(&zeros[..length]);
        Main(self.0)
    }
}

impl Main {
    /// The application traffic secrets; `finished` is the transcript through the server's Finished.
    pub(crate) fn traffic(&self, finished: &Digest) -> TrafficSecrets {
        TrafficSecrets {
            client: self.0.derive(b"c ap traffic", finished),
            server: self.0.derive(b"s ap traffic", finished),
        }
    }

    /// The exporter secret; `finished` is the transcript through the server's Finished.
    pub(crate) fn exporter(&self, finished: &Digest) -> Secret {
        self.0.derive(b"exp master", finished)
    }

    /// The resumption secret; `whole` is the transcript through the client's Finished.
    pub(crate) fn resumption(&self, whole: &Digest) -> Secret {
        self.0.derive(b"res master", whole)
    }
}

impl Stage {
    /// Derives the salt of the next link and extracts with it.
    fn extract(&mut self, input: &[u8]) {
        let salt = self.derived();
        self.current = Prk::extract(self.hash, salt.as_bytes(), input);
    }

    fn derived(&self) -> Secret {
        self.derive(b"derived", &self.hash.hash(b""))
    }

    /// Derive-Secret (RFC 9846 section 7.1).
    fn derive(&self, label: &[u8], transcript: &Digest) -> Secret {
        Secret::filled(self.hash.output_len(), |out| {
            expand_label(&self.current, self.prefix, &Label { label, context: transcript.as_ref() }, out);
        })
    }
}

/// A label and its context, as HKDF-Expand-Label takes them.
pub(crate) struct Label<'a> {
    pub(crate) label: &'a [u8],
    pub(crate) context: &'a [u8],
}

/// HKDF-Expand-Label (RFC 9846 section 7.1) of `out.len()` bytes.
///
/// Leaves `out` as it is where its length or the label's is out of range, which no caller's is: an
/// application's exporter asks through [`crate::Connection::export_keying_material`], which checks.
pub(crate) fn expand_label(prk: &Prk, prefix: LabelPrefix, label: &Label<'_>, out: &mut [u8]) {
    let lengths = (
        u16::try_from(out.len()),
        u8::try_from(prefix.len().saturating_add(label.label.len())),
        u8::try_from(label.context.len()),
    );
    let (Ok(length), Ok(label_length), Ok(context_length)) = lengths else { return };
    let info: [&[u8]; 6] =
        [&length.to_be_bytes(), &[label_length], prefix, label.label, &[context_length], label.context];
    let done = prk.expand(&info, out);
    debug_assert!(done.is_ok(), "an output of at most 255 hash lengths");
}

/// The secret by which `verify_data` is computed (RFC 9846 section 4.5.3).
pub(crate) fn finished_key(hash: HashAlgorithm, prefix: LabelPrefix, base: &Secret) -> Secret {
    let prk = Prk::new(hash, base.as_bytes());
    Secret::filled(hash.output_len(), |out| {
        expand_label(&prk, prefix, &Label { label: b"finished", context: b"" }, out);
    })
}

/// The pre-shared key of a ticket (RFC 9846 section 4.7.1), under the resumption secret.
pub(crate) fn ticket_psk(resumption: &Prk, prefix: LabelPrefix, nonce: &[u8]) -> Secret {
    Secret::filled(resumption.hash().output_len(), |out| {
        expand_label(resumption, prefix, &Label { label: b"resumption", context: nonce }, out);
    })
}

/// The exporter (RFC 9846 section 7.5); `None` where more is asked for than HKDF or a label can give.
pub(crate) fn export(
    hash: HashAlgorithm,
    prefix: LabelPrefix,
    exporter: &Secret,
    label: &Label<'_>,
    out: &mut [u8],
) -> Option<()> {
    const LABEL_MAX: usize = 249;
    if out.len() > hash.output_len().saturating_mul(255) || label.label.len() > LABEL_MAX {
        return None;
    }
    let base = Prk::new(hash, exporter.as_bytes());
    let derived = Secret::filled(hash.output_len(), |out| {
        let context = hash.hash(b"");
        expand_label(&base, prefix, &Label { label: label.label, context: context.as_ref() }, out);
    });
    let context = hash.hash(label.context);
    let prk = Prk::new(hash, derived.as_bytes());
    expand_label(&prk, prefix, &Label { label: b"exporter", context: context.as_ref() }, out);
    Some(())
}
