//! Execution counts that fall or repeat from one cell to the next.
//!
//! The outputs on the page come from another order than the one on the page. Whoever runs the
//! notebook from the top may get other numbers. One finding marks each place where the order breaks.
//! A cell that was emptied since it ran has no part in it. Counts of 0 or less mean "unknown" (Databricks, Colab) and say nothing of an order.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [4]
//! x = x + 1
//! # %% In [2]
//! print(x)
//! #<^^^^^^^ out-of-order-execution: cell 3 (In [2]) ran before cell 2 (In [4])
//! ```
//!
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [1]
//! print(x)
//! #<^^^^^^^ out-of-order-execution: carries the same count
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [3]
//! x = 1
//! # %% [markdown]
//! Some words.
//! # %%
//! y = 2
//! # %% In [2]
//!
//! # %% In [7]
//! print(x)
//! ```

use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "out-of-order-execution",
    group: Group::State,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let Some(count) = cx.cell.count_of_code() else {
        return;
    };
    let above = (0..cx.index.to_usize())
        .rev()
        .map(CellIdx::new)
        .find_map(|index| {
            let cell = cx.all.notebook.cell(index)?;
            cell.count_of_code().map(|count| (index, count))
        });
    let Some((above, before)) = above.filter(|(_, before)| count <= *before) else {
        return;
    };
    let (this, other) = (cx.all.cell_name(cx.index), cx.all.cell_name(above));
    let what = if count == before {
        format!("{this} carries the same count as {other}")
    } else {
        format!("{this} ran before {other}, which stands above it")
    };
    findings.push(
        Finding::new(
            RULE.name,
            Anchor::Cell(cx.index),
            format!("{what}: the outputs come from another order than a run from the top. Restart the kernel and run all cells."),
        )
        .related(Anchor::Cell(above), format!("ran as In [{before}]"))
        .fix(Fix {
            action: "clear-counts",
            title: "Clear the execution counts of all cells".into(),
            // It takes the sign away; the outputs still come from another order.
            safety: Safety::Unsafe,
            argument: None,
        }),
    );
}
