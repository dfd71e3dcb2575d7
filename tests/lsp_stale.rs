//! Refactorings of a notebook that is not what it was, over the wire: refused with the reason, and nothing half applied.
#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const CONTENT_MODIFIED: i64 = -32801;
const PYTHON: &str = "python";

/// Each refactoring with a cell and a selection where it is offered: lines and columns.
const OFFERED: [(&str, usize, [u32; 4]); 6] = [
    ("extract-cell-to-function", 2, [0, 0, 0, 0]),
    ("extract-selection-to-function", 2, [1, 0, 2, 5]),
    ("extract-selection-to-function", 3, [1, 4, 2, 17]),
    ("split-cell", 2, [2, 0, 2, 0]),
    ("gather-imports", 2, [0, 0, 0, 0]),
    ("parametrize-function", 3, [0, 5, 0, 5]),
];
const REPEATED: &str = "kept = [row for row in rows if row > 1]\nkept = sorted(kept)\ntotal = sum(kept) / len(kept)\n\
     out.append((total, max(kept), min(kept)))\nprint(len(out), total)";

fn client() -> Client {
    Client::vscode_with(true, &["function-reads-global", "duplicate-code"])
}

fn open(client: &mut Client) -> Notebook {
    let notebook = client.open(&[
        (PYTHON, "import os"),
        (PYTHON, "rate = len(os.sep)\nrows = sorted([1, 2])\nout = []"),
        (PYTHON, "import json\na = rate\nb = a\nprint(json.dumps(b))"),
        (
            PYTHON,
            "def area(side):\n    square = side * side\n    return square * len(rows)\nprint(area(2))",
        ),
        (PYTHON, REPEATED),
        (PYTHON, REPEATED),
    ]);
    client.idle();
    notebook
}

fn listed(client: &mut Client, notebook: &Notebook, cell: usize, range: [u32; 4]) -> Vec<Value> {
    let [line, column, last_line, last_column] = range;
    let answer = client.ask(
        "textDocument/codeAction",
        json!({
            "textDocument": {"uri": notebook.cells[cell].uri},
            "range": {
                "start": {"line": line, "character": column},
                "end": {"line": last_line, "character": last_column},
            },
            "context": {"diagnostics": []},
        }),
    );
    answer["result"].as_array().cloned().unwrap_or_default()
}

fn offered(
    client: &mut Client,
    notebook: &Notebook,
    name: &str,
    cell: usize,
    range: [u32; 4],
) -> Value {
    let listed = listed(client, notebook, cell, range);
    let mut named = listed
        .iter()
        .filter(|action| action["data"]["action"] == name);
    let action = named.find(|action| action.get("disabled").is_none());
    action
        .unwrap_or_else(|| panic!("{name} is not offered in cell {cell}: {listed:?}"))
        .clone()
}

#[test]
fn refactorings_of_a_cell_that_has_moved_on_are_refused() {
    let duplicate = ("extract-duplicate", 5, [0, 0, 0, 0]);
    for (name, cell, range) in OFFERED.into_iter().chain([duplicate]) {
        let mut client = client();
        let mut notebook = open(&mut client);
        let action = offered(&mut client, &notebook, name, cell, range);
        client.type_text(&mut notebook, cell, (0, 0), "\n");
        let answer = client.resolve(&action);
        assert_eq!(
            answer["error"]["code"], CONTENT_MODIFIED,
            "{name}: {answer}"
        );
        assert!(answer.get("result").is_none_or(Value::is_null), "{name}");
        client.take_unread();
    }
}

#[test]
fn a_cell_that_has_moved_is_still_the_cell() {
    let mut client = client();
    let mut notebook = open(&mut client);
    let action = offered(
        &mut client,
        &notebook,
        "extract-cell-to-function",
        2,
        [0, 0, 0, 0],
    );
    client.insert(&mut notebook, 1, PYTHON, "print(1)");
    let answer = client.resolve(&action);
    let command = &answer["result"]["command"]["arguments"][0];
    assert_eq!(command["cells"][0]["index"], 3, "{answer}");
    client.take_unread();
}

#[test]
fn a_refactoring_whose_reason_has_gone_is_refused() {
    let mut client = client();
    let mut notebook = open(&mut client);
    let action = offered(
        &mut client,
        &notebook,
        "extract-selection-to-function",
        2,
        [1, 0, 2, 5],
    );
    // Another cell changes, so that what is selected can be no function any more.
    let setting = "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'";
    client.insert(&mut notebook, 1, PYTHON, setting);
    let answer = client.resolve(&action);
    let why = answer["error"]["message"].as_str().unwrap_or_default();
    assert!(why.contains("show every expression"), "{answer}");
    client.take_unread();
}

#[test]
fn refactorings_of_a_cell_that_is_no_python_are_refused_or_left_out() {
    for (name, cell, range) in OFFERED {
        let mut client = client();
        let mut notebook = open(&mut client);
        client.type_text(&mut notebook, cell, (0, 0), "x = (\n");
        client.idle();
        let mut range = range;
        range[0] += 1;
        range[2] += 1;
        for action in listed(&mut client, &notebook, cell, range) {
            if action["data"]["action"] == name {
                let reason = action["disabled"]["reason"].as_str();
                assert!(reason.is_some(), "{name}: {action}");
            }
        }
        client.take_unread();
    }
}
