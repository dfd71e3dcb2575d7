//! What `cellwise check` writes for CI systems, and the baseline, from outside.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make files and start the binary"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Status, standard output and standard error of `cellwise check` in a folder.
fn check(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .arg("check")
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// A file with one line a line of source, as Jupyter writes it.
fn write(folder: &Path, name: &str, cells: &[&str]) {
    let cells: Vec<Value> = cells
        .iter()
        .map(|text| {
            let source: Vec<&str> = text.split_inclusive('\n').collect();
            json!({"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": source})
        })
        .collect();
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
    fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
    fs::write(
        folder.join(name),
        serde_json::to_string_pretty(&notebook).unwrap(),
    )
    .unwrap();
}

#[test]
fn the_line_is_that_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a.ipynb",
        &["x = 1", "y = 'é'; print(x,\n  missing)"],
    );
    let text = fs::read_to_string(folder.path().join("a.ipynb")).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains("missing"))
        .unwrap();
    let column = 1 + text.lines().nth(line - 1).unwrap().find("missing").unwrap();
    let (status, out, _) = check(folder.path(), &["--format", "github"]);
    assert_eq!(status, 1);
    let start = format!(
        "::error file=a.ipynb,line={line},endLine={line},col={column},endColumn={},title=cellwise undefined-name::cell 2, line 2: `missing`",
        column + 7
    );
    assert!(out.starts_with(&start), "{out}\n{start}");

    let (_, out, _) = check(folder.path(), &["--format", "sarif"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        place,
        &json!({
            "artifactLocation": {"uri": "a.ipynb"},
            "region": {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + 7},
        })
    );
    let (_, out, _) = check(folder.path(), &["--format", "gitlab"]);
    let issues: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(issues[0]["location"]["lines"]["begin"], line);
    let (_, out, _) = check(folder.path(), &["--format", "junit"]);
    assert!(out.contains(&format!(">a.ipynb:{line}: ")), "{out}");
}

#[test]
fn nothing_found_is_said_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.ipynb", &["x = 1"]);
    let out = |format| {
        let (status, out, err) = check(folder.path(), &["--format", format]);
        assert_eq!((status, err.as_str()), (0, ""));
        out
    };
    assert_eq!(out("github"), "");
    assert_eq!(out("gitlab"), "[]\n");
    assert!(out("junit").contains("failures=\"0\""));
    let log: Value = serde_json::from_str(&out("sarif")).unwrap();
    assert_eq!(log["runs"][0]["results"], json!([]));
}

#[test]
fn statistics_are_counted_by_rule() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.ipynb", &["a", "", "b", "x = 1"]);
    write(folder.path(), "b.ipynb", &["c"]);
    let (status, out, _) = check(folder.path(), &["--statistics", "--hints"]);
    assert_eq!(status, 1);
    insta::assert_snapshot!(out, @"
    3  error    undefined-name
    1  hint     empty-cell

    Found 4 findings (3 errors, 1 hint) in 2 of 2 notebooks.
    1 has a repair in the editor.
    ");
    let (_, out, _) = check(folder.path(), &["--statistics", "--format", "json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap(),
        json!([{"rule": "undefined-name", "severity": "error", "count": 3, "notebooks": 2}])
    );
    let (status, _, err) = check(folder.path(), &["--statistics", "--format", "sarif"]);
    assert_eq!(status, 2);
    assert!(err.contains("as text or json"), "{err}");
}

#[test]
fn a_baseline_knows_its_findings_wherever_they_move() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "sub/a.ipynb", &["print(old)", "print(old)"]);
    let (status, out, err) = check(root, &["--write-baseline", "sub/base.json"]);
    assert_eq!((status, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("wrote 2 findings to sub/base.json"), "{err}");

    let (status, out, _) = check(root, &["--baseline", "sub/base.json"]);
    assert_eq!(status, 0);
    assert!(
        out.contains("2 findings of the baseline not shown"),
        "{out}"
    );

    // From another folder, with lines and cells moved.
    write(
        root,
        "sub/a.ipynb",
        &["import os", "x = 1\n\nprint(x)", "print(old)", "print(old)"],
    );
    let (status, out, _) = check(&root.join("sub"), &["--baseline", "base.json"]);
    assert_eq!(status, 0, "{out}");

    // One more of the same, and a new one.
    write(
        root,
        "sub/a.ipynb",
        &["print(old)", "print(old)", "print(old)", "print(new)"],
    );
    let (status, out, _) = check(root, &["--baseline", "sub/base.json", "--format", "json"]);
    let found: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, 1);
    assert_eq!(found.as_array().unwrap().len(), 2, "{out}");
}

#[test]
fn a_baseline_that_cannot_be_used_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(root, "a.ipynb", &["x = 1"]);
    for content in ["", "[]", "{\"version\": 2, \"findings\": []}"] {
        fs::write(root.join("base.json"), content).unwrap();
        let (status, out, err) = check(root, &["--baseline", "base.json"]);
        assert_eq!((status, out.as_str()), (2, ""), "{content}");
        assert!(err.contains("base.json"), "{err}");
    }
    let (status, _, err) = check(root, &["--baseline", "nowhere.json"]);
    assert_eq!(status, 2);
    assert!(err.contains("--write-baseline"), "{err}");
    let (status, _, _) = check(root, &["gone", "--write-baseline", "new.json"]);
    assert_eq!(status, 2);
    assert!(!root.join("new.json").exists());
}

#[test]
fn no_output_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let password = ["q7!Lm", "2+vXz"].concat();
    // Another rule's line, a suppressed finding, a line beside one that is found.
    write(
        root,
        "a.ipynb",
        &[
            &format!("connect(missing, password='{password}')"),
            &format!("password = '{password}'  # cellwise: ignore[secret]\nprint(gone)"),
            &format!("!pip install git+https://me:{password}@git.shop.net/x.git"),
            &format!("open('/home/me/{password}')\npassword = '{password}'"),
        ],
    );
    for format in ["text", "json", "sarif", "github", "gitlab", "junit"] {
        for rules in ["secret", "secret,undefined-name", "undefined-name", "all"] {
            let (status, out, err) = check(root, &["--format", format, "--select", rules]);
            assert_eq!(status, 1, "{format} {rules}");
            assert!(!(out + &err).contains(&password), "{format} {rules}");
        }
    }
    let (_, out, _) = check(
        root,
        &["--select", "secret", "--write-baseline", "base.json"],
    );
    let baseline = fs::read_to_string(root.join("base.json")).unwrap();
    assert!(!(out + &baseline).contains(&password));
    write(
        root,
        "a.ipynb",
        &[&format!("connect(missing, password='{password}')")],
    );
    let (_, out, _) = check(root, &["--select", "secret"]);
    insta::assert_snapshot!(out, @r"
    error[secret]: cell 1 holds a password: whoever gets the notebook, or any commit of it, can use it. Change it where it was issued, and read the new one from the environment.
     --> a.ipynb:cell 1:1:28
      |
    1 | connect(missing, password='••••••••••')
      |                            ^^^^^^^^^^
      = fix: Read the secret from the environment (look at the result)

    Found 1 finding (1 error) in 1 of 1 notebook.
    1 has a repair in the editor.
    ");
}

#[test]
fn no_output_shows_what_outputs_hold() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let password = ["q7!Lm", "2+vXz"].concat();
    let url = format!("mysql://me:{password}@db.net/shop");
    let cells = [
        json!({"output_type": "stream", "name": "stdout", "text": [format!("{url}\n")]}),
        json!({"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": {"text/html": format!("<b>{url}</b>")}}),
        json!({"output_type": "display_data", "metadata": {}, "data": {"application/json": {"url": [url]}}}),
        json!({"output_type": "error", "ename": "OSError", "evalue": format!("no {url}"), "traceback": [format!("at {url}")]}),
    ]
    .map(|output| json!({"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [output], "source": "db"}));
    let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4});
    fs::write(root.join("a.ipynb"), notebook.to_string()).unwrap();
    for format in ["text", "json", "sarif", "github", "gitlab", "junit"] {
        let (_, out, err) = check(root, &["--format", format, "--select", "all"]);
        let found = out.matches("the password of a connection").count();
        assert!(found >= 4, "{format}: {found}\n{out}");
        assert!(!(out + &err).contains(&password), "{format}");
    }
}

/// What is wrong with a file is told by what stands there: an id, a type, a key.
#[test]
fn no_refusal_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let token = ["sk-proj-abcdEFGH1234", "ijklMNOP5678qrstUVWX"].concat();
    let cell = |id: &str, kind: &str| json!({"cell_type": kind, "id": id, "execution_count": null, "metadata": {}, "outputs": [], "source": "x = 1"});
    for cells in [
        json!([cell(&token, "code"), cell(&token, "code")]),
        json!([cell("a", &token)]),
    ] {
        let notebook = json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
        fs::write(root.join("a.ipynb"), notebook.to_string()).unwrap();
        for args in [
            &["promote", "--dry-run"][..],
            &["check", "--select", "all"],
            &["check", "--select", "all", "--format", "json"],
        ] {
            let run = Command::new(env!("CARGO_BIN_EXE_cellwise"))
                .args(args)
                .arg("a.ipynb")
                .current_dir(root)
                .output()
                .unwrap();
            let said = String::from_utf8([run.stdout, run.stderr].concat()).unwrap();
            assert!(said.contains("••••"), "{args:?}: {said}");
            assert!(!said.contains(&token), "{args:?}: {said}");
        }
    }
}

#[test]
fn every_hook_is_a_command() {
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml");
    let hooks = fs::read_to_string(hooks).unwrap();
    let entries: Vec<&str> = hooks
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: cellwise "))
        .collect();
    assert!(!entries.is_empty());
    for entry in entries {
        let help = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .args([entry, "--help"])
            .output()
            .unwrap();
        assert!(help.status.success(), "{entry}");
    }
}
