//! Applies an action to a notebook and prints what becomes of it, for `tests/behaviour/run`.
//!
//!     apply_to_cells ACTION NOTEBOOK            each cell alone: one line a cell where it is offered
//!     apply_to_cells ACTION NOTEBOOK --all      to all cells, one after the other, from the last to the first
//!     apply_to_cells ACTION NOTEBOOK --plain    as for a client that cannot insert cells
//!     apply_to_cells rename NOTEBOOK --all      a new name for every variable that can have one
//!
//! A line is `{"cell": 3, "title": …, "cells": [{"origin": 0, "kind": "code", "source": …}, …]}`;
//! `origin` is the cell's index in the notebook before, null for a new cell.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a tool for tests: it reads a file and prints"
)]

use std::sync::Arc;

use anyhow::{Context as _, bail};
use cellwise::action::Client;
use cellwise::actions;
use cellwise::analysis::occurrences::{Kind, Owner};
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use cellwise::notebook::{CellIdx, CellKind, EditOp, Notebook};
use cellwise::project::NoProject;
use cellwise::refactor::rename;
use cellwise::text::TextRange;
use cellwise::view::variable;
use serde_json::json;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [action, path, options @ ..] = &arguments[..] else {
        bail!("usage: apply_to_cells ACTION NOTEBOOK [--all] [--plain]");
    };
    let has = |option: &str| options.iter().any(|given| given == option);
    if action == "rename" {
        return rename_all(path);
    }
    let action = actions::find(action).context("there is no such action")?;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let client = Client {
        cell_structure: !has("--plain"),
        files: false,
    };
    let original = format::parse(&bytes);
    let mut notebook = original.clone();
    let mut origins: Vec<Option<usize>> = (0..notebook.cells.len()).map(Some).collect();
    let mut titles = Vec::new();
    for index in (0..original.cells.len()).rev().map(CellIdx::new) {
        let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
        for at in places(&analysis, index, action.name) {
            let offers = analysis.offers(index, at, client, &NoProject);
            let offer = offers
                .into_iter()
                .find(|(own, offer)| own.name == action.name && offer.disabled.is_none());
            let Some((_, offer)) = offer else {
                continue;
            };
            let edit = match analysis.edit(
                action,
                offer.argument.as_deref(),
                index,
                at,
                client,
                &NoProject,
            ) {
                Ok(edit) => edit,
                Err(refusal) => bail!("offered, then refused: {}", refusal.0),
            };
            let after = edit.apply(analysis.notebook());
            let mut after_origins = origins.clone();
            for op in &edit.ops {
                if let EditOp::Insert { at, .. } = op {
                    after_origins.insert(at.to_usize(), None);
                }
            }
            titles.push(offer.title);
            if has("--all") {
                // The places that were found mean the notebook before.
                (notebook, origins) = (after, after_origins);
                break;
            }
            print(index.to_usize(), &titles.join(", "), &after, &after_origins);
            titles.clear();
        }
    }
    if has("--all") {
        print(0, &titles.join(", "), &notebook, &origins);
    }
    Ok(())
}

/// Functions and classes keep their names: what is shown of them says it.
fn rename_all(path: &str) -> anyhow::Result<()> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let mut notebook = format::parse(&bytes);
    let mut titles = Vec::new();
    for cell in (0..notebook.cells.len()).map(CellIdx::new) {
        let mut done = 0;
        loop {
            let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
            let found = variable::occurrences(&analysis, cell).found;
            let mut variables = found.iter().filter(|place| {
                let facts = analysis.link().facts(cell);
                let is_definition = facts
                    .bindings
                    .iter()
                    .any(|binding| binding.range == place.range && binding.kind.is_definition());
                place.owner == Owner::Notebook
                    && matches!(place.kind, Kind::Bind | Kind::Import(_))
                    && !place.name.ends_with("_renamed")
                    && !is_definition
            });
            let Some(place) = variables.nth(done) else {
                break;
            };
            let new = format!("{}_renamed", place.name);
            match rename::rename(&analysis, cell, place.range.start(), &new) {
                Ok(edit) => {
                    titles.push(place.name.to_string());
                    notebook = edit.apply(&notebook);
                }
                Err(_) => done += 1,
            }
        }
    }
    let origins: Vec<Option<usize>> = (0..notebook.cells.len()).map(Some).collect();
    print(0, &titles.join(", "), &notebook, &origins);
    Ok(())
}

/// Where a person may stand in the cell: at what the action repairs, or at its beginning.
fn places(analysis: &Analysis, cell: CellIdx, action: &str) -> Vec<TextRange> {
    let text = analysis.notebook().cell(cell).map_or("", |cell| &cell.text);
    let findings = analysis.cell_findings(cell).iter();
    let repaired = findings
        .filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.action == action))
        .map(|finding| finding.anchor.range_in(text));
    let mut places: Vec<TextRange> = repaired.collect();
    if places.is_empty() {
        places.push(TextRange::empty(0.into()));
    }
    places
}

fn print(cell: usize, title: &str, notebook: &Notebook, origins: &[Option<usize>]) {
    let cells: Vec<_> = notebook
        .cells
        .iter()
        .zip(origins)
        .map(|(cell, origin)| {
            let kind = match cell.kind {
                CellKind::Code => "code",
                CellKind::Markdown => "markdown",
                CellKind::Raw | CellKind::Unknown => "raw",
            };
            json!({"origin": origin, "kind": kind, "source": &*cell.text})
        })
        .collect();
    println!("{}", json!({"cell": cell, "title": title, "cells": cells}));
}
