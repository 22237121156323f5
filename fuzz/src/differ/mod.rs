//! bulla beside its peers: the same bytes to all, and where one takes what another refuses, a class that
//! `differences.md` explains, or a finding.

pub mod certificate;
pub mod client;
pub mod edit;
mod peer;
pub mod server;

use std::fmt;

use bulla_tls::testing::{rewrite, rewrite12};
use bulla_tls::{Error, Incompatibility, Violation};

/// What a side did with what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<E> {
    /// It went on: with this.
    Taken(&'static str),
    /// It waits for more.
    Waits,
    /// It refused.
    Refused(E),
}

impl<E> Answer<E> {
    /// The answer without the reason for a refusal.
    fn outline(&self) -> &'static str {
        match self {
            Self::Taken(what) => what,
            Self::Waits => "waits",
            Self::Refused(_) => "refuses",
        }
    }
}

/// Both sides' answers to the same bytes.
#[derive(Debug)]
pub struct Answers {
    /// bulla's.
    pub ours: Answer<Error>,
    /// rustls'.
    pub theirs: Answer<rustls::Error>,
}

impl Answers {
    /// Whether bulla refuses for such a reason what rustls takes.
    fn only_ours(&self, reason: impl Fn(&Error) -> bool) -> bool {
        matches!((&self.ours, &self.theirs), (Answer::Refused(error), Answer::Taken(_)) if reason(error))
    }

    /// Whether rustls refuses for such a reason what bulla takes.
    fn only_theirs(&self, reason: impl Fn(&rustls::Error) -> bool) -> bool {
        matches!((&self.ours, &self.theirs), (Answer::Taken(_), Answer::Refused(error)) if reason(error))
    }

    /// Whether both do the same.
    pub fn agree(&self) -> bool {
        self.ours.outline() == self.theirs.outline()
    }
}

impl fmt::Display for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bulla: {:?}, rustls: {:?}", self.ours, self.theirs)
    }
}

/// A kind of input on which the two differ, explained under this name in `differences.md`.
pub struct Class<I> {
    /// The name.
    pub name: &'static str,
    /// Whether the input and the answers are of this kind.
    holds: fn(&I, &Answers) -> bool,
}

/// Whether bulla refuses for the rules of RFC 5746.
fn is_about_renegotiation(error: &Error) -> bool {
    matches!(
        error,
        Error::Violation(Violation::RenegotiationInfo { .. })
            | Error::Incompatible(Incompatibility::SecureRenegotiation)
    )
}

/// Only the messages' parts that bulla reads: what it has not heard of is left out.
fn known_alone(messages: &[Vec<u8>], tls12: bool) -> Vec<Vec<u8>> {
    let rewrite = |message: &Vec<u8>| if tls12 { rewrite12(message, false) } else { rewrite(message) };
    let known = |message: &Vec<u8>| match rewrite(message) {
        Some(Ok(known)) => known,
        _ => message.clone(),
    };
    messages.iter().map(known).collect()
}

/// Fails unless both answer alike, or differ in a way that is known.
///
/// # Panics
/// If the difference is none of these classes.
pub fn explain<I>(classes: &[Class<I>], input: &I, answers: &Answers) {
    if !answers.agree() && class(classes, input, answers).is_none() {
        panic!("an unexplained difference: {answers}");
    }
}

/// The class of a difference.
pub fn class<I>(classes: &[Class<I>], input: &I, answers: &Answers) -> Option<&'static str> {
    classes.iter().find(|class| (class.holds)(input, answers)).map(|class| class.name)
}
