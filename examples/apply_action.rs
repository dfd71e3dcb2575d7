//! Applies an action to notebooks, for the tests that run notebooks before and after.
//!
//! `cargo run --release --example apply_action -- ACTION PATH…`
//!
//! Prints one line of JSON for each place where the action is offered: `path`, `cell` (0-based, among
//! all cells), `title`, and either `disabled` (the reason) or `cells` (`kind` and `source` of each cell
//! after the action) with `errors`, the error-level findings of the new notebook. An action that looks at
//! the whole notebook is asked once.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a developer's command reads files and prints"
)]

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use cellwise::action::{Action, Client};
use cellwise::config::Config;
use cellwise::engine::Analysis;
use cellwise::notebook::{CellIdx, CellKind, Notebook};
use cellwise::project::NoProject;
use cellwise::rule::Severity;
use cellwise::text::{TextRange, TextSize};
use cellwise::{actions, format};
use serde_json::{Value, json};

/// What our own extensions can do.
const CLIENT: Client = Client {
    cell_structure: true,
    files: true,
};

/// Actions on the whole notebook: they do the same wherever the cursor is.
const WHOLE: &[&str] = &["order-cells", "gather-imports", "promote-notebook"];

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
    let mut args = std::env::args().skip(1);
    let name = args.next().context("usage: apply_action ACTION PATH…")?;
    let Some(action) = actions::find(&name) else {
        bail!("there is no action `{name}`");
    };
    for path in args {
        let bytes = std::fs::read(&path).with_context(|| path.clone())?;
        let notebook = format::parse(&bytes);
        each_place(action, Path::new(&path), notebook);
    }
    Ok(())
}

fn each_place(action: &'static Action, path: &Path, notebook: Notebook) {
    let config = Arc::new(Config::default());
    let analysis = Analysis::new(notebook, Arc::clone(&config));
    for (index, cell) in analysis.notebook().indexed() {
        if !cell.is_code() {
            continue;
        }
        for range in places(&analysis, index, action.name) {
            let offered = analysis
                .offers(index, range, CLIENT, &NoProject)
                .into_iter()
                .find(|(offered, _)| offered.name == action.name);
            let Some((_, offer)) = offered else {
                continue;
            };
            let mut line = json!({"path": path, "cell": index.0, "title": offer.title});
            let outcome = match offer.disabled {
                Some(reason) => Err(reason),
                None => analysis
                    .edit(
                        action,
                        offer.argument.as_deref(),
                        index,
                        range,
                        CLIENT,
                        &NoProject,
                    )
                    .map_err(|refusal| refusal.0),
            };
            match outcome {
                Err(reason) => line["disabled"] = reason.into(),
                Ok(edit) => {
                    let after = edit.apply(analysis.notebook());
                    line["cells"] = after
                        .cells
                        .iter()
                        .map(|cell| source(cell.kind, &cell.text))
                        .collect();
                    line["errors"] = errors(after, &config);
                }
            }
            println!("{line}");
            if WHOLE.contains(&action.name) {
                return;
            }
        }
    }
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
        places.push(TextRange::empty(TextSize::new(0)));
    }
    places
}

fn source(kind: CellKind, text: &str) -> Value {
    let kind = match kind {
        CellKind::Code => "code",
        CellKind::Markdown => "markdown",
        CellKind::Raw | CellKind::Unknown => "raw",
    };
    json!({"kind": kind, "source": text})
}

fn errors(notebook: Notebook, config: &Arc<Config>) -> Value {
    let analysis = Analysis::new(notebook, Arc::clone(config));
    analysis
        .findings()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| {
            let cell = finding.anchor.cell().map(|CellIdx(cell)| cell);
            json!({"rule": finding.rule, "cell": cell, "message": finding.message})
        })
        .collect()
}
