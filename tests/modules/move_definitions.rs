//! Moves the definitions of a notebook to a module beside it and prints what becomes of both, for `tests/modules/run`.
//!
//!     move_definitions NOTEBOOK            each definition alone: one line each
//!     move_definitions NOTEBOOK --all      all that can move, one after the other, to one module: one line
//!
//! A line is `{"cell": 3, "title": …, "cells": [{"origin": 0, "kind": "code", "source": …}, …], "files": {"a.py": …}}`,
//! or has `"disabled"` with the reason. `origin` is the cell's index in the notebook before. `"is_function"` and
//! `"reads_variable"` tell what was tried.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a tool for tests: it reads a file and prints"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use cellwise::action::Client;
use cellwise::actions;
use cellwise::analysis::facts::BindingKind;
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use cellwise::notebook::edit::Slot;
use cellwise::notebook::{CellIdx, CellKind, Edit, EditOp, Notebook};
use cellwise::project::MemoryProject;
use cellwise::text::TextRange;
use serde_json::{Value, json};

const CLIENT: Client = Client {
    cell_structure: true,
    files: true,
};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, options @ ..] = &arguments[..] else {
        bail!("usage: move_definitions NOTEBOOK [--all]");
    };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let notebook = format::parse(&bytes);
    let name = std::path::Path::new(path).file_name().unwrap_or_default();
    let mut state = State {
        origins: (0..notebook.cells.len()).map(Some).collect(),
        notebook,
        name: name.to_string_lossy().into_owned(),
        files: BTreeMap::new(),
    };
    if options.iter().any(|option| option == "--all") {
        let mut tried: Vec<String> = Vec::new();
        while let Some(next) = places(&state.notebook)
            .into_iter()
            .find(|own| !tried.contains(&own.name))
        {
            tried.push(next.name.clone());
            if let Ok((_, after)) = state.moved(&next) {
                state = after;
            }
        }
        println!("{}", state.line(0, &format!("{} definitions", tried.len())));
        return Ok(());
    }
    for place in places(&state.notebook) {
        let mut line = match state.moved(&place) {
            Ok((title, after)) => after.line(place.cell.to_usize(), &title),
            Err(reason) => json!({"cell": place.cell.0, "disabled": reason}),
        };
        line["name"] = json!(place.name);
        line["is_function"] = json!(place.is_function);
        println!("{line}");
    }
    Ok(())
}

struct State {
    notebook: Notebook,
    origins: Vec<Option<usize>>,
    name: String,
    files: BTreeMap<String, String>,
}

/// A definition of the notebook.
struct Place {
    name: String,
    cell: CellIdx,
    range: TextRange,
    is_function: bool,
}

fn places(notebook: &Notebook) -> Vec<Place> {
    let analysis = Analysis::new(notebook.clone(), Arc::new(Config::default()));
    let mut places = Vec::new();
    for (cell, _) in notebook.indexed() {
        for binding in &analysis.link().facts(cell).bindings {
            if binding.kind.is_definition() {
                places.push(Place {
                    name: binding.name.to_string(),
                    cell,
                    range: TextRange::empty(binding.range.start()),
                    is_function: matches!(binding.kind, BindingKind::Function(_)),
                });
            }
        }
    }
    places
}

impl State {
    fn moved(&self, place: &Place) -> Result<(String, Self), String> {
        let action = actions::find("move-to-module").ok_or("there is no such action")?;
        let analysis = Analysis::new(self.notebook.clone(), Arc::new(Config::default()));
        let files = self.files.iter();
        let project = MemoryProject::new(
            self.name.as_str(),
            files.map(|(path, text)| (path.as_str(), text.as_str())),
        );
        let offers = analysis.offers(place.cell, place.range, CLIENT, &project);
        let offer = offers.into_iter().find(|(own, _)| own.name == action.name);
        let (_, offer) = offer.ok_or("it is not offered: it stands in a branch")?;
        if let Some(reason) = offer.disabled {
            return Err(reason);
        }
        let argument = offer.argument.as_deref();
        let edit = analysis
            .edit(action, argument, place.cell, place.range, CLIENT, &project)
            .map_err(|refusal| format!("OFFERED, THEN REFUSED: {}", refusal.0))?;
        Ok((offer.title, self.after(&edit)))
    }

    fn after(&self, edit: &Edit) -> Self {
        let arrangement = edit.arrangement(self.notebook.cells.len());
        let origins = arrangement.into_iter().map(|slot| match slot {
            Slot::Kept(cell) => self.origins[cell.to_usize()],
            Slot::New(..) => None,
        });
        let mut files = self.files.clone();
        for op in &edit.ops {
            match op {
                EditOp::CreateFile { path, text } => {
                    files.insert(path.to_string_lossy().into_owned(), text.clone());
                }
                EditOp::EditFile {
                    path,
                    expected,
                    replacements,
                } => {
                    let mut text = expected.to_string();
                    let mut replacements: Vec<_> = replacements.iter().collect();
                    replacements.sort_by_key(|(range, _)| range.start());
                    for (range, new) in replacements.into_iter().rev() {
                        text.replace_range(std::ops::Range::<usize>::from(*range), new);
                    }
                    files.insert(path.to_string_lossy().into_owned(), text);
                }
                _ => {}
            }
        }
        Self {
            notebook: edit.apply(&self.notebook),
            origins: origins.collect(),
            name: self.name.clone(),
            files,
        }
    }

    fn line(&self, cell: usize, title: &str) -> Value {
        let cells = self.notebook.cells.iter().zip(&self.origins);
        let cells: Vec<Value> = cells
            .map(|(cell, origin)| {
                let kind = match cell.kind {
                    CellKind::Code => "code",
                    CellKind::Markdown => "markdown",
                    CellKind::Raw | CellKind::Unknown => "raw",
                };
                json!({"origin": origin, "kind": kind, "source": &*cell.text})
            })
            .collect();
        json!({"cell": cell, "title": title, "cells": cells, "files": self.files})
    }
}
