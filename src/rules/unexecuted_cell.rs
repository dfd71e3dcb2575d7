//! A cell with code that was not run, among cells that were.
//!
//! The outputs below it come from a session in which this code did not run, or had not run yet.
//! A run from the top runs it, and may get other numbers.
//!
//! Cells below the last one that ran are being written, and say nothing. Nor does a notebook where
//! fewer than half of the cells carry a count: that is somebody at work, or counts that were cleared.
//! A cell with outputs ran, whatever its count; one tagged `skip-execution` is not meant to.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %%
//! x = 2
//! #<^^^ unexecuted-cell: cell 2 was not run, while cell 3 (In [2]) below it was
//! # %% In [2]
//! print(x)
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %%
//! # x = 2
//! # %% tags=["skip-execution"]
//! train_for_days()
//! # %% In [2]
//! print(x)
//! # %%
//! x = 3
//! ```
//!
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! print(x)
//! # %% In [1]
//! print("hello")
//! ```

use crate::analysis::Facts;
use crate::notebook::{Anchor, Cell, CellIdx};
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "unexecuted-cell",
    group: Group::State,
    severity: Severity::Hint,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

fn wakes(before: &Facts, after: &Facts) -> bool {
    (before.code_lines == 0) != (after.code_lines == 0)
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut ran = 0;
    // The next cell below that ran; `None` below the last one.
    let mut below = None;
    let mut left_out = Vec::new();
    for (index, cell) in cx
        .notebook
        .indexed()
        .rev()
        .filter(|(_, cell)| cell.is_code())
    {
        if cell.execution.count.is_some() {
            ran += 1;
            below = Some(index);
        } else if let Some(below) = below
            && was_left_out(cx, index, cell)
        {
            left_out.push((index, below));
        }
    }
    if left_out.len() > ran {
        return;
    }
    findings.extend(left_out.into_iter().map(|(index, below)| {
        let below = cx.cell_name(below);
        Finding::new(
            RULE.name,
            Anchor::Cell(index),
            format!(
                "{index} was not run, while {below} below it was: a run from the top may give other outputs. Run it, or remove it."
            ),
        )
    }));
}

fn was_left_out(cx: &Context<'_>, index: CellIdx, cell: &Cell) -> bool {
    cell.outputs.count == 0
        && !cell.has_tag("skip-execution")
        && if cell.is_python(&cx.notebook.meta.language) {
            cx.facts(index).code_lines > 0
        } else {
            !cell.text.trim().is_empty()
        }
}
