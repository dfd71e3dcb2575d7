//! Suppressions: `# cellwise: ignore[rule]` on a line, `# cellwise: ignore-cell[rule]` on a cell's
//! first line, the cell tag `cellwise-ignore`.

use crate::notebook::Notebook;
use crate::rule::Finding;

/// Takes out the findings that the notebook says to leave alone.
pub fn apply(notebook: &Notebook, findings: &mut Vec<Finding>) {
    findings.retain(|finding| {
        finding
            .anchor
            .cell()
            .and_then(|cell| notebook.cell(cell))
            .is_none_or(|cell| !cell.has_tag("cellwise-ignore"))
    });
}
