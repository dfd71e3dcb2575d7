//! Repairs a notebook's file where it breaks the rules of the notebook format and nothing is lost by it.
//!
//! Offered on an [`invalid-notebook`] finding, in a notebook that is opened as JSON, and made by `cellwise fix`. Missing keys
//! are added with the value that says nothing, those that say nothing where the format does not allow them go, a cell without an
//! id of its own gets one, a byte order mark goes. Every other byte stays, and the notebook shows what it showed.
//! Broken JSON, unknown keys, odd tags and outputs of cells that are no code are left to people.
//!
//! ## Before
//! ```ipynb
//! {"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {}},
//!  {"cell_type": "markdown", "id": "a", "metadata": {}, "outputs": [], "source": "text"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! ## After
//! ```ipynb
//! {"cells": [{"cell_type": "code", "execution_count": null, "id": "41f65c6b", "outputs": [], "source": "x = 1", "metadata": {}},
//!  {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "text"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! [`invalid-notebook`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Edit, EditOp};

pub const ACTION: Action = Action {
    name: "mend-file",
    kinds: &["quickfix"],
    offer,
    apply,
    source: "",
};

fn offer(cx: &ActionContext<'_>) -> Vec<Offer> {
    let offers = cx.repairs(ACTION.name).map(|(finding, fix)| Offer {
        preferred: true,
        ..Offer::repair(finding, fix)
    });
    // All of the file is mended at once.
    offers.take(1).collect()
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    let mut problems = cx.all.notebook.problems.iter();
    if !problems.any(|problem| problem.is_mendable) {
        return Err("nothing in the file can be repaired without loss any more".into());
    }
    Ok(EditOp::MendFile.into())
}
