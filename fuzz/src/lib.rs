//! What a peer can send to bulla, as libFuzzer makes it up, and what must hold whatever it is.
//!
//! Each target is a plain function over bytes, in the module of its subject; `fuzz_targets/` hands them to
//! libFuzzer, `tests/seeds.rs` runs every committed input through them. All randomness, keys and clocks are
//! fixed, so that an input does the same on every machine.

pub mod certificate;
pub mod differ;
pub mod files;
pub mod fixture;
pub mod inflate;
pub mod input;
pub mod judge;
pub mod list;
pub mod message;
pub mod narrative;
pub mod pem;
pub mod records;
pub mod session;
pub mod stream;
pub mod text;
pub mod watched;

/// A target's function.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 17] = [
    ("message", message::message),
    ("narrative_client", narrative::client),
    ("narrative_server", narrative::server),
    ("narrative_client12", narrative::client12),
    ("narrative_server12", narrative::server12),
    ("stream", stream::stream),
    ("records", records::records),
    ("session", session::session),
    ("inflate", inflate::certificate),
    ("certificate", certificate::certificate),
    ("differ_certificate", differ::certificate::certificate),
    ("request", certificate::request),
    ("judge", judge::judge),
    ("pem", pem::pem),
    ("files", files::files),
    ("differ_server", differ::server::server),
    ("differ_client", differ::client::client),
];
