//! Edits of real notebooks' files: reading the result gives what the edit says, and other bytes stay.
//!
//! The corpus is not part of the project. Where it is missing, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::path::Path;

use cellwise::format::ipynb::clean::{Policy, clean};
use cellwise::format::{self, ipynb};
use cellwise::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use cellwise::text::{TextRange, TextSize};
use rayon::prelude::*;
use serde_json::Value;

/// One edit of each sort, and one of all sorts at once.
fn edits(notebook: &Notebook) -> Vec<(&'static str, Edit)> {
    let count = notebook.cells.len();
    let cells = || (0..count).map(CellIdx::new);
    let all = |ops: Vec<EditOp>| Edit { ops, select: None };
    let insert = |at: usize, kind| EditOp::Insert {
        at: CellIdx::new(at),
        kind,
        text: "import numpy as np\n\"é😀\"\\\n".to_owned(),
    };
    let replace = |cell: CellIdx| {
        let text = &notebook.cells[cell.to_usize()].text;
        let middle = text.char_indices().nth(text.chars().count() / 2);
        let at = TextSize::new(u32::try_from(middle.map_or(0, |(at, _)| at)).unwrap());
        let end = TextSize::of(&**text);
        [
            (TextRange::empty(at), "neu\nü"),
            (TextRange::empty(end), "\nlast"),
        ]
        .map(|(range, text)| EditOp::Replace {
            cell,
            range,
            text: text.to_owned(),
        })
    };
    let clear = || cells().map(|cell| EditOp::ClearOutputs { cell });
    let mut edits = vec![
        ("clear outputs", all(clear().collect())),
        (
            "clear counts",
            all(cells().map(|cell| EditOp::ClearCount { cell }).collect()),
        ),
        (
            "insert",
            all(vec![
                insert(0, CellKind::Code),
                insert(count / 2, CellKind::Markdown),
                insert(count, CellKind::Code),
            ]),
        ),
        (
            "remove",
            all(cells()
                .step_by(3)
                .map(|cell| EditOp::Remove { cell })
                .collect()),
        ),
        ("replace", all(cells().flat_map(replace).collect())),
    ];
    if count > 0 {
        let last = CellIdx::new(count - 1);
        let up = EditOp::Move {
            cell: last,
            before: CellIdx(0),
        };
        edits.push(("move", all(vec![up.clone()])));
        let mut ops: Vec<EditOp> = clear().collect();
        ops.extend(replace(CellIdx(0)));
        ops.extend([up, insert(count / 2, CellKind::Code)]);
        edits.push(("everything", all(ops)));
    }
    edits
}

#[test]
fn every_edit_of_a_real_file_is_what_it_says() {
    let outcomes: Vec<String> = corpus::notebooks()
        .par_iter()
        .flat_map_iter(|path| check(path))
        .collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    println!("{counts:#?}");
}

/// What became of each edit of a file.
fn check(path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let notebook = format::parse(&bytes);
    let is_json = serde_json::from_slice::<Value>(&bytes).is_ok();
    let mut outcomes = Vec::new();
    for (name, edit) in edits(&notebook) {
        let place = format!("{name}: {}", path.display());
        let Ok(after) = format::patch(&bytes, &edit) else {
            outcomes.push(format!("{name}: refused"));
            continue;
        };
        outcomes.push(format!("{name}: done"));
        keep(path, name, &after);
        let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(&after);
        assert_eq!(parsed.is_ok(), is_json, "{place}: {parsed:?}");
        let (found, expected) = (format::parse(&after), edit.apply(&notebook));
        assert_eq!(found.cells.len(), expected.cells.len(), "{place}");
        for (found, expected) in found.cells.iter().zip(&expected.cells) {
            let mut found = (**found).clone();
            if expected.id.is_none() {
                found.id = None;
            }
            // Databricks tells a cell's language by its text, which `Edit::apply` does not read.
            found.language.clone_from(&expected.language);
            assert_eq!(found, **expected, "{place}");
        }
        if name == "clear counts" {
            only_counts_differ(&bytes, &after, &place);
        }
    }
    outcomes
}

/// For `tests/formats/run --patched`, which has nbformat read the files: `FOLDER/the path with dashes/edit.ipynb`.
fn keep(path: &Path, name: &str, after: &[u8]) {
    let Some(folder) = std::env::var_os("CELLWISE_KEEP_PATCHED") else {
        return;
    };
    let own = path.strip_prefix(corpus::folder()).unwrap();
    let own = own.to_string_lossy().replace('/', "--");
    let folder = Path::new(&folder).join(own);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.ipynb")), after).unwrap();
}

#[test]
fn a_cleaned_file_has_the_same_cells_without_outputs_and_stays_as_it_is() {
    corpus::notebooks().par_iter().for_each(|path| {
        let bytes = std::fs::read(path).unwrap();
        let place = path.display();
        let Ok(Some(after)) = clean(&bytes, Policy::default()) else {
            return;
        };
        assert_eq!(clean(&after, Policy::default()), Ok(None), "{place}");
        let (before, after) = (format::parse(&bytes), format::parse(&after));
        assert_eq!(before.cells.len(), after.cells.len(), "{place}");
        assert_eq!(after.meta.volatile, [].into(), "{place}");
        let mut meta = (*before.meta).clone();
        meta.volatile = [].into();
        assert_eq!(meta, *after.meta, "{place}");
        for (before, after) in before.cells.iter().zip(&after.cells) {
            assert_eq!(
                (before.kind, &before.text, &before.id),
                (after.kind, &after.text, &after.id),
                "{place}"
            );
            assert_eq!(before.tags, after.tags, "{place}");
            assert_eq!(after.execution.count, None, "{place}");
            assert!(
                after.outputs.count == 0 || after.outputs.count == before.outputs.count,
                "{place}"
            );
        }
    });
}

/// The files are the same but for the counts.
fn only_counts_differ(before: &[u8], after: &[u8], place: &str) {
    let without = |bytes: &[u8]| {
        let (_, map) = ipynb::read(bytes);
        let mut rest = Vec::new();
        let mut at = 0;
        let mut spans: Vec<_> = map
            .cells
            .iter()
            .filter_map(|cell| cell.execution_count)
            .collect();
        spans.sort_by_key(|span| span.start);
        for span in spans {
            rest.extend_from_slice(&bytes[at..span.start]);
            at = span.end;
        }
        rest.extend_from_slice(&bytes[at..]);
        rest
    };
    assert!(without(before) == without(after), "{place}");
}
