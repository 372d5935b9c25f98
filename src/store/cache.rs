//! A cache bounded by bytes, shared by threads; what was used longest ago goes first.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Values by key, together at most so many bytes.
pub struct Cache<K, V> {
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    limit: usize,
    used: usize,
    /// Counts uses; the value of a key is the time of its last use.
    clock: u64,
    values: HashMap<K, (Arc<V>, usize, u64)>,
    ages: BTreeMap<u64, K>,
}

impl<K: Clone + Eq + Hash, V> Cache<K, V> {
    /// An empty cache of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        let state = State { limit, used: 0, clock: 0, values: HashMap::new(), ages: BTreeMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// The value of `key`, if it is still there.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        let state = &mut *self.lock();
        let (value, _, age) = state.values.get_mut(key)?;
        state.clock += 1;
        state.ages.remove(age);
        *age = state.clock;
        state.ages.insert(*age, key.clone());
        Some(value.clone())
    }

    /// Keeps `value`, of `size` bytes, and drops what no longer fits; a value above the limit is not kept.
    pub fn put(&self, key: K, value: Arc<V>, size: usize) {
        self.put_if(key, value, size, || true);
    }

    /// As [`Cache::put`], if `is_valid` says so while nothing else can be put or dropped.
    pub fn put_if(&self, key: K, value: Arc<V>, size: usize, is_valid: impl FnOnce() -> bool) {
        let state = &mut *self.lock();
        state.remove(&key);
        if size > state.limit || !is_valid() {
            return;
        }
        state.clock += 1;
        state.used += size;
        state.ages.insert(state.clock, key.clone());
        state.values.insert(key, (value, size, state.clock));
        state.shrink();
    }

    /// Drops the value of `key`.
    pub fn remove(&self, key: &K) {
        self.lock().remove(key);
    }

    /// Keeps only the values whose key passes.
    pub fn retain(&self, pass: impl Fn(&K) -> bool) {
        let state = &mut *self.lock();
        let gone: Vec<K> = state.values.keys().filter(|key| !pass(key)).cloned().collect();
        for key in gone {
            state.remove(&key);
        }
    }

    /// The bound in bytes.
    pub fn limit(&self) -> usize {
        self.lock().limit
    }

    /// Sets the bound, and drops what no longer fits.
    pub fn set_limit(&self, limit: usize) {
        let state = &mut *self.lock();
        state.limit = limit;
        state.shrink();
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash, V> State<K, V> {
    fn remove(&mut self, key: &K) {
        if let Some((_, size, age)) = self.values.remove(key) {
            self.used -= size;
            self.ages.remove(&age);
        }
    }

    fn shrink(&mut self) {
        while self.used > self.limit {
            let Some((_, key)) = self.ages.pop_first() else { return };
            self.remove(&key);
        }
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}
