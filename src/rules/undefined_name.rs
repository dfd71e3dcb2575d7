//! A name that no cell binds.
//!
//! It lives only in somebody's kernel: the cell that bound it was deleted, or its import was.
//! In a fresh kernel the cell stops with a `NameError`, and so does everybody else who opens the notebook.
//! Names that IPython, Databricks, marimo, Quarto, Spark kernels or the configuration (`builtins`) bring are known;
//! after `from … import *`, `%run` or a magic that may bind anything, nothing is reported, and nor is it in a cell
//! tagged `skip-execution`. On Databricks a function that the
//! notebook does not call may read what another notebook binds, which runs this one.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! values = [1, 2, 3]
//! # %%
//! np.mean(values)
//! #< undefined-name: `np` is bound by no cell
//! ```
//!
//! ```notebook
//! # %%
//! def area(r):
//!     return pi * r**2
//! #          ^^ undefined-name: `pi` is bound by no cell
//! ```
//!
//! ```notebook
//! # %%
//! fast = len([1]) > 1
//! if fast:
//!     summary(fast)
//! #   ^^^^^^^ undefined-name: `summary` is bound by no cell: a run from the top stops when it takes this branch
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! %%time
//! total = sum(range(10))
//! # %%
//! %time largest = max(total, \
//!                     1)
//! files = !ls
//! print(total, largest, files, Out)
//! # %%
//! try:
//!     unicode
//! except NameError:
//!     unicode = str
//! # %%
//! from mystery import *
//! # %%
//! surprise()
//! ```
//!
//! ```notebook
//! # %% tags=["skip-execution"]
//! train_for_days(model)
//! # %%
//! %%capture out
//! %%bash
//! ls "$HOME"
//! # %%
//! out.show()
//! # %%
//! debug
//! ```
//!
//! ## Clean
//! ### Databricks
//! ```notebook home=databricks
//! # %%
//! def log(event):
//!     logger.info(event)
//! ```

use crate::analysis::graph::Lack;
use crate::notebook::{Anchor, Home};
use crate::rule::missing;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "undefined-name",
    group: Group::State,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    if missing::fails_on_purpose(cx) || missing::is_left_out(cx) {
        return;
    }
    for need in cx.all.link.needs(cx.index) {
        if need.lack != Lack::Never {
            continue;
        }
        // A notebook of helpers is run by others, and they call its functions.
        if need.in_body && cx.all.notebook.meta.home == Home::Databricks {
            continue;
        }
        let name = &need.name;
        let import = cx.all.imports.import_for(name);
        let subject = missing::subject(need);
        let why = if missing::output_shows(cx, name) {
            ", as its stored output shows".to_owned()
        } else if need.in_body {
            let mut scopes = cx.all.facts(cx.index).scopes.iter().rev();
            let innermost = scopes.find(|scope| scope.range.contains_range(need.range));
            let is_generator =
                innermost.is_some_and(|scope| scope.name.is_none() && scope.is_generator);
            let whoever = if is_generator {
                "iterates this"
            } else {
                "calls this function"
            };
            format!(": whoever {whoever} in a fresh kernel gets a NameError")
        } else {
            format!(": {}", missing::consequence(need))
        };
        let advice = match &import {
            Some(import) => format!(" Add `{import}`."),
            None => " It may come from a cell that was deleted; bind it, or remove what reads it."
                .to_owned(),
        };
        let mut finding = Finding::new(
            RULE.name,
            Anchor::Range(cx.index, need.range),
            format!("{subject} is bound by no cell{why}.{advice}"),
        );
        if let Some(through) = &need.through {
            finding = finding.related(
                Anchor::Range(through.cell, through.range),
                format!("`{name}` is read here"),
            );
        }
        if let Some(import) = import {
            finding = finding.fix(Fix {
                action: "add-import",
                title: format!("Add `{import}`"),
                safety: Safety::Safe,
                argument: Some(import),
            });
        }
        findings.push(finding);
    }
}
