//! The notebook variables that functions read without taking them as parameters.

use ruff_python_ast::name::Name;

use super::Link;
use super::facts::{BindingKind, ScopeIdx, Value};
use crate::notebook::CellIdx;

/// The notebook variables that a function reads, in the order in which it reads them, each with the cell that binds it.
pub fn read_by(link: &Link, home: CellIdx, function: ScopeIdx) -> Vec<(Name, CellIdx)> {
    let facts = link.facts(home);
    let whole = facts.scope(function);
    let bodies = facts.scopes[function.0 as usize..]
        .iter()
        .take_while(|scope| whole.range.contains_range(scope.range));
    let mut found: Vec<(Name, CellIdx)> = Vec::new();
    for read in bodies.flat_map(|scope| &scope.reads) {
        let known = found.iter().any(|(name, _)| *name == read.name);
        if known
            || read.guarded
            || read.name.starts_with('_')
            || is_constant(&read.name)
            || is_logger(&read.name)
        {
            continue;
        }
        if let Some(cell) = variable(link, home, &read.name) {
            found.push((read.name.clone(), cell));
        }
    }
    found
}

/// The cell that binds the name, where all cells that do bind it to a variable.
fn variable(link: &Link, home: CellIdx, name: &str) -> Option<CellIdx> {
    let binders: Vec<CellIdx> = link.binders(name).collect();
    if let [only] = binders[..]
        && is_fixed(link, name, only)
    {
        return None;
    }
    let is_variable = |&cell: &CellIdx| {
        let facts = link.facts(cell);
        facts
            .exit(name)
            .is_some_and(|exit| holds_value(&facts.binding(exit).kind))
    };
    let nearest = binders
        .iter()
        .rev()
        .find(|&&cell| cell <= home)
        .or(binders.first());
    nearest.copied().filter(|_| binders.iter().all(is_variable))
}

fn holds_value(kind: &BindingKind) -> bool {
    match kind {
        BindingKind::Value(value) => !matches!(
            value,
            Value::Lambda(_) | Value::Definition | Value::Alias(_)
        ),
        BindingKind::For
        | BindingKind::With
        | BindingKind::Walrus
        | BindingKind::Augmented
        | BindingKind::Match
        | BindingKind::Magic => true,
        _ => false,
    }
}

/// Whether the cell, which alone binds the name, binds it to what never changes.
fn is_fixed(link: &Link, name: &str, cell: CellIdx) -> bool {
    let facts = link.facts(cell);
    facts.exit(name).is_some_and(|exit| {
        matches!(
            facts.binding(exit).kind,
            BindingKind::Value(Value::Constant | Value::ModulePart)
        )
    })
}

/// `RATE`, `N_TREES`, and single capitals.
fn is_constant(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Loggers belong to a module and are never passed.
fn is_logger(name: &str) -> bool {
    matches!(name, "log" | "logger" | "tracer")
}
