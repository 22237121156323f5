//! `cargo xtask layers`: the shape of the workspace, kept by a command.
//!
//! cli -> server -> ca, inspect -> store -> tokio -> tls -> x509 -> crypto. An arrow may skip layers; it never
//! points up or sideways. The testkit serves tests alone, aws-lc-rs has one door, and `unsafe` one file.

use std::path::{Component, Path};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::failure::Failure;
use crate::metadata::{self, Dependency, Kind, Package};
use crate::sources::{self, Source};

/// Our crates from the lowest layer up; crates of one row do not know each other.
const LAYERS: [&[&str]; 9] = [
    &["bulla-crypto"],
    &["bulla-x509"],
    &["bulla-tls"],
    &["bulla-tokio"],
    &["bulla-store"],
    &["bulla-ca", "bulla-inspect"],
    &["bulla-server"],
    &["bulla"],
    &["bulla-peer", "xtask"],
];

const TESTKIT: &str = "bulla-testkit";
/// The testkit stands beside the engine it exercises: it may use what the engine is made of, and the engine.
const TESTKIT_MAY_USE: [&str; 3] = ["bulla-crypto", "bulla-x509", "bulla-tls"];
const CRYPTO: &str = "bulla-crypto";
const PRIMITIVES: [&str; 5] = ["aws-lc-rs", "aws-lc-sys", "aws-lc-fips-sys", "aws-lc-fips-rs", "sha2"];
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// The one file with `unsafe`, and the one that calls AWS-LC without aws-lc-rs.
const RAW: &str = "crates/crypto/src/key_transport/raw.rs";
const HANDSHAKE: &str = "crates/tls/src/handshake";
/// Names under which anything may be put, and nothing found again.
const NAMELESS: [&str; 9] =
    ["common", "util", "utils", "misc", "helper", "helpers", "handy", "utility", "utilities"];

/// Checks the workspace at `root` and prints what it checked.
pub(crate) fn command(root: &Path) -> Result<(), Failure> {
    println!("layers: {}", check(root)?);
    Ok(())
}

/// Checks the workspace at `root` and says what it checked.
pub(crate) fn check(root: &Path) -> Result<String, Failure> {
    let packages = metadata::packages(root)?;
    let sources = sources::read(root, &packages)?;
    let mut faults = dependency_faults(&packages);
    faults.extend(sources.iter().flat_map(source_faults));
    faults.extend(origin_faults(&std::fs::read_to_string(root.join("Cargo.lock"))?));
    for folder in ["crates", "xtask", "docs"] {
        if root.join(folder).is_dir() {
            faults.extend(
                sources::walk(root, Path::new(folder))?.iter().filter_map(|path| name_fault(path.as_path())),
            );
        }
    }
    if faults.is_empty() {
        return Ok(format!("{} packages, {} source files, 0 faults", packages.len(), sources.len()));
    }
    Err(Failure::new(format!("layers: {} faults\n  {}", faults.len(), faults.join("\n  "))))
}

fn dependency_faults(packages: &[Package]) -> Vec<String> {
    packages
        .iter()
        .flat_map(|package| {
            package.dependencies.iter().filter_map(|needed| dependency_fault(package, needed))
        })
        .collect()
}

fn dependency_fault(package: &Package, needed: &Dependency) -> Option<String> {
    let (name, target) = (package.name.as_str(), needed.name.as_str());
    let manifest = package.folder.join("Cargo.toml");
    let at = |fault: &str| Some(format!("{}: {name} -> {target}: {fault}", manifest.display()));
    if PRIMITIVES.contains(&target) && name != CRYPTO {
        return at("cryptography is reached through bulla-crypto alone");
    }
    if target == TESTKIT {
        return if needed.kind == Kind::Dev { None } else { at("the testkit is for [dev-dependencies]") };
    }
    // A crate may name itself, to have a feature of its own in its tests.
    if !is_ours(target) || target == name {
        return None;
    }
    if name == TESTKIT {
        return if TESTKIT_MAY_USE.contains(&target) {
            None
        } else {
            at("the testkit may use crypto, x509 and tls only")
        };
    }
    match (layer(name), layer(target)) {
        (Some(own), Some(below)) if below < own => None,
        (Some(own), Some(same)) if same == own => at("points sideways: both are in the same layer"),
        (Some(_), Some(_)) => at("points up; let the higher crate call the lower one"),
        (None, _) => at("the crate has no layer yet; give it one in xtask/src/layers.rs"),
        (_, None) => at("the target has no layer yet; give it one in xtask/src/layers.rs"),
    }
}

/// Packages of the lock file that come from elsewhere than crates.io; those for tests are included.
fn origin_faults(lock: &str) -> Vec<String> {
    let origins = lock.lines().filter_map(|line| line.strip_prefix("source = "));
    let foreign = origins.filter(|origin| origin.trim_matches('"') != CRATES_IO);
    foreign.map(|origin| format!("Cargo.lock: {origin} is not crates.io")).collect()
}

fn is_ours(name: &str) -> bool {
    name == "bulla" || name == "xtask" || name.starts_with("bulla-")
}

fn layer(name: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&name))
}

fn source_faults(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if source.package == CRYPTO {
        faults.extend(handed_on(source).into_iter().map(|line| {
            format!(
                "{}:{line}: hands the primitives on; other crates see our own types only",
                source.path.display()
            )
        }));
    }
    if source.path != Path::new(RAW) {
        faults.extend(raw_lines(source).into_iter().map(|line| {
            format!("{}:{line}: `unsafe` and aws-lc-sys are for {RAW} alone", source.path.display())
        }));
    }
    if source.path.starts_with(HANDSHAKE) {
        faults.extend(transport_lines(source).into_iter().map(|line| {
            format!(
                "{}:{line}: the handshake imports from transport/; send an effect instead",
                source.path.display()
            )
        }));
    }
    faults
}

/// Where a file makes a part of the primitives' crate public. Who has no dependency on it cannot name it otherwise.
fn handed_on(source: &Source) -> Vec<usize> {
    let public = |item: &&syn::Item| matches!(item, syn::Item::Use(item) if matches!(item.vis, syn::Visibility::Public(_)));
    let lines = source.syntax.items.iter().filter(public).map(|item| {
        let tokens = flatten(syn_tokens(&quoted(item, &source.text)));
        let own = tokens.iter().any(|token| PRIMITIVES.contains(&token.text.replace('_', "-").as_str()));
        own.then(|| item.span().start().line)
    });
    lines.flatten().collect()
}

/// The lines of the file on which an item stands.
fn quoted(item: &syn::Item, text: &str) -> String {
    let (first, last) = (item.span().start().line, item.span().end().line);
    let lines = text.lines().skip(first.saturating_sub(1)).take((last + 1).saturating_sub(first));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a file says `unsafe`, or names the bindings that need it.
fn raw_lines(source: &Source) -> Vec<usize> {
    let tokens = flatten(syn_tokens(&source.text));
    let raw = tokens.iter().filter(|token| token.text == "unsafe" || token.text == "aws_lc_sys");
    raw.map(|token| token.line).collect()
}

/// Where a file names the module `transport`: inside a `use`, or as the head of a path.
fn transport_lines(source: &Source) -> Vec<usize> {
    let tokens = flatten(syn_tokens(&source.text));
    let mut imports = Imports { lines: Vec::new() };
    imports.visit_file(&source.syntax);
    let paths = tokens
        .windows(3)
        .filter(|three| three[0].text == "transport" && three[1].text == ":" && three[2].text == ":");
    let mut lines: Vec<usize> = imports.lines.into_iter().chain(paths.map(|three| three[0].line)).collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// The lines of all `use` trees that name `transport`.
struct Imports {
    lines: Vec<usize>,
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        self.note(&path.ident);
        syn::visit::visit_use_path(self, path);
    }

    fn visit_use_name(&mut self, name: &'ast syn::UseName) {
        self.note(&name.ident);
    }

    fn visit_use_rename(&mut self, rename: &'ast syn::UseRename) {
        self.note(&rename.ident);
    }
}

impl Imports {
    fn note(&mut self, ident: &syn::Ident) {
        if ident == "transport" {
            self.lines.push(ident.span().start().line);
        }
    }
}

/// One word or sign of a source file.
struct Token {
    text: String,
    line: usize,
}

fn syn_tokens(text: &str) -> TokenStream {
    // The file parsed as Rust before it came here, so its tokens read again.
    text.parse().unwrap_or_default()
}

fn flatten(stream: TokenStream) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut open = vec![stream.into_iter()];
    while let Some(level) = open.last_mut() {
        match level.next() {
            None => drop(open.pop()),
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(TokenTree::Literal(_)) => {}
            Some(TokenTree::Ident(ident)) => {
                tokens.push(Token { text: ident.to_string(), line: ident.span().start().line });
            }
            Some(TokenTree::Punct(sign)) => {
                tokens.push(Token { text: sign.as_char().to_string(), line: sign.span().start().line });
            }
        }
    }
    tokens
}

fn name_fault(path: &Path) -> Option<String> {
    let Some(Component::Normal(_)) = path.components().next_back() else { return None };
    let stem = path.file_stem()?.to_str()?;
    let nameless = NAMELESS.contains(&stem.to_ascii_lowercase().as_str());
    nameless.then(|| format!("{}: `{stem}` says nothing; name what is inside", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        let dependencies = dependencies
            .iter()
            .map(|(name, kind)| Dependency { name: (*name).to_owned(), kind: *kind })
            .collect();
        Package { name: name.to_owned(), folder: "crates/it".into(), dependencies }
    }

    fn source(package: &str, path: &str, text: &str) -> Source {
        let syntax = syn::parse_file(text).unwrap();
        Source { path: path.into(), package: package.to_owned(), text: text.to_owned(), syntax }
    }

    #[track_caller]
    fn refused(package: Package, words: &str) {
        let faults = dependency_faults(&[package]);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains(words), "{}", faults[0]);
    }

    #[test]
    fn arrows_point_down() {
        let down = package("bulla-server", &[("bulla-crypto", Kind::Normal), ("bulla-ca", Kind::Normal)]);
        assert_eq!(dependency_faults(&[down]), Vec::<String>::new());
        refused(package("bulla-x509", &[("bulla-tls", Kind::Normal)]), "points up");
        refused(package("bulla-x509", &[("bulla-tls", Kind::Dev)]), "points up");
        refused(package("bulla-ca", &[("bulla-inspect", Kind::Normal)]), "sideways");
        refused(package("bulla-new", &[("bulla-crypto", Kind::Normal)]), "no layer");
    }

    #[test]
    fn the_testkit_is_for_tests() {
        let test = package("bulla-tls", &[(TESTKIT, Kind::Dev)]);
        assert_eq!(dependency_faults(&[test]), Vec::<String>::new());
        refused(package("bulla-tls", &[(TESTKIT, Kind::Normal)]), "dev-dependencies");
        refused(package(TESTKIT, &[("bulla-server", Kind::Normal)]), "crypto, x509 and tls only");
    }

    #[test]
    fn cryptography_has_one_door() {
        refused(package("bulla-tls", &[("aws-lc-rs", Kind::Normal)]), "bulla-crypto alone");
        let crypto = |text| source_faults(&source(CRYPTO, "crates/crypto/src/lib.rs", text));
        assert_eq!(crypto("mod a;\npub use aws_lc_rs::digest;").len(), 1);
        assert!(crypto("use aws_lc_rs::digest;\npub(crate) use aws_lc_rs::hmac;").is_empty());
    }

    #[test]
    fn unsafe_has_one_file() {
        let text = "// unsafe\nfn a() { b(\"unsafe\") }\nfn b() { unsafe { aws_lc_sys::c() } }";
        let elsewhere = source(CRYPTO, "crates/crypto/src/hash.rs", text);
        assert_eq!(raw_lines(&elsewhere), [3, 3]);
        assert_eq!(source_faults(&elsewhere).len(), 2);
        assert!(source_faults(&source(CRYPTO, RAW, text)).is_empty());
    }

    #[test]
    fn the_handshake_knows_no_transport() {
        let path = "crates/tls/src/handshake/client13.rs";
        for text in [
            "use crate::transport::Record;",
            "use crate::{keys, transport};",
            "use super::super::transport as t;",
            "fn a() { crate::transport::seal() }",
            "fn a() { println!(\"{}\", crate::transport::NAME) }",
        ] {
            assert_eq!(source_faults(&source("bulla-tls", path, text)).len(), 1, "{text}");
        }
        let fine = source("bulla-tls", path, "fn a(transport: u8) -> u8 { transport }");
        assert!(source_faults(&fine).is_empty());
        let elsewhere = source("bulla-tls", "crates/tls/src/connection.rs", "use crate::transport::Record;");
        assert!(source_faults(&elsewhere).is_empty());
    }

    #[test]
    fn packages_come_from_one_place() {
        let line = |origin: &str| format!("[[package]]\nname = \"a\"\nsource = \"{origin}\"\n");
        assert!(origin_faults(&line(CRATES_IO)).is_empty());
        assert_eq!(origin_faults(&line("git+https://example.org/a#1")).len(), 1);
    }

    #[test]
    fn names_say_something() {
        assert!(name_fault(Path::new("crates/tls/src/util.rs")).is_some());
        assert!(name_fault(Path::new("crates/tls/src/Helpers")).is_some());
        assert!(name_fault(Path::new("crates/tls/src/alert.rs")).is_none());
    }
}
