//! A name that is read before any cell has bound it, on a run from the top.
//!
//! The notebook worked because the cells were run in another order. In a fresh kernel, in CI and
//! for everybody else it stops with a `NameError`.
//! What a function reads is needed when it is called, so calls are followed: through functions,
//! methods, lambdas, objects that are called, and names that stand for them. A cell tagged `skip-execution` is not run, and nothing is said of it.
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
//! ```notebook
//! # %%
//! try:
//!     int("x")
//! except ValueError as error:
//!     print(error)
//! # %%
//! print(error)
//! #     ^^^^^ used-before-definition: `error` is unbound when its `except` ends, in cell 1
//! ```
//!
//! ### Python begins anew
//! ```notebook home=databricks
//! # %%
//! import pandas as pd
//! # %%
//! dbutils.library.restartPython()
//! # %%
//! pd.DataFrame()
//! #< used-before-definition: `pd` was deleted in cell 2
//! # %%
//! import os
//! # %%
//! %restart_python
//! # %%
//! print(os.sep)
//! #     ^^ used-before-definition: `os` was deleted in cell 5
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
//!
//! ### What later rounds of a loop find
//! ```notebook
//! # %%
//! n = 0
//! while n == 0 or new > old:
//!     for earlier in range(n):
//!         print(seen)
//!     old, new, seen = n, 1 - n, True
//!     n += 1
//! ```
//!
//! ### What runs later, or perhaps not
//! ```notebook
//! # %%
//! def price(net=None):
//!     if net is None:
//!         return 0
//!     return net * RATE
//! # %%
//! price()
//! shares = (net * RATE for net in [1, 2])
//! # %%
//! RATE = 1.19
//! print(sum(shares))
//! ```
//!
//! ### A method of a subclass
//! ```notebook
//! # %%
//! class Step:
//!     def run(self):
//!         return self.size()
//!
//!     def size(self):
//!         return DEFAULT
//!
//! class Half(Step):
//!     def size(self):
//!         return 0.5
//! # %%
//! Half().run()
//! # %%
//! DEFAULT = 1
//! ```
//!
//! ### Annotations that an earlier cell has made lazy
//! ```notebook
//! # %%
//! from __future__ import annotations
//! # %%
//! class Node:
//!     def next(self) -> Node:
//!         return self
//! ```
//!
//! ### Annotations since Python 3.14
//! ```notebook python=3.14
//! # %%
//! def total(cart: Cart) -> float:
//!     return cart.total
//! # %%
//! class Cart:
//!     total = 0.0
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
    if missing::fails_on_purpose(cx) || missing::is_left_out(cx) {
        return;
    }
    for need in cx.all.link.needs(cx.index) {
        if hidden_definition::explains(cx, need).is_none() {
            findings.extend(missing::late_finding(RULE.name, cx, need, ""));
        }
    }
}
