//! `cellwise fix` from outside: the binary on folders made for the purpose.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make files and start the binary"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A notebook that lacks two imports and has an empty cell, in a style of its own.
const BROKEN: &str = "{\n \"nbformat\": 4, \"nbformat_minor\": 5,\n \"metadata\": {\"x\":  [1]},\n \"cells\": [\n  {\n   \"id\": \"a\",\n   \"cell_type\": \"code\",\n   \"metadata\": {},\n   \"execution_count\": null,\n   \"outputs\": [],\n   \"source\": [\n    \"import os\\n\",\n    \"x = '\\u00e9'\"\n   ]\n  },\n  {\n   \"id\": \"b\",\n   \"cell_type\": \"code\",\n   \"metadata\": {},\n   \"execution_count\": null,\n   \"outputs\": [],\n   \"source\": []\n  },\n  {\n   \"id\": \"c\",\n   \"cell_type\": \"code\",\n   \"metadata\": {},\n   \"execution_count\": null,\n   \"outputs\": [ ],\n   \"source\": [\n    \"pd.DataFrame(np.ones(3))\"\n   ]\n  }\n ]\n}";

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .args(args)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[track_caller]
fn ends(output: &Output, status: i32) -> String {
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(status), "{shown}");
    shown
}

fn with_file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    fs::write(&file, content).unwrap();
    (folder, file)
}

#[test]
fn what_is_repaired_is_all_that_changes_and_it_is_done_once() {
    let styles: [fn(&str) -> String; 3] = [
        str::to_owned,
        |text| text.replace('\n', "\r\n"),
        |text| text.lines().map(str::trim_start).collect(),
    ];
    for style in styles {
        let (folder, file) = with_file(&style(BROKEN));
        let told = ends(&run(folder.path(), &["fix"]), 0);
        assert!(
            told.contains("Repaired 2 findings in 1 notebook."),
            "{told}"
        );
        let imports = "    \"import os\\n\",\n    \"import numpy as np\\n\",\n    \"import pandas as pd\\n\",\n";
        let other = "    \"import os\\n\",\n    \"import pandas as pd\\n\",\n    \"import numpy as np\\n\",\n";
        let found = fs::read_to_string(&file).unwrap();
        let expected =
            [imports, other].map(|lines| style(&BROKEN.replace("    \"import os\\n\",\n", lines)));
        assert!(expected.contains(&found), "{found}");
        ends(&run(folder.path(), &["check"]), 0);
        let told = ends(&run(folder.path(), &["fix"]), 0);
        assert!(told.contains("Nothing to repair."), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), found);
    }
}

#[test]
fn hints_are_repaired_where_they_are_asked_for() {
    let (folder, file) = with_file(BROKEN);
    ends(&run(folder.path(), &["fix", "--select", "empty-cell"]), 0);
    let start = BROKEN.find("  {\n   \"id\": \"b\"").unwrap();
    let end = BROKEN.find("  {\n   \"id\": \"c\"").unwrap();
    let expected = format!("{}{}", &BROKEN[..start], &BROKEN[end..]);
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn a_diff_writes_nothing() {
    let (folder, file) = with_file(BROKEN);
    let output = run(folder.path(), &["fix", "--diff", "a.ipynb"]);
    let told = ends(&output, 1);
    assert!(
        told.contains("Would repair 2 findings in 1 notebook."),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), BROKEN);
    let diff = String::from_utf8(output.stdout).unwrap();
    let added: Vec<&str> = diff.lines().filter(|line| line.starts_with('+')).collect();
    assert_eq!(added.len(), 3, "{diff}");
    assert_eq!(added[0], "+++ b/a.ipynb");
}

#[test]
fn what_is_unsafe_is_repaired_when_asked_for() {
    let counts = BROKEN
        .replacen("\"execution_count\": null", "\"execution_count\": 5", 1)
        .replace("\"outputs\": [ ]", "\"outputs\": [ ] ")
        .replace("pd.DataFrame(np.ones(3))", "print(x)");
    let last = counts.rfind("\"execution_count\": null").unwrap();
    let counts = format!(
        "{}\"execution_count\": 2{}",
        &counts[..last],
        &counts[last + "\"execution_count\": null".len()..]
    );
    let (folder, file) = with_file(&counts);
    ends(&run(folder.path(), &["fix"]), 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), counts);
    ends(&run(folder.path(), &["fix", "--unsafe-fixes"]), 0);
    let expected = counts
        .replace("\"execution_count\": 5", "\"execution_count\": null")
        .replace("\"execution_count\": 2", "\"execution_count\": null");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn what_remains_is_printed() {
    let (folder, _) = with_file(&BROKEN.replace("np.ones(3)", "nowhere"));
    let told = ends(&run(folder.path(), &["fix"]), 1);
    assert!(told.contains("`nowhere`"), "{told}");
    assert!(!told.contains("`pd`"), "{told}");
}

#[test]
fn files_that_cannot_be_patched_are_named_and_scripts_are() {
    let (folder, file) = with_file(&BROKEN[..BROKEN.len() - 2]);
    let told = ends(&run(folder.path(), &["fix"]), 2);
    assert!(
        told.contains("a.ipynb is not repaired: its JSON is broken"),
        "{told}"
    );
    assert_eq!(
        fs::read_to_string(&file).unwrap(),
        &BROKEN[..BROKEN.len() - 2]
    );
    fs::write(folder.path().join("b.py"), "# %%\nnp.ones(3)\n").unwrap();
    ends(&run(folder.path(), &["fix", "b.py"]), 0);
    assert_eq!(
        fs::read_to_string(folder.path().join("b.py")).unwrap(),
        "# %%\nimport numpy as np\n\n# %%\nnp.ones(3)\n"
    );
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_left() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, file) = with_file(BROKEN);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
    let told = ends(&run(folder.path(), &["fix"]), 2);
    assert!(told.contains("read-only"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), BROKEN);
}
