//! Each class of differences has its input, and `differences.md` has its explanation.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bulla_fuzz::differ::certificate::{self, Readings};
use bulla_fuzz::differ::client::{self, Flight};
use bulla_fuzz::differ::server::{self, Hellos};
use bulla_fuzz::differ::{Answers, Class, class};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn show<I>(target: &str, classes: &[Class<I>], read: fn(&[u8]) -> I, ask: fn(&I) -> Answers) {
    for known in classes {
        let path = folder().join("seeds").join(target).join(format!("class-{}", known.name));
        let data = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let input = read(&data);
        let answers = ask(&input);
        assert!(!answers.agree(), "{} is no difference any more: {answers}", path.display());
        assert_eq!(class(classes, &input, &answers), Some(known.name), "{answers}");
    }
}

#[test]
fn each_class_is_shown_by_its_input() {
    show("differ_server", &server::CLASSES, Hellos::read, Hellos::answers);
    show("differ_client", &client::CLASSES, Flight::read, Flight::answers);
}

#[test]
fn each_class_of_certificates_is_shown_by_its_input() {
    for known in certificate::CLASSES {
        let path = folder().join("seeds/differ_certificate").join(format!("class-{}", known.name));
        let data = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let readings = Readings::of(&data);
        assert!(!readings.agree(), "{} is no difference any more: {readings}", path.display());
        assert_eq!(certificate::class(&readings), Some(known.name), "{readings}");
    }
}

#[test]
fn each_class_is_explained_once() {
    let text = fs::read_to_string(folder().join("differences.md")).unwrap();
    let explained: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    let known =
        server::CLASSES.iter().map(|class| class.name).chain(client::CLASSES.iter().map(|class| class.name));
    let mut known: BTreeSet<&str> = known.collect();
    assert!(known.len() <= 15, "{} classes", known.len());
    known.extend(certificate::CLASSES.iter().map(|class| class.name));
    assert_eq!(explained.len(), known.len());
    assert_eq!(explained.into_iter().collect::<BTreeSet<_>>(), known);
}
