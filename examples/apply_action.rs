//! Applies an action to notebooks, for the tests that run notebooks before and after.
//!
//! `cargo run --release --example apply_action -- ACTION PATH… [--all] [--plain] [--before]`
//!
//! Prints one line of JSON for each place where the action is offered: `path`, `cell` (0-based, among
//! all cells), `title`, and either `disabled` (the reason) or `cells` (of each cell after the action the
//! `kind`, the `source`, and `origin`, its index before, null for a new one) with `errors`, the error-level
//! findings of the new notebook. Places are the cells; an action on statements is asked at several of each cell.
//! An action that looks at the whole notebook is asked once, and its line says `whole`.
//!
//! `rename` in place of an action gives every variable a new name that can have one.
//! `--all` applies it to all cells, from the last to the first, and prints the end of it;
//! `--plain` asks as a client that can change texts and nothing else; `--before` prints the cells as they are first.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a developer's command reads files and prints"
)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use cellwise::action::{Action, Client, Offer};
use cellwise::analysis::occurrences::{Kind, Owner};
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::notebook::edit::Slot;
use cellwise::notebook::{CellIdx, CellKind, Edit, Notebook};
use cellwise::project::NoProject;
use cellwise::refactor::rename;
use cellwise::rule::Severity;
use cellwise::text::{Ranged, TextRange, TextSize};
use cellwise::view::variable;
use cellwise::{actions, format};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use serde_json::{Value, json};

/// Actions on the whole notebook: they do the same wherever the cursor is.
const WHOLE: &[&str] = &["order-cells", "gather-imports", "promote-notebook"];
/// Actions on the statements at the cursor, or on those that are selected.
const AT_CURSOR: &str = "split-cell";
const ON_SELECTION: &str = "extract-selection-to-function";
/// No action, but the protocol's rename.
const RENAME: &str = "rename";
/// How many places of a cell such an action is asked at.
const PLACES: usize = 4;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    let (options, mut names): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    if names.is_empty() {
        bail!("usage: apply_action ACTION PATH… [--all] [--plain] [--before]");
    }
    let name = names.remove(0);
    if name == RENAME {
        for path in names {
            let bytes = std::fs::read(&path).with_context(|| path.clone())?;
            rename_all(Path::new(&path), format::parse(&bytes));
        }
        return Ok(());
    }
    let action = actions::find(&name).ok_or_else(|| anyhow!("there is no action `{name}`"))?;
    let has = |option: &str| options.iter().any(|given| given == option);
    let can = !has("--plain");
    let tool = Tool {
        action,
        client: Client {
            cell_structure: can,
            files: can,
        },
        config: Arc::new(Config::default()),
    };
    for path in names {
        let bytes = std::fs::read(&path).with_context(|| path.clone())?;
        let notebook = format::parse(&bytes);
        let path = Path::new(&path);
        if has("--before") {
            let origins: Vec<Option<usize>> = (0..notebook.cells.len()).map(Some).collect();
            println!(
                "{}",
                json!({"path": path, "cells": cells(&notebook, &origins)})
            );
        }
        if has("--all") && !WHOLE.contains(&action.name) {
            tool.all_cells(path, notebook)?;
        } else {
            tool.each_place(path, notebook)?;
        }
    }
    Ok(())
}

struct Tool {
    action: &'static Action,
    client: Client,
    config: Arc<Config>,
}

impl Tool {
    fn each_place(&self, path: &Path, notebook: Notebook) -> Result<()> {
        let analysis = Analysis::new(notebook, Arc::clone(&self.config));
        let is_whole = WHOLE.contains(&self.action.name);
        let mut refused: Option<Value> = None;
        for (index, range) in self.places(&analysis) {
            for offer in self.offers(&analysis, index, range) {
                let mut line =
                    json!({"path": path, "cell": index.0, "title": offer.title, "whole": is_whole});
                if let Some(reason) = offer.disabled {
                    line["disabled"] = reason.into();
                    if is_whole {
                        refused.get_or_insert(line);
                    } else {
                        println!("{line}");
                    }
                    continue;
                }
                let edit = self.edit(&analysis, index, range, &offer)?;
                let after = edit.apply(analysis.notebook());
                let origins = origins(&edit, analysis.notebook());
                line["cells"] = cells(&after, &origins);
                line["errors"] = self.errors(after);
                println!("{line}");
                if is_whole {
                    return Ok(());
                }
            }
        }
        if let Some(line) = refused {
            println!("{line}");
        }
        Ok(())
    }

    /// From the last cell to the first, so that the indices of those to come stay what they are.
    fn all_cells(&self, path: &Path, mut notebook: Notebook) -> Result<()> {
        let mut origins: Vec<Option<usize>> = (0..notebook.cells.len()).map(Some).collect();
        let mut titles = Vec::new();
        for index in (0..notebook.cells.len()).rev().map(CellIdx::new) {
            let analysis = Analysis::new(notebook.clone(), Arc::clone(&self.config));
            let places = self.places(&analysis).into_iter();
            let Some((_, range)) = places.into_iter().find(|(cell, _)| *cell == index) else {
                continue;
            };
            let offers = self.offers(&analysis, index, range);
            let Some(offer) = offers.into_iter().find(|offer| offer.disabled.is_none()) else {
                continue;
            };
            let edit = self.edit(&analysis, index, range, &offer)?;
            origins = edit
                .arrangement(origins.len())
                .into_iter()
                .map(|slot| match slot {
                    Slot::Kept(cell) => origins[cell.to_usize()],
                    Slot::New(..) => None,
                })
                .collect();
            notebook = edit.apply(&notebook);
            titles.push(offer.title);
        }
        let line = json!({
            "path": path,
            "cell": 0,
            "title": titles.join(", "),
            "whole": true,
            "cells": cells(&notebook, &origins),
            "errors": self.errors(notebook),
        });
        println!("{line}");
        Ok(())
    }

    fn offers(&self, analysis: &Analysis, index: CellIdx, range: TextRange) -> Vec<Offer> {
        let offers = analysis
            .offers(index, range, self.client, &NoProject)
            .into_iter();
        offers
            .filter(|(offered, _)| offered.name == self.action.name)
            .map(|(_, offer)| offer)
            .collect()
    }

    fn edit(
        &self,
        analysis: &Analysis,
        index: CellIdx,
        range: TextRange,
        offer: &Offer,
    ) -> Result<Edit> {
        analysis
            .edit(
                self.action,
                offer.argument.as_deref(),
                index,
                range,
                self.client,
                &NoProject,
            )
            .map_err(|refusal| anyhow!("{index}: offered, then refused: {}", refusal.0))
    }

    /// Where the action is asked for.
    fn places(&self, analysis: &Analysis) -> Vec<(CellIdx, TextRange)> {
        let mut places = Vec::new();
        for (index, cell) in analysis.notebook().indexed() {
            if !cell.is_code() {
                continue;
            }
            let statements = &analysis.link().facts(index).statements;
            let count = statements.len();
            // Spread over the cell, the same at each run.
            let chosen = (1..=PLACES.min(count.saturating_sub(1)))
                .map(|at| at * count / (PLACES.min(count) + 1))
                .filter(|at| *at > 0);
            match self.action.name {
                AT_CURSOR => {
                    places.push((index, TextRange::empty(TextSize::new(0))));
                    places.extend(
                        chosen.map(|at| (index, TextRange::empty(statements[at].range.start()))),
                    );
                }
                ON_SELECTION => {
                    places.extend(chosen.map(|at| {
                        let from = at - 1;
                        let to = (from + 1 + at % 3).min(count - 1);
                        let range = statements[from].range.cover(statements[to].range);
                        (index, range)
                    }));
                    places.extend(within_blocks(&cell.text).map(|range| (index, range)));
                }
                _ => places.extend(self.repaired(analysis, index).map(|range| (index, range))),
            }
        }
        places
    }

    /// At what the action repairs, or at the beginning of the cell.
    fn repaired(&self, analysis: &Analysis, cell: CellIdx) -> impl Iterator<Item = TextRange> {
        let text = analysis.notebook().cell(cell).map_or("", |cell| &cell.text);
        let findings = analysis.cell_findings(cell).iter();
        let repaired = findings
            .filter(|finding| {
                let fix = finding.fix.as_ref();
                fix.is_some_and(|fix| fix.action == self.action.name)
            })
            .map(|finding| finding.anchor.range_in(text));
        let mut places: Vec<TextRange> = repaired.collect();
        if places.is_empty() {
            places.push(TextRange::empty(TextSize::new(0)));
        }
        places.into_iter()
    }

    fn errors(&self, notebook: Notebook) -> Value {
        let analysis = Analysis::new(notebook, Arc::clone(&self.config));
        analysis
            .findings()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| {
                let cell = finding.anchor.cell().map(|CellIdx(cell)| cell);
                json!({"rule": finding.rule, "cell": cell, "message": finding.message})
            })
            .collect()
    }
}

/// Some statements of some of the blocks in a cell, the same at each run.
fn within_blocks(text: &str) -> impl Iterator<Item = TextRange> {
    #[derive(Default)]
    struct Blocks {
        depth: usize,
        chosen: Vec<TextRange>,
    }
    impl<'a> Visitor<'a> for Blocks {
        fn visit_body(&mut self, body: &'a [Stmt]) {
            if self.depth > 0
                && let (Some(first), Some(last)) = (body.first(), body.last())
            {
                let middle = &body[body.len() / 2];
                self.chosen.push(first.range().cover(middle.range()));
                self.chosen.push(middle.range().cover(last.range()));
            }
            self.depth += 1;
            visitor::walk_body(self, body);
            self.depth -= 1;
        }
    }
    let mut blocks = Blocks::default();
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Ipython));
    if let Mod::Module(module) = parsed.syntax() {
        blocks.visit_body(&module.body);
    }
    blocks.chosen.dedup();
    let step = blocks.chosen.len().div_ceil(PLACES).max(1);
    blocks.chosen.into_iter().step_by(step)
}

/// Every variable that can have another name gets one. Functions and classes keep their names: what is shown of them says it.
fn rename_all(path: &Path, mut notebook: Notebook) {
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
    let line = json!({
        "path": path,
        "cell": 0,
        "title": titles.join(", "),
        "whole": true,
        "cells": cells(&notebook, &origins),
    });
    println!("{line}");
}

fn origins(edit: &Edit, before: &Notebook) -> Vec<Option<usize>> {
    let slots = edit.arrangement(before.cells.len()).into_iter();
    slots
        .map(|slot| match slot {
            Slot::Kept(cell) => Some(cell.to_usize()),
            Slot::New(..) => None,
        })
        .collect()
}

fn cells(notebook: &Notebook, origins: &[Option<usize>]) -> Value {
    let cells = notebook.cells.iter().zip(origins);
    cells
        .map(|(cell, origin)| {
            let kind = match cell.kind {
                CellKind::Code => "code",
                CellKind::Markdown => "markdown",
                CellKind::Raw | CellKind::Unknown => "raw",
            };
            json!({"origin": origin, "kind": kind, "source": &*cell.text})
        })
        .collect()
}
