//! Tells the program which crate of BoringSSL it is built with.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let lock = std::fs::read_to_string("../Cargo.lock")?;
    let (_, rest) = lock.split_once("name = \"boring\"\nversion = \"").ok_or("Cargo.lock has no boring")?;
    let version = rest.split('"').next().unwrap_or_default();
    println!("cargo::rustc-env=PEER_VERSION={version}");
    Ok(())
}
