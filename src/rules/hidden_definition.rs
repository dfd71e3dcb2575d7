//! A name that is read above the cell that binds it, where the counts tell how that ever worked.
//!
//! The cell below ran first: `In [3]` gave the name to `In [5]`, which stands above it.
//! Who reads the notebook from the top cannot see it, and who runs it from the top gets a `NameError`.
//! It is the failure of `used-before-definition` with its explanation, and takes its place.
//!
//! ## Flagged
//! ```notebook
//! # %% In [5]
//! print(total)
//! #     ^^^^^ hidden-definition: In [3] gave it to In [5]
//! # %% In [3]
//! total = 3
//! ```
//!
//! ## Clean
//! ```notebook
//! # %% In [1]
//! total = 3
//! # %% In [2]
//! print(total)
//! ```

use crate::analysis::graph::{Lack, Need};
use crate::rule::missing;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "hidden-definition",
    group: Group::State,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

/// How a need was met in the session that the counts tell of, if they do.
pub fn explains(cx: &CellContext<'_>, need: &Need) -> Option<String> {
    let Lack::Later { cell, .. } = need.lack else {
        return None;
    };
    if cell == cx.index {
        return None;
    }
    let reader = cx.cell.execution.count?;
    let binder = cx.all.notebook.cell(cell)?.execution.count?;
    (binder < reader).then(|| format!("; In [{binder}] gave it to In [{reader}]"))
}

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    if missing::fails_on_purpose(cx) {
        return;
    }
    for need in cx.all.link.needs(cx.index) {
        if let Some(why) = explains(cx, need) {
            findings.extend(missing::late_finding(RULE.name, cx, need, &why));
        }
    }
}
