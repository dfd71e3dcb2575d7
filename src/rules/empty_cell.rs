//! A code cell with nothing in it.
//!
//! Empty cells are where something was deleted, and they make people scroll.
//! The last cell of a notebook may be empty: editors leave one there to type in.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! x = 1
//! # %%
//!
//! #< empty-cell: nothing in it
//! # %%
//! print(x)
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! # a thought
//! # %%
//!
//! ```

use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "empty-cell",
    group: Group::Structure,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let is_last = cx.index == CellIdx::new(cx.all.notebook.cells.len().saturating_sub(1));
    if is_last || !cx.cell.is_code() || !cx.cell.text.trim().is_empty() {
        return;
    }
    findings.push(
        Finding::new(
            RULE.name,
            Anchor::Cell(cx.index),
            format!(
                "{} has nothing in it; remove it.",
                cx.all.cell_name(cx.index)
            ),
        )
        .fix(Fix {
            action: "remove-cell",
            title: "Remove the empty cell".into(),
            safety: Safety::Safe,
            argument: None,
        }),
    );
}
