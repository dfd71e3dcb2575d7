//! Prints the examples in the manual pages of all rules and actions, for `tests/formats/run`: one line of JSON each.
//!
//! `{"name": "extract-cell-to-function", "is_action": true, "line": 40, "section": "Before", "cells": […],
//! "selection": [cell, start, end] (in characters) | null, "home": …, "client": …, "argument": …, "choice": …,
//! "path": "example.ipynb", "settings": {…}, "files": {"prices.py": …}, "after": {"cells": […], "files": {…}} | null}`.
//! A cell is `{"kind": "code", "text": …, "tags": […]}`, and has `"is_run"` where it has a count or outputs. Examples in
//! another language, and those of the file's JSON itself, are left out: there is nothing of them in a text.
#![expect(clippy::print_stdout, reason = "a tool for tests prints")]

use std::collections::BTreeMap;

use cellwise::docs::{self, Example, Section};
use cellwise::notebook::{Cell, CellKind};
use cellwise::{actions, rules};
use serde_json::{Value, json};

fn main() {
    for rule in rules::ALL {
        for example in docs::examples(rule.source) {
            print(rule.name, false, &example, None);
        }
    }
    for action in actions::ALL {
        let examples = docs::examples(action.source);
        for (position, example) in examples.iter().enumerate() {
            let after = examples.get(position + 1);
            let after = after.filter(|after| after.section == Section::After);
            if example.section != Section::After {
                print(action.name, true, example, after);
            }
        }
    }
}

fn print(name: &str, is_action: bool, example: &Example, after: Option<&Example>) {
    if example.is_ipynb || example.option("language").is_some() {
        return;
    }
    let notebook = example.notebook();
    let selection = example.selection().map(|(cell, range)| {
        let text = notebook.cell(cell).map_or("", |cell| &*cell.text);
        let characters = |end| text[..end].chars().count();
        let (start, end) = (range.start().to_usize(), range.end().to_usize());
        json!([cell.to_usize(), characters(start), characters(end)])
    });
    let after = after.map(|after| {
        let cells: Vec<Value> = after.notebook().cells.iter().map(|it| cell(it)).collect();
        json!({"cells": cells, "files": files(after)})
    });
    let line = json!({
        "name": name,
        "is_action": is_action,
        "line": example.line,
        "section": format!("{:?}", example.section),
        "cells": notebook.cells.iter().map(|it| cell(it)).collect::<Vec<Value>>(),
        "selection": selection,
        "home": example.option("home"),
        "client": example.option("client"),
        "argument": example.option("argument"),
        "choice": example.option("choice"),
        "path": example.option("name").unwrap_or("example.ipynb"),
        "settings": example.written_settings(),
        "files": files(example),
        "after": after,
    });
    println!("{line}");
}

fn cell(cell: &Cell) -> Value {
    let kind = match cell.kind {
        CellKind::Code => "code",
        CellKind::Markdown => "markdown",
        CellKind::Raw | CellKind::Unknown => "raw",
    };
    let is_run = cell.execution.count.is_some() || cell.outputs.count > 0;
    json!({"kind": kind, "text": &*cell.text, "tags": &*cell.tags, "is_run": is_run})
}

fn files(example: &Example) -> BTreeMap<&str, &str> {
    let files = example.files.iter();
    files.map(|(path, text)| (&**path, &**text)).collect()
}
