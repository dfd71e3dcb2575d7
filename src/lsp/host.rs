//! Text documents that hold a notebook: the JSON of an `.ipynb`, a script, Markdown.
//!
//! Such a document is a *host*. Its cells stand in [`Documents`] as the cells of any notebook do, under URIs of
//! our own, so that whatever works on cells works on them. Here is what leads from the one to the other: which bytes
//! of the document belong to which cell, kept current edit by edit, and the places of both.
//!
//! A keystroke inside a cell costs that cell: its part of the document is read alone, and the cells behind it are moved.
//! Where that does not do (a marker came or went), the document is read anew, and cells that are as they were stay.
//! JSON that breaks while somebody types keeps the cells that it had; what is broken is said, and where.

mod layout;

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use self::layout::{Layout, Read};
use super::documents::{Applied, CellDocument, Change, Documents, NotebookDocument};
use super::proto::{self, TextItem, Uri};
use crate::format::Hint;
use crate::notebook::{Cell, CellIdx, Home, Notebook, Problem};
use crate::text::{LineIndex, Spliced, TextRange, TextSize, rope_offset, rope_position};

/// What leads from a document to its cells and back.
#[derive(Debug)]
pub struct Host {
    layout: Layout,
    /// How many cells were ever made, for their URIs.
    made: u64,
    /// It must be read as a whole.
    unread: bool,
    /// Read as a whole, it was found broken: its cells are those of before.
    is_broken: bool,
    /// The notebook that the document was compared with is another on disk now.
    is_stale: bool,
}

/// What an edit made of one cell, or of the document.
#[derive(Debug)]
pub(super) enum Update {
    Cell(usize, Box<Cell>),
    /// A cell has another text, and is as it was in all else.
    Text(usize, String),
    /// The cells count as they were; this is what is wrong.
    Broken(Problem),
    /// It has to be read as a whole.
    Unread,
}

impl Host {
    /// The bytes of the document that a part of a cell's text stands in. `None` where that is not known,
    /// since what is around is broken.
    pub fn bytes(&self, rope: &Rope, cell: CellIdx, range: TextRange) -> Option<Range<usize>> {
        self.layout.bytes(rope, cell.to_usize(), range)
    }

    /// The cell at a byte of the document and the place in its text: the nearest one of the cell,
    /// on a marker or a key. `None` outside of cells.
    pub fn locate(&self, rope: &Rope, at: usize) -> Option<(CellIdx, TextSize)> {
        let (cell, offset) = self.layout.locate(rope, at)?;
        Some((CellIdx::new(cell), offset))
    }

    /// What a client calls a part of a cell.
    pub fn range(&self, rope: &Rope, cell: CellIdx, range: TextRange) -> Option<proto::Range> {
        let bytes = self.bytes(rope, cell, range)?;
        Some(proto::Range {
            start: rope_position(rope, bytes.start).into(),
            end: rope_position(rope, bytes.end).into(),
        })
    }

    /// How the document is read, for a change of it as a whole; `None` where its lines are not the notebook's.
    pub fn hint(&self) -> Option<Hint> {
        Some(self.layout.hint).filter(|_| !self.layout.is_virtual())
    }
}

/// A document was opened, or has become one that may be a notebook.
pub(super) fn open(documents: &mut Documents, uri: &Uri, applied: &mut Applied) {
    // The notebook itself is open: its JSON beside it is for whoever looks at it.
    if documents.notebooks.contains_key(uri) {
        return;
    }
    let Some(text) = documents.texts.get(uri) else {
        return;
    };
    let hint = Hint::of_language(&text.language_id);
    let Some((layout, read)) = Layout::read(&text.text, hint, uri, None) else {
        return;
    };
    let host = Host {
        layout,
        made: 0,
        unread: false,
        is_broken: false,
        is_stale: false,
    };
    let version = text.version;
    documents.hosts.insert(uri.clone(), host);
    documents
        .notebooks
        .insert(uri.clone(), NotebookDocument::default());
    take_in(documents, uri, version, read, &mut Applied::default());
    applied.changes.push(Change::Opened(uri.clone()));
}

/// A document was closed, or is no notebook any more.
pub(super) fn close(documents: &mut Documents, uri: &Uri, applied: &mut Applied) {
    if documents.hosts.remove(uri).is_some() {
        documents.notebooks.remove(uri);
        documents.cells.retain(|_, cell| cell.notebook != *uri);
        applied.changes.push(Change::Closed(uri.clone()));
    }
}

/// One step of a document's text has been made.
pub(super) fn edited(
    documents: &mut Documents,
    uri: &Uri,
    spliced: Spliced,
    applied: &mut Applied,
) {
    let Some(text) = documents.texts.get(uri) else {
        return;
    };
    let Some(host) = documents.hosts.get_mut(uri) else {
        if may_begin(&text.text, spliced) {
            open(documents, uri, applied);
        }
        return;
    };
    let version = text.version;
    let update = host.layout.edited(&text.text, spliced, host.unread);
    let Some(notebook) = documents.notebooks.get_mut(uri) else {
        return;
    };
    notebook.version = version;
    applied.changes.push(Change::Moved(uri.clone()));
    let (position, cell) = match update {
        Update::Cell(position, cell) => (position, Ok(cell)),
        Update::Text(position, text) => (position, Err(text)),
        Update::Broken(problem) => {
            notebook.problems = [problem].into();
            host.unread |= host.layout.is_unsound();
            applied.changes.push(Change::Problems(uri.clone()));
            return;
        }
        Update::Unread => {
            host.unread = true;
            return;
        }
    };
    if host.is_broken || host.layout.is_broken() || host.layout.is_unsound() {
        // What is broken stands somewhere else, and perhaps on another line now.
        host.unread = true;
    } else if *notebook.problems != *host.layout.problems {
        notebook.problems = Arc::clone(&host.layout.problems);
        applied.changes.push(Change::Problems(uri.clone()));
    }
    let known = notebook.order.get(position).cloned();
    let Some((known, document)) =
        known.and_then(|known| Some((known.clone(), documents.cells.get_mut(&known)?)))
    else {
        return;
    };
    let cell = match (cell, &document.hosted) {
        (Ok(cell), before) => {
            let before = before.as_ref().map_or("", |before| &before.text);
            let hint = host.layout.hint;
            host.unread |= tells_the_format(before, hint) || tells_the_format(&cell.text, hint);
            *cell
        }
        (Err(text), Some(before)) => {
            host.unread |= says_more(&before.text, notebook) || says_more(&text, notebook);
            Cell {
                text: text.into(),
                ..Cell::clone(before)
            }
        }
        (Err(_), None) => return,
    };
    document.host_cell(version, cell);
    applied.changes.push(Change::Cell {
        notebook: uri.clone(),
        cell: known,
    });
}

/// Whether a cell's text holds what a format is told by: it may stand in a cell that was never closed, or be the JSON of
/// a notebook behind a line that is no marker any more.
fn tells_the_format(text: &str, hint: Hint) -> bool {
    // Without a marker above it, what follows may be JSON.
    if hint.may_be_json() && text.contains("%%") {
        return true;
    }
    let signs = [
        "{python",
        "{code-cell",
        "marimo.App(",
        "\"cells\"",
        "\"cell_type\"",
        "\"metadata\"",
        "\"nbformat\"",
        "\"worksheets\"",
    ];
    signs.iter().any(|sign| text.contains(sign))
}

/// Whether a cell's text says something of the cell, or of the file: a conflict, another language.
fn says_more(text: &str, notebook: &NotebookDocument) -> bool {
    text.contains("<<<<<<<")
        || (notebook.meta.home == Home::Databricks && text.trim_start().starts_with('%'))
}

/// A document was saved. JupyterLab's is compared with the notebook anew: it is certain again where its cells begin.
pub(super) fn saved(documents: &mut Documents, uri: &Uri, applied: &mut Applied) {
    match documents.hosts.get_mut(uri) {
        Some(host) if host.layout.is_virtual() => {
            host.is_stale = true;
            host.unread = true;
            edits_done(documents, uri, applied);
        }
        Some(_) => {}
        None => open(documents, uri, applied),
    }
}

/// All steps of a message have been made.
pub(super) fn edits_done(documents: &mut Documents, uri: &Uri, applied: &mut Applied) {
    let Some(host) = documents.hosts.get_mut(uri).filter(|host| host.unread) else {
        return;
    };
    host.unread = false;
    let Some(text) = documents.texts.get(uri) else {
        return;
    };
    let version = text.version;
    let before = Some(&host.layout).filter(|_| !host.is_stale);
    host.is_stale = false;
    match Layout::read(&text.text, host.layout.hint, uri, before) {
        None => close(documents, uri, applied),
        Some((layout, read)) if layout.is_worse_than(&host.layout) => {
            if let Some(notebook) = documents.notebooks.get_mut(uri) {
                notebook.problems = read.notebook.problems;
            }
            host.is_broken = true;
            applied.changes.push(Change::Problems(uri.clone()));
            applied.changes.push(Change::Moved(uri.clone()));
        }
        Some((layout, read)) => {
            host.is_broken = false;
            host.layout = layout;
            take_in(documents, uri, version, read, applied);
            applied.changes.push(Change::Moved(uri.clone()));
        }
    }
}

/// Has the cells be those that were read; one that is as it was keeps its URI.
fn take_in(documents: &mut Documents, uri: &Uri, version: i64, read: Read, applied: &mut Applied) {
    let Documents {
        notebooks,
        cells,
        hosts,
        ..
    } = documents;
    let (Some(document), Some(host)) = (notebooks.get_mut(uri), hosts.get_mut(uri)) else {
        return;
    };
    document.version = version;
    let Notebook {
        cells: new,
        meta,
        problems,
    } = read.notebook;
    if *document.problems != *problems {
        document.problems = problems;
        applied.changes.push(Change::Problems(uri.clone()));
    }
    if document.meta != meta {
        document.meta = meta;
        applied.changes.push(Change::Meta(uri.clone()));
    }

    let is_same = |known: &Uri, cell: &Arc<Cell>| {
        let known = cells.get(known).and_then(|known| known.hosted.as_ref());
        known.is_some_and(|known| known == cell)
    };
    let order = &document.order;
    let pairs = order.iter().zip(&new);
    let before = pairs
        .take_while(|(known, cell)| is_same(known, cell))
        .count();
    let most = order.len().min(new.len()) - before;
    let pairs = order.iter().rev().zip(new.iter().rev()).take(most);
    let behind = pairs
        .take_while(|(known, cell)| is_same(known, cell))
        .count();
    let old_end = order.len() - behind;
    let middle = &new[before..new.len() - behind];

    if middle.len() == old_end - before {
        for (known, cell) in order[before..old_end].iter().zip(middle) {
            let Some(known_cell) = cells.get_mut(known) else {
                continue;
            };
            if known_cell.hosted.as_ref() == Some(cell) {
                continue;
            }
            known_cell.host_cell(version, Cell::clone(cell));
            applied.changes.push(Change::Cell {
                notebook: uri.clone(),
                cell: known.clone(),
            });
        }
        return;
    }
    let mut insert = Vec::with_capacity(middle.len());
    for cell in middle {
        host.made += 1;
        let own = Uri::from(format!("{uri}#cellwise-{}", host.made).as_str());
        let mut made = CellDocument::new(uri.clone(), TextItem::default());
        made.host_cell(version, Cell::clone(cell));
        cells.insert(own.clone(), Box::new(made));
        insert.push(own);
    }
    let gone: Vec<Uri> = document
        .order
        .splice(before..old_end, insert.iter().cloned())
        .collect();
    for (position, known) in document.order.iter().enumerate().skip(before) {
        if let Some(known) = cells.get_mut(known) {
            known.position = Some(position);
        }
    }
    applied.changes.push(Change::Spliced {
        notebook: uri.clone(),
        start: before,
        delete: gone.len(),
        insert,
    });
    for cell in gone {
        cells.remove(&cell);
        applied.changes.push(Change::CellClosed {
            notebook: uri.clone(),
            cell,
        });
    }
}

/// Whether an edit may have made a notebook of a text that was none: its lines hold something that a marker has, or what
/// stood before the JSON is gone.
fn may_begin(rope: &Rope, spliced: Spliced) -> bool {
    let top = rope.slice(..rope.len_chars().min(5)).to_string();
    // A header says more than its lines do.
    if top.starts_with("---") || top.starts_with("# ---") {
        return true;
    }
    if layout::object_start(rope).is_some_and(|object| spliced.start <= object) {
        return true;
    }
    let line = |at: usize| rope.byte_to_line(at.min(rope.len_bytes()));
    let (mut first, last) = (line(spliced.start), line(spliced.start + spliced.new_len));
    // Formats read on behind a lone carriage return, which the rope takes for the end of a line.
    while first > 0 && rope.char(rope.line_to_char(first) - 1) != '\n' {
        first -= 1;
    }
    let start = rope.line_to_char(first);
    let end = rope.line_to_char((last + 1).min(rope.len_lines()));
    let lines = rope.slice(start..end).to_string();
    let signs = [
        "%%",
        "```",
        "---",
        "Databricks",
        "marimo",
        "nbformat",
        "cell",
    ];
    signs.iter().any(|sign| lines.contains(sign))
}

impl Documents {
    pub fn host(&self, uri: &Uri) -> Option<(&Host, &Rope)> {
        Some((self.hosts.get(uri)?, &self.texts.get(uri)?.text))
    }

    /// The cell that a request about a document is about, and the part of it: for a host the cell where the
    /// range starts, for a cell itself.
    pub fn to_cell(&self, uri: &Uri, range: proto::Range) -> Option<(Uri, proto::Range)> {
        let Some((host, rope)) = self.host(uri) else {
            return self.cells.contains_key(uri).then(|| (uri.clone(), range));
        };
        let notebook = self.notebooks.get(uri)?;
        let (cell, start) = host.locate(rope, rope_offset(rope, range.start.into()))?;
        let end = host.locate(rope, rope_offset(rope, range.end.into()));
        let known = notebook.order.get(cell.to_usize())?;
        let text = &self.cells.get(known)?.hosted.as_ref()?.text;
        let end = match end {
            Some((last, end)) if last == cell => end.max(start),
            // A selection that goes on into another cell means this one to its end.
            Some((last, _)) if last > cell => TextSize::of(&**text),
            _ => start,
        };
        let index = LineIndex::new(text);
        Some((
            known.clone(),
            proto::Range {
                start: index.utf16(text, start).into(),
                end: index.utf16(text, end).into(),
            },
        ))
    }

    /// Whether edits of a document's notebook can be said as edits of the document. Those of a cell can.
    pub fn can_be_changed(&self, uri: &Uri) -> bool {
        self.host(uri).is_none_or(|(host, _)| host.hint().is_some())
    }
}
