//! A name that is read before any cell has bound it, on a run from the top.
//!
//! The notebook worked because the cells were run in another order. In a fresh kernel, in CI and
//! for everybody else it stops with a `NameError`.
//! What a function reads is needed when it is called, so calls are followed: through functions,
//! methods, lambdas and names that stand for them.
//!
//! ## Flagged
//! ```notebook
//! # %%
//! print(total)
//! #     ^^^^^ used-before-definition: `total` is bound only below, in cell 2
//! # %%
//! total = 3
//! ```
//!
//! ```notebook
//! # %%
//! def load():
//!     return cfg["path"]
//! # %%
//! load()
//! #<^^^^ used-before-definition: `cfg`, which `load` reads, is bound only below, in cell 3
//! # %%
//! cfg = {"path": "data.csv"}
//! ```
//!
//! ```notebook
//! # %%
//! x = 1
//! del x
//! # %%
//! x + 1
//! #| used-before-definition: `x` was deleted in cell 1
//! ```
//!
//! ### No order runs
//! ```notebook
//! # %%
//! x = y
//! #   ^ used-before-definition: cell 2 needs `x` of cell 1 in turn: split one of them
//! # %%
//! y = x
//! ```
//!
//! ## Clean
//! ```notebook
//! # %%
//! def load():
//!     return cfg["path"]
//! # %%
//! cfg = {"path": "data.csv"}
//! # %%
//! load()
//! # %%
//! if "cache" in globals():
//!     print(cache)
//! # %%
//! cache = {}
//! ```

use super::hidden_definition;
use crate::rule::missing;
use crate::rule::{CellContext, Check, Finding, Group, Rule, Severity};

pub const RULE: Rule = Rule {
    name: "used-before-definition",
    group: Group::State,
    severity: Severity::Error,
    on_by_default: true,
    check: Check::Linked(check),
    source: "",
};

fn check(cx: &CellContext<'_>, findings: &mut Vec<Finding>) {
    if missing::fails_on_purpose(cx) {
        return;
    }
    for need in cx.all.link.needs(cx.index) {
        if hidden_definition::explains(cx, need).is_none() {
            findings.extend(missing::late_finding(RULE.name, cx, need, ""));
        }
    }
}
