//! bulla: the whole of SSL in one binary.
fn main() {}
