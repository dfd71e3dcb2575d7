//! Where imports stand: a new one ([`insert`]), and all of a notebook together ([`gather`]).
//!
//! What gathering asks has one place each: [`modules`] says which do nothing but define things, [`barriers`] what an
//! import cannot pass on its way up, [`patches`] what one of members cannot, [`served`] who has a name from a star import,
//! [`lines`] where imports stand in a cell, and [`block`] how they are written together.

pub mod barriers;
pub mod block;
pub mod gather;
pub mod lines;
pub mod modules;
pub mod patches;
pub mod served;

use crate::action::{ActionContext, Refusal};
use crate::analysis::facts::{BindingKind, Facts, StatementKind};
use crate::analysis::python;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp};
use crate::text::{TextRange, TextSize};

/// Puts an import below those of the first cell that has some and stands no further down than the
/// cell that needs it; without one into a new first cell, or on top of the cell itself.
///
/// # Errors
/// Where the notebook has the import already, in time.
pub fn insert(cx: &ActionContext<'_>, import: &str) -> Result<Edit, Refusal> {
    if let Some((cell, facts)) = import_cell(cx) {
        if binds_the_same(facts, import) {
            return Err(format!("{cell} has `{import}` already; run it first").into());
        }
        return Ok(after_imports(cx, cell, facts, import));
    }
    if cx.client.cell_structure {
        return Ok(EditOp::Insert {
            at: first_code_cell(cx),
            kind: CellKind::Code,
            text: import.to_owned(),
        }
        .into());
    }
    Ok(at_top(cx, import))
}

/// The first cell with an import at its top level, no further down than the cell that needs one.
pub fn import_cell<'a>(cx: &ActionContext<'a>) -> Option<(CellIdx, &'a Facts)> {
    (0..=cx.cell.0)
        .map(CellIdx)
        .map(|cell| (cell, cx.all.facts(cell)))
        .filter(|(_, facts)| facts.runs())
        .find(|(cell, facts)| {
            last_import(facts).is_some_and(|range| {
                // In the cell itself the import must stand above the place that needs it.
                *cell != cx.cell || range.end() <= cx.range.start()
            })
        })
}

/// From when on what [`insert`] writes below other imports is made.
pub fn place(cx: &ActionContext<'_>) -> Option<served::Moment> {
    let (cell, facts) = import_cell(cx)?;
    let last = last_import(facts)?;
    let mut statements = facts.statements.iter();
    let own = statements.find(|statement| statement.range == last)?;
    Some((cell, own.steps.1))
}

/// The last import statement of the first that stand together.
fn last_import(facts: &Facts) -> Option<TextRange> {
    facts
        .statements
        .iter()
        .skip_while(|statement| statement.kind != StatementKind::Import)
        .take_while(|statement| statement.kind == StatementKind::Import)
        .last()
        .map(|statement| statement.range)
}

fn binds_the_same(facts: &Facts, import: &str) -> bool {
    let wanted = python::facts(import);
    wanted.bindings.iter().all(|wanted| {
        facts.bindings.iter().any(|own| {
            own.name == wanted.name
                && matches!(own.kind, BindingKind::Import { .. })
                && own.kind == wanted.kind
        })
    })
}

/// On a line of its own below the imports.
fn after_imports(cx: &ActionContext<'_>, cell: CellIdx, facts: &Facts, import: &str) -> Edit {
    let text = text_of(cx, cell);
    let end = last_import(facts).map_or(0, |range| range.end().to_usize());
    let line_end = text[end..]
        .find(['\n', '\r'])
        .map_or(text.len(), |found| end + found);
    // Behind `import os; x = 1` the line ends with other code, which is no reason to go elsewhere.
    let newline = newline_of(text);
    Edit::replace(cell, empty(line_end), format!("{newline}{import}"))
}

/// Above the first statement of the cell: below its magic, its comments and `from __future__`.
fn at_top(cx: &ActionContext<'_>, import: &str) -> Edit {
    let text = text_of(cx, cx.cell);
    let newline = newline_of(text);
    let facts = cx.all.facts(cx.cell);
    let magic = facts
        .cell_magics()
        .next_back()
        .map_or(0, |magic| after_line(text, magic.range.end().to_usize()));
    let first = facts
        .statements
        .first()
        .map_or(magic, |statement| statement.range.start().to_usize());
    let at = line_start(text, first).max(magic);
    Edit::replace(cx.cell, empty(at), format!("{import}{newline}{newline}"))
}

fn first_code_cell(cx: &ActionContext<'_>) -> CellIdx {
    cx.all
        .notebook
        .indexed()
        .find(|(_, cell)| cell.is_code())
        .map_or(cx.cell, |(index, _)| index)
}

fn text_of<'a>(cx: &ActionContext<'a>, cell: CellIdx) -> &'a str {
    cx.all.notebook.cell(cell).map_or("", |cell| &cell.text)
}

fn newline_of(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |found| found + 1)
}

fn after_line(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |found| at + found + 1)
}

fn empty(at: usize) -> TextRange {
    TextRange::empty(TextSize::new(u32::try_from(at).unwrap_or(u32::MAX)))
}
