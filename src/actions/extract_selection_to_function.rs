//! Makes a function of the selected statements, and calls it in their place.
//!
//! It does for whole statements what `extract-cell-to-function` does for a cell: what they read of the
//! notebook's variables become parameters, and what the rest of the cell or another cell reads of them comes back.
//! A selection that cuts a statement is widened to all of it.
//!
//! Within a loop or a branch, what the next round reads comes back, too. Within a function its own names take the
//! place of the notebook's variables, and the new function stands above it. Statements that return on every path
//! keep their `return`. Refused is what would jump somewhere else (`break`, `continue`, `yield`, a `return` on some paths),
//! what a `try` around it would find half done, a method's `self`, an import, a magic or a definition that is used
//! elsewhere, and the expression that the cell shows.
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
//! def compute_rows_and_total():
//!     rows = [1, 2]
//!     total = sum(rows)
//!     return rows, total
//!
//!
//! rows, total = compute_rows_and_total()
//! rows.pop();
//! ```
//!
//! ## Before
//! ### Within a loop
//! ```notebook
//! # %%
//! total = 0
//! for row in [1, 2]:
//!     # squares alone
//!     $0square = row * row
//!     total += square$0
//! print(total)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def compute_total(row, total):
//!     square = row * row
//!     total += square
//!     return total
//! # %%
//! total = 0
//! for row in [1, 2]:
//!     # squares alone
//!     total = compute_total(row, total)
//! print(total)
//! ```
//!
//! ## Before
//! ### Within a function
//! ```notebook
//! # %%
//! def mean(rows):
//!     $0total = sum(rows)
//!     count = len(rows)
//!     return total / count$0
//! # %%
//! print(mean([1, 2]))
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! def compute_mean(rows):
//!     total = sum(rows)
//!     count = len(rows)
//!     return total / count
//!
//!
//! def mean(rows):
//!     return compute_mean(rows)
//! # %%
//! print(mean([1, 2]))
//! ```
//!
//! ## Disabled
//! ### A loop is left from within
//! ```notebook
//! # %%
//! for row in [1, 2]:
//!     $0if row > 1:
//!         break$0
//!     print(row)
//! ```
//! > `break` in it belongs to a loop that is not selected as a whole
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
use crate::refactor::function::block;
use crate::refactor::function::extract::{self, Outcome};
use crate::refactor::style;

pub const ACTION: Action = Action {
    name: "extract-selection-to-function",
    kinds: &["refactor.extract.function"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let title = "Extract selection to function";
    match plan(cx) {
        Ok(None) => Vec::new(),
        Err(Refusal(reason)) => vec![Offer {
            disabled: Some(reason),
            ..Offer::new(title)
        }],
        Ok(Some(Plan::OfCell(plan))) => vec![Offer::new(format!("{title} `{}`", plan.name))],
        Ok(Some(Plan::OfBlock(plan))) => vec![Offer::new(format!("{title} `{}`", plan.name))],
    }
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let edit = match plan(cx)? {
        None => return Err("no statement is selected".into()),
        Some(Plan::OfCell(plan)) => plan.edit(cx),
        Some(Plan::OfBlock(plan)) => plan.edit(cx),
    };
    Ok(style::kept(cx, &edit))
}

/// Statements of the cell's own level, or of a block in it.
enum Plan {
    OfCell(Box<extract::Plan>),
    OfBlock(Box<block::Plan>),
}

fn plan(cx: &ActionContext<'_>) -> Result<Option<Plan>, Refusal> {
    if cx.range.is_empty() {
        return Ok(None);
    }
    if let Some(plan) = block::plan(&cx.all, cx.cell, cx.range)? {
        return Ok(Some(Plan::OfBlock(Box::new(plan))));
    }
    match extract::plan_selection(&cx.all, cx.cell, cx.range) {
        Outcome::NotOffered => Ok(None),
        Outcome::Refused(refusal) => Err(refusal),
        Outcome::Planned(plan) => Ok(Some(Plan::OfCell(plan))),
    }
}
