//! What the nodes of an opened store share: the cache of decoded chunks, and the locks of those that are written.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::array::Array;
use super::tiles::{TILES_BYTES, TileCache};
use crate::store::VsiStore;

/// What the nodes of an opened store share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) store: VsiStore,
    pub(super) tiles: TileCache,
    /// Whether arrays may be written.
    pub(super) is_writable: bool,
    pub(super) locks: Locks,
    numbers: Mutex<Numbers>,
}

#[derive(Debug, Default)]
struct Numbers {
    next: u64,
    of: HashMap<String, u64>,
}

/// All that are alive in this process: what one writes, the others must not remember otherwise.
static CONTEXTS: Mutex<Vec<Weak<Context>>> = Mutex::new(Vec::new());

impl Context {
    pub(super) fn new(store: &VsiStore, is_writable: bool) -> Arc<Self> {
        let context = Arc::new(Self {
            store: store.clone(),
            tiles: TileCache::new(TILES_BYTES),
            is_writable,
            locks: Locks::default(),
            numbers: Mutex::default(),
        });
        let mut contexts = CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
        contexts.retain(|other| other.strong_count() > 0);
        contexts.push(Arc::downgrade(&context));
        drop(contexts);
        context
    }

    /// The number of the array `full_name`, the same each time that it is opened.
    pub(super) fn number_of(&self, full_name: &str) -> u64 {
        let numbers = &mut *self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        *numbers.of.entry(full_name.to_string()).or_insert_with(|| {
            numbers.next += 1;
            numbers.next
        })
    }

    /// Whether the array is still as it was when it was opened.
    pub(super) fn is_current(&self, array: &Array) -> bool {
        let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.of.get(&array.full_name) == Some(&array.number)
    }

    /// The chunks `tiles` of `array`, in the file `key`, are others now.
    pub(super) fn chunk_changed(&self, array: &Array, tiles: &[&[u64]], key: &str) {
        for tile in tiles {
            self.tiles.remove(&(array.number, (*tile).into()));
        }
        self.tell_others(key);
    }

    /// All below `key` (of a group or array) is gone or has changed, metadata too: arrays opened before are outdated.
    pub(super) fn node_changed(&self, key: &str) {
        self.store.forget(key);
        self.forget_arrays(key);
        self.tell_others(key);
    }

    fn forget_arrays(&self, key: &str) {
        let mut gone = Vec::new();
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).of.retain(|full_name, number| {
            let is_below = is_below(full_name.trim_matches('/'), key);
            gone.extend(is_below.then_some(*number));
            !is_below
        });
        self.tiles.retain(|(number, _)| !gone.contains(number));
    }

    /// Lets what other parts of this process opened at the same place forget `key`.
    fn tell_others(&self, key: &str) {
        let contexts: Vec<Arc<Self>> = {
            let contexts = CONTEXTS.lock().unwrap_or_else(PoisonError::into_inner);
            contexts.iter().filter_map(Weak::upgrade).filter(|other| !std::ptr::eq(&**other, self)).collect()
        };
        let path = self.store.path_of(key);
        for other in contexts {
            let root = other.store.path();
            let Some(key) = path.strip_prefix(root).map(|rest| rest.trim_start_matches('/')) else {
                // what changed is above its root
                if is_below(root, &path) {
                    other.store.forget("");
                    other.tiles.retain(|_| false);
                }
                continue;
            };
            other.store.forget(key);
            let numbers = other.numbers.lock().unwrap_or_else(PoisonError::into_inner);
            let of_key = |name: &str| {
                // an array that is a store's root has the name of its folder
                let name = name.trim_matches('/');
                is_below(key, name) || is_below(name, key) || root.ends_with(name)
            };
            let changed: Vec<u64> =
                numbers.of.iter().filter(|(name, _)| of_key(name)).map(|(_, &number)| number).collect();
            drop(numbers);
            other.tiles.retain(|(number, _)| !changed.contains(number));
        }
    }
}

/// Whether `path` is `root`, or below it.
fn is_below(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Locks for chunks; several chunks may share one. Each counts the changes made under it. Nothing that holds one may wait
/// for other threads of the pool.
#[derive(Debug)]
pub(super) struct Locks([Mutex<u64>; 64]);

impl Default for Locks {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(0)))
    }
}

impl Locks {
    /// The lock of a chunk.
    pub(super) fn of(&self, array: u64, chunk: &[u64]) -> &Mutex<u64> {
        let mut hasher = DefaultHasher::new();
        (array, chunk).hash(&mut hasher);
        &self.0[(hasher.finish() % self.0.len() as u64) as usize]
    }
}
