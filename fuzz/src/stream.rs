//! A connection fed bytes as they may come out of a socket: the same whatever their pieces.

use crate::fixture::Flags;
use crate::input::{Cuts, Input};
use crate::watched::{Outcome, Watched};

/// Inputs up to this length are also fed byte by byte.
const SINGLE_BYTES: usize = 4096;

/// Three bytes of choices, then what comes from the peer; a flag makes it a client.
pub fn stream(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = Flags(input.u16()).without(Flags::HYBRID);
    let seed = input.u8();
    let bytes = input.rest();
    let whole = feed(flags, bytes, None);
    assert_eq!(whole, feed(flags, bytes, Some(Cuts::new(seed))), "other pieces, another outcome");
    if bytes.len() <= SINGLE_BYTES {
        assert_eq!(whole, feed(flags, bytes, Some(Cuts::single())), "single bytes, another outcome");
    }
}

fn feed(flags: Flags, bytes: &[u8], mut cuts: Option<Cuts>) -> Outcome {
    let connection = if flags.has(Flags::OWN) { flags.client() } else { flags.server() };
    let mut watched = Watched::new(connection);
    watched.run();
    watched.receive(bytes, &mut cuts);
    watched.end()
}
