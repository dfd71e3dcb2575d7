//! Names that something else than an import may have brought: `from module import *`, `%run`, `exec`.
//!
//! An import that moves above a reader of such a name takes the reader from what it read; one that moves
//! above what brings the name is overridden by it.

use super::block;
use crate::analysis::facts::{
    Binding, BindingKind, Opening, OpeningKind, State, Statement, StatementKind, Step,
};
use crate::notebook::CellIdx;
use crate::rule::Context;

/// Where in a run from the top: a cell, and a step of it.
pub type Moment = (CellIdx, Step);

/// What `name` is, as an import binds it: the dotted path.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub name: &'a str,
    pub path: &'a str,
}

impl Wanted<'_> {
    /// The first opening within the moments that may bind the name to something else.
    pub fn other_opening(
        self,
        cx: &Context<'_>,
        from: Moment,
        to: Moment,
    ) -> Option<(CellIdx, OpeningKind)> {
        self.openings(cx)
            .find(|(cell, own)| (from..to).contains(&(*cell, own.step)))
            .map(|(cell, own)| (cell, own.kind.clone()))
    }

    /// Who reads the name between `place` and the import at `here`, and the cell and the opening that it may have it from.
    ///
    /// A function may be called as soon as it is defined, and again below any opening.
    pub fn reader_of_other(
        self,
        cx: &Context<'_>,
        place: Moment,
        here: Moment,
    ) -> Option<(CellIdx, CellIdx, OpeningKind)> {
        let openings: Vec<(Moment, &OpeningKind)> = self
            .openings(cx)
            .map(|(cell, own)| ((cell, own.step), &own.kind))
            .filter(|(moment, _)| *moment < here)
            .collect();
        let last = openings.last()?;
        let cells = cx.notebook.python_cells().map(|(cell, _)| cell);
        for cell in cells.take_while(|cell| *cell <= here.0) {
            let facts = cx.facts(cell);
            let reads = facts
                .uses
                .iter()
                .filter(|read| read.name == *self.name && read.local != State::Sure)
                .filter_map(|read| {
                    let read = Some((cell, read.step)).filter(|read| *read >= place)?;
                    let opening = openings.iter().rfind(|(opening, _)| *opening < read)?;
                    Some((opening, read))
                });
            let bodies = facts
                .scopes
                .iter()
                .filter(|scope| scope.reads.iter().any(|read| read.name == *self.name))
                .filter_map(|scope| {
                    let mut statements = facts.statements.iter();
                    let own = |own: &&Statement| own.range.contains_range(scope.range);
                    Some((last, (cell, statements.find(own)?.steps.1)))
                });
            for ((opening, kind), read) in reads.chain(bodies) {
                if read < here && !self.is_imported(cx, *opening, read) {
                    return Some((cell, opening.0, (*kind).clone()));
                }
            }
        }
        None
    }

    /// Whether an import statement makes the name what is wanted, within the moments.
    fn is_imported(self, cx: &Context<'_>, from: Moment, to: Moment) -> bool {
        let binders = cx.link.binders(self.name);
        binders
            .filter(|cell| (from.0..=to.0).contains(cell))
            .any(|cell| {
                let facts = cx.facts(cell);
                facts.bindings.iter().any(|own| {
                    own.name == *self.name
                        && (from..to).contains(&(cell, own.step))
                        && path_of(own).is_some_and(|path| path == self.path)
                        && facts
                            .statements
                            .get(own.statement as usize)
                            .is_some_and(|statement| statement.kind == StatementKind::Import)
                })
            })
    }

    /// What may bind the name to something else, in document order.
    fn openings<'c>(self, cx: &Context<'c>) -> impl Iterator<Item = (CellIdx, &'c Opening)>
    where
        Self: 'c,
    {
        cx.notebook.python_cells().flat_map(move |(cell, _)| {
            let openings = cx.facts(cell).openings.iter();
            openings
                .map(move |own| (cell, own))
                .filter(move |(_, own)| {
                    cx.link.surroundings().may_bring(&own.kind, self.name)
                        && !self.is_brought_by(&own.kind)
                })
        })
    }

    /// Whether the opening brings nothing else by this name: `from math import *` has no other `sqrt` than
    /// `from math import sqrt`, and pylab takes NumPy and pyplot by the names that everybody gives them.
    fn is_brought_by(self, kind: &OpeningKind) -> bool {
        let is_pylab = match kind {
            OpeningKind::StarImport(module) => {
                let member = self.path.strip_prefix(module.as_str());
                if member.and_then(|rest| rest.strip_prefix('.')) == Some(self.name) {
                    return true;
                }
                matches!(module.as_str(), "pylab" | "matplotlib.pylab")
            }
            OpeningKind::Magic(name) => &**name == "pylab",
            _ => false,
        };
        is_pylab
            && matches!(
                (self.name, self.path),
                ("np", "numpy") | ("plt", "matplotlib.pyplot")
            )
    }
}

/// What an import binds a name to: the dotted path of it. `None` for what is no import.
pub fn path_of(binding: &Binding) -> Option<String> {
    let BindingKind::Import { module, member } = &binding.kind else {
        return None;
    };
    Some(block::path_of(&binding.name, module, member.as_deref()))
}
