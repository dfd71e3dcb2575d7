//! Rules on outputs in an open notebook: outputs never come by LSP, so a client tells of them or the file is read.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the tests write notebooks")]

mod support;

use serde_json::{Value, json};
use support::Client;

const PYTHON: &str = "python";
/// The shape of a real one, with a right checksum; made for tests.
const TOKEN: &str = "AKIAQ3EGRHXWZ5PTNB2K";

fn client(tells: bool, rules: &[&str]) -> Client {
    let options = json!({"outputs": tells, "settings": {"select": rules}});
    Client::with(&json!({}), &options)
}

fn messages(published: &Value) -> Vec<&str> {
    let diagnostics = published["diagnostics"].as_array().expect("a list").iter();
    diagnostics
        .filter_map(|diagnostic| diagnostic["message"].as_str())
        .collect()
}

#[test]
fn a_client_tells_of_outputs() {
    let mut client = client(true, &["secret", "large-output", "failed-cell"]);
    let notebook = client.open(&[(PYTHON, "x"), (PYTHON, "y"), (PYTHON, "z")]);
    let cell = |at: usize, bytes: u64, error: Value, suspects: Value| json!({"uri": notebook.cells[at].uri, "bytes": bytes, "error": error, "suspects": suspects});
    let error = json!({"ename": "ValueError", "evalue": "no such day"});
    let told = json!({"notebook": notebook.uri, "cells": [
        cell(0, 2_000_000, Value::Null, json!([])),
        cell(1, 300, error, json!([])),
        cell(2, 40, Value::Null, json!([format!("key id: {TOKEN}"), "the key to success"])),
    ]});
    client.notify("cellwise/outputs", told);
    let (large, failed, secret) = (client.published(), client.published(), client.published());
    assert!(messages(&large)[0].contains("2.0 MB of outputs"), "{large}");
    assert!(messages(&failed)[0].contains("ValueError: no such day"));
    assert_eq!(messages(&secret).len(), 1);
    assert!(messages(&secret)[0].starts_with("The output of cell 3 shows an AWS access key id"));
    assert!(!secret.to_string().contains(TOKEN));

    // Outputs that are gone are told of, too.
    let cleared = json!({"notebook": notebook.uri, "cells": [cell(2, 0, Value::Null, json!([]))]});
    client.notify("cellwise/outputs", cleared);
    assert!(messages(&client.published()).is_empty());
    let nonsense = json!({"notebook": notebook.uri, "cells": [{"uri": "none"}, 7, {"uri": 1}]});
    client.notify("cellwise/outputs", nonsense);
    assert!(client.logged().contains("which is no cell"));
    client.take_unread();
}

#[test]
fn the_marks_of_secrets_are_named() {
    let mut client = Client::start();
    let answer = client.ask("initialize", json!({"capabilities": {}}));
    let marks = &answer["result"]["capabilities"]["experimental"]["cellwise"]["secretMarks"];
    let marks = marks.as_array().expect("a list");
    let is_marked = |line: &str| {
        let line = line.to_lowercase();
        let mut marks = marks.iter().filter_map(Value::as_str);
        marks.any(|mark| line.contains(&mark.to_lowercase()))
    };
    assert!(is_marked(TOKEN) && is_marked("PASSWORD=x") && !is_marked("Hello"));
}

/// A saved notebook: each cell by its id, text, count and outputs.
fn save(path: &std::path::Path, cells: &[(&str, &str, u32, Value)]) {
    let cells: Vec<Value> = cells
        .iter()
        .map(|(id, text, count, outputs)| {
            json!({"cell_type": "code", "id": id, "metadata": {}, "source": text,
                   "execution_count": count, "outputs": outputs})
        })
        .collect();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    std::fs::write(path, notebook.to_string()).expect("written");
}

fn failure() -> Value {
    json!([{"output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero", "traceback": []}])
}

fn large() -> Value {
    json!([{"output_type": "stream", "name": "stdout", "text": "x".repeat(150_000)}])
}

#[test]
fn without_a_word_from_the_client_the_saved_file_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.ipynb");
    save(
        &path,
        &[
            ("a", "1 / 0", 1, failure()),
            ("b", "plot()", 2, large()),
            ("c", "plot()", 3, json!([])),
        ],
    );
    let mut client = client(false, &["large-output", "failed-cell"]);
    let uri = format!("file://{}", path.display());
    let mut notebook = client.open_at(
        &uri,
        &[(PYTHON, "1 / 0"), (PYTHON, "plot()"), (PYTHON, "plot()")],
    );
    let (failed, large_one) = (client.published(), client.published());
    assert!(messages(&failed)[0].starts_with("cell 1 ended in ZeroDivisionError"));
    assert!(messages(&large_one)[0].starts_with("cell 2 stores 150 kB"));

    // It runs again: the screen shows something newer than the file does.
    client.run_cell(&mut notebook, 1, 4);
    let older = client.published();
    assert!(
        messages(&older)[0].ends_with("(So it stands in the saved file; the cell has run since.)"),
        "{older}"
    );
    // And what went well has not failed.
    client.run_cell(&mut notebook, 0, 5);
    assert!(messages(&client.published()).is_empty());
    client.idle();

    save(&path, &[("b", "plot()", 4, json!([]))]);
    client.notify(
        "notebookDocument/didSave",
        json!({"notebookDocument": {"uri": notebook.uri}}),
    );
    assert!(messages(&client.published()).is_empty());
}

#[test]
fn a_client_that_tells_is_believed_over_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.ipynb");
    save(&path, &[("a", "1 / 0", 1, failure())]);
    let mut client = client(true, &["failed-cell"]);
    client.open_at(&format!("file://{}", path.display()), &[(PYTHON, "1 / 0")]);
    // The drop of the client asserts that nothing is published.
}
