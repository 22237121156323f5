//! The command line, as pairs of an option and its value.

use std::collections::BTreeMap;
use std::error::Error;

use bulla_tls::registry::{CipherSuite, NamedGroup, ProtocolVersion};

/// Options that stand alone.
const FLAGS: [&str; 11] = [
    "--retry-cookie",
    "--keep-open",
    "--no-compatibility",
    "--update-keys",
    "--legacy-key-transport",
    "--resume",
    "--store",
    "--tls12",
    "--optional",
    "--show-later",
    "--no-compression",
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

/// What both roles are told of the connection's algorithms.
pub(crate) struct Narrowed {
    pub(crate) versions: Option<Vec<ProtocolVersion>>,
    pub(crate) suites: Option<Vec<CipherSuite>>,
    pub(crate) groups: Option<Vec<NamedGroup>>,
    pub(crate) alpn: Vec<Vec<u8>>,
    pub(crate) record_size_limit: Option<u16>,
}

impl Narrowed {
    /// By `--tls12`, `--suite NAME`, `--group NAME`, `--alpn NAME` and `--record-size BYTES`.
    pub(crate) fn by(options: &Options) -> Result<Self, Box<dyn Error>> {
        let suite = named(options.optional("--suite"), |code| {
            CipherSuite(code).name().map(|name| (name, CipherSuite(code)))
        })?;
        let group = named(options.optional("--group"), |code| {
            NamedGroup(code).name().map(|name| (name, NamedGroup(code)))
        })?;
        Ok(Self {
            versions: options.flag("--tls12").then(|| vec![ProtocolVersion::TLS_1_2]),
            suites: suite.map(|suite| vec![suite]),
            groups: group.map(|group| vec![group]),
            alpn: options.optional("--alpn").map(|name| name.as_bytes().to_vec()).into_iter().collect(),
            record_size_limit: options.optional("--record-size").map(str::parse).transpose()?,
        })
    }
}

/// The value of a registry that bears this name.
fn named<T>(
    wanted: Option<&str>,
    entry: impl Fn(u16) -> Option<(&'static str, T)>,
) -> Result<Option<T>, Box<dyn Error>> {
    let Some(wanted) = wanted else { return Ok(None) };
    let found = (0..=u16::MAX).filter_map(entry).find(|(name, _)| *name == wanted);
    found.map(|(_, value)| Some(value)).ok_or_else(|| format!("no registered name: {wanted}").into())
}
