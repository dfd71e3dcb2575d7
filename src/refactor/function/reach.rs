//! Which bodies of the notebook a piece of code may run.
//!
//! This errs on the side of "may": an object may call every function that was read where it was
//! made or changed, and a function that was handed to somebody may be called by anybody.

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use crate::analysis::Link;
use crate::analysis::facts::{Binding, BindingKind, Callee, Facts, Scope, StatementKind, Step};
use crate::notebook::CellIdx;
use crate::text::TextRange;

/// A body outside of the code that reads or sets a name of it, and that the code may run.
#[derive(Debug, PartialEq, Eq)]
pub struct Reached {
    pub function: Option<Name>,
    pub cell: CellIdx,
}

/// The first body above `code` that reads or sets `name` in the notebook and that `code` may run.
/// `own` is what stands in `code`'s own cell above it.
pub fn body_with(
    link: &Link,
    cell: CellIdx,
    own: &Facts,
    code: &Facts,
    name: &Name,
) -> Option<Reached> {
    let world = World { link, cell, own };
    let wanted: Vec<(CellIdx, &Scope)> = world
        .cells()
        .flat_map(|(index, facts)| facts.scopes.iter().map(move |scope| (index, scope)))
        .filter(|(_, scope)| {
            scope.binds.contains(name) || scope.reads.iter().any(|read| read.name == *name)
        })
        .collect();
    if wanted.is_empty() {
        return None;
    }
    let reached = world.statements_behind(code);
    wanted.into_iter().find_map(|(index, scope)| {
        let facts = world.facts(index);
        let statement = statement_at(facts, scope.range)?;
        // What a function sets by `global` may hold what stands in the function, and not the function itself.
        let is_made_there = scope.parent.is_some() || scope.class.is_some();
        let is_reached = reached.whole.contains(&(index, statement))
            || is_made_there && reached.within.contains(&(index, statement))
            || world.is_handed_on(index, statement);
        is_reached.then(|| Reached {
            function: outermost_name(facts, scope),
            cell: index,
        })
    })
}

/// The statements behind a piece of code, by cell.
#[derive(Default)]
struct Behind {
    whole: FxHashSet<(CellIdx, usize)>,
    /// Functions that set something by `global`.
    within: FxHashSet<(CellIdx, usize)>,
}

struct World<'a> {
    link: &'a Link,
    cell: CellIdx,
    own: &'a Facts,
}

impl<'a> World<'a> {
    fn cells(&self) -> impl Iterator<Item = (CellIdx, &'a Facts)> + use<'_, 'a> {
        (0..=self.cell.to_usize())
            .map(CellIdx::new)
            .map(|index| (index, self.facts(index)))
    }

    fn facts(&self, index: CellIdx) -> &'a Facts {
        if index == self.cell {
            self.own
        } else {
            self.link.facts(index)
        }
    }

    /// The statements that made or changed what the code uses, and what those used, and so on.
    fn statements_behind(&self, code: &Facts) -> Behind {
        let mut pending: Vec<Name> = code.uses.iter().map(|read| read.name.clone()).collect();
        for scope in &code.scopes {
            pending.extend(scope.reads.iter().map(|read| read.name.clone()));
        }
        let mut seen: FxHashSet<Name> = FxHashSet::default();
        let mut reached = Behind::default();
        while let Some(name) = pending.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            for (index, facts) in self.cells() {
                let bindings = facts.bindings.iter();
                let own = bindings.filter(|binding| binding.name == name);
                let (within, bound): (Vec<&Binding>, Vec<&Binding>) =
                    own.partition(|binding| binding.kind == BindingKind::Global);
                for binding in within {
                    let statement = binding.statement as usize;
                    if reached.within.insert((index, statement)) {
                        names_read(facts, statement, &mut pending);
                    }
                }
                let bound = bound.into_iter().map(|binding| binding.statement as usize);
                let changed = facts
                    .mutations
                    .iter()
                    .filter(|mutation| mutation.name == name)
                    .filter_map(|mutation| statement_of(facts, mutation.step));
                for statement in bound.chain(changed) {
                    if reached.whole.insert((index, statement)) {
                        names_read(facts, statement, &mut pending);
                    }
                }
            }
        }
        reached
    }

    /// Whether what the statement defines was decorated, or given to somebody rather than called.
    fn is_handed_on(&self, index: CellIdx, statement: usize) -> bool {
        let facts = self.facts(index);
        let Some(own) = facts.statements.get(statement) else {
            return true;
        };
        if own.kind != StatementKind::Definition {
            return true;
        }
        let decorated = facts
            .scopes
            .iter()
            .any(|scope| scope.range == own.range && scope.decorated);
        let defined = facts.bound_by(statement).map(|binding| &binding.name);
        decorated
            || defined.into_iter().any(|name| {
                self.cells().any(|(_, facts)| {
                    let reads = facts.uses.iter().filter(|read| read.name == *name).count();
                    let calls = facts
                    .calls
                    .iter()
                    .filter(|call| {
                        matches!(&call.callee, Callee::Name(callee) if callee == name)
                            || matches!(&call.callee, Callee::Attribute(base, _) if base == name)
                            || matches!(&call.callee, Callee::Method(base, _) if base == name)
                    })
                    .count();
                    reads > calls
                })
            })
    }
}

fn names_read(facts: &Facts, statement: usize, names: &mut Vec<Name>) {
    let Some(statement) = facts.statements.get(statement) else {
        return;
    };
    let at_once = facts.uses.iter().filter(|read| statement.takes(read.step));
    names.extend(at_once.map(|read| read.name.clone()));
    let bodies = facts
        .scopes
        .iter()
        .filter(|scope| statement.range.contains_range(scope.range));
    names.extend(bodies.flat_map(|scope| scope.reads.iter().map(|read| read.name.clone())));
}

fn statement_of(facts: &Facts, step: Step) -> Option<usize> {
    facts
        .statements
        .iter()
        .position(|statement| statement.takes(step))
}

fn statement_at(facts: &Facts, range: TextRange) -> Option<usize> {
    facts
        .statements
        .iter()
        .position(|statement| statement.range.contains_range(range))
}

/// What people call the body: the function, or the class, at the top level.
fn outermost_name(facts: &Facts, scope: &Scope) -> Option<Name> {
    let class = facts
        .classes
        .iter()
        .find(|class| class.range.contains_range(scope.range))
        .map(|class| class.name.clone());
    let function = facts
        .scopes
        .iter()
        .find(|outer| outer.name.is_some() && outer.range.contains_range(scope.range))
        .and_then(|outer| outer.name.clone());
    class.or(function)
}
