//! Each bad input that users were promised words for, and the snapshots that hold the words.

use std::fmt::Write as _;
use std::path::Path;

use super::cell;
use crate::failure::Failure;

/// What is wrong, and the snapshots of what `bulla` says then, in `crates/cli/tests/snapshots`.
const LISTED: [(&str, &[&str]); 11] = [
    ("a port that is taken", &["port-taken", "redirect-port-taken"]),
    (
        "an unreadable key or certificate",
        &[
            "unreadable-key",
            "unreadable-certificate",
            "no-such-file",
            "no-such-key",
            "a-folder",
            "empty-file",
        ],
    ),
    ("a key that does not match the certificate", &["another-key", "swapped"]),
    ("an encrypted key", &["encrypted-key", "encrypted-key-old-style"]),
    ("broken PEM", &["broken-pem", "cut-pem"]),
    ("a missing intermediate", &["missing-intermediate"]),
    ("a clock before the certificate's start", &["not-yet-valid", "clock-before-authority"]),
    ("a certificate past its end", &["expired"]),
    ("a data folder that cannot be written", &["data-not-writable", "data-is-a-file", "data-of-others"]),
    ("a data folder that another process uses", &["serving__a_data_folder_serves_one_process"]),
    (
        "a name that is no name",
        &[
            "name-url",
            "name-port",
            "name-space",
            "name-underscore",
            "name-number",
            "name-escape",
            "name-bidi",
        ],
    ),
];

/// The words for one bad input.
#[derive(Debug)]
pub(crate) struct Words {
    input: &'static str,
    snapshot: &'static str,
    said: String,
}

/// Reads every snapshot; one that is missing, or that no test compares, is a failure.
pub(super) fn read(root: &Path) -> Result<Vec<Words>, Failure> {
    let tests = root.join("crates/cli/tests");
    let mut sources = String::new();
    for file in ["words.rs", "serving.rs"] {
        let path = tests.join(file);
        sources += &std::fs::read_to_string(&path).map_err(|error| Failure::at(&path, &error))?;
    }
    let mut found = Vec::new();
    for (input, snapshots) in LISTED {
        for snapshot in snapshots {
            let path = tests.join("snapshots").join(format!("{snapshot}.snap"));
            let text = std::fs::read_to_string(&path).map_err(|error| Failure::at(&path, &error))?;
            // insta names a snapshot after its test, unless the test gives it a name.
            let test = snapshot.split_once("__").map(|(_, function)| format!("fn {function}("));
            let test = test.unwrap_or_else(|| format!("\"{snapshot}\""));
            if !sources.contains(&test) {
                return Err(Failure::new(format!("evidence: no test compares {}", path.display())));
            }
            found.push(Words { input, snapshot, said: said(&text)? });
        }
    }
    Ok(found)
}

/// How many kinds of bad input there are, and how many snapshots.
pub(super) fn counts(words: &[Words]) -> (usize, usize) {
    (LISTED.len(), words.len())
}

/// The table of what is said.
pub(super) fn table(words: &[Words]) -> String {
    let mut text = String::from("| bad input | snapshot | what bulla says |\n|---|---|---|\n");
    for Words { input, snapshot, said } in words {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {input} | {snapshot} | {} |", cell(said));
    }
    text
}

/// The line with the error in a snapshot: behind its second `---`.
fn said(snapshot: &str) -> Result<String, Failure> {
    let words = snapshot.splitn(3, "---\n").nth(2).unwrap_or_default();
    let line = words.lines().find_map(|line| line.strip_prefix("error: "));
    line.map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("evidence: a snapshot without an error: {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_input_has_its_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let words = read(root).unwrap();
        assert!(words.len() > LISTED.len());
        assert!(table(&words).contains("is in use by process"));
    }

    #[test]
    fn a_snapshot_that_is_gone_or_says_nothing_is_a_failure() {
        assert!(read(Path::new("/nowhere")).is_err());
        assert!(said("---\nsource: a\n---\nexit 1\nfine\n").is_err());
        assert_eq!(said("---\nsource: a\n---\nexit 1\nerror: no\n").unwrap(), "no");
    }
}
