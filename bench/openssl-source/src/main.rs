//! Says where OpenSSL was built. The crate `openssl` is told so by `OPENSSL_DIR`, since it brings an older one itself.

fn main() {
    println!("{}", env!("OPENSSL_BUILT"));
}
