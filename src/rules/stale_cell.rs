//! A cell whose output is older than its text.
//!
//! The cell was edited after it ran, so what it shows, and what it left in the kernel, comes from
//! code that is no longer there. Known while an editor is open; files do not tell.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1] edited
//! x = 2
//! #<^^^ stale-cell: edited since it ran as In [1]
//! # %% In [2]
//! print(x)
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [1]
//! x = 2
//! # %% edited
//! print(x)
//! ```

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
    let execution = cx.cell.execution;
    if !cx.cell.is_code() || !execution.edited_since || cx.cell.text.trim().is_empty() {
        return;
    }
    let Some(count) = execution.count else {
        return;
    };
    findings.push(Finding::new(
        RULE.name,
        Anchor::Cell(cx.index),
        format!(
            "{} was edited since it ran as In [{count}]: its output and what it left in the kernel are of the old text. Run it again.",
            cx.index
        ),
    ));
}
