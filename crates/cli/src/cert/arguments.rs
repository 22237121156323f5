//! The command line of `bulla cert`.

use std::path::PathBuf;

use bulla_inspect::report::Moment;
use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::anchors::Anchors;
use crate::host::Host;

/// Look into files of certificates and keys, judge them, put chains in order, and convert them.
///
/// Files are read by what they hold, whatever they are called: PEM with any mix of sections, DER, PKCS#7 (.p7b) and
/// PKCS#12 (.p12, .pfx). A folder stands for the files in it, and - for standard input.
#[derive(Args, Debug)]
pub(crate) struct Cert {
    #[command(subcommand)]
    pub(crate) action: Action,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    Show(Show),
    Verify(Verify),
    Chain(Chain),
    Convert(Convert),
}

/// The files to read, and what opens them.
#[derive(Args, Debug)]
pub(crate) struct Input {
    /// Files, folders, or - for standard input
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) passphrase: PassphraseFrom,
}

/// Where the passphrase of what is read stands. It is asked for when neither is given.
#[derive(Args, Debug)]
pub(crate) struct PassphraseFrom {
    /// Open with the passphrase in the first line of this file
    #[arg(long = "passphrase-file", value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,

    /// Open with the passphrase in this environment variable
    #[arg(long = "passphrase-env", value_name = "VARIABLE", conflicts_with = "file")]
    pub(crate) variable: Option<String>,
}

/// Say what is in files: each certificate, key and request, in words.
///
/// Who a certificate is of, for which names, until when, by whom, its key and fingerprints, and what each extension
/// means. A key and the certificates that belong to it are said to.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla cert show server.pem
      all that is in it
  bulla cert show server.pem server.key
      and whether the key belongs to the certificate
  bulla cert show shop.p12 --passphrase-file secret.txt
      a PKCS#12 file
  bulla cert show /etc/ssl/private
      each file of a folder

Exit codes: 0 all was read, 1 something could not be, 2 mistake in the command.")]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) input: Input,

    /// Print what was found as a JSON document (bulla.inventory/1)
    #[arg(long)]
    pub(crate) json: bool,
}

/// The sets of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rules {
    /// What browsers ask of public servers: the CA/Browser Forum's rules, with their dates
    Web,
    /// What RFC 5280 asks of every certificate, to the letter
    Rfc5280,
    /// What matters for a private authority
    Private,
}

/// Judge the chain in files, as a peer would that is shown it.
///
/// The first certificate that is no authority's is judged, with the others as what is sent along. What is wrong is
/// named with its rule and its mend, and the chain is drawn. Revocation lists among the files count. An authority's
/// certificate alone is judged for its path.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla cert verify chain.pem --name shop.example
      as a browser would that opens https://shop.example
  bulla cert verify client.pem --client --ca staff-ca.pem
      as a server would that trusts the authority in a file
  bulla cert verify server.pem --untrusted intermediate.pem
      with an intermediate from elsewhere
  bulla cert verify chain.pem --at 2027-02-01
      as on that day

Exit codes: 0 trusted, 1 not trusted, 2 could not judge (or a mistake in the command).")]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) input: Input,

    /// The host name or address that a server is asked for [default: the first name in the certificate]
    #[arg(long, value_name = "HOST", group = "purpose")]
    pub(crate) name: Option<Host>,

    /// The address that a server is asked for
    #[arg(long, value_name = "ADDRESS", group = "purpose")]
    pub(crate) ip: Option<std::net::IpAddr>,

    /// Judge it as a client's certificate
    #[arg(long, group = "purpose")]
    pub(crate) client: bool,

    #[command(flatten)]
    pub(crate) anchors: Anchors,

    /// Certificates that may help to build the chain and are trusted for nothing; may be given several times
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) untrusted: Vec<PathBuf>,

    /// Which rules count [default: web with --mozilla, else private]
    #[arg(long, value_enum, value_name = "PROFILE")]
    pub(crate) profile: Option<Rules>,

    /// Refuse certificates of which no revocation list among the files speaks
    #[arg(long)]
    pub(crate) revocation: bool,

    /// Tell of each path that was tried, and which rule each certificate keeps or breaks
    #[arg(long, conflicts_with = "json")]
    pub(crate) explain: bool,

    /// Judge as at this moment: 2026-11-22 or 2026-11-22T10:00:00Z, in UTC
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) at: Option<Moment>,

    /// Print the judgement as a JSON document (bulla.judgement/1)
    #[arg(long)]
    pub(crate) json: bool,
}

/// Put certificates into the order in which a server sends them, and name what is missing.
///
/// The server's own comes first, then each one's issuer; the root, duplicates and what does not belong are left out.
/// With the private key among the files, its certificate is the server's own. Without --out, the chain is described.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla cert chain server.pem bundle.p7b
      what the chain is, and whether something is missing
  bulla cert chain *.crt --out chain.pem
      written in the right order
  bulla cert chain everything.pem server.key --out chain.pem
      that of the key, when there are several

Exit codes: 0 the chain is whole, 1 it is not or could not be made, 2 mistake in the command.")]
pub(crate) struct Chain {
    #[command(flatten)]
    pub(crate) input: Input,

    #[command(flatten)]
    pub(crate) anchors: Anchors,

    /// Write the chain to this file (PEM); - for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,

    /// Replace the file that is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,

    /// Print what was found as a JSON document (bulla.chain/1)
    #[arg(long, conflicts_with = "out")]
    pub(crate) json: bool,
}

/// The forms that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// All of it as text: certificates, keys (PKCS#8), requests
    Pem,
    /// One certificate, key or request in binary
    Der,
    /// The private key and its certificate chain behind a passphrase (.p12, .pfx)
    Pkcs12,
    /// The certificates in one binary file (.p7b)
    Pkcs7,
    /// The certificates alone, as text
    Certificates,
    /// The private key alone, as text (PKCS#8)
    Key,
}

/// Write certificates and keys in another form.
///
/// The file is written whole or not at all, and never over another one without --force. A file with a private key in it
/// can be read by its owner alone.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla cert convert server.der --to pem --out server.pem
  bulla cert convert server.key chain.pem --to pkcs12 --out server.p12
      asks for a new passphrase
  bulla cert convert server.p12 --to pem --out server.pem
      asks for its passphrase; the key comes out unencrypted
  bulla cert convert server.p12 --to key --encrypt --out server.key
      the key alone, behind a new passphrase
  bulla cert convert old.key --to key --out new.key
      PKCS#1 or SEC 1 to PKCS#8

Exit codes: 0 written, 1 not, 2 mistake in the command.")]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,

    /// The form to write
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) to: To,

    /// The file to write; - for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: PathBuf,

    /// Put the private key behind a new passphrase (PKCS#12 always is)
    #[arg(long)]
    pub(crate) encrypt: bool,

    /// Take the new passphrase from the first line of this file
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) new_passphrase_file: Option<PathBuf>,

    /// Take the new passphrase from this environment variable
    #[arg(long, value_name = "VARIABLE", conflicts_with = "new_passphrase_file")]
    pub(crate) new_passphrase_env: Option<String>,

    /// What the key is to be called in a PKCS#12 file [default: the certificate's first name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) friendly_name: Option<String>,

    /// Replace the file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

fn moment(text: &str) -> Result<Moment, String> {
    Moment::parse(text).ok_or_else(|| "write it as 2026-11-22 or as 2026-11-22T10:00:00Z, in UTC".to_owned())
}
