//! `cargo xtask limbo FILE`: x509-limbo's cases (JSON, or JSON in gzip) against our verifier.
//!
//! Without FILE those in `xtask/limbo`. The profile is chosen by the namespace of a case alone, and a
//! case is skipped only when it needs a feature that is named then. Any case of the wrong outcome fails the command.

mod case;
mod outcome;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use bulla_x509::verdict::Effort;

use crate::failure::Failure;
use crate::tally::{Tally, conclude};
use case::Case;
use outcome::Outcome;

/// The largest file that is read, unpacked.
const LARGEST: u64 = 1 << 30;

/// The cases that are kept here.
pub(crate) const KEPT: &str = "xtask/limbo/limbo-open.json.gz";

/// Runs every case of the file and says what came of it.
pub(crate) fn command(root: &Path, file: &Path) -> Result<(), Failure> {
    let document: serde_json::Value = serde_json::from_slice(&read(file)?)?;
    let cases = document["testcases"].as_array().map(Vec::as_slice).unwrap_or_default();
    if cases.is_empty() {
        return Err(Failure::new(format!("{}: no testcases in it", file.display())));
    }
    let mut counts: BTreeMap<String, Tally> = BTreeMap::new();
    let mut most = Effort::default();
    for case in cases {
        let case = Case::read(case)?;
        let outcome = outcome::of(&case, &mut most);
        if let Some(words) = outcome.words(&case) {
            println!("{}: {words}", case.id);
        }
        let tally = counts.entry(case.namespace()).or_default();
        match outcome {
            Outcome::Right => tally.passed += 1,
            Outcome::Wrong(_) => tally.failed += 1,
            Outcome::Skipped(_) => tally.skipped += 1,
        }
    }
    let Effort { signatures, steps, comparisons, .. } = most;
    println!(
        "the most that any case took: {signatures} of {} signatures, {steps} of {} steps, {comparisons} of {} comparisons",
        Effort::MOST.signatures,
        Effort::MOST.steps,
        Effort::MOST.comparisons
    );
    let rows: Vec<_> = counts.into_iter().collect();
    conclude(root, "limbo", "namespace", &rows)
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
