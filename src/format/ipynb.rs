//! Jupyter's notebook files: nbformat 4, and the older 3 and 2 as far as they go.
//!
//! What a file holds is read first ([`raw`]), then judged ([`validate`]) and made into a notebook here.
//! Where a cell's text stands in the file is kept ([`SourceMap`]).
//! What old versions mean follows nbformat's own conversion
//! (<https://github.com/jupyter/nbformat/blob/main/nbformat/v4/convert.py>).

pub mod clean;
mod language;
mod lower;
mod mend;
mod merge;
mod patch;
mod raw;
pub mod resolve;
mod secrets_in_text;
mod source_map;
mod style;
mod validate;

use std::borrow::Cow;
use std::sync::Arc;

pub(super) use self::language::{of_kernel as language_of_kernel, of_magic as language_of_magic};
pub use self::lower::lower;
use self::raw::{RawCell, RawFile};
pub use self::source_map::{CellSpans, SourceMap};
use super::conflict;
use super::json::{Fault, FaultKind, Scanner, Span, Value};
use super::{BYTE_ORDER_MARK, Format, Hint, Kind};
use crate::notebook::{
    Anchor, Cell, CellKind, Execution, Home, Notebook, NotebookMeta, Outputs, Problem, ProblemKind,
};
use crate::text::LineColumn;

pub const FORMAT: Format = Format {
    name: "ipynb",
    recognises,
    kind: Kind::Ipynb,
};

/// Reads a notebook file, which need not be sound. `bytes` is UTF-8, with or without a byte order
/// mark; bytes that are no UTF-8 are read as U+FFFD.
///
/// A file with conflict markers is read with both sides: a cell that differs stands there twice,
/// as it was checked out and then as it was merged in ([`CellSpans::side`]).
pub fn read(bytes: &[u8]) -> (Notebook, SourceMap<'_>) {
    let mut problems = Vec::new();
    validate::encoding(bytes, &mut problems);

    let (raw, conflicts, versions) = match conflict::versions(bytes) {
        None => (RawFile::read(bytes), Vec::new(), None),
        Some((conflicts, [ours, theirs])) => {
            let raw = merge::both(&ours, &theirs);
            (raw, conflicts, Some([ours, theirs]))
        }
    };
    let mut map = match versions {
        None => SourceMap::new(Cow::Borrowed(bytes), None),
        Some([ours, theirs]) => SourceMap::new(Cow::Owned(ours), Some(theirs)),
    };
    map.is_sound = raw.root.is_object && raw.faults.total == 0;
    map.has_worksheets = raw.root.worksheets.is_some();
    map.lists.clone_from(&raw.lists);
    if conflicts.is_empty() {
        validate::faults(bytes, &raw, &mut problems);
        validate::schema(&raw, &mut problems);
    }
    merge::report(bytes, &raw, &conflicts, &mut problems);

    let meta = meta(&raw);
    let mut cells = Vec::with_capacity(raw.cells.len());
    for cell in raw.cells {
        let (cell, spans) = finish(cell, &raw.root, &meta, &map);
        cells.push(Arc::new(cell));
        map.cells.push(spans);
    }
    let notebook = Notebook {
        cells,
        meta: Arc::new(meta),
        problems: problems.into(),
    };
    (notebook, map)
}

/// Reads the value of one `source` by itself: its text, or the first fault that keeps it from being one.
///
/// # Errors
/// With the fault; its place counts from the start of `source`.
pub fn read_source(source: &[u8]) -> Result<String, Fault> {
    let mut scanner = Scanner::new(source, 0);
    let depth = scanner.depth();
    let value = scanner.value();
    let mut is_text = matches!(value, Value::Text(_));
    if value == Value::List {
        is_text = true;
        while scanner.next_element() {
            let depth = scanner.depth();
            is_text &= matches!(scanner.value(), Value::Text(_));
            scanner.leave_to(depth);
        }
    }
    scanner.leave_to(depth);
    let end = scanner.end();
    let faults = scanner.finish();
    if let Some(first) = faults.list.first() {
        return Err(*first);
    }
    if !is_text || end != source.len() || faults.not_finite.is_some() {
        return Err(Fault {
            kind: FaultKind::Unexpected,
            at: end.min(source.len()),
        });
    }
    Ok(source_map::decode(source, Span::new(0, source.len())))
}

/// What is said of a file whose JSON is broken at a place.
pub fn broken_json(kind: FaultKind, place: LineColumn) -> Problem {
    Problem {
        kind: ProblemKind::Unreadable,
        anchor: Anchor::File(place),
        message: format!(
            "Broken JSON at line {}, column {}: {}. Until it is repaired, the cells count as they were.",
            place.line,
            place.column,
            kind.description()
        ),
        is_mendable: false,
    }
}

fn recognises(bytes: &[u8], hint: Hint) -> bool {
    if !hint.may_be_json() {
        return false;
    }
    let start = bytes
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(bytes)
        .trim_ascii_start();
    start.starts_with(b"{") || raw::object_after_text(bytes).is_some()
}

fn meta(raw: &RawFile) -> NotebookMeta {
    let root = &raw.root;
    let home = if root.databricks || raw.cells.iter().any(|cell| cell.metadata.databricks) {
        Home::Databricks
    } else if root.colab {
        Home::Colab
    } else {
        Home::Jupyter
    };
    let nbformat = match (&root.nbformat, &root.nbformat_minor) {
        (Some(major), minor) => major.value.map(|major| {
            let minor = minor.as_ref().and_then(|minor| minor.value);
            (major, minor.unwrap_or(0))
        }),
        (None, _) => None,
    };
    NotebookMeta {
        language: language::of_notebook(root),
        home,
        python: root
            .language_version
            .as_deref()
            .and_then(NotebookMeta::read_version),
        nbformat,
        file_name: None,
        volatile: volatile(raw),
    }
}

/// The keys of volatile metadata, each with the number of its places.
fn volatile(raw: &RawFile) -> Arc<[(&'static str, usize)]> {
    let in_cells = raw.cells.iter().flat_map(|cell| &cell.metadata.volatile);
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for key in raw.root.volatile.iter().chain(in_cells) {
        // The state of widgets belongs to the outputs that show them.
        if *key == clean::WIDGETS && raw.has_outputs() {
            continue;
        }
        match counts.iter_mut().find(|(known, _)| known == key) {
            Some((_, count)) => *count += 1,
            None => counts.push((key, 1)),
        }
    }
    counts.into()
}

fn finish(
    raw: RawCell,
    root: &raw::Root,
    meta: &NotebookMeta,
    map: &SourceMap<'_>,
) -> (Cell, CellSpans) {
    let is_old = root.major() < 4;
    let cell_type = raw.cell_type.as_deref();
    let kind = match cell_type {
        Some("code") => CellKind::Code,
        Some("markdown") => CellKind::Markdown,
        Some("raw") => CellKind::Raw,
        Some("heading" | "html") if is_old => CellKind::Markdown,
        Some("plaintext" | "text" | "rst") if is_old => CellKind::Raw,
        _ => CellKind::Unknown,
    };
    let source = match (raw.source, raw.input) {
        (None, input) => input,
        (_, Some(input)) if is_old && kind == CellKind::Code => Some(input),
        (source, _) => source,
    };
    let mut spans = CellSpans {
        object: raw.object,
        source,
        outputs: raw.outputs.as_ref().map(|outputs| outputs.span),
        execution_count: raw.count.as_ref().map(|count| count.span),
        metadata: raw.metadata.span,
        id: raw.id.as_ref().map(|id| id.span),
        side: raw.side,
        prefix: 0,
    };
    let mut text = map.decode(&spans);
    if cell_type == Some("heading") && is_old {
        let level = raw.level.unwrap_or(1).clamp(1, 6);
        let signs = usize::try_from(level).unwrap_or(1);
        let line = text.replace(['\n', '\r'], " ");
        text = format!("{} {line}", "#".repeat(signs));
        spans.prefix = signs + 1;
    }

    let mut cell = Cell::new(kind, text);
    if kind == CellKind::Code {
        cell.language = language::of_cell(&raw, root, meta, &cell.text);
        cell.execution = Execution::with_count(raw.count.and_then(|count| count.value));
        cell.outputs = raw
            .outputs
            .map_or_else(Outputs::default, |outputs| outputs.summary);
    }
    cell.id = raw.id.and_then(|id| id.text).map(Arc::from);
    cell.tags = raw.metadata.tags.into();
    (cell, spans)
}

#[cfg(test)]
#[path = "ipynb/tests.rs"]
mod tests;
