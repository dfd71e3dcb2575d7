//! Takes the conflict markers out of a notebook file.
//!
//! One side is kept by leaving out the lines of the other. To keep both, lines are no unit: a cell that the
//! sides have in common stands there once, and one that differs twice, first as it was checked out. What stands
//! outside the cells, and the outputs of those in common, are then those that were checked out.

use std::collections::HashSet;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::lower::fresh_id;
use super::style::Style;
use super::{SourceMap, read};
use crate::format::conflict::{self, Keep};
use crate::format::json::Span;
use crate::format::{Decoded, Encoding, Unpatchable};
use crate::notebook::{Notebook, ProblemKind};

/// The file with its conflicts resolved, those at the positions of `keep` that say how, in the order of
/// [`conflict::find`]. The others stay as git wrote them.
///
/// # Errors
/// Where the result would not be a notebook that editors open.
pub fn resolve(bytes: &[u8], keep: &[Option<Keep>]) -> Result<Vec<u8>, Unpatchable> {
    if Decoded::new(bytes).encoding != Encoding::Utf8 {
        return Err("it is UTF-16; save it as UTF-8 first".into());
    }
    let is_both = |keep: &Option<Keep>| *keep == Some(Keep::Both);
    if !keep.iter().any(is_both) {
        let resolved = conflict::without(bytes, keep);
        return if keep.iter().all(Option::is_some) {
            sound(resolved)
        } else {
            Ok(resolved)
        };
    }
    if keep.iter().any(Option::is_none) {
        return Err(
            "both sides of a conflict can be kept only when all others are resolved, too".into(),
        );
    }
    let side = |side: Keep| -> Vec<u8> {
        let keep: Vec<Option<Keep>> = keep
            .iter()
            .map(|keep| if is_both(keep) { Some(side) } else { *keep })
            .collect();
        conflict::without(bytes, &keep)
    };
    let (ours, theirs) = (sound(side(Keep::Ours))?, sound(side(Keep::Theirs))?);
    sound(both(&ours, &theirs)?)
}

/// The file, if it is one that editors open.
fn sound(bytes: Vec<u8>) -> Result<Vec<u8>, Unpatchable> {
    let (notebook, map) = read(&bytes);
    if map.has_conflicts() {
        return Err("a conflict inside another one would remain; keep one side of both".into());
    }
    let broken = notebook
        .problems
        .iter()
        .find(|problem| problem.kind == ProblemKind::Unreadable);
    match broken {
        None => Ok(bytes),
        Some(_) => Err(
            "what would remain is no notebook that editors open, for the lines that git merged outside of the \
             conflicts do not fit to these sides; keep the same side of all conflicts, or check out one version \
             of the file"
                .into(),
        ),
    }
}

/// The cells of two sound files that are versions of each other.
fn both(ours: &[u8], theirs: &[u8]) -> Result<Vec<u8>, Unpatchable> {
    let (our_notebook, our_map) = read(ours);
    let (their_notebook, their_map) = read(theirs);
    if our_notebook.meta.nbformat != their_notebook.meta.nbformat {
        return Err(
            "its sides are of different versions of the notebook format; keep one of them".into(),
        );
    }
    let (&[list], true) = (&our_map.lists[..], their_map.lists.len() == 1) else {
        return Err("its cells stand in several lists; keep one side".into());
    };
    let texts = |notebook: &Notebook| -> Vec<(u8, String)> {
        let cells = notebook.cells.iter();
        cells
            .map(|cell| (cell.kind as u8, cell.text.to_string()))
            .collect()
    };
    let operations = capture_diff_slices(
        Algorithm::Myers,
        &texts(&our_notebook),
        &texts(&their_notebook),
    );

    let mut joined = Joined {
        style: Style::of(ours, &our_map),
        out: ours[..=list.start].to_vec(),
        is_empty: true,
        ids: ids(&our_notebook),
    };
    for operation in operations {
        let (our_range, their_range) = match operation {
            DiffOp::Equal { old_index, len, .. } => (old_index..old_index + len, 0..0),
            DiffOp::Delete {
                old_index, old_len, ..
            } => (old_index..old_index + old_len, 0..0),
            DiffOp::Insert {
                new_index, new_len, ..
            } => (0..0, new_index..new_index + new_len),
            DiffOp::Replace {
                old_index,
                old_len,
                new_index,
                new_len,
            } => (
                old_index..old_index + old_len,
                new_index..new_index + new_len,
            ),
        };
        for cell in our_range {
            joined.push(our_map.cells[cell].object.of(ours));
        }
        for cell in their_range {
            let object = joined.with_own_id(theirs, &their_notebook, &their_map, cell);
            joined.push(&object);
        }
    }
    let Joined {
        style,
        mut out,
        is_empty,
        ..
    } = joined;
    if !is_empty {
        out.extend_from_slice(style.cells.close.as_bytes());
    }
    out.extend_from_slice(&ours[list.end - 1..]);
    Ok(out)
}

struct Joined {
    style: Style,
    out: Vec<u8>,
    is_empty: bool,
    ids: HashSet<String>,
}

impl Joined {
    fn push(&mut self, object: &[u8]) {
        let layout = &self.style.cells;
        let before = if self.is_empty {
            &layout.open
        } else {
            &layout.separator
        };
        self.out.extend_from_slice(before.as_bytes());
        self.out.extend_from_slice(object);
        self.is_empty = false;
    }

    /// The bytes of a cell; an id that another cell has already gives place to a new one.
    fn with_own_id(
        &mut self,
        bytes: &[u8],
        notebook: &Notebook,
        map: &SourceMap<'_>,
        cell: usize,
    ) -> Vec<u8> {
        let spans = &map.cells[cell];
        let object = spans.object;
        let own = &notebook.cells[cell];
        let (Some(id), Some(span)) = (own.id.as_deref(), spans.id) else {
            return object.of(bytes).to_vec();
        };
        if self.ids.insert(id.to_owned()) {
            return object.of(bytes).to_vec();
        }
        let taken: Vec<String> = self.ids.iter().cloned().collect();
        let new = fresh_id(&own.text, &taken);
        let parts = [
            Span::new(object.start, span.start).of(bytes),
            format!("\"{new}\"").as_bytes(),
            Span::new(span.end, object.end).of(bytes),
        ]
        .concat();
        self.ids.insert(new);
        parts
    }
}

fn ids(notebook: &Notebook) -> HashSet<String> {
    let cells = notebook.cells.iter();
    cells
        .filter_map(|cell| cell.id.as_deref().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(id: &str, lines: &str) -> String {
        format!(
            "  {{\n   \"cell_type\": \"code\",\n   \"execution_count\": null,\n   \"id\": \"{id}\",\n   \"metadata\": {{}},\n   \
             \"outputs\": [],\n   \"source\": [\n{lines}\n   ]\n  }}"
        )
    }

    fn file(cells: &str) -> String {
        format!(
            "{{\n \"cells\": [\n{cells}\n ],\n \"metadata\": {{}},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}}\n"
        )
    }

    /// A conflict in a cell's source, and one where either side adds a cell.
    fn conflicted() -> String {
        let changed = "<<<<<<< HEAD\n    \"x = 1\"\n=======\n    \"x = 2\"\n>>>>>>> topic";
        let added = format!(
            "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> topic",
            cell("b", "    \"ours\""),
            cell("c", "    \"theirs\"")
        );
        file(&[cell("a", changed), added].join(",\n"))
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        let (notebook, map) = read(bytes);
        assert!(
            !map.has_conflicts() && notebook.problems.is_empty(),
            "{:?}",
            notebook.problems
        );
        notebook
            .cells
            .iter()
            .map(|cell| cell.text.to_string())
            .collect()
    }

    #[test]
    fn each_conflict_has_its_answer() {
        use Keep::{Both, Ours, Theirs};
        let conflicted = conflicted();
        for (first, second, expected) in [
            (Ours, Ours, &["x = 1", "ours"][..]),
            (Theirs, Theirs, &["x = 2", "theirs"]),
            (Ours, Theirs, &["x = 1", "theirs"]),
            (Both, Both, &["x = 1", "ours", "x = 2", "theirs"]),
            (Both, Ours, &["x = 1", "x = 2", "ours"]),
            (Theirs, Both, &["x = 2", "ours", "theirs"]),
        ] {
            let resolved = resolve(conflicted.as_bytes(), &[Some(first), Some(second)]).unwrap();
            assert_eq!(texts(&resolved), expected, "{first:?} {second:?}");
        }
    }

    #[test]
    fn one_side_is_the_file_without_the_other() {
        let resolved = resolve(conflicted().as_bytes(), &[Some(Keep::Ours); 2]).unwrap();
        let expected = file(&[cell("a", "    \"x = 1\""), cell("b", "    \"ours\"")].join(",\n"));
        assert_eq!(String::from_utf8(resolved).unwrap(), expected);
    }

    #[test]
    fn a_conflict_without_an_answer_stays() {
        let conflicted = conflicted();
        let resolved = resolve(conflicted.as_bytes(), &[None, Some(Keep::Theirs)]).unwrap();
        let left = conflict::find(&resolved);
        assert_eq!(left.len(), 1);
        assert!(
            String::from_utf8(left[0].ours.of(&resolved).to_vec())
                .unwrap()
                .contains("x = 1")
        );
        assert!(resolve(conflicted.as_bytes(), &[None, Some(Keep::Both)]).is_err());
    }

    #[test]
    fn what_would_be_no_notebook_is_refused() {
        let torn = file(&format!(
            "<<<<<<< HEAD\n{},\n=======\n>>>>>>> topic",
            cell("a", "    \"x\"")
        ));
        let error = resolve(torn.as_bytes(), &[Some(Keep::Ours)]).unwrap_err();
        assert!(error.0.contains("no notebook that editors open"), "{error}");
    }
}
