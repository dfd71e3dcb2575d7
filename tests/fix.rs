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
fn a_repair_that_would_be_refused_is_not_promised() {
    let folder = tempfile::tempdir().unwrap();
    let promised = |script: &str| {
        fs::write(folder.path().join("a.py"), script).unwrap();
        let select = [
            "check",
            "--select",
            "import-outside-top",
            "--format",
            "json",
        ];
        let told = ends(&run(folder.path(), &[&select[..], &["a.py"]].concat()), 1);
        let findings: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!(findings.as_array().unwrap().len(), 1, "{told}");
        !findings[0]["fix"].is_null()
    };
    assert!(promised(
        "# %%\nimport os\n# %%\nprint(os.sep)\n# %%\nimport json\njson.loads('1')\n"
    ));
    // What the import finds may be what is installed above it.
    assert!(!promised(
        "# %%\nimport os\n# %%\nprint(os.sep)\n!pip install seaborn==0.13\n# %%\nimport seaborn as sns\nsns.set()\n"
    ));
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

#[test]
fn after_all_findings_are_suppressed_the_check_is_quiet() {
    let cells = [
        "print(gone, lost)\nimport os; os.chdir('x')",
        "%%time\nprint(gone)",
        "x = missing  # cellwise: ignore[long-cell]",
    ];
    let cells = cells.map(|text| {
        let text = serde_json::to_string(text).unwrap();
        format!(
            "  {{ \"cell_type\": \"code\", \"metadata\": {{}}, \"execution_count\": null, \"outputs\": [ ],\n   \"source\": {text} }}"
        )
    });
    let before = format!(
        "{{\"cells\": [\n{}\n], \"metadata\": {{\"x\":  1}}, \"nbformat\": 4, \"nbformat_minor\": 4}}",
        cells.join(",\n")
    );
    let (folder, file) = with_file(&before);
    let check = |args: &[&str], status| {
        ends(
            &run(folder.path(), &[&["check", "."], args].concat()),
            status,
        )
    };
    // What stands in two notebooks is suppressed in both.
    let work = "kept = [row for row in rows if row > 3]\ntotal = sum(kept) / len(kept)\nlimit = max(total, kept[0]) * 2\nout.append((total, limit))";
    let work = serde_json::to_string(&format!("rows, out = [], []\n{work}")).unwrap();
    for name in ["one.ipynb", "two.ipynb"] {
        let cell = format!(
            "{{\"cell_type\": \"code\", \"metadata\": {{}}, \"execution_count\": null, \"outputs\": [], \"source\": {work}}}"
        );
        let other = cell.replace(&work, "\"print(1)\"");
        let text = format!(
            "{{\"cells\": [{cell}, {other}], \"metadata\": {{}}, \"nbformat\": 4, \"nbformat_minor\": 4}}"
        );
        fs::write(folder.path().join(name), text).unwrap();
    }
    let told = check(&["--ignore", "unused-suppression"], 1);
    assert!(told.contains("duplicate-code"), "{told}");
    let told = check(&["--add-suppressions"], 0);
    assert!(told.contains("in 3 notebooks"), "{told}");
    let adopted = fs::read_to_string(&file).unwrap();
    assert_eq!(adopted.lines().next_back(), before.lines().next_back());
    check(&["--ignore", "unused-suppression"], 0);
    let told = check(&["--add-suppressions"], 0);
    assert!(told.contains("Suppressed 0 findings"), "{told}");
    assert_eq!(fs::read_to_string(&file).unwrap(), adopted);
}

/// As git leaves it: a line of a cell changed on both sides, and a count.
const CONFLICT: &str = "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n<<<<<<< HEAD\n   \"execution_count\": 1,\n=======\n   \"execution_count\": 2,\n>>>>>>> topic\n   \"id\": \"a\",\n   \"metadata\": {},\n   \"outputs\": [],\n   \"source\": [\n<<<<<<< HEAD\n    \"x = 1\"\n=======\n    \"x = 2\"\n>>>>>>> topic\n   ]\n  }\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 5\n}\n";

#[test]
fn conflicts_are_listed_and_resolved() {
    let (folder, file) = with_file(CONFLICT);
    let resolve = |args: &[&str], status| {
        let args = [&["resolve", "a.ipynb"], args].concat();
        ends(&run(folder.path(), &args), status)
    };
    let is_valid = || {
        let args = [
            "check",
            "a.ipynb",
            "--select",
            "merge-conflict,invalid-notebook",
        ];
        ends(&run(folder.path(), &args), 0);
    };
    let listed = resolve(&[], 1);
    assert!(listed.contains("a.ipynb:5: conflict 1:"), "{listed}");
    assert!(listed.contains("conflict 2:"), "{listed}");
    resolve(&["--ours", "--only", "3"], 2);
    assert_eq!(fs::read_to_string(&file).unwrap(), CONFLICT);
    resolve(&["--ours", "--only", "1"], 1);
    resolve(&["--theirs"], 0);
    let resolved = fs::read_to_string(&file).unwrap();
    assert!(resolved.contains("\"execution_count\": 1"), "{resolved}");
    assert!(
        resolved.contains("x = 2") && !resolved.contains("x = 1"),
        "{resolved}"
    );
    is_valid();

    for (choice, cells) in [("--ours", 1), ("--theirs", 1), ("--both", 2)] {
        fs::write(&file, CONFLICT).unwrap();
        resolve(&[choice], 0);
        let resolved = fs::read(&file).unwrap();
        let notebook: serde_json::Value = serde_json::from_slice(&resolved).unwrap();
        assert_eq!(
            notebook["cells"].as_array().unwrap().len(),
            cells,
            "{choice}"
        );
        is_valid();
    }
}
