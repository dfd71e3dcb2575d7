//! A name that becomes another kind of thing further down: a module or function that turns into a
//! variable, a variable that turns into a function.
//!
//! What the cells between read is one thing on the first run and another on the second, when the name
//! already is what the cell below made of it: `stats.norm` fails once `stats = df.describe()` has run.
//! The same holds for a variable that a function reads when it is called: after the second cell has run,
//! calls in cells above compute something else.
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

use crate::analysis::facts::{Binding, BindingKind, State, Value};
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

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
        let Some((was, is)) = conflict(before, now) else {
            continue;
        };
        let Some(reader) = reader_between(cx, name, above) else {
            continue;
        };
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(cx.index, now.range),
                format!(
                    "`{name}` is {was} in {above} and {is} from here on: {reader} works only until this cell has run. Give one of them another name."
                ),
            )
            .related(Anchor::Range(above, before.range), format!("`{name}` is {was} here"))
            .fix(Fix {
                action: "rename-in-cell",
                title: format!("Rename `{name}` from {} on", cx.index),
                safety: Safety::Unsafe,
                argument: Some(name.to_string()),
            }),
        );
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
