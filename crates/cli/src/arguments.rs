//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use bulla_server::proxy::Backend;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::anchors::Anchors;
use crate::cert::arguments::Cert;
use crate::host::{Place, Target, to_serve};

/// All of SSL in one binary: serve it, and judge it.
#[derive(Debug, Parser)]
#[command(name = "bulla", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
Start here:
  bulla up                             serve https://localhost:8443
  bulla check localhost:8443 --local   judge it, as a browser would, from another terminal
  bulla trust install                  let this user's browsers trust your own authority
  bulla check example.com              judge any server
  bulla cert show server.pem           say what is in a file")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Up(Box<Up>),
    Check(Check),
    Cert(Cert),
    Trust(Trust),
    /// Print a script that completes bulla's commands in a shell
    #[command(after_help = "\
Examples:
  bulla completions bash > ~/.local/share/bash-completion/completions/bulla
  bulla completions fish > ~/.config/fish/completions/bulla.fish
  bulla completions zsh  > ~/.zfunc/_bulla")]
    Completions {
        /// The shell to write for
        shell: Shell,
    },
}

/// Serve HTTPS on this machine: a page that shows each visitor their own connection, a folder, or a backend.
///
/// The first start makes a private authority in the data folder: a root and an intermediate. The root may only vouch
/// for local names and for the names asked for when it was made. The certificate for localhost, 127.0.0.1, ::1 and every
/// --name is renewed in the last third of its 90 days, while the server runs. Each request is logged on standard output,
/// without its query and headers, which may hold secrets. Ctrl-C lets requests under way finish and stops; a second Ctrl-C stops at once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla up
      https://localhost:8443, and http://localhost:8080 leads there
  bulla up --name shop.test
      also for shop.test; point that name at 127.0.0.1 in /etc/hosts
  bulla up --listen 0.0.0.0:8443 --name 192.0.2.7
      also for the other machines of a network
  bulla up --certificate chain.pem --key key.pem
      with a certificate from elsewhere
  bulla up --root public
      the files in the folder public
  bulla up --proxy http://127.0.0.1:3000
      HTTPS in front of a program that speaks plain HTTP

With --root or --proxy the page of the connection is at /.bulla/.

Exit codes: 0 stopped when asked to, 1 could not start, 2 mistake in the command.")]
pub(crate) struct Up {
    /// Folder of the authority and its certificates [default: $XDG_DATA_HOME/bulla or ~/.local/share/bulla]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,

    /// A further host name or address to serve; may be given several times
    #[arg(long = "name", value_name = "NAME", conflicts_with = "certificate", value_parser = to_serve)]
    pub(crate) names: Vec<String>,

    /// Where to listen for HTTPS
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443", value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Where to listen for plain HTTP, only to lead visitors to HTTPS
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080", value_parser = address)]
    pub(crate) redirect: SocketAddr,

    /// Do not listen for plain HTTP
    #[arg(long, conflicts_with = "redirect")]
    pub(crate) no_redirect: bool,

    /// Make a new root, which may vouch for the names given now; the old one is kept aside
    #[arg(long, conflicts_with = "certificate")]
    pub(crate) new_root: bool,

    /// Serve this certificate chain (PEM, the server's own first) instead of one of your authority
    #[arg(long, value_name = "FILE", requires = "key", value_hint = ValueHint::FilePath)]
    pub(crate) certificate: Option<PathBuf>,

    /// The private key of --certificate (PEM, not encrypted)
    #[arg(long, value_name = "FILE", requires = "certificate", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,

    /// Serve the files in this folder
    #[arg(long, value_name = "DIR", conflicts_with = "proxy", value_hint = ValueHint::DirPath)]
    pub(crate) root: Option<PathBuf>,

    /// Serve files and folders whose names begin with a dot, too; .well-known is served in any case
    #[arg(long, requires = "root")]
    pub(crate) dotfiles: bool,

    /// Forward requests to this backend, which speaks plain HTTP; WebSocket passes, too
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) proxy: Option<Backend>,

    /// Append the secrets of every connection to this file, so that recordings of them can be read while debugging
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key_log: Option<PathBuf>,

    /// Log as JSON: each request on standard output, everything else on standard error
    #[arg(long)]
    pub(crate) json_log: bool,

    /// Log each connection on standard error; twice for more
    #[arg(long, short, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Judge a server's certificates and connection, as a browser would.
///
/// Connects, looks at what the server presents, and says whether a browser would trust it and why: the cue, the
/// reason, the chain as a picture with the link that fails, and how the connection is protected.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  bulla check example.com
      against the authorities that this system trusts
  bulla check localhost:8443 --local
      against your own authority, made by bulla up
  bulla check mail.example.com:993 --ca roots.pem
      against the roots in a file
  bulla check example.com --connect 192.0.2.7
      the machine at that address, asked for example.com
  bulla check example.com --json
      as a document for a script

Exit codes: 0 trusted, 1 not trusted, 2 could not connect (or a mistake in the command).")]
pub(crate) struct Check {
    /// The server: a name or an address, and a port
    #[arg(value_name = "HOST[:PORT]", value_hint = ValueHint::Hostname)]
    pub(crate) target: Target,

    #[command(flatten)]
    pub(crate) anchors: Anchors,

    /// Connect here, and ask for HOST all the same
    #[arg(long, value_name = "ADDRESS[:PORT]")]
    pub(crate) connect: Option<Place>,

    /// Application protocols to offer, in order of preference; '' offers none
    #[arg(long, value_name = "PROTOCOL,..", value_delimiter = ',', default_value = "h2,http/1.1")]
    pub(crate) alpn: Vec<String>,

    /// Append the secrets of the connection to this file, so that a recording of it can be read while debugging
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) key_log: Option<PathBuf>,

    /// Print the finding as a JSON document (bulla.report/1)
    #[arg(long)]
    pub(crate) json: bool,

    /// Give up after this long
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
}

/// Have this machine's programs trust your own authority, or no longer.
///
/// Programs look for trusted roots in different places: most in the system's store, Chromium and Firefox in NSS databases
/// of their own. Without --system or --nss, all of them that this machine and user have are gone through. Running a
/// command again changes nothing further; removing touches nothing but this one root.
#[derive(Args, Debug)]
pub(crate) struct Trust {
    #[command(subcommand)]
    pub(crate) action: TrustAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrustAction {
    /// Put the root where programs look for trusted ones
    #[command(after_help = "\
Examples:
  bulla trust install
      in the databases of this user's browsers; as root also in the system's store
  sudo bulla trust install --system --data ~/.local/share/bulla
      in the system's store alone
  bulla trust install --nss ~/.pki/nssdb
      in one database; made if there is none yet

Exit codes: 0 every place trusts the root, 1 one does not, 2 mistake in the command.")]
    Install(Stores),
    /// Take the root out again
    #[command(
        after_help = "Exit codes: 0 no place trusts the root, 1 one still does, 2 mistake in the command."
    )]
    Remove(Stores),
    /// Say where the root is trusted, and change nothing
    #[command(
        after_help = "Exit codes: 0 every place trusts the root, 1 one does not, 2 mistake in the command."
    )]
    Status(Stores),
}

#[derive(Args, Debug)]
pub(crate) struct Stores {
    /// Folder of the authority [default: $XDG_DATA_HOME/bulla or ~/.local/share/bulla]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) data: Option<PathBuf>,

    /// The root in this file (PEM) instead of that of your authority, such as one of former times
    #[arg(long, value_name = "FILE", conflicts_with = "data", value_hint = ValueHint::FilePath)]
    pub(crate) certificate: Option<PathBuf>,

    /// The system's store: /usr/local/share/ca-certificates and update-ca-certificates
    #[arg(long)]
    pub(crate) system: bool,

    /// An NSS database, as of Chromium or of a Firefox profile; may be given several times
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) nss: Vec<PathBuf>,

    /// Take this folder for the root of the system, as when an image is made
    #[arg(long, value_name = "DIR", requires = "system", value_hint = ValueHint::DirPath)]
    pub(crate) sysroot: Option<PathBuf>,
}

/// An address and port to listen at; a port alone is one of this machine's own address.
fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.trim_start_matches(':').parse() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    text.parse().map_err(|_| "write it as 127.0.0.1:8443, as [::1]:8443, or as a port alone".to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Whether the words behind a prompt are a command of ours that parses; none if they are another program's.
    fn parses(line: &str) -> Option<bool> {
        let line = line.split(" #").next()?.trim();
        let words = line.strip_prefix("bulla").or_else(|| line.strip_prefix("cargo run --release --"))?;
        let words = ["bulla"].into_iter().chain(words.split_whitespace());
        Some(Arguments::try_parse_from(words).is_ok())
    }

    #[test]
    fn every_command_in_the_manual_parses() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let manual = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let manual = manual.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
        let mut commands = 0;
        for path in manual.chain([root.join("README.md")]) {
            for line in fs::read_to_string(&path).unwrap().lines() {
                // Behind a prompt, or in a cell of a table.
                let cells = line
                    .split('`')
                    .skip(1)
                    .step_by(2)
                    .filter(|cell| line.starts_with('|') && cell.starts_with("bulla cert "));
                for command in line.strip_prefix("$ ").into_iter().chain(cells) {
                    if let Some(sound) = parses(command) {
                        assert!(sound, "{}: {command}", path.display());
                        commands += 1;
                    }
                }
            }
        }
        assert!(commands > 10, "{commands} commands");
        assert_eq!(parses("bulla check localhost --lokal"), Some(false));
    }
}
