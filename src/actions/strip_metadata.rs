//! Takes out of a notebook's file the metadata that changes without anyone meaning it.
//!
//! Offered on a [`volatile-metadata`] finding, in a notebook that is opened as JSON, and made by `cellwise fix`. Outputs,
//! counts and all other metadata stay, byte for byte.
//!
//! ## Before
//! ```ipynb extend-select=volatile-metadata
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {"collapsed": true, "tags": ["a"]}, "execution_count": 1, "outputs": [], "source": "x = 1"}],
//!  "metadata": {"signature": "sha256:aee8"}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! ## After
//! ```ipynb
//! {"cells": [{"cell_type": "code", "id": "a", "metadata": {"tags": ["a"]}, "execution_count": 1, "outputs": [], "source": "x = 1"}],
//!  "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
//! ```
//!
//! [`volatile-metadata`]: crate::rules

use crate::action::{Action, ActionContext, Offer, Refusal};
use crate::notebook::{Edit, EditOp};

pub const ACTION: Action = Action {
    name: "strip-metadata",
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
    // One time takes all of it out.
    offers.take(1).collect()
}

fn apply(cx: &ActionContext<'_>, _argument: Option<&str>) -> Result<Edit, Refusal> {
    if cx.all.notebook.meta.volatile.is_empty() {
        return Err("the file holds no such metadata any more".into());
    }
    Ok(EditOp::StripMetadata.into())
}
