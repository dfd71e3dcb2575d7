//! What cells bind, read and run, and how they need each other.
//!
//! [`Facts`] tell of one cell's text alone and are cached by its content; [`Link`] joins them.

use std::sync::Arc;

use crate::notebook::{CellIdx, Notebook};

/// What one cell's text says, without looking at any other cell.
#[derive(Debug, Default)]
pub struct Facts {}

/// The facts of all cells of a notebook, joined in cell order.
#[derive(Debug, Default)]
pub struct Link {
    facts: Vec<Arc<Facts>>,
}

impl Link {
    pub fn new(notebook: &Notebook) -> Self {
        Self {
            facts: notebook.cells.iter().map(|_| Arc::default()).collect(),
        }
    }

    pub fn facts(&self, cell: CellIdx) -> &Facts {
        &self.facts[cell.to_usize()]
    }
}
