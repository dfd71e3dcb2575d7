//! What holds of the notebook as a whole, kept current as cells change: which cells are to be run again,
//! and which end a run from the top.
//!
//! A keystroke costs the cells whose links it changed, and those below them whose freshness changes with theirs.

use std::collections::BTreeSet;

use crate::analysis::freshness::{self, Freshness};
use crate::analysis::graph::{Lack, Link, Need};
use crate::notebook::{CellIdx, Notebook};

#[derive(Debug, Default)]
pub struct Overview {
    freshness: Vec<Freshness>,
    /// Cells whose freshness [wants a run](Freshness::wants_run).
    stale: BTreeSet<CellIdx>,
    /// Cells at which a run from the top stops.
    broken: BTreeSet<CellIdx>,
}

/// No more cells than this are explained in [`Overview::why`].
const MOST_REASONS: usize = 3;

impl Overview {
    /// Looks at all cells.
    pub(super) fn new(notebook: &Notebook, link: &Link) -> Self {
        let mut overview = Self {
            freshness: vec![Freshness::default(); notebook.cells.len()],
            ..Self::default()
        };
        let all = (0..notebook.cells.len()).map(CellIdx::new).collect();
        overview.update(all, notebook, link);
        overview
    }

    /// Looks again at cells whose text, links or state changed. Returns whether anything differs now.
    pub(super) fn update(
        &mut self,
        mut pending: BTreeSet<CellIdx>,
        notebook: &Notebook,
        link: &Link,
    ) -> bool {
        let mut changed = false;
        for &cell in &pending {
            changed |= set(&mut self.broken, cell, stops_a_run(notebook, link, cell));
        }
        // A cell takes names from cells above it only, so the ascending order meets each cell once.
        while let Some(cell) = pending.pop_first() {
            let now = freshness::of(notebook, link, cell, |above| self.freshness(above));
            let Some(slot) = self.freshness.get_mut(cell.to_usize()) else {
                continue;
            };
            let before = std::mem::replace(slot, now);
            changed |= before != now;
            set(&mut self.stale, cell, now.wants_run());
            if before.wants_run() != now.wants_run() {
                let readers = link.readers(cell);
                pending.extend(readers.into_iter().filter(|&reader| reader > cell));
            }
        }
        changed
    }

    pub fn freshness(&self, cell: CellIdx) -> Freshness {
        self.freshness
            .get(cell.to_usize())
            .copied()
            .unwrap_or_default()
    }

    /// The cells to run again, in the order in which to run them.
    pub fn stale(&self) -> impl Iterator<Item = CellIdx> {
        self.stale.iter().copied()
    }

    pub fn is_stale(&self, cell: CellIdx) -> bool {
        self.stale.contains(&cell)
    }

    pub fn runs_from_top(&self) -> bool {
        self.broken.is_empty()
    }

    /// Why a run from the top stops: a sentence a cell, for the first few.
    pub fn why(&self, link: &Link) -> Vec<String> {
        let reason = |&cell: &CellIdx| match link.needs(cell).iter().find(|need| !need.in_body) {
            Some(need) => lacks(cell, need),
            None => format!("{} is not valid Python.", capital(cell)),
        };
        let mut why: Vec<String> = self.broken.iter().take(MOST_REASONS).map(reason).collect();
        match self.broken.len().saturating_sub(MOST_REASONS) {
            0 => {}
            1 => why.push("One more cell stops it.".into()),
            more => why.push(format!("{more} more cells stop it.")),
        }
        why
    }
}

/// Whether the cell fails on a run from the top, as far as names tell.
fn stops_a_run(notebook: &Notebook, link: &Link, cell: CellIdx) -> bool {
    let fails_on_purpose = notebook
        .cell(cell)
        .is_none_or(|cell| cell.has_tag("raises-exception"));
    !fails_on_purpose
        && (!link.facts(cell).runs() || link.needs(cell).iter().any(|need| !need.in_body))
}

fn lacks(cell: CellIdx, need: &Need) -> String {
    let name = &need.name;
    let functions = need.through.as_ref().map(|through| &through.functions[..]);
    let through = match functions {
        None | Some([]) => String::new(),
        Some([function]) => format!(" (which `{function}` reads)"),
        Some([first, .., last]) => format!(" (which `{first}` reads through `{last}`)"),
    };
    let lack = match need.lack {
        Lack::Never => "no cell binds it".into(),
        Lack::Later { cell: binder, .. } if binder == cell => {
            "it is bound only further down in that cell".into()
        }
        Lack::Later { cell: binder, .. } => format!("only {binder}, below it, binds it"),
        Lack::Deleted { cell: deleter, .. } if deleter == cell => "that cell has deleted it".into(),
        Lack::Deleted { cell: deleter, .. } => format!("{deleter} has deleted it"),
    };
    format!("{} needs `{name}`{through}, and {lack}.", capital(cell))
}

fn capital(cell: CellIdx) -> String {
    cell.to_string().replacen('c', "C", 1)
}

/// Has the set contain the cell or not; returns whether that is new.
fn set(cells: &mut BTreeSet<CellIdx>, cell: CellIdx, contains: bool) -> bool {
    if contains {
        cells.insert(cell)
    } else {
        cells.remove(&cell)
    }
}
