//! `cargo xtask pkits`: NIST's path validation suite (PKITS) against our verifier.
//!
//! The certificates come from PyPI's `cryptography_vectors` and lie under `target/pkits`; none of them is kept here.
//! A path is found among all certificates that the end entity's issuers lead to, with all revocation lists of those
//! issuers, and every certificate needs a list. What needs something that the verifier lacks is skipped by name.

mod facts;
mod folder;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bulla_x509::policy::{PolicyId, PolicyInput};
use bulla_x509::profile::PATHS;
use bulla_x509::revocation::Revocation;
use bulla_x509::verdict::{Presented, Purpose, judge};
use rustls_pki_types::UnixTime;

use crate::failure::Failure;
use crate::known;
use crate::tally::{Tally, conclude};
use facts::{Asked, SECTIONS, Test};
use folder::Folder;

/// The package that carries the suite.
pub(crate) const VECTORS: &str = "cryptography_vectors==50.0.2";
/// 2024-01-01: the certificates are valid from 2010 to 2030.
const NOW: u64 = 1_704_067_200;

/// Runs every test of the suite and says what came of it.
pub(crate) fn command(root: &Path, options: &[&str]) -> Result<(), Failure> {
    let place = root.join("target/pkits");
    let data = place.join("cryptography_vectors/x509/PKITS_data");
    match options {
        [] | ["--install"] => {}
        other => return Err(Failure::new(format!("pkits: no such option: {}", other.join(" ")))),
    }
    if !data.is_dir() {
        if options.is_empty() {
            return Err(Failure::new(format!("{}: not there; pass --install to fetch it", data.display())));
        }
        install(&place)?;
    }
    let folder = Folder::read(&data)?;
    let mut rows = Vec::new();
    for section in SECTIONS {
        let mut tally = Tally::default();
        for test in section.tests {
            let outcome = run(&folder, test)?;
            if let Outcome::Wrong(words) | Outcome::Skipped(words) = &outcome {
                println!("{} {}: {words}", section.number, test.0);
            }
            match outcome {
                Outcome::Right => tally.passed += 1,
                Outcome::Wrong(_) => tally.failed += 1,
                Outcome::Skipped(_) => tally.skipped += 1,
            }
        }
        rows.push((format!("{:<5} {}", section.number, section.title), tally));
    }
    conclude(root, "pkits", "section", &rows)
}

/// Fetches the package and unpacks it.
fn install(place: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(place).map_err(|error| Failure::at(place, &error))?;
    let run = |arguments: &[&str]| {
        let status = Command::new("python3").args(arguments).current_dir(place).status()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| Failure::new(format!("python3 {}: failed", arguments.join(" "))))
    };
    run(&["-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", VECTORS])?;
    let name = format!("{}-py3-none-any.whl", VECTORS.replace("==", "-"));
    run(&["-m", "zipfile", "-e", &name, "."])
}

/// What came of a test.
enum Outcome {
    Right,
    Wrong(String),
    Skipped(String),
}

fn run(folder: &Folder, (leaf, asked, valid): &Test) -> Result<Outcome, Failure> {
    let case = folder.case(leaf)?;
    if let Some(feature) = case.missing() {
        return Ok(Outcome::Skipped(format!("skipped: needs {feature}")));
    }
    let acceptable = policies(asked);
    let policies = PolicyInput {
        acceptable: &acceptable,
        require_explicit: asked.explicit,
        inhibit_mapping: asked.inhibit_mapping,
        inhibit_any: asked.inhibit_any,
    };
    let lists = case.lists()?;
    let presented = Presented::new(&case.chain, Purpose::Any)
        .under(&PATHS)
        .with_policies(policies)
        .with_revocation(Revocation { lists: &lists, required: true });
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let verdict = judge(&presented, &folder.anchors, now);
    if let Err(problem) = known::agrees(&presented, &folder.anchors, now, &verdict) {
        return Ok(Outcome::Wrong(problem.into()));
    }
    Ok(match (&verdict.failure, valid) {
        (None, true) | (Some(_), false) => Outcome::Right,
        (None, false) => Outcome::Wrong("invalid, but accepted".into()),
        (Some(failure), true) => Outcome::Wrong(format!("valid, but refused: {failure}")),
    })
}

/// The document's NIST-test-policy-1 and so on.
fn policies(asked: &Asked) -> Vec<PolicyId> {
    let numbers = asked.acceptable.iter();
    numbers.filter_map(|number| format!("2.16.840.1.101.3.2.1.48.{number}").parse().ok()).collect()
}
