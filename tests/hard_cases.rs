//! What `parametrize-function` and `extract-duplicate` make of hard cases: the files in `hard_cases/`,
//! written as the manual pages are.
//!
//! `CELLWISE_BLESS=1 cargo test --test hard_cases` writes down what comes out now; read the difference.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read their cases")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use cellwise::action::Client;
use cellwise::config::Config;
use cellwise::docs::{self, Example, Section};
use cellwise::engine::Analysis;
use cellwise::format::percent;
use cellwise::notebook::Notebook;
use cellwise::project::NoProject;

#[test]
fn parametrize_function_does_as_written() {
    as_written(
        "parametrize-function",
        "tests/hard_cases/parametrize-function.md",
    );
}

#[test]
fn extract_duplicate_does_as_written() {
    as_written("extract-duplicate", "tests/hard_cases/extract-duplicate.md");
}

/// What becomes of the notebook: what it is afterwards, why not, or `None` where the action is not offered.
fn outcome(example: &Example, action: &str) -> Option<Result<Notebook, String>> {
    let can = example.option("client") != Some("plain");
    let client = Client {
        cell_structure: can,
        files: can,
    };
    let (cell, at) = example.selection().expect("a cursor");
    let analysis = Analysis::new(example.notebook(), Arc::new(Config::default()));
    let (action, offer) = analysis
        .offers(cell, at, client, &NoProject)
        .into_iter()
        .find(|(own, _)| own.name == action)?;
    if let Some(reason) = offer.disabled {
        return Some(Err(reason));
    }
    let edit = analysis
        .edit(
            action,
            offer.argument.as_deref(),
            cell,
            at,
            client,
            &NoProject,
        )
        .expect("what is offered is done");
    Some(Ok(edit.apply(analysis.notebook())))
}

fn as_written(action: &str, path: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let written = std::fs::read_to_string(&path).unwrap();
    let source: String = written
        .lines()
        .map(|line| format!("//! {line}\n"))
        .collect();
    let mut got = written[..written.find("## ").unwrap()].to_owned();
    for example in docs::examples(&source) {
        if example.section == Section::After {
            continue;
        }
        let options = example
            .option("client")
            .map_or(String::new(), |client| format!(" client={client}"));
        let before = format!(
            "### {}\n```notebook{options}\n{}```\n",
            example.title, example.text
        );
        match outcome(&example, action) {
            None => {
                let _ = write!(got, "## Disabled\n{before}> not offered\n\n");
            }
            Some(Ok(after)) => {
                let script = percent::render(&after);
                let _ = write!(
                    got,
                    "## Before\n{before}## After\n```notebook\n{script}```\n\n"
                );
            }
            Some(Err(reason)) => {
                let _ = write!(got, "## Disabled\n{before}> {reason}\n\n");
            }
        }
    }
    got.truncate(got.trim_end().len());
    got.push('\n');
    if std::env::var_os("CELLWISE_BLESS").is_some() {
        std::fs::write(&path, got).unwrap();
        return;
    }
    for (number, (wanted, got)) in written.lines().zip(got.lines()).enumerate() {
        assert_eq!(wanted, got, "{}:{}", path.display(), number + 1);
    }
    assert_eq!(written.lines().count(), got.lines().count());
}
