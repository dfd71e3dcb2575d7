//! Any edit of any notebook.

use cellwise::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use cellwise::text::{TextRange, TextSize};

use super::choices::Choices;

/// Texts that a format may take for something of its own.
const TEXTS: &[&str] = &[
    "",
    "a",
    "\n",
    "x = 1\ny",
    "# c",
    "é😀\n",
    "%time z",
    "!ls\n",
    "  b",
    "```",
    "# %%",
    "---",
    "\n\n",
    "q\n\n\n",
    "\"",
    "\\",
    "\"\"\"",
    "\r\n",
    "\r",
    "\t",
    "\u{1}",
    "+++",
    "# COMMAND ----------",
    "# MAGIC %md",
    "~~~",
    "]}",
    "-->",
    "\u{2028}",
    "%%bash\nls",
    "\u{feff}",
    "@app.cell",
];

/// Up to four operations. No cell is moved, removed and replaced in one edit, and no two replacements overlap:
/// no action asks for that.
pub fn any(notebook: &Notebook, choices: &mut Choices<'_>) -> Edit {
    let count = notebook.cells.len();
    let mut edit = Edit::default();
    let mut touched = Vec::new();
    for _ in 0..4 {
        if choices.is_empty() {
            break;
        }
        let what = choices.below(7);
        let cell = CellIdx::new(choices.below(count));
        let place = CellIdx::new(choices.below(count + 1));
        if what == 0 {
            edit.ops.push(EditOp::Insert {
                at: place,
                kind: *choices.pick(&[&CellKind::Code, &CellKind::Markdown, &CellKind::Raw]),
                text: choices.pick(TEXTS).to_owned(),
            });
            continue;
        }
        let Some(old) = notebook.cell(cell) else {
            continue;
        };
        if touched.contains(&cell) {
            continue;
        }
        touched.push(cell);
        edit.ops.push(match what {
            1 => EditOp::Move {
                cell,
                before: place,
            },
            2 => EditOp::Remove { cell },
            3 => EditOp::ClearOutputs { cell },
            4 => EditOp::ClearCount { cell },
            _ => {
                let mut ends = [choices.place(&old.text), choices.place(&old.text)];
                ends.sort_unstable();
                EditOp::Replace {
                    cell,
                    range: range(ends[0], ends[1]),
                    text: choices.pick(TEXTS).to_owned(),
                }
            }
        });
    }
    edit
}

/// Bytes of a cell.
pub fn range(start: usize, end: usize) -> TextRange {
    let size = |at: usize| TextSize::new(u32::try_from(at).unwrap_or(u32::MAX));
    TextRange::new(size(start), size(end))
}
