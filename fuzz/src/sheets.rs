//! Scripts and Markdown, in each format: any bytes are read; an edit that is not refused reads as it says, and leaves
//! the bytes of other cells.

use cellwise::format::{self, Decoded, Encoding, Hint, Kind, sheet};
use cellwise::notebook::{Edit, EditOp};
use cellwise::text::TextSize;

use super::choices;
use super::edits;

/// The first number of an input chooses.
const HINTS: [Hint; 8] = [
    Hint::None,
    Hint::Python,
    Hint::Markdown,
    Hint::Quarto,
    Hint::RMarkdown,
    Hint::Json,
    Hint::Sql,
    Hint::Other,
];

pub fn run(data: &[u8]) {
    let (file, mut choices) = choices::split(data);
    let hint = HINTS[choices.below(HINTS.len())];
    let decoded = Decoded::new(file);
    let Some(found) = decoded.format(hint) else {
        return;
    };
    let Kind::Sheet(dialect) = &found.kind else {
        return;
    };
    // Every dialect reads every text; the edit is tried in the one that recognises it.
    for format in format::ALL {
        if let Kind::Sheet(dialect) = &format.kind {
            places(&dialect.read(&decoded.bytes), &decoded.bytes);
        }
    }
    let notebook = format::parse_as(file, hint);
    let edit = edits::any(&notebook, &mut choices);
    let after = format::patch_as(file, hint, &edit);
    if decoded.encoding != Encoding::Utf8 {
        assert!(after.is_err());
        return;
    }
    let Ok(after) = after else {
        return;
    };
    let read = format::parse_as(&after, hint);
    let same = sheet::is_same(&read, &edit.apply(&notebook), dialect.joins_prose);
    assert!(same, "{}: {edit:?} reads as {read:#?}", found.name);
    if edit.ops.is_empty() {
        assert!(
            after == file,
            "{}: no edit, and the file is another",
            found.name
        );
    }
    only_the_cell(file, &after, &edit, hint);
}

/// Cells are in order, and every place in a text is one in its file.
fn places(sheet: &sheet::Sheet, file: &[u8]) {
    let mut last = 0;
    for cell in &sheet.cells {
        assert!(last <= cell.whole.start, "cells are in order");
        assert!(cell.whole.start <= cell.body.start && cell.body.end <= cell.whole.end);
        last = cell.whole.end;
        for at in [0, cell.cell.text.len() / 2, cell.cell.text.len()] {
            let at = TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
            // Bytes that are no UTF-8 become longer when they are read.
            if std::str::from_utf8(file).is_ok() {
                assert!(cell.file_offset(at) <= file.len());
            }
        }
    }
}

/// A new text in one cell leaves what stands before and behind the cell.
fn only_the_cell(file: &[u8], after: &[u8], edit: &Edit, hint: Hint) {
    let [EditOp::Replace { cell, .. }] = &edit.ops[..] else {
        return;
    };
    let Ok(text) = std::str::from_utf8(file) else {
        return;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(Kind::Sheet(dialect)) = Decoded::new(file).format(hint).map(|format| &format.kind)
    else {
        return;
    };
    let whole = (dialect.parse)(text, None).cells[cell.to_usize()].whole;
    let (before, behind) = (&text[..whole.start], &text[whole.end..]);
    let after = String::from_utf8_lossy(after);
    let after = after.strip_prefix('\u{feff}').unwrap_or(&after);
    assert!(
        after.starts_with(before.trim_end()),
        "{edit:?}: what stands before"
    );
    assert!(
        after.ends_with(behind.trim_start()),
        "{edit:?}: what stands behind"
    );
}
