//! Which cells bind a name, and which asked for it.

use std::sync::Arc;

use ruff_python_ast::name::Name;
use rustc_hash::FxHashMap;
use thin_vec::ThinVec;

use super::super::facts::Facts;

#[derive(Debug, Default)]
pub struct Names {
    entries: FxHashMap<Name, Entry>,
    /// Cells after which any name may exist, or none. Sorted.
    openings: ThinVec<u32>,
    /// Cells that [write a file](Facts::written_file). Sorted.
    writers: ThinVec<u32>,
    /// Cells that may draw random numbers or seed a generator. Sorted.
    randoms: ThinVec<u32>,
}

#[derive(Debug, Default)]
struct Entry {
    /// Cells that bind or delete the name. Sorted.
    binders: ThinVec<u32>,
    /// Cells whose links depend on who binds the name. Sorted.
    users: ThinVec<u32>,
}

impl Names {
    pub fn new(facts: &[Arc<Facts>]) -> Self {
        let mut names = Self::default();
        for (cell, facts) in (0..).zip(facts) {
            for (name, _) in &facts.exits {
                names.entry(name).binders.push(cell);
            }
            if !facts.openings.is_empty() {
                names.openings.push(cell);
            }
            if facts.written_file().is_some() {
                names.writers.push(cell);
            }
            if !facts.randoms.is_empty() {
                names.randoms.push(cell);
            }
        }
        names
    }

    pub fn binders(&self, name: &str) -> &[u32] {
        self.entries.get(name).map_or(&[], |entry| &entry.binders)
    }

    pub fn users(&self, name: &str) -> &[u32] {
        self.entries.get(name).map_or(&[], |entry| &entry.users)
    }

    /// The nearest cell above that binds or deletes the name.
    pub fn binder_above(&self, name: &str, cell: u32) -> Option<u32> {
        let binders = self.binders(name);
        let at = binders.partition_point(|&binder| binder < cell);
        binders[..at].last().copied()
    }

    /// The nearest cell below that binds or deletes the name.
    pub fn binder_below(&self, name: &str, cell: u32) -> Option<u32> {
        let binders = self.binders(name);
        let at = binders.partition_point(|&binder| binder <= cell);
        binders.get(at).copied()
    }

    /// Cells that may draw random numbers or seed a generator, in order.
    pub fn randoms(&self) -> &[u32] {
        &self.randoms
    }

    pub fn openings(&self) -> &[u32] {
        &self.openings
    }

    pub fn writers(&self) -> &[u32] {
        &self.writers
    }

    /// A cell has new facts. Returns the names whose meaning for other cells is not what it was.
    pub fn update(&mut self, cell: u32, old: &Facts, new: &Facts) -> Vec<Name> {
        if new.randoms.is_empty() {
            remove(&mut self.randoms, cell);
        } else {
            insert(&mut self.randoms, cell);
        }
        let mut changed = Vec::new();
        let (mut before, mut after) = (old.exits.iter().peekable(), new.exits.iter().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => return changed,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.as_str().cmp(b.as_str()),
            };
            let was = if order.is_le() { before.next() } else { None };
            let is = if order.is_ge() { after.next() } else { None };
            match (was, is) {
                (Some((name, was)), Some((_, is))) => {
                    if was.fingerprint != is.fingerprint {
                        changed.push(name.clone());
                    }
                }
                (Some((name, _)), None) => {
                    remove(&mut self.entry(name).binders, cell);
                    changed.push(name.clone());
                    self.drop_if_unused(name);
                }
                (None, Some((name, _))) => {
                    insert(&mut self.entry(name).binders, cell);
                    changed.push(name.clone());
                }
                (None, None) => return changed,
            }
        }
    }

    /// A cell asked for other names than before. Both lists are sorted.
    pub fn ask(&mut self, cell: u32, before: &[Name], after: &[Name]) {
        for name in before {
            if after.binary_search(name).is_err()
                && let Some(entry) = self.entries.get_mut(name.as_str())
            {
                remove(&mut entry.users, cell);
                self.drop_if_unused(name);
            }
        }
        for name in after {
            if before.binary_search(name).is_err() {
                insert(&mut self.entry(name).users, cell);
            }
        }
    }

    fn entry(&mut self, name: &Name) -> &mut Entry {
        self.entries.entry(name.clone()).or_default()
    }

    /// Names come and go with every letter that is typed; those that nobody knows any more must not stay.
    fn drop_if_unused(&mut self, name: &Name) {
        if let Some(entry) = self.entries.get(name.as_str())
            && entry.binders.is_empty()
            && entry.users.is_empty()
        {
            self.entries.remove(name.as_str());
        }
    }
}

fn insert(sorted: &mut ThinVec<u32>, cell: u32) {
    if let Err(at) = sorted.binary_search(&cell) {
        sorted.insert(at, cell);
    }
}

fn remove(sorted: &mut ThinVec<u32>, cell: u32) {
    if let Ok(at) = sorted.binary_search(&cell) {
        sorted.remove(at);
    }
}
