//! Where secrets are laid open for whoever debugs (SSLKEYLOGFILE, RFC 9850).

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// Whoever is told the secrets of each connection, so that a recording of it can be read. It opens what
/// TLS closes: for debugging only, and nothing sets it by itself, no environment variable either.
#[derive(Clone)]
pub struct KeyLog(Arc<dyn Fn(&LoggedSecret<'_>) + Send + Sync>);

impl KeyLog {
    /// Tells each secret to this function, at the moment when it is derived.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use bulla_tls::KeyLog;
    ///
    /// let lines = Arc::new(Mutex::new(String::new()));
    /// let log = KeyLog::from_fn({
    ///     let lines = Arc::clone(&lines);
    ///     move |secret| lines.lock().unwrap().push_str(&secret.line())
    /// });
    /// ```
    pub fn from_fn(log: impl Fn(&LoggedSecret<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(log))
    }

    pub(crate) fn log(&self, secret: &LoggedSecret<'_>) {
        (self.0)(secret);
    }
}

impl fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyLog")
    }
}

/// One secret of one connection.
#[non_exhaustive]
pub struct LoggedSecret<'a> {
    /// Which secret it is, such as `CLIENT_TRAFFIC_SECRET_0` (RFC 9850 section 2.1).
    pub label: &'static str,
    /// The random of the first ClientHello, by which the connection is known.
    pub client_random: &'a [u8; 32],
    /// The secret.
    pub secret: &'a [u8],
}

impl LoggedSecret<'_> {
    /// The line of a key log file, with its newline (RFC 9850 section 2): label, client random and secret,
    /// in hexadecimal.
    pub fn line(&self) -> Zeroizing<String> {
        let length = self.label.len() + 2 * (self.client_random.len() + self.secret.len()) + 3;
        // As long as it becomes, so that it never moves and leaves a copy behind.
        let mut line = Zeroizing::new(String::with_capacity(length));
        line.push_str(self.label);
        for field in [self.client_random.as_slice(), self.secret] {
            line.push(' ');
            for byte in field {
                line.extend([byte >> 4, byte & 0x0f].map(hex));
            }
        }
        line.push('\n');
        line
    }
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0')
}

impl fmt::Debug for LoggedSecret<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoggedSecret({}, {} bytes)", self.label, self.secret.len())
    }
}

/// A connection's part of the log, once its client's random is known.
#[derive(Clone)]
pub(crate) struct Logbook {
    log: KeyLog,
    client_random: [u8; 32],
}

impl Logbook {
    pub(crate) fn open(log: Option<&KeyLog>, client_random: &[u8; 32]) -> Option<Self> {
        log.map(|log| Self { log: log.clone(), client_random: *client_random })
    }

    pub(crate) fn write(&self, label: &'static str, secret: &[u8]) {
        self.log.log(&LoggedSecret { label, client_random: &self.client_random, secret });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of RFC 9850 section 2, and nothing of a secret in what is printed for debugging.
    #[test]
    fn a_line_is_label_random_and_secret() {
        let secret =
            LoggedSecret { label: "CLIENT_RANDOM", client_random: &[0xa0; 32], secret: &[0x01, 0xff] };
        assert_eq!(*secret.line(), format!("CLIENT_RANDOM {} 01ff\n", "a0".repeat(32)));
        assert_eq!(secret.line().capacity(), secret.line().len());
        assert_eq!(format!("{secret:?}"), "LoggedSecret(CLIENT_RANDOM, 2 bytes)");
    }
}
