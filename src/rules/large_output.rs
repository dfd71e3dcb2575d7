//! Outputs of a cell over 100 kB, or of the notebook over 1 MB.
//!
//! Every run changes them, so every commit keeps another copy for good: the repository grows, diffs cannot be read, and
//! editors open the file slowly. Large tables and interactive plots are the usual cause. Clear them, or show less.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1] outputs=130kB
//! plot(data)
//! #<^^^^^^^^ large-output: 130 kB of outputs
//! # %% In [2] outputs=2kB
//! data.head()
//! # %% In [3] outputs=2500kB
//! animate(data)
//! #<^^^^^^^^^^^ large-output: 2.5 MB of outputs
//! ```
//!
//! ```notebook repeat=15
//! # %% outputs=90kB
//! plot(data)
//! ```
//! > large-output: 1.4 MB of outputs
//!
//! ## Clean
//! ```notebook
//! # %% In [1] outputs=90kB
//! plot(data)
//! ```

use crate::analysis::Facts;
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{Check, Context, Finding, Fix, Group, Rule, Safety, Severity, outdated};

pub const RULE: Rule = Rule {
    name: "large-output",
    group: Group::Version,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// Bytes in the file.
const MOST_OF_A_CELL: u64 = 100_000;
const MOST_OF_A_NOTEBOOK: u64 = 1_000_000;

/// No text changes an output.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    // What the cells that are too large leave.
    let mut rest = 0;
    for (index, cell) in cx.notebook.indexed() {
        let bytes = cell.outputs.bytes;
        if bytes > MOST_OF_A_CELL {
            findings.push(of_cell(cx, index, bytes));
        } else {
            rest += bytes;
        }
    }
    if rest > MOST_OF_A_NOTEBOOK {
        findings.push(Finding::new(
            RULE.name,
            Anchor::Notebook,
            format!(
                "The file holds {} of outputs in many cells, and every run that is committed adds as much to the repository. Clear all outputs before you commit.",
                size(rest)
            ),
        ));
    }
}

fn of_cell(cx: &Context<'_>, index: CellIdx, bytes: u64) -> Finding {
    Finding::new(
        RULE.name,
        Anchor::Cell(index),
        format!(
            "{} stores {} of outputs, and every run that is committed adds as much to the repository. Clear them, or show less.{}",
            cx.cell_name(index),
            size(bytes),
            cx.notebook.cell(index).map_or("", outdated::note)
        ),
    )
    .fix(Fix {
        action: "clear-outputs",
        title: format!("Clear the outputs of {index}"),
        // What they show may have taken hours.
        safety: Safety::Unsafe,
        argument: None,
    })
}

/// "130 kB", "2.5 MB".
fn size(bytes: u64) -> String {
    if bytes < 1_000_000 {
        return format!("{} kB", bytes / 1_000);
    }
    let tenths = (bytes + 50_000) / 100_000;
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
