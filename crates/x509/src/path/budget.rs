//! What one judgement may cost. A peer chooses the chain; these numbers choose how long it can keep us busy.

/// Signatures verified.
const SIGNATURES: u32 = 64;
/// Certificates put on a path, over all paths tried.
const STEPS: u32 = 5_000;
/// Names compared with constraints.
const COMPARISONS: u32 = 100_000;
/// Certificates on one path, leaf and anchor included.
pub(crate) const MAX_DEPTH: usize = 16;
/// Certificates that a peer may send.
pub(crate) const MAX_PRESENTED: usize = 64;

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    signatures: u32,
    steps: u32,
    comparisons: u32,
}

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exhausted {
    Signatures,
    Steps,
    Comparisons,
    Certificates,
}

impl Exhausted {
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Signatures => format!("more than {SIGNATURES} signatures would have to be verified"),
            Self::Steps => format!("more than {STEPS} steps did not lead to an authority"),
            Self::Certificates => format!("more than {MAX_PRESENTED} certificates were sent"),
            Self::Comparisons => format!("more than {COMPARISONS} names would have to be compared"),
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { signatures: SIGNATURES, steps: STEPS, comparisons: COMPARISONS }
    }
}

impl Budget {
    pub(crate) fn signature(&mut self) -> Result<(), Exhausted> {
        take(&mut self.signatures).ok_or(Exhausted::Signatures)
    }

    pub(crate) fn step(&mut self) -> Result<(), Exhausted> {
        take(&mut self.steps).ok_or(Exhausted::Steps)
    }

    pub(crate) fn comparison(&mut self) -> Result<(), Exhausted> {
        take(&mut self.comparisons).ok_or(Exhausted::Comparisons)
    }
}

fn take(left: &mut u32) -> Option<()> {
    *left = left.checked_sub(1)?;
    Some(())
}
