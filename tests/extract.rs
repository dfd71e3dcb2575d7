//! What `extract-cell-to-function` makes of hard cases: `extract/cases.md`, written as the manual pages are.
//!
//! `CELLWISE_BLESS=1 cargo test --test extract` writes down what comes out now; read the difference.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read their cases")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use cellwise::action::Client;
use cellwise::actions;
use cellwise::config::Config;
use cellwise::docs::{self, Example, Section};
use cellwise::engine::Analysis;
use cellwise::format::percent;
use cellwise::notebook::{Cell, CellIdx, CellKind, Notebook};
use cellwise::project::NoProject;
use cellwise::text::TextRange;

const ACTION: &str = "extract-cell-to-function";

/// What becomes of a notebook: what it is afterwards, or why not; `None` where the action is not offered.
fn outcome(notebook: Notebook, cell: CellIdx, client: Client) -> Option<Result<Notebook, String>> {
    let analysis = Analysis::new(notebook, Arc::new(Config::default()));
    let at = TextRange::empty(0.into());
    let (action, offer) = analysis
        .offers(cell, at, client, &NoProject)
        .into_iter()
        .find(|(action, _)| action.name == ACTION)?;
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
    let after = edit.apply(analysis.notebook());
    let (cell, range) = edit.select.expect("the name is selected");
    let name = &after.cell(cell).unwrap().text[range];
    assert_eq!(offer.title, format!("Extract cell to function `{name}`"));
    Some(Ok(after))
}

fn client(example: &Example) -> Client {
    let can = example.option("client") != Some("plain");
    Client {
        cell_structure: can,
        files: can,
    }
}

#[test]
fn the_cases_come_out_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/extract/cases.md");
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
        let (cell, _) = example.selection().expect("a cursor");
        let options = example
            .option("client")
            .map_or(String::new(), |client| format!(" client={client}"));
        let before = format!(
            "### {}\n```notebook{options}\n{}```\n",
            example.title, example.text
        );
        match outcome(example.notebook(), cell, client(&example)) {
            None => panic!("{}: it is not offered", example.title),
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

fn one_cell(text: &str) -> Option<Result<String, String>> {
    let notebook = Notebook {
        cells: vec![Arc::new(Cell::new(CellKind::Code, text))],
        ..Notebook::default()
    };
    let client = Client {
        cell_structure: false,
        files: false,
    };
    outcome(notebook, CellIdx(0), client)
        .map(|result| result.map(|after| after.cells[0].text.to_string()))
}

#[test]
fn cells_in_which_nothing_would_be_a_function_have_no_offer() {
    for text in [
        "",
        "\n\n",
        "# only a comment",
        "import os",
        "import os\nfrom sys import *",
        "def f():\n    return 1",
        "class A:\n    x = 1\n\ndef f(): pass",
        "%matplotlib inline",
        "!ls {x}",
        "import os\n%load_ext autoreload",
        "df",
        "df.head()",
        "print(df)",
        "import os\nprint(os)",
        "%%bash\nls",
        "%%writefile x.py\nx = 1",
        "files = !ls",
        "%time x = f()",
        "ls",
        "df?",
    ] {
        assert_eq!(one_cell(text), None, "{text}");
    }
}

#[test]
fn line_breaks_stay_what_they_are() {
    // A lone `\r` between statements is no line break that anybody would miss.
    let after = one_cell("x = 1\r\nif x:\r\n    y = '''a\r\nb'''\r\n\r\n    print(y)\r\n").unwrap();
    assert_eq!(
        after.unwrap(),
        "def print_x():\r\n    x = 1\r\n    if x:\r\n        y = '''a\r\nb'''\r\n\r\n        print(y)\r\n\r\n\r\nprint_x()"
    );
    let after = one_cell("x = 1\rprint(x)").unwrap().unwrap();
    assert_eq!(
        after,
        "def print_x():\n    x = 1\n    print(x)\n\n\nprint_x()"
    );
}

#[test]
fn every_action_is_found_by_its_name() {
    assert!(actions::find(ACTION).is_some());
}
