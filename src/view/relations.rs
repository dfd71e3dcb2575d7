//! A cell among its neighbours, in the few words that fit above it.

use std::collections::BTreeSet;

use crate::analysis::freshness;
use crate::analysis::graph::Lack;
use crate::engine::Analysis;
use crate::notebook::CellIdx;

/// More cells than this are counted instead of named.
const MOST_NAMED: usize = 5;
/// Where there is more room.
const MOST_IN_ORDER: usize = 12;

/// "needs cells 2, 5 · used by 7"; the cells that are to be run again come first and say so.
/// `None` for a cell that stands alone.
pub fn sentence(analysis: &Analysis, cell: CellIdx) -> Option<String> {
    let needs = needs(analysis, cell);
    let readers = analysis.link().readers(cell);
    let stale = |other| {
        if analysis.overview().is_stale(other) {
            " (stale)"
        } else {
            ""
        }
    };
    // That it comes too late is worse than that it is stale.
    let late = |other| {
        if other > cell {
            " (below)"
        } else {
            stale(other)
        }
    };
    let mut parts = Vec::new();
    if !needs.is_empty() {
        let noun = if needs.len() == 1 { "cell" } else { "cells" };
        parts.push(format!("needs {noun} {}", list(analysis, &needs, late)));
    }
    if !readers.is_empty() {
        parts.push(format!("used by {}", list(analysis, &readers, stale)));
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// The cells to run, in order, to bring a cell up to date: itself, and those that it takes values from, as
/// far as they have to run again. Empty for a cell that is up to date or never ran.
pub fn to_run(analysis: &Analysis, cell: CellIdx) -> Vec<CellIdx> {
    let overview = analysis.overview();
    let mut found = BTreeSet::new();
    let mut pending = vec![cell];
    while let Some(cell) = pending.pop() {
        if overview.is_stale(cell) && found.insert(cell) {
            let sources = analysis.link().sources(cell).iter();
            pending.extend(sources.map(|source| source.cell));
        }
    }
    found.into_iter().collect()
}

/// The cells as people count them: "3, 7".
pub fn numbers(analysis: &Analysis, cells: &[CellIdx]) -> String {
    list(analysis, cells, |_| "")
}

/// The same in document order.
pub fn in_order(cells: &[CellIdx]) -> String {
    let named = cells.iter().take(MOST_IN_ORDER);
    let named: Vec<String> = named.map(|&cell| number(cell).to_string()).collect();
    match cells.len().saturating_sub(MOST_IN_ORDER) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// "takes `df`, `rate` · gives `total`": the values that come from other cells, without modules, functions and
/// classes, and the names that other cells read. `None` for a cell without either.
pub fn takes_and_gives(analysis: &Analysis, cell: CellIdx) -> Option<String> {
    let link = analysis.link();
    let takes: BTreeSet<&str> = link
        .sources(cell)
        .iter()
        .filter(|source| freshness::carries_a_value(link.facts(source.cell), &source.name))
        .map(|source| source.name.as_str())
        .collect();
    let readers = link.readers(cell);
    let taken = readers.iter().flat_map(|&reader| link.sources(reader));
    let gives: BTreeSet<&str> = taken
        .filter(|source| source.cell == cell)
        .map(|source| source.name.as_str())
        .collect();
    let part = |what: &str, names: &BTreeSet<&str>| {
        let named: Vec<String> = names
            .iter()
            .take(MOST_NAMED)
            .map(|name| (*name).to_owned())
            .collect();
        let more = match names.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        (!names.is_empty()).then(|| format!("{what} {}{more}", named.join(", ")))
    };
    let parts: Vec<String> = [part("takes", &takes), part("gives", &gives)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// The cells that bind what this one reads, above and below, in order.
fn needs(analysis: &Analysis, cell: CellIdx) -> Vec<CellIdx> {
    let link = analysis.link();
    let above = link.sources(cell).iter().map(|source| source.cell);
    let below = link.needs(cell).iter().filter_map(|need| match need.lack {
        Lack::Later { cell, .. } => Some(cell),
        Lack::Never | Lack::Deleted { .. } => None,
    });
    let cells: BTreeSet<CellIdx> = above.chain(below).filter(|&other| other != cell).collect();
    cells.into_iter().collect()
}

/// The cells as people count them, the stale ones first, each with what is to be noted of it.
fn list(analysis: &Analysis, cells: &[CellIdx], note: impl Fn(CellIdx) -> &'static str) -> String {
    let is_stale = |&cell: &CellIdx| analysis.overview().is_stale(cell);
    let (stale, fresh): (Vec<CellIdx>, Vec<CellIdx>) =
        cells.iter().partition(|&cell| is_stale(cell));
    let named = stale.iter().chain(&fresh).take(MOST_NAMED);
    let named: Vec<String> = named
        .map(|&cell| format!("{}{}", number(cell), note(cell)))
        .collect();
    match cells.len().saturating_sub(MOST_NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn number(cell: CellIdx) -> u64 {
    u64::from(cell.0) + 1
}
