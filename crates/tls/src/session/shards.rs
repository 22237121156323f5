//! A bounded map in parts, each under a lock of its own: what is older makes room for what is new.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many parts at most: enough that the cores of a large server seldom meet.
const SHARDS: usize = 16;

/// How many entries a part has room for at least: in smaller ones, keys that meet in a part by chance would push
/// each other out while others stand empty.
const LEAST: usize = 64;

/// A map of a fixed number of entries at most.
pub(super) struct Shards<K, V> {
    shards: Box<[Mutex<Shard<K, V>>]>,
    hasher: RandomState,
}

/// Slots, and where each key stands in them.
struct Shard<K, V> {
    places: HashMap<K, usize>,
    slots: Vec<Option<(K, V)>>,
    free: Vec<usize>,
    capacity: usize,
    /// Whose turn it is to make room.
    next: usize,
}

impl<K: Hash + Eq + Clone, V> Shards<K, V> {
    /// A map of at most `capacity` entries, rounded up to fill its parts.
    pub(super) fn new(capacity: usize) -> Self {
        let count = (capacity / LEAST).clamp(1, SHARDS);
        let each = capacity.max(1).div_ceil(count);
        let shards = (0..count).map(|_| Mutex::new(Shard::new(each))).collect();
        Self { shards, hasher: RandomState::new() }
    }

    /// Gives `work` the value of this key to change; what it leaves is kept. `None` takes the entry out, or
    /// adds none.
    pub(super) fn change<R>(&self, key: &K, work: impl FnOnce(&mut Option<V>) -> R) -> R {
        let mut shard = self.shard(key);
        let mut value = shard.lend(key);
        let result = work(&mut value);
        shard.give_back(key, value);
        result
    }

    /// Reads the value of this key where it stands.
    pub(super) fn read<R>(&self, key: &K, work: impl FnOnce(&V) -> R) -> Option<R> {
        let shard = self.shard(key);
        let place = *shard.places.get(key)?;
        shard.slots.get(place)?.as_ref().map(|(_, value)| work(value))
    }

    pub(super) fn clear(&self) {
        self.shards.iter().map(lock).for_each(|mut shard| *shard = Shard::new(shard.capacity));
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).places.len()).sum()
    }

    fn shard(&self, key: &K) -> MutexGuard<'_, Shard<K, V>> {
        let hash = self.hasher.hash_one(key).to_le_bytes()[0];
        lock(&self.shards[usize::from(hash) % self.shards.len()])
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq + Clone, V> Shard<K, V> {
    fn new(capacity: usize) -> Self {
        Self { places: HashMap::new(), slots: Vec::new(), free: Vec::new(), capacity, next: 0 }
    }

    fn lend(&mut self, key: &K) -> Option<V> {
        let place = *self.places.get(key)?;
        self.slots.get_mut(place)?.take().map(|(_, value)| value)
    }

    fn give_back(&mut self, key: &K, value: Option<V>) {
        match (self.places.get(key).copied(), value) {
            (Some(place), Some(value)) => self.fill(place, key, value),
            (Some(place), None) => {
                self.places.remove(key);
                self.free.push(place);
            }
            (None, Some(value)) => {
                let place = self.make_room();
                self.places.insert(key.clone(), place);
                self.fill(place, key, value);
            }
            (None, None) => {}
        }
    }

    fn fill(&mut self, place: usize, key: &K, value: V) {
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some((key.clone(), value));
        }
    }

    /// An empty slot: a free one, a new one, or that of an entry that goes.
    fn make_room(&mut self) -> usize {
        if let Some(place) = self.free.pop() {
            return place;
        }
        if self.slots.len() < self.capacity {
            self.slots.push(None);
            return self.slots.len() - 1;
        }
        let place = self.next;
        self.next = (place + 1) % self.capacity;
        if let Some((oldest, _)) = self.slots.get_mut(place).and_then(Option::take) {
            self.places.remove(&oldest);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_its_capacity() {
        for capacity in [1, 2, 100, 129, 1000, 1025, 2000] {
            let map = Shards::new(capacity);
            let most = capacity + SHARDS - 1;
            for key in 0..5000u32 {
                map.change(&key, |value| *value = Some(key));
                assert!(map.len() <= most, "{} entries of {capacity}", map.len());
                assert_eq!(map.read(&key, |value| *value), Some(key), "the newest stays");
            }
            map.clear();
            assert_eq!(map.len(), 0);
        }
    }

    #[test]
    fn the_oldest_makes_room() {
        let map = Shards::new(1);
        for key in ["a", "b"] {
            map.change(&key, |value| *value = Some(()));
        }
        assert_eq!((map.read(&"a", |()| ()), map.read(&"b", |()| ())), (None, Some(())));
    }

    #[test]
    fn what_is_taken_is_gone() {
        let map = Shards::new(4);
        map.change(&1, |value| *value = Some("x"));
        assert_eq!(map.change(&1, Option::take), Some("x"));
        assert_eq!((map.change(&1, Option::take), map.len()), (None, 0));
    }

    /// An entry that is changed over and over pushes no other out.
    #[test]
    fn a_busy_entry_needs_one_slot() {
        let map = Shards::new(SHARDS * LEAST);
        for key in 0..SHARDS * LEAST / 2 {
            map.change(&key, |value| *value = Some(0));
        }
        let held = map.len();
        for round in 0..1000 {
            map.change(&0, |value| *value = Some(round));
            map.change(&0, Option::take);
        }
        assert_eq!(map.len(), held - 1);
    }
}
