//! The rules of the protocol, one by one: what is sent against each, the error that says so, and the alert
//! that the peer sees; and what a peer may do however odd it looks.
//!
//! The peer is an [`Actor`](bulla_testkit::actor::Actor): honest but for one edit. Where a name begins with a
//! number, it is the section of RFC 9846 that has the rule.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a fixture that cannot be made fails its test")]

mod authentication;
mod client_hello;
mod closing;
mod compression;
mod early_data;
mod foreign;
mod key_transport;
mod later;
mod post;
mod record_size;
mod records;
mod resumption;
mod rule;
mod server_flight;
mod server_hello;
mod staples;
mod tls12;
mod tolerance;

use std::collections::BTreeSet;

use bulla_tls::{Error, Violation};

/// Every rule in one list.
fn all() -> Vec<rule::Rule> {
    [
        client_hello::rules(),
        client_hello::second_rules(),
        server_hello::rules(),
        server_hello::retry_rules(),
        server_flight::rules(),
        authentication::rules(),
        records::rules(),
        records::protected_rules(),
        post::rules(),
        resumption::rules(),
        compression::rules(),
        later::rules(),
        record_size::rules(),
        staples::rules(),
        tls12::rules(),
    ]
    .concat()
}

/// The names of the variants that an enum's source declares.
fn variants(source: &str, declaration: &str) -> BTreeSet<String> {
    let (_, body) = source.split_once(declaration).unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    lines
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.chars().take_while(|each| each.is_alphanumeric()).collect())
        .collect()
}

/// Each violation that bulla can tell apart is shown by some rule above: their list is read from its source.
#[test]
fn every_violation_has_its_rule() {
    let declared = variants(include_str!("../../src/error.rs"), "pub enum Violation {\n");
    assert!(declared.contains("UnexpectedMessage") && declared.len() > 40, "{declared:?}");
    let shown: BTreeSet<_> = all()
        .iter()
        .filter_map(|rule| match rule.error {
            Error::Violation(violation) => Some(variant(violation)),
            _ => None,
        })
        .collect();
    let missing: Vec<_> = declared.difference(&shown).collect();
    assert!(missing.is_empty(), "no rule shows {missing:?}");
}

fn variant(violation: Violation) -> String {
    format!("{violation:?}").chars().take_while(|each| each.is_alphanumeric()).collect()
}
