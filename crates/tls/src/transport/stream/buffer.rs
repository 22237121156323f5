//! A byte queue over one allocation, whose spare room is initialised once and not on each use.

/// Bytes between `start` and `end` are held; those behind are room.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn held(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn held_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start..self.end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Room for at least `least` bytes: what is held moves to the front, or the allocation grows.
    pub(super) fn room(&mut self, least: usize) -> &mut [u8] {
        if self.bytes.len().saturating_sub(self.end) < least && self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end = self.len();
            self.start = 0;
        }
        let needed = self.end.saturating_add(least);
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Grows once, for `more` bytes that are still to be asked for.
    pub(super) fn reserve(&mut self, more: usize) {
        let needed = self.end.saturating_add(more);
        self.bytes.reserve_exact(needed.saturating_sub(self.bytes.len()));
    }

    /// How much room there is without growing.
    pub(super) fn spare(&self) -> usize {
        self.bytes.len().saturating_sub(self.end)
    }

    /// Holds `count` bytes more, which were written into the room; fewer if there was less room.
    pub(super) fn fill(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.bytes.len());
    }

    /// Lets go of the first `count` bytes.
    pub(super) fn take(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
        }
    }

    /// Gives the allocation back if nothing is held.
    pub(super) fn release(&mut self) {
        if self.len() == 0 {
            *self = Self::default();
        }
    }

    /// The size of the allocation.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_as_they_went_in() {
        let mut buffer = Buffer::default();
        for round in 0..100u8 {
            let part = vec![round; usize::from(round) + 1];
            buffer.room(part.len())[..part.len()].copy_from_slice(&part);
            buffer.fill(part.len());
            assert_eq!(&buffer.held()[buffer.len() - part.len()..], part);
            buffer.take(part.len() / 2);
        }
        buffer.take(usize::MAX);
        assert_eq!(buffer.len(), 0);
        buffer.release();
        assert_eq!(buffer.capacity(), 0);
    }

    #[test]
    fn room_is_not_claimed_beyond_the_allocation() {
        let mut buffer = Buffer::default();
        buffer.room(10);
        buffer.fill(11);
        assert_eq!(buffer.len(), 10);
    }
}
