//! The manual says what is: each test it names exists, each limit is in it with its default.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

use std::fs;
use std::path::{Path, PathBuf};

use bulla_tls::Limits;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn chapter(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/manual").join(name)).unwrap()
}

/// The rows of a chapter's tables, as cells.
fn rows(chapter: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    let lines = chapter.lines().filter(|line| line.starts_with("| ") && !line.starts_with("|---"));
    lines.map(cells).collect()
}

#[test]
fn each_avoided_attack_names_tests_that_exist() {
    let chapter = chapter("attacks.md");
    let rows = rows(&chapter);
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in &rows[1..] {
        let [attack, _, shown] = &row[..] else { panic!("three cells are due: {row:?}") };
        let mut source = None;
        let mut tests = 0;
        for word in shown.split('`').map(str::trim).filter(|word| !word.is_empty()) {
            if word.contains('/') {
                let path = crates().join(word);
                source = Some(
                    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{attack}: {word}: {error}")),
                );
                continue;
            }
            let source = source.as_ref().unwrap_or_else(|| panic!("{attack}: {word} has no file"));
            assert!(is_test(source, word), "{attack}: there is no test {word}");
            tests += 1;
        }
        assert!(tests > 0, "{attack}: shown by nothing");
    }
}

/// Whether a source has a function of this name behind a test's attribute, or in a block of properties.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let place = lines.iter().position(|line| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        line.strip_prefix("fn ")
            .and_then(|line| line.strip_prefix(name))
            .is_some_and(|rest| rest.starts_with('('))
    });
    let Some(place) = place else { return false };
    let attributes =
        lines[..place].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    attributes.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

#[test]
fn a_name_that_is_no_test_is_found_out() {
    let source = "#[test]\n// why\nfn one() {}\n\nfn two() {}\n#[tokio::test]\nasync fn three() {}";
    assert!(is_test(source, "one") && is_test(source, "three"));
    assert!(!is_test(source, "two") && !is_test(source, "on") && !is_test(source, "four"));
}

#[test]
fn each_limit_is_in_the_budgets_with_its_default() {
    let chapter = chapter("budgets.md");
    let rows = rows(&chapter);
    let printed = format!("{:?}", Limits::default());
    let fields = printed.trim_start_matches("Limits { ").trim_end_matches(" }");
    let mut seen = 0;
    for field in fields.split(", ") {
        let (name, value) = field.split_once(": ").unwrap();
        let row = rows.iter().find(|row| row[0].contains(&format!("`Limits::{name}`")));
        let row = row.unwrap_or_else(|| panic!("Limits::{name} is not in budgets.md"));
        let said: String = row[1].chars().take_while(|c| c.is_ascii_digit() || *c == ' ').collect();
        assert_eq!(said.replace(' ', ""), value, "Limits::{name}");
        seen += 1;
    }
    assert!(seen >= 4, "{printed}");
}
