//! The runner: built from a copy of its source with keys of its own, run, and its results read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::Value;

use super::Places;
use super::install::{LIBRARIES, Tools, cargo, library, run as run_command};
use crate::failure::Failure;

/// The runner's folder in BoringSSL.
const RUNNER: &str = "ssl/test/runner";
/// The other folder that it is made of.
const RESULTS: &str = "util/testresult";

/// The keys that the runner embeds and its source leaves out, and how `openssl genpkey` makes each.
const KEYS: [(&str, &[&str]); 7] = [
    ("rsa_1024", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"]),
    ("rsa_2048", &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
    ("ecdsa_p256", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("ecdsa_p384", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("ecdsa_p521", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("ed25519", &["-algorithm", "ED25519"]),
    ("channel_id", &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
];

/// A runner that is ready.
pub(super) struct Runner {
    program: PathBuf,
    /// The folder in which it runs.
    folder: PathBuf,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    /// In the runner's words.
    Failed(String),
    /// The shim does not have this.
    Unimplemented(String),
}

/// Copies the source, makes the keys and compiles, unless that was done for these versions before.
pub(super) fn build(places: &Places, tools: &Tools) -> Result<Runner, Failure> {
    let copy = places.folder.join("boringssl");
    let runner = Runner { program: places.folder.join("runner"), folder: copy.join(RUNNER) };
    let stamp = places.folder.join("runner.version");
    let version = tools.version();
    if runner.program.is_file() && std::fs::read_to_string(&stamp).is_ok_and(|built| built == version) {
        return Ok(runner);
    }
    println!("bogo: building the runner ({version})");
    for part in [RUNNER, RESULTS] {
        copy_folder(&tools.source.join(part), &copy.join(part))?;
    }
    for (name, arguments) in KEYS {
        make_key(&runner.folder.join(format!("{name}_key.pem")), arguments)?;
    }
    write(&copy.join("go.mod"), &module())?;
    let mut go = Command::new(&tools.go);
    go.args(["test", "-c", "-o"]).arg(&runner.program).arg(format!("./{RUNNER}"));
    go.current_dir(&copy).env("GOTOOLCHAIN", "local").env("GOPROXY", "off").env("GOFLAGS", "-mod=mod");
    go.env("GOCACHE", places.folder.join("go-cache")).env("GOPATH", places.folder.join("go-path"));
    go.env_remove("GOROOT");
    run_command(&mut go)?;
    write(&stamp, &version)?;
    Ok(runner)
}

/// A go.mod that takes the libraries from Debian's folders.
fn module() -> String {
    let mut text = "module boringssl.googlesource.com/boringssl.git\n\ngo 1.27\n\n".to_owned();
    for (name, _) in LIBRARIES {
        let module = format!("golang.org/x/{name}");
        let _ = writeln!(text, "require {module} v0.0.0\nreplace {module} => {}", library(name).display());
    }
    text
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(to).map_err(|error| Failure::at(to, &error))?;
    for entry in std::fs::read_dir(from).map_err(|error| Failure::at(from, &error))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target).map_err(|error| Failure::at(&target, &error))?;
        }
    }
    Ok(())
}

fn make_key(file: &Path, arguments: &[&str]) -> Result<(), Failure> {
    run_command(Command::new("openssl").args(["genpkey", "-quiet", "-out"]).arg(file).args(arguments))
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::at(path, &error))
}

pub(super) fn build_shim(places: &Places) -> Result<(), Failure> {
    let mut build = Command::new(cargo());
    run_command(build.args(["build", "--quiet", "--locked", "--manifest-path"]).arg(places.shim_manifest()))
}

/// Runs all cases, or those that match the filter; disabled ones too.
pub(super) fn run(
    places: &Places,
    runner: &Runner,
    filter: Option<&str>,
) -> Result<BTreeMap<String, Outcome>, Failure> {
    let results = places.folder.join("results.json");
    let missing = places.folder.join("missing.txt");
    let transcripts = places.folder.join("transcripts");
    for old in [&results, &missing] {
        if old.exists() {
            std::fs::remove_file(old).map_err(|error| Failure::at(old, &error))?;
        }
    }
    if transcripts.exists() {
        std::fs::remove_dir_all(&transcripts).map_err(|error| Failure::at(&transcripts, &error))?;
    }
    let output = places.folder.join("output.txt");
    let file = File::create(&output).map_err(|error| Failure::at(&output, &error))?;
    let workers = thread::available_parallelism().map_or(2, |count| 2 * count.get());
    let mut command = Command::new(&runner.program);
    command.current_dir(&runner.folder).stdout(file.try_clone()?).stderr(file);
    command.arg("-pipe").arg("-allow-unimplemented").arg("-include-disabled");
    command.arg(format!("-num-workers={workers}"));
    command.arg("-shim-path").arg(places.shim()).arg("-shim-config").arg(places.config());
    command.arg("-json-output").arg(&results).arg("-transcript-dir").arg(&transcripts);
    command.arg(format!("-shim-extra-flags=-note-missing;{}", missing.display()));
    command.args(filter.map(|filter| format!("-test={filter}")));
    // Its exit code says whether some case failed; disabled ones do.
    command.status().map_err(|error| Failure::at(&runner.program, &error))?;
    let results = std::fs::read_to_string(&results).map_err(|_| {
        Failure::new(format!("bogo: the runner ended without results; its words are in {}", output.display()))
    })?;
    read(&results, &std::fs::read_to_string(&missing).unwrap_or_default())
}

/// Puts the runner's results and the shim's notes together.
fn read(results: &str, missing: &str) -> Result<BTreeMap<String, Outcome>, Failure> {
    let missing: BTreeMap<&str, &str> = missing.lines().filter_map(|line| line.split_once('\t')).collect();
    let results: Value = serde_json::from_str(results)?;
    let tests = results["tests"].as_object().into_iter().flatten();
    tests
        .map(|(case, result)| {
            let outcome = match result["actual"].as_str() {
                Some("PASS") => Outcome::Passed,
                Some("FAIL") => Outcome::Failed(result["error"].as_str().unwrap_or_default().to_owned()),
                Some("SKIP") => Outcome::Unimplemented(
                    missing.get(case.as_str()).copied().unwrap_or("unknown").to_owned(),
                ),
                other => return Err(Failure::new(format!("bogo: {case}: unknown result {other:?}"))),
            };
            Ok((case.clone(), outcome))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_notes_come_together() {
        let results = r#"{"tests": {
            "A": {"actual": "PASS"}, "B": {"actual": "FAIL", "error": "no"}, "C": {"actual": "SKIP"}}}"#;
        let outcomes = read(results, "C\t-dtls\n").unwrap();
        let expected = [
            ("A", Outcome::Passed),
            ("B", Outcome::Failed("no".into())),
            ("C", Outcome::Unimplemented("-dtls".into())),
        ];
        assert!(outcomes.into_iter().eq(expected.map(|(case, outcome)| (case.to_owned(), outcome))));
        assert!(read(r#"{"tests": {"A": {"actual": "TIMEOUT"}}}"#, "").is_err());
    }
}
