//! `cellwise clean` from outside: the binary on folders made for the purpose.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make files and start the binary"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cellwise::format::ipynb::clean::{VOLATILE_IN_CELLS, VOLATILE_IN_NOTEBOOKS};

const DIRTY: &str = "{\n \"cells\": [\n  {\n   \"cell_type\": \"code\",\n   \"execution_count\": 3,\n   \"metadata\": {\"collapsed\": true},\n   \"outputs\": [\n    {\"output_type\": \"stream\", \"name\": \"stdout\", \"text\": [\"a\\n\"]}\n   ],\n   \"source\": [\"print('\\u00e9')\"]\n  }\n ],\n \"metadata\": {},\n \"nbformat\": 4,\n \"nbformat_minor\": 4\n}";

fn clean_text() -> String {
    DIRTY
        .replace("\"execution_count\": 3", "\"execution_count\": null")
        .replace("{\"collapsed\": true}", "{}")
        .replace(
            "[\n    {\"output_type\": \"stream\", \"name\": \"stdout\", \"text\": [\"a\\n\"]}\n   ]",
            "[]",
        )
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwise"));
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    command(folder, args).output().unwrap()
}

fn with_input(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = command(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[track_caller]
fn ends(output: &Output, status: i32) {
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{shown}");
}

#[test]
fn files_of_any_style_are_cleaned_in_place_and_stay_clean() {
    let folder = tempfile::tempdir().unwrap();
    let styles = ["plain.ipynb", "crlf.ipynb", "minified.ipynb"];
    let styled = |name: &str, text: &str| match name {
        "crlf.ipynb" => text.replace('\n', "\r\n"),
        "minified.ipynb" => text.lines().map(str::trim_start).collect(),
        _ => text.to_owned(),
    };
    for name in styles {
        fs::write(folder.path().join(name), styled(name, DIRTY)).unwrap();
    }
    for (args, status) in [
        (&["clean", "--check", "."][..], 1),
        (&["clean", "."], 0),
        (&["clean", "--check", "."], 0),
        (&["clean", "."], 0),
    ] {
        ends(&run(folder.path(), args), status);
    }
    for name in styles {
        let found = fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(found, styled(name, &clean_text()), "{name}");
    }
}

#[test]
fn standard_input_becomes_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    for args in [&["clean"][..], &["clean", "-"]] {
        for input in [DIRTY, &clean_text()] {
            let output = with_input(folder.path(), args, input);
            ends(&output, 0);
            assert_eq!(String::from_utf8(output.stdout).unwrap(), clean_text());
        }
    }
    ends(
        &with_input(folder.path(), &["clean", "-", "--check"], DIRTY),
        1,
    );
    let broken = with_input(folder.path(), &["clean", "-"], &DIRTY[..99]);
    ends(&broken, 2);
    assert!(broken.stdout.is_empty());
}

#[test]
fn a_diff_is_one_that_patch_applies_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    fs::write(&file, DIRTY).unwrap();
    let output = run(folder.path(), &["clean", "--diff", "a.ipynb"]);
    ends(&output, 1);
    assert_eq!(fs::read_to_string(&file).unwrap(), DIRTY);
    let diff = String::from_utf8(output.stdout).unwrap();
    assert!(
        diff.starts_with("--- a/a.ipynb\n+++ b/a.ipynb\n@@"),
        "{diff}"
    );
    assert!(diff.contains("-   \"execution_count\": 3,\n"), "{diff}");
    assert!(diff.contains("+   \"execution_count\": null,\n"), "{diff}");
    if Command::new("git").arg("--version").output().is_ok() {
        fs::write(folder.path().join("x.diff"), diff).unwrap();
        let applied = Command::new("git")
            .args(["apply", "x.diff"])
            .current_dir(folder.path())
            .env("GIT_CEILING_DIRECTORIES", folder.path().parent().unwrap())
            .output()
            .unwrap();
        ends(&applied, 0);
        assert_eq!(fs::read_to_string(&file).unwrap(), clean_text());
    }
}

#[test]
fn the_help_says_what_is_volatile() {
    let output = run(Path::new("."), &["clean", "--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let names = VOLATILE_IN_CELLS.iter().chain(&VOLATILE_IN_NOTEBOOKS);
    for name in names.chain(&["keep_output"]) {
        assert!(help.contains(name), "{name} is not in the help:\n{help}");
    }
}

#[test]
fn the_other_way_to_print_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    fs::write(&file, DIRTY).unwrap();
    let output = run(folder.path(), &["clean", "--stdout", "a.ipynb"]);
    ends(&output, 0);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), clean_text());
    assert_eq!(fs::read_to_string(&file).unwrap(), DIRTY);
}

#[test]
fn what_cannot_be_cleaned_is_named_and_the_rest_is_cleaned() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.ipynb"), &DIRTY[..99]).unwrap();
    fs::write(path("b.ipynb"), DIRTY).unwrap();
    let output = run(folder.path(), &["clean", "."]);
    ends(&output, 2);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("a.ipynb is left as it is"), "{told}");
    assert!(told.contains("Cleaned 1 of 2 notebooks."), "{told}");
    assert_eq!(fs::read_to_string(path("a.ipynb")).unwrap(), &DIRTY[..99]);
    assert_eq!(fs::read_to_string(path("b.ipynb")).unwrap(), clean_text());
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay_and_read_only_files_are_left() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mode = |name: &str, mode| {
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    fs::create_dir(path("inner")).unwrap();
    fs::write(path("inner/a.ipynb"), DIRTY).unwrap();
    mode("inner/a.ipynb", 0o640);
    symlink("inner/a.ipynb", path("link.ipynb")).unwrap();
    ends(&run(folder.path(), &["clean", "link.ipynb"]), 0);
    assert!(path("link.ipynb").is_symlink());
    let metadata = fs::metadata(path("inner/a.ipynb")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    assert_eq!(
        fs::read_to_string(path("link.ipynb")).unwrap(),
        clean_text()
    );
    assert_eq!(fs::read_dir(path("inner")).unwrap().count(), 1);

    fs::write(path("b.ipynb"), DIRTY).unwrap();
    mode("b.ipynb", 0o444);
    let output = run(folder.path(), &["clean", "b.ipynb"]);
    ends(&output, 2);
    assert!(String::from_utf8_lossy(&output.stderr).contains("read-only"));
    assert_eq!(fs::read_to_string(path("b.ipynb")).unwrap(), DIRTY);
}

/// A repository may hold a link to whatever its author likes.
#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_its_project_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("project/sub")).unwrap();
    fs::write(path("project/cellwise.toml"), "").unwrap();
    for name in ["own.ipynb", "project/in.ipynb"] {
        fs::write(path(name), DIRTY).unwrap();
    }
    for (target, link) in [
        (path("own.ipynb"), "project/whole.ipynb"),
        ("../../own.ipynb".into(), "project/sub/up.ipynb"),
        ("up.ipynb".into(), "project/sub/twice.ipynb"),
        ("../in.ipynb".into(), "project/sub/in.ipynb"),
    ] {
        std::os::unix::fs::symlink(target, path(link)).unwrap();
    }
    for command in [
        &["clean"][..],
        &["fix", "--unsafe-fixes", "--select", "all", "--hints"],
    ] {
        for link in ["whole.ipynb", "sub/up.ipynb", "sub/twice.ipynb"] {
            let output = run(&path("project"), &[command, &[link]].concat());
            ends(&output, 2);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("outside of its project"), "{said}");
            assert_eq!(fs::read_to_string(path("own.ipynb")).unwrap(), DIRTY);
        }
    }
    ends(&run(&path("project"), &["clean", "sub/in.ipynb"]), 0);
    assert!(path("project/sub/in.ipynb").is_symlink());
    assert_eq!(
        fs::read_to_string(path("project/in.ipynb")).unwrap(),
        clean_text()
    );
}
