//! The algebra of `notebookDocument/didChange`: structure, text, data.
//!
//! A message is applied in that order. Text comes before data because data judges by the text:
//! the `execution_count: null` of an edited cell must find the edit done.
//! What does not fit (an unknown cell, a start past the end, a version that goes back) is cut to
//! what there is, and logged: a client that is wrong once is right again at its next `didOpen`.

use std::sync::Arc;

use ropey::Rope;
use rustc_hash::{FxHashMap, FxHashSet};

use super::execution;
use super::{Applied, CellDocument, Change, Described, Documents, NotebookDocument, notebook_meta};
use crate::lsp::proto::{
    CellItem, NotebookChanged, Structure, TextContent, TextEdit, TextItem, Uri,
};
use crate::text::{self, Spliced};

pub(super) fn change(documents: &mut Documents, changed: NotebookChanged, applied: &mut Applied) {
    let of = changed.notebook_document;
    let Some(notebook) = documents.notebooks.get_mut(&of.uri) else {
        let complaint = format!("{} was changed and never opened", of.uri);
        applied.complaints.push(complaint);
        return;
    };
    if of.version < notebook.version {
        let complaint = format!("{} went back to version {}", of.uri, of.version);
        applied.complaints.push(complaint);
    }
    notebook.version = of.version;
    if let Some(metadata) = changed.change.metadata {
        let meta = notebook_meta(&of.uri, &metadata);
        if *notebook.meta != meta {
            notebook.meta = Arc::new(meta);
            applied.changes.push(Change::Meta(of.uri.clone()));
        }
    }
    let cells = changed.change.cells;
    if let Some(structure) = cells.structure {
        restructure(documents, &of.uri, structure, applied);
    }
    for content in cells.text_content {
        change_text(documents, &of.uri, content, applied);
    }
    for item in cells.data {
        describe(documents, &of.uri, &item, applied);
    }
}

/// The cells of a notebook that has just been opened.
pub(super) fn open_cells(
    documents: &mut Documents,
    notebook: &Uri,
    cells: Vec<CellItem>,
    texts: Vec<TextItem>,
    applied: &mut Applied,
) {
    insert(documents, notebook, 0, cells, texts, applied);
    reindex(documents, notebook);
}

/// Applies one step to a text, and says what it changed.
pub(super) fn edit(
    rope: &mut Rope,
    edit: TextEdit,
    of: &Uri,
    applied: &mut Applied,
) -> Option<Spliced> {
    match (edit.range, edit.text) {
        (Some(range), Some(new)) => {
            let (start, end) = (range.start.into(), range.end.into());
            Some(text::edit_rope(rope, start, end, &new))
        }
        (None, Some(new)) => Some(text::replace_rope(rope, &new)),
        (_, None) => {
            let complaint = format!("a change of {of} could not be read");
            applied.complaints.push(complaint);
            None
        }
    }
}

fn restructure(documents: &mut Documents, uri: &Uri, structure: Structure, applied: &mut Applied) {
    let array = structure.array;
    let Some(notebook) = documents.notebooks.get_mut(uri) else {
        return;
    };
    let len = notebook.order.len();
    let start = array.start.min(len);
    let end = start.saturating_add(array.delete_count).min(len);
    if start != array.start || end - start != array.delete_count {
        applied.complaints.push(format!(
            "{uri} has {len} cells; {} from {} were to go",
            array.delete_count, array.start
        ));
    }
    let removed: Vec<Uri> = notebook.order.drain(start..end).collect();
    for cell in &removed {
        if let Some(cell) = documents.cells.get_mut(cell) {
            cell.position = None;
        }
    }

    // The documents of one message are closed and opened at once: a URI in both lists is a new document.
    let opened: FxHashSet<Uri> = structure
        .did_open
        .iter()
        .map(|item| item.uri.clone())
        .collect();
    for cell in &opened {
        forget(documents, uri, cell, applied);
    }
    let insert = insert(
        documents,
        uri,
        start,
        array.cells,
        structure.did_open,
        applied,
    );
    let inserted: FxHashSet<&Uri> = insert.iter().collect();
    let closed = structure.did_close.iter().map(|of| &of.uri);
    // VS Code sends a `didClose` for each removed cell; who sends none means the same.
    for cell in closed.chain(&removed) {
        if inserted.contains(cell) || opened.contains(cell) {
            continue;
        }
        if documents
            .cells
            .get(cell)
            .is_some_and(|cell| cell.position.is_some())
        {
            let complaint = format!("{cell} was closed and is still in {uri}");
            applied.complaints.push(complaint);
            continue;
        }
        forget(documents, uri, cell, applied);
    }
    reindex(documents, uri);
    applied.changes.push(Change::Spliced {
        notebook: uri.clone(),
        start,
        delete: end - start,
        insert,
    });
}

/// Puts cells into the order at `start` and returns those that were put.
fn insert(
    documents: &mut Documents,
    uri: &Uri,
    start: usize,
    cells: Vec<CellItem>,
    texts: Vec<TextItem>,
    applied: &mut Applied,
) -> Vec<Uri> {
    let Documents {
        notebooks,
        cells: open,
        ..
    } = documents;
    let Some(notebook) = notebooks.get_mut(uri) else {
        return Vec::new();
    };
    let mut texts: FxHashMap<Uri, TextItem> = texts
        .into_iter()
        .map(|item| (item.uri.clone(), item))
        .collect();
    let mut inserted = Vec::with_capacity(cells.len());
    for item in cells {
        let cell = &item.document;
        if open.get(cell).is_some_and(|known| known.position.is_some()) {
            applied
                .complaints
                .push(format!("{cell} is in a notebook already"));
            continue;
        }
        match (open.get_mut(cell), texts.remove(cell)) {
            // A moved cell comes without its text.
            (Some(known), None) => known.describe(&item, Described::Again, None),
            (_, text) => {
                if text.is_none() {
                    applied
                        .complaints
                        .push(format!("{cell} came without its text"));
                }
                let text = text.unwrap_or_default();
                let mut new = CellDocument::new(uri.clone(), text);
                new.describe(&item, Described::Appeared, notebook.remembered.remove(cell));
                open.insert(cell.clone(), Box::new(new));
            }
        }
        if let Some(cell) = open.get_mut(cell) {
            cell.notebook = uri.clone();
            // Its place is set by `reindex`; that it has one is known at once.
            cell.position = Some(start);
        }
        inserted.push(item.document);
    }
    if !texts.is_empty() {
        let complaint = format!("{} texts of {uri} belong to no cell", texts.len());
        applied.complaints.push(complaint);
    }
    notebook
        .order
        .splice(start..start, inserted.iter().cloned());
    inserted
}

/// Closes a cell's document. Its run is remembered as long as the notebook is open.
fn forget(documents: &mut Documents, uri: &Uri, cell: &Uri, applied: &mut Applied) {
    let Some(gone) = documents.cells.get(cell) else {
        return;
    };
    if gone.notebook != *uri || gone.position.is_some() {
        return;
    }
    let gone = documents.cells.remove(cell);
    let run = gone.and_then(|gone| gone.run);
    if let (Some(notebook), Some(run)) = (documents.notebooks.get_mut(uri), run) {
        notebook.remembered.insert(cell.clone(), run);
    }
    applied.changes.push(Change::CellClosed {
        notebook: uri.clone(),
        cell: cell.clone(),
    });
}

fn reindex(documents: &mut Documents, uri: &Uri) {
    let Documents {
        notebooks, cells, ..
    } = documents;
    let order = notebooks
        .get(uri)
        .map(|NotebookDocument { order, .. }| order);
    for (position, cell) in order.into_iter().flatten().enumerate() {
        if let Some(cell) = cells.get_mut(cell) {
            cell.position = Some(position);
        }
    }
}

fn change_text(documents: &mut Documents, uri: &Uri, content: TextContent, applied: &mut Applied) {
    let of = content.document;
    let Some(cell) = documents
        .cells
        .get_mut(&of.uri)
        .filter(|cell| cell.notebook == *uri)
    else {
        let complaint = format!("the text of {} changed, which is no cell of {uri}", of.uri);
        applied.complaints.push(complaint);
        return;
    };
    if of.version < cell.version {
        let complaint = format!("{} went back to version {}", of.uri, of.version);
        applied.complaints.push(complaint);
    }
    cell.version = of.version;
    for step in content.changes {
        edit(cell.text.rope(), step, &of.uri, applied);
    }
    execution::edited(&mut cell.run);
    let at_rest = documents.edited.note(&of.uri);
    if let Some(cell) = at_rest.and_then(|cell| documents.cells.get_mut(&cell)) {
        cell.text.rest();
    }
    applied.changes.push(Change::Cell {
        notebook: uri.clone(),
        cell: of.uri,
    });
}

fn describe(documents: &mut Documents, uri: &Uri, item: &CellItem, applied: &mut Applied) {
    let Some(cell) = documents
        .cells
        .get_mut(&item.document)
        .filter(|cell| cell.notebook == *uri)
    else {
        let complaint = format!("{} was described, which is no cell of {uri}", item.document);
        applied.complaints.push(complaint);
        return;
    };
    let before = cell.description();
    cell.describe(item, Described::Again, None);
    // VS Code sends the same description several times over.
    if cell.description() != before {
        applied.changes.push(Change::Cell {
            notebook: uri.clone(),
            cell: item.document.clone(),
        });
    }
}
