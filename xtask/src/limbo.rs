//! `cargo xtask limbo FILE`: x509-limbo's cases (JSON, or JSON in gzip) against our verifier.
//!
//! The file comes from elsewhere; none of it is kept here. The profile is chosen by the namespace of a case alone, and a
//! case is skipped only when it needs a feature that is named then. Any case of the wrong outcome fails the command.

mod case;
mod outcome;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use crate::failure::Failure;
use case::Case;
use outcome::Outcome;

/// The largest file that is read, unpacked.
const LARGEST: u64 = 1 << 30;

/// Runs every case of the file and says what came of it.
pub(crate) fn command(file: &Path) -> Result<(), Failure> {
    let document: serde_json::Value = serde_json::from_slice(&read(file)?)?;
    let cases = document["testcases"].as_array().map(Vec::as_slice).unwrap_or_default();
    if cases.is_empty() {
        return Err(Failure::new(format!("{}: no testcases in it", file.display())));
    }
    let mut counts: BTreeMap<String, Tally> = BTreeMap::new();
    let mut whole = Tally::default();
    for case in cases {
        let case = Case::read(case)?;
        let outcome = outcome::of(&case);
        if let Some(words) = outcome.words(&case) {
            println!("{}: {words}", case.id);
        }
        counts.entry(case.namespace()).or_default().count(&outcome);
        whole.count(&outcome);
    }
    println!("\n{:<34} {:>7} {:>7} {:>7}", "namespace", "passed", "failed", "skipped");
    for (namespace, tally) in &counts {
        println!("{namespace:<34} {:>7} {:>7} {:>7}", tally.passed, tally.failed, tally.skipped);
    }
    println!("limbo: {} passed, {} failed, {} skipped", whole.passed, whole.failed, whole.skipped);
    match whole.failed {
        0 => Ok(()),
        failed => Err(Failure::new(format!("limbo: {failed} cases have the wrong outcome"))),
    }
}

/// How often what came.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Right => self.passed += 1,
            Outcome::Wrong(_) => self.failed += 1,
            Outcome::Skipped(_) => self.skipped += 1,
        }
    }
}

/// The bytes of the file, unpacked when they are gzip.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(file).map_err(|error| Failure::at(file, &error))?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(bytes.as_slice()).take(LARGEST);
    reader.read_to_end(&mut unpacked).map_err(|error| Failure::at(file, &error))?;
    Ok(unpacked)
}
