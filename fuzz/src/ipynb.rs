//! Notebook files: any bytes are read; an edit that is not refused does what it says and nothing else.

use cellwise::format::conflict::{self, Keep};
use cellwise::format::ipynb::{self, clean, resolve};
use cellwise::format::{self, Decoded, Encoding};
use cellwise::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook, ProblemKind};
use cellwise::text::TextSize;
use serde_json::Value;

use super::choices::{self, Choices};
use super::edits;

pub fn run(data: &[u8]) {
    let (file, mut choices) = choices::split(data);
    let (notebook, map) = ipynb::read(file);
    assert_eq!(notebook.cells.len(), map.cells.len());
    for (index, cell) in notebook.indexed() {
        let mut last = None;
        for (at, place) in map.positions(index) {
            assert!(at.to_usize() <= cell.text.len());
            assert!(last <= Some(at), "places are in order");
            last = Some(at);
            assert!(
                place <= file.len() || map.has_conflicts(),
                "a place is in the file"
            );
        }
        let end = TextSize::of(&*cell.text);
        map.file_offset(index, end);
    }
    if Decoded::new(file).encoding != Encoding::Utf8 {
        assert!(format::patch(file, &Edit::default()).is_err());
        return;
    }
    cleaned(file);
    resolved(file, &mut choices);
    patched(file, &notebook, &edits::any(&notebook, &mut choices));
}

fn patched(file: &[u8], notebook: &Notebook, edit: &Edit) {
    let Ok(after) = ipynb::lower(file, edit) else {
        return;
    };
    let (found, expected) = (ipynb::read(&after).0, edit.apply(notebook));
    reads_as(&found, &expected, &format!("{edit:?}"));
    if is_json(file) {
        assert!(is_json(&after), "{edit:?} breaks the JSON");
    }
    if edit.ops.is_empty() {
        assert!(after == file, "no edit, and the file is another");
    }
    let (_, map) = ipynb::read(file);
    if let [
        EditOp::Replace { cell, .. } | EditOp::ClearOutputs { cell } | EditOp::ClearCount { cell },
    ] = &edit.ops[..]
    {
        let object = map.cells[cell.to_usize()].object;
        let behind = &file[object.end..];
        assert!(after.starts_with(&file[..object.start]), "{edit:?}");
        assert!(after.ends_with(behind), "{edit:?}");
    }
}

/// Panics where a notebook is not what an edit says.
pub fn reads_as(found: &Notebook, expected: &Notebook, what: &str) {
    assert_eq!(plain(found), plain(expected), "{what}");
    for (found, expected) in found.cells.iter().zip(&expected.cells) {
        assert_eq!(found.tags, expected.tags, "{what}");
        assert_eq!(found.outputs, expected.outputs, "{what}");
        assert_eq!(found.execution.count, expected.execution.count, "{what}");
        assert!(expected.id.is_none() || found.id == expected.id, "{what}");
    }
}

fn cleaned(file: &[u8]) {
    let Ok(Some(after)) = clean::clean(file, clean::Policy::default()) else {
        return;
    };
    let again = clean::clean(&after, clean::Policy::default());
    assert_eq!(again, Ok(None), "cleaning twice");
    let texts = |file: &[u8]| plain(&ipynb::read(file).0);
    assert_eq!(texts(&after), texts(file), "cleaning changes no text");
    if is_json(file) {
        assert!(is_json(&after), "cleaning breaks the JSON");
    }
}

fn resolved(file: &[u8], choices: &mut Choices<'_>) {
    let conflicts = conflict::find(file).len();
    if conflicts == 0 {
        return;
    }
    let keep =
        |choices: &mut Choices<'_>| *choices.pick(&[&Keep::Ours, &Keep::Theirs, &Keep::Both]);
    let keep: Vec<Option<Keep>> = (0..conflicts).map(|_| Some(keep(choices))).collect();
    if let Ok(after) = resolve::resolve(file, &keep) {
        let notebook = ipynb::read(&after).0;
        let broken = notebook.problems.iter();
        let broken: Vec<_> = broken
            .filter(|problem| problem.kind != ProblemKind::Invalid)
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
    }
}

fn plain(notebook: &Notebook) -> Vec<(CellKind, String)> {
    let cells = notebook.indexed();
    cells
        .map(|(_, cell): (CellIdx, _)| (cell.kind, cell.text.to_string()))
        .collect()
}

fn is_json(file: &[u8]) -> bool {
    serde_json::from_slice::<Value>(file).is_ok()
}
