//! Clears the execution counts of all cells and keeps their outputs.
//!
//! Offered on an [`out-of-order-execution`] finding, where the client can change counts.
//! It takes the misleading numbers away, not their cause: run all cells to get outputs of one order.
//!
//! ## Before
//! ```notebook
//! # %% In [1]
//! x = 1
//! # %% In [4]
//! x = x + 1
//! # %% In [2]
//! $0print(x)  # after In [4]
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! x = x + 1
//! # %%
//! print(x)  # after In [4]
//! ```
//!
//! ## Disabled
//! ```notebook client=plain
//! # %% In [4]
//! x = 1
//! # %% In [2]
//! $0print(x)
//! ```
//! > lets no language server change execution counts
//!
//! [`out-of-order-execution`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Edit, EditOp};

pub const ACTION: Action = Action {
    name: "clear-counts",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let repaired = "out-of-order-execution";
    let Some(finding) = cx.findings.iter().find(|finding| finding.rule == repaired) else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: (!cx.client.cell_structure)
            .then(|| "this editor lets no language server change execution counts".to_owned()),
        ..Offer::new("Clear the execution counts of all cells")
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let ops: Vec<EditOp> = cx
        .all
        .notebook
        .indexed()
        .filter(|(_, cell)| cell.execution.count.is_some())
        .map(|(cell, _)| EditOp::ClearCount { cell })
        .collect();
    if ops.is_empty() {
        return Err("no cell carries an execution count any more".into());
    }
    Ok(Edit { ops, select: None })
}
