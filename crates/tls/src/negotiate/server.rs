//! A server's choice from a ClientHello (RFC 9846 sections 4.2.1, 4.2.2 and 9.2).

use super::record_size::{self, RecordSizes};
use super::{group, protocol, psk, version};
use crate::config::ServerConfig;
use crate::error::{Error, Incompatibility, Violation};
use crate::keys::suite::Suite;
use crate::wire::client_hello::ClientHello;
use crate::wire::codec::List16;
use crate::wire::extension::key_share::ClientShares;
use crate::wire::registry::{ExtensionType, NamedGroup, ProtocolVersion, SignatureScheme};

/// All that a hello settles, but the certificate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice<'a> {
    pub(crate) suite: Suite,
    pub(crate) group: group::GroupChoice<'a>,
    pub(crate) protocol: Option<&'a [u8]>,
    signature_schemes: Option<List16<'a, SignatureScheme>>,
    pub(crate) record_sizes: Option<RecordSizes>,
}

impl<'a> Choice<'a> {
    /// The schemes that the client takes; a certificate cannot be shown without.
    pub(crate) fn signature_schemes(&self) -> Result<List16<'a, SignatureScheme>, Violation> {
        self.signature_schemes.ok_or(lacks(ExtensionType::SIGNATURE_ALGORITHMS))
    }
}

fn lacks(extension: ExtensionType) -> Violation {
    Violation::MissingExtension { message: "ClientHello", extension }
}

/// Chooses, or says why nothing can be chosen.
pub(crate) fn choose<'a>(hello: &ClientHello<'a>, config: &'a ServerConfig) -> Result<Choice<'a>, Error> {
    if version::choose(hello, config)? != ProtocolVersion::TLS_1_3 {
        return Err(Violation::HelloChanged("supported_versions").into());
    }
    psk::check(hello)?;
    let suite = config
        .suites
        .iter()
        .filter(|suite| hello.cipher_suites.contains(**suite))
        .find_map(|suite| Suite::tls13(*suite))
        .ok_or(Incompatibility::Suite)?;
    let mandatory = Mandatory::of(hello)?;
    check_shares(mandatory.groups, mandatory.shares)?;
    Ok(Choice {
        suite,
        group: group::choose(&config.groups, mandatory.groups, mandatory.shares)?,
        protocol: protocol::choose(&config.alpn, hello.extensions.alpn)?,
        signature_schemes: mandatory.schemes,
        record_sizes: record_size::agree(
            config.record_size_limit,
            hello.extensions.record_size_limit,
            "ClientHello",
        )?,
    })
}

/// The extensions without which no handshake can go on; a pre-shared key makes up for the schemes.
struct Mandatory<'a> {
    groups: List16<'a, NamedGroup>,
    shares: ClientShares<'a>,
    schemes: Option<List16<'a, SignatureScheme>>,
}

impl<'a> Mandatory<'a> {
    /// RFC 9846 section 9.2: servers receiving a ClientHello which does not conform to these requirements
    /// MUST abort the handshake with a "missing_extension" alert.
    fn of(hello: &ClientHello<'a>) -> Result<Self, Error> {
        let extensions = &hello.extensions;
        let schemes = extensions.signature_algorithms.map(|list| list.0);
        if schemes.is_none() && extensions.pre_shared_key.is_none() {
            return Err(lacks(ExtensionType::SIGNATURE_ALGORITHMS).into());
        }
        Ok(Self {
            groups: extensions.supported_groups.ok_or(lacks(ExtensionType::SUPPORTED_GROUPS))?.0,
            shares: extensions.key_share.ok_or(lacks(ExtensionType::KEY_SHARE))?,
            schemes,
        })
    }
}

/// RFC 9846 section 4.3.8: Clients MUST NOT offer multiple KeyShareEntry values for the same group. Clients
/// MUST NOT offer any KeyShareEntry values for groups not listed in the client's "supported_groups"
/// extension. Servers MAY check for violations of these rules.
///
/// Each group may stand once, so a list longer than all groups that exist is refused before it is compared.
fn check_shares(groups: List16<'_, NamedGroup>, shares: ClientShares<'_>) -> Result<(), Violation> {
    const MOST: usize = 64;
    for (index, share) in shares.iter().enumerate() {
        if index >= MOST {
            return Err(Violation::TooMany("key shares"));
        }
        if shares.iter().take(index).any(|earlier| earlier.group == share.group) {
            return Err(Violation::RepeatedShare(share.group));
        }
        if !groups.contains(share.group) {
            return Err(Violation::ShareWithoutGroup(share.group));
        }
    }
    Ok(())
}

/// What of the first hello the second one must repeat, and what the server has settled by it.
pub(crate) struct Retry<'a> {
    pub(crate) first: ClientHello<'a>,
    pub(crate) choice: Choice<'a>,
    pub(crate) cookie: Option<[u8; 32]>,
}

impl Retry<'_> {
    /// Whether the second hello is the first with only the changes that RFC 9846 section 4.2.2 allows.
    pub(crate) fn check(&self, second: &ClientHello<'_>, choice: &Choice<'_>) -> Result<(), Violation> {
        let (before, after) = (&self.first.extensions, &second.extensions);
        let changed = [
            ("random", self.first.random != second.random),
            ("legacy_session_id", self.first.legacy_session_id != second.legacy_session_id),
            ("cipher_suites", !self.first.cipher_suites.iter().eq(second.cipher_suites.iter())),
            ("server_name", before.server_name != after.server_name),
            ("application_layer_protocol_negotiation", self.choice.protocol != choice.protocol),
            ("supported_groups", self.choice.group.id != choice.group.id),
            // RFC 9846 section 4.2.2: Early data is not permitted after a HelloRetryRequest.
            ("early_data", after.early_data.is_some()),
            // RFC 9846 section 4.2.2: keys may be proved anew or left out, but none may be added.
            ("pre_shared_key", before.pre_shared_key.is_none() && after.pre_shared_key.is_some()),
            ("cookie", !self.cookie_returned(second)),
        ];
        if let Some((field, _)) = changed.into_iter().find(|(_, differs)| *differs) {
            return Err(Violation::HelloChanged(field));
        }
        // RFC 9846 section 4.2.2: replacing the list of shares with a list containing a single KeyShareEntry
        // from the indicated group.
        let shares = after.key_share.map_or(0, |shares| shares.iter().count());
        if shares == 1 && choice.group.share.is_some() { Ok(()) } else { Err(Violation::RetryIgnored) }
    }

    fn cookie_returned(&self, second: &ClientHello<'_>) -> bool {
        match (&self.cookie, second.extensions.cookie) {
            (Some(sent), Some(returned)) => bulla_crypto::compare::equal(sent, returned.0),
            (sent, returned) => sent.is_none() && returned.is_none(),
        }
    }
}
