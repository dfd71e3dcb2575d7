//! `source.fixAll.cellwise`: everything that can be repaired safely, at once, as editors do it on save.
//!
//! VS Code asks for kinds below `source` cell by cell and at the same time, so these stay within their
//! cell. It asks for kinds below `notebook` once, for the first cell, and means the notebook.

use crate::action::{Offer, Refusal};
use crate::lsp::session::View;
use crate::notebook::{CellIdx, Edit};

const CELL: &str = "source.fixAll.cellwise";
const NOTEBOOK: &str = "notebook.source.fixAll.cellwise";

/// The kinds; each is the name of its action, too.
pub const KINDS: [&str; 2] = [NOTEBOOK, CELL];

/// Cheap where no finding has a repair.
pub fn offer(kind: &'static str, cell: CellIdx, view: View<'_>) -> Option<(&'static str, Offer)> {
    let (of, what) = match kind {
        NOTEBOOK => (None, "the notebook"),
        _ => (Some(cell), "this cell"),
    };
    let title = format!("Repair what is safe to repair in {what}");
    let may_fix = view.analysis.may_fix(of);
    let does_fix = may_fix && edit(kind, cell, view).is_ok();
    does_fix.then(|| (kind, Offer::new(title)))
}

/// # Errors
/// When nothing can be repaired after all.
pub fn edit(kind: &str, cell: CellIdx, view: View<'_>) -> Result<Edit, Refusal> {
    let of = (kind != NOTEBOOK).then_some(cell);
    let client = view.profile.client();
    let repairs = view.analysis.fix_all(of, client, &*view.project());
    if repairs.edit.ops.is_empty() {
        return Err("nothing here can be repaired safely".into());
    }
    Ok(repairs.edit)
}
