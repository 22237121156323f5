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

    /// Holds `bytes` more; those that do not fit the room are not zeroed first.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        match self.bytes.get_mut(self.end..self.end.saturating_add(bytes.len())) {
            Some(room) => room.copy_from_slice(bytes),
            None => {
                self.bytes.truncate(self.end);
                self.bytes.drain(..self.start);
                (self.start, self.end) = (0, self.bytes.len());
                self.bytes.extend_from_slice(bytes);
            }
        }
        self.end = self.end.saturating_add(bytes.len());
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

    /// How many bytes there are, held or room.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Gives the allocation back if nothing is held.
    pub(super) fn release(&mut self) {
        if self.len() == 0 {
            *self = Self::default();
        }
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
        assert_eq!(buffer.size(), 0);
    }

    #[test]
    fn what_is_put_in_comes_out_behind_the_rest() {
        let mut buffer = Buffer::default();
        let (mut put, mut taken) = (Vec::new(), Vec::new());
        for round in 0..100u8 {
            let part = vec![round; usize::from(round % 7) * 5];
            if round % 3 == 0 {
                buffer.room(20);
            }
            buffer.put(&part);
            put.extend_from_slice(&part);
            let count = buffer.len().min(usize::from(round % 11) * 3);
            taken.extend_from_slice(&buffer.held()[..count]);
            buffer.take(count);
        }
        taken.extend_from_slice(buffer.held());
        assert_eq!(taken, put);
    }

    #[test]
    fn what_is_reserved_needs_no_further_allocation() {
        let mut buffer = Buffer::default();
        buffer.reserve(100);
        let place = buffer.room(50).as_ptr();
        buffer.fill(50);
        assert_eq!(buffer.room(50).as_ptr(), place.wrapping_add(50));
    }

    #[test]
    fn room_is_not_claimed_beyond_the_allocation() {
        let mut buffer = Buffer::default();
        buffer.room(10);
        buffer.fill(11);
        assert_eq!(buffer.len(), 10);
    }
}
