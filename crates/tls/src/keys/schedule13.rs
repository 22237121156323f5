//! The key schedule of TLS 1.3 (RFC 9846 section 7.1) as a chain of types.
//!
//! [`Early`] becomes [`Handshake`] becomes [`Main`], each by taking in what the protocol then knows: a
//! secret that must not exist yet cannot be named. All three share one box, wiped when dropped.

use std::sync::LazyLock;

use bulla_crypto::exchange::SharedSecret;
use bulla_crypto::hash::{Digest, HashAlgorithm};
use bulla_crypto::hkdf::Prk;
use bulla_crypto::hmac::HmacKey;
use bulla_crypto::wipe::{Wiped, wipe};

use super::secret::Secret;
use super::suite::Suite;
use super::traffic::HandshakeKey;
use crate::facts::Role;

/// What stands before every label: `"tls13 "` on streams and QUIC, `"dtls13"` on datagrams.
pub(crate) type LabelPrefix = &'static [u8; 6];

/// The prefix on streams and QUIC.
const STREAM: LabelPrefix = b"tls13 ";

/// Derive-Secret(Early Secret, "derived", "") without a pre-shared key: RFC 8448 section 3 prints it.
const SALT_SHA256: [u8; 32] = [
    0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54, 0xfc, 0x9d, 0xba, 0xb6, 0x97, 0x16,
    0xc0, 0x76, 0x18, 0x9c, 0x48, 0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba,
];

/// The same with SHA-384; a test computes both.
const SALT_SHA384: [u8; 48] = [
    0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9, 0xc7, 0x53, 0x33, 0x0e, 0x92,
    0xd0, 0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44, 0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93, 0xe5, 0x2f,
    0x2b, 0x16, 0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b,
];

/// The salts as keys of HMAC: constants in the form in which they are used, scheduled when they are first wanted.
static SALT_KEY_SHA256: LazyLock<HmacKey> =
    LazyLock::new(|| HmacKey::new(HashAlgorithm::Sha256, &SALT_SHA256));
static SALT_KEY_SHA384: LazyLock<HmacKey> =
    LazyLock::new(|| HmacKey::new(HashAlgorithm::Sha384, &SALT_SHA384));

/// The same of the zeros by which a pre-shared key is extracted, which to HMAC are no key at all.
static ZEROS_KEY_SHA256: LazyLock<HmacKey> = LazyLock::new(|| HmacKey::new(HashAlgorithm::Sha256, b""));
static ZEROS_KEY_SHA384: LazyLock<HmacKey> = LazyLock::new(|| HmacKey::new(HashAlgorithm::Sha384, b""));

/// The hash of nothing, which stands in labels without messages (FIPS 180-4).
const NOTHING_SHA256: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The same with SHA-384; a test computes both.
const NOTHING_SHA384: [u8; 48] = [
    0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3, 0x6a, 0x21,
    0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6, 0xe1, 0xda, 0x27, 0x4e,
    0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48, 0x98, 0xb9, 0x5b,
];

/// The link at which the schedule stands.
struct Stage {
    hash: HashAlgorithm,
    prefix: LabelPrefix,
    current: Prk,
    /// The keys of both Finished, the client's first, once there are any.
    finished: [[u8; Secret::MOST]; 2],
}

impl Drop for Stage {
    fn drop(&mut self) {
        wipe(self.finished.as_flattened_mut());
    }
}

/// After Extract over the pre-shared key, or zeros where there is none.
pub(crate) struct Early(Box<Stage>);

/// After Extract over the (EC)DHE secret.
pub(crate) struct Handshake(Box<Stage>);

/// After Extract over zeros: the main secret.
pub(crate) struct Main(Box<Stage>);

/// Something that each side has of its own.
#[derive(Debug)]
pub(crate) struct Sides<T> {
    pub(crate) client: T,
    pub(crate) server: T,
}

impl Early {
    /// Begins the schedule without a pre-shared key, and takes in the (EC)DHE secret at once: up to the salt of that
    /// link the schedule is the same in all connections.
    pub(crate) fn without_psk(hash: HashAlgorithm, prefix: LabelPrefix, shared: &SharedSecret) -> Handshake {
        let current = match (hash, prefix) {
            (HashAlgorithm::Sha256, STREAM) => Prk::extract_by(&SALT_KEY_SHA256, shared.as_ref()),
            (HashAlgorithm::Sha384, STREAM) => Prk::extract_by(&SALT_KEY_SHA384, shared.as_ref()),
            _ => return Self::with_psk(hash, prefix, &[0; 64][..hash.output_len()]).into_handshake(shared),
        };
        Handshake(Stage::new(hash, prefix, current))
    }

    /// Begins the schedule with a pre-shared key.
    pub(crate) fn with_psk(hash: HashAlgorithm, prefix: LabelPrefix, psk: &[u8]) -> Self {
        let current = match hash {
            HashAlgorithm::Sha256 => Prk::extract_by(&ZEROS_KEY_SHA256, psk),
            HashAlgorithm::Sha384 => Prk::extract_by(&ZEROS_KEY_SHA384, psk),
            HashAlgorithm::Sha512 => Prk::extract(hash, b"", psk),
        };
        Self(Stage::new(hash, prefix, current))
    }

    /// The key under which a ticket's binder is computed (RFC 9846 section 4.3.11.2).
    pub(crate) fn binder_key(&self) -> HmacKey {
        let base = self.0.derive_early(b"res binder", Prk::expand_prk);
        finished_mac(&base, self.0.prefix)
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
    /// The keys of the handshake; `hellos` is the transcript through ServerHello. The keys of both Finished, which
    /// follow from the same secrets, stay here; the secrets are shown to `log` under the labels of key logs, and are gone.
    pub(crate) fn traffic(
        &mut self,
        suite: Suite,
        hellos: &Digest,
        mut log: impl FnMut(&'static str, &[u8]),
    ) -> Sides<HandshakeKey> {
        let Stage { hash, prefix, current, finished: [client, server] } = self.0.as_mut();
        let mut side = |label, name, finished: &mut [u8; Secret::MOST]| {
            let mut secret = Wiped::<{ Secret::MOST }>::zeros();
            let secret = &mut secret[..hash.output_len()];
            expand_label(current, prefix, &Label { label, context: hellos.as_ref() }, secret);
            log(name, secret);
            let base = Prk::new(*hash, secret);
            finished_key(&base, prefix, finished);
            HandshakeKey::new(suite, prefix, secret, &base)
        };
        Sides {
            client: side(b"c hs traffic", "CLIENT_HANDSHAKE_TRAFFIC_SECRET", client),
            server: side(b"s hs traffic", "SERVER_HANDSHAKE_TRAFFIC_SECRET", server),
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
    /// By what `side` computes its Finished (RFC 9846 section 4.5.3).
    pub(crate) fn finished_mac(&self, side: Role) -> HmacKey {
        let Stage { hash, finished: [client, server], .. } = self.0.as_ref();
        let key = match side {
            Role::Client => client,
            Role::Server => server,
        };
        HmacKey::new(*hash, &key[..hash.output_len()])
    }

    /// The application traffic secrets; `finished` is the transcript through the server's Finished.
    pub(crate) fn traffic(&self, finished: &Digest) -> Sides<Secret> {
        Sides {
            client: self.0.derive(b"c ap traffic", finished.as_ref()),
            server: self.0.derive(b"s ap traffic", finished.as_ref()),
        }
    }

    /// The exporter secret; `finished` is the transcript through the server's Finished.
    pub(crate) fn exporter(&self, finished: &Digest) -> Secret {
        self.0.derive(b"exp master", finished.as_ref())
    }

    /// The resumption secret; `whole` is the transcript through the client's Finished.
    pub(crate) fn resumption(&self, whole: &Digest) -> Secret {
        self.0.derive(b"res master", whole.as_ref())
    }

    /// The same as a key of HKDF.
    pub(crate) fn resumption_key(&self, whole: &Digest) -> Prk {
        let label = Label { label: b"res master", context: whole.as_ref() };
        self.0.current.expand_prk(Info::of(self.0.prefix, &label, self.0.hash.output_len()).bytes())
    }
}

impl Stage {
    fn new(hash: HashAlgorithm, prefix: LabelPrefix, current: Prk) -> Box<Self> {
        Box::new(Self { hash, prefix, current, finished: [[0; Secret::MOST]; 2] })
    }

    /// Derives the salt of the next link and extracts with it.
    fn extract(&mut self, input: &[u8]) {
        let salt = self.derive_early(b"derived", Prk::expand_key);
        self.current = Prk::extract_by(&salt, input);
    }

    #[cfg(test)]
    fn derived(&self) -> Secret {
        let length = self.hash.output_len();
        self.derive_early(b"derived", |prk, info| Secret::filled(length, |out| prk.expand_once(info, out)))
    }

    /// Derive-Secret over no messages: what `derive` makes of the link and the info.
    fn derive_early<T>(&self, label: &[u8], derive: impl FnOnce(&Prk, &mut [u8]) -> T) -> T {
        let computed;
        let context: &[u8] = match self.hash {
            HashAlgorithm::Sha256 => &NOTHING_SHA256,
            HashAlgorithm::Sha384 => &NOTHING_SHA384,
            HashAlgorithm::Sha512 => {
                computed = self.hash.hash(b"");
                computed.as_ref()
            }
        };
        let mut info = Info::of(self.prefix, &Label { label, context }, self.hash.output_len());
        derive(&self.current, info.bytes())
    }

    /// Derive-Secret (RFC 9846 section 7.1).
    fn derive(&self, label: &[u8], transcript: &[u8]) -> Secret {
        Secret::filled(self.hash.output_len(), |out| self.derive_into(label, transcript, out))
    }

    fn derive_into(&self, label: &[u8], transcript: &[u8], out: &mut [u8]) {
        expand_label(&self.current, self.prefix, &Label { label, context: transcript }, out);
    }
}

/// A label and its context, as HKDF-Expand-Label takes them.
pub(crate) struct Label<'a> {
    pub(crate) label: &'a [u8],
    pub(crate) context: &'a [u8],
}

/// HkdfLabel (RFC 9846 section 7.1) in one piece, and a byte for the counter that HKDF puts behind it.
struct Info {
    short: [u8; INFO_SHORT],
    /// What the above has no room for: an exporter's own label, a ticket's long nonce.
    long: Vec<u8>,
    length: usize,
}

/// The longest label of the schedule itself and the longest hash, with what stands around them.
const INFO_SHORT: usize = INFO_FRONT + 12 + 1 + 64 + 1;

/// The length asked for, that of the label, and the prefix.
const INFO_FRONT: usize = 2 + 1 + 6;

impl Info {
    /// Where a length is out of range, as no caller's is, its field says the most that it can.
    fn of(prefix: LabelPrefix, label: &Label<'_>, out: usize) -> Self {
        let Label { label, context } = *label;
        let (name, room) = (label.len(), context.len());
        let length = (INFO_FRONT + 1 + 1).saturating_add(name).saturating_add(room);
        let mut info = Self { short: [0; INFO_SHORT], long: Vec::new(), length };
        if length > INFO_SHORT {
            info.long.resize(length, 0);
        }
        let [high, low] = u16::try_from(out).unwrap_or(u16::MAX).to_be_bytes();
        let name_length = u8::try_from(name.saturating_add(prefix.len())).unwrap_or(u8::MAX);
        let [p, r, e, f, i, x] = *prefix;
        let (front, rest) = info.bytes().split_at_mut(INFO_FRONT);
        front.copy_from_slice(&[high, low, name_length, p, r, e, f, i, x]);
        let (place, rest) = rest.split_at_mut(name);
        place.copy_from_slice(label);
        let (context_length, rest) = rest.split_at_mut(1);
        context_length.fill(u8::try_from(room).unwrap_or(u8::MAX));
        rest[..room].copy_from_slice(context);
        info
    }

    fn bytes(&mut self) -> &mut [u8] {
        match self.long.is_empty() {
            true => &mut self.short[..self.length],
            false => &mut self.long,
        }
    }
}

/// HKDF-Expand-Label (RFC 9846 section 7.1) of `out.len()` bytes.
///
/// An application's exporter, whose label and lengths are its own, asks through
/// [`crate::Connection::export_keying_material`], which checks them.
pub(crate) fn expand_label(prk: &Prk, prefix: LabelPrefix, label: &Label<'_>, out: &mut [u8]) {
    let mut info = Info::of(prefix, label, out.len());
    if out.len() <= prk.hash().output_len() {
        return prk.expand_once(info.bytes(), out);
    }
    let (_counter, info) = info.bytes().split_last().unwrap_or((&0, &[]));
    let done = prk.expand(&[info], out);
    debug_assert!(done.is_ok(), "an output of at most 255 hash lengths");
}

/// The secret by which `verify_data` is computed (RFC 9846 section 4.5.3), at the front of `out`.
pub(crate) fn finished_key(base: &Prk, prefix: LabelPrefix, out: &mut [u8; Secret::MOST]) {
    let out = &mut out[..base.hash().output_len()];
    expand_label(base, prefix, &FINISHED, out);
}

/// The key of a Finished that follows from this secret.
pub(crate) fn finished_mac(base: &Prk, prefix: LabelPrefix) -> HmacKey {
    base.expand_key(Info::of(prefix, &FINISHED, base.hash().output_len()).bytes())
}

const FINISHED: Label<'static> = Label { label: b"finished", context: b"" };

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
    let nothing = hash.hash(b"");
    let of_label = Label { label: label.label, context: nothing.as_ref() };
    let prk = base.expand_prk(Info::of(prefix, &of_label, hash.output_len()).bytes());
    let context = hash.hash(label.context);
    expand_label(&prk, prefix, &Label { label: b"exporter", context: context.as_ref() }, out);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written down is what the schedule computes.
    #[test]
    fn constants_are_what_they_stand_for() {
        for (hash, salt, nothing) in [
            (HashAlgorithm::Sha256, &SALT_SHA256[..], &NOTHING_SHA256[..]),
            (HashAlgorithm::Sha384, &SALT_SHA384[..], &NOTHING_SHA384[..]),
        ] {
            assert_eq!(hash.hash(b"").as_ref(), nothing);
            let early = Early::with_psk(hash, STREAM, &[0; 64][..hash.output_len()]);
            assert_eq!(early.derived().as_bytes(), salt);
        }
    }
}
