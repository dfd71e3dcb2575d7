//! Actions that ask: what is listed, what may be chosen, and what becomes of the choice.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests write files")]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const PYTHON: &str = "python";
const CODE: &str = "def clean(x):\n    return x";

fn client(choices: bool) -> Client {
    let capabilities = json!({
        "workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        "textDocument": {"codeAction": {
            "dataSupport": true, "disabledSupport": true,
            "resolveSupport": {"properties": ["edit", "command"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}},
        }},
    });
    Client::with(
        &capabilities,
        &json!({"notebookEdits": choices, "choices": choices, "settings": {"select": ["empty-cell"]}}),
    )
}

/// A project with a module `shop.py`, and a notebook beside it.
fn project(client: &mut Client) -> (tempfile::TempDir, Notebook) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cellwise.toml"), "").unwrap();
    std::fs::write(folder.path().join("shop.py"), "import os\n").unwrap();
    let uri = format!("file://{}/prices.ipynb", folder.path().display());
    let notebook = client.open_at(&uri, &[(PYTHON, CODE), (PYTHON, "clean(1)")]);
    client.take_unread();
    (folder, notebook)
}

fn moves(client: &mut Client, notebook: &Notebook) -> Vec<Value> {
    let actions = client.actions(notebook, 0, Some(&["refactor.move"]));
    actions.as_array().unwrap().clone()
}

#[test]
fn a_client_that_can_ask_gets_one_action_and_the_choice_is_carried_out() {
    let mut client = client(true);
    let (folder, notebook) = project(&mut client);
    let listed = moves(&mut client, &notebook);
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0]["title"], "Move `clean` to a module…");
    assert_eq!(listed[0]["data"]["ask"], "module");
    assert_eq!(listed[0]["data"]["argument"], "prices.py");

    let answer = client.ask("cellwise/targets", json!({"data": listed[0]["data"]}));
    let targets = &answer["result"];
    assert_eq!(
        targets["targets"],
        json!([
            {"argument": "prices.py", "label": "prices.py", "description": "new module, from prices import …", "isNew": true},
            {"argument": "shop.py", "label": "shop.py", "description": "existing module, from shop import …", "isNew": false},
        ])
    );
    assert_eq!(
        targets["definitions"],
        json!([{"name": "clean", "cell": 0, "selected": true}])
    );

    let mut chosen = listed[0].clone();
    chosen["data"]["argument"] = json!("shop.py#clean");
    let resolved = client.resolve(&chosen);
    let changes = &resolved["result"]["edit"]["documentChanges"];
    let uri = format!("file://{}/shop.py", folder.path().display());
    assert_eq!(changes[0]["textDocument"]["uri"], uri.as_str());
    assert_eq!(changes[0]["edits"][0]["newText"], format!("\n\n\n{CODE}"));
    assert_eq!(changes[1]["edits"][0]["newText"], "from shop import clean");

    chosen["data"]["argument"] = json!("../else.py#clean");
    let refused = client.resolve(&chosen);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("outside of the project"), "{message}");
    client.close(notebook);
}

#[test]
fn a_client_that_cannot_ask_gets_one_action_a_module() {
    let mut client = client(false);
    let (_folder, notebook) = project(&mut client);
    let listed = moves(&mut client, &notebook);
    let titles: Vec<&str> = listed
        .iter()
        .filter_map(|own| own["title"].as_str())
        .collect();
    assert_eq!(
        titles,
        [
            "Move `clean` to the new module prices.py",
            "Move `clean` to shop.py"
        ]
    );
    assert!(listed.iter().all(|own| own["data"].get("ask").is_none()));
    let resolved = client.resolve(&listed[0]);
    let changes = &resolved["result"]["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create");
    assert_eq!(changes[1]["edits"][0]["newText"], format!("{CODE}\n"));
    assert_eq!(
        changes[2]["edits"][0]["newText"],
        "from prices import clean"
    );
    client.close(notebook);
}
