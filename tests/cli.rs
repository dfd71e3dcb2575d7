//! The command line from outside: the binary on folders made for the purpose.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make files and start the binary"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// A folder with files, in which the binary is run.
struct Project {
    folder: tempfile::TempDir,
}

struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Project {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder with one notebook, whose second cell of three is empty.
    fn with_empty_cell() -> Self {
        Self::new().file("a.ipynb", &notebook(&["x = 1", "", "print(x)"]))
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn file(self, name: impl AsRef<Path>, content: &str) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cellwise"));
        command.args(args).current_dir(self.path());
        for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
            command.env_remove(variable);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        run(&mut self.command(args))
    }

    fn check(&self, args: &[&str]) -> Run {
        self.run(&[&["check"], args].concat())
    }
}

fn run(command: &mut Command) -> Run {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Run {
        status: output.status.code().expect("it ended by itself"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Run {
    #[track_caller]
    fn fails_with(&self, message: &str) {
        assert_eq!(self.status, 2, "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(message), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }

    fn json(&self) -> Vec<Value> {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }
}

fn notebook(cells: &[&str]) -> String {
    let cells: Vec<Value> = cells
        .iter()
        .enumerate()
        .map(|(position, text)| {
            json!({
                "cell_type": "code",
                "execution_count": position + 1,
                "id": format!("id-{position}"),
                "metadata": {},
                "outputs": [],
                "source": text,
            })
        })
        .collect();
    json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string()
}

#[test]
fn the_exit_status_says_whether_anything_counts() {
    let project = Project::with_empty_cell();
    assert_eq!(project.check(&["--ignore", "all"]).status, 0);
    // Hints are quiet, unless the rule is asked for by its name or the severity is raised.
    assert_eq!(project.check(&[]).status, 0);
    assert_eq!(project.check(&["--hints"]).status, 0);
    assert_eq!(project.check(&["--select", "structure"]).status, 0);
    assert_eq!(project.check(&["--select", "empty-cell"]).status, 1);
    assert_eq!(
        project
            .check(&["--select", "empty-cell", "--format", "json"])
            .status,
        1
    );
    assert_eq!(project.check(&["--nonsense"]).status, 2);
    assert_eq!(project.run(&[]).status, 2);
    let project = project.file("cellwise.toml", "severity.empty-cell = 'warning'");
    assert_eq!(project.check(&[]).status, 1);
}

#[test]
fn text_is_for_people() {
    let project = Project::with_empty_cell().file(
        "b.ipynb",
        &notebook(&["値 = '😀'  # cellwise: ignore[emty-cell]"]),
    );
    let run = project.check(&["--hints", "--select", "empty-cell,unused-suppression"]);
    insta::assert_snapshot!(run.stdout, @"
    hint[empty-cell]: cell 2 (In [2]) has nothing in it; remove it.
     --> a.ipynb:cell 2 (In [2]):1:1
      = fix: Remove the empty cell

    hint[unused-suppression]: This suppresses nothing: there is no rule named `emty-cell`; did you mean `empty-cell`?
     --> b.ipynb:cell 1 (In [1]):1:29
      |
    1 | 値 = '😀'  # cellwise: ignore[emty-cell]
      |                               ^^^^^^^^^

    Found 2 findings (2 hints) in 2 of 2 notebooks.
    1 has a repair in the editor.
    ");
    insta::assert_snapshot!(project.check(&["a.ipynb"]).stdout, @"
    Nothing found in 1 notebook.
    1 hint not shown; --hints shows it.
    ");
}

#[test]
fn json_is_for_programs_and_has_the_hints() {
    let project = Project::with_empty_cell();
    let run = project.check(&["--format", "json"]);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""));
    assert_eq!(
        run.json(),
        [json!({
            "rule": "empty-cell",
            "group": "structure",
            "severity": "hint",
            "path": "a.ipynb",
            "cell": 1,
            "cell_id": "id-1",
            "line": 1,
            "column": 1,
            "end_line": 1,
            "end_column": 1,
            "message": "cell 2 (In [2]) has nothing in it; remove it.",
            "fix": {"title": "Remove the empty cell", "safety": "safe"},
            "related": [],
        })]
    );
    let empty = project.check(&["--format", "json", "--ignore", "all"]);
    assert_eq!(empty.stdout, "[]\n");
}

#[test]
fn rules_are_chosen_by_lists_that_may_be_repeated() {
    let project = Project::with_empty_cell();
    let count = |args: &[&str]| {
        let args = [args, &["--format", "json"]].concat();
        project.check(&args).json().len()
    };
    assert_eq!(count(&["--select", "state,structure"]), 1);
    assert_eq!(count(&["--select", "state", "--select", "structure"]), 1);
    assert_eq!(count(&["--select", "state"]), 0);
    assert_eq!(
        count(&["--select", "state", "--extend-select", "empty-cell"]),
        1
    );
    assert_eq!(count(&["--ignore", "empty-cell,state"]), 0);
}

#[test]
fn an_unknown_rule_is_an_error_that_names_the_nearest() {
    let project = Project::with_empty_cell();
    for option in ["--select", "--ignore", "--extend-select"] {
        let run = project.check(&[option, "state,emty-cell"]);
        run.fails_with("there is no rule or group named `emty-cell`; did you mean `empty-cell`?");
    }
    let run = project.run(&["explain", "remove-cel"]);
    run.fails_with("there is no rule or action named `remove-cel`; did you mean `remove-cell`?");
}

#[test]
fn a_missing_path_does_not_hide_the_others() {
    let project = Project::with_empty_cell();
    let run = project.check(&["nowhere", "a.ipynb", "--select", "empty-cell"]);
    run.fails_with("nowhere does not exist");
    assert!(run.stdout.contains("Found 1 finding"), "{}", run.stdout);
}

#[test]
fn a_folder_without_notebooks_is_said_and_no_error() {
    let project = Project::new().file("notes.txt", "x");
    let run = project.check(&[]);
    assert_eq!(run.status, 0);
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("", "no notebooks found\n")
    );
    assert_eq!(project.check(&["--format", "json"]).stdout, "[]\n");
}

#[test]
fn what_is_no_notebook_never_passes_for_a_clean_one() {
    for content in [
        &b"{\"cells\": ["[..],
        b"",
        b"\x89PNG\r\n\x1a\n\0\xff",
        b"\xff\xfe{\0}\0",
    ] {
        let project = Project::new();
        fs::write(project.path().join("a.ipynb"), content).unwrap();
        for args in [&[][..], &["--ignore", "all"], &["--format", "json"]] {
            let run = project.check(args);
            assert_ne!(run.status, 0, "{content:?} {args:?}");
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    }
}

#[test]
fn what_a_notebook_runs_is_read() {
    let run = Project::new()
        .file("cellwise.toml", "")
        .file("setup.py", "from helpers import *\nlimit = 3")
        .file("helpers.py", "def load(): pass")
        .file(
            "a.ipynb",
            &notebook(&["%run setup.py", "load(limit)", "print(missing)"]),
        )
        .check(&["--format", "json"]);
    let found: Vec<_> = run
        .json()
        .iter()
        .map(|element| (element["cell"].clone(), element["rule"].clone()))
        .collect();
    let expected = [
        (0.into(), "notebook-run".into()),
        (2.into(), "undefined-name".into()),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_walk_leaves_out_what_is_hidden_ignored_or_excluded() {
    let one = notebook(&["1", "", "2"]);
    let project = Project::new()
        .file("a.ipynb", &one)
        .file("folder.ipynb/inner.ipynb", &one)
        .file(".ipynb_checkpoints/a-checkpoint.ipynb", &one)
        .file(".virtual_documents/a.ipynb", &one)
        .file("ignored/a.ipynb", &one)
        .file("sub/excluded/a.ipynb", &one)
        .file("sub/b.IPYNB", &one)
        .file("script.py", "x = 1")
        .file(".gitignore", "ignored/\n")
        .file("cellwise.toml", "exclude = ['excluded']");
    let paths = |args: &[&str]| -> Vec<String> {
        let args = [&["--format", "json"], args].concat();
        let elements = project.check(&args).json();
        elements
            .iter()
            .map(|element| element["path"].as_str().unwrap().replace('\\', "/"))
            .collect()
    };
    assert_eq!(
        paths(&[]),
        ["a.ipynb", "folder.ipynb/inner.ipynb", "sub/b.IPYNB"]
    );
    assert_eq!(paths(&["."]), paths(&[]));
    assert_eq!(
        paths(&["sub", "a.ipynb", "sub/b.IPYNB"]),
        ["a.ipynb", "sub/b.IPYNB"]
    );
    // What is named is read.
    assert_eq!(
        paths(&["ignored/a.ipynb", "sub/excluded/a.ipynb"]),
        ["ignored/a.ipynb", "sub/excluded/a.ipynb"]
    );
}

#[test]
fn configuration_is_found_and_its_mistakes_are_told() {
    let project = Project::with_empty_cell().file(
        "pyproject.toml",
        "[project]\nname = 'x'\n[tool.cellwise]\nper-file-ignores = {'b*' = ['all']}\nseverity = {empty-cell = 'error'}",
    );
    let project = project.file("sub/b.ipynb", &notebook(&["", "x"]));
    let run = project.check(&["--format", "json"]);
    assert_eq!(run.status, 1);
    assert_eq!(run.json().len(), 1);
    assert_eq!(run.json()[0]["severity"], "error");

    let project = project.file("cellwise.toml", "\nselct = ['all']\n");
    let run = project.check(&[]);
    run.fails_with(
        "error: cellwise.toml:2:1: there is no setting named `selct`; did you mean `select`?",
    );
    assert_eq!(run.stderr.matches("selct").count(), 1, "{}", run.stderr);
}

#[test]
fn colours_are_for_those_who_want_them() {
    let project = Project::with_empty_cell();
    let has_colour = |args: &[&str], variables: &[(&str, &str)]| {
        let mut command = project.command(&[&["check", "--hints"], args].concat());
        run(command.envs(variables.iter().copied()))
            .stdout
            .contains('\x1b')
    };
    assert!(!has_colour(&[], &[]), "no terminal");
    assert!(has_colour(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(has_colour(&["--color", "always"], &[]));
    assert!(has_colour(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!has_colour(
        &["--color", "never"],
        &[("CLICOLOR_FORCE", "1")]
    ));
    assert!(!has_colour(&[], &[("NO_COLOR", "1")]));
}

#[test]
fn a_notebook_cannot_steer_the_terminal() {
    let text = "x = '\u{1b}[31m'  # cellwise: ignore[\u{1b}]0;title\u{7}]";
    let project = Project::new().file("a.ipynb", &notebook(&[text]));
    let run = project.check(&["--hints"]);
    assert!(
        !run.stdout.contains(['\u{1b}', '\u{7}']),
        "{:?}",
        run.stdout
    );
}

/// A file has any name: on a terminal it gives no command, and in a CI system no line of its own.
#[cfg(unix)]
#[test]
fn the_name_of_a_file_cannot_steer_what_is_printed() {
    let names = ["a\n::error::b.ipynb", "a\u{1b}]0;title\u{7}.ipynb"];
    for name in names {
        let broken = &notebook(&["print(gone)"])[1..];
        for text in [&*notebook(&["print(gone)"]), broken, ""] {
            let project = Project::new().file(name, text);
            for args in [
                &["check"][..],
                &["check", "--format", "github"],
                &["check", "--add-suppressions"],
                &["fix", "--diff"],
                &["clean", "--check"],
                &["clean", "--diff"],
                &["promote", "--dry-run"],
                &["resolve"],
                &["check", "missing"],
            ] {
                let run = project.run(&[args, &["--color", "always", "--", name]].concat());
                for said in [run.stdout, run.stderr] {
                    assert!(!said.contains(['\u{7}']), "{args:?}: {said:?}");
                    assert!(!said.contains("\n::error::b"), "{args:?}: {said:?}");
                    assert!(!said.contains("\u{1b}]"), "{args:?}: {said:?}");
                }
            }
        }
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let cells = vec![""; 20_000];
    let project = Project::new().file("a.ipynb", &notebook(&cells));
    let mut child = project
        .command(&["check", "--select", "empty-cell"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn rules_and_pages_are_printed() {
    let project = Project::new();
    let table = project.run(&["rules"]);
    assert_eq!(table.status, 0);
    assert!(
        table.stdout.contains("A code cell with nothing in it."),
        "{}",
        table.stdout
    );
    let list = project.run(&["rules", "--format", "json"]).json();
    assert!(
        list.iter()
            .any(|rule| rule["name"] == "empty-cell" && rule["default"] == true)
    );
    for rule in list {
        let page = project.run(&["explain", rule["name"].as_str().unwrap()]);
        assert_eq!(page.status, 0);
        assert!(page.stdout.contains("Flagged"), "{}", page.stdout);
    }
    assert!(
        project
            .run(&["explain", "remove-cell"])
            .stdout
            .contains("Before")
    );
    let version = project.run(&["--version"]).stdout;
    assert_eq!(
        version,
        concat!("cellwise ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn files_of_4_gib_are_refused() {
    let project = Project::new();
    let file = fs::File::create(project.path().join("big.ipynb")).unwrap();
    if file.set_len(5 << 30).is_err() {
        println!("skipped: this file system has no sparse files");
        return;
    }
    project.check(&[]).fails_with("big.ipynb holds 5.0 GiB");
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn pipes_and_loops_end() {
        let project = Project::with_empty_cell();
        symlink(".", project.path().join("loop")).unwrap();
        symlink("a.ipynb", project.path().join("link.ipynb")).unwrap();
        symlink("gone", project.path().join("dangling.ipynb")).unwrap();
        let made = Command::new("mkfifo")
            .arg(project.path().join("pipe.ipynb"))
            .status();
        assert!(made.unwrap().success());
        let run = project.check(&["--format", "json"]);
        assert_eq!((run.status, run.json().len()), (0, 1), "{}", run.stderr);
        let run = project.check(&["link.ipynb", "--format", "json"]);
        assert_eq!((run.status, run.json().len()), (0, 1), "{}", run.stderr);
        project
            .check(&["pipe.ipynb"])
            .fails_with("pipe.ipynb is no regular file");
        project
            .check(&["dangling.ipynb"])
            .fails_with("dangling.ipynb does not exist");
    }

    #[test]
    fn an_unreadable_file_is_one_error() {
        let project = Project::with_empty_cell().file("b.ipynb", &notebook(&["x"]));
        let path = project.path().join("b.ipynb");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        if fs::read(&path).is_ok() {
            println!("skipped: root may read everything");
            return;
        }
        let run = project.check(&["--hints"]);
        run.fails_with("b.ipynb may not be read");
        assert!(run.stdout.contains("in 1 of 1 notebook"), "{}", run.stdout);
    }

    #[test]
    fn names_need_not_be_unicode() {
        let project = Project::new();
        let name = PathBuf::from(OsStr::from_bytes(b"caf\xe9.ipynb"));
        fs::write(project.path().join(name), notebook(&["", "1"])).unwrap();
        let run = project.check(&["--format", "json"]);
        assert_eq!(run.json()[0]["path"], "caf\u{fffd}.ipynb");
        assert_eq!(project.check(&["--hints"]).status, 0);
    }
}

#[test]
fn what_several_notebooks_and_scripts_hold_is_found_in_each() {
    let work = |name: &str| {
        format!(
            "{name} = rows[rows[\"a\"] > 3]\n{name} = {name}.dropna(axis=0)\ntotal = sum({name}[\"a\"]) / len({name})\nout.append((total, {name}.max()))\n"
        )
    };
    let first = "rows, out = load()";
    let project = Project::new()
        .file("a.ipynb", &notebook(&[first, &work("kept")]))
        .file("b.ipynb", &notebook(&[first, &work("k")]))
        .file("c.py", &format!("# %%\n{}", work("rest")))
        .file("plain.py", &work("rest"));
    let found = |path: &str| {
        project
            .run(&["check", path, "--select", "duplicate-code"])
            .stdout
    };
    let all = found(".");
    for others in [
        "cell 2 of b.ipynb and cell 1 of c.py",
        "cell 2 of a.ipynb and cell 1 of c.py",
    ] {
        assert!(all.contains(others), "{all}");
    }
    assert!(!all.contains("plain.py"), "{all}");
    assert_eq!(all, found("."), "same bytes, same findings");
    assert!(!found("a.ipynb").contains("duplicate-code"));
}
