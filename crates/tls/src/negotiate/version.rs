//! Which version both sides speak (RFC 9846 sections 4.2.2, 4.2.3 and 4.3.1).

use crate::error::{Error, Incompatibility, Violation};
use crate::wire::client_hello::ClientHello;
use crate::wire::registry::ProtocolVersion;
use crate::wire::server_hello::{Extensions, ServerHello};

/// The last bytes of a server's random that betray a downgrade (RFC 9846 section 4.2.3).
const DOWNGRADE: [[u8; 8]; 2] = [*b"DOWNGRD\x00", *b"DOWNGRD\x01"];

/// A server's choice.
pub(crate) fn choose(hello: &ClientHello<'_>) -> Result<(), Error> {
    let Some(versions) = hello.extensions.supported_versions else {
        // Whatever it says, a hello without the extension offers TLS 1.2 at most.
        let best = hello.legacy_version.min(ProtocolVersion::TLS_1_2);
        return Err(Incompatibility::Version(best).into());
    };
    if !versions.0.contains(ProtocolVersion::TLS_1_3) {
        let best = versions.0.iter().filter(|version| version.name().is_some()).max();
        return Err(Incompatibility::Version(best.unwrap_or(hello.legacy_version)).into());
    }
    // RFC 9846 section 4.2.2: A server which receives a legacy_version value not equal to 0x0303 MUST abort
    // the handshake with a "protocol_version" alert.
    if hello.legacy_version != ProtocolVersion::TLS_1_2 {
        let version = hello.legacy_version;
        return Err(Violation::LegacyVersion { message: "ClientHello", version }.into());
    }
    // RFC 9846 section 4.2.2: this list MUST contain exactly one byte, set to zero.
    if hello.legacy_compression_methods != [0] {
        return Err(Violation::Compression { message: "ClientHello" }.into());
    }
    Ok(())
}

/// A client's look at the answer to its first hello: whose version it is.
pub(crate) fn answered(hello: &ServerHello<'_>) -> Result<(), Error> {
    match &hello.extensions {
        Extensions::Hello(extensions) if extensions.supported_versions.is_none() => Err(older_version(hello)),
        _ => Ok(()),
    }
}

/// A hello without `supported_versions` is TLS 1.2 or older, by the server's choice or a middleman's.
fn older_version(hello: &ServerHello<'_>) -> Error {
    let ending = hello.random.last_chunk::<8>();
    if ending.is_some_and(|ending| DOWNGRADE.contains(ending)) {
        return Violation::Downgraded.into();
    }
    Incompatibility::Version(hello.legacy_version.min(ProtocolVersion::TLS_1_2)).into()
}
