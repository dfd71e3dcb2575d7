//! Removes a cell that has nothing in it.
//!
//! Offered on an [`empty-cell`] finding, where the client can remove cells.
//!
//! ## Before
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! $0
//! # %%
//! print(x)
//! ```
//!
//! ## After
//! ```notebook
//! # %%
//! x = 1
//! # %%
//! print(x)
//! ```
//!
//! ## Disabled
//! ```notebook client=plain
//! # %%
//! x = 1
//! # %%
//! $0
//! # %%
//! print(x)
//! ```
//! > lets no language server remove cells
//!
//! [`empty-cell`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Edit, EditOp};

pub const ACTION: Action = Action {
    name: "remove-cell",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let Some(finding) = cx
        .findings
        .iter()
        .find(|finding| finding.rule == "empty-cell")
    else {
        return Vec::new();
    };
    vec![Offer {
        repairs: Some(finding.rule),
        preferred: true,
        disabled: (!cx.client.cell_structure)
            .then(|| "this editor lets no language server remove cells".to_owned()),
        ..Offer::new("Remove the empty cell")
    }]
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    match cx.all.notebook.cell(cx.cell) {
        Some(cell) if cell.text.trim().is_empty() => Ok(EditOp::Remove { cell: cx.cell }.into()),
        _ => Err(format!("{} is not empty any more", cx.cell).into()),
    }
}
