//! Whether a cell's outputs, and what it left in the kernel, were made by the code that stands there now.

use super::facts::Facts;
use super::graph::Link;
use crate::notebook::{CellIdx, Notebook};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Freshness {
    /// It ran, and nothing that it depends on has changed since. Also a cell that is no code.
    #[default]
    Fresh,
    /// It takes a value from a cell that was edited, ran later, or is stale itself.
    Stale,
    /// Its text is not the text that ran.
    Edited,
    /// It carries no count.
    Never,
}

impl Freshness {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Stale => "stale",
            Self::Edited => "edited",
            Self::Never => "never",
        }
    }

    /// Whether running the cell again would bring the kernel nearer to the page.
    pub fn wants_run(self) -> bool {
        matches!(self, Self::Stale | Self::Edited)
    }
}

/// The freshness of a cell, given that of the cells above it.
pub fn of(
    notebook: &Notebook,
    link: &Link,
    cell: CellIdx,
    above: impl Fn(CellIdx) -> Freshness,
) -> Freshness {
    let Some(own) = notebook.cell(cell).filter(|cell| cell.is_code()) else {
        return Freshness::Fresh;
    };
    let Some(count) = own.execution.count else {
        return Freshness::Never;
    };
    if own.text.trim().is_empty() {
        return Freshness::Fresh;
    }
    if own.execution.edited_since {
        return Freshness::Edited;
    }
    let is_stale = link
        .sources(cell)
        .iter()
        .filter(|source| source.cell != cell)
        .filter(|source| carries_a_value(link.facts(source.cell), &source.name))
        .any(|source| {
            let ran = notebook
                .cell(source.cell)
                .and_then(|cell| cell.execution.count);
            above(source.cell).wants_run() || ran.is_some_and(|ran| ran > count)
        });
    if is_stale {
        Freshness::Stale
    } else {
        Freshness::Fresh
    }
}

/// Whether running the cell again can change what others read: an import or a definition is the same every time.
pub fn carries_a_value(facts: &Facts, name: &str) -> bool {
    facts.exit(name).is_some_and(|exit| {
        let kind = &facts.binding(exit).kind;
        !kind.is_import() && !kind.is_definition()
    })
}
