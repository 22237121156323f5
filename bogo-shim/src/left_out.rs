//! Why a case is left out: by the options that ask for what bulla does not have, the widest reason first, since a case
//! may have several. The kinds of reasons are those of `config.json`.

use std::ffi::OsStr;

const REASONS: &[(&str, &[&str])] = &[
    ("not built: DTLS", &["-dtls", "-mtu", "-initial-timeout-duration-ms", "-srtp-profiles"]),
    ("not built: QUIC", &["-quic", "-quic-transport-params", "-quic-use-legacy-codepoint"]),
    (
        "not built: ECH",
        &[
            "-ech-config-list",
            "-ech-server-config",
            "-enable-ech-grease",
            "-reject-unusable-ech-config",
            "-expect-no-ech-name-override",
            "-fail-early-callback-ech-rewind",
        ],
    ),
    (
        "not built: 0-RTT",
        &[
            "-enable-early-data",
            "-expect-accept-early-data",
            "-expect-reject-early-data",
            "-expect-early-data-reason",
            "-expect-ticket-supports-early-data",
            "-expect-ticket-age-skew",
        ],
    ),
    (
        "not built: raw public keys",
        &["-new-rpk-credential", "-accepted-peer-cert-types", "-available-client-cert-types"],
    ),
    ("not built: external PSK", &["-new-psk-credential", "-psk"]),
    ("not built: delegated credentials", &["-new-delegated-credential"]),
    ("not built: GREASE", &["-enable-grease", "-permute-extensions"]),
    ("BoringSSL alone has it: NPN", &["-advertise-npn", "-advertise-empty-npn", "-select-next-proto"]),
    ("BoringSSL alone has it: NPN", &["-select-empty-next-proto"]),
    ("BoringSSL alone has it: Channel ID", &["-enable-channel-id", "-send-channel-id", "-expect-channel-id"]),
    ("BoringSSL alone has it: ALPS", &["-application-settings", "-alps-use-new-codepoint", "-defer-alps"]),
    ("BoringSSL alone has it: PAKE", &["-new-spake2plusv1-credential"]),
    (
        "BoringSSL alone has it: hints",
        &[
            "-allow-hint-mismatch",
            "-handshake-hints",
            "-server-supported-groups-hint",
            "-on-shim-curves",
            "-on-shim-cipher",
        ],
    ),
    (
        "BoringSSL alone has it: trust anchor identifiers",
        &["-requested-trust-anchors", "-available-trust-anchors", "-cert-properties"],
    ),
    ("BoringSSL alone has it: CBC", &["-cbc-record-splitting"]),
    ("BoringSSL alone has it: a list of suites with groups of equal preference, and CBC", &["-cipher"]),
    ("BoringSSL alone has it: hellos of SSL 2.0, and a callback for each message", &["-expect-msg-callback"]),
    ("BoringSSL alone has it: the workaround for JDK 11", &["-jdk11-workaround"]),
    (
        "BoringSSL alone has it: padding of a server's flight",
        &["-request-server-padding", "-server-supports-padding"],
    ),
    (
        "BoringSSL alone has it: flags in tickets (draft-ietf-tls-tlsflags)",
        &[
            "-expect-resumable-across-names",
            "-expect-not-resumable-across-names",
            "-resumption-across-names-enabled",
        ],
    ),
    ("BoringSSL alone has it: the form of its tickets", &["-ticket-key"]),
    (
        "BoringSSL alone has it: keeping a client's certificate as its hash",
        &["-retain-only-sha256-client-cert"],
    ),
    (
        "another policy: no renegotiation; a HelloRequest ends the connection",
        &[
            "-renegotiate-freely",
            "-renegotiate-once",
            "-renegotiate-explicit",
            "-renegotiate-ignore",
            "-forbid-renegotiation-after-handshake",
        ],
    ),
    (
        "another policy: a client sends nothing before the server's Finished (no False Start)",
        &["-false-start"],
    ),
    ("another policy: no client falls back to an older version", &["-fallback-scsv"]),
    ("another policy: channel bindings are exported (RFC 9266)", &["-tls-unique"]),
    (
        "another policy: a server's own order decides, without groups and suites of equal preference",
        &["-tls13-ciphers-flags", "-curves-flags"],
    ),
    (
        "another policy: a protocol of ALPN is one that was offered (RFC 7301 section 3.2)",
        &["-allow-unknown-alpn-protos", "-select-empty-alpn"],
    ),
    ("another policy: a name that was used is acknowledged (RFC 6066 section 3)", &["-no-server-name-ack"]),
    (
        "another policy: the peer says how long records may be (RFC 8449), not our caller",
        &["-max-send-fragment"],
    ),
    ("another policy: a first hello has a key share", &["-no-key-shares"]),
    (
        "another policy: a caller is asked for a certificate by signature schemes",
        &["-expect-certificate-types"],
    ),
    ("another policy: the sessions of a config have one context", &["-session-id-context"]),
    ("another policy: a client with a memory for sessions takes tickets", &["-no-ticket"]),
];

/// Why a case with these options is left out, and by which of them; else what the shim itself found missing.
pub fn reason<A: AsRef<OsStr>>(arguments: &[A], what: &str) -> String {
    let names: Vec<String> = arguments.iter().map(|argument| plain(argument.as_ref())).collect();
    let found = REASONS.iter().find_map(|(reason, options)| {
        let option = options.iter().find(|option| names.iter().any(|name| name == *option))?;
        Some(format!("{reason} ({option})"))
    });
    found.unwrap_or_else(|| what.to_owned())
}

/// An option without the connection that it is for.
fn plain(argument: &OsStr) -> String {
    let argument = argument.to_string_lossy();
    let connections = ["-on-initial-", "-on-resume-", "-on-retry-"];
    match connections.iter().find_map(|prefix| argument.strip_prefix(prefix)) {
        Some(name) => format!("-{name}"),
        None => argument.into_owned(),
    }
}

/// Why a signature scheme that bulla does not know is left out.
pub fn scheme(id: u16) -> Option<&'static str> {
    match id {
        0x0201 | 0x0203 => Some("BoringSSL alone has it: SHA-1 (signature schemes)"),
        0x0420 => Some("BoringSSL alone has it: PKCS#1 in TLS 1.3 (draft-ietf-tls-tls13-pkcs1)"),
        0xff01 => Some("BoringSSL alone has it: MD5 (signature schemes)"),
        _ => None,
    }
}
