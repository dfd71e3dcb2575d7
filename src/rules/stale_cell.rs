//! A cell whose output is older than what it was made of.
//!
//! It was edited after it ran; or a cell that it takes a variable from was edited since, or ran again since.
//! What it shows, and what it left in the kernel, comes from code and values that are no longer there.
//! Edits are known while an editor is open; for files, the execution counts tell.
//! Imports and definitions that ran again change nothing that is shown, and are passed over.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1] edited
//! x = 2
//! #<^^^ stale-cell: was edited since it ran as In [1]
//! # %% In [2]
//! print(x)
//! #<^^^^^^ stale-cell: cell 1, which gives it `x`, was edited since
//! ```
//!
//! ```notebook
//! # %% In [7]
//! x = 2
//! # %% In [2]
//! print(x)
//! #<^^^^^^ stale-cell: ran before cell 1 (In [7]), which gives it `x`
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [3]
//! import math
//! # %% In [1]
//! x = math.pi
//! # %% In [2]
//! print(x)
//! # %% edited
//! print(x)
//! ```

use crate::analysis::freshness;
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "stale-cell",
    group: Group::State,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let Some(count) = cx.cell.execution.count.filter(|_| cx.cell.is_code()) else {
        return;
    };
    if cx.cell.text.trim().is_empty() {
        return;
    }
    if cx.cell.execution.edited_since {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Cell(cx.index),
            format!(
                "{} was edited since it ran as In [{count}]: its output and what it left in the kernel are of the old text. Run it again.",
                cx.index
            ),
        ));
        return;
    }
    let this = cx.all.cell_name(cx.index);
    let sources = cx.all.link.sources(cx.index).iter();
    let stale = sources
        .filter(|source| freshness::carries_a_value(cx.all.facts(source.cell), &source.name))
        .find_map(|source| {
            let execution = cx.all.notebook.cell(source.cell)?.execution;
            let name = &source.name;
            let upstream = cx.all.cell_name(source.cell);
            if execution.edited_since {
                let cell = source.cell;
                let what = format!("{this} is out of date: {cell}, which gives it `{name}`, was edited since. Run {cell} and then {}.", cx.index);
                Some((cell, what))
            } else if execution.count? > count {
                let what = format!("{this} ran before {upstream}, which gives it `{name}`, ran last: what it shows may be of an older `{name}`. Run it again.");
                Some((source.cell, what))
            } else {
                None
            }
        });
    if let Some((upstream, message)) = stale {
        findings.push(
            Finding::new(RULE.name, Anchor::Cell(cx.index), message)
                .related(Anchor::Cell(upstream), "this is what it needs"),
        );
    }
}
