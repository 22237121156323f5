//! Which version both sides speak (RFC 9846 sections 4.2.2, 4.2.3 and 4.3.1).

use crate::config::{ClientConfig, ServerConfig};
use crate::error::{Error, Incompatibility, Violation};
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::{CipherSuite, ExtensionType, ProtocolVersion};
use crate::wire::server_hello::{Extensions, ServerHello};

/// The last bytes of a server's random that betray a downgrade: to TLS 1.1 or older, and to TLS 1.2 (RFC 9846
/// section 4.2.3).
const DOWNGRADE: [[u8; 8]; 2] = [*b"DOWNGRD\x00", *b"DOWNGRD\x01"];

/// What a server that knows TLS 1.3 puts there when it answers in TLS 1.2.
pub(crate) const DOWNGRADE_TO_TLS12: [u8; 8] = *b"DOWNGRD\x01";

/// A server's choice.
pub(crate) fn choose(hello: &ClientHello<'_>, config: &ServerConfig) -> Result<ProtocolVersion, Error> {
    let best = [ProtocolVersion::TLS_1_3, ProtocolVersion::TLS_1_2];
    let chosen = best
        .into_iter()
        .find(|version| config.versions.contains(version) && offers(hello, *version))
        .ok_or_else(|| Incompatibility::Version(best_offered(hello)))?;
    // RFC 7507 section 3: if TLS_FALLBACK_SCSV appears in ClientHello.cipher_suites and the highest protocol
    // version supported by the server is higher than the version indicated in ClientHello.client_version, the
    // server MUST respond with a fatal inappropriate_fallback alert.
    let better = config.versions.iter().any(|version| *version > chosen);
    if better && hello.cipher_suites.contains(CipherSuite::FALLBACK_SCSV) {
        return Err(Incompatibility::Fallback(chosen).into());
    }
    check_frame(hello, chosen)?;
    Ok(chosen)
}

/// Without the extension a hello offers TLS 1.2 at most, whatever else it says.
fn offers(hello: &ClientHello<'_>, version: ProtocolVersion) -> bool {
    match hello.extensions.supported_versions {
        Some(versions) => versions.0.contains(version),
        None => version <= ProtocolVersion::TLS_1_2 && hello.legacy_version >= version,
    }
}

fn best_offered(hello: &ClientHello<'_>) -> ProtocolVersion {
    match hello.extensions.supported_versions {
        Some(versions) => {
            let best = versions.0.iter().filter(|version| version.name().is_some()).max();
            best.unwrap_or(hello.legacy_version)
        }
        None => hello.legacy_version.min(ProtocolVersion::TLS_1_2),
    }
}

/// The fields that are left of older versions.
fn check_frame(hello: &ClientHello<'_>, chosen: ProtocolVersion) -> Result<(), Violation> {
    const MESSAGE: &str = "ClientHello";
    let compression = hello.legacy_compression_methods;
    if chosen == ProtocolVersion::TLS_1_2 {
        // RFC 5246 section 7.4.1.2: This vector MUST contain, and all implementations MUST support,
        // CompressionMethod.null.
        let sound = compression.contains(&0);
        return if sound { Ok(()) } else { Err(Violation::Compression { message: MESSAGE }) };
    }
    // RFC 9846 section 4.2.2: A server which receives a legacy_version value not equal to 0x0303 MUST abort
    // the handshake with a "protocol_version" alert.
    if hello.legacy_version != ProtocolVersion::TLS_1_2 {
        return Err(Violation::LegacyVersion { message: MESSAGE, version: hello.legacy_version });
    }
    // RFC 9846 section 4.2.2: this list MUST contain exactly one byte, set to zero.
    if compression == [0] { Ok(()) } else { Err(Violation::Compression { message: MESSAGE }) }
}

/// A client's look at the answer to its first hello: which version it is.
pub(crate) fn answered(hello: &ServerHello<'_>, config: &ClientConfig) -> Result<ProtocolVersion, Error> {
    let newest = config.versions.contains(&ProtocolVersion::TLS_1_3);
    let old = matches!(&hello.extensions, Extensions::Hello(block) if block.supported_versions.is_none());
    if !old && newest {
        return Ok(ProtocolVersion::TLS_1_3);
    }
    if !old {
        let extension = ExtensionType::SUPPORTED_VERSIONS;
        return Err(Violation::UnsolicitedExtension { message: "ServerHello", extension }.into());
    }
    let version = hello.legacy_version;
    if is_downgraded(hello, newest) {
        return Err(Violation::Downgraded.into());
    }
    if version == ProtocolVersion::TLS_1_2 && config.versions.contains(&version) {
        return Ok(version);
    }
    Err(Incompatibility::Version(version).into())
}

/// RFC 9846 section 4.2.3: TLS 1.3 clients receiving a ServerHello indicating TLS 1.2 or below MUST check that the
/// last 8 bytes are not equal to either of these values. TLS 1.2 clients SHOULD also check that the last 8 bytes
/// are not equal to the second value if the ServerHello indicates TLS 1.1 or below.
fn is_downgraded(hello: &ServerHello<'_>, newest: bool) -> bool {
    let ending = hello.random.last_chunk::<8>();
    let older = hello.legacy_version < ProtocolVersion::TLS_1_2;
    (newest || older) && ending.is_some_and(|ending| DOWNGRADE.contains(ending))
}
