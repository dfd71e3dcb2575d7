//! What holds of every refactoring that writes Python, wherever it is asked for in the cells of the hard cases.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read their cases")]

use std::path::Path;
use std::sync::Arc;

use cellwise::action::Client;
use cellwise::analysis::python;
use cellwise::config::Config;
use cellwise::docs::{self, Section};
use cellwise::engine::Analysis;
use cellwise::notebook::{CellIdx, Notebook};
use cellwise::project::NoProject;
use cellwise::text::{TextRange, TextSize};
use proptest::prelude::*;

const REFACTORINGS: [&str; 6] = [
    "extract-cell-to-function",
    "extract-selection-to-function",
    "split-cell",
    "gather-imports",
    "extract-duplicate",
    "parametrize-function",
];

/// The notebooks of the hard cases, as they are before.
fn notebooks() -> Vec<Notebook> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hard_cases");
    let mut notebooks = Vec::new();
    for action in REFACTORINGS {
        let written = std::fs::read_to_string(folder.join(format!("{action}.md"))).unwrap();
        let source: String = written
            .lines()
            .map(|line| format!("//! {line}\n"))
            .collect();
        let examples = docs::examples(&source);
        let before = examples
            .iter()
            .filter(|example| example.section != Section::After);
        notebooks.extend(before.map(docs::Example::notebook));
    }
    notebooks
}

/// A place in a text that is the start of a character.
fn place(text: &str, at: prop::sample::Index) -> TextSize {
    let mut place = at.index(text.len() + 1);
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    TextSize::try_from(place).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_python_is_python_afterwards(
        number in any::<prop::sample::Index>(),
        cell in any::<prop::sample::Index>(),
        (start, end) in any::<(prop::sample::Index, prop::sample::Index)>(),
        can in any::<bool>(),
    ) {
        thread_local! {
            static NOTEBOOKS: Vec<Notebook> = notebooks();
        }
        let notebook = NOTEBOOKS.with(|all| all[number.index(all.len())].clone());
        let cell = CellIdx::new(cell.index(notebook.cells.len()));
        let text = notebook.cell(cell).unwrap().text.clone();
        let (one, other) = (place(&text, start), place(&text, end));
        let range = TextRange::new(one.min(other), one.max(other));
        let was_python = notebook
            .cells
            .iter()
            .all(|cell| !cell.is_code() || python::facts(&cell.text).syntax_errors.is_empty());
        let client = Client { cell_structure: can, files: can };
        let analysis = Analysis::new(notebook, Arc::new(Config::default()));
        for (action, offer) in analysis.offers(cell, range, client, &NoProject) {
            if offer.disabled.is_some() || !REFACTORINGS.contains(&action.name) {
                continue;
            }
            let argument = offer.argument.as_deref();
            let edit = analysis.edit(action, argument, cell, range, client, &NoProject);
            let edit = edit.unwrap_or_else(|why| panic!("{}: offered, then {}", action.name, why.0));
            let after = edit.apply(analysis.notebook());
            for cell in after.cells.iter().filter(|cell| was_python && cell.is_code()) {
                let errors = python::facts(&cell.text).syntax_errors;
                prop_assert!(errors.is_empty(), "{}: {errors:?} in\n{}", action.name, cell.text);
            }
        }
    }
}
