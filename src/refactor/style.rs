//! Code in the style of the cells that it came from: where those were as ruff's formatter leaves them, what is
//! written is, too.
//!
//! A function is indented, so that lines that fitted fit no more, and a formatter would have the next word.

use std::collections::BTreeSet;

use ruff_python_ast::PySourceType;
use ruff_python_formatter::{PyFormatOptions, format_module_source};

use crate::action::ActionContext;
use crate::analysis::depth;
use crate::analysis::source::size;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use crate::text::{TextRange, TextSize};

/// The edit, with what it writes laid out as the cells were that it changes.
pub fn kept(cx: &ActionContext<'_>, edit: &Edit) -> Edit {
    if cx.is_trial {
        return edit.clone();
    }
    let notebook = cx.all.notebook;
    let changed: BTreeSet<CellIdx> = edit
        .ops
        .iter()
        .filter_map(|op| match op {
            EditOp::Replace { cell, .. } => Some(*cell),
            _ => None,
        })
        .collect();
    let text_of = |notebook: &Notebook, cell: CellIdx| {
        let cell = notebook.cell(cell).filter(|cell| cell.is_code());
        cell.map(|cell| cell.text.to_string())
    };
    let mut all_formatted = !changed.is_empty();
    let mut ops = edit.ops.clone();
    for cell in changed {
        let Some(was) = text_of(notebook, cell) else {
            continue;
        };
        // Some formats keep the blank lines between two cells with the first of them.
        let end = was.trim_end_matches('\n').len();
        if formatted(&was).as_deref() != Some(&was[..end]) {
            all_formatted = false;
            continue;
        }
        let own = Edit {
            ops: ops
                .iter()
                .filter(|op| replaces(op, cell))
                .cloned()
                .collect(),
            select: None,
        };
        let now = text_of(&own.apply(notebook), cell).unwrap_or_default();
        let stands = now.trim_end_matches('\n');
        if let Some(text) = formatted(&now).filter(|text| text != stands) {
            ops.retain(|op| !replaces(op, cell));
            let range = TextRange::up_to(size(end));
            ops.push(EditOp::Replace { cell, range, text });
        }
    }
    if all_formatted {
        for op in &mut ops {
            if let EditOp::Insert {
                kind: CellKind::Code,
                text,
                ..
            } = op
                && let Some(formatted) = formatted(text)
            {
                *text = formatted;
            }
        }
    }
    let styled = Edit { ops, select: None };
    let select = edit.select.and_then(|(cell, range)| {
        let before = text_of(&edit.apply(notebook), cell)?;
        let after = text_of(&styled.apply(notebook), cell)?;
        same_word(&before, range, &after).map(|range| (cell, range))
    });
    Edit { select, ..styled }
}

fn replaces(op: &EditOp, own: CellIdx) -> bool {
    matches!(op, EditOp::Replace { cell, .. } if *cell == own)
}

/// The cell's text as `ruff format` leaves it; `None` where it is no Python.
fn formatted(text: &str) -> Option<String> {
    let options = || PyFormatOptions::from_source_type(PySourceType::Ipynb);
    let printed = depth::with_stack_for(text, || format_module_source(text, options()));
    let formatted = printed.ok()?.ok()?.into_code();
    Some(formatted.trim_end_matches('\n').to_owned())
}

/// Where the word at `range` of a text stands in that text after it was laid out anew.
fn same_word(before: &str, range: TextRange, after: &str) -> Option<TextRange> {
    let word = &before[range];
    if word.is_empty() {
        return (range.end().to_usize() <= after.len()).then_some(range);
    }
    let number = before[..range.start().to_usize()].matches(word).count();
    let (at, _) = after.match_indices(word).nth(number)?;
    Some(TextRange::at(size(at), TextSize::of(word)))
}
