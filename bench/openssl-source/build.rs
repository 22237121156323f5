//! Builds OpenSSL and remembers where.

fn main() {
    let artifacts = openssl_src::Build::new().build();
    let folder = artifacts.lib_dir().parent().map(|folder| folder.display().to_string());
    println!("cargo:rustc-env=OPENSSL_BUILT={}", folder.unwrap_or_default());
    println!("cargo:rerun-if-changed=build.rs");
}
