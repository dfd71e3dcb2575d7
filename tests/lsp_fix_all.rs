//! All safe repairs at once, as an editor asks for them when a notebook is saved.
#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const PYTHON: &str = "python";

fn client(notebook_edits: bool) -> Client {
    Client::vscode_with(
        notebook_edits,
        &["undefined-name", "debug-leftover", "empty-cell"],
    )
}

fn open(client: &mut Client) -> Notebook {
    let notebook = client.open(&[
        (PYTHON, "import os"),
        (PYTHON, "breakpoint()\nx = 1"),
        (PYTHON, "np.mean(x)"),
        (PYTHON, ""),
        (PYTHON, "breakpoint()\ny = 1"),
    ]);
    client.take_unread();
    notebook
}

fn edited(edit: &Value) -> Vec<(String, String)> {
    let changes = edit["documentChanges"].as_array().expect("changes").iter();
    let changes = changes.map(|change| {
        let uri = change["textDocument"]["uri"].as_str().expect("a URI");
        let cell = uri.rsplit_once('#').map_or(uri, |(_, cell)| cell);
        (
            cell.to_owned(),
            change["edits"][0]["newText"]
                .as_str()
                .expect("a text")
                .to_owned(),
        )
    });
    changes.collect()
}

#[test]
fn a_notebook_is_repaired_in_one_edit() {
    let mut client = client(true);
    let notebook = open(&mut client);
    let actions = client.actions(&notebook, 0, Some(&["notebook.source.fixAll"]));
    assert_eq!(actions.as_array().map(Vec::len), Some(1), "{actions}");
    assert_eq!(actions[0]["kind"], "notebook.source.fixAll.cellwise");
    let resolved = client.resolve(&actions[0]);
    assert_eq!(
        edited(&resolved["result"]["edit"]),
        [
            ("W1".into(), "\nimport numpy as np".into()),
            ("W2".into(), String::new()),
            ("W5".into(), String::new()),
        ],
        "{resolved}"
    );
}

#[test]
fn a_cell_is_repaired_within_itself() {
    let mut client = client(false);
    let notebook = open(&mut client);
    let actions = client.actions(&notebook, 1, Some(&["source.fixAll"]));
    assert_eq!(actions[0]["kind"], "source.fixAll.cellwise");
    let resolved = client.resolve(&actions[0]);
    assert_eq!(
        edited(&resolved["result"]["edit"]),
        [("W2".into(), String::new())]
    );
    // What is missing here would be mended in another cell, which has its own turn.
    assert_eq!(
        client.actions(&notebook, 2, Some(&["source.fixAll.cellwise"])),
        json!([])
    );
    assert_eq!(
        client.actions(&notebook, 0, Some(&["source.fixAll.other"])),
        json!([])
    );
    // A menu of everything does not show it.
    let all = client.actions(&notebook, 1, None);
    let kinds = all.as_array().expect("actions").iter();
    assert!(kinds.clone().count() > 0);
    assert!(
        kinds
            .clone()
            .all(|action| action["kind"] != "source.fixAll.cellwise")
    );
}
