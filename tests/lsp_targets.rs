//! Actions that ask: what is listed, what may be chosen, and what becomes of the choice.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "these tests write files")]

mod support;

use serde_json::{Value, json};
use support::{Client, Notebook};

const PYTHON: &str = "python";
const CODE: &str = "def clean(x):\n    return x";

fn client(choices: bool) -> Client {
    Client::with(
        &Client::vscode_capabilities(),
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
    let moves = actions.as_array().unwrap().iter();
    moves
        .filter(|action| action["title"].as_str().unwrap().starts_with("Move"))
        .cloned()
        .collect()
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

#[test]
fn a_notebook_is_promoted_to_the_module_that_was_chosen() {
    let mut client = client(true);
    let (folder, notebook) = project(&mut client);
    let listed = client.actions(&notebook, 1, Some(&["refactor.move"]));
    let promote = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|action| action["data"]["action"] == "promote-notebook")
        .expect("it is listed");
    assert_eq!(promote["title"], "Promote notebook to a module…");
    let answer = client.ask("cellwise/targets", json!({"data": promote["data"]}));
    let targets = &answer["result"]["targets"];
    assert_eq!(targets.as_array().unwrap().len(), 1, "{targets}");
    assert_eq!(targets[0]["argument"], "prices.py");

    let mut chosen = promote.clone();
    chosen["data"]["argument"] = json!("cleaning.py");
    let resolved = client.resolve(&chosen);
    let payload = &resolved["result"]["command"]["arguments"][0];
    let uri = format!("file://{}/cleaning.py", folder.path().display());
    assert_eq!(payload["files"][0]["create"], uri.as_str(), "{resolved}");

    chosen["data"]["argument"] = json!("shop.py");
    let refused = client.resolve(&chosen);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("shop.py exists"), "{message}");
}

/// An action, where the cursor is, what the person chose, and a part of what they are told.
type Refused<'a> = (&'a str, &'a [&'a str], Option<&'a str>, &'a str);

/// What all files below a folder hold, links left out.
fn held(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut held = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            held.extend(self::held(&path));
        } else if kind.is_file() {
            held.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    held.sort();
    held
}

#[cfg(unix)]
fn read_only(path: &std::path::Path) {
    let mut permissions = path.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).unwrap();
}

/// Why the action is not carried out: said when it is listed, or when it is resolved.
fn refusal(client: &mut Client, notebook: &Notebook, action: &str, choice: Option<&str>) -> String {
    let listed = client.actions(notebook, 0, None);
    let mut listed = listed.as_array().unwrap().iter();
    let found = listed.find(|own| own["data"]["action"] == action);
    let mut found = found
        .unwrap_or_else(|| panic!("{action} is not listed"))
        .clone();
    if choice.is_none() {
        return found["disabled"]["reason"]
            .as_str()
            .unwrap_or("it is offered")
            .to_owned();
    }
    found["data"]["argument"] = json!(choice);
    let resolved = client.resolve(&found);
    let reason = resolved["error"]["message"].as_str();
    reason.map_or_else(|| resolved.to_string(), str::to_owned)
}

#[cfg(unix)]
#[test]
fn bad_targets_are_told_and_nothing_is_written() {
    const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": "def f():\n    return 1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("project");
    let at = |name: &str| folder.join(name);
    std::fs::create_dir_all(at("tests")).unwrap();
    std::fs::create_dir_all(at("locked")).unwrap();
    std::fs::create_dir_all(root.path().join("elsewhere")).unwrap();
    for (file, text) in [
        ("cellwise.toml", ""),
        ("fixed.py", "import os\n\n\ndef gross(x):\n    return x\n"),
        ("broken.py", "x = 1\ndef (\n"),
        ("shop.py", "def tax(x):\n    return x\n"),
        ("other.py", "def net(x):\n    return x\n"),
        ("my-script.py", "A = 1\n"),
        ("tests/test_shop.py", "import os\n"),
        ("tests/test_other.py", "def (\n"),
        ("locked/helpers.ipynb", NOTEBOOK),
    ] {
        std::fs::write(at(file), text).unwrap();
    }
    std::fs::write(root.path().join("elsewhere/far.py"), "A = 1\n").unwrap();
    std::os::unix::fs::symlink(root.path().join("elsewhere"), at("out")).unwrap();
    for path in ["fixed.py", "tests/test_shop.py", "locked"] {
        read_only(&at(path));
    }
    let before = held(root.path());

    const GROSS: &[&str] = &["def gross(x):\n    return x", "print(gross(1))"];
    const SHOP: &[&str] = &["tax(1)", "from shop import tax"];
    const OTHER: &[&str] = &["net(1)", "from other import net"];
    const TEST_SHOP: &[&str] = &[
        "def test_tax():\n    assert tax(0) == 0",
        "from shop import tax",
    ];
    const TEST_OTHER: &[&str] = &[
        "def test_net():\n    assert net(0) == 0",
        "from other import net",
    ];
    let cases: &[Refused<'_>] = &[
        (
            "move-to-module",
            GROSS,
            Some("fixed.py"),
            "fixed.py is read-only",
        ),
        (
            "move-to-module",
            GROSS,
            Some("broken.py"),
            "broken.py has a syntax error in line 2 (",
        ),
        (
            "move-to-module",
            GROSS,
            Some("../far.py"),
            "../far.py is outside of the project; name a file within it",
        ),
        (
            "move-to-module",
            GROSS,
            Some("/etc/far.py"),
            "/etc/far.py is outside of the project",
        ),
        (
            "move-to-module",
            GROSS,
            Some("out/far.py"),
            "out/far.py is outside of the project",
        ),
        (
            "move-to-module",
            GROSS,
            Some("out/new.py"),
            "out/new.py is outside of the project",
        ),
        (
            "move-to-module",
            GROSS,
            Some("locked/new.py"),
            "locked is read-only",
        ),
        (
            "move-to-module",
            GROSS,
            Some("my shop.py"),
            "`my shop` in my shop.py is no name that Python can import; use letters, digits and `_`",
        ),
        (
            "move-to-module",
            GROSS,
            Some("class.py"),
            "`class` in class.py is no name that Python can import",
        ),
        (
            "move-to-module",
            GROSS,
            Some("shop.txt"),
            "its name must end in `.py`",
        ),
        (
            "move-to-module",
            GROSS,
            Some("json.py"),
            "would hide Python's own",
        ),
        (
            "promote-notebook",
            GROSS,
            Some("locked/new.py"),
            "locked is read-only",
        ),
        (
            "promote-notebook",
            GROSS,
            Some("../far.py"),
            "../far.py is outside of the project",
        ),
        (
            "promote-notebook",
            GROSS,
            Some("out/new.py"),
            "out/new.py is outside of the project",
        ),
        (
            "promote-notebook",
            GROSS,
            Some("my-shop.py"),
            "no name that Python can import",
        ),
        (
            "promote-notebook",
            GROSS,
            Some("broken.py"),
            "broken.py exists, and is left as it is; choose another name",
        ),
        (
            "generate-test",
            SHOP,
            None,
            "tests/test_shop.py is read-only",
        ),
        (
            "generate-test",
            OTHER,
            None,
            "tests/test_other.py has a syntax error in line 1",
        ),
        (
            "move-test",
            TEST_SHOP,
            None,
            "tests/test_shop.py is read-only",
        ),
        (
            "move-test",
            TEST_OTHER,
            None,
            "tests/test_other.py has a syntax error in line 1",
        ),
        (
            "run-to-import",
            &["%run ../elsewhere/far.py", "print(A)"],
            None,
            "../elsewhere/far.py is outside of the project",
        ),
        (
            "run-to-import",
            &["%run out/far.py", "print(A)"],
            None,
            "out/far.py is no script or notebook of this project",
        ),
        (
            "run-to-import",
            &["%run broken.py", "print(x)"],
            None,
            "broken.py has a syntax error in line 2",
        ),
        (
            "run-to-import",
            &["%run my-script.py", "print(A)"],
            None,
            "no name that Python can import",
        ),
        (
            "run-to-import",
            &["%run locked/helpers.ipynb", "print(f())"],
            None,
            "locked is read-only",
        ),
    ];
    let uri = format!("file://{}/prices.ipynb", folder.display());
    let mut client = client(true);
    for (action, cells, choice, reason) in cases {
        let cells: Vec<(&str, &str)> = cells.iter().map(|text| (PYTHON, *text)).collect();
        let notebook = client.open_at(&uri, &cells);
        client.take_unread();
        let told = refusal(&mut client, &notebook, action, *choice);
        assert!(told.contains(reason), "{action} {choice:?}: {told}");
        client.close(notebook);
        client.take_unread();
    }
    assert_eq!(held(root.path()), before, "something was written");
    std::fs::set_permissions(
        at("locked"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
}

#[test]
fn a_target_that_changed_since_it_was_listed_is_read_again() {
    let mut client = client(true);
    let (folder, notebook) = project(&mut client);
    let mut chosen = moves(&mut client, &notebook)[0].clone();
    chosen["data"]["argument"] = json!("shop.py");
    std::fs::write(folder.path().join("shop.py"), "X = 1\n").unwrap();
    let resolved = client.resolve(&chosen);
    let edit = &resolved["result"]["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(
        edit["range"]["start"],
        json!({"line": 0, "character": 5}),
        "{resolved}"
    );

    std::fs::write(folder.path().join("shop.py"), "clean = 1\n").unwrap();
    let refused = client.resolve(&chosen);
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("shop.py has another `clean` already; rename one of the two"),
        "{message}"
    );
    client.close(notebook);
}

#[test]
fn scripts_of_cells_are_no_modules_to_choose() {
    let mut client = client(true);
    let (folder, notebook) = project(&mut client);
    for (file, text) in [
        ("percent.py", "# %%\nx = 1\n"),
        ("prices.py", "# %%\nx = 1\n"),
        ("bricks.py", "# Databricks notebook source\nx = 1\n"),
        ("sea.py", "import marimo\n\napp = marimo.App()\n"),
        ("plain.py", "x = 1\n"),
    ] {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    client.notify(
        "workspace/didChangeWatchedFiles",
        json!({"changes": [{"uri": format!("file://{}/plain.py", folder.path().display()), "type": 1}]}),
    );
    let listed = moves(&mut client, &notebook);
    let answer = client.ask("cellwise/targets", json!({"data": listed[0]["data"]}));
    let targets = answer["result"]["targets"].as_array().unwrap().iter();
    let targets: Vec<&str> = targets.filter_map(|own| own["argument"].as_str()).collect();
    assert_eq!(targets, ["prices_functions.py", "plain.py", "shop.py"]);
    client.close(notebook);
}

/// Opens a text document.
fn open_text(client: &mut Client, uri: &str, version: i64, text: &str) {
    client.notify(
        "textDocument/didOpen",
        json!({"textDocument": {"uri": uri, "languageId": "python", "version": version, "text": text}}),
    );
}

/// Why a listed action is refused with this choice.
fn refused(client: &mut Client, action: &Value, choice: &str) -> String {
    let mut chosen = action.clone();
    chosen["data"]["argument"] = json!(choice);
    let resolved = client.resolve(&chosen);
    let message = resolved["error"]["message"].as_str();
    message.map_or_else(|| resolved.to_string(), str::to_owned)
}

#[test]
fn a_module_is_open_under_the_client_s_own_spelling() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a+b(c)@d");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("cellwise.toml"), "").unwrap();
    std::fs::write(folder.join("m.py"), "X = 1\n").unwrap();
    let mut client = client(true);
    // As Neovim writes it.
    let module = format!("file://{}/m.py", folder.display());
    let escaped = folder.display().to_string().replace('+', "%2B");
    let escaped = escaped.replace('(', "%28").replace(')', "%29");
    let notebook = client.open_at(
        &format!("file://{}/n.ipynb", escaped.replace('@', "%40")),
        &[(PYTHON, CODE), (PYTHON, "clean(1)")],
    );
    open_text(&mut client, &module, 3, "Y = 1\nX = 1\n");
    let listed = moves(&mut client, &notebook);
    let message = refused(&mut client, &listed[0], "m.py");
    let expected = format!(
        "{} has changes that are not saved",
        folder.join("m.py").display()
    );
    assert_eq!(message, expected);

    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": module, "version": 4}, "contentChanges": [{"text": "X = 1\n"}]}),
    );
    let mut chosen = listed[0].clone();
    chosen["data"]["argument"] = json!("m.py");
    let resolved = client.resolve(&chosen);
    let document = &resolved["result"]["edit"]["documentChanges"][0]["textDocument"];
    assert_eq!(
        *document,
        json!({"uri": module, "version": 4}),
        "{resolved}"
    );
    client.close(notebook);
}

#[cfg(unix)]
#[test]
fn a_module_is_open_by_another_path() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    std::fs::create_dir(at("real")).unwrap();
    std::fs::write(at("real/cellwise.toml"), "").unwrap();
    std::fs::write(at("real/m.py"), "X = 1\n").unwrap();
    std::os::unix::fs::symlink(at("real"), at("link")).unwrap();
    let mut client = client(true);
    let notebook = client.open_at(
        &format!("file://{}", at("link/n.ipynb").display()),
        &[(PYTHON, CODE), (PYTHON, "clean(1)")],
    );
    let module = format!("file://{}", at("real/m.py").display());
    open_text(&mut client, &module, 1, "Y = 1\n");
    let listed = moves(&mut client, &notebook);
    let message = refused(&mut client, &listed[0], "m.py");
    assert!(
        message.ends_with("m.py has changes that are not saved"),
        "{message}"
    );
    client.close(notebook);
}

#[test]
fn a_text_that_is_not_on_disk_yet_is_left_alone() {
    let mut client = client(true);
    let (folder, notebook) = project(&mut client);
    let module = format!("file://{}/prices.py", folder.path().display());
    open_text(
        &mut client,
        &module,
        1,
        "\"\"\"Prices.\"\"\"\nfrom __future__ import annotations\n",
    );
    let listed = moves(&mut client, &notebook);
    let message = refused(&mut client, &listed[0], "prices.py");
    assert!(message.contains("is open and not on disk"), "{message}");
    let listed = client.actions(&notebook, 1, Some(&["refactor.move"]));
    let mut listed = listed.as_array().unwrap().iter();
    let promote = listed
        .find(|own| own["data"]["action"] == "promote-notebook")
        .expect("it is listed");
    let message = refused(&mut client, promote, "prices.py");
    assert!(message.contains("is open and not on disk"), "{message}");
    client.close(notebook);
}

#[test]
fn a_folder_may_have_a_hash_in_its_name() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a#b");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(root.path().join("cellwise.toml"), "").unwrap();
    std::fs::write(folder.join("m.py"), "X = 1\n").unwrap();
    for asks in [false, true] {
        let mut client = client(asks);
        let uri = format!("file://{}/a%23b/n.ipynb", root.path().display());
        let notebook = client.open_at(&uri, &[(PYTHON, CODE), (PYTHON, "clean(1)")]);
        let listed = moves(&mut client, &notebook);
        assert!(!listed.is_empty());
        for mut offered in listed {
            let mut arguments = vec![offered["data"]["argument"].clone()];
            arguments.extend([json!("a#b/m.py"), json!("a#b/m.py#clean")]);
            for argument in arguments {
                offered["data"]["argument"] = argument;
                let resolved = client.resolve(&offered);
                assert_eq!(resolved.get("error"), None, "{resolved}");
            }
        }
        client.close(notebook);
    }
}

#[test]
fn a_notebook_that_is_run_must_be_saved() {
    const HELPERS: &str = r#"{"cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null, "outputs": [], "source": "def f():\n    return 1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#;
    let mut client = client(true);
    let (folder, first) = project(&mut client);
    client.close(first);
    std::fs::write(folder.path().join("helpers.ipynb"), HELPERS).unwrap();
    let at = |name: &str| format!("file://{}/{name}", folder.path().display());
    for (uri, cells) in [
        ("run.ipynb", &["%run helpers.ipynb", "print(f())"][..]),
        (
            "import.ipynb",
            &["import import_ipynb", "import helpers\nprint(helpers.f())"],
        ),
    ] {
        let cells: Vec<(&str, &str)> = cells.iter().map(|text| (PYTHON, *text)).collect();
        let notebook = client.open_at(&at(uri), &cells);
        for (text, expected) in [
            ("def f():\n    return 1", None),
            (
                "def f():\n    return 2",
                Some("helpers.ipynb has changes that are not saved"),
            ),
        ] {
            let item =
                json!({"uri": "helpers:1", "languageId": "python", "version": 1, "text": text});
            client.notify(
                "notebookDocument/didOpen",
                json!({
                    "notebookDocument": {
                        "uri": at("helpers.ipynb"), "notebookType": "jupyter-notebook", "version": 0,
                        "cells": [{"kind": 2, "document": "helpers:1"}],
                    },
                    "cellTextDocuments": [item],
                }),
            );
            let cursor = json!({"line": 0, "character": 8});
            let answer = client.ask(
                "textDocument/codeAction",
                json!({
                    "textDocument": {"uri": notebook.cells[0].uri},
                    "range": {"start": cursor, "end": cursor},
                    "context": {"diagnostics": []},
                }),
            );
            let mut listed = answer["result"].as_array().unwrap().iter();
            let found = listed.find(|own| own["data"]["action"] == "run-to-import");
            let reason = found.expect("it is listed")["disabled"]["reason"].as_str();
            assert_eq!(reason, expected);
            client.notify(
                "notebookDocument/didClose",
                json!({
                    "notebookDocument": {"uri": at("helpers.ipynb")},
                    "cellTextDocuments": [{"uri": "helpers:1"}],
                }),
            );
        }
        client.close(notebook);
        client.take_unread();
    }
}
