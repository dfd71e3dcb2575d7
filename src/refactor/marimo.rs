//! What marimo asks of a notebook, so that no refactoring makes one that it refuses to run.
//!
//! One cell alone binds a name; a name that begins with an underscore is known in its own cell and in no other; cells run
//! in the order of what they need, which must not go round in a circle
//! (<https://docs.marimo.io/guides/understanding_errors/>).

use ruff_python_ast::name::Name;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::action::Refusal;
use crate::analysis::Link;
use crate::analysis::facts::State;
use crate::notebook::CellIdx;

/// Whether a name is known in its own cell alone.
pub fn is_private(name: &str) -> bool {
    name.starts_with('_') && !name.starts_with("__")
}

/// Whether marimo runs the cells as well as it did before.
///
/// # Errors
/// With what marimo would not take, or would find in no cell.
pub fn check(before: &Link, after: &Link) -> Result<(), Refusal> {
    let (old, new) = (Wiring::of(before), Wiring::of(after));
    let mut names: Vec<&Name> = new.binders.keys().copied().collect();
    names.sort_unstable();
    for name in names {
        if !is_private(name) && new.count(name) > 1 && old.count(name) <= 1 {
            return Err(format!("marimo lets one cell alone bind `{name}`, and two would").into());
        }
    }
    for name in new.all_taken() {
        if is_private(name) && !old.is_taken(name) {
            return Err(format!(
                "`{name}` begins with an underscore: in marimo no other cell knows it"
            )
            .into());
        }
        if new.count(name) == 0 && old.count(name) > 0 {
            return Err(format!("no cell would bind `{name}`, which another reads").into());
        }
    }
    if new.has_circle() && !old.has_circle() {
        return Err("two cells would need each other, and marimo runs neither".into());
    }
    Ok(())
}

/// Which cell gives which name to which others.
struct Wiring<'a> {
    binders: FxHashMap<&'a Name, Vec<usize>>,
    /// For each cell the names that it reads and does not bind.
    taken: Vec<FxHashSet<&'a Name>>,
}

impl<'a> Wiring<'a> {
    fn of(link: &'a Link) -> Self {
        let mut binders: FxHashMap<&Name, Vec<usize>> = FxHashMap::default();
        let mut taken = Vec::with_capacity(link.len());
        for at in 0..link.len() {
            let facts = link.facts(CellIdx::new(at));
            let is_own = |name: &str| {
                let exit = facts.exit(name);
                exit.is_some_and(|exit| exit.state.may_be_bound())
            };
            for (name, exit) in &facts.exits {
                if exit.state.may_be_bound() {
                    binders.entry(name).or_default().push(at);
                }
            }
            let uses = facts.uses.iter();
            let at_once = uses
                .filter(|read| !read.guarded && !matches!(read.local, State::Sure | State::Gone))
                .map(|read| &read.name);
            let bodies = facts.scopes.iter().flat_map(|scope| &scope.reads);
            let later = bodies.map(|read| &read.name);
            taken.push(at_once.chain(later).filter(|name| !is_own(name)).collect());
        }
        Self { binders, taken }
    }

    /// How many cells bind the name.
    fn count(&self, name: &Name) -> usize {
        self.binders.get(name).map_or(0, Vec::len)
    }

    fn is_taken(&self, name: &Name) -> bool {
        self.taken.iter().any(|names| names.contains(name))
    }

    /// What cells take from others, each name once.
    fn all_taken(&self) -> Vec<&'a Name> {
        let mut names: Vec<&Name> = self.taken.iter().flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn has_circle(&self) -> bool {
        let needs = |names: &FxHashSet<&'a Name>| -> FxHashSet<usize> {
            let public = names.iter().filter(|name| !is_private(name));
            let binders = public.filter_map(|name| self.binders.get(*name));
            binders.flatten().copied().collect()
        };
        let mut waiting: Vec<(usize, FxHashSet<usize>)> =
            self.taken.iter().map(needs).enumerate().collect();
        loop {
            let still: FxHashSet<usize> = waiting.iter().map(|(cell, _)| *cell).collect();
            let count = waiting.len();
            waiting.retain(|(_, needs)| needs.iter().any(|need| still.contains(need)));
            if waiting.len() == count {
                return count > 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::Analysis;
    use crate::notebook::{Cell, CellKind, Home, Notebook, NotebookMeta};

    fn notebook(cells: &[&str]) -> Analysis {
        let cells = cells.iter();
        let notebook = Notebook {
            cells: cells
                .map(|text| Arc::new(Cell::new(CellKind::Code, *text)))
                .collect(),
            meta: Arc::new(NotebookMeta {
                home: Home::Marimo,
                ..NotebookMeta::default()
            }),
            ..Notebook::default()
        };
        Analysis::new(notebook, Arc::default())
    }

    #[test]
    fn what_marimo_would_not_run_is_refused() {
        let good = ["print(total)", "total = 1\n_x = total\nprint(_x)", "_x = 2"];
        let refused = |cells: &[&str]| {
            let checked = check(notebook(&good).link(), notebook(cells).link());
            checked.err().map(|refusal| refusal.0)
        };
        assert_eq!(refused(&good), None);
        let cases: [(&[&str], &str); 4] = [
            (&["total = 1", "total = 2"], "one cell alone bind `total`"),
            (&["total = 1\n_x = total", "print(_x)"], "`_x` begins"),
            (&["print(total)"], "no cell would bind `total`"),
            (
                &["def f():\n    return total", "import os\ntotal = f()"],
                "need each other",
            ),
        ];
        for (cells, reason) in cases {
            let found = refused(cells).unwrap();
            assert!(found.contains(reason), "{found}");
        }
    }
}
