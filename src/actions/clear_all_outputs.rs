//! Clears the outputs and execution counts of all cells.
//!
//! Offered on a [`large-output`] or [`stored-output`] finding, where the client can change outputs.
//!
//! ## Before
//! ```notebook
//! # %% In [1] outputs=130kB
//! $0plot(data)
//! # %% In [2]
//! print(data)  # In [2] is gone
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! plot(data)
//! # %%
//! print(data)  # In [2] is gone
//! ```
//!
//! ## Disabled
//! ```notebook client=plain
//! # %% In [1] outputs=130kB
//! $0plot(data)
//! ```
//! > lets no language server clear outputs
//!
//! [`large-output`]: crate::rules
//! [`stored-output`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Edit, EditOp};

pub const ACTION: Action = Action {
    name: "clear-all-outputs",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let repaired = ["large-output", "stored-output"];
    let mut findings = cx.findings.iter();
    let Some(finding) = findings.find(|finding| repaired.contains(&finding.rule)) else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: (!cx.client.cell_structure)
            .then(|| "this editor lets no language server clear outputs".to_owned()),
        ..Offer::new("Clear the outputs of all cells")
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let cells = cx.all.notebook.indexed();
    let ops: Vec<EditOp> = cells
        .filter(|(_, cell)| cell.outputs.count > 0 || cell.execution.count.is_some())
        .map(|(cell, _)| EditOp::ClearOutputs { cell })
        .collect();
    if ops.is_empty() {
        return Err("no cell has outputs any more".into());
    }
    Ok(Edit { ops, select: None })
}
