//! Which cells hold the same passages.

use rustc_hash::{FxHashMap, FxHashSet};
use thin_vec::ThinVec;

use super::super::facts::Facts;

/// For each passage the cells that hold it, kept current cell by cell.
#[derive(Debug, Default)]
pub struct Twins {
    /// By the passage's hash. Sorted; a cell that holds it twice is there twice.
    holders: FxHashMap<u64, ThinVec<u32>>,
}

/// A finding stands at the second place of a passage and tells of these many of all places.
pub const TOLD: usize = 4;

impl Twins {
    pub fn add(&mut self, cell: u32, facts: &Facts) {
        for passage in &facts.passages {
            let holders = self.holders.entry(passage.hash).or_default();
            let at = holders.partition_point(|&holder| holder <= cell);
            holders.insert(at, cell);
        }
    }

    /// The cells that hold the passage, in order.
    pub fn holders(&self, hash: u64) -> &[u32] {
        self.holders.get(&hash).map_or(&[], ThinVec::as_slice)
    }

    /// A cell has new facts. Adds the cells whose findings may tell of it to `concerned`.
    pub fn update(&mut self, cell: u32, old: &Facts, new: &Facts, concerned: &mut FxHashSet<u32>) {
        if old.passages == new.passages {
            return;
        }
        for passage in &old.passages {
            self.concern(passage.hash, concerned);
            if let Some(holders) = self.holders.get_mut(&passage.hash) {
                if let Ok(at) = holders.binary_search(&cell) {
                    holders.remove(at);
                }
                if holders.is_empty() {
                    self.holders.remove(&passage.hash);
                }
            }
        }
        self.add(cell, new);
        for passage in old.passages.iter().chain(&new.passages) {
            self.concern(passage.hash, concerned);
        }
    }

    fn concern(&self, hash: u64, concerned: &mut FxHashSet<u32>) {
        concerned.extend(self.holders(hash).iter().take(TOLD));
    }
}
