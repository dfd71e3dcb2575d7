//! What is known of the files that a notebook runs or imports everything from.
//!
//! The engine reads no files: a front end finds out (see `workspace/surroundings.rs`) and hands it in.

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::facts::{Facts, OpeningKind};

/// The names that `from module import *` and `%run path` bring, where the file could be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    known: FxHashMap<OpeningKind, FxHashSet<Name>>,
}

impl Surroundings {
    pub fn insert(&mut self, opening: OpeningKind, names: FxHashSet<Name>) {
        self.known.insert(opening, names);
    }

    /// Whether the name may exist after the opening, as far as anybody can tell.
    pub fn may_bring(&self, opening: &OpeningKind, name: &str) -> bool {
        match self.known.get(opening) {
            Some(names) => names.contains(name),
            None => *opening != OpeningKind::Reset,
        }
    }
}

/// What opens a cell's names and can be looked up in files.
pub fn lookups(facts: &Facts) -> impl Iterator<Item = &OpeningKind> {
    facts
        .openings
        .iter()
        .map(|opening| &opening.kind)
        .filter(|kind| matches!(kind, OpeningKind::StarImport(_) | OpeningKind::Run(_)))
}
