//! Files that no command can work with: each is told of and left as it is, whatever is wrong with it, and nothing hangs.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    reason = "they run commands on files that are broken"
)]

#[path = "support/commands.rs"]
mod commands;
mod support;

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use cellwise::notebook::Notebook;
use commands::{NOTEBOOK, WRITING, make_pipe, names, run};
use serde_json::{Value, json};
use support::Client;

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

/// A walk reads what git ignores, and whoever sends a notebook may send such a file along.
#[test]
fn pipes_in_place_of_gitignore_are_told_of_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for sub in ["good", "odd", "bad/.git/info"] {
        std::fs::create_dir_all(at(sub)).unwrap();
    }
    for file in ["good/a.ipynb", "odd/b.ipynb", "bad/c.ipynb"] {
        std::fs::write(at(file), NOTEBOOK).unwrap();
    }
    make_pipe(&at("odd/.gitignore"));
    make_pipe(&at("bad/.git/info/exclude"));
    for arguments in [
        &["check", "--hints"][..],
        &["fix", "--select", "empty-cell", "--diff"],
        &["clean", "--check"],
    ] {
        let (status, said) = run(folder.path(), &[arguments, &["."]].concat());
        assert_eq!(status, Some(2), "{arguments:?}: {said}");
        for odd in ["odd/.gitignore", "bad/.git/info/exclude"] {
            let told = format!("{odd} is no regular file, so that nobody knows what git ignores");
            assert!(said.contains(&told), "{said}");
        }
        assert!(said.contains("good/a.ipynb"), "{said}");
        assert!(
            !said.contains("b.ipynb") && !said.contains("c.ipynb"),
            "{said}"
        );
    }
    // Named, a file is read: nobody asks what is ignored. Its folder is walked for what others hold.
    let (status, said) = run(folder.path(), &["check", "--hints", "odd/b.ipynb"]);
    assert_ne!(status, Some(2), "{said}");
    let root = json!([{"uri": format!("file://{}", at("odd").display()), "name": "odd"}]);
    let mut client = Client::start();
    client.ask(
        "initialize",
        json!({"capabilities": {}, "workspaceFolders": root}),
    );
    client.notify("initialized", json!({}));
    let answer = client.ask("cellwise/checkWorkspace", json!({}));
    assert!(answer.get("error").is_none(), "{answer}");
    client.take_unread();
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
