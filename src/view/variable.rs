//! Where a variable lives: the places that name it, where it comes from, and what becomes of it cell by cell.

use std::collections::BTreeSet;

use super::relations;
use crate::analysis::facts::Facts;
use crate::analysis::graph::Lack;
use crate::analysis::occurrences::{self, Kind, Occurrence, Occurrences, Owner};
use crate::engine::Analysis;
use crate::notebook::{CellIdx, Notebook};
use crate::text::{TextRange, TextSize};

/// The places of a cell that name something; none for a cell that is not Python.
pub fn occurrences(analysis: &Analysis, cell: CellIdx) -> Occurrences {
    let notebook = analysis.notebook();
    let own = notebook
        .cell(cell)
        .filter(|cell| cell.is_python(&notebook.meta.language));
    own.map_or_else(Occurrences::default, |own| {
        occurrences::of(&own.text, analysis.link().facts(cell))
    })
}

/// What stands at a place.
pub fn at(analysis: &Analysis, cell: CellIdx, offset: TextSize) -> Option<Occurrence> {
    occurrences(analysis, cell).at(offset).cloned()
}

/// All places of the variable that `occurrence` of `cell` names, in reading order.
pub fn places(
    analysis: &Analysis,
    cell: CellIdx,
    occurrence: &Occurrence,
) -> Vec<(CellIdx, Occurrence)> {
    let cells = if occurrence.owner == Owner::Notebook {
        cells_with(analysis.notebook(), &occurrence.name)
    } else {
        vec![cell]
    };
    let in_cell = |cell| {
        let found = occurrences(analysis, cell).found.into_iter();
        found.filter_map(move |other| is_same(&other, occurrence).then_some((cell, other)))
    };
    cells.into_iter().flat_map(in_cell).collect()
}

/// The places in one cell.
pub fn places_in(analysis: &Analysis, cell: CellIdx, occurrence: &Occurrence) -> Vec<Occurrence> {
    let mut found = occurrences(analysis, cell).found;
    found.retain(|other| is_same(other, occurrence));
    found
}

fn is_same(a: &Occurrence, b: &Occurrence) -> bool {
    a.name == b.name && a.owner.is_same(b.owner)
}

/// The cells of Python in whose text the name stands.
pub fn cells_with(notebook: &Notebook, name: &str) -> Vec<CellIdx> {
    let finder = memchr::memmem::Finder::new(name);
    let cells = notebook.python_cells();
    cells
        .filter(|(_, cell)| finder.find(cell.text.as_bytes()).is_some())
        .map(|(index, _)| index)
        .collect()
}

/// Where the value comes from that an occurrence names, as far as a run from the top tells: the
/// binding before it in its own cell, else those of the cells that give it, else whatever binds it.
pub fn definitions(
    analysis: &Analysis,
    cell: CellIdx,
    occurrence: &Occurrence,
) -> Vec<(CellIdx, TextRange)> {
    let binds = |kind: &Kind| matches!(kind, Kind::Bind | Kind::Import(_));
    if binds(&occurrence.kind) {
        return vec![(cell, occurrence.range)];
    }
    if occurrence.owner != Owner::Notebook {
        let places = places_in(analysis, cell, occurrence);
        let first = places.into_iter().find(|place| binds(&place.kind));
        return first.map(|place| (cell, place.range)).into_iter().collect();
    }
    let (link, name) = (analysis.link(), &occurrence.name);
    let own = link.facts(cell);
    let before = own.bindings.iter().rfind(|binding| {
        binding.name == *name
            && binding.kind.is_written()
            && !binding.kind.is_delete()
            && binding.range.end() <= occurrence.range.start()
    });
    if let Some(before) = before {
        return vec![(cell, before.range)];
    }
    let sources = link
        .sources(cell)
        .iter()
        .filter(|source| source.name == *name);
    let mut found: Vec<_> = sources
        .filter_map(|source| Some((source.cell, last_binding(link.facts(source.cell), name)?)))
        .collect();
    if found.is_empty() {
        let late = link.needs(cell).iter().find(|need| need.name == *name);
        found.extend(late.and_then(|need| match need.lack {
            Lack::Later { cell, range } => Some((cell, range)),
            Lack::Never | Lack::Deleted { .. } => None,
        }));
    }
    if found.is_empty() {
        let nearest = link.binder_above(name, cell);
        let binder = nearest.or_else(|| link.binders(name).next());
        found.extend(
            binder.and_then(|binder| Some((binder, last_binding(link.facts(binder), name)?))),
        );
    }
    found
}

fn last_binding(facts: &Facts, name: &str) -> Option<TextRange> {
    let exit = facts.exit(name).filter(|exit| exit.state.may_be_bound())?;
    Some(facts.binding(exit).range)
}

/// "bound in cells 2, 5 · changed in cell 3 · read in cells 4, 6"; `None` for a name that no cell binds.
pub fn story(analysis: &Analysis, name: &str) -> Option<String> {
    let link = analysis.link();
    let bound: Vec<CellIdx> = link.binders(name).collect();
    if bound.is_empty() {
        return None;
    }
    let touched: BTreeSet<CellIdx> = link.askers(name).chain(bound.iter().copied()).collect();
    let those = |does: &dyn Fn(&Facts) -> bool| -> Vec<CellIdx> {
        let cells = touched.iter().copied();
        cells.filter(|&cell| does(link.facts(cell))).collect()
    };
    let changed = those(&|facts| {
        let in_bodies = facts.scopes.iter().flat_map(|scope| &scope.mutates);
        let at_once = facts.mutations.iter().map(|mutation| &mutation.name);
        in_bodies.chain(at_once).any(|own| own == name)
    });
    let read = those(&|facts| {
        let in_bodies = facts.scopes.iter().flat_map(|scope| &scope.reads);
        let at_once = facts.uses.iter().map(|read| &read.name);
        at_once
            .chain(in_bodies.map(|read| &read.name))
            .any(|own| own == name)
    });
    let part = |what: &str, cells: &[CellIdx]| {
        let noun = if cells.len() == 1 { "cell" } else { "cells" };
        let numbers = relations::in_order(cells);
        (!cells.is_empty()).then(|| format!("{what} in {noun} {numbers}"))
    };
    let parts = [
        part("bound", &bound),
        part("changed", &changed),
        part("read", &read),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(parts.join(" · "))
}
