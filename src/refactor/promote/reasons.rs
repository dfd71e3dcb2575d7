//! Reasons in the words of the notebook that a person sees, for plans that know only the notebook that is made up of it.
//!
//! The cells of that one carry execution counts that no kernel gives, so that their names can be told from any other text.

use std::sync::Arc;

use super::Section;
use crate::action::Refusal;
use crate::notebook::{Cell, CellIdx, Notebook};
use crate::rule::Context;

/// What the count of the first cell is.
const FIRST: u32 = 3_000_000_000;

/// Gives each cell of a made-up notebook its count.
pub fn mark(notebook: &mut Notebook) {
    for (at, cell) in notebook.cells.iter_mut().enumerate() {
        let cell: &mut Cell = Arc::make_mut(cell);
        cell.execution.count = Some(FIRST.saturating_add(CellIdx::new(at).0));
    }
}

/// What the cells of a made-up notebook are called.
pub struct Naming<'a> {
    pub cx: &'a Context<'a>,
    pub sections: &'a [Section],
    /// The made-up cell of each section.
    pub cells: &'a [CellIdx],
    pub parameters: Option<CellIdx>,
}

impl Naming<'_> {
    /// The reason why a section cannot become a function.
    pub fn located(&self, section: usize, refusal: &Refusal) -> Refusal {
        let reason = self.renamed(&refusal.0);
        match self.sections.get(section) {
            None => reason.into(),
            Some(section) => format!(
                "{} cannot become a function: {reason}",
                self.section(section)
            )
            .into(),
        }
    }

    /// "cell 4 (In [7])", "the section from cell 4 to cell 6".
    fn section(&self, section: &Section) -> String {
        match &section.cells[..] {
            [] => "it".to_owned(),
            [only] => self.cx.cell_name(*only),
            [first, .., last] => format!("the section from {first} to {last}"),
        }
    }

    fn renamed(&self, reason: &str) -> String {
        let mut text = reason.to_owned();
        let last = self.cells.last().map_or(0, |cell| cell.0) + 1;
        for cell in (0..=last).map(CellIdx) {
            let marked = format!("{cell} (In [{}])", FIRST.saturating_add(cell.0));
            if text.contains(&marked) {
                text = text.replace(&marked, &self.name(cell, reason));
            }
        }
        text
    }

    fn name(&self, cell: CellIdx, reason: &str) -> String {
        if let Some(at) = self.cells.iter().position(|own| *own == cell) {
            return self.section(&self.sections[at]);
        }
        if cell == CellIdx(0) {
            return self.of_top(reason);
        }
        match self.parameters {
            Some(parameters) if cell == CellIdx(1) => self.cx.cell_name(parameters),
            _ => "the notebook that runs it".to_owned(),
        }
    }

    /// The cell of what stands at the module's top, by the first name in the reason that it has to do with.
    fn of_top(&self, reason: &str) -> String {
        let cx = self.cx;
        let names = || reason.split('`').skip(1).step_by(2);
        let defines = |cell: CellIdx, name: &str| {
            let mut bindings = cx.facts(cell).bindings.iter();
            bindings.any(|own| own.name == *name && own.kind.is_definition())
        };
        let uses = |cell: CellIdx, name: &str| {
            let mut scopes = cx.facts(cell).scopes.iter();
            scopes.any(|scope| {
                scope.reads.iter().any(|read| read.name == *name)
                    || scope.binds.iter().any(|own| own == name)
            })
        };
        let binds = |cell: CellIdx, name: &str| {
            let mut bindings = cx.facts(cell).bindings.iter();
            bindings.any(|own| own.name == *name)
        };
        let cells = || cx.notebook.python_cells().map(|(cell, _)| cell);
        let find = |has: &dyn Fn(CellIdx, &str) -> bool| {
            names().find_map(|name| cells().find(|cell| has(*cell, name)))
        };
        let found = find(&defines)
            .or_else(|| find(&uses))
            .or_else(|| find(&binds));
        found.map_or_else(|| "the module".to_owned(), |cell| cx.cell_name(cell))
    }
}
