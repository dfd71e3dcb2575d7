//! What editors that open a notebook as a text sent, sent again: Neovim, and JupyterLab with its virtual document.
//!
//! The recordings are not part of the crate; where they are missing the tests say so and pass.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests read recordings, whose form is known, and say what they skip"
)]

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::Client;

/// What the client sent, `None` where the recording is missing. `home` takes the place of the recorded one.
fn sent(name: &str, home: &str) -> Option<Vec<Value>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/traffic")
        .join(name);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let messages = text.lines().filter_map(|line| {
        let line = line.replace("/home/ada/jlab/home/ada/proj", home);
        let mut line: Value = serde_json::from_str(&line).unwrap();
        let is_sent = matches!(line["dir"].as_str(), Some("c2s" | "client->server"));
        // Responses to the recorded server's own requests are left out, and so is the end.
        let method = line["msg"]["method"].as_str()?.to_owned();
        (is_sent && !matches!(&*method, "shutdown" | "exit")).then(|| line["msg"].take())
    });
    Some(messages.collect())
}

/// Sends a message; a request's answer is awaited.
fn send(client: &mut Client, message: &Value) -> Value {
    client.write(message);
    match message.get("id") {
        Some(id) => client.response(id.clone()),
        None => Value::Null,
    }
}

/// The next diagnostics up to those of a document, as the messages that they come in.
fn published(client: &mut Client, uri: &str) -> Vec<Value> {
    let mut messages = Vec::new();
    loop {
        let params = client.published();
        let is_it = params["uri"] == uri;
        messages.push(json!({"method": "textDocument/publishDiagnostics", "params": params}));
        if is_it {
            return messages;
        }
    }
}

/// The last diagnostics of a document that were published, by code: line, and columns in UTF-16.
fn shown(messages: &[Value], uri: &str) -> Option<Vec<(String, u64, u64, u64)>> {
    let of = messages.iter().rev().find(|message| {
        message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
    })?;
    let all = of["params"]["diagnostics"].as_array().unwrap().iter();
    let found = all.map(|diagnostic| {
        let range = &diagnostic["range"];
        let number = |value: &Value| value.as_u64().unwrap();
        (
            diagnostic["code"].as_str().unwrap().to_owned(),
            number(&range["start"]["line"]),
            number(&range["start"]["character"]),
            number(&range["end"]["character"]),
        )
    });
    Some(found.collect())
}

fn has(shown: &[(String, u64, u64, u64)], code: &str, line: u64, start: u64, end: u64) -> bool {
    shown.contains(&(code.to_owned(), line, start, end))
}

/// Requests that the server answers, whatever they are about.
const SERVED: [&str; 3] = [
    "initialize",
    "textDocument/codeAction",
    "textDocument/hover",
];

#[test]
fn neovim_shows_findings_in_json_and_in_scripts() {
    for name in [
        "neovim-0.7.2.jsonl",
        "neovim-0.10.4.jsonl",
        "neovim-0.12.4.jsonl",
    ] {
        let Some(messages) = sent(name, "") else {
            continue;
        };
        let mut client = Client::start();
        let (script, json) = (
            "file:///home/ada/code/ws/plain.py",
            "file:///home/ada/code/ws/demo.ipynb",
        );
        let mut all = Vec::new();
        let mut opened = Vec::new();
        for message in &messages {
            if message["method"] == "workspace/executeCommand" {
                continue;
            }
            let answer = send(&mut client, message);
            let is_served = SERVED.contains(&message["method"].as_str().unwrap());
            let is_refused = answer.get("error").is_some();
            assert!(!is_served || !is_refused, "{name}: {answer}");
            if message["method"] == "textDocument/didOpen" {
                let uri = message["params"]["textDocument"]["uri"].as_str().unwrap();
                let now = published(&mut client, uri);
                opened.extend(shown(&now, uri));
                all.extend(now);
            }
        }
        all.extend(client.take_unread());
        let no_log = all
            .iter()
            .all(|message| message["method"] != "window/logMessage");
        assert!(no_log, "{name}: {all:?}");
        // `print(x)` above the cell that binds `x`.
        assert!(
            has(&opened[0], "used-before-definition", 5, 6, 7),
            "{name}: {opened:?}"
        );
        // In the JSON: `"print(x)"`, and `"name = '😀' + undefined_name"` behind a surrogate pair.
        assert!(
            has(&opened[1], "hidden-definition", 22, 11, 12),
            "{name}: {opened:?}"
        );
        assert!(
            opened[1].iter().any(|(code, ..)| code == "undefined-name"),
            "{name}: {opened:?}"
        );
        // Lines were inserted above: in the script one by one, in the JSON so that it is broken, and the cells stay.
        let now = shown(&all, script).unwrap();
        let lines = messages.iter().filter(|message| {
            message["method"] == "textDocument/didChange"
                && message["params"]["textDocument"]["uri"] == script
        });
        let script_line = 5 + lines.count() as u64;
        assert!(
            has(&now, "used-before-definition", script_line - 1, 6, 7)
                || has(&now, "used-before-definition", script_line, 6, 7),
            "{name}: {now:?}"
        );
        let now = shown(&all, json).unwrap();
        assert!(
            now.iter()
                .any(|(code, line, ..)| code == "invalid-notebook" && *line == 0),
            "{name}: {now:?}"
        );
        assert!(
            now.iter()
                .any(|(code, line, ..)| code == "hidden-definition" && *line > 22),
            "{name}: {now:?}"
        );
    }
}

#[test]
fn jupytext_in_neovim_is_read_by_what_it_shows() {
    for (name, line) in [
        ("neovim-jupytext-hydrogen.jsonl", 21),
        ("neovim-jupytext-markdown.jsonl", 20),
    ] {
        let Some(messages) = sent(name, "") else {
            continue;
        };
        let mut client = Client::start();
        for message in &messages {
            send(&mut client, message);
        }
        let now = shown(&client.take_unread(), "file:///home/ada/code/ws/demo.ipynb").unwrap();
        assert!(
            has(&now, "used-before-definition", line, 6, 7),
            "{name}: {now:?}"
        );
        let text = messages
            .iter()
            .find(|message| message["method"] == "textDocument/didOpen")
            .unwrap();
        let text = text["params"]["textDocument"]["text"].as_str().unwrap();
        let (at, found) = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains("undefined_name"))
            .unwrap();
        let column = found[..found.find("undefined_name").unwrap()]
            .encode_utf16()
            .count() as u64;
        assert!(
            has(&now, "undefined-name", at as u64, column, column + 14),
            "{name}: {now:?}"
        );
    }
}

/// The notebook whose virtual document was recorded.
fn notebook() -> Value {
    let code = |source: &str| json!({"cell_type": "code", "metadata": {}, "execution_count": null, "outputs": [], "source": source});
    let prose = json!({"cell_type": "markdown", "metadata": {}, "source": "# Title"});
    json!({
        "cells": [
            code("import os, sys\nimport numpy as np\n%matplotlib inline"),
            prose.clone(),
            code("def f(x):\n    tmp = x + undefined_name  # TODO fix\n    return tmp"),
            prose.clone(),
            code("%%time\ntotal = f(3)\nprint(total)"),
            code("files = !ls -l\n!pip install foo\n?df\nos?\n%run script.py \"a b\"\nx = %pwd"),
            code("%%bash\necho hi; echo \"q\""),
            prose,
            code("%%writefile helper.py\ndef g():\n    \"\"\"doc\"\"\"\n    return 1"),
            code("s = 'ünïcödé 😀'; print(s); y = undefined_name\n\n\n\nawait foo()\nfor i in range(3):\n    print(i)"),
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4, "nbformat_minor": 4,
    })
}

#[test]
fn jupyterlabs_document_is_the_notebook_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    for file in ["demo.ipynb", "sp ace #1 ü%.ipynb"] {
        fs::write(folder.path().join(file), notebook().to_string()).unwrap();
    }
    for (name, file) in [
        ("jupyterlab-lsp-5.3.jsonl", "demo.ipynb"),
        (
            "jupyterlab-lsp-5.3-two-tabs.jsonl",
            "sp%20ace%20#1%20%C3%BC%25.ipynb",
        ),
    ] {
        let Some(messages) = sent(name, home) else {
            continue;
        };
        let mut client = Client::start();
        let uri = format!("file://{home}/{file}");
        let mut first = None;
        let mut document = String::new();
        let mut all = Vec::new();
        for message in &messages {
            send(&mut client, message);
            if message["params"]["textDocument"]["uri"] == uri.as_str() {
                let params = &message["params"];
                let text = [
                    &params["textDocument"]["text"],
                    &params["contentChanges"][0]["text"],
                ];
                document = text
                    .into_iter()
                    .find_map(Value::as_str)
                    .map_or(document, str::to_owned);
                if message["method"] == "textDocument/didOpen" && first.is_none() {
                    let now = published(&mut client, &uri);
                    first = shown(&now, &uri);
                    all.extend(now);
                }
            }
        }
        all.extend(client.take_unread());
        let first = first.unwrap();
        // It fails in the cell of `%%time`, in which JupyterLab shows nothing, and is read here.
        assert!(
            has(&first, "undefined-name", 9, 14, 28),
            "{name}: {first:?}"
        );
        let now = shown(&all, &uri).unwrap();
        let lines: Vec<&str> = document.split('\n').collect();
        for (code, line, start, end) in &now {
            let line = lines[usize::try_from(*line).unwrap()];
            let length = line.encode_utf16().count() as u64;
            assert!(
                *start <= length && *end <= length,
                "{name}: {code} in {line:?}"
            );
            let begins_in_magic =
                line.contains("get_ipython()") || line.starts_with("# START_CELL_MAGIC");
            assert!(
                !begins_in_magic,
                "{name}: {code} begins in {line:?}, where JupyterLab shows nothing"
            );
        }
        assert!(
            now.iter().any(|(code, ..)| code == "undefined-name"),
            "{name}: {now:?}"
        );
        let syntax = all
            .iter()
            .any(|message| message.to_string().contains("syntax"));
        assert!(!syntax, "{name}: magics are no mistakes: {now:?}");
    }
}
