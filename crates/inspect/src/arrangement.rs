//! A chain put in order, as one document: `bulla.chain/1`. Fields are added, never renamed or removed; the strings are
//! escaped by each sink.

use serde::Serialize;

/// The name and version of the document.
pub const SCHEMA: &str = "bulla.chain/1";

/// Which certificates are to be sent in which order, what is left out, and what is missing.
#[derive(Clone, Debug, Serialize)]
pub struct Arrangement {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Whether nothing is missing.
    pub whole: bool,
    /// Whether the certificates were in this order already, with nothing to leave out.
    pub as_it_was: bool,
    /// What is to be sent, the server's own first.
    pub chain: Vec<Part>,
    /// What is left out, and why.
    pub left_out: Vec<LeftOut>,
    /// The certificate that is missing.
    pub missing: Option<Missing>,
}

/// A certificate of the chain.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Whom it names.
    pub subject: String,
    /// Its file.
    pub file: String,
    /// The line of its BEGIN, counted from 1, in a PEM text.
    pub line: Option<usize>,
}

/// A certificate that is not sent.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// Which.
    #[serde(flatten)]
    pub part: Part,
    /// Why.
    pub why: Why,
}

/// Why a certificate is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// Whoever trusts the root has it.
    Root,
    /// It is there already.
    Duplicate,
    /// It is not part of this chain.
    Unrelated,
}

/// A certificate that is missing.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// Whom it names.
    pub subject: String,
    /// Whom it signed.
    pub signed: String,
    /// Where it can be fetched.
    pub url: Option<String>,
    /// What would mend it.
    pub mend: String,
}

impl Why {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Root => "the root: whoever trusts it has it",
            Self::Duplicate => "there already",
            Self::Unrelated => "not part of this chain",
        }
    }
}
