//! Two cells that need each other: whichever runs first stops with a `NameError`.
//!
//! It worked once because one of them had another text then, or because a name was left over in the kernel.
//! No order of the cells runs; one of them has to be split.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! scale = base * 2
//! #       ^^^^ circular-dependency: cell 1 needs `base` of cell 2, which needs `scale` of cell 1
//! # %%
//! base = scale / 2
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! scale = base * 2
//! # %%
//! base = 3
//! # %%
//! def scaled():
//!     return factor
//! # %%
//! factor = 3
//! print(scaled)
//! ```

use crate::notebook::{Anchor, CellIdx};
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity, missing};

pub const RULE: Rule = Rule {
    name: "circular-dependency",
    group: Group::State,
    severity: Severity::Warning,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    if missing::fails_on_purpose(cx) {
        return;
    }
    let mut reported: Vec<CellIdx> = Vec::new();
    for need in cx.all.link.needs(cx.index) {
        // A branch that is not taken needs nothing.
        let Some((below, back)) = missing::needed_back(cx, need).filter(|_| !need.in_branch) else {
            continue;
        };
        if reported.contains(&below) {
            continue;
        }
        reported.push(below);
        let (subject, this, name) = (missing::subject(need), cx.index, &back.name);
        findings.push(
            Finding::new(
                RULE.name,
                Anchor::Range(this, need.range),
                format!(
                    "{this} needs {subject} of {below}, which needs `{name}` of {this}: no order of the two runs. Split one of them."
                ),
            )
            .related(Anchor::Range(below, back.range), format!("`{name}` is read here")),
        );
    }
}
