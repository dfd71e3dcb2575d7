//! Makes a function of the selected statements, and calls it in their place.
//!
//! It does for whole statements of the cell's own level what `extract-cell-to-function` does for a cell: what they read of the
//! notebook's variables become parameters, and what the rest of the cell or another cell reads of them comes back.
//! A selection that cuts a statement is widened to all of it. One within a loop, a branch or a function is refused,
//! and so is one with an import, a magic, a definition that is used elsewhere, or the expression that the cell shows.
//!
//! ## Before
//! ```notebook
//! # %%
//! rows = [1, 2]
//! $0total = sum(rows)
//! mean = total / len(rows)$0
//! print(mean)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def compute_mean(rows):
//!     total = sum(rows)
//!     mean = total / len(rows)
//!     return mean
//! # %%
//! rows = [1, 2]
//!
//! mean = compute_mean(rows)
//! print(mean)
//! ```
//!
//! ## Before
//! ### A part of a statement is all of it
//! ```notebook client=plain
//! # %%
//! rows = [1, 2]
//! squares = [
//!     row $0* row
//!     for row in rows
//! ]
//! total = sum($0squares)
//! print(total)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! rows = [1, 2]
//!
//!
//! def compute_total(rows):
//!     squares = [
//!         row * row
//!         for row in rows
//!     ]
//!     total = sum(squares)
//!     return total
//!
//!
//! total = compute_total(rows)
//! print(total)
//! ```
//!
//! ## Before
//! ### What the cell does not show stays hidden
//! ```notebook client=plain
//! # %%
//! $0rows = [1, 2]
//! total = sum(rows)$0
//! rows.pop();
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def compute_rows():
//!     rows = [1, 2]
//!     total = sum(rows)
//!     return rows
//!
//!
//! rows = compute_rows()
//! rows.pop();
//! ```
//!
//! ## Disabled
//! ### Within a loop
//! ```notebook
//! # %%
//! for row in [1, 2]:
//!     $0square = row * row
//!     print(square)$0
//! ```
//! > the selection lies within `for row in [1, 2]:`
//!
//! ## Disabled
//! ```notebook
//! # %%
//! rows = [1, 2]
//! $0total = sum(rows)
//! total$0
//! ```
//! > `total` is shown by the cell
//!
//! ## Disabled
//! ```notebook
//! # %%
//! $0import os
//! rows = os.listdir()$0
//! print(rows)
//! ```
//! > `import os` must stay in the notebook
//!
//! ## Disabled
//! ```notebook
//! # %%
//! $0rows = [1, 2$0
//! ```
//! > the cell is not valid Python

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::Edit;
use crate::refactor::extract::{self, Outcome};

pub const ACTION: Action = Action {
    name: "extract-selection-to-function",
    kinds: &["refactor.extract.function"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    if cx.range.is_empty() {
        return Vec::new();
    }
    match extract::plan_selection(&cx.all, cx.cell, cx.range) {
        Outcome::NotOffered => Vec::new(),
        Outcome::Refused(refusal) => vec![Offer {
            disabled: Some(refusal.0),
            ..Offer::new("Extract selection to function")
        }],
        Outcome::Planned(plan) => vec![Offer::new(format!(
            "Extract selection to function `{}`",
            plan.name
        ))],
    }
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    match extract::plan_selection(&cx.all, cx.cell, cx.range) {
        Outcome::NotOffered => Err("no statement is selected".into()),
        Outcome::Refused(refusal) => Err(refusal),
        Outcome::Planned(plan) => Ok(plan.edit(cx)),
    }
}
