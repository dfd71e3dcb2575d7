//! A function that depends on a notebook variable which it does not take as a parameter.
//!
//! What it returns depends on which cells ran before the call, no test can give it another value, and it cannot be
//! moved to a module. Modules, functions, classes, constants in CAPITALS and loggers are what functions are meant to read;
//! so are numbers and strings that one cell alone binds, which are constants in all but name. Functions with a decorator
//! are called by somebody else, who says what they are given.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! rates = load_rates()
//! # %%
//! def gross(net):
//! #   ^^^^^ function-reads-global: reads `rates` of cell 1
//!     return net * (1 + rates["standard"])
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! import logging
//! import math
//! import scipy
//! RATE = 0.19
//! digits = 2
//! stats = scipy.stats
//! logger = logging.getLogger("prices")
//! def rounded(x):
//!     logger.info("%s", stats.norm(x))
//!     return math.ceil(x * 10 ** digits)
//! # %%
//! def gross(net, rates):
//!     return rounded(net * (1 + RATE + rates["extra"]))
//! ```

use ruff_python_ast::name::Name;

use crate::analysis::facts::{BindingKind, ScopeIdx, Value};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "function-reads-global",
    group: Group::Structure,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

/// How many names a message tells besides the first.
const MOST_NAMED: usize = 2;

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    for binding in &cx.facts.bindings {
        let BindingKind::Function(scope) = binding.kind else {
            continue;
        };
        // Whoever decorates it calls it, and gives it what they like.
        if cx.facts.scope(scope).decorated {
            continue;
        }
        let read = variables(cx, scope);
        let Some(((name, cell), rest)) = read.split_first() else {
            continue;
        };
        let more = rest.len().saturating_sub(MOST_NAMED);
        let named = rest.iter().take(rest.len() - more);
        let mut others: String = named.map(|(name, _)| format!(", `{name}`")).collect();
        if more > 0 {
            others = format!("{others} and {more} more");
        }
        let them = if rest.is_empty() { "it a parameter" } else { "them parameters" };
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(cx.index, binding.range),
                format!(
                    "`{}` reads `{name}` of {cell}{others} without taking {}: its result depends on which cells ran before, and no test can give it another. Make {them}.",
                    binding.name,
                    if rest.is_empty() { "it" } else { "them" },
                ),
            ),
        );
    }
}

/// The notebook variables that a function reads, in the order in which it reads them, each with the cell that binds it.
fn variables(cx: &CellContext<'_>, function: ScopeIdx) -> Vec<(Name, CellIdx)> {
    let whole = cx.facts.scope(function);
    let bodies = cx.facts.scopes[function.0 as usize..]
        .iter()
        .take_while(|scope| whole.range.contains_range(scope.range));
    let mut found: Vec<(Name, CellIdx)> = Vec::new();
    for read in bodies.flat_map(|scope| &scope.reads) {
        let known = found.iter().any(|(name, _)| *name == read.name);
        if known || read.guarded || read.name.starts_with('_') || is_constant(&read.name) || is_logger(&read.name) {
            continue;
        }
        if let Some(cell) = variable(cx, &read.name) {
            found.push((read.name.clone(), cell));
        }
    }
    found
}

/// The cell that binds the name, where all cells that do bind it to a variable.
fn variable(cx: &CellContext<'_>, name: &str) -> Option<CellIdx> {
    let binders: Vec<CellIdx> = cx.all.link.binders(name).collect();
    if let [only] = binders[..]
        && is_fixed(cx, name, only)
    {
        return None;
    }
    let is_variable = |&cell: &CellIdx| {
        let facts = cx.all.facts(cell);
        facts.exit(name).is_some_and(|exit| holds_value(&facts.binding(exit).kind))
    };
    let nearest = binders.iter().rev().find(|&&cell| cell <= cx.index).or(binders.first());
    nearest.copied().filter(|_| binders.iter().all(is_variable))
}

fn holds_value(kind: &BindingKind) -> bool {
    match kind {
        BindingKind::Value(value) => !matches!(value, Value::Lambda(_) | Value::Alias(_)),
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
fn is_fixed(cx: &CellContext<'_>, name: &str, cell: CellIdx) -> bool {
    let facts = cx.all.facts(cell);
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
