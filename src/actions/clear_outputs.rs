//! Clears the outputs and the execution count of one cell.
//!
//! Offered on a [`large-output`], [`stored-output`] or [`secret`] finding about them, where the client can change outputs.
//!
//! ## Before
//! ```notebook
//! # %% In [1] outputs=130kB
//! $0plot(data)
//! # %% In [2]
//! print(data)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! plot(data)
//! # %% In [2]
//! print(data)
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
//! [`secret`]: crate::rules
//! [`stored-output`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Anchor, Edit, EditOp};

pub const ACTION: Action = Action {
    name: "clear-outputs",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let repaired = ["large-output", "secret", "stored-output"];
    let of_cell = Anchor::Cell(cx.cell);
    let mut findings = cx.findings.iter();
    let found = findings.find(|found| found.anchor == of_cell && repaired.contains(&found.rule));
    let Some(finding) = found else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        disabled: (!cx.client.cell_structure)
            .then(|| "this editor lets no language server clear outputs".to_owned()),
        ..Offer::new(format!("Clear the outputs of {}", cx.cell))
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let cell = cx.all.notebook.cell(cx.cell);
    if cell.is_none_or(|cell| cell.outputs.count == 0 && cell.execution.count.is_none()) {
        return Err(format!("{} has no outputs any more", cx.cell).into());
    }
    Ok(EditOp::ClearOutputs { cell: cx.cell }.into())
}
