//! What a fix or a refactoring does to a notebook, free of any client or file format.
//!
//! How an [`Edit`] is carried out depends on who asked, and that is decided in one place each:
//! `lsp/lower.rs` for editors, [`crate::format`] for files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Cell, CellIdx, CellKind, Notebook};
use crate::text::{TextRange, TextSize, with_replacements};

/// Changes that belong together: all are applied or none.
///
/// Every index and range refers to the notebook as it was **before** the edit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    pub ops: Vec<EditOp>,
    /// What the person will want to rename or read next: bytes of the cell as it is **after** the edit.
    pub select: Option<(CellIdx, TextRange)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditOp {
    /// Replace bytes of a cell's text.
    Replace {
        cell: CellIdx,
        range: TextRange,
        text: String,
    },
    /// Insert a new cell before `at`; `at` may be the number of cells. Several inserted at the
    /// same place keep their order.
    Insert {
        at: CellIdx,
        kind: CellKind,
        text: String,
    },
    /// Take a cell out and put it before the cell that was at `before` (which may be the number of cells).
    Move {
        cell: CellIdx,
        before: CellIdx,
    },
    Remove {
        cell: CellIdx,
    },
    /// Drop a cell's outputs and its execution count.
    ClearOutputs {
        cell: CellIdx,
    },
    /// Drop a cell's execution count and keep its outputs.
    ClearCount {
        cell: CellIdx,
    },
    /// Drop the metadata that changes without anyone meaning it ([`super::NotebookMeta::volatile`]).
    /// It is in files alone: an editor has its own way of keeping metadata.
    StripMetadata,
    /// Repair what breaks the rules of the file's format, as far as nothing is lost by it
    /// ([`super::Problem::is_mendable`]). What the notebook is read as stays. In files alone.
    MendFile,
    /// Write a file that must not exist yet.
    CreateFile {
        path: PathBuf,
        text: String,
    },
    /// Replace bytes of a file whose text still must be `expected`.
    EditFile {
        path: PathBuf,
        expected: Arc<str>,
        replacements: Vec<(TextRange, String)>,
    },
}

/// A place in the list of cells after an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot<'e> {
    /// A cell of the notebook before.
    Kept(CellIdx),
    New(CellKind, &'e str),
}

impl Edit {
    pub fn replace(cell: CellIdx, range: TextRange, text: impl Into<String>) -> Self {
        Self::from(EditOp::Replace {
            cell,
            range,
            text: text.into(),
        })
    }

    /// Whether the edit changes which cells there are or their order, which plain LSP cannot express.
    pub fn changes_structure(&self) -> bool {
        self.ops.iter().any(|op| {
            matches!(
                op,
                EditOp::Insert { .. } | EditOp::Move { .. } | EditOp::Remove { .. }
            )
        })
    }

    /// Whether the edit can be said with text edits in cells alone.
    pub fn is_text_only(&self) -> bool {
        self.ops
            .iter()
            .all(|op| matches!(op, EditOp::Replace { .. }))
    }

    /// The notebook after the edit; files are left out.
    ///
    /// # Panics
    /// Never: an index or range that the notebook does not have is passed over.
    pub fn apply(&self, notebook: &Notebook) -> Notebook {
        let mut texts: Vec<Arc<Cell>> = notebook.cells.clone();
        self.replace_texts(&mut texts);
        for op in &self.ops {
            let (cell, all) = match op {
                EditOp::ClearOutputs { cell } => (cell, true),
                EditOp::ClearCount { cell } => (cell, false),
                _ => continue,
            };
            if let Some(slot) = texts.get_mut(cell.to_usize()) {
                let slot = Arc::make_mut(slot);
                slot.execution = super::Execution::default();
                if all {
                    slot.outputs = super::Outputs::default();
                }
            }
        }

        let cells = self
            .arrangement(texts.len())
            .into_iter()
            .map(|slot| match slot {
                Slot::Kept(cell) => Arc::clone(&texts[cell.to_usize()]),
                Slot::New(kind, text) => Arc::new(Cell::new(kind, text)),
            })
            .collect();
        let mut meta = Arc::clone(&notebook.meta);
        if self.ops.contains(&EditOp::StripMetadata) {
            Arc::make_mut(&mut meta).volatile = Arc::default();
        }
        Notebook {
            cells,
            meta,
            problems: Arc::default(),
        }
    }

    /// This edit and then another one, as one edit of the notebook before both. This one must leave the list of
    /// cells, and their outputs, as they are.
    pub fn followed_by(self, next: Self, notebook: &Notebook) -> Self {
        let texts = next.texts_after(&self.apply(notebook));
        let mut ops: Vec<EditOp> = self.ops;
        ops.retain(|op| matches!(op, EditOp::CreateFile { .. } | EditOp::EditFile { .. }));
        for ((index, cell), text) in notebook.indexed().zip(texts) {
            let is_gone = next
                .ops
                .iter()
                .any(|op| matches!(op, EditOp::Remove { cell } if *cell == index));
            if !is_gone && cell.text != text {
                ops.push(EditOp::Replace {
                    cell: index,
                    range: TextRange::up_to(TextSize::of(&*cell.text)),
                    text: text.to_string(),
                });
            }
        }
        let others = next.ops.into_iter();
        ops.extend(others.filter(|op| !matches!(op, EditOp::Replace { .. })));
        Self {
            ops,
            select: next.select,
        }
    }

    /// The texts of the cells after the edit, in the order of before, with those that are to go.
    pub fn texts_after(&self, notebook: &Notebook) -> Vec<Arc<str>> {
        let mut cells = notebook.cells.clone();
        self.replace_texts(&mut cells);
        cells.iter().map(|cell| Arc::clone(&cell.text)).collect()
    }

    /// The cells of a notebook of `count` cells after the edit, in their order.
    pub fn arrangement(&self, count: usize) -> Vec<Slot<'_>> {
        let mut before: Vec<Vec<Slot<'_>>> = vec![Vec::new(); count + 1];
        let mut gone = vec![false; count];
        for op in &self.ops {
            match op {
                EditOp::Insert { at, kind, text } => {
                    if let Some(place) = before.get_mut(at.to_usize()) {
                        place.push(Slot::New(*kind, text));
                    }
                }
                EditOp::Move { cell, before: at } => {
                    let moved = gone.get_mut(cell.to_usize());
                    if let (Some(moved), Some(place)) = (moved, before.get_mut(at.to_usize())) {
                        place.push(Slot::Kept(*cell));
                        *moved = true;
                    }
                }
                EditOp::Remove { cell } => {
                    if let Some(slot) = gone.get_mut(cell.to_usize()) {
                        *slot = true;
                    }
                }
                _ => {}
            }
        }
        let mut slots = Vec::with_capacity(count);
        for (position, mut first) in before.into_iter().enumerate() {
            slots.append(&mut first);
            if gone.get(position) == Some(&false) {
                slots.push(Slot::Kept(CellIdx::new(position)));
            }
        }
        slots
    }

    /// The files that the edit writes, each with the whole text that it will have.
    pub fn files(&self) -> impl Iterator<Item = (&Path, String)> {
        self.ops.iter().filter_map(|op| match op {
            EditOp::CreateFile { path, text } => Some((&**path, text.clone())),
            EditOp::EditFile {
                path,
                expected,
                replacements,
            } => Some((&**path, with_replacements(expected, replacements))),
            _ => None,
        })
    }

    /// The replacements in a cell's text, from the back: made in this order, they leave the earlier
    /// places where they were.
    pub fn replacements(&self, cell: CellIdx) -> Vec<(TextRange, &str)> {
        let all = self.all_replacements().into_iter();
        all.filter(|(own, ..)| *own == cell)
            .map(|(_, range, text)| (range, text))
            .collect()
    }

    fn all_replacements(&self) -> Vec<(CellIdx, TextRange, &str)> {
        let mut replacements: Vec<(CellIdx, TextRange, &str)> = self
            .ops
            .iter()
            .filter_map(|op| match op {
                EditOp::Replace { cell, range, text } => Some((*cell, *range, text.as_str())),
                _ => None,
            })
            .collect();
        // The sort is stable: of two insertions at one place the one that was pushed first comes first.
        replacements.reverse();
        replacements.sort_by_key(|(cell, range, _)| std::cmp::Reverse((*cell, range.start())));
        replacements
    }

    fn replace_texts(&self, cells: &mut [Arc<Cell>]) {
        for (cell, range, new) in self.all_replacements() {
            let Some(slot) = cells.get_mut(cell.to_usize()) else {
                continue;
            };
            let range = std::ops::Range::<usize>::from(range);
            if slot.text.get(range.clone()).is_none() {
                continue;
            }
            let mut text = slot.text.to_string();
            text.replace_range(range, new);
            Arc::make_mut(slot).text = text.into();
        }
    }
}

impl From<EditOp> for Edit {
    fn from(op: EditOp) -> Self {
        Self {
            ops: vec![op],
            select: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(texts: &[&str]) -> Notebook {
        Notebook {
            cells: texts
                .iter()
                .map(|text| Arc::new(Cell::new(CellKind::Code, *text)))
                .collect(),
            ..Notebook::default()
        }
    }

    fn texts(notebook: &Notebook) -> Vec<&str> {
        notebook.cells.iter().map(|cell| &*cell.text).collect()
    }

    #[test]
    fn all_indices_mean_the_notebook_before() {
        let edit = Edit {
            ops: vec![
                EditOp::Remove { cell: CellIdx(0) },
                EditOp::Insert {
                    at: CellIdx(2),
                    kind: CellKind::Code,
                    text: "new".into(),
                },
                EditOp::Move {
                    cell: CellIdx(2),
                    before: CellIdx(0),
                },
                EditOp::Replace {
                    cell: CellIdx(1),
                    range: TextRange::up_to(1.into()),
                    text: "B".into(),
                },
            ],
            select: None,
        };
        let after = edit.apply(&notebook(&["a", "b", "c"]));
        assert_eq!(texts(&after), ["c", "B", "new"]);
    }

    #[test]
    fn an_edit_and_another_one_are_one() {
        let before = notebook(&["a", "b", "c"]);
        let first = Edit::replace(CellIdx(0), TextRange::empty(1.into()), "1");
        let next = Edit {
            ops: vec![
                EditOp::Replace {
                    cell: CellIdx(0),
                    range: TextRange::new(1.into(), 2.into()),
                    text: "2".into(),
                },
                EditOp::Remove { cell: CellIdx(1) },
            ],
            select: None,
        };
        let twice = next.apply(&first.apply(&before));
        let once = first.followed_by(next, &before).apply(&before);
        assert_eq!(texts(&once), texts(&twice));
        assert_eq!(texts(&once), ["a2", "c"]);
    }

    #[test]
    fn two_insertions_at_one_place_keep_their_order() {
        let at = TextRange::empty(1.into());
        let mut edit = Edit::replace(CellIdx(0), at, "1");
        edit.ops.extend(Edit::replace(CellIdx(0), at, "2").ops);
        assert_eq!(texts(&edit.apply(&notebook(&["ab"]))), ["a12b"]);
    }
}
