//! Outputs or an execution count in the file.
//!
//! They change with every run and say nothing that the code does not say, so diffs are full of them and merges stop at
//! them; and what they show may not be meant for everybody who can read the repository. Opt-in: it is the policy of projects
//! that keep outputs out of version control.
//!
//! ## Flagged
//! ```notebook
//! # %% In [1]
//! x = 1
//! #<^^^ stored-output: the count In [1]
//! # %% outputs=2kB
//! print(x)
//! #<^^^^^^ stored-output: outputs
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! print(1)
//! ```

use crate::notebook::Anchor;
use crate::rule::{CellContext, Check, Finding, Fix, Group, Rule, Safety, Severity};

pub const RULE: Rule = Rule {
    name: "stored-output",
    group: Group::Version,
    severity: Severity::Warning,
    on_by_default: false,
    check: Check::Cell(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    let what = match (cx.cell.outputs.count, cx.cell.execution.count) {
        (0, None) => return,
        (0, Some(count)) => format!("the count In [{count}]"),
        (_, None) => "outputs".to_owned(),
        (_, Some(count)) => format!("outputs and the count In [{count}]"),
    };
    findings.push(
        Finding::new(
            RULE.name,
            Anchor::Cell(cx.index),
            format!(
                "{} stores {what}: every run changes that, and diffs and merges are full of it. Clear it before you commit.",
                cx.index
            ),
        )
        .fix(Fix {
            action: "clear-outputs",
            title: format!("Clear the outputs of {}", cx.index),
            safety: Safety::Unsafe,
            argument: None,
        }),
    );
}
