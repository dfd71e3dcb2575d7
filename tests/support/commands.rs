//! Commands that are run on files that something is wrong with.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine. Only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something to clean, to repair and to promote.
pub const NOTEBOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [{"name": "stdout", "output_type": "stream", "text": ["1\n"]}],
   "source": ["import os\n", "print(os.sep)"]
  },
  {
   "cell_type": "code",
   "execution_count": 2,
   "metadata": {},
   "outputs": [],
   "source": []
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "metadata": {},
   "outputs": [],
   "source": ["x = 3\n", "print(x)"]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 4
}
"##;

/// What each command that writes is called with, before the file.
pub const WRITING: [&[&str]; 3] = [&["fix", "--select", "empty-cell"], &["clean"], &["promote"]];

/// The status of a command, and what it said on both streams.
pub fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwise"));
    command.args(arguments).current_dir(folder);
    wait(command)
}

pub fn wait(mut command: Command) -> (Option<i32>, String) {
    // A file holds whatever is said: a pipe would have to be emptied meanwhile.
    let said = tempfile::NamedTempFile::new().unwrap();
    let stream = || Stdio::from(said.as_file().try_clone().unwrap());
    let mut child = command
        .stdin(Stdio::null())
        .stdout(stream())
        .stderr(stream())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + PATIENCE;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{command:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = String::from_utf8_lossy(&std::fs::read(said.path()).unwrap()).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    (status, said)
}

pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
