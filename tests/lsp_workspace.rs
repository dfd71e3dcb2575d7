//! Work on the workspace: checking notebooks that nobody has opened, and files that others change.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "the tests write notebooks")]

mod support;

use serde_json::json;
use support::workspace::{changed, client, save, uri};

const RULES: &[&str] = &["undefined-name", "empty-cell"];

const PYTHON: &str = "python";

#[test]
fn closed_notebooks_are_checked_and_shown_until_they_are_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    save(&at("a.ipynb"), &["x = 1", "print(y)"]);
    save(&at("sub/b.ipynb"), &["", "x = 1"]);
    save(&at("open.ipynb"), &["print(on_disk)"]);
    std::fs::write(at("broken.ipynb"), "{").expect("written");
    let mut client = client(folder.path(), &json!({}), RULES);
    let open = client.open_at(&uri(&at("open.ipynb")), &[(PYTHON, "print(a)\nprint(b)")]);
    client.published();

    let answer = client.ask("cellwise/checkWorkspace", json!({"workDoneToken": "t"}));
    let summary = &answer["result"];
    assert_eq!(summary["notebooks"], 4, "{answer}");
    assert_eq!(
        summary["findings"],
        json!({"error": 3, "warning": 0, "info": 0, "hint": 1})
    );
    assert_eq!(summary["files"][0]["uri"], uri(&at("a.ipynb")));
    let shown = client.published();
    assert_eq!(shown["uri"], uri(&at("a.ipynb")));
    let message = shown["diagnostics"][0]["message"].as_str().expect("a text");
    assert!(
        message.starts_with("cell 2: `y` is bound by no cell"),
        "{message}"
    );

    let first = client.notification("$/progress");
    assert_eq!(first["token"], "t");
    assert_eq!(first["value"]["kind"], "begin");
    let said = client.take_unread();
    let last = said.last().expect("an end");
    assert_eq!(last["params"]["value"]["kind"], "end", "{said:?}");

    // Checked again, nothing is said again; what is mended is taken back.
    client.ask("cellwise/checkWorkspace", json!({}));
    client.idle();
    save(&at("a.ipynb"), &["x = 1", "print(x, z)"]);
    client.ask("cellwise/checkWorkspace", json!({}));
    assert_eq!(
        client.published()["diagnostics"].as_array().map(Vec::len),
        Some(1)
    );
    client.close(open);
    client.published();
    let opened = client.open_at(&uri(&at("a.ipynb")), &[(PYTHON, "x = 1")]);
    let shown = client.published();
    assert_eq!(
        (&shown["uri"], &shown["diagnostics"]),
        (&json!(opened.uri), &json!([]))
    );
}

#[test]
fn answers_come_while_the_workspace_is_checked_and_it_can_be_cancelled() {
    let folder = tempfile::tempdir().expect("a folder");
    let cell = "def f(a):\n    return a\n".repeat(400);
    for number in 0..60 {
        save(
            &folder.path().join(format!("{number}.ipynb")),
            &vec![cell.as_str(); 20],
        );
    }
    let mut client = client(folder.path(), &json!({}), RULES);
    let request = client.request("cellwise/checkWorkspace", json!({"workDoneToken": 7}));
    assert_eq!(client.notification("$/progress")["value"]["kind"], "begin");
    // This is answered although the other is not.
    let page = client.ask("cellwise/explain", json!({"rule": "empty-cell"}));
    assert!(page["result"]["markdown"].is_string());
    client.notify("$/cancelRequest", json!({"id": request}));
    let answer = client.response(request);
    assert_eq!(answer["error"]["code"], -32800, "{answer}");
    loop {
        let told = client.notification("$/progress");
        if told["value"]["kind"] == "end" {
            assert_eq!(told["value"]["message"], "cancelled");
            break;
        }
    }
}

#[test]
fn files_are_watched_where_the_client_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let capabilities =
        json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let mut client = client(folder.path(), &capabilities, RULES);
    let asked = client.server_request("client/registerCapability");
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    assert!(
        registration["registerOptions"]["watchers"]
            .to_string()
            .contains("pyproject.toml")
    );
    client.write(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": null}));

    let path = folder.path().join("a.ipynb");
    client.open_at(
        &uri(&path),
        &[(PYTHON, "%run setup.py"), (PYTHON, "print(x)")],
    );
    client.idle();
    let setup = folder.path().join("setup.py");
    std::fs::write(&setup, "y = 1").expect("written");
    changed(&mut client, &setup, 2);
    assert_eq!(
        client.published()["diagnostics"][0]["code"],
        "undefined-name"
    );
    let settings = folder.path().join("cellwise.toml");
    std::fs::write(&settings, "builtins = ['x']").expect("written");
    changed(&mut client, &settings, 2);
    assert_eq!(client.published()["diagnostics"], json!([]));
}

#[test]
fn what_the_project_depends_on_is_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let requirements = folder.path().join("requirements.txt");
    std::fs::write(&requirements, "pandas\n").expect("written");
    let mut client = client(folder.path(), &json!({}), &["undeclared-dependency"]);
    let open = client.open_at(
        &uri(&folder.path().join("a.ipynb")),
        &[(PYTHON, "import yaml")],
    );
    assert_eq!(
        client.published()["diagnostics"][0]["code"],
        "undeclared-dependency"
    );
    std::fs::write(&requirements, "pandas\npyyaml\n").expect("written");
    changed(&mut client, &requirements, 2);
    let shown = client.published();
    assert_eq!(
        (&shown["uri"], &shown["diagnostics"]),
        (&json!(open.cells[0].uri), &json!([]))
    );
    // Without any file nothing is told, and a new one counts.
    std::fs::remove_file(&requirements).expect("removed");
    changed(&mut client, &requirements, 3);
    std::fs::write(&requirements, "numpy\n").expect("written");
    changed(&mut client, &requirements, 1);
    assert_eq!(
        client.published()["diagnostics"][0]["code"],
        "undeclared-dependency"
    );
}

#[test]
fn notebooks_of_every_form_are_checked_and_know_of_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let work = "kept = rows[rows[\"a\"] > 3]\nkept = kept.dropna(axis=0)\ntotal = sum(kept[\"a\"]) / len(kept)\nout.append((total, kept.max()))";
    save(&at("a.ipynb"), &[work]);
    let write = |name: &str, text: String| std::fs::write(at(name), text).expect("written");
    write("a.py", format!("# %%\n{work}\n"));
    write("b.py", format!("# %%\nx = 1\n# %%\n{work}\n"));
    write(
        "c.qmd",
        format!("---\njupyter: python3\n---\n\n```{{python}}\n{work}\n```\n"),
    );
    write(
        "d.md",
        format!(
            "---\njupyter:\n  jupytext:\n    text_representation:\n      format_name: markdown\n---\n\n```python\n{work}\n```\n"
        ),
    );
    write("plain.py", format!("{work}\n"));
    let mut client = client(folder.path(), &json!({}), &["duplicate-code"]);
    let answer = client.ask("cellwise/checkWorkspace", json!({}));
    assert_eq!(answer["result"]["notebooks"], 5, "{answer}");
    for name in ["a.ipynb", "a.py", "b.py", "c.qmd", "d.md"] {
        let shown = client.published();
        assert_eq!(shown["uri"], uri(&at(name)), "{shown}");
        let message = shown["diagnostics"][0]["message"].to_string();
        let is_pair = name.starts_with("a.");
        assert_eq!(message.contains("of a."), !is_pair, "{name}: {message}");
        assert!(
            message.contains("of b.py") || name == "b.py",
            "{name}: {message}"
        );
    }
}
