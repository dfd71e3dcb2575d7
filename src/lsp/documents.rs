//! What the client has open. A cell is a text document; a notebook is an order of cells.
//!
//! Pure: no channel, no analysis, no clock. [`Documents::apply`] never fails: whatever a client
//! sends, the documents stay consistent, and what was wrong with it is said in [`Applied`].

pub mod cell_text;
pub mod execution;
pub mod outputs;
pub mod sync;

use std::sync::Arc;

use ropey::Rope;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use self::cell_text::{CellText, Edited};
use self::execution::{Run, Said, SaidCount};
use super::host::{self, Host};
use super::proto::{CellItem, DocumentEvent, NotebookOpened, TextChanged, TextItem, Uri};
use super::saved::SavedCell;
use crate::notebook::{Cell, CellKind, Home, Language, Notebook, NotebookMeta, Outputs, Problem};
use crate::text;

#[derive(Debug, Default)]
pub struct Documents {
    pub(super) notebooks: FxHashMap<Uri, NotebookDocument>,
    /// Boxed: a table is never full, and its free places are as large as the others.
    pub(super) cells: FxHashMap<Uri, Box<CellDocument>>,
    /// Documents that are no cells.
    pub(super) texts: FxHashMap<Uri, TextDocument>,
    /// Those of them that hold a notebook. Its cells stand in `cells`, too.
    pub(super) hosts: FxHashMap<Uri, Host>,
    pub(super) edited: Edited,
}

#[derive(Debug, Default)]
pub struct NotebookDocument {
    /// It repeats and skips in VS Code (1 2 2 5): it can be echoed, and nothing more.
    pub version: i64,
    pub order: Vec<Uri>,
    pub(super) meta: Arc<NotebookMeta>,
    /// The runs of cells that were closed: an undo brings a cell back under its URI.
    pub(super) remembered: FxHashMap<Uri, Run>,
    /// What is wrong with the text that the notebook was read from; nothing where the client has cells.
    pub(super) problems: Arc<[Problem]>,
}

#[derive(Debug)]
pub struct CellDocument {
    pub notebook: Uri,
    /// Its place in the notebook's order; `None` between a removal and its `didClose`.
    pub(super) position: Option<usize>,
    pub version: i64,
    pub text: CellText,
    pub(super) language_id: Box<str>,
    pub(super) kind: i64,
    pub(super) id: Option<Arc<str>>,
    pub(super) tags: Arc<[Box<str>]>,
    pub(super) run: Option<Run>,
    /// The cell as it was read from a text document, which has all that is known of it.
    pub(super) hosted: Option<Arc<Cell>>,
    pub(super) outputs: Outputs,
    /// The outputs are those of the saved file, not what a client tells.
    pub(super) outputs_saved: bool,
}

#[derive(Debug)]
pub struct TextDocument {
    pub version: i64,
    pub(super) language_id: Box<str>,
    pub text: Rope,
}

/// What [`Documents::apply`] did.
#[derive(Debug, Default)]
pub struct Applied {
    /// In the order in which they happened; a position counts at its own moment.
    pub changes: Vec<Change>,
    /// What was wrong with the message, for a log.
    pub complaints: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A notebook is there, or has been replaced as a whole.
    Opened(Uri),
    /// Text, kind, tags or execution of a cell.
    Cell {
        notebook: Uri,
        cell: Uri,
    },
    /// `delete` cells from `start` gave place to `insert`.
    Spliced {
        notebook: Uri,
        start: usize,
        delete: usize,
        insert: Vec<Uri>,
    },
    Meta(Uri),
    /// Of the text that a notebook is read from, something else is wrong now.
    Problems(Uri),
    /// Cells stand elsewhere in the text that they are read from.
    Moved(Uri),
    /// A cell's document is gone, and what was published for it must go.
    CellClosed {
        notebook: Uri,
        cell: Uri,
    },
    Closed(Uri),
}

impl Documents {
    pub fn apply(&mut self, event: DocumentEvent) -> Applied {
        let mut applied = Applied::default();
        match event {
            DocumentEvent::NotebookOpened(opened) => self.open(opened, &mut applied),
            DocumentEvent::NotebookChanged(changed) => sync::change(self, changed, &mut applied),
            DocumentEvent::NotebookSaved(_) => {}
            DocumentEvent::OutputsTold(told) => outputs::told(self, told, &mut applied),
            DocumentEvent::NotebookClosed(closed) => {
                let uri = closed.notebook_document.uri;
                if !self.close(&uri, &mut applied) {
                    applied
                        .complaints
                        .push(format!("{uri} was closed and never opened"));
                }
            }
            DocumentEvent::TextOpened(opened) => {
                let TextItem {
                    uri,
                    language_id,
                    version,
                    text,
                } = opened.text_document;
                host::close(self, &uri, &mut applied);
                let document = TextDocument {
                    version,
                    language_id: language_id.into(),
                    text: Rope::from_str(&text),
                };
                self.texts.insert(uri.clone(), document);
                host::open(self, &uri, &mut applied);
            }
            DocumentEvent::TextChanged(changed) => self.change_text(changed, &mut applied),
            DocumentEvent::TextSaved(saved) => {
                host::saved(self, &saved.text_document.uri, &mut applied);
            }
            DocumentEvent::TextClosed(closed) => {
                let uri = closed.text_document.uri;
                host::close(self, &uri, &mut applied);
                self.texts.remove(&uri);
            }
        }
        applied
    }

    /// Takes in the outputs that the saved file of a notebook holds.
    pub fn apply_saved(&mut self, notebook: &Uri, cells: &[SavedCell]) -> Vec<Change> {
        outputs::saved(self, notebook, cells)
    }

    pub fn notebook(&self, uri: &Uri) -> Option<&NotebookDocument> {
        self.notebooks.get(uri)
    }

    pub fn cell(&self, uri: &Uri) -> Option<&CellDocument> {
        self.cells.get(uri).map(AsRef::as_ref)
    }

    pub fn text(&self, uri: &Uri) -> Option<&TextDocument> {
        self.texts.get(uri)
    }

    pub fn notebooks(&self) -> impl Iterator<Item = &Uri> {
        self.notebooks.keys()
    }

    /// The notebook as the engine wants it.
    pub fn snapshot(&self, uri: &Uri) -> Option<Notebook> {
        let notebook = self.notebooks.get(uri)?;
        let cells = notebook
            .order
            .iter()
            .filter_map(|cell| self.cells.get(cell));
        Some(Notebook {
            cells: cells.map(|cell| Arc::new(cell.to_cell())).collect(),
            meta: Arc::clone(&notebook.meta),
            problems: Arc::clone(&notebook.problems),
        })
    }

    pub fn snapshot_meta(&self, uri: &Uri) -> Option<NotebookMeta> {
        self.notebooks
            .get(uri)
            .map(|notebook| (*notebook.meta).clone())
    }

    fn open(&mut self, opened: NotebookOpened, applied: &mut Applied) {
        let item = opened.notebook_document;
        let uri = item.uri;
        host::close(self, &uri, applied);
        if self.close(&uri, applied) {
            applied.complaints.push(format!("{uri} was opened twice"));
        }
        self.notebooks.insert(
            uri.clone(),
            NotebookDocument {
                version: item.version,
                meta: Arc::new(notebook_meta(&uri, &item.metadata)),
                ..NotebookDocument::default()
            },
        );
        sync::open_cells(self, &uri, item.cells, opened.cell_text_documents, applied);
        applied.changes.push(Change::Opened(uri));
    }

    fn close(&mut self, uri: &Uri, applied: &mut Applied) -> bool {
        if self.notebooks.remove(uri).is_none() {
            return false;
        }
        // Not by its order: a cell that was removed and never closed goes with its notebook.
        self.cells.retain(|_, cell| cell.notebook != *uri);
        applied.changes.push(Change::Closed(uri.clone()));
        true
    }

    fn change_text(&mut self, changed: TextChanged, applied: &mut Applied) {
        let TextChanged {
            text_document: of,
            content_changes,
        } = changed;
        let Some(document) = self.texts.get_mut(&of.uri) else {
            let complaint = format!("{} was changed and never opened", of.uri);
            applied.complaints.push(complaint);
            return;
        };
        document.version = of.version;
        for edit in content_changes {
            let document = self.texts.get_mut(&of.uri);
            let spliced = document
                .and_then(|document| sync::edit(&mut document.text, edit, &of.uri, applied));
            if let Some(spliced) = spliced {
                host::edited(self, &of.uri, spliced, applied);
            }
        }
        host::edits_done(self, &of.uri, applied);
    }
}

impl CellDocument {
    /// A cell with a text, before anything else is said of it.
    pub(super) fn new(notebook: Uri, item: TextItem) -> Self {
        Self {
            notebook,
            position: None,
            version: item.version,
            text: Arc::<str>::from(item.text).into(),
            language_id: item.language_id.into(),
            kind: CODE,
            id: None,
            tags: Arc::default(),
            run: None,
            hosted: None,
            outputs: Outputs::default(),
            outputs_saved: false,
        }
    }

    /// A cell that was read from a text document of that version.
    pub(super) fn host_cell(&mut self, version: i64, cell: Cell) {
        self.version = version;
        self.text = Arc::clone(&cell.text).into();
        self.kind = match cell.kind {
            CellKind::Code => CODE,
            CellKind::Markdown | CellKind::Raw | CellKind::Unknown => MARKUP,
        };
        self.id.clone_from(&cell.id);
        self.tags = Arc::clone(&cell.tags);
        self.hosted = Some(Arc::new(cell));
    }

    pub fn position(&self) -> Option<usize> {
        self.position
    }

    /// Takes in what a message says about the cell beside its text.
    pub(super) fn describe(&mut self, item: &CellItem, how: Described, remembered: Option<Run>) {
        self.kind = item.kind;
        if let Some(metadata) = &item.metadata {
            self.id = metadata.get("id").and_then(Value::as_str).map(Into::into);
            self.tags = tags(metadata);
        }
        let said = Said {
            summary: item.execution_summary,
            count: said_count(item.metadata.as_ref()),
        };
        let ran = self.run.as_ref().map(Run::count);
        self.run = match how {
            Described::Appeared => execution::appeared(said, &self.text, remembered),
            Described::Again => execution::told(said, &self.text, self.run.take()),
        };
        self.outputs.outdated |= self.outputs_saved && ran != self.run.as_ref().map(Run::count);
    }

    /// Everything of [`to_cell`](Self::to_cell) that [`describe`](Self::describe) can change.
    pub(super) fn description(&self) -> impl PartialEq + use<> {
        let execution = execution::execution(self.run.as_ref(), &self.text);
        (
            self.kind,
            self.id.clone(),
            Arc::clone(&self.tags),
            execution,
            self.outputs.outdated,
        )
    }

    pub fn to_cell(&self) -> Cell {
        if let Some(cell) = &self.hosted {
            return Cell::clone(cell);
        }
        let kind = match (self.kind, &*self.language_id) {
            // Raw cells come as code in the language "raw" (VS Code).
            (CODE, "raw") => CellKind::Raw,
            (CODE, _) => CellKind::Code,
            (MARKUP, _) => CellKind::Markdown,
            _ => CellKind::Unknown,
        };
        Cell {
            language: (kind == CellKind::Code).then(|| Language::from_name(&self.language_id)),
            id: self.id.clone(),
            tags: Arc::clone(&self.tags),
            execution: execution::execution(self.run.as_ref(), &self.text),
            outputs: self.outputs.clone(),
            ..Cell::new(kind, self.text.whole())
        }
    }
}

/// Whether a cell is new in the notebook or was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Described {
    Appeared,
    Again,
}

const MARKUP: i64 = 1;
const CODE: i64 = 2;

/// Jupyter's own metadata, which VS Code puts one level down.
fn jupyter(metadata: &Map<String, Value>) -> &Map<String, Value> {
    metadata
        .get("metadata")
        .and_then(Value::as_object)
        .unwrap_or(metadata)
}

fn tags(metadata: &Map<String, Value>) -> Arc<[Box<str>]> {
    let tags = jupyter(metadata).get("tags").and_then(Value::as_array);
    tags.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(Box::from)
        .collect()
}

fn said_count(metadata: Option<&Map<String, Value>>) -> SaidCount {
    match metadata.and_then(|metadata| metadata.get("execution_count")) {
        None => SaidCount::Nothing,
        Some(count) => count
            .as_i64()
            .and_then(execution::positive)
            .map_or(SaidCount::Null, SaidCount::Count),
    }
}

pub(super) fn notebook_meta(uri: &Uri, metadata: &Map<String, Value>) -> NotebookMeta {
    let inner = jupyter(metadata);
    let named = |of: &str, key: &str| {
        inner
            .get(of)
            .and_then(|of| of.get(key))
            .and_then(Value::as_str)
    };
    // The kernel's specification is what will run; `language_info` is what ran last.
    let language = named("kernelspec", "language").or_else(|| named("language_info", "name"));
    let number = |key| metadata.get(key).and_then(Value::as_i64);
    let home = if inner.contains_key("application/vnd.databricks.v1+notebook") {
        Home::Databricks
    } else if inner.contains_key("colab") {
        Home::Colab
    } else {
        Home::Jupyter
    };
    NotebookMeta {
        language: Language::from_name(language.unwrap_or_default()),
        home,
        python: named("language_info", "version").and_then(NotebookMeta::read_version),
        nbformat: number("nbformat").zip(number("nbformat_minor")),
        file_name: uri
            .to_file_path()
            .and_then(|path| Some(path.file_name()?.to_str()?.into())),
        volatile: Arc::default(),
    }
}

/// The bytes of `text` between two places of the protocol.
pub(super) fn byte_range(
    index: &text::LineIndex,
    of: &str,
    start: text::Utf16Position,
    end: text::Utf16Position,
) -> text::TextRange {
    let start = index.offset_of_utf16(of, start);
    let end = index.offset_of_utf16(of, end).max(start);
    text::TextRange::new(start, end)
}
