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
use cellwise::format::{self, Hint};
use cellwise::notebook::{CellIdx, Edit, EditOp, Notebook};
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

/// A file of each format, with one cell, and how it is opened.
const FILES: [(&str, Hint, &str); 9] = [
    (
        "ipynb",
        Hint::None,
        r#"{"cells": [{"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}"#,
    ),
    ("percent", Hint::Python, "# %%\nnothing\n"),
    (
        "jupytext",
        Hint::Python,
        "# ---\n# jupyter:\n#   jupytext:\n#     text_representation:\n#       format_name: percent\n# ---\n\n# %%\nnothing\n",
    ),
    (
        "Databricks",
        Hint::Python,
        "# Databricks notebook source\nnothing\n",
    ),
    (
        "marimo",
        Hint::Python,
        "import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n    nothing\n    return\n\n\nif __name__ == \"__main__\":\n    app.run()\n",
    ),
    (
        "Markdown",
        Hint::Markdown,
        "---\njupyter:\n  kernelspec:\n    language: python\n---\n\n```python\nnothing\n```\n",
    ),
    (
        "MyST",
        Hint::Markdown,
        "---\njupytext:\n  format_name: myst\nkernelspec:\n  language: python\n---\n\n```{code-cell}\nnothing\n```\n",
    ),
    (
        "Quarto",
        Hint::Quarto,
        "---\njupyter: python3\n---\n\n```{python}\nnothing\n```\n",
    ),
    (
        "R Markdown",
        Hint::Markdown,
        "---\njupyter:\n  jupytext:\n    text_representation:\n      format_name: rmarkdown\n---\n\n```{python}\nnothing\n```\n",
    ),
];

/// The notebook in a file of a format; `None` where the format cannot hold it.
fn write(notebook: &Notebook, (name, hint, start): (&str, Hint, &str)) -> Option<Vec<u8>> {
    let mut edit = Edit::default();
    for cell in &notebook.cells {
        edit.ops.push(EditOp::Insert {
            at: CellIdx::new(1),
            kind: cell.kind,
            text: cell.text.to_string(),
        });
    }
    edit.ops.push(EditOp::Remove {
        cell: CellIdx::new(0),
    });
    assert_eq!(
        format::parse_as(start.as_bytes(), hint).cells.len(),
        1,
        "{name}"
    );
    format::patch_as(start.as_bytes(), hint, &edit).ok()
}

fn syntax_errors(notebook: &Notebook) -> Vec<String> {
    let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
    let link = analysis.link();
    let cells = notebook.indexed();
    let broken = cells.filter(|(index, _)| !link.facts(*index).syntax_errors.is_empty());
    broken.map(|(_, cell)| cell.text.to_string()).collect()
}

#[test]
fn every_format_holds_most_of_the_notebooks() {
    let all = notebooks();
    for file in FILES {
        let written = all.iter().filter_map(|notebook| write(notebook, file));
        let count = written.count();
        // marimo defines each name once.
        let least = if file.0 == "marimo" { 4 } else { 2 };
        assert!(
            count * least > all.len(),
            "{}: {count} of {}",
            file.0,
            all.len()
        );
    }
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
    /// A file that read without a syntax error reads so afterwards, in every format, whichever action was chosen.
    #[test]
    fn in_every_format_a_file_reads_as_the_action_says(
        number in any::<prop::sample::Index>(),
        cell in any::<prop::sample::Index>(),
        (start, end) in any::<(prop::sample::Index, prop::sample::Index)>(),
        file in prop::sample::select(&FILES[..]),
    ) {
        thread_local! {
            static NOTEBOOKS: Vec<Notebook> = notebooks();
        }
        let notebook = NOTEBOOKS.with(|all| all[number.index(all.len())].clone());
        let Some(bytes) = write(&notebook, file) else {
            return Ok(());
        };
        let (name, hint, _) = file;
        let notebook = format::parse_as(&bytes, hint);
        if notebook.cells.is_empty() || !syntax_errors(&notebook).is_empty() {
            return Ok(());
        }
        let cell = CellIdx::new(cell.index(notebook.cells.len()));
        let text = notebook.cell(cell).unwrap().text.clone();
        let (one, other) = (place(&text, start), place(&text, end));
        let range = TextRange::new(one.min(other), one.max(other));
        let client = Client { cell_structure: true, files: false };
        let analysis = Analysis::new(notebook, Arc::new(Config::default()));
        for (action, offer) in analysis.offers(cell, range, client, &NoProject) {
            if offer.disabled.is_some() {
                continue;
            }
            let argument = offer.argument.as_deref();
            let Ok(edit) = analysis.edit(action, argument, cell, range, client, &NoProject) else {
                continue;
            };
            let Ok(patched) = format::patch_as(&bytes, hint, &edit) else {
                continue;
            };
            let found = format::parse_as(&patched, hint);
            let errors = syntax_errors(&found);
            prop_assert!(errors.is_empty(), "{}, {name}: {errors:?} in\n{}", action.name, String::from_utf8_lossy(&patched));
            // Between cells of Markdown some formats know no border.
            let expected = edit.apply(analysis.notebook());
            if found.cells.len() == expected.cells.len() {
                for (found, expected) in found.cells.iter().zip(&expected.cells) {
                    prop_assert_eq!(found.text.trim(), expected.text.trim(), "{}, {}", action.name, name);
                }
            }
        }
    }
}
