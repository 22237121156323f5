//! The command line, as pairs of an option and its value.

use std::collections::BTreeMap;

use crate::Error;

/// Options that stand alone.
const FLAGS: [&str; 4] = ["--resume", "--update-keys", "--tls12", "--no-tickets"];

/// What the command line said.
///
/// | option | meaning |
/// |---|---|
/// | `--tls12` | no version above TLS 1.2 |
/// | `--groups NAMES` | these groups alone, by their registered names and separated by `:` |
/// | `--alpn NAME` | this application protocol |
/// | `--chain FILE`, `--key FILE` | what we show; at a client only if given |
/// | `--client-ca FILE` | a server asks for a certificate under this root, and insists |
/// | `--resume` | a client connects twice, and shows the facts of both |
/// | `--update-keys` | update keys before any data |
/// | `--no-tickets` | a server remembers sessions itself |
#[derive(Clone, Debug, Default)]
pub struct Options(BTreeMap<String, String>);

impl Options {
    /// Reads options until the arguments end.
    ///
    /// # Errors
    /// An option without its value.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, Error> {
        let mut options = BTreeMap::new();
        while let Some(name) = arguments.next() {
            let value = if FLAGS.contains(&name.as_str()) { Some(String::new()) } else { arguments.next() };
            let value = value.ok_or_else(|| format!("{name} needs a value"))?;
            options.insert(name, value);
        }
        Ok(Options(options))
    }

    /// The value of an option that must be there.
    ///
    /// # Errors
    /// That it is missing.
    pub fn value(&self, name: &str) -> Result<&str, Error> {
        self.optional(name).ok_or_else(|| format!("{name} is missing").into())
    }

    /// The value of an option that may be there.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a flag is there.
    pub fn flag(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
