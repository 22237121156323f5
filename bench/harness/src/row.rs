//! A row of the table: what each column measured for one side of one case.

use crate::program::{COLUMNS, FLOOR};

/// What one column measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) median: f64,
    pub(crate) minimum: f64,
    /// The median of each round, in the order of the rounds.
    rounds: Vec<f64>,
}

impl Cell {
    /// Of the samples of each round; `None` unless each round has some.
    pub(crate) fn of(rounds: &[Vec<f64>]) -> Option<Self> {
        let mut all = rounds.concat();
        let minimum = all.iter().copied().min_by(f64::total_cmp)?;
        let rounds = rounds.iter().map(|samples| median(&mut samples.clone())).collect::<Option<_>>()?;
        Some(Self { median: median(&mut all)?, minimum, rounds })
    }

    /// Something that was counted, and not sampled.
    pub(crate) fn exactly(value: f64) -> Self {
        Self { median: value, minimum: value, rounds: vec![value] }
    }

    /// The better one of two interfaces of one library, round by round.
    pub(crate) fn better(self, other: Option<Self>) -> Self {
        other.filter(|other| other.over(&self).is_some_and(|ratio| ratio < 1.0)).unwrap_or(self)
    }

    /// How many times the other's time this one takes: the median of the rounds' ratios. What slows the machine for a
    /// while slows both within a round, and so leaves their ratio alone.
    pub(crate) fn over(&self, other: &Self) -> Option<f64> {
        let pairs = self.rounds.iter().zip(&other.rounds);
        median(
            &mut pairs.filter(|(_, other)| **other > 0.0).map(|(one, other)| one / other).collect::<Vec<_>>(),
        )
    }
}

/// The middle one, or the mean of the middle two; `None` of nothing.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = values.get(middle)?;
    let lower = if values.len().is_multiple_of(2) { values.get(middle.checked_sub(1)?)? } else { upper };
    Some(f64::midpoint(*lower, *upper))
}

/// One side of one case.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) side: &'static str,
    pub(crate) unit: &'static str,
    /// In the order of [`COLUMNS`].
    pub(crate) cells: [Option<Cell>; COLUMNS.len()],
}

impl Row {
    pub(crate) fn new(case: &str, side: &'static str, unit: &'static str) -> Self {
        Self { case: case.to_owned(), side, unit, cells: [const { None }; COLUMNS.len()] }
    }

    /// Puts a measurement into its column, unless the column holds a better one.
    pub(crate) fn put(&mut self, column: usize, cell: Option<Cell>) {
        if let (Some(cell), Some(slot)) = (cell, self.cells.get_mut(column)) {
            *slot = Some(cell.better(slot.take()));
        }
    }

    /// How many times bulla's time each column takes, in their order: above 1, bulla is ahead.
    pub(crate) fn over_bulla(&self) -> [Option<f64>; COLUMNS.len()] {
        let bulla = self.cells[0].as_ref();
        std::array::from_fn(|column| self.cells[column].as_ref()?.over(bulla?))
    }

    /// The least of the peers in [`over_bulla`](Self::over_bulla).
    pub(crate) fn best_peer_over_bulla(&self) -> Option<f64> {
        self.over_bulla()[1..FLOOR].iter().copied().flatten().min_by(f64::total_cmp)
    }

    /// bulla's time over the floor's, and over that of AWS-LC alone: at 1, nothing is left to gain.
    pub(crate) fn bulla_over_floors(&self) -> [Option<f64>; 2] {
        let [bulla, .., floor, aws_lc] = &self.cells;
        [floor, aws_lc].map(|floor| bulla.as_ref()?.over(floor.as_ref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(rounds: &[&[f64]]) -> Option<Cell> {
        Cell::of(&rounds.iter().map(|samples| samples.to_vec()).collect::<Vec<_>>())
    }

    fn figures(rounds: &[&[f64]]) -> Option<(f64, f64)> {
        cell(rounds).map(|cell| (cell.median, cell.minimum))
    }

    #[test]
    fn medians_and_minima() {
        assert_eq!(figures(&[]), None);
        assert_eq!(figures(&[&[3.0], &[]]), None);
        assert_eq!(figures(&[&[3.0]]), Some((3.0, 3.0)));
        assert_eq!(figures(&[&[9.0, 1.0], &[2.0]]), Some((2.0, 1.0)));
        assert_eq!(figures(&[&[9.0, 1.0], &[2.0, 4.0]]), Some((3.0, 1.0)));
    }

    /// The machine is twice as slow in the second half of the run, and slower still in one round.
    #[test]
    fn what_disturbs_a_round_leaves_its_ratio_alone() {
        let bulla = cell(&[&[10.0], &[10.0], &[20.0, 20.0, 20.0], &[90.0]]).unwrap();
        let peer = cell(&[&[11.0], &[11.0, 11.0, 11.0], &[22.0], &[99.0]]).unwrap();
        assert!((peer.over(&bulla).unwrap() - 1.1).abs() < 1e-9);
        assert!(peer.median / bulla.median < 1.0, "which medians alone would hide");
        assert_eq!(bulla.over(&Cell::exactly(0.0)), None);
    }

    #[test]
    fn the_faster_interface_counts_and_ratios_point_the_right_way() {
        let mut row = Row::new("case", "client", "us");
        row.put(0, Some(Cell::exactly(2.0)));
        row.put(1, Some(Cell::exactly(5.0)));
        row.put(1, Some(Cell::exactly(3.0)));
        row.put(1, Some(Cell::exactly(4.0)));
        assert_eq!((row.best_peer_over_bulla(), row.bulla_over_floors()), (Some(1.5), [None; 2]));
        row.put(FLOOR, Some(Cell::exactly(0.5)));
        row.put(FLOOR, Some(Cell::exactly(1.0)));
        row.put(FLOOR + 1, Some(Cell::exactly(1.0)));
        assert_eq!(
            (row.best_peer_over_bulla(), row.bulla_over_floors()),
            (Some(1.5), [Some(4.0), Some(2.0)])
        );
    }
}
