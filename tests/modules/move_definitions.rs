//! Takes code of a notebook to the code base and prints what becomes of both, for `tests/modules/run`.
//!
//!     move_definitions NOTEBOOK                  each definition moved to a module, alone: one line each
//!     move_definitions NOTEBOOK --all            all that can move, one after the other, to one module: one line
//!     move_definitions NOTEBOOK --tests          the same, and a test written for each function that moved
//!     move_definitions NOTEBOOK --action NAME    another action, wherever it is offered: one line each
//!
//! With `--beside` the scripts and notebooks in the notebook's folder are its project.
//!
//! A line is `{"cell": 3, "title": …, "cells": [{"origin": 0, "kind": "code", "source": …}, …], "files": {"a.py": …}}`,
//! or has `"disabled"` with the reason. `origin` is the cell's index in the notebook before; `files` are those that were
//! written. `"is_function"` tells what was tried, and `"tests"` what was written or refused for each function.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a tool for tests: it reads a file and prints"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use cellwise::action::Client;
use cellwise::actions;
use cellwise::analysis::facts::BindingKind;
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::format;
use cellwise::notebook::edit::Slot;
use cellwise::notebook::{CellIdx, CellKind, Edit, Notebook};
use cellwise::project::MemoryProject;
use cellwise::text::TextRange;
use serde_json::{Value, json};

const CLIENT: Client = Client {
    cell_structure: true,
    files: true,
};

const NOT_OFFERED: &str = "it is not offered: it stands in a branch";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, options @ ..] = &arguments[..] else {
        bail!("usage: move_definitions NOTEBOOK [--all | --tests | --action NAME] [--beside]");
    };
    let has = |option: &str| options.iter().any(|own| own == option);
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {path}"))?;
    let notebook = format::parse(&bytes);
    let path = Path::new(path);
    let name = path.file_name().unwrap_or_default();
    let beside = if has("--beside") {
        let folder = path.parent().unwrap_or(Path::new("."));
        files_in(folder, folder)?
    } else {
        BTreeMap::new()
    };
    let mut state = State {
        origins: (0..notebook.cells.len()).map(Some).collect(),
        notebook,
        name: name.to_string_lossy().into_owned(),
        beside,
        files: BTreeMap::new(),
    };
    if let Some(at) = options.iter().position(|own| own == "--action") {
        let name = options.get(at + 1).context("--action needs a name")?;
        for line in state.each(name) {
            println!("{line}");
        }
        return Ok(());
    }
    if has("--all") || has("--tests") {
        let mut tried: Vec<String> = Vec::new();
        while let Some(next) = places(&state.notebook)
            .into_iter()
            .find(|own| !tried.contains(&own.name))
        {
            tried.push(next.name.clone());
            if let Ok((_, after)) = state.done("move-to-module", next.cell, next.range) {
                state = after;
            }
        }
        let mut tests = Vec::new();
        if has("--tests") {
            // Of classes no test is written.
            let functions = tried
                .iter()
                .filter(|name| !name.starts_with(char::is_uppercase));
            for name in functions {
                let Some((cell, range)) = state.imported(name) else {
                    continue;
                };
                match state.done("generate-test", cell, range) {
                    Ok((_, after)) => {
                        state = after;
                        tests.push(json!({"name": name}));
                    }
                    Err(reason) => tests.push(json!({"name": name, "disabled": reason})),
                }
            }
        }
        let mut line = state.line(0, &format!("{} definitions", tried.len()));
        line["tests"] = json!(tests);
        println!("{line}");
        return Ok(());
    }
    for place in places(&state.notebook) {
        let mut line = match state.done("move-to-module", place.cell, place.range) {
            Ok((title, after)) => after.line(place.cell.to_usize(), &title),
            Err(reason) => json!({"cell": place.cell.0, "disabled": reason}),
        };
        line["name"] = json!(place.name);
        line["is_function"] = json!(place.is_function);
        println!("{line}");
    }
    Ok(())
}

/// The scripts and notebooks below a folder, by their path from `root`.
fn files_in(root: &Path, folder: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_in(root, &path)?);
        } else if let Some("py" | "ipynb" | "toml" | "ini") =
            path.extension().and_then(std::ffi::OsStr::to_str)
        {
            let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
            files.insert(name, std::fs::read_to_string(&path)?);
        }
    }
    Ok(files)
}

struct State {
    notebook: Notebook,
    origins: Vec<Option<usize>>,
    name: String,
    /// What was there, by its path.
    beside: BTreeMap<String, String>,
    /// What was written.
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
    fn project(&self) -> MemoryProject {
        let beside = self.beside.iter();
        let beside = beside.filter(|(path, _)| !self.files.contains_key(*path));
        let files = beside.chain(&self.files);
        let files = files.map(|(path, text)| (path.as_str(), text.as_str()));
        MemoryProject::new(self.name.as_str(), files)
    }

    /// Where the notebook imports the name, as a cursor on it.
    fn imported(&self, name: &str) -> Option<(CellIdx, TextRange)> {
        let analysis = Analysis::new(self.notebook.clone(), Arc::new(Config::default()));
        self.notebook.indexed().find_map(|(cell, _)| {
            let mut bindings = analysis.link().facts(cell).bindings.iter();
            let is_import = |kind: &BindingKind| matches!(kind, BindingKind::Import { .. });
            let import = bindings.find(|own| own.name == *name && is_import(&own.kind))?;
            Some((cell, TextRange::empty(import.range.start())))
        })
    }

    /// What an action does at each statement where it is offered.
    fn each(&self, name: &str) -> Vec<Value> {
        let analysis = Analysis::new(self.notebook.clone(), Arc::new(Config::default()));
        let mut lines: Vec<Value> = Vec::new();
        for (cell, _) in self.notebook.indexed() {
            let facts = analysis.link().facts(cell);
            let statements = facts.statements.iter().map(|own| own.range);
            let defined = facts.bindings.iter().filter(|own| own.kind.is_definition());
            for place in statements.chain(defined.map(|own| own.range)) {
                let cursor = TextRange::empty(place.start());
                let line = match self.done(name, cell, cursor) {
                    Ok((title, after)) => after.line(cell.to_usize(), &title),
                    Err(reason) if reason == NOT_OFFERED => continue,
                    Err(reason) => json!({"cell": cell.0, "disabled": reason}),
                };
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        lines
    }

    fn done(&self, name: &str, cell: CellIdx, range: TextRange) -> Result<(String, Self), String> {
        let action = actions::find(name).ok_or("there is no such action")?;
        let analysis = Analysis::new(self.notebook.clone(), Arc::new(Config::default()));
        let project = self.project();
        let offers = analysis.offers(cell, range, CLIENT, &project);
        let offer = offers.into_iter().find(|(own, _)| own.name == action.name);
        let (_, offer) = offer.ok_or(NOT_OFFERED)?;
        if let Some(reason) = offer.disabled {
            return Err(reason);
        }
        let argument = offer.argument.as_deref();
        let edit = analysis
            .edit(action, argument, cell, range, CLIENT, &project)
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
        let written = edit.files();
        files.extend(written.map(|(path, text)| (path.to_string_lossy().into_owned(), text)));
        Self {
            notebook: edit.apply(&self.notebook),
            origins: origins.collect(),
            name: self.name.clone(),
            beside: self.beside.clone(),
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
