//! `cellwise git-setup` in repositories made for the purpose. Without git, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(
    clippy::disallowed_methods,
    reason = "these tests make files, and start the binary and git"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const DIRTY: &str = r#"{"cells": [{"cell_type": "code", "execution_count": 3, "metadata": {}, "outputs": [{"output_type": "stream", "name": "stdout", "text": "a"}], "source": "print('a')"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
"#;

fn run(folder: &Path, program: &str, args: &[&str]) -> Output {
    Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir())
        .env("GIT_CONFIG_GLOBAL", "")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap()
}

#[track_caller]
fn git(folder: &Path, args: &[&str]) -> String {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
    let output = run(folder, "git", &[&identity[..], args].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn cellwise(folder: &Path, args: &[&str], status: i32) -> String {
    let output = run(folder, env!("CARGO_BIN_EXE_cellwise"), args);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{told}");
    told
}

fn has_git() -> bool {
    let has = Command::new("git").arg("--version").output().is_ok();
    if !has {
        println!("skipped: no git");
    }
    has
}

#[test]
fn what_is_committed_and_compared_is_clean_and_the_file_stays() {
    if !has_git() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "-q"]);
    let attributes = root.join(".git/info/attributes");
    fs::create_dir_all(attributes.parent().unwrap()).unwrap();
    fs::write(&attributes, "*.png binary").unwrap();
    let config = || fs::read_to_string(root.join(".git/config")).unwrap();
    let before = config();

    // From a folder below, too, and twice.
    fs::create_dir(root.join("inner")).unwrap();
    cellwise(&root.join("inner"), &["git-setup"], 0);
    cellwise(root, &["git-setup"], 0);
    assert_eq!(
        fs::read_to_string(&attributes).unwrap(),
        "*.png binary\n*.ipynb filter=cellwise diff=cellwise\n"
    );
    fs::write(root.join("a.ipynb"), DIRTY).unwrap();
    git(root, &["add", "a.ipynb"]);
    git(root, &["commit", "-qm", "a"]);
    let committed = git(root, &["show", "HEAD:a.ipynb"]);
    assert!(
        committed.contains(r#""execution_count": null"#),
        "{committed}"
    );
    assert!(committed.contains(r#""outputs": []"#), "{committed}");
    assert_eq!(fs::read_to_string(root.join("a.ipynb")).unwrap(), DIRTY);

    // Another run of the same code is no change.
    let again = DIRTY.replace("\"execution_count\": 3", "\"execution_count\": 44");
    fs::write(root.join("a.ipynb"), &again).unwrap();
    assert_eq!(git(root, &["diff"]), "");
    fs::write(root.join("a.ipynb"), again.replace("print('a')", "b")).unwrap();
    let diff = git(root, &["diff"]);
    let is_clean = !diff.contains("\"execution_count\": 44");
    assert!(diff.contains("+{\"cells\"") && is_clean, "{diff}");

    cellwise(root, &["git-setup", "--undo"], 0);
    assert_eq!(fs::read_to_string(&attributes).unwrap(), "*.png binary\n");
    assert_eq!(config(), before);
    let told = cellwise(root, &["git-setup", "--undo"], 0);
    assert!(told.contains("nothing changed"), "{told}");
}

#[test]
fn outside_a_repository_it_says_so() {
    if !has_git() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for args in [&["git-setup"][..], &["git-setup", "--undo"]] {
        let told = cellwise(folder.path(), args, 2);
        assert!(told.contains("no git repository"), "{told}");
    }
}
