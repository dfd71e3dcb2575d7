//! Carries out an [`Edit`] on a file of lines.

use std::ops::Range;

use similar::{DiffTag, TextDiff};

use super::{Coder, Dialect, Sheet, SheetCell, lines_of};
use crate::format::Unpatchable;
use crate::format::json::Span;
use crate::notebook::edit::Slot;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp};

/// The file after the edit. Whoever calls compares what it reads as with what the edit says:
/// a line of text may look like a marker of the format, for which there is no escape.
///
/// # Errors
/// Where the edit asks for what the format cannot say.
pub fn lower(file: &str, edit: &Edit, dialect: &Dialect) -> Result<String, Unpatchable> {
    let concerns_files =
        |op: &EditOp| matches!(op, EditOp::CreateFile { .. } | EditOp::EditFile { .. });
    if edit.ops.iter().any(concerns_files) {
        return Err("the change concerns other files, too".into());
    }
    if edit.ops.contains(&EditOp::StripMetadata) || edit.ops.contains(&EditOp::MendFile) {
        return Err("only a notebook of JSON has what is to be repaired".into());
    }
    let sheet = (dialect.parse)(file, None);
    let lowering = Lowering {
        file,
        newline: newline_of(file),
        after: edit.texts_after(&sheet.notebook()),
        sheet: &sheet,
        dialect,
    };
    if edit.changes_structure() {
        return lowering.arrange(edit);
    }
    let mut out = String::with_capacity(file.len());
    let mut at = 0;
    for (index, cell) in sheet.cells.iter().enumerate() {
        out.push_str(&file[at..cell.whole.start]);
        let next = sheet.cells.get(index + 1);
        let gap = cell.whole.end..next.map_or(file.len(), |next| next.whole.start);
        out.push_str(&lowering.kept(index)?);
        if next.is_some() && lowering.lacks_blank(index, &file[gap]) {
            out.push_str(lowering.newline);
        }
        at = cell.whole.end;
    }
    out.push_str(&file[at..]);
    Ok(out)
}

struct Lowering<'a> {
    file: &'a str,
    newline: &'static str,
    sheet: &'a Sheet,
    /// The texts of the cells after the edit, in the old order.
    after: Vec<std::sync::Arc<str>>,
    dialect: &'a Dialect,
}

impl Lowering<'_> {
    /// A cell of the file, with its text changed.
    fn kept(&self, index: usize) -> Result<String, Unpatchable> {
        let cell = &self.sheet.cells[index];
        let part = |span: Range<usize>| &self.file[span];
        let after = &self.after[index];
        if cell.cell.text == *after {
            return Ok(part(cell.whole.start..cell.whole.end).to_owned());
        }
        let mut out = part(cell.whole.start..cell.body.start).to_owned();
        self.end_line(&mut out);
        out.push_str(&self.body(cell, after, CellIdx::new(index))?);
        if cell.body.end < cell.whole.end {
            self.end_line(&mut out);
        }
        out.push_str(part(cell.body.end..cell.whole.end));
        Ok(out)
    }

    /// The lines of a text. A line that was there keeps its bytes.
    fn body(&self, cell: &SheetCell, after: &str, index: CellIdx) -> Result<String, Unpatchable> {
        let before = &*cell.cell.text;
        let old: Vec<&str> = if cell.pieces.is_empty() {
            Vec::new()
        } else {
            before.split('\n').collect()
        };
        let new: Vec<&str> = if after.is_empty() {
            Vec::new()
        } else {
            after.split('\n').collect()
        };
        let raw: Vec<Span> = lines_of(self.file, cell.body).collect();
        // Lines that are said by the marker come first, and have no line of their own.
        let said = cell.pieces.iter().filter(|piece| piece.is_said).count();
        let mut coder = Coder::new(cell.coding);
        let mut out = String::new();
        for op in TextDiff::from_slices(&old, &new).ops() {
            if op.tag() != DiffTag::Equal && op.old_range().start < said {
                return Err(format!(
                    "the first line of {index} is not in its text: the cell's marker says it"
                )
                .into());
            }
            for at in op.new_range() {
                let mut written = String::new();
                coder.write(new[at], &mut written);
                if op.tag() == DiffTag::Equal {
                    let Some(own) =
                        (op.old_range().start + at - op.new_range().start).checked_sub(said)
                    else {
                        continue;
                    };
                    let line = raw[own];
                    let end = super::line_end(self.file, line.start).min(cell.body.end);
                    out.push_str(&self.file[line.start..end]);
                    self.end_line(&mut out);
                } else {
                    out.push_str(&written);
                    out.push_str(self.newline);
                }
            }
        }
        let ends_open = cell.body.end == self.file.len() && !self.file.ends_with('\n');
        if ends_open && let Some(cut) = out.strip_suffix(self.newline) {
            out.truncate(cut.len());
        }
        Ok(out)
    }

    /// Whether a blank last line of a cell would now be taken for what parts it from the next.
    fn lacks_blank(&self, index: usize, gap: &str) -> bool {
        self.dialect.needs_blank
            && !gap.starts_with(['\n', '\r'])
            && self.sheet.cells[index].cell.text != self.after[index]
            && ends_blank(&self.after[index])
    }

    fn arrange(&self, edit: &Edit) -> Result<String, Unpatchable> {
        let cells = &self.sheet.cells;
        let mut out = String::with_capacity(self.file.len());
        let head = cells
            .first()
            .map_or(self.file.len(), |first| first.whole.start);
        out.push_str(&self.file[..head]);
        if cells.is_empty() && !out.is_empty() {
            self.end_line(&mut out);
            out.push_str(self.newline);
        }
        let mut previous: Option<(Option<usize>, CellKind, bool)> = None;
        let slots = edit.arrangement(cells.len());
        // Without a marker nothing would say that the text is a notebook.
        let is_any_marked = slots.iter().any(|slot| match slot {
            Slot::Kept(cell) => cells[cell.to_usize()].is_marked,
            Slot::New(..) => true,
        });
        for slot in slots {
            let (index, kind, piece, blank) = match slot {
                Slot::Kept(cell) => {
                    let index = cell.to_usize();
                    let cell = &cells[index];
                    let mut piece = self.kept(index)?;
                    let stays_first = previous.is_none() && index == 0 && is_any_marked;
                    if !cell.is_marked && !stays_first {
                        piece.insert_str(0, &self.lines(self.dialect.marker));
                    }
                    let blank = ends_blank(&self.after[index]);
                    (Some(index), cell.cell.kind, piece, blank)
                }
                Slot::New(kind, text) => {
                    let piece = (self.dialect.write)(&self.sheet.frame, kind, text);
                    let piece = piece.ok_or_else(|| no_words(kind))?;
                    (None, kind, self.lines(&piece), ends_blank(text))
                }
            };
            if let Some((before, last, last_blank)) = previous {
                self.end_line(&mut out);
                let own = before.filter(|&before| Some(before + 1) == index);
                match own {
                    Some(before) => {
                        let gap =
                            &self.file[cells[before].whole.end..cells[before + 1].whole.start];
                        if self.lacks_blank(before, gap) {
                            out.push_str(self.newline);
                        }
                        out.push_str(gap);
                    }
                    None => {
                        let separator = (self.dialect.separator)(&self.sheet.frame, last, kind);
                        if last_blank && self.dialect.needs_blank && !separator.starts_with('\n') {
                            out.push_str(self.newline);
                        }
                        out.push_str(&self.lines(separator));
                    }
                }
            }
            out.push_str(&piece);
            previous = Some((index, kind, blank));
        }
        let tail = cells.last().map_or(self.file.len(), |last| last.whole.end);
        if tail < self.file.len() {
            self.end_line(&mut out);
        }
        out.push_str(&self.file[tail..]);
        Ok(out)
    }

    fn end_line(&self, out: &mut String) {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(self.newline);
        }
    }

    /// Lines of ours, as the file ends its own.
    fn lines(&self, lines: &str) -> String {
        if self.newline == "\n" {
            lines.to_owned()
        } else {
            lines.replace('\n', self.newline)
        }
    }
}

fn ends_blank(text: &str) -> bool {
    text.ends_with('\n')
}

fn no_words(kind: CellKind) -> Unpatchable {
    let what = match kind {
        CellKind::Code => "a code cell",
        CellKind::Markdown => "a Markdown cell",
        CellKind::Raw => "a raw cell",
        CellKind::Unknown => "a cell of no known type",
    };
    format!("{what} cannot be written in this format").into()
}

fn newline_of(file: &str) -> &'static str {
    match file.find('\n') {
        Some(at) if file[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}
