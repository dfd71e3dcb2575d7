//! Who else reads the names that a cell binds, on a run from the top.
//!
//! A read counts when the value may be the cell's: a later cell that has not bound the name itself,
//! with no cell between that surely binds it anew; a body anywhere that may be called later; and
//! code that reads names from text (`%time f(x)`, `df.query("a > @x")`, `eval`), where every word counts.

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use super::marimo;
use super::words::words;
use crate::analysis::facts::{Callee, Facts, ScopeIdx, State, TextReads};
use crate::analysis::graph::Lack;
use crate::analysis::{Link, text_reads};
use crate::notebook::{CellIdx, Home, Notebook};

/// For each name, the first cell that reads it.
pub type Readers = FxHashMap<Name, CellIdx>;

/// The cells other than `cell` that read one of `names` as `cell` leaves it.
pub fn readers(
    notebook: &Notebook,
    link: &Link,
    cell: CellIdx,
    names: &FxHashSet<Name>,
) -> Readers {
    let is_marimo = notebook.meta.home == Home::Marimo;
    let public: FxHashSet<Name>;
    let names = if is_marimo {
        public = names
            .iter()
            .filter(|name| !marimo::is_private(name))
            .cloned()
            .collect();
        &public
    } else {
        names
    };
    let mut search = Search {
        names,
        rebound: FxHashSet::default(),
        has_queries: text_reads::runs_queries(notebook),
        found: Readers::default(),
    };
    if names.is_empty() {
        return search.found;
    }
    for (index, other) in notebook.indexed() {
        let facts = link.facts(index);
        if index == cell || !other.is_code() {
            continue;
        }
        // marimo runs whatever reads it afterwards, wherever it stands.
        if index < cell && !is_marimo {
            search.earlier_cell(link, cell, (index, &other.text), facts);
        } else {
            search.later_cell(index, facts, &other.text);
            // A cell that stops with an error may stop before it binds anything.
            if !other.has_tag("raises-exception") && other.outputs.error.is_none() {
                search.note_rebound(facts);
            }
        }
        if search.found.len() == names.len() {
            break;
        }
    }
    search.found
}

struct Search<'a> {
    names: &'a FxHashSet<Name>,
    /// Names that a cell between has surely bound anew, or deleted.
    rebound: FxHashSet<Name>,
    /// Whether what strings name may be read.
    has_queries: bool,
    found: Readers,
}

impl Search<'_> {
    /// What an earlier cell reads at once is not this cell's; what its bodies read may be, when they are called later,
    /// and so may what its strings name, when they are run as queries.
    fn earlier_cell(
        &mut self,
        link: &Link,
        cell: CellIdx,
        (index, text): (CellIdx, &str),
        facts: &Facts,
    ) {
        if self.has_queries {
            for name in text_reads::queried(text) {
                self.read_word(name, index);
            }
        }
        for (at, scope) in facts.scopes.iter().enumerate() {
            if is_spent(facts, ScopeIdx(u32::try_from(at).unwrap_or(u32::MAX))) {
                continue;
            }
            for read in &scope.reads {
                self.read(&read.name, index);
            }
        }
        // On a run from the top this read fails; in the session it was written in it takes the cell's value.
        for need in link.needs(index) {
            if matches!(need.lack, Lack::Later { cell: binder, .. } if binder == cell) {
                self.read(&need.name, index);
            }
        }
    }

    fn later_cell(&mut self, index: CellIdx, facts: &Facts, text: &str) {
        for read in &facts.uses {
            if !matches!(read.local, State::Sure | State::Gone) {
                self.read(&read.name, index);
            }
        }
        for scope in &facts.scopes {
            for read in &scope.reads {
                if read.local != State::Sure {
                    self.read(&read.name, index);
                }
            }
        }
        if facts.text_reads == TextReads::Any {
            for name in self.names {
                self.read(name, index);
            }
        }
        for word in mentioned(facts, text) {
            self.read_word(word, index);
        }
    }

    fn note_rebound(&mut self, facts: &Facts) {
        for (name, exit) in &facts.exits {
            if matches!(exit.state, State::Sure | State::Gone) && self.names.contains(name) {
                self.rebound.insert(name.clone());
            }
        }
    }

    fn read(&mut self, name: &Name, index: CellIdx) {
        if self.names.contains(name) && !self.rebound.contains(name) {
            self.found.entry(name.clone()).or_insert(index);
        }
    }

    fn read_word(&mut self, word: &str, index: CellIdx) {
        if let Some(name) = self.names.get(word)
            && !self.rebound.contains(name)
        {
            self.found.entry(name.clone()).or_insert(index);
        }
    }
}

/// Whether the scope is a lambda that was called where it stands, and that nobody holds any more.
fn is_spent(facts: &Facts, scope: ScopeIdx) -> bool {
    facts.scope(scope).name.is_none()
        && facts
            .calls
            .iter()
            .any(|call| call.callee == Callee::Scope(scope))
}

/// Words of the cell that may be names read by text.
pub fn mentioned<'t>(facts: &'t Facts, text: &'t str) -> Vec<&'t str> {
    let magics = facts.magics.iter().flat_map(|magic| words(&magic.argument));
    let parts = text_reads::read_parts(facts, text);
    magics.chain(parts.into_iter().flat_map(words)).collect()
}
