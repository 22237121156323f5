//! What the figures were taken on and with.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The processor, its count and the compiler, in a line each.
pub(crate) fn lines() -> Vec<String> {
    vec![
        format!("processor: {}, {} of them", processor(), count()),
        format!("system: {} on {}", std::env::consts::OS, std::env::consts::ARCH),
        format!("compiler: {}", first_line("rustc", &["--version"])),
        format!("libraries: {}", libraries().join(", ")),
    ]
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.trim().to_owned())
}

fn count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The date, by the clock of the world.
pub(crate) fn date() -> String {
    first_line("date", &["-u", "+%Y-%m-%d"])
}

fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}

/// The versions that the lock file of this workspace names.
fn libraries() -> Vec<String> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = fs::read_to_string(lock).unwrap_or_default();
    let names = [
        "bulla-tls",
        "rustls",
        "rustls-webpki",
        "aws-lc-rs",
        "aws-lc-sys",
        "boring",
        "openssl-src",
        "tokio",
        "tokio-rustls",
        "tokio-boring",
    ];
    names.iter().filter_map(|name| Some(format!("{name} {}", version(&lock, name)?))).collect()
}

fn version(lock: &str, name: &str) -> Option<String> {
    let (_, behind) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    behind.split_once('"').map(|(version, _)| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_from_the_lock_file() {
        let lock = "[[package]]\nname = \"rustls-webpki\"\nversion = \"0.1.2\"\n\n[[package]]\nname = \"rustls\"\n\
                    version = \"0.23.46\"\n";
        assert_eq!(version(lock, "rustls").as_deref(), Some("0.23.46"));
        assert_eq!(version(lock, "aws-lc-rs"), None);
        assert_eq!(libraries().len(), 10, "all are locked");
    }
}
