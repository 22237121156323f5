//! A row of the table: what each column measured for one side of one case.

use crate::program::COLUMNS;

/// What one column measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) median: f64,
    pub(crate) minimum: f64,
}

impl Cell {
    /// Of samples; `None` where there are none.
    pub(crate) fn of(mut samples: Vec<f64>) -> Option<Self> {
        samples.sort_by(f64::total_cmp);
        let middle = samples.len() / 2;
        let upper = samples.get(middle)?;
        let lower =
            if samples.len().is_multiple_of(2) { samples.get(middle.checked_sub(1)?)? } else { upper };
        Some(Self { median: (lower + upper) / 2.0, minimum: *samples.first()? })
    }

    /// Something that was counted, and not sampled.
    pub(crate) fn exactly(value: f64) -> Self {
        Self { median: value, minimum: value }
    }

    /// The better one of two interfaces of one library, by the median.
    pub(crate) fn better(self, other: Option<Self>) -> Self {
        other.filter(|other| other.median < self.median).unwrap_or(self)
    }
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
        Self { case: case.to_owned(), side, unit, cells: [None; COLUMNS.len()] }
    }

    /// Puts a measurement into its column, unless the column holds a better one.
    pub(crate) fn put(&mut self, column: usize, cell: Option<Cell>) {
        if let (Some(cell), Some(slot)) = (cell, self.cells.get_mut(column)) {
            *slot = Some(cell.better(*slot));
        }
    }

    /// The best peer's median over bulla's: above 1, bulla is ahead.
    pub(crate) fn best_peer_over_bulla(&self) -> Option<f64> {
        let [bulla, peers @ .., _floor] = &self.cells;
        let best = peers.iter().flatten().map(|cell| cell.median).min_by(f64::total_cmp)?;
        ratio(best, bulla.as_ref()?.median)
    }

    /// bulla's median over the floor's: at 1, nothing is left to gain.
    pub(crate) fn bulla_over_floor(&self) -> Option<f64> {
        let [bulla, .., floor] = &self.cells;
        ratio(bulla.as_ref()?.median, floor.as_ref()?.median)
    }
}

fn ratio(one: f64, other: f64) -> Option<f64> {
    (other > 0.0).then(|| one / other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_minima() {
        assert_eq!(Cell::of(vec![]), None);
        assert_eq!(Cell::of(vec![3.0]), Some(Cell { median: 3.0, minimum: 3.0 }));
        assert_eq!(Cell::of(vec![9.0, 1.0, 2.0]), Some(Cell { median: 2.0, minimum: 1.0 }));
        assert_eq!(Cell::of(vec![9.0, 1.0, 2.0, 4.0]), Some(Cell { median: 3.0, minimum: 1.0 }));
    }

    #[test]
    fn the_faster_interface_counts_and_ratios_point_the_right_way() {
        let mut row = Row::new("case", "client", "us");
        row.put(0, Some(Cell::exactly(2.0)));
        row.put(1, Some(Cell::exactly(5.0)));
        row.put(1, Some(Cell::exactly(3.0)));
        row.put(1, Some(Cell::exactly(4.0)));
        assert_eq!((row.best_peer_over_bulla(), row.bulla_over_floor()), (Some(1.5), None));
        row.put(4, Some(Cell::exactly(1.0)));
        assert_eq!(row.bulla_over_floor(), Some(2.0));
    }
}
