//! A name that becomes another kind of thing further down: a module or function that turns into a
//! variable, a variable that turns into a function.
//!
//! What the cells between read is one thing on the first run and another on the second, when the name
//! already is what the cell below made of it: `stats.norm` fails once `stats = df.describe()` has run.
//! The same holds for a variable that a function reads when it is called: after the second cell has run,
//! the same call computes something else.
//!
//! Cells that start over with `x = …` or `df = …`, as the sections of a lesson do, are not reported;
//! nor is a function that is written again, or an import that is repeated from another place.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! from scipy import stats
//! # %%
//! stats.norm(0, 1)
//! # %%
//! stats = {"mean": 3}
//! #<^^^ redefined-name: `stats` is an import in cell 1 and a variable from here on
//! ```
//!
//! ```notebook
//! # %%
//! def f(x):
//!     return x
//! # %%
//! f(2)
//! # %%
//! for f in ["a.csv", "b.csv"]:
//! #   ^ redefined-name: `f` is a function in cell 1 and a variable from here on
//!     print(f)
//! ```
//!
//! ```notebook
//! # %%
//! rate = 0.2
//! # %%
//! def gross(net):
//!     return net * (1 + rate)
//! # %%
//! rate = 0.3
//! #<^^ redefined-name: `gross` of cell 2 reads it when it is called
//! print(gross(100))
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! from tqdm import tqdm
//! x = 1
//! # %%
//! print(x, tqdm)
//! # %%
//! from tqdm.auto import tqdm
//! x = 2
//! # %%
//! print(x, tqdm)
//! ```
//!
//! ```notebook
//! # %%
//! def f(x):
//!     return x
//! # %%
//! f = 2
//! print(f)
//! ```

use ruff_python_ast::name::Name;

use crate::analysis::facts::{Binding, BindingKind, State, Value};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "redefined-name",
    group: Group::State,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let link = cx.all.link;
    for (name, exit) in cx.facts.bound_names() {
        let Some(above) = link.binder_above(name, cx.index) else {
            continue;
        };
        if exit.state == State::Perhaps || name.starts_with('_') {
            continue;
        }
        let now = cx.facts.binding(exit);
        let facts = link.facts(above);
        let Some(before) = facts.exit(name).filter(|exit| exit.state == State::Sure) else {
            continue;
        };
        let before = facts.binding(before);
        let (message, note, renames) = if let Some((was, is)) = conflict(before, now) {
            let Some(reader) = reader_between(cx, name, above) else {
                continue;
            };
            (
                format!(
                    "`{name}` is {was} in {above} and {is} from here on: {reader} works only until this cell has run. Give one of them another name."
                ),
                format!("`{name}` is {was} here"),
                true,
            )
        } else if is_anew(cx, name, before, now)
            && let Some((function, cell)) = function_between(cx, name, above)
        {
            (
                format!(
                    "`{name}` of {above} gets another value here, and `{function}` of {cell} reads it when it is called: its result depends on which cell ran last. Give one of them another name, or pass it to `{function}`."
                ),
                format!("`{name}` is bound here"),
                // What the function means after a renaming nobody here can say.
                false,
            )
        } else {
            continue;
        };
        let finding = Finding::new(RULE.name, Anchor::Range(cx.index, now.range), message)
            .related(Anchor::Range(above, before.range), note);
        findings.push(if renames {
            finding.fix(Fix::rename(name, cx.index))
        } else {
            finding
        });
    }
}

/// The first cell between the two that reads the name.
fn reader_between(cx: &CellContext<'_>, name: &str, above: CellIdx) -> Option<CellIdx> {
    cx.all
        .link
        .askers(name)
        .find(|&reader| reader > above)
        .filter(|&reader| reader < cx.index)
}

/// Whether both cells assign the name, and the second one does not make it from the first.
fn is_anew(cx: &CellContext<'_>, name: &str, before: &Binding, now: &Binding) -> bool {
    let assigns = |binding: &Binding| matches!(&binding.kind, BindingKind::Value(value) if !matches!(value, Value::Lambda(_)));
    let continues = || {
        cx.all
            .link
            .sources(cx.index)
            .iter()
            .any(|source| source.name == *name)
    };
    assigns(before) && assigns(now) && !continues()
}

/// The first function that a cell from `above` on defines, that reads the name when it is called,
/// and that is called from this cell on.
fn function_between(cx: &CellContext<'_>, name: &str, above: CellIdx) -> Option<(Name, CellIdx)> {
    let link = cx.all.link;
    let is_called_below = |function: &str, home: CellIdx| {
        let calls = |&caller: &CellIdx| {
            caller >= cx.index && link.binder_above(function, caller) == Some(home)
        };
        link.askers(function).any(|caller| calls(&caller))
    };
    link.askers(name)
        .skip_while(|&cell| cell < above)
        .take_while(|&cell| cell < cx.index)
        .find_map(|cell| {
            let scopes = &cx.all.facts(cell).scopes;
            let found = scopes.iter().find_map(|scope| {
                let function = scope.name.as_ref()?;
                let reads = scope.reads.iter().any(|read| read.name == *name);
                // A cell that writes the function again begins anew as a whole.
                let is_own = cx.facts.exit(function).is_some();
                (reads && !is_own && is_called_below(function, cell)).then(|| function.clone())
            })?;
            Some((found, cell))
        })
}

/// What the name is before and after, where that differs so much that a reader of one fails on the other.
fn conflict(before: &Binding, now: &Binding) -> Option<(&'static str, &'static str)> {
    let (was, is) = (noun(&before.kind)?, noun(&now.kind)?);
    if was != is {
        return Some((was, is));
    }
    let (Some(was), Some(is)) = (origin(before), origin(now)) else {
        return None;
    };
    match (was.contains('.'), is.contains('.')) {
        (false, true) => Some(("a module", "a part of one")),
        (true, false) => Some(("a part of a module", "a module")),
        _ => None,
    }
}

fn noun(kind: &BindingKind) -> Option<&'static str> {
    match kind {
        BindingKind::Import { .. } => Some("an import"),
        BindingKind::Function(_) | BindingKind::Value(Value::Lambda(_)) => Some("a function"),
        BindingKind::Class(_) => Some("a class"),
        // What another name or a call gives may be anything: `f = g`, `f = partial(g, 1)`.
        BindingKind::Value(Value::Alias(_)) | BindingKind::Global | BindingKind::TypeAlias => None,
        BindingKind::Value(_)
        | BindingKind::For
        | BindingKind::With
        | BindingKind::Except
        | BindingKind::Match
        | BindingKind::Walrus
        | BindingKind::Augmented
        | BindingKind::Magic => Some("a variable"),
        BindingKind::Join | BindingKind::Delete | BindingKind::JoinDelete => None,
    }
}

/// What an import brings, by its full name: `numpy.random` for `from numpy import random`.
fn origin(binding: &Binding) -> Option<String> {
    let BindingKind::Import { module, member } = &binding.kind else {
        return None;
    };
    match member {
        Some(member) => Some(format!("{module}.{member}")),
        // `import os.path` binds `os`.
        None if module.split('.').next() == Some(binding.name.as_str()) => {
            Some(binding.name.to_string())
        }
        None => Some(module.to_string()),
    }
}
