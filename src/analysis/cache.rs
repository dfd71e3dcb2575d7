//! Facts by a cell's content, so that a cell which is moved, copied, undone or opened twice is
//! not read again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use dashmap::DashMap;

use super::facts::Facts;
use super::python;

/// Facts of the cells that are in use somewhere. Shared by all notebooks and threads.
#[derive(Debug)]
pub struct FactsCache {
    /// The text itself is the key: two texts are never taken for one another. It is the same
    /// allocation as the cell's, and goes when the next sweep finds nobody using the facts.
    facts: DashMap<Arc<str>, Weak<Facts>, rustc_hash::FxBuildHasher>,
    sweep_at: AtomicUsize,
}

/// Below this many entries no sweep is worth it.
const SMALLEST_SWEEP: usize = 1_024;

impl Default for FactsCache {
    fn default() -> Self {
        Self {
            facts: DashMap::default(),
            sweep_at: AtomicUsize::new(SMALLEST_SWEEP),
        }
    }
}

impl FactsCache {
    /// The facts of a cell of Python.
    pub fn get(&self, text: &Arc<str>) -> Arc<Facts> {
        if let Some(facts) = self.facts.get(text).and_then(|known| known.upgrade()) {
            return facts;
        }
        let facts = Arc::new(python::facts(text));
        self.facts.insert(Arc::clone(text), Arc::downgrade(&facts));
        self.sweep();
        facts
    }

    /// Drops the entries that nobody uses, once there are twice as many as the last time.
    fn sweep(&self) {
        let limit = self.sweep_at.load(Ordering::Relaxed);
        if self.facts.len() < limit {
            return;
        }
        self.facts.retain(|_, facts| facts.strong_count() > 0);
        let next = (self.facts.len() * 2).max(SMALLEST_SWEEP);
        self.sweep_at.store(next, Ordering::Relaxed);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.facts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_read_once() {
        let cache = FactsCache::default();
        let first = cache.get(&"x = 1".into());
        let second = cache.get(&"x = 1".into());
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn what_nobody_uses_goes() {
        let cache = FactsCache::default();
        for version in 0..10_000 {
            cache.get(&format!("x = {version}").into());
        }
        assert!(cache.len() <= SMALLEST_SWEEP);
    }
}
