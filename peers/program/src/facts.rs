//! What a peer knows of its connection, in the registry's words.

use std::fmt;

/// One line of JSON; `xtask` compares it with ours.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: String,
    /// The cipher suite by its registered name.
    pub suite: String,
    /// The group by its registered name, where the engine says it.
    pub group: Option<String>,
    /// The application protocol.
    pub alpn: Option<String>,
    /// Whether a session was resumed.
    pub resumed: bool,
    /// Whether the server asked for a second hello, where the engine says it.
    pub retried: Option<bool>,
    /// Whether the other side has shown a certificate.
    pub peer_certificate: bool,
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = serde_json::json!({
            "version": self.version,
            "suite": self.suite,
            "group": self.group,
            "alpn": self.alpn,
            "resumed": self.resumed,
            "retried": self.retried,
            "peer_certificate": self.peer_certificate,
        });
        facts.fmt(f)
    }
}
