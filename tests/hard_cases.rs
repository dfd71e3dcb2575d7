//! What refactorings make of hard cases: the files in `hard_cases/`, one an action, written as the manual pages are.
//! `names.md` has those of the rules about names.
//!
//! `CELLWISE_BLESS=1 cargo test --test hard_cases` writes down what comes out now; read the difference.
//! `tests/behaviour/cases` runs each case before and after.
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
use cellwise::notebook::{Cell, CellIdx, CellKind, Notebook};
use cellwise::project::NoProject;
use cellwise::rule::Severity;
use cellwise::text::TextRange;

/// An action on a whole cell, which is asked for at its start.
const OF_CELL: &str = "extract-cell-to-function";

#[test]
fn extract_cell_does_as_written() {
    as_written(OF_CELL);
}

#[test]
fn extract_selection_does_as_written() {
    as_written("extract-selection-to-function");
}

#[test]
fn split_cell_does_as_written() {
    as_written("split-cell");
}

#[test]
fn gather_imports_does_as_written() {
    as_written("gather-imports");
}

#[test]
fn extract_duplicate_does_as_written() {
    as_written("extract-duplicate");
}

#[test]
fn parametrize_function_does_as_written() {
    as_written("parametrize-function");
}

/// Nothing is found in them but what is marked: hints and what is opt-in aside.
#[test]
fn names_are_found_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hard_cases/names.md");
    let written = std::fs::read_to_string(path).unwrap();
    let source: String = written
        .lines()
        .map(|line| format!("//! {line}\n"))
        .collect();
    let examples = docs::examples(&source);
    for section in [Section::Clean, Section::Flagged] {
        assert!(examples.iter().any(|example| example.section == section));
    }
    for example in examples {
        let analysis = Analysis::new(example.notebook(), Arc::new(Config::default()));
        let found = analysis
            .findings()
            .filter(|finding| finding.severity <= Severity::Warning);
        let found: Vec<_> = found.collect();
        let expected = example.expected();
        let title = &example.title;
        assert_eq!(found.len(), expected.len(), "{title}: {found:#?}");
        assert_eq!(
            example.section == Section::Clean,
            expected.is_empty(),
            "{title}"
        );
        for (finding, mark) in found.iter().zip(&expected) {
            assert_eq!(finding.rule, mark.rule, "{title}");
            assert_eq!(finding.anchor.cell(), mark.cell, "{title}");
            assert!(
                finding.message.contains(&mark.message),
                "{title}: {}",
                finding.message
            );
        }
    }
}

#[test]
fn every_file_of_cases_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hard_cases");
    let source = include_str!("hard_cases.rs");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let action = name.trim_end_matches(".md");
        let is_read =
            source.contains(&format!("\"{action}\"")) || source.contains(&format!("/{name}\""));
        assert!(is_read, "{name}");
    }
}

/// What becomes of the notebook: what it is afterwards, why not, or `None` where the action is not offered.
fn outcome(
    notebook: Notebook,
    action: &str,
    (cell, at): (CellIdx, TextRange),
    can: bool,
) -> Option<Result<Notebook, String>> {
    let client = Client {
        cell_structure: can,
        files: can,
    };
    let analysis = Analysis::new(notebook, Arc::new(Config::default()));
    let (action, offer) = analysis
        .offers(cell, at, client, &NoProject)
        .into_iter()
        .find(|(own, _)| own.name == action)?;
    if let Some(reason) = offer.disabled {
        return Some(Err(reason));
    }
    let argument = offer.argument.as_deref();
    let edit = analysis
        .edit(action, argument, cell, at, client, &NoProject)
        .expect("what is offered is done");
    let after = edit.apply(analysis.notebook());
    if offer.title.starts_with("Extract") {
        // The name of the function is what a person will want to change.
        let (cell, range) = edit.select.expect("the name is selected");
        let name = &after.cell(cell).unwrap().text[range];
        assert!(
            offer.title.contains(&format!("`{name}`")),
            "{}",
            offer.title
        );
    }
    Some(Ok(after))
}

fn as_written(action: &str) {
    let path = format!("tests/hard_cases/{action}.md");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let written = std::fs::read_to_string(&path).unwrap();
    let source: String = written
        .lines()
        .map(|line| format!("//! {line}\n"))
        .collect();
    let mut got = written[..written.find("## ").unwrap()].to_owned();
    for example in docs::examples(&source) {
        if example.section != Section::After {
            let _ = write!(got, "{}", as_it_is(action, &example));
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

/// The case with what comes out of it.
fn as_it_is(action: &str, example: &Example) -> String {
    let client = example.option("client");
    let options = client.map_or(String::new(), |client| format!(" client={client}"));
    let before = format!(
        "### {}\n```notebook{options}\n{}```\n",
        example.title, example.text
    );
    let (cell, range) = example.selection().expect("a cursor");
    let at = if action == OF_CELL {
        TextRange::empty(0.into())
    } else {
        range
    };
    let can = client != Some("plain");
    match outcome(example.notebook(), action, (cell, at), can) {
        None => format!("## Disabled\n{before}> not offered\n\n"),
        Some(Ok(after)) => {
            let script = percent::render(&after);
            format!("## Before\n{before}## After\n```notebook\n{script}```\n\n")
        }
        Some(Err(reason)) => format!("## Disabled\n{before}> {reason}\n\n"),
    }
}

fn extracted(text: &str) -> Option<Result<String, String>> {
    let notebook = Notebook {
        cells: vec![Arc::new(Cell::new(CellKind::Code, text))],
        ..Notebook::default()
    };
    let start = (CellIdx(0), TextRange::empty(0.into()));
    outcome(notebook, OF_CELL, start, false)
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
        assert_eq!(extracted(text), None, "{text}");
    }
}

#[test]
fn line_breaks_stay_what_they_are() {
    // A lone `\r` between statements is no line break that anybody would miss.
    let after =
        extracted("x = 1\r\nif x:\r\n    y = '''a\r\nb'''\r\n\r\n    print(y)\r\n").unwrap();
    assert_eq!(
        after.unwrap(),
        "def print_x():\r\n    x = 1\r\n    if x:\r\n        y = '''a\r\nb'''\r\n\r\n        print(y)\r\n\r\n\r\nprint_x()"
    );
    let after = extracted("x = 1\rprint(x)").unwrap().unwrap();
    assert_eq!(
        after,
        "def print_x():\n    x = 1\n    print(x)\n\n\nprint_x()"
    );
}
