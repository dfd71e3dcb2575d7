//! Facts by a cell's content, so that a cell which is moved, copied, undone or opened twice is
//! not read again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use dashmap::DashMap;
use rayon::prelude::*;

use super::facts::Facts;
use super::python;
use crate::notebook::{Cell, Notebook};

/// Facts of the cells that are in use somewhere. Shared by all notebooks and threads.
#[derive(Debug)]
pub struct FactsCache {
    /// The text itself is the key: two texts are never taken for one another. It is the same
    /// allocation as the cell's, and goes when the next sweep finds nobody using the facts.
    facts: DashMap<Arc<str>, Weak<Facts>, rustc_hash::FxBuildHasher>,
    sweep_at: AtomicUsize,
    /// Facts of parts of cells, which nobody else holds, the last one at the end.
    parts: Mutex<VecDeque<Arc<Facts>>>,
}

/// A menu is asked for at every move of a cursor, and its refactorings read the same few parts each time.
const MOST_PARTS: usize = 128;

/// Below this many entries no sweep is worth it.
const SMALLEST_SWEEP: usize = 1_024;

impl Default for FactsCache {
    fn default() -> Self {
        Self {
            facts: DashMap::default(),
            sweep_at: AtomicUsize::new(SMALLEST_SWEEP),
            parts: Mutex::default(),
        }
    }
}

impl FactsCache {
    /// The facts of a cell of Python.
    pub fn get(&self, text: &Arc<str>) -> Arc<Facts> {
        self.known(text)
            .unwrap_or_else(|| self.read(Arc::clone(text)))
    }

    /// The facts of a part of a cell, or of what a refactoring makes of one.
    pub fn get_part(&self, text: &str) -> Arc<Facts> {
        if let Some(facts) = self.known(text) {
            return facts;
        }
        let facts = self.read(text.into());
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        parts.push_back(Arc::clone(&facts));
        if parts.len() > MOST_PARTS {
            parts.pop_front();
        }
        facts
    }

    /// The facts of the Python of a whole notebook, read on all cores. They stay known while somebody holds them.
    pub fn get_all(&self, notebook: &Notebook) -> Vec<Arc<Facts>> {
        let cells: Vec<&Cell> = notebook.python_cells().map(|(_, cell)| cell).collect();
        let cells = cells.into_par_iter();
        cells.map(|cell| self.get(&cell.text)).collect()
    }

    fn known(&self, text: &str) -> Option<Arc<Facts>> {
        self.facts.get(text).and_then(|known| known.upgrade())
    }

    fn read(&self, text: Arc<str>) -> Arc<Facts> {
        let facts = Arc::new(python::facts(&text));
        self.facts.insert(text, Arc::downgrade(&facts));
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
    fn a_part_is_read_once_and_forgotten_later() {
        let cache = FactsCache::default();
        let first = Arc::downgrade(&cache.get_part("x = 1"));
        let again = Arc::downgrade(&cache.get_part("x = 1"));
        assert!(first.ptr_eq(&again) && first.strong_count() == 1);
        for version in 0..MOST_PARTS {
            cache.get_part(&format!("y = {version}"));
        }
        assert_eq!(first.strong_count(), 0);
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
