//! `psk_key_exchange_modes` (RFC 9846 section 4.3.9): how a client would use a pre-shared key.

use super::Extension;
use crate::wire::codec::{DecodeError, Reader, Writer};
use crate::wire::registry::{ExtensionType, PskKeyExchangeMode};

/// The modes, a byte each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PskKeyExchangeModes<'a>(pub(crate) &'a [u8]);

impl PskKeyExchangeModes<'_> {
    /// The one mode of bulla: a key without a fresh exchange beside it has no forward secrecy.
    pub(crate) const OURS: PskKeyExchangeModes<'static> =
        PskKeyExchangeModes(&[PskKeyExchangeMode::PSK_DHE_KE.0]);

    pub(crate) fn contains(self, mode: PskKeyExchangeMode) -> bool {
        self.0.contains(&mode.0)
    }
}

impl<'a> Extension<'a> for PskKeyExchangeModes<'a> {
    const TYPE: ExtensionType = ExtensionType::PSK_KEY_EXCHANGE_MODES;

    fn read(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        reader.vector8("ke_modes", 1).map(Self)
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.block8(|out| out.raw(self.0));
    }
}
