//! Prints where the `openssl` program is that this package's build made.

fn main() {
    println!("{}", env!("OPENSSL_PROGRAM"));
}
