//! Notebooks of a size that nobody writes: they are read, or refused with a sentence, and nothing hangs.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "they run commands on large files"
)]

mod support;

use std::process::Command;

use serde_json::{Value, json};
use support::Client;

const CELLS: usize = 100_000;

/// A line of so many bytes.
const LONG: usize = 100_000_000;

fn code(source: &str) -> Value {
    json!({"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": source})
}

/// What `cellwise check` finds in a notebook of these cells, as rules.
fn check(cells: &[Value]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
    std::fs::write(folder.path().join("a.ipynb"), notebook.to_string()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .args(["check", "--format", "json", "a.ipynb"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
    found.iter().map(rule).collect()
}

#[test]
fn a_hundred_thousand_cells_are_checked() {
    let mut cells: Vec<Value> = (1..CELLS)
        .map(|number| code(&format!("x{number} = {number}\nprint(x{number})")))
        .collect();
    cells.push(code("print(x1, nowhere)"));
    let found = check(&cells);
    assert_eq!(
        found
            .iter()
            .filter(|rule| *rule == "undefined-name")
            .count(),
        1,
        "{found:?}"
    );
}

#[test]
fn a_hundred_thousand_cells_are_served() {
    let options = json!({"settings": {"select": ["undefined-name"]}});
    let mut client = Client::with(&json!({}), &options);
    let texts: Vec<String> = (0..CELLS).map(|number| format!("x{number} = 1")).collect();
    let cells: Vec<(&str, &str)> = texts.iter().map(|text| ("python", text.as_str())).collect();
    let mut notebook = client.open(&cells);
    client.type_text(&mut notebook, CELLS - 1, (0, 0), "print(x7, nowhere)\n");
    let published = client.published();
    let message = published["diagnostics"][0]["message"].as_str().unwrap();
    assert!(message.contains("`nowhere`"), "{message}");
    client.take_unread();
}

/// Whatever looks at each pair of statements, or at each name of each statement, would be looking for hours.
#[test]
fn cells_of_thousands_of_statements_are_checked() {
    let kinds: [fn(usize) -> String; 5] = [
        |number| format!("v{} = v{number}\n", number + 1),
        |_| "print(1)\n".into(),
        |_| "!ls {x} $y\n".into(),
        |_| "y = f(x)\nplt.plot(y)\nplt.show()\n".into(),
        |number| format!("class C{}(C{number}):\n    pass\n", number + 1),
    ];
    for kind in kinds {
        let text: String = (0..3_000).map(kind).collect();
        assert!(check(&[code(&text)]).contains(&"long-cell".to_owned()));
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_read_or_refused() {
    let last = code("print(x, nowhere)");
    // Code of this length is no code; who knows what it binds?
    let sum = format!("x = 1{}", " + 1".repeat(LONG / 4));
    let found = check(&[code(&sum), last.clone()]);
    assert!(!found.contains(&"undefined-name".to_owned()), "{found:?}");
    // The words of prose are nobody's business, and an output is passed over.
    let mut shown = code("x = 1");
    shown["outputs"] =
        json!([{"output_type": "stream", "name": "stdout", "text": "a".repeat(LONG)}]);
    let found = check(&[shown, last]);
    assert!(found.contains(&"undefined-name".to_owned()), "{found:?}");
    assert!(found.contains(&"large-output".to_owned()), "{found:?}");
}
