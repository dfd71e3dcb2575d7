//! A folder of notebooks that a client has open.
#![expect(clippy::disallowed_methods, reason = "the tests write notebooks")]

use std::path::Path;

use serde_json::{Value, json};

use super::Client;

/// Writes a notebook with these code cells, and the folders above it.
pub fn save(path: &Path, texts: &[&str]) {
    let cells: Vec<Value> = texts
        .iter()
        .map(|text| json!({"cell_type": "code", "metadata": {}, "source": text, "execution_count": null, "outputs": []}))
        .collect();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, notebook.to_string()).expect("written");
}

pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A client with a folder open, in which these rules run.
pub fn client(folder: &Path, capabilities: &Value, select: &[&str]) -> Client {
    let mut client = Client::start();
    let folders = json!([{"uri": uri(folder), "name": "w"}]);
    client.ask(
        "initialize",
        json!({
            "capabilities": capabilities, "workspaceFolders": folders, "rootUri": null,
            "initializationOptions": {"settings": {"select": select}},
        }),
    );
    client.notify("initialized", json!({}));
    client
}

/// The client tells that a file was created (1), changed (2) or deleted (3).
pub fn changed(client: &mut Client, path: &Path, kind: u8) {
    let changes = json!([{"uri": uri(path), "type": kind}]);
    client.notify(
        "workspace/didChangeWatchedFiles",
        json!({"changes": changes}),
    );
}
