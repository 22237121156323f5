//! Every developer habit of bulla as a command.
fn main() {}
