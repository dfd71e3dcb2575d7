//! What a finding points at.

use super::CellIdx;
use crate::text::{LineColumn, TextRange, TextSize};

/// A place in a notebook, from coarse to fine. Ordered as a reader meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Anchor {
    /// The notebook as a whole.
    Notebook,
    /// A place in the notebook's file that belongs to no cell (broken JSON, a conflict marker).
    File(LineColumn),
    /// A cell as a whole. Shown on its first line.
    Cell(CellIdx),
    /// Bytes of a cell's text.
    Range(CellIdx, TextRange),
}

impl Anchor {
    pub fn cell(self) -> Option<CellIdx> {
        match self {
            Self::Notebook | Self::File(_) => None,
            Self::Cell(cell) | Self::Range(cell, _) => Some(cell),
        }
    }

    /// The bytes to underline in the anchor's cell: for a whole cell its first line.
    pub fn range_in(self, text: &str) -> TextRange {
        match self {
            Self::Range(_, range) => range,
            Self::Notebook | Self::File(_) | Self::Cell(_) => {
                let first = text.lines().next().unwrap_or_default();
                TextRange::up_to(TextSize::of(first))
            }
        }
    }

    /// Sorts findings as a person reads: the notebook, then cell by cell, then by place.
    pub fn reading_order(self) -> (u32, u32, u32) {
        match self {
            Self::Notebook => (0, 0, 0),
            Self::File(place) => (0, place.line, place.column),
            Self::Cell(cell) => (cell.0.saturating_add(1), 0, 0),
            Self::Range(cell, range) => (
                cell.0.saturating_add(1),
                range.start().to_u32(),
                range.end().to_u32(),
            ),
        }
    }
}
