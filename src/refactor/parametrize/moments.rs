//! When a function may run: the places at the top level of cells from which its calls start.

use ruff_python_ast::name::Name;

use crate::analysis::facts::{BindingKind, Callee, Facts, Path, Scope, State, Step};
use crate::notebook::CellIdx;
use crate::refactor::outside;
use crate::refactor::prior::{self, PriorKind};
use crate::rule::Context;

/// A point of a run from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    pub cell: CellIdx,
    step: Step,
    /// The function that is defined then, where nobody can see who calls it.
    pub defines: Option<Name>,
}

/// The earliest points at which `function` may be called: its calls at the top level, and those of the
/// functions that call it. A caller that is handed on, or is no plain function, may run from its definition on.
pub(super) fn of(cx: &Context<'_>, function: &Name) -> Vec<Moment> {
    let mut moments = Vec::new();
    let mut pending = vec![function.clone()];
    let mut seen = pending.clone();
    while let Some(name) = pending.pop() {
        for (index, _) in cx.notebook.python_cells() {
            let facts = cx.facts(index);
            for read in facts.uses.iter().filter(|read| read.name == name) {
                moments.push(Moment {
                    cell: index,
                    step: read.step,
                    defines: None,
                });
            }
            for scope in &facts.scopes {
                if !scope.reads.iter().any(|read| read.name == name) {
                    continue;
                }
                match &scope.name {
                    Some(caller) if is_only_called(cx, index, scope, caller) => {
                        if !seen.contains(caller) {
                            seen.push(caller.clone());
                            pending.push(caller.clone());
                        }
                    }
                    caller => moments.push(Moment {
                        cell: index,
                        step: definition(facts, scope),
                        defines: Some(caller.clone().unwrap_or_else(|| Name::new("lambda"))),
                    }),
                }
            }
        }
    }
    moments
}

/// Whether the name is surely bound, to a variable, at that point.
pub(super) fn is_there(cx: &Context<'_>, moment: &Moment, name: &Name) -> bool {
    let facts = cx.facts(moment.cell);
    match super::state_of(facts, name, moment.step) {
        State::Sure => true,
        State::Gone | State::Unsure => false,
        State::Untouched | State::Likely | State::Perhaps => {
            let prior = prior::of(cx.link, moment.cell, &Facts::default(), name);
            prior.is_there() && prior.kind == PriorKind::Variable
        }
    }
}

/// Whether the scope is a plain function of the notebook that is called by its name, and never handed on.
fn is_only_called(cx: &Context<'_>, home: CellIdx, scope: &Scope, name: &Name) -> bool {
    let facts = cx.facts(home);
    let is_plain = scope.parent.is_none() && scope.class.is_none() && !scope.decorated;
    let mut bindings = facts.bindings.iter().filter(|own| own.name == *name);
    let is_bound_here = bindings.next().is_some_and(|own| {
        own.path == Path::Sure
            && matches!(own.kind, BindingKind::Function(index) if facts.scope(index) == scope)
    }) && bindings.next().is_none();
    let mut others = cx.link.touchers(name).filter(|&other| other != home);
    if !is_plain || !is_bound_here || others.next().is_some() {
        return false;
    }
    cx.notebook.python_cells().all(|(index, cell)| {
        let facts = cx.facts(index);
        let called_at_once = facts
            .uses
            .iter()
            .filter(|read| read.name == *name)
            .all(|read| {
                let mut calls = facts.calls.iter();
                calls.any(|call| {
                    is_call_of(&call.callee, name) && call.range.start() == read.range.start()
                })
            });
        let called_later = facts.scopes.iter().all(|scope| {
            scope
                .reads
                .iter()
                .filter(|read| read.name == *name)
                .all(|read| {
                    let mut calls = scope.calls.iter();
                    calls.any(|call| {
                        is_call_of(&call.callee, name) && call.range.start() == read.range.start()
                    })
                })
        });
        called_at_once
            && called_later
            && !outside::mentioned(facts, &cell.text).contains(&name.as_str())
    })
}

fn is_call_of(callee: &Callee, name: &Name) -> bool {
    matches!(callee, Callee::Name(called) if called == name)
}

/// The step at which the statement begins that defines the scope.
fn definition(facts: &Facts, scope: &Scope) -> Step {
    facts
        .statements
        .iter()
        .find(|statement| statement.range.contains_range(scope.range))
        .map_or(0, |statement| statement.steps.0)
}
