//! A bounded map in parts, each under a lock of its own: what is older makes room for what is new.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many parts at most: enough that the cores of a large server seldom meet.
const SHARDS: usize = 16;

/// How many entries a part has room for at least: in smaller ones, keys that meet in a part by chance would push
/// each other out while others stand empty.
const LEAST: usize = 64;

/// A map of a fixed number of entries at most. A key is hashed once for each call; in the rare case that two have one
/// hash, the later one takes the place of the other.
pub(super) struct Shards<K, V> {
    shards: Box<[Mutex<Shard<K, V>>]>,
    /// Seeded, so that nobody else can tell what keys meet.
    hasher: RandomState,
}

/// Slots, and in which of them the key of a hash stands.
struct Shard<K, V> {
    places: HashMap<u64, usize, BuildHasherDefault<Hashed>>,
    slots: Vec<Option<Entry<K, V>>>,
    free: Vec<usize>,
    capacity: usize,
    /// Whose turn it is to make room.
    next: usize,
}

struct Entry<K, V> {
    hash: u64,
    key: K,
    value: V,
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
        let hash = self.hasher.hash_one(key);
        self.shard(hash).change(hash, key, work)
    }

    /// Reads the value of this key where it stands.
    pub(super) fn read<R>(&self, key: &K, work: impl FnOnce(&V) -> R) -> Option<R> {
        let hash = self.hasher.hash_one(key);
        self.shard(hash).read(hash, key, work)
    }

    pub(super) fn clear(&self) {
        self.shards.iter().map(lock).for_each(|mut shard| *shard = Shard::new(shard.capacity));
    }

    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).places.len()).sum()
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<K, V>> {
        // By bits that the part's own map looks at last.
        let [.., byte, _, _, _] = hash.to_le_bytes();
        lock(&self.shards[usize::from(byte) % self.shards.len()])
    }
}

fn lock<T>(shard: &Mutex<T>) -> MutexGuard<'_, T> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Eq + Clone, V> Shard<K, V> {
    fn new(capacity: usize) -> Self {
        Self { places: HashMap::default(), slots: Vec::new(), free: Vec::new(), capacity, next: 0 }
    }

    fn read<R>(&self, hash: u64, key: &K, work: impl FnOnce(&V) -> R) -> Option<R> {
        let entry = self.slots.get(*self.places.get(&hash)?)?.as_ref()?;
        (entry.key == *key).then(|| work(&entry.value))
    }

    fn change<R>(&mut self, hash: u64, key: &K, work: impl FnOnce(&mut Option<V>) -> R) -> R {
        let place = self.places.get(&hash).copied();
        let slot = place.and_then(|place| self.slots.get_mut(place));
        let entry = slot.and_then(|slot| slot.take_if(|entry| entry.key == *key));
        let (held, mut value) = entry.map(|entry| (entry.key, entry.value)).unzip();
        let had = held.is_some();
        let result = work(&mut value);
        match (place, value) {
            (_, Some(value)) => {
                let place = place.unwrap_or_else(|| self.make_room(hash));
                if let Some(slot) = self.slots.get_mut(place) {
                    *slot = Some(Entry { hash, key: held.unwrap_or_else(|| key.clone()), value });
                }
            }
            (Some(place), None) if had => {
                self.places.remove(&hash);
                self.free.push(place);
            }
            (_, None) => {}
        }
        result
    }

    /// An empty slot for the key of this hash: a free one, a new one, or that of an entry that goes.
    fn make_room(&mut self, hash: u64) -> usize {
        let place = self.empty_slot();
        self.places.insert(hash, place);
        place
    }

    fn empty_slot(&mut self) -> usize {
        if let Some(place) = self.free.pop() {
            return place;
        }
        if self.slots.len() < self.capacity {
            self.slots.push(None);
            return self.slots.len() - 1;
        }
        let place = self.next;
        self.next = (place + 1) % self.capacity;
        if let Some(oldest) = self.slots.get_mut(place).and_then(Option::take) {
            self.places.remove(&oldest.hash);
        }
        place
    }
}

/// What was hashed by a seeded hash is not hashed again.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        debug_assert!(bytes.is_empty(), "only hashes are keys here");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
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

    #[test]
    fn keys_of_one_hash_are_told_apart() {
        let mut shard = Shard::new(4);
        shard.change(7, &"a", |value| *value = Some(1));
        assert_eq!(shard.read(7, &"b", |value| *value), None);
        assert_eq!(shard.change(7, &"b", Option::take), None);
        assert_eq!(shard.read(7, &"a", |value| *value), Some(1), "another key takes nothing of it");
        shard.change(7, &"b", |value| *value = Some(2));
        assert_eq!(
            [shard.read(7, &"a", |value| *value), shard.read(7, &"b", |value| *value)],
            [None, Some(2)]
        );
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
