//! What the rules on outputs say of an open notebook whose outputs are known from its saved file only.

use crate::notebook::Cell;

/// A sentence to append to a message: that the screen may show something else. Empty where it does not.
pub fn note(cell: &Cell) -> &'static str {
    if cell.outputs.outdated {
        " (So it stands in the saved file; the cell has run since.)"
    } else {
        ""
    }
}
