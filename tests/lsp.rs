//! The server as a client meets it: the real binary over pipes.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests run the server, and one measures it"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::Client;

const PYTHON: &str = "python";
const MARKDOWN: &str = "markdown";

/// Which cell a publication is of, and how many diagnostics it has.
fn shown(published: &Value) -> (&str, usize) {
    let uri = published["uri"].as_str().expect("a URI");
    let cell = uri.rsplit_once('#').map_or(uri, |(_, cell)| cell);
    (
        cell,
        published["diagnostics"].as_array().expect("a list").len(),
    )
}

#[test]
fn an_empty_cell_is_found_when_the_notebook_opens() {
    let mut client = Client::vscode(false);
    client.open(&[
        (PYTHON, "x = 1"),
        (PYTHON, ""),
        (MARKDOWN, ""),
        (PYTHON, ""),
    ]);
    let published = client.published();
    assert_eq!(shown(&published), ("W2", 1));
    assert_eq!(published["version"], 1);
    let diagnostic = &published["diagnostics"][0];
    assert_eq!(diagnostic["source"], "cellwise");
    assert_eq!(diagnostic["code"], "empty-cell");
    assert_eq!(diagnostic["severity"], 4);
    assert_eq!(
        diagnostic["range"],
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}})
    );
}

#[test]
fn typing_publishes_only_what_changed_with_the_version_of_the_cell() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, ""), (PYTHON, "")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    assert_eq!(shown(&client.published()), ("W2", 1));
    client.type_text(&mut notebook, 0, (0, 0), "x");
    let published = client.published();
    assert_eq!(shown(&published), ("W1", 0));
    assert_eq!(published["version"], 2);
    // Nothing changes for anybody now, so nothing may come: the drop of the client asserts it.
    client.type_text(&mut notebook, 0, (0, 1), "😀");
}

#[test]
fn the_range_of_a_finding_follows_the_text() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    client.type_text(&mut notebook, 0, (0, 0), "  ");
    let published = client.published();
    assert_eq!(published["diagnostics"][0]["range"]["end"]["character"], 2);
}

#[test]
fn a_place_that_another_cell_speaks_of_follows_its_text() {
    let mut client = Client::with(
        &json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}}),
        &json!({"settings": {"select": ["rerun-hazard"]}}),
    );
    let mut notebook = client.open(&[(PYTHON, "total = 0"), (PYTHON, "total += 1")]);
    let place = |published: &Value| {
        let related = &published["diagnostics"][0]["relatedInformation"][0]["location"];
        (
            related["uri"].clone(),
            related["range"]["end"]["character"].clone(),
        )
    };
    let published = client.published();
    assert_eq!(shown(&published), ("W2", 1));
    let first = json!(notebook.cells[0].uri);
    assert_eq!(place(&published), (first.clone(), json!(9)));
    client.type_text(&mut notebook, 0, (0, 9), " # é😀");
    let published = client.published();
    assert_eq!(shown(&published), ("W2", 1));
    assert_eq!(place(&published), (first, json!(15)));
}

#[test]
fn a_cell_moves_without_its_text() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    // It is the last cell now, where it may be empty.
    client.move_down(&mut notebook, 0);
    assert_eq!(shown(&client.published()), ("W1", 0));
    client.move_down(&mut notebook, 0);
    assert_eq!(shown(&client.published()), ("W1", 1));
}

#[test]
fn an_inserted_cell_makes_the_last_one_a_middle_one() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, "x"), (PYTHON, "")]);
    client.insert(&mut notebook, 2, MARKDOWN, "# end");
    assert_eq!(shown(&client.published()), ("W2", 1));
    client.delete(&mut notebook, 2);
    assert_eq!(shown(&client.published()), ("W2", 0));
}

#[test]
fn what_was_said_of_a_deleted_cell_is_taken_back() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    client.delete(&mut notebook, 0);
    assert_eq!(shown(&client.published()), ("W1", 0));
}

#[test]
fn closing_a_notebook_takes_everything_back() {
    let mut client = Client::vscode(false);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, ""), (PYTHON, "x")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    assert_eq!(shown(&client.published()), ("W2", 1));
    client.close(notebook);
    assert_eq!(shown(&client.published()), ("W1", 0));
    assert_eq!(shown(&client.published()), ("W2", 0));
}

#[test]
fn a_cell_changes_its_language_under_a_new_uri() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    assert_eq!(shown(&client.published()), ("W1", 1));
    let structure = json!({
        "array": {"start": 0, "deleteCount": 1, "cells": [{"kind": 1, "document": "c:#new"}]},
        "didOpen": [{"uri": "c:#new", "languageId": "markdown", "version": 1, "text": ""}],
        "didClose": [{"uri": notebook.cells[0].uri}],
    });
    client.change(&mut notebook, json!({"cells": {"structure": structure}}));
    assert_eq!(shown(&client.published()), ("W1", 0));
}

/// Recorded from VS Code 1.100: the close and the open come in two messages of one version.
#[test]
fn a_cell_changes_its_language_under_the_same_uri() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[("raw", ""), (PYTHON, "x")]);
    let mut cell = notebook.cells[0].clone();
    cell.language = PYTHON.into();
    let closed = json!({"array": {"start": 0, "deleteCount": 1}, "didClose": [{"uri": cell.uri}]});
    client.change(&mut notebook, json!({"cells": {"structure": closed}}));
    notebook.version -= 1;
    let opened = json!({
        "array": {"start": 0, "deleteCount": 0, "cells": [cell.item()]},
        "didOpen": [cell.text("")],
        "didClose": [],
    });
    client.change(&mut notebook, json!({"cells": {"structure": opened}}));
    assert_eq!(shown(&client.published()), ("W1", 1));
    // And in one message.
    cell.language = "raw".into();
    let both = json!({
        "array": {"start": 0, "deleteCount": 1, "cells": [cell.item()]},
        "didOpen": [cell.text("")],
        "didClose": [{"uri": cell.uri}],
    });
    client.change(&mut notebook, json!({"cells": {"structure": both}}));
    assert_eq!(shown(&client.published()), ("W1", 0));
}

#[test]
fn settings_come_at_the_start_and_later() {
    let mut client = Client::with(&json!({}), &json!({"settings": {"select": []}}));
    client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.idle();
    // Neovim's word for "nothing".
    client.notify("workspace/didChangeConfiguration", json!({"settings": {}}));
    client.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": null}),
    );
    client.idle();
    let settings = json!({"settings": {"cellwise": {"select": ["empty-cell"]}}});
    client.notify("workspace/didChangeConfiguration", settings);
    assert_eq!(shown(&client.published()), ("W1", 1));
    client.notify(
        "workspace/didChangeConfiguration",
        json!({"settings": {"select": ["empty-cell"]}}),
    );
    client.notify("workspace/didChangeConfiguration", json!({"settings": [1]}));
    assert!(client.logged().contains("settings"));
}

#[test]
fn an_action_is_resolved_to_a_command_of_our_extension() {
    let mut client = Client::vscode(true);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let actions = client.actions(&notebook, 0, Some(&["quickfix"]));
    let action = &actions[0];
    assert_eq!(action["title"], "Remove the empty cell");
    assert_eq!(action["data"]["action"], "remove-cell");
    assert!(action.get("edit").is_none() && action.get("command").is_none());
    let resolved = client.resolve(action);
    let command = &resolved["result"]["command"];
    assert_eq!(command["command"], "cellwise.applyNotebookEdit");
    let payload = &command["arguments"][0];
    assert_eq!(
        payload["notebook"],
        json!({"uri": notebook.uri, "version": 0})
    );
    let cell = &notebook.cells[0];
    let delete = json!({"op": "delete", "uri": cell.uri, "index": 0, "version": 1});
    assert_eq!(payload["cells"], json!([delete]));
    assert_eq!(client.actions(&notebook, 0, Some(&["refactor"])), json!([]));
}

#[test]
fn an_action_carries_the_diagnostics_it_repairs() {
    let mut client = Client::vscode(true);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    let diagnostic = client.published()["diagnostics"][0].take();
    let params = json!({
        "textDocument": {"uri": notebook.cells[0].uri},
        "range": diagnostic["range"],
        "context": {"diagnostics": [diagnostic, {"range": diagnostic["range"], "message": "other"}]},
    });
    let answer = client.ask("textDocument/codeAction", params);
    assert_eq!(answer["result"][0]["diagnostics"], json!([diagnostic]));
}

#[test]
fn a_stale_action_is_refused() {
    const CONTENT_MODIFIED: i64 = -32801;
    let mut client = Client::vscode(true);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let action = client.actions(&notebook, 0, None)[0].clone();
    client.type_text(&mut notebook, 0, (0, 0), "\n");
    assert_eq!(client.resolve(&action)["error"]["code"], CONTENT_MODIFIED);
    client.delete(&mut notebook, 0);
    assert_eq!(client.resolve(&action)["error"]["code"], CONTENT_MODIFIED);
    client.published();
    let unknown = json!({"title": "x", "data": {"action": 1}});
    assert_eq!(client.resolve(&unknown)["error"]["code"], -32602);
}

#[test]
fn what_a_client_cannot_do_is_disabled_with_the_reason_or_left_out() {
    let mut client = Client::vscode(false);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let action = client.actions(&notebook, 0, None)[0].clone();
    assert!(action["disabled"]["reason"].as_str().is_some());
    assert!(action.get("isPreferred").is_none());

    let literals = json!({"textDocument": {"codeAction": {
        "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
    }}});
    let mut simple = Client::with(&literals, &json!({"settings": {"select": ["empty-cell"]}}));
    let notebook = simple.open(&[(PYTHON, ""), (PYTHON, "x")]);
    simple.published();
    assert_eq!(simple.actions(&notebook, 0, None), json!([]));
}

/// VS Code 1.100 resolves `edit` and not `command`.
#[test]
fn a_command_comes_at_once_where_it_cannot_come_later() {
    let code_action = json!({
        "dataSupport": true, "resolveSupport": {"properties": ["edit"]},
        "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
    });
    let capabilities = json!({"textDocument": {"codeAction": code_action}});
    let mut client = Client::with(
        &capabilities,
        &json!({"notebookEdits": true, "settings": {"select": ["empty-cell"]}}),
    );
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let actions = client.actions(&notebook, 0, None);
    assert_eq!(
        actions[0]["command"]["command"],
        "cellwise.applyNotebookEdit"
    );
}

#[test]
fn hover_says_what_the_rule_is_about() {
    let mut client = Client::vscode(false);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let at = |cell: usize| {
        let document = json!({"uri": notebook.cells[cell].uri});
        json!({"textDocument": document, "position": {"line": 0, "character": 0}})
    };
    let hover = client.ask("textDocument/hover", at(0));
    let text = hover["result"]["contents"]["value"]
        .as_str()
        .expect("markdown");
    assert!(
        text.contains("empty-cell") && text.contains("A code cell with nothing in it."),
        "{text}"
    );
    assert_eq!(
        client.ask("textDocument/hover", at(1))["result"],
        Value::Null
    );
}

#[test]
fn two_thousand_changes_keep_their_order() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    // A change out of order would go back to an earlier version, which is logged.
    for change in 0..2000_u32 {
        client.type_text(
            &mut notebook,
            0,
            (0, change),
            if change % 7 == 0 { "\u{20}" } else { "\t" },
        );
        if change % 100 == 99 {
            client.type_text(&mut notebook, 1, (0, 0), "y");
        }
    }
    let id = client.request(
        "textDocument/codeAction",
        json!({
            "textDocument": {"uri": notebook.cells[0].uri},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
            "context": {"diagnostics": []},
        }),
    );
    let answer = client.response(id);
    // The answer may come before what is published last.
    let mut versions: Vec<i64> = Vec::new();
    while versions.last() != Some(&2001) {
        let published = client.published();
        versions.push(published["version"].as_i64().expect("a version"));
    }
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(client.take_unread(), [] as [Value; 0]);
    // Bursts are coalesced: far fewer publications than changes.
    assert!(versions.len() < 2000, "{}", versions.len());
    assert_eq!(answer["result"][0]["title"], "Remove the empty cell");
}

#[test]
fn requests_see_the_text_of_their_moment() {
    let mut client = Client::vscode(true);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    let params = json!({
        "textDocument": {"uri": notebook.cells[0].uri},
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
        "context": {"diagnostics": []},
    });
    // The cell is empty at every second request.
    let mut ids = Vec::new();
    for _ in 0..200 {
        ids.push(client.request("textDocument/codeAction", params.clone()));
        client.type_text(&mut notebook, 0, (0, 0), "x");
        ids.push(client.request("textDocument/codeAction", params.clone()));
        client.replace(&mut notebook, 0, ((0, 0), (0, 1)), "");
    }
    for (asked, id) in ids.into_iter().enumerate() {
        let answer = client.response(id);
        let listed = answer["result"].as_array().expect("a list").iter();
        let found = listed
            .filter(|action| action["title"] == "Remove the empty cell")
            .count();
        assert_eq!(found, usize::from(asked % 2 == 0), "request {asked}");
    }
    client.take_unread();
}

#[test]
fn each_request_has_one_answer_when_cancelled_too() {
    let mut client = Client::vscode(true);
    let notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let mut ids = Vec::new();
    for at in 0..300 {
        let position = json!({"line": 0, "character": 0});
        let document = json!({"uri": notebook.cells[0].uri});
        let id = client.request(
            "textDocument/hover",
            json!({"textDocument": document, "position": position}),
        );
        if at % 2 == 0 {
            client.notify("$/cancelRequest", json!({"id": id}));
        }
        ids.push((id, at % 2 == 0));
    }
    for (id, cancelled) in ids {
        let answer = client.response(id);
        let error = &answer["error"]["code"];
        assert!(
            *error == Value::Null || (cancelled && *error == -32800),
            "{answer}"
        );
    }
    // A second answer would be unread in the end.
    client.notify("$/cancelRequest", json!({"id": 99999}));
}

#[test]
fn broken_input_is_logged_and_survived() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let other =
        json!({"notebookDocument": {"uri": "file:///other.ipynb", "version": 1}, "change": {}});
    client.notify("notebookDocument/didChange", other);
    assert!(client.logged().contains("never opened"));
    let changes = [
        json!({"cells": {"textContent": [{"document": {"uri": "c:#none", "version": 2}, "changes": []}]}}),
        json!({"cells": {"data": [{"kind": 2, "document": "c:#none"}]}}),
        json!({"cells": {"structure": {"array": {"start": 7, "deleteCount": 9}}}}),
        json!({"cells": {"structure": {"array": {"start": 2, "deleteCount": 0, "cells": [{"kind": 2, "document": "c:#none"}]}}}}),
        json!({"cells": {"textContent": [{"document": {"uri": notebook.cells[0].uri, "version": 1}, "changes": [{"range": 7, "text": "x"}]}]}}),
    ];
    for change in changes {
        client.change(&mut notebook, change);
        client.logged();
    }
    let far = json!({"start": {"line": 99, "character": 99}, "end": {"line": 4_294_967_295_u32, "character": 0}});
    let step = json!({"document": {"uri": notebook.cells[0].uri, "version": 0}, "changes": [{"range": far, "text": "x"}]});
    client.change(&mut notebook, json!({"cells": {"textContent": [step]}}));
    assert!(client.logged().contains("version 0"));
    assert_eq!(shown(&client.published()), ("W1", 0));
    client.notify("notebookDocument/didOpen", json!(7));
    assert!(client.logged().contains("not understood"));
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///x.py", "version": 1}}),
    );
    assert!(client.logged().contains("never opened"));
}

#[test]
fn a_message_that_is_no_message_gets_an_error_and_the_server_lives_on() {
    let mut client = Client::vscode(false);
    for (body, code) in [
        ("{\"jsonrpc\":", -32700),
        ("[1, 2]", -32600),
        ("{\"jsonrpc\":\"2.0\"}", -32600),
        ("\u{fffd}", -32700),
    ] {
        client.write_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        assert_eq!(
            client.response(Value::Null)["error"]["code"],
            code,
            "{body}"
        );
    }
    client.write_raw(b"Content-Length: 2\r\n\r\n\xff\xff");
    assert_eq!(client.response(Value::Null)["error"]["code"], -32700);
    client.write_raw(b"Content-Type: nothing\r\n\r\n");
    assert_eq!(client.response(Value::Null)["error"]["code"], -32700);
    client.write(&json!({"jsonrpc": "2.0", "id": {"odd": 1}, "method": "shutdown"}));
    assert_eq!(client.response(Value::Null)["error"]["code"], -32600);
    let id = client.request("textDocument/nothing", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32601);
    let id = client.request("textDocument/hover", json!({"textDocument": 7}));
    assert_eq!(client.response(id)["error"]["code"], -32602);
    client.notify("$/unknown", json!({}));
    client.notify("textDocument/unknown", json!({}));
    client.write(&json!({"jsonrpc": "2.0", "id": 5, "result": null}));
}

#[test]
fn a_lone_surrogate_is_as_wide_as_it_was() {
    let mut client = Client::vscode(false);
    let mut notebook = client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    client.published();
    let body = format!(
        r#"{{"jsonrpc":"2.0","method":"notebookDocument/didChange","params":{{"notebookDocument":{{"uri":"{}","version":1}},"change":{{"cells":{{"textContent":[{{"document":{{"uri":"{}","version":2}},"changes":[{{"text":"\ud83d"}}]}}]}}}}}}}}"#,
        notebook.uri, notebook.cells[0].uri
    );
    client.write_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    assert_eq!(shown(&client.published()), ("W1", 0));
    notebook.version = 1;
    notebook.cells[0].version = 2;
    client.replace(&mut notebook, 0, ((0, 0), (0, 1)), "");
    assert_eq!(shown(&client.published()), ("W1", 1));
}

#[test]
fn before_initialize_requests_get_an_error_and_notifications_nothing() {
    const NOT_INITIALIZED: i64 = -32002;
    let mut client = Client::start();
    client.open(&[(PYTHON, ""), (PYTHON, "x")]);
    let id = client.request("shutdown", Value::Null);
    assert_eq!(client.response(id)["error"]["code"], NOT_INITIALIZED);
    let id = client.request("initialize", json!({"capabilities": {}}));
    assert!(client.response(id)["result"]["capabilities"].is_object());
}

/// jupyterlab-lsp runs one server for all browser tabs, and each tab initialises it.
#[test]
fn a_second_initialize_gets_the_same_answer() {
    let mut client = Client::start();
    let first = client.ask("initialize", json!({"capabilities": {}}));
    let second = client.ask("initialize", json!({"capabilities": {}}));
    assert_eq!(first["result"], second["result"]);
    assert_eq!(client.ask("initialize", json!(7))["error"]["code"], -32602);
}

#[test]
fn exit_ends_the_server_while_stdin_stays_open() {
    let mut client = Client::vscode(false);
    client.shut_down();
    assert_eq!(client.exit().code(), Some(0));
    assert_eq!(
        Client::vscode(false).exit().code(),
        Some(1),
        "without a shutdown"
    );
    assert_eq!(Client::start().exit().code(), Some(1), "without anything");
}

#[test]
fn a_closed_stdin_ends_the_server() {
    assert_eq!(Client::vscode(false).hang_up().code(), Some(1));
    let mut client = Client::vscode(false);
    client.shut_down();
    assert_eq!(client.hang_up().code(), Some(0));
}

/// JupyterLab ends servers with SIGTERM.
#[cfg(unix)]
#[test]
fn sigterm_ends_the_server() {
    let mut client = Client::vscode(false);
    client.idle();
    let kill = std::process::Command::new("kill")
        .arg(client.process_id().to_string())
        .status()
        .expect("kill runs");
    assert!(kill.success());
    client.end();
}

/// The reader of JupyterLab loses a header that comes in two pieces. On a datagram socket every
/// write arrives by itself.
#[cfg(unix)]
#[test]
fn a_message_is_one_write() {
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;
    use std::process::{Command, Stdio};

    let (ours, theirs) = UnixDatagram::pair().expect("a pair of sockets");
    ours.set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a timeout");
    let mut child = Command::new(env!("CARGO_BIN_EXE_cellwise"))
        .arg("server")
        .stdin(Stdio::piped())
        .stdout(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .expect("the binary starts");
    let mut stdin = child.stdin.take().expect("piped");
    for id in 0..20 {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {"capabilities": {}}});
        let body = body.to_string();
        write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it reads");
        stdin.flush().expect("it reads");
        let mut buffer = vec![0; 64 << 10];
        let read = ours.recv(&mut buffer).expect("it writes");
        let answer = support::read_message(&mut &buffer[..read]);
        assert_eq!(answer.expect("a whole message in one write")["id"], id);
    }
    drop(stdin);
    child.wait().expect("it ends");
}

#[test]
fn the_selector_names_types_and_asks_for_every_cell() {
    let mut client = Client::start();
    let answer = client.ask("initialize", json!({"capabilities": {}}));
    let capabilities = &answer["result"]["capabilities"];
    let selectors = &capabilities["notebookDocumentSync"]["notebookSelector"];
    assert_eq!(selectors[0]["notebook"], "jupyter-notebook");
    assert_eq!(selectors[1]["notebook"], "*");
    assert_eq!(selectors[0]["cells"][0]["language"], "*");
    assert_eq!(capabilities["positionEncoding"], "utf-16");
    assert_eq!(capabilities["codeActionProvider"]["resolveProvider"], true);
}

/// What transport and protocol cost a keystroke. Not a test of speed: run it in release and read it.
#[test]
#[ignore = "a measurement"]
fn measure_a_keystroke() {
    // The rules that run without being asked for.
    let mut client = Client::with(&json!({}), &Value::Null);
    for cells in [50_usize, 2000, 5000] {
        let mut texts = vec![(PYTHON, "x = 1\ny = x + 1\nprint(y)\n"); cells - 1];
        texts.insert(cells / 2, (PYTHON, ""));
        let start = Instant::now();
        let mut notebook = client.open(&texts);
        client.published();
        let opened = start.elapsed();
        let edited = notebook.cells[cells / 2].uri.clone();
        client.take_unread();
        let mut times: Vec<Duration> = (0..400)
            .map(|stroke| {
                let start = Instant::now();
                if stroke % 2 == 0 {
                    client.type_text(&mut notebook, cells / 2, (0, 0), "x");
                } else {
                    client.replace(&mut notebook, cells / 2, ((0, 0), (0, 1)), "");
                }
                while client.published()["uri"] != *edited {}
                start.elapsed()
            })
            .collect();
        times.sort_unstable();
        let mut hovers: Vec<Duration> = (0..400)
            .map(|_| {
                let start = Instant::now();
                let hover = json!({"textDocument": {"uri": "none:/"}, "position": {"line": 0, "character": 0}});
                client.ask("textDocument/hover", hover);
                start.elapsed()
            })
            .collect();
        hovers.sort_unstable();
        println!(
            "{cells} cells: opened in {opened:?}; keystroke p50 {:?}, p95 {:?}; an empty request p50 {:?}",
            times[200], times[380], hovers[200]
        );
        client.close(notebook);
        client.take_unread();
    }
}

#[test]
fn what_a_notebook_runs_is_read_again_when_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("setup.py");
    std::fs::write(&script, "").unwrap();
    let uri = format!("file://{}/a.ipynb", folder.path().display());
    let mut client = Client::with(
        &json!({}),
        &json!({"settings": {"select": ["undefined-name"]}}),
    );
    let notebook = client.open_at(&uri, &[(PYTHON, "%run setup.py"), (PYTHON, "limit")]);
    assert_eq!(
        shown(&client.published()).1,
        1,
        "no cell binds it, nor does the script"
    );
    std::fs::write(&script, "limit = 3").unwrap();
    client.notify(
        "notebookDocument/didSave",
        json!({"notebookDocument": {"uri": uri}}),
    );
    assert_eq!(shown(&client.published()).1, 0, "the script binds it now");
    client.close(notebook);
}

#[test]
fn a_missing_import_is_the_one_that_the_project_writes() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("model.py"),
        "import jax.numpy as np\nfrom shop import load_prices\n",
    )
    .unwrap();
    let uri = format!("file://{}/a.ipynb", folder.path().display());
    let mut client = Client::with(
        &json!({}),
        &json!({"settings": {"select": ["undefined-name"]}}),
    );
    let notebook = client.open_at(&uri, &[(PYTHON, "np"), (PYTHON, "load_prices()")]);
    let mut said = String::new();
    while !(said.contains("import jax.numpy as np")
        && said.contains("from shop import load_prices"))
    {
        said += &client.published().to_string();
    }
    client.close(notebook);
    client.published();
    client.published();
}
