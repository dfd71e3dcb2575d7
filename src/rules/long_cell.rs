//! A cell of more than 50 lines of code.
//!
//! A long cell does several things; none of them can be run, read, tested or reused alone.
//! Blank lines and comments do not count. `long-cell.max-lines` sets the limit.
//!
//! ## Flagged
//! ```notebook long-cell.max-lines=3
//! # %%
//! a = 1
//! #<^^^ long-cell: 4 lines of code
//! b = 2
//!
//! # plot
//! c = a + b
//! print(c)
//! ```
//!
//! ## Clean
//! ```notebook long-cell.max-lines=3
//! # %%
//! a = 1
//! # a note
//!
//! # another note
//! b = 2
//! ```
//!
//! ### Another language
//! ```notebook long-cell.max-lines=3
//! # %%
//! %%javascript
//! a()
//! b()
//! c()
//! d()
//! ```

use crate::analysis::facts::Magic;
use crate::analysis::magics::{self, Body};
use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "long-cell",
    group: Group::Structure,
    severity: Severity::Info,
    on_by_default: true,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let (lines, limit) = (cx.facts.code_lines, cx.all.config.long_cell_max_lines);
    let is_other = |magic: &Magic| magics::body_of(&magic.name) == Body::Other;
    if lines <= limit || cx.facts.cell_magics().any(is_other) {
        return;
    }
    findings.push(Finding::new(
        RULE.name,
        Anchor::Cell(cx.index),
        format!(
            "{} has {lines} lines of code, more than {limit}: none of its parts can be run or tested alone. Split it, or extract functions.",
            cx.index
        ),
    ).fix(Fix {
        action: "split-cell",
        title: "Split the cell at its seams".into(),
        safety: Safety::Unsafe,
        argument: Some("seams".into()),
    }));
}
