//! Suppressions: `# cellwise: ignore[rule]` on a line, `# cellwise: ignore-cell[rule]` on a cell's
//! first line, the cell tag `cellwise-ignore`.

use crate::notebook::{Cell, CellIdx};
use crate::rule::Finding;

/// Takes out the findings that a cell says to leave alone.
pub fn apply_to_cell(cell: &Cell, index: CellIdx, findings: &mut Vec<Finding>) {
    findings
        .retain(|finding| finding.anchor.cell() != Some(index) || !cell.has_tag("cellwise-ignore"));
}
