//! The command line, as pairs of an option and its value.

use std::collections::BTreeMap;
use std::error::Error;

/// Options that stand alone.
const FLAGS: [&str; 8] = [
    "--retry-cookie",
    "--keep-open",
    "--no-compatibility",
    "--update-keys",
    "--legacy-key-transport",
    "--resume",
    "--store",
    "--tls12",
];

/// What the command line said.
pub(crate) struct Options(BTreeMap<String, String>);

impl Options {
    /// Reads options until the arguments end.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
        let mut options = BTreeMap::new();
        while let Some(name) = arguments.next() {
            let value = if FLAGS.contains(&name.as_str()) { Some(String::new()) } else { arguments.next() };
            let value = value.ok_or_else(|| format!("{name} needs a value"))?;
            options.insert(name, value);
        }
        Ok(Options(options))
    }

    /// The value of an option that must be there.
    pub(crate) fn value(&self, name: &str) -> Result<&str, Box<dyn Error>> {
        self.0.get(name).map(String::as_str).ok_or_else(|| format!("{name} is missing").into())
    }

    /// The value of an option that may be there.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a flag is there.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
