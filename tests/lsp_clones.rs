//! What open notebooks repeat of closed ones: found when the workspace has been read, and kept current.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the tests write notebooks")]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::Client;

const WORK: &str = "kept = rows[rows[\"a\"] > 3]\nkept = kept.dropna(axis=0)\ntotal = sum(kept[\"a\"]) / len(kept)\nout.append((total, kept.max()))";

fn save(path: &Path, text: &str) {
    let cell = json!({"cell_type": "code", "metadata": {}, "source": text, "execution_count": null, "outputs": []});
    let notebook = json!({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
    std::fs::write(path, notebook.to_string()).expect("written");
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn client(folder: &Path, capabilities: &Value) -> Client {
    let mut client = Client::start();
    let folders = json!([{"uri": uri(folder), "name": "w"}]);
    client.ask(
        "initialize",
        json!({
            "capabilities": capabilities, "workspaceFolders": folders, "rootUri": null,
            "initializationOptions": {"settings": {"select": ["duplicate-code"]}},
        }),
    );
    client.notify("initialized", json!({}));
    client
}

#[test]
fn what_closed_notebooks_hold_is_told_and_follows_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    save(&at("other.ipynb"), &WORK.replace("kept", "k"));
    save(&at("own.ipynb"), WORK);
    let mut client = client(folder.path(), &json!({}));
    client.open_at(&uri(&at("own.ipynb")), &[("python", WORK)]);
    let message = |shown: &Value| {
        shown["diagnostics"][0]["message"]
            .as_str()
            .map(str::to_owned)
    };
    let found = loop {
        // Nothing is known of other files at first.
        if let Some(message) = message(&client.published()) {
            break message;
        }
    };
    assert!(found.contains("cell 1 of other.ipynb"), "{found}");

    // The other one is mended, and then repeated by a third.
    let change = |name: &str, kind: u8| {
        let changes = json!([{"uri": uri(&at(name)), "type": kind}]);
        json!({"changes": changes})
    };
    save(&at("other.ipynb"), "x = 1");
    client.notify("workspace/didChangeWatchedFiles", change("other.ipynb", 2));
    assert_eq!(message(&client.published()), None);
    save(&at("third.ipynb"), WORK);
    client.notify("workspace/didChangeWatchedFiles", change("third.ipynb", 1));
    let found = message(&client.published()).expect("a finding");
    assert!(found.contains("cell 1 of third.ipynb"), "{found}");
    std::fs::remove_file(at("third.ipynb")).expect("removed");
    client.notify("workspace/didChangeWatchedFiles", change("third.ipynb", 3));
    assert_eq!(message(&client.published()), None);
}

#[test]
fn reading_many_files_is_shown_where_the_client_can() {
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..400 {
        save(&folder.path().join(format!("n{number}.ipynb")), "x = 1");
    }
    let capabilities = json!({"window": {"workDoneProgress": true}});
    let mut client = client(folder.path(), &capabilities);
    client.open_at(&uri(&folder.path().join("own.ipynb")), &[("python", WORK)]);
    let asked = client.notification("window/workDoneProgress/create");
    assert_eq!(asked["token"], "cellwise/index");
}
