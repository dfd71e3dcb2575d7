//! What is known of the outputs of open cells: what the client tells, else what the saved file holds.
//!
//! The file may be older than the screen. Its outputs count as [`outdated`](crate::notebook::Outputs::outdated)
//! once the cell has run again or was cleared, and the rules say so.

use rustc_hash::FxHashMap;

use super::{Applied, CellDocument, Change, Documents};
use crate::analysis::secrets;
use crate::lsp::proto::{CellOutputs, OutputsTold, Uri};
use crate::lsp::saved::SavedCell;
use crate::notebook::{OutputError, Outputs};

/// Of an exception's text, in characters: as many as of one in a file.
const LONGEST_ERROR: usize = 200;

pub(super) fn told(documents: &mut Documents, told: OutputsTold, applied: &mut Applied) {
    for item in told.cells {
        let cell = documents
            .cells
            .get_mut(&item.uri)
            .filter(|cell| cell.notebook == told.notebook);
        let Some(cell) = cell else {
            let complaint = format!("the outputs of {} came, which is no cell", item.uri);
            applied.complaints.push(complaint);
            continue;
        };
        let uri = item.uri.clone();
        cell.outputs_saved = false;
        if set(cell, outputs(item)) {
            let notebook = told.notebook.clone();
            let cell = uri;
            applied.changes.push(Change::Cell { notebook, cell });
        }
    }
}

/// Gives the cells of a notebook the outputs of its file. A cell is known by its id; without one by its text,
/// where it stands in the file or where no other cell has that text.
pub(super) fn saved(documents: &mut Documents, notebook: &Uri, saved: &[SavedCell]) -> Vec<Change> {
    let Documents {
        notebooks, cells, ..
    } = documents;
    let Some(order) = notebooks.get(notebook).map(|notebook| &notebook.order) else {
        return Vec::new();
    };
    let file = File::new(saved);
    let mut changes = Vec::new();
    for (position, uri) in order.iter().enumerate() {
        let Some(cell) = cells.get_mut(uri) else {
            continue;
        };
        let found = file.find(position, cell);
        let outputs = found.map_or_else(Outputs::default, |saved| saved.outputs.clone());
        cell.outputs_saved = true;
        if set(cell, outputs) {
            changes.push(Change::Cell {
                notebook: notebook.clone(),
                cell: uri.clone(),
            });
        }
    }
    changes
}

/// The cells of a file, by what an open cell can be known by.
struct File<'a> {
    by_id: FxHashMap<&'a str, &'a SavedCell>,
    by_position: FxHashMap<usize, &'a SavedCell>,
    /// `None` for a text that several cells have.
    by_text: FxHashMap<&'a str, Option<&'a SavedCell>>,
}

impl<'a> File<'a> {
    fn new(cells: &'a [SavedCell]) -> Self {
        let mut by_text: FxHashMap<&str, Option<&SavedCell>> = FxHashMap::default();
        for cell in cells {
            let entry = by_text.entry(&cell.text);
            entry.and_modify(|only| *only = None).or_insert(Some(cell));
        }
        let with_id = cells
            .iter()
            .filter_map(|cell| Some((cell.id.as_deref()?, cell)));
        Self {
            by_id: with_id.collect(),
            by_position: cells.iter().map(|cell| (cell.position, cell)).collect(),
            by_text,
        }
    }

    fn find(&self, position: usize, cell: &CellDocument) -> Option<&'a SavedCell> {
        if let Some(found) = cell.id.as_deref().and_then(|id| self.by_id.get(id)) {
            return Some(found);
        }
        let text = cell.text.whole();
        let here = self.by_position.get(&position).copied();
        here.filter(|saved| *saved.text == *text)
            .or_else(|| self.by_text.get(&*text).copied().flatten())
    }
}

fn set(cell: &mut CellDocument, outputs: Outputs) -> bool {
    let differs = cell.outputs != outputs;
    cell.outputs = outputs;
    differs
}

fn outputs(told: CellOutputs) -> Outputs {
    let lines = told.suspects.iter().map(String::as_str);
    Outputs {
        count: u32::from(told.bytes > 0),
        bytes: told.bytes,
        error: told.error.map(|error| {
            Box::new(OutputError {
                ename: error.ename.chars().take(LONGEST_ERROR).collect(),
                evalue: error.evalue.chars().take(LONGEST_ERROR).collect(),
            })
        }),
        secrets: secrets::kinds_in(lines).into(),
        outdated: false,
    }
}
