//! `cargo xtask fresh`: the README's two commands in a fresh clone, timed.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::failure::Failure;

/// The README's commands, word for word.
const UP: &str = "cargo run --release -- up";
const TEST: &str = "cargo test --workspace";
/// Where `up` listens unless told otherwise.
const PORT: u16 = 8443;
/// A release build on a small machine takes minutes.
const LIMIT: Duration = Duration::from_secs(45 * 60);

/// Clones the last commit into `target/fresh`, runs both commands there and keeps their times.
pub(crate) fn command(root: &Path) -> Result<(), Failure> {
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    for line in [UP, TEST] {
        if !readme.lines().any(|candidate| candidate.trim_start_matches("$ ") == line) {
            return Err(Failure::new(format!("fresh: README.md does not say `{line}`")));
        }
    }
    let clone = root.join("target/fresh");
    if clone.exists() {
        std::fs::remove_dir_all(&clone).map_err(|error| Failure::at(&clone, &error))?;
    }
    output(Command::new("git").args(["clone", "--quiet", "--no-hardlinks"]).arg(root).arg(&clone))?;
    let commit = output(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(&clone))?;
    let up = time_up(&clone)?;
    println!("fresh: `{UP}`: the page came after {up} s");
    let test = time_test(&clone)?;
    println!("fresh: `{TEST}`: passed in {test} s");
    let figures = json!({ "commit": commit.trim(), "up_seconds": up, "test_seconds": test });
    std::fs::write(root.join("target/fresh.json"), format!("{figures:#}\n"))?;
    std::fs::remove_dir_all(&clone).map_err(|error| Failure::at(&clone, &error))
}

/// A command line in the clone, with a build folder and a data folder of its own.
fn in_clone(line: &str, clone: &Path) -> Command {
    let mut words = line.split(' ');
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).current_dir(clone).env("XDG_DATA_HOME", clone.join("data"));
    // What this command inherited from its own cargo must not reach that one.
    command.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null());
    command
}

/// Seconds until the page comes, compilation included.
fn time_up(clone: &Path) -> Result<u64, Failure> {
    if TcpStream::connect(("127.0.0.1", PORT)).is_ok() {
        return Err(Failure::new(format!("fresh: something listens on port {PORT} already; end it first")));
    }
    let begun = Instant::now();
    let mut up = Ended(in_clone(UP, clone).spawn()?);
    while TcpStream::connect(("127.0.0.1", PORT)).is_err() {
        if let Some(status) = up.0.try_wait()? {
            return Err(Failure::new(format!("fresh: `{UP}` ended: {status}")));
        }
        if begun.elapsed() > LIMIT {
            return Err(Failure::new(format!("fresh: `{UP}` listens nowhere after {} s", LIMIT.as_secs())));
        }
        thread::sleep(Duration::from_millis(100));
    }
    let root = clone.join("data/bulla/authority/root.pem");
    let page = output(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--noproxy", "*", "--cacert"])
            .arg(root)
            .arg(format!("https://localhost:{PORT}/")),
    )?;
    if !page.contains("</html>") {
        return Err(Failure::new("fresh: what came is no page"));
    }
    Ok(begun.elapsed().as_secs())
}

/// Seconds until all tests have passed, compilation included.
fn time_test(clone: &Path) -> Result<u64, Failure> {
    let begun = Instant::now();
    let status = in_clone(TEST, clone).stdout(Stdio::null()).status()?;
    if !status.success() {
        return Err(Failure::new(format!("fresh: `{TEST}`: {status}")));
    }
    Ok(begun.elapsed().as_secs())
}

/// A process that ends with this value. `cargo run` becomes the program it runs, so the id stays the same.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Both fail only for a process that is gone already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What a program prints; it must succeed.
fn output(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| Failure::new(format!("{program}: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
