//! Clients that break every rule: what each is answered, and that the server goes on or ends, and never hangs.
#![cfg(test)] // so that clippy lets the helpers unwrap, too
#![expect(
    clippy::disallowed_methods,
    reason = "they run the server, and end processes"
)]

mod support;

use std::io::{BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Notebook, read_message};

const PYTHON: &str = "python";

/// Longer than anything takes on a busy machine. Only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that is told which names are missing: what a cell reads is seen in its findings.
fn client() -> Client {
    let settings = json!({"settings": {"select": ["undefined-name"]}});
    Client::with(&json!({}), &settings)
}

/// The names that are missing in the cell that is published next.
fn missing(client: &mut Client) -> Vec<String> {
    let published = client.published();
    let found = published["diagnostics"].as_array().unwrap().iter();
    let message = |found: &Value| found["message"].as_str().unwrap().to_owned();
    let mut names: Vec<String> = found
        .filter_map(|found| Some(message(found).split('`').nth(1)?.to_owned()))
        .collect();
    names.sort();
    names
}

/// The document of a cell with a version that the test chooses.
fn step(notebook: &Notebook, versions: (i64, i64), change: &Value) -> Value {
    let document = json!({"uri": notebook.cells[0].uri, "version": versions.1});
    json!({
        "notebookDocument": {"uri": notebook.uri, "version": versions.0},
        "change": {"cells": {"textContent": [{"document": document, "changes": [change]}]}},
    })
}

#[test]
fn what_comes_before_initialize_is_refused_and_after_shutdown_too() {
    const NOT_INITIALIZED: i64 = -32002;
    const INVALID_REQUEST: i64 = -32600;
    let mut client = Client::start();
    client.notify("initialized", json!({}));
    client.open(&[(PYTHON, "early")]);
    let hover = json!({"textDocument": {"uri": "a:"}, "position": {"line": 0, "character": 0}});
    for method in ["textDocument/hover", "shutdown", "cellwise/graph"] {
        let answer = client.ask(method, hover.clone());
        assert_eq!(answer["error"]["code"], NOT_INITIALIZED, "{method}");
    }
    client.ask("initialize", json!({"capabilities": {}}));
    client.notify("initialized", json!({}));
    assert_eq!(
        client.ask("textDocument/hover", hover.clone())["result"],
        Value::Null
    );

    client.shut_down();
    for method in ["textDocument/hover", "shutdown", "cellwise/graph"] {
        let answer = client.ask(method, hover.clone());
        assert_eq!(answer["error"]["code"], INVALID_REQUEST, "{method}");
    }
    client.notify("exit", Value::Null);
    assert_eq!(client.end().code(), Some(0));
}

#[test]
fn a_request_by_any_name_is_answered() {
    const METHOD_NOT_FOUND: i64 = -32601;
    let mut client = client();
    for method in ["$/nothing", "$/setTrace", "cellwise/nothing", ""] {
        let answer = client.ask(method, json!({}));
        assert_eq!(answer["error"]["code"], METHOD_NOT_FOUND, "{method}");
    }
}

#[test]
fn exit_without_shutdown_is_a_failure_for_whoever_started_the_server() {
    assert_eq!(client().exit().code(), Some(1));
    assert_eq!(Client::start().exit().code(), Some(1));
}

/// Edits count in the order in which they come; a version is a label that the answers carry.
#[test]
fn versions_that_go_back_are_logged_and_the_text_is_right() {
    let mut client = client();
    let notebook = client.open(&[(PYTHON, "")]);
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (9, 9), &json!({"text": "first"})),
    );
    assert_eq!(missing(&mut client), ["first"]);
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (3, -2), &json!({"text": "second"})),
    );
    assert!(client.logged().contains("went back to version 3"));
    assert!(client.logged().contains("went back to version -2"));
    let published = client.published();
    assert_eq!(published["version"], -2);
    assert!(published.to_string().contains("second"));
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (3, -2), &json!({"text": "x = 1"})),
    );
    assert_eq!(missing(&mut client), [""; 0]);
}

/// As LSP says: past the end of a line is its end, past the last line is the end of the text.
#[test]
fn ranges_outside_of_the_text_mean_its_nearest_place() {
    let mut client = client();
    let mut notebook = client.open(&[(PYTHON, "a\nb")]);
    assert_eq!(missing(&mut client), ["a", "b"]);
    client.replace(&mut notebook, 0, ((99, 7), (u32::MAX, u32::MAX)), "\nc");
    assert_eq!(missing(&mut client), ["a", "b", "c"]);
    client.replace(&mut notebook, 0, ((0, 500), (0, 900)), "a");
    assert_eq!(missing(&mut client), ["aa", "b", "c"]);
    // From behind to the front: no client means that, and it means what lies between.
    client.replace(&mut notebook, 0, ((2, 0), (1, 0)), "");
    client.idle();
    client.take_unread();
    let numbers = json!({"range": {"start": {"line": -1, "character": -5}, "end": {"line": 1e40, "character": 2.5}}, "text": "z"});
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (50, 50), &numbers),
    );
    client.idle();
    client.take_unread();
    // Whatever that was: a text as a whole makes both sides the same again.
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (51, 51), &json!({"text": "last"})),
    );
    assert_eq!(missing(&mut client), ["last"]);
}

#[test]
fn a_range_that_cuts_a_surrogate_pair_begins_before_the_character() {
    let mut client = client();
    let mut notebook = client.open(&[(PYTHON, "'😀'")]);
    // Column 2 is between the halves of the character.
    client.replace(&mut notebook, 0, ((0, 2), (0, 2)), "' + b + '");
    let published = client.published();
    let found = &published["diagnostics"][0];
    assert!(found["message"].as_str().unwrap().contains("`b`"));
    assert_eq!(found["range"]["start"]["character"], 5, "{published}");
}

#[test]
fn unknown_cells_and_notebooks_are_logged() {
    let mut client = client();
    let notebook = client.open(&[(PYTHON, "a")]);
    assert_eq!(missing(&mut client), ["a"]);
    let change = |uri: &str, cells: Value| json!({"notebookDocument": {"uri": uri, "version": 2}, "change": {"cells": cells}});
    let text = json!({"textContent": [{"document": {"uri": "nowhere:#1", "version": 1}, "changes": [{"text": "b"}]}]});
    let data = json!({"data": [{"kind": 2, "document": "nowhere:#1"}]});
    let gone = json!({"structure": {"array": {"start": 7, "deleteCount": 9}}});
    let told = [
        (change(&notebook.uri, text.clone()), "is no cell of"),
        (change(&notebook.uri, data), "is no cell of"),
        (change(&notebook.uri, gone), "1 cells; 9 from 7 were to go"),
        (change("nowhere:", text), "never opened"),
    ];
    for (params, complaint) in told {
        client.notify("notebookDocument/didChange", params);
        let logged = client.logged();
        assert!(logged.contains(complaint), "{logged}");
    }
    client.notify(
        "notebookDocument/didClose",
        json!({"notebookDocument": {"uri": "nowhere:"}}),
    );
    assert!(client.logged().contains("never opened"));
    let at = json!({"textDocument": {"uri": "nowhere:#1"}, "position": {"line": 0, "character": 0},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}, "context": {"diagnostics": []}});
    for method in [
        "hover",
        "codeAction",
        "definition",
        "documentSymbol",
        "codeLens",
    ] {
        let answer = client.ask(&format!("textDocument/{method}"), at.clone());
        assert!(answer.get("error").is_none(), "{method}: {answer}");
    }
    client.take_unread();
}

#[test]
fn a_notebook_that_is_opened_twice_is_what_was_said_last() {
    let mut client = client();
    client.open(&[(PYTHON, "a")]);
    assert_eq!(missing(&mut client), ["a"]);
    let notebook = client.open(&[(PYTHON, "b")]);
    assert!(client.logged().contains("was opened twice"));
    while missing(&mut client) != ["b"] {}
    // The same cell in two notebooks: it stays where it is.
    let cell = notebook.cells[0].item();
    client.notify(
        "notebookDocument/didOpen",
        json!({"notebookDocument": {"uri": "file:///ws/other.ipynb", "cells": [cell]}}),
    );
    assert!(client.logged().contains("is in a notebook already"));
    client.close(notebook);
    client.take_unread();
}

/// A gigabyte is refused at once, and passed over as it comes: it is never held.
#[test]
fn a_message_of_a_gigabyte_is_refused_and_passed_over() {
    const GIGABYTE: usize = 1 << 30;
    let mut client = client();
    client.write_raw(format!("Content-Length: {GIGABYTE}\r\n\r\n").as_bytes());
    let reason = "a message of 1073741824 bytes is passed over; at most 268435456 are read";
    assert_eq!(client.logged(), reason, "before any of it has come");
    let answer = client.response(Value::Null);
    assert_eq!(answer["error"]["message"], reason);
    let chunk = vec![b'x'; 16 << 20];
    for _ in 0..GIGABYTE / chunk.len() {
        client.write_raw(&chunk);
    }
    client.open(&[(PYTHON, "a")]);
    assert_eq!(missing(&mut client), ["a"]);
    if let Some(most) = peak_memory(client.process_id()) {
        assert!(most < 200 << 20, "{most} bytes were held");
    }
}

/// The most memory that a process has held, in bytes, where the system tells.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes << 10)
}

#[test]
fn garbage_between_messages_costs_nothing_but_itself() {
    let mut client = client();
    let notebook = client.open(&[(PYTHON, "a")]);
    assert_eq!(missing(&mut client), ["a"]);
    client.write_raw(b"\n\xff\xfe garbage \0\0\n");
    // What stands before a blank line without a length was a header of nothing.
    assert_eq!(client.response(Value::Null)["error"]["code"], -32700);
    client.write_raw(&[b'#'; 100_000]);
    client.write_raw(b"\n");
    let headers = [
        "Content-Length: -5",
        "Content-Length: 1e3",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Length: 3",
    ];
    for header in headers {
        client.write_raw(format!("{header}\r\n\r\n").as_bytes());
        let answer = client.response(Value::Null);
        assert_eq!(answer["error"]["code"], -32700, "{header}: {answer}");
    }
    client.notify(
        "notebookDocument/didChange",
        step(&notebook, (2, 2), &json!({"text": "b"})),
    );
    assert_eq!(missing(&mut client), ["b"]);
}

/// Nothing waits for the answers to what the server asks.
/// What stands in a notebook is not the client's choice.
#[test]
fn what_is_no_utf_8_or_nests_without_end_costs_no_message() {
    let mut server = Server::start();
    let begin =
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}});
    server.send(&begin);
    let item = json!({"uri": "file:///ws/a.py", "languageId": "python", "version": 1, "text": "# %%\ngone = 'Z'; here"});
    let open = json!({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}});
    let mut bytes = open.to_string().into_bytes();
    let at = bytes.iter().position(|&byte| byte == b'Z').unwrap();
    bytes[at] = 0xFF;
    server.message(&bytes);
    let metadata = format!("{}1{}", r#"{"a": ["#.repeat(10_000), "]}".repeat(10_000));
    let open = json!({"jsonrpc": "2.0", "method": "notebookDocument/didOpen", "params": {
        "notebookDocument": {"uri": "file:///ws/b.ipynb", "version": 1, "metadata": "DEEP", "cells": [{"kind": 2, "document": "b:1", "metadata": "DEEP"}]},
        "cellTextDocuments": [{"uri": "b:1", "languageId": "python", "version": 1, "text": "there"}],
    }});
    server.message(open.to_string().replace("\"DEEP\"", &metadata).as_bytes());
    let mut output = BufReader::new(server.child.stdout.take().unwrap());
    let mut found = Vec::new();
    while found.len() < 2 {
        let message = read_message(&mut output).unwrap();
        assert_eq!(message.get("error"), None, "{message}");
        if message["method"] == "textDocument/publishDiagnostics" {
            let range = &message["params"]["diagnostics"][0]["range"]["start"]["character"];
            found.push(range.as_u64());
        }
    }
    assert_eq!(found, [Some(12), Some(0)]);
    server.child.kill().unwrap();
}

#[test]
fn a_client_that_never_answers_is_served_all_the_same() {
    let capabilities = json!({
        "workspace": {
            "codeLens": {"refreshSupport": true}, "inlayHint": {"refreshSupport": true},
            "didChangeWatchedFiles": {"dynamicRegistration": true},
        },
        "window": {"workDoneProgress": true},
    });
    let mut client = Client::with(
        &capabilities,
        &json!({"settings": {"select": ["undefined-name"], "inlay-hints": true}}),
    );
    let mut notebook = client.open(&[(PYTHON, "a"), (PYTHON, "")]);
    let lens = json!({"textDocument": {"uri": notebook.cells[0].uri}});
    for round in 0..50 {
        client.ask("textDocument/codeLens", lens.clone());
        client.type_text(&mut notebook, 1, (0, 0), &format!("b{round} = 1\n"));
    }
    let asked = client.take_unread().into_iter();
    let asked =
        asked.filter(|message| message.get("id").is_some() && message.get("method").is_some());
    assert!(
        asked.count() < 10,
        "what is not answered is not asked again and again"
    );
}

/// stdout is full, and the server reads on: nothing is lost, and nobody waits for the other.
#[test]
fn a_client_that_does_not_read_blocks_nothing() {
    let mut server = Server::start();
    server.send(
        &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}),
    );
    let rule = |id: i64| json!({"jsonrpc": "2.0", "id": id, "method": "cellwise/explain", "params": {"rule": "undefined-name"}});
    // Far more than a pipe holds.
    for id in 1..=2_000 {
        server.send(&rule(id));
    }
    let mut answers = BufReader::new(server.child.stdout.take().unwrap());
    for _ in 0..=2_000 {
        let answer = read_message(&mut answers).expect("every answer comes");
        assert!(answer.get("error").is_none(), "{answer}");
    }
    server.hang_up();
}

#[test]
fn a_client_that_closes_its_end_and_writes_on_ends_nothing() {
    let mut server = Server::start();
    drop(server.child.stdout.take());
    for id in 0..200 {
        server.send(&json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {"capabilities": {}}}));
    }
    server.hang_up();
}

/// In the middle of a header, of a body, and of work on the workspace.
#[test]
fn a_client_that_is_gone_takes_the_server_along() {
    for last in [
        "Content-Len",
        "Content-Length: 500\r\n\r\n{\"jsonrpc\"",
        "Content-Length: 9999999999\r\n\r\n{",
    ] {
        let mut server = Server::start();
        server.write(last.as_bytes());
        assert_eq!(server.hang_up(), Some(1), "{last}");
    }
    let folder = tempfile::tempdir().unwrap();
    let cell = r#"{"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": ["x = [1, 2]\nfor y in x:\n    print(y)\n"]}"#;
    let cells = vec![cell; 300].join(",");
    for file in 0..100 {
        let text = format!(
            r#"{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 4}}"#
        );
        std::fs::write(folder.path().join(format!("{file}.ipynb")), text).unwrap();
    }
    let mut server = Server::start();
    let root = format!("file://{}", folder.path().display());
    let folders = json!([{"uri": root, "name": "a"}]);
    server.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}, "workspaceFolders": folders}}));
    server.send(
        &json!({"jsonrpc": "2.0", "id": 1, "method": "cellwise/checkWorkspace", "params": {}}),
    );
    assert_eq!(server.hang_up(), Some(1), "in the middle of its work");
}

/// Whoever held the other end of the pipe was killed, and said nothing.
#[cfg(unix)]
#[test]
fn a_client_that_is_killed_takes_the_server_along() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let mut editor = Command::new("sh")
        .args(["-c", "exec sleep 600 > \"$0\""])
        .arg(&pipe)
        .spawn()
        .unwrap();
    let stdin = std::fs::File::open(&pipe).unwrap();
    let mut server = Server {
        child: Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .arg("server")
            .stdin(Stdio::from(stdin))
            .stdout(Stdio::null())
            .spawn()
            .unwrap(),
    };
    assert!(
        server.child.try_wait().unwrap().is_none(),
        "it waits for its client"
    );
    editor.kill().unwrap();
    editor.wait().unwrap();
    assert_eq!(server.end(), Some(1));
}

#[cfg(unix)]
#[test]
fn sigterm_ends_the_server_whatever_it_does() {
    use std::os::unix::process::ExitStatusExt as _;

    let mut server = Server::start();
    server.send(
        &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"capabilities": {}}}),
    );
    // In the middle of a message that never ends.
    server.write(b"Content-Length: 100000\r\n\r\n{");
    let mut answer = [0];
    server
        .child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut answer)
        .unwrap();
    let id = server.child.id().to_string();
    assert!(Command::new("kill").arg(&id).status().unwrap().success());
    assert_eq!(server.end(), None);
    assert_eq!(server.child.wait().unwrap().signal(), Some(15));
}

/// A server whose client is the test itself, byte by byte.
struct Server {
    child: Child,
}

impl Server {
    fn start() -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Self { child }
    }

    fn write(&mut self, bytes: &[u8]) {
        let stdin = self.child.stdin.as_mut().expect("it is open");
        stdin.write_all(bytes).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        self.message(message.to_string().as_bytes());
    }

    fn message(&mut self, body: &[u8]) {
        self.write(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        self.write(body);
    }

    /// Closes stdin and gives the status that the server ends with.
    fn hang_up(&mut self) -> Option<i32> {
        drop(self.child.stdin.take());
        self.end()
    }

    /// Waits for the end; `None` where a signal ended it.
    fn end(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
