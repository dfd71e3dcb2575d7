//! Execution counts that skip.
//!
//! Between two counts there are runs that left no trace: cells that were deleted, or run again later.
//! What they did to the session is in the outputs all the same. Opt-in: most notebooks that people
//! work in have gaps, and only one that was run from the top in a fresh kernel has none.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [4]
//! print(x)
//! #<^^^^^^^ execution-gap: 2 runs before In [4] left no cell
//! ```
//!
//! ```notebook
//! # %% In [7]
//! x = 1
//! #<^^^ execution-gap: 6 runs before In [7] left no cell
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [3]
//! print(x)
//! # %% In [2]
//! y = 2
//! ```

use crate::analysis::Facts;
use crate::notebook::{Anchor, CellIdx};
use crate::rule::{Check, Context, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "execution-gap",
    group: Group::State,
    severity: Severity::Hint,
    on_by_default: false,
    check: Check::Notebook { check, wakes },
    source: "",
};

/// No text changes a count.
fn wakes(_before: &Facts, _after: &Facts) -> bool {
    false
}

fn check(cx: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut counts: Vec<(u32, CellIdx)> = cx
        .notebook
        .indexed()
        .filter(|(_, cell)| cell.is_code())
        .filter_map(|(index, cell)| Some((cell.execution.count?, index)))
        .collect();
    counts.sort_unstable();
    let mut before = 0;
    for (count, index) in counts {
        let lost = count.saturating_sub(before + 1);
        if lost > 0 {
            let runs = if lost == 1 {
                "1 run".to_owned()
            } else {
                format!("{lost} runs")
            };
            findings.push(Finding::new(
                RULE.name,
                Anchor::Cell(index),
                format!(
                    "{runs} before In [{count}] left no cell: what ran then was deleted or run again, and the outputs may rest on it. Restart the kernel and run all cells."
                ),
            ));
        }
        before = count;
    }
}
