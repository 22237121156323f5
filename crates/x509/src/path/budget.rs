//! What one judgement may cost. A peer chooses the chain; these numbers choose how long it can keep us busy.

use crate::verdict::Effort;
use std::cell::Cell;

/// Signatures verified.
const SIGNATURES: u32 = 100;
/// Certificates put on a path, over all paths tried.
const STEPS: u32 = 5_000;
/// The same, for an account of what each path broke.
const ACCOUNT_STEPS: u32 = 1_000;
/// Names compared with constraints, policies followed, entries of revocation lists read.
const COMPARISONS: u32 = 250_000;
/// Certificates on one path, leaf and anchor included.
pub(crate) const MAX_DEPTH: usize = 16;
/// Certificates that a peer may send.
pub(crate) const MAX_PRESENTED: usize = 64;

/// All that one decision may take.
pub(crate) const MOST: Effort = Effort { signatures: SIGNATURES, steps: STEPS, comparisons: COMPARISONS };

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    signatures: Cell<u32>,
    steps: Cell<u32>,
    comparisons: Cell<u32>,
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
        Self {
            signatures: Cell::new(SIGNATURES),
            steps: Cell::new(STEPS),
            comparisons: Cell::new(COMPARISONS),
        }
    }
}

impl Budget {
    /// For an account of paths, each of which is put into words.
    pub(crate) fn of_account() -> Self {
        Self { steps: Cell::new(ACCOUNT_STEPS), ..Self::default() }
    }

    /// All that is left, for a judgement within this one.
    pub(crate) fn lend(&self) -> Self {
        let all = |left: &Cell<u32>| Cell::new(left.replace(0));
        Self {
            signatures: all(&self.signatures),
            steps: all(&self.steps),
            comparisons: all(&self.comparisons),
        }
    }

    /// What is left of it.
    pub(crate) fn take_back(&self, lent: &Self) {
        self.signatures.swap(&lent.signatures);
        self.steps.swap(&lent.steps);
        self.comparisons.swap(&lent.comparisons);
    }

    /// What was taken, of a whole budget.
    pub(crate) fn spent(&self) -> Effort {
        Effort {
            signatures: SIGNATURES.saturating_sub(self.signatures.get()),
            steps: STEPS.saturating_sub(self.steps.get()),
            comparisons: COMPARISONS.saturating_sub(self.comparisons.get()),
        }
    }

    pub(crate) fn signature(&self) -> Result<(), Exhausted> {
        take(&self.signatures, 1).ok_or(Exhausted::Signatures)
    }

    pub(crate) fn step(&self) -> Result<(), Exhausted> {
        take(&self.steps, 1).ok_or(Exhausted::Steps)
    }

    pub(crate) fn comparison(&self) -> Result<(), Exhausted> {
        self.comparisons(1)
    }

    pub(crate) fn comparisons(&self, count: usize) -> Result<(), Exhausted> {
        take(&self.comparisons, u32::try_from(count).unwrap_or(u32::MAX)).ok_or(Exhausted::Comparisons)
    }
}

fn take(left: &Cell<u32>, count: u32) -> Option<()> {
    left.set(left.get().checked_sub(count)?);
    Some(())
}
