//! The manual tells the truth: what README.md and docs/*.md show of `bulla up`, `bulla check` and `bulla cert` is
//! what they print.
//!
//! Output stands in a `console` block below its command, a line that begins with `$ `. A line `...` stands for lines
//! left out. Dates, the serial part of names and the home folder differ from run to run and are not compared.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod house;

use std::fs;
use std::path::{Path, PathBuf};

use bulla_crypto::pem;
use house::up::Up;
use house::{Authority, Hierarchy, Place, text};

/// A command of the manual and the output below it.
struct Shown {
    file: String,
    command: String,
    output: Vec<String>,
}

/// README.md and every document.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let documents = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let documents = documents.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    [root.join("README.md")].into_iter().chain(documents).collect()
}

/// The commands in the `console` blocks of a document.
fn shown(path: &Path) -> Vec<Shown> {
    let (mut found, mut inside) = (Vec::<Shown>::new(), false);
    for line in fs::read_to_string(path).unwrap().lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(command)) = (inside, line.strip_prefix("$ ")) {
            let command = command.split(" #").next().unwrap().trim().to_owned();
            found.push(Shown { file: path.display().to_string(), command, output: Vec::new() });
        } else if let (true, Some(last)) = (inside, found.last_mut()) {
            last.output.push(line.to_owned());
        }
    }
    found
}

/// Without what differs from run to run, and without how far a box is filled.
fn plain(line: &str) -> String {
    line.split_whitespace().map(|word| if differs(word) { "…" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Dates, spans of time, serial names and places.
fn differs(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let hex =
        |text: &str| [8, 40, 64].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_date = |text: &str| text.split('-').count() == 3 && text.split('-').all(digits);
    let word = word.trim_end_matches([',', '.', ':', ')']);
    is_date(word) || hex(word) || (word.len() < 4 && digits(word)) || word.contains("/bulla/")
}

/// Whether the lines of the manual are in the output, in order, with gaps only where it says so.
fn check(shown: &Shown, actual: &str) {
    let actual: Vec<String> = actual.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let lines: Vec<String> =
        shown.output.iter().map(|line| plain(line)).filter(|line| !line.is_empty()).collect();
    let mut rest = actual.as_slice();
    for (number, part) in lines.split(|line| line == "...").enumerate() {
        let fits = |start: &usize| rest[*start..].starts_with(part);
        let start = (0..=rest.len()).find(fits);
        let start = start.filter(|start| number > 0 || *start == 0);
        let start = start.unwrap_or_else(|| {
            panic!("{}: `{}` does not print {part:#?} but {actual:#?}", shown.file, shown.command)
        });
        rest = &rest[start + part.len()..];
    }
    let open_ended = lines.last().is_some_and(|line| line == "...");
    assert!(open_ended || rest.is_empty(), "{}: `{}` prints more: {rest:#?}", shown.file, shown.command);
}

#[test]
fn what_the_manual_shows_is_what_is_printed() {
    let place = Place::new();
    // A system's store that knows some authority, and not ours.
    let store = place.file("store.pem", Authority::new().pem());
    let up = Up::start(&place, "");
    let ports = [(up.https(), "8443"), (up.port_of("http"), "8080")];
    let usual = |text: &str| {
        ports.iter().fold(text.to_owned(), |text, (port, usual)| text.replace(&port.to_string(), usual))
    };
    let (mut starts, mut checks) = (0, 0);
    for shown in documents().iter().flat_map(|path| shown(path)).filter(|shown| !shown.output.is_empty()) {
        if shown.command == "bulla up" {
            check(&shown, &usual(up.said()));
            starts += 1;
        } else if let Some(arguments) = shown.command.strip_prefix("bulla check ") {
            let arguments = arguments.replace("8443", &ports[0].0.to_string());
            let output =
                place.bulla(&format!("check {arguments}")).env("SSL_CERT_FILE", &store).output().unwrap();
            check(&shown, &usual(&text(&output.stdout)));
            checks += 1;
        }
    }
    assert!(starts > 0 && checks > 4, "{starts} and {checks} outputs in the manual");
}

#[test]
fn what_the_manual_shows_of_files_is_what_is_printed() {
    let (place, house) = (Place::new(), Hierarchy::new());
    let section = |der: &[u8]| pem::write("CERTIFICATE", der);
    place.file("root.pem", section(&house.root));
    place.file("server.pem", section(&house.leaf));
    place.file("server.key", house.key.to_pem().unwrap().as_bytes());
    place.file("chain.pem", section(&house.leaf) + &section(&house.intermediate));
    let mixed = [&house.root, &house.leaf, &house.intermediate, &house.leaf];
    place.file("mixed.pem", mixed.map(|der| section(der)).concat());
    place.file("secret.txt", "open sesame\n");
    let mut commands = 0;
    for shown in documents().iter().flat_map(|path| shown(path)).filter(|shown| !shown.output.is_empty()) {
        if let Some(arguments) = shown.command.strip_prefix("bulla cert ") {
            let output = place.run(&format!("cert {arguments}"));
            check(&shown, &(text(&output.stdout) + &text(&output.stderr)));
            commands += 1;
        }
    }
    assert!(commands > 5, "{commands} outputs in the manual");
}

#[test]
fn another_output_would_be_noticed() {
    let shown = |output: &[&str]| Shown {
        file: "a file".to_owned(),
        command: "a command".to_owned(),
        output: output.iter().map(|line| (*line).to_owned()).collect(),
    };
    let holds = |lines: &[&str], actual: &str| {
        let shown = shown(lines);
        std::panic::catch_unwind(|| check(&shown, actual)).is_ok()
    };
    let actual = "one\ntwo 2026-11-22\nthree\n";
    assert!(holds(&["one", "two 2027-01-01", "three"], actual));
    assert!(holds(&["...", "two 1", "..."], actual));
    assert!(!holds(&["one", "three"], actual));
    assert!(!holds(&["one", "two 1"], actual));
    assert!(!holds(&["two 1", "..."], actual));
    assert!(!holds(&["...", "four", "..."], actual));
    assert!(!holds(&["RFC 9525"], "RFC 5280"));
    assert!(!holds(&["X25519MLKEM768"], "x25519"));
}
