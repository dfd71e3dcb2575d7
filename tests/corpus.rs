//! Real notebooks: every one is read, and read as a strict JSON parser does where there is one that can.
//!
//! The corpus is not part of the project. Where it is missing, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::path::Path;

use cellwise::format::conflict::{self, Keep};
use cellwise::format::ipynb::resolve;
use cellwise::format::{self, ipynb};
use cellwise::notebook::{CellIdx, CellKind, Notebook, ProblemKind};
use cellwise::text::TextSize;
use serde_json::Value;

/// The kinds and texts of a file's cells, by way of a strict parser.
fn strictly(file: &Value) -> Vec<(CellKind, String)> {
    let major = file["nbformat"].as_i64().unwrap_or(0);
    let cells: Vec<&Value> = match (&file["cells"], &file["worksheets"]) {
        (Value::Array(cells), _) => cells.iter().collect(),
        (_, Value::Array(sheets)) => sheets
            .iter()
            .flat_map(|sheet| sheet["cells"].as_array().into_iter().flatten())
            .collect(),
        _ => Vec::new(),
    };
    cells
        .into_iter()
        .map(|cell| {
            let source = match &cell["source"] {
                Value::Null => &cell["input"],
                source => source,
            };
            let mut text = match source {
                Value::String(text) => text.clone(),
                Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
                _ => String::new(),
            };
            let kind = match cell["cell_type"].as_str() {
                Some("code") => CellKind::Code,
                Some("markdown") => CellKind::Markdown,
                Some("raw") => CellKind::Raw,
                Some("html") if major < 4 => CellKind::Markdown,
                Some("plaintext" | "text" | "rst") if major < 4 => CellKind::Raw,
                Some("heading") if major < 4 => {
                    let level = cell["level"].as_u64().unwrap_or(1) as usize;
                    text = format!("{} {}", "#".repeat(level), text.replace('\n', " "));
                    CellKind::Markdown
                }
                _ => CellKind::Unknown,
            };
            (kind, text)
        })
        .collect()
}

fn read(notebook: &Notebook) -> Vec<(CellKind, String)> {
    notebook
        .cells
        .iter()
        .map(|cell| (cell.kind, cell.text.to_string()))
        .collect()
}

#[test]
fn every_file_is_read_as_a_strict_parser_reads_it() {
    for path in corpus::notebooks() {
        let bytes = std::fs::read(&path).unwrap();
        let notebook = format::parse(&bytes);
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(file) => {
                assert_eq!(read(&notebook), strictly(&file), "{}", path.display());
                let broken = notebook
                    .problems
                    .iter()
                    .find(|problem| problem.message.contains("Broken JSON"));
                assert_eq!(broken, None, "{}", path.display());
            }
            Err(_) => assert!(
                notebook
                    .problems
                    .iter()
                    .any(|problem| problem.kind != ProblemKind::Invalid),
                "{} is broken and nothing says so",
                path.display()
            ),
        }
    }
}

#[test]
fn every_place_in_a_cell_is_found_in_the_file_and_back() {
    for path in corpus::notebooks() {
        let bytes = std::fs::read(&path).unwrap();
        let decoded = format::Decoded::new(&bytes);
        let (notebook, map) = ipynb::read(&decoded.bytes);
        for (index, cell) in notebook.indexed() {
            round_trip(&path, index, &cell.text, &map);
        }
    }
}

fn round_trip(path: &Path, index: CellIdx, text: &str, map: &ipynb::SourceMap<'_>) {
    let spans = &map.cells[index.to_usize()];
    let places: Vec<(TextSize, usize)> = map.positions(index).collect();
    if places.is_empty() {
        assert_eq!(text, "", "{}", path.display());
        return;
    }
    let boundaries: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .filter(|&at| at >= spans.prefix)
        .collect();
    let mapped: Vec<usize> = places.iter().map(|(at, _)| at.to_usize()).collect();
    assert_eq!(mapped, boundaries, "{} {index}", path.display());
    // Each question reads the source anew, so of a long cell only some places are asked for.
    let step = places.len() / 10 + 1;
    for &(at, place) in places.iter().step_by(step).chain(places.last()) {
        assert_eq!(
            map.file_offset(index, at),
            place,
            "{} {index}",
            path.display()
        );
        assert_eq!(
            map.cell_offset(index, place),
            Some(at),
            "{} {index} {at:?}",
            path.display()
        );
        if spans.side.is_none() {
            assert_eq!(map.locate(place), Some((index, at)), "{}", path.display());
        }
    }
}

/// What `nbformat.read` refuses is told from what `nbformat.validate` complains of.
/// Both lists were made with nbformat 5.11 from the files outside `odd/`.
#[test]
fn problems_are_those_that_nbformat_has() {
    let known = [
        ("nbformat/tests/invalid.ipynb", ProblemKind::Invalid),
        ("nbformat/tests/no_min_version.ipynb", ProblemKind::Invalid),
        // Without ids, which nbformat makes up and warns of.
        ("01_disturbance.ipynb", ProblemKind::Invalid),
        ("3. Expression trees.ipynb", ProblemKind::Invalid),
        (
            "nbformat/tests/test3_worksheet_with_no_cells.ipynb",
            ProblemKind::Unreadable,
        ),
    ];
    for path in corpus::notebooks() {
        let name = path.to_string_lossy().into_owned();
        if name.contains("/odd/") {
            continue;
        }
        let notebook = format::parse(&std::fs::read(&path).unwrap());
        let worst = notebook.problems.iter().map(|problem| problem.kind).min();
        let expected = known.iter().find(|(end, _)| name.ends_with(end));
        assert_eq!(
            worst,
            expected.map(|(_, kind)| *kind),
            "{name}: {:#?}",
            notebook.problems
        );
    }
}

#[test]
fn a_real_conflict_is_resolved_or_refused() {
    let (mut resolved, mut refused) = (0, 0);
    for path in corpus::notebooks() {
        let bytes = std::fs::read(&path).unwrap();
        let conflicts = conflict::find(&bytes).len();
        if conflicts == 0 {
            continue;
        }
        for keep in [Keep::Ours, Keep::Theirs, Keep::Both] {
            let Ok(new) = resolve::resolve(&bytes, &vec![Some(keep); conflicts]) else {
                refused += 1;
                continue;
            };
            resolved += 1;
            let notebook = format::parse(&new);
            let problems = notebook.problems.iter();
            let left: Vec<_> = problems
                .filter(|problem| problem.kind != ProblemKind::Invalid)
                .collect();
            assert!(left.is_empty(), "{} {keep:?}: {left:?}", path.display());
            assert!(
                serde_json::from_slice::<Value>(&new).is_ok(),
                "{} {keep:?}",
                path.display()
            );
        }
    }
    println!("{resolved} resolved, {refused} refused");
}
