//! Notebooks that are written as lines of text: scripts and Markdown.
//!
//! All such formats are alike: a cell is a run of whole lines with a marker or fences around its text, and each line
//! of the text is one line of the file, perhaps behind a prefix (`# `, `# MAGIC `, an indent). So a format only says
//! where its cells are ([`Sheet`]) and how a new one is written ([`Dialect`]); places and edits are the same for all.
//! Lines end with `\n` in a cell's text, whatever the file has.

mod coding;
mod lower;

use std::sync::Arc;

use super::header::Runs;
use super::json::Span;
use crate::notebook::{Cell, CellKind, Notebook, NotebookMeta};
use crate::text::TextSize;

pub use coding::{Coder, Coding, Quotes};
pub use lower::lower;

/// A file that was read.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// In the order of the file. What stands between them, before and after belongs to none.
    pub cells: Vec<SheetCell>,
    pub frame: Frame,
}

/// What a file says of all its cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    pub meta: NotebookMeta,
    /// How code is written in cells that do not say otherwise.
    pub coding: Coding,
    /// What the first code cell says behind the format's own words, for new ones to say, too: MyST's `ipython3`.
    pub code_info: Box<str>,
    pub runs: Runs,
    /// Code may fail unless its cell says otherwise: Quarto's `execute: error: true`.
    pub may_fail: bool,
}

#[derive(Debug, Clone)]
pub struct SheetCell {
    pub cell: Cell,
    /// From its marker through its last line or closing fence, with the line break.
    pub whole: Span,
    /// The lines of its text, with their line breaks.
    pub body: Span,
    /// Where its text stands, piece by piece: no piece goes over a line. None where the text is empty and stands nowhere.
    pub pieces: Vec<Piece>,
    pub coding: Coding,
    /// Whether a marker or fence says where it begins.
    pub is_marked: bool,
}

/// Bytes of a cell's text that stand in the file as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Where it starts in the text.
    pub text: usize,
    /// Where it starts in the file.
    pub file: usize,
    /// In bytes; a line break is in no piece.
    pub len: usize,
    /// It stands nowhere in the file: the marker says it (`# %% language="bash"` is `%%bash`).
    pub is_said: bool,
}

impl Piece {
    /// The byte of the file for a place in a text of such pieces, which are in order: where the next one begins, or where
    /// the last one ends.
    pub fn file_offset(pieces: &[Self], at: usize) -> usize {
        let after = pieces.partition_point(|piece| piece.text <= at);
        let piece = after.checked_sub(1).and_then(|last| pieces.get(last));
        let piece = piece.or(pieces.first());
        piece.map_or(0, |piece| {
            piece.file + at.saturating_sub(piece.text).min(piece.len)
        })
    }
}

/// Reads a file, or a part of one of which the frame is known.
pub type Parse = fn(&str, Option<&Frame>) -> Sheet;

/// Writes a new cell, each line with its `\n`. Gives `None` where the format has no words for one.
pub type Write = fn(&Frame, CellKind, text: &str) -> Option<String>;

/// How the cells of a format are read and written.
#[derive(Debug)]
pub struct Dialect {
    pub parse: Parse,
    pub write: Write,
    /// What stands between two cells that did not follow each other before.
    pub separator: fn(&Frame, before: CellKind, after: CellKind) -> &'static str,
    /// The lines that have to stand before a cell which had no marker, once it is not the first. Empty where
    /// cells can do without one.
    pub marker: &'static str,
    /// A blank line at the end of a text would be taken for what parts it from the next cell.
    pub needs_blank: bool,
    /// Two Markdown cells that come to stand beside each other are one.
    pub joins_prose: bool,
}

impl Sheet {
    pub fn notebook(&self) -> Notebook {
        let cells = self.cells.iter();
        Notebook {
            cells: cells.map(|cell| Arc::new(cell.cell.clone())).collect(),
            meta: Arc::new(self.frame.meta.clone()),
            problems: Arc::default(),
        }
    }
}

impl SheetCell {
    /// A cell whose text stands on the lines `body`, which are decoded one by one.
    pub fn new(file: &str, kind: CellKind, whole: Span, body: Span, coding: Coding) -> Self {
        let mut text = String::new();
        let mut pieces = Vec::new();
        let mut coder = Coder::new(coding);
        for line in lines_of(file, body) {
            if !pieces.is_empty() {
                text.push('\n');
            }
            let raw = &file[line.start..line.end];
            let placed = coder.read(raw);
            let split = if placed.prefix == 0 { 0 } else { placed.indent };
            let first = (split > 0).then_some((0, split));
            for (start, end) in first
                .into_iter()
                .chain([(split + placed.prefix, raw.len())])
            {
                pieces.push(Piece {
                    text: text.len(),
                    file: line.start + start,
                    len: end - start,
                    is_said: false,
                });
                text.push_str(&raw[start..end]);
            }
        }
        Self {
            cell: Cell::new(kind, text),
            whole,
            body,
            pieces,
            coding,
            is_marked: true,
        }
    }

    /// Puts a line before the text that the file says in other words.
    pub fn say_first(&mut self, said: &str) {
        let mut text = String::from(said);
        if !self.pieces.is_empty() {
            text.push('\n');
            text.push_str(&self.cell.text);
        }
        for piece in &mut self.pieces {
            piece.text += said.len() + 1;
        }
        let first = Piece {
            text: 0,
            file: self.whole.start,
            len: said.len(),
            is_said: true,
        };
        self.pieces.insert(0, first);
        self.cell.text = text.into();
    }

    /// Has all places count from `start` on.
    pub fn shift_back(&mut self, start: usize) {
        for span in [&mut self.whole, &mut self.body] {
            *span = Span::new(span.start - start, span.end - start);
        }
        for piece in &mut self.pieces {
            piece.file -= start;
        }
    }

    /// The byte of the file for a place in the text.
    pub fn file_offset(&self, at: TextSize) -> usize {
        let at = at.to_usize();
        let after = self.pieces.partition_point(|piece| piece.text <= at);
        let Some(piece) = after.checked_sub(1).and_then(|last| self.pieces.get(last)) else {
            return self.body.start;
        };
        if piece.is_said {
            return piece.file;
        }
        piece.file + (at - piece.text).min(piece.len)
    }

    /// The place in the text for a byte of the file; one in a prefix means the start of what stands behind it.
    /// `None` outside of the cell's text.
    pub fn cell_offset(&self, file: usize) -> Option<TextSize> {
        if file < self.body.start || file > self.body.end {
            return None;
        }
        let stands = self.pieces.partition_point(|piece| piece.is_said);
        let pieces = &self.pieces[stands..];
        let after = pieces.partition_point(|piece| piece.file <= file);
        let at = match after.checked_sub(1).and_then(|last| pieces.get(last)) {
            None => pieces.first()?.text,
            Some(piece) => {
                let inside = file - piece.file;
                let next = pieces.get(after).filter(|_| inside > piece.len + 1);
                next.map_or(piece.text + inside.min(piece.len), |next| next.text)
            }
        };
        u32::try_from(at).ok().map(TextSize::new)
    }
}

/// Whether a file reads as an edit says, as far as a text can say. With `joins_prose`, Markdown cells that stand
/// beside each other count as one.
pub fn is_same(found: &Notebook, expected: &Notebook, joins_prose: bool) -> bool {
    let cells = |notebook: &Notebook| {
        let mut cells: Vec<Arc<Cell>> = Vec::with_capacity(notebook.cells.len());
        for cell in &notebook.cells {
            match cells.last_mut() {
                Some(last)
                    if joins_prose
                        && last.kind == CellKind::Markdown
                        && cell.kind == CellKind::Markdown =>
                {
                    let joined = format!("{}\n\n{}", last.text.trim_end(), cell.text.trim_start());
                    Arc::make_mut(last).text = joined.into();
                }
                _ => cells.push(Arc::clone(cell)),
            }
        }
        cells
    };
    let (found, expected) = (cells(found), cells(expected));
    let pairs = found.iter().zip(&expected);
    found.len() == expected.len()
        && pairs.into_iter().all(|(one, other)| {
            one.kind == other.kind
                && (one.text == other.text
                    || (joins_prose
                        && one.kind == CellKind::Markdown
                        && one.text.trim() == other.text.trim()))
                && one.tags == other.tags
                && one.language == other.language
        })
}

/// The lines of a part of a file, without their line breaks.
pub fn lines_of(file: &str, part: Span) -> impl Iterator<Item = Span> + '_ {
    let mut at = part.start;
    std::iter::from_fn(move || {
        if at >= part.end {
            return None;
        }
        let rest = &file[at..part.end];
        let full = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |found| found + 1);
        let line = rest[..full].strip_suffix('\n').unwrap_or(&rest[..full]);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let span = Span::new(at, at + line.len());
        at += full;
        Some(span)
    })
}

/// Where the line that holds `at` ends, with its line break.
pub fn line_end(file: &str, at: usize) -> usize {
    memchr::memchr(b'\n', &file.as_bytes()[at..]).map_or(file.len(), |found| at + found + 1)
}

/// Takes one blank line off the end of a body, which parts the cell from the next one.
pub fn without_blank(file: &str, body: Span) -> Span {
    let last = lines_of(file, body).last();
    match last {
        Some(line) if file[line.start..line.end].trim().is_empty() => {
            Span::new(body.start, line.start)
        }
        _ => body,
    }
}

/// A text as lines of a file.
pub fn encode(coding: Coding, text: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    let mut coder = Coder::new(coding);
    for line in text.split('\n') {
        coder.write(line, out);
        out.push('\n');
    }
}

#[cfg(test)]
#[path = "sheet/tests.rs"]
mod tests;
