//! Files that no command can work with: each is told of and left as it is, whatever is wrong with it, and nothing hangs.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    reason = "they run commands on files that are broken"
)]

mod support;

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cellwise::notebook::Notebook;
use serde_json::{Value, json};
use support::Client;

/// Longer than anything takes on a busy machine. Only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Something to clean, to repair and to promote.
const NOTEBOOK: &str = r##"{
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
const WRITING: [&[&str]; 3] = [&["fix", "--select", "empty-cell"], &["clean"], &["promote"]];

/// The status of a command, and what it said on both streams.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwise"));
    command.args(arguments).current_dir(folder);
    wait(command)
}

fn wait(mut command: Command) -> (Option<i32>, String) {
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

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.ipynb");
    let baseline = folder.path().join("known.json");
    // Larger than what may be written.
    let text = NOTEBOOK.replace("print(x)", &"print(x)\\n".repeat(1_000));
    std::fs::write(&file, &text).unwrap();
    std::fs::write(&baseline, "{}").unwrap();
    let commands: [&[&str]; 4] = [
        WRITING[0],
        WRITING[1],
        WRITING[2],
        &["check", "--hints", "--write-baseline", "known.json"],
    ];
    for arguments in commands {
        // No file may grow at all, and whoever tries is told so, as on a full disk.
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f 0; exec \"$@\" 2>&1 | cat >&2",
                "sh",
            ])
            .arg(env!("CARGO_BIN_EXE_cellwise"))
            .args(arguments)
            .arg("a.ipynb")
            .current_dir(folder.path());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("cannot be written: file too large"),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains(".cellwise-"), "{said}");
        assert_eq!(
            std::fs::read_to_string(&file).unwrap(),
            text,
            "{arguments:?}"
        );
        assert_eq!(std::fs::read_to_string(&baseline).unwrap(), "{}");
        assert_eq!(
            names(folder.path()),
            ["a.ipynb", "known.json"],
            "{arguments:?}"
        );
    }
}

#[test]
fn a_report_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.ipynb"), NOTEBOOK).unwrap();
    if !Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full");
        return;
    }
    for format in ["text", "json", "sarif", "github", "junit"] {
        let output = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .args(["check", "--hints", "--format", format, "a.ipynb"])
            .current_dir(folder.path())
            .stdout(
                std::fs::File::options()
                    .write(true)
                    .open("/dev/full")
                    .unwrap(),
            )
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{format}: {said}");
        assert!(said.contains("the report cannot be written"), "{said}");
    }
}

/// Whoever may do everything may write here, too: then it is written, and as a whole.
#[test]
fn a_read_only_folder_is_told_of() {
    for arguments in WRITING {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ipynb");
        std::fs::write(&file, NOTEBOOK).unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o555)).unwrap();
        let is_writable = std::fs::File::create(folder.path().join("probe")).is_ok();
        let (status, said) = run(folder.path(), &[arguments, &["a.ipynb"]].concat());
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        if is_writable {
            println!("skipped: this user may write to read-only folders");
            continue;
        }
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        assert!(said.contains("permission denied"), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), NOTEBOOK);
        assert_eq!(names(folder.path()), ["a.ipynb"]);
    }
}

#[test]
fn pipes_sockets_devices_and_loops_are_told_of_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("good.ipynb"), NOTEBOOK).unwrap();
    make_pipe(&at("pipe.ipynb"));
    make_pipe(&at("pipe.py"));
    let _socket = UnixListener::bind(at("socket.ipynb")).unwrap();
    symlink("/dev/zero", at("endless.ipynb")).unwrap();
    symlink("loop.ipynb", at("loop.ipynb")).unwrap();
    symlink("nowhere.ipynb", at("gone.ipynb")).unwrap();
    std::fs::create_dir(at("sub")).unwrap();
    symlink("..", at("sub/up")).unwrap();
    symlink(".", at("sub/self")).unwrap();

    let told = [
        ("pipe.ipynb", "is no regular file"),
        ("pipe.py", "is no regular file"),
        ("socket.ipynb", "is no regular file"),
        ("endless.ipynb", "is no regular file"),
        (
            "loop.ipynb",
            "cannot be read: Too many levels of symbolic links",
        ),
        ("gone.ipynb", "does not exist"),
    ];
    for (name, reason) in told {
        for arguments in [WRITING[0], WRITING[1], WRITING[2], &["check"]] {
            let (status, said) = run(folder.path(), &[arguments, &[name]].concat());
            assert_eq!(status, Some(2), "{arguments:?} {name}: {said}");
            assert!(
                said.contains(&format!("{name} {reason}")),
                "{arguments:?}: {said}"
            );
        }
    }
    // Nobody has named them: a walk passes them by.
    for arguments in [
        &["check", "--format", "json"][..],
        &["fix"],
        &["clean", "--check"],
    ] {
        let (status, said) = run(folder.path(), &[arguments, &["."]].concat());
        assert_ne!(status, Some(2), "{arguments:?}: {said}");
        assert!(!said.contains("pipe") && !said.contains("loop"), "{said}");
    }
}

#[test]
fn pipes_where_settings_and_scripts_should_be_are_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = NOTEBOOK.replace(
        "import os\\n",
        "%run setup.py\\n\", \"from setup import *\\n",
    );
    std::fs::write(at("a.ipynb"), text).unwrap();
    make_pipe(&at("setup.py"));
    make_pipe(&at("requirements.txt"));
    let (status, said) = run(folder.path(), &["check", "a.ipynb"]);
    assert_ne!(status, Some(2), "{said}");
    for name in ["cellwise.toml", "pyproject.toml"] {
        make_pipe(&at(name));
        let (status, said) = run(folder.path(), &["check", "a.ipynb"]);
        assert_eq!(status, Some(2), "{said}");
        assert!(
            said.contains(&format!("{name}: cannot be read: it is no regular file")),
            "{said}"
        );
        std::fs::remove_file(at(name)).unwrap();
    }
}

/// The server reads the saved file of what is opened, and the files around it.
#[test]
fn the_server_waits_for_no_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in [
        "pipe.ipynb",
        "script.ipynb",
        "setup.py",
        "cellwise.toml",
        "requirements.txt",
    ] {
        make_pipe(&at(name));
    }
    symlink("/dev/zero", at("endless.ipynb")).unwrap();
    let mut client = Client::with(&json!({}), &Value::Null);
    let uri = |name: &str| format!("file://{}/{name}", folder.path().display());
    for name in ["pipe.ipynb", "endless.ipynb"] {
        let notebook = client.open_at(
            &uri(name),
            &[("python", "%run setup.py\nfrom setup import *\nx")],
        );
        client.notify(
            "notebookDocument/didSave",
            json!({"notebookDocument": {"uri": notebook.uri}}),
        );
        client.idle();
        client.close(notebook);
    }
    // As jupyterlab-lsp does: a script under the name of a notebook, whose cells are those of the saved file.
    for name in ["script.ipynb", "endless.ipynb"] {
        let document =
            json!({"uri": uri(name), "languageId": "python", "version": 1, "text": "x\n\n\ny\n"});
        client.notify("textDocument/didOpen", json!({"textDocument": document}));
        client.idle();
    }
    client.take_unread();
}

/// Bytes that no editor would write: what is wrong is told, and what is written is what was meant.
#[test]
fn odd_bytes_are_told_of_and_survived() {
    let utf16 = |encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let units = NOTEBOOK.encode_utf16().flat_map(encode);
        encode(0xFEFF).into_iter().chain(units).collect()
    };
    let with = |from: &str, to: &[u8]| -> Vec<u8> {
        let (before, after) = NOTEBOOK.split_once(from).unwrap();
        [before.as_bytes(), to, after.as_bytes()].concat()
    };
    let many_nines = "9".repeat(10_000);
    let inputs: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("null", b"null".to_vec()),
        ("a list", b"[]".to_vec()),
        ("NUL", vec![0; 1_000]),
        ("a NUL in a text", with("print(x)", b"print(\0x)")),
        ("an escaped NUL", with("print(x)", b"print(x)\\u0000")),
        ("no UTF-8", with("print(x)", b"print('\xff\xfe\xc3')")),
        (
            "a byte order mark",
            [b"\xef\xbb\xbf", NOTEBOOK.as_bytes()].concat(),
        ),
        ("UTF-16, little", utf16(u16::to_le_bytes)),
        ("UTF-16, big", utf16(u16::to_be_bytes)),
        ("CR alone", NOTEBOOK.replace('\n', "\r").into_bytes()),
        ("CR in a text", with("x = 3\\n", b"x = 3\\ry = 4\\r\\n")),
        (
            "half a surrogate pair",
            with("print(x)", b"print('\\ud83d')"),
        ),
        (
            "a huge number",
            with(
                "\"execution_count\": 1",
                format!("\"execution_count\": {many_nines}").as_bytes(),
            ),
        ),
        (
            "a huge exponent",
            with(
                "\"execution_count\": 1",
                b"\"execution_count\": 1e999999999",
            ),
        ),
        (
            "a huge version",
            with(
                "\"nbformat\": 4",
                format!("\"nbformat\": {many_nines}").as_bytes(),
            ),
        ),
        (
            "a negative version",
            with("\"nbformat\": 4", b"\"nbformat\": -4"),
        ),
        (
            "a key twice",
            with(
                "\"execution_count\": 1",
                b"\"execution_count\": 1, \"source\": [\"no\"], \"cell_type\": \"raw\"",
            ),
        ),
        (
            "cells twice",
            with(
                "\"metadata\": {},\n \"nbformat\"",
                b"\"metadata\": {}, \"cells\": [],\n \"nbformat\"",
            ),
        ),
        (
            "deep lists",
            format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)).into_bytes(),
        ),
        (
            "deep objects",
            with(
                "\"metadata\": {}",
                format!(
                    "\"metadata\": {}1{}",
                    "{\"a\":".repeat(10_000),
                    "}".repeat(10_000)
                )
                .as_bytes(),
            ),
        ),
        ("open lists", "[".repeat(100_000).into_bytes()),
        (
            "deep code",
            with(
                "print(x)",
                format!("y = {}x{}", "(".repeat(10_000), ")".repeat(10_000)).as_bytes(),
            ),
        ),
        (
            "deep blocks",
            with(
                "print(x)",
                (0..1_000)
                    .map(|depth| format!("{}if x:\\n", " ".repeat(depth)))
                    .collect::<String>()
                    .as_bytes(),
            ),
        ),
        (
            "a cut file",
            NOTEBOOK.as_bytes()[..NOTEBOOK.len() / 2].to_vec(),
        ),
    ];
    for (what, bytes) in inputs {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.ipynb");
        for arguments in [&["check"][..], WRITING[0], WRITING[1], WRITING[2]] {
            std::fs::write(&file, &bytes).unwrap();
            let (status, said) = run(folder.path(), &[arguments, &["a.ipynb"]].concat());
            assert!(
                matches!(status, Some(0..=2)),
                "{what}: {arguments:?}: {status:?} {said}"
            );
            let after = std::fs::read(&file).unwrap();
            if after != bytes {
                let before = cellwise::format::parse(&bytes);
                let after = cellwise::format::parse(&after);
                let problems = |notebook: &Notebook| -> Vec<String> {
                    let problems = notebook.problems.iter();
                    problems.map(|problem| problem.message.clone()).collect()
                };
                // Cleaning may mend one.
                let known = problems(&before);
                for problem in problems(&after) {
                    assert!(known.contains(&problem), "{what}: {arguments:?}: {problem}");
                }
                let is_json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).is_ok();
                assert!(
                    is_json(&std::fs::read(&file).unwrap()) || !is_json(&bytes),
                    "{what}"
                );
            } else if status == Some(2) {
                assert!(said.contains("a.ipynb"), "{what}: {arguments:?}: {said}");
            }
            for name in names(folder.path()) {
                assert!(
                    !name.starts_with(".cellwise-"),
                    "{what}: {arguments:?} leaves {name}"
                );
            }
        }
    }
}
