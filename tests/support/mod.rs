//! A client that is not there: it runs the real binary and speaks LSP to it over pipes.

#![expect(dead_code, reason = "each test binary uses a part of it")]
#![expect(
    clippy::disallowed_methods,
    reason = "it runs the server and waits for it"
)]
#![expect(clippy::needless_pass_by_value, reason = "tests hand over literals")]

pub mod workspace;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Longer than anything takes on a busy machine. Only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. Dropping it shuts the server down and asserts that it said nothing that no
/// test has read.
pub struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    incoming: Receiver<Value>,
    /// Read from the server, and not yet by the test.
    unread: VecDeque<Value>,
    next_id: i64,
    ended: bool,
}

/// A notebook as the client has it.
pub struct Notebook {
    pub uri: String,
    pub version: i64,
    pub cells: Vec<Cell>,
    made: usize,
}

#[derive(Clone)]
pub struct Cell {
    pub uri: String,
    pub language: String,
    pub version: i64,
}

impl Client {
    /// Started, and not initialised.
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_cellwise"))
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, incoming) = mpsc::channel();
        std::thread::spawn(move || {
            while let Some(message) = read_message(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            stdin,
            incoming,
            unread: VecDeque::new(),
            next_id: 1,
            ended: false,
        }
    }

    /// A client as VS Code is, with our extension in it where `notebook_edits`.
    /// One rule runs, so that a new one changes no test.
    pub fn vscode(notebook_edits: bool) -> Self {
        Self::vscode_with(notebook_edits, &["empty-cell"])
    }

    /// The same with these rules.
    pub fn vscode_with(notebook_edits: bool, rules: &[&str]) -> Self {
        Self::with(
            &Self::vscode_capabilities(),
            &json!({"notebookEdits": notebook_edits, "settings": {"select": rules}}),
        )
    }

    /// What VS Code says that it can do.
    pub fn vscode_capabilities() -> Value {
        serde_json::from_str(include_str!("vscode.json")).expect("JSON")
    }

    pub fn with(capabilities: &Value, options: &Value) -> Self {
        let mut client = Self::start();
        let result = client.ask(
            "initialize",
            json!({"processId": null, "rootUri": null, "capabilities": capabilities, "initializationOptions": options}),
        );
        assert_eq!(result["result"]["serverInfo"]["name"], "cellwise");
        client.notify("initialized", json!({}));
        client
    }

    pub fn write_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(bytes).expect("the server reads");
        stdin.flush().expect("the server reads");
    }

    pub fn write(&mut self, message: &Value) {
        let body = message.to_string();
        self.write_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Sends a request and returns its id.
    pub fn request(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        id
    }

    /// The response to a request; what else comes is kept for whoever reads it.
    pub fn response(&mut self, id: impl Into<Value>) -> Value {
        let id = id.into();
        self.take(&format!("a response to {id}"), |message| {
            message.get("method").is_none() && message["id"] == id
        })
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.response(id)
    }

    /// The parameters of the next notification of a method.
    pub fn notification(&mut self, method: &str) -> Value {
        let mut message = self.take(method, |message| message["method"] == method);
        message["params"].take()
    }

    /// The next request of a method that the server sends; whoever takes it may answer it.
    pub fn server_request(&mut self, method: &str) -> Value {
        self.take(method, |message| {
            message["method"] == method && message.get("id").is_some()
        })
    }

    /// The next diagnostics, whatever they are of.
    pub fn published(&mut self) -> Value {
        self.notification("textDocument/publishDiagnostics")
    }

    /// The next log message.
    pub fn logged(&mut self) -> String {
        let params = self.notification("window/logMessage");
        params["message"].as_str().expect("a text").to_owned()
    }

    /// Waits until the server has done all that was sent, and has nothing more to say.
    pub fn idle(&mut self) {
        let hover =
            json!({"textDocument": {"uri": "none:/"}, "position": {"line": 0, "character": 0}});
        // On a busy machine what is found may come late: it has to be quiet twice.
        let mut quiet = 0;
        while quiet < 2 {
            let before = self.unread.len();
            let asked = Instant::now();
            self.ask("textDocument/hover", hover.clone());
            // The slower the machine is, the longer it gets.
            std::thread::sleep(Duration::from_millis(40).max(asked.elapsed() * 4));
            // What was said before the answer to this one is here when that is.
            self.ask("textDocument/hover", hover.clone());
            self.unread.extend(self.incoming.try_iter());
            quiet = if self.unread.len() == before {
                quiet + 1
            } else {
                0
            };
        }
    }

    /// Everything said and not read until now.
    pub fn take_unread(&mut self) -> Vec<Value> {
        self.idle();
        self.unread.drain(..).collect()
    }

    fn take(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&is_it) {
            return self.unread.remove(at).expect("just found");
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.incoming.recv_timeout(left) {
                Ok(message) if is_it(&message) => return message,
                Ok(message) => self.unread.push_back(message),
                Err(error) => panic!("waited for {what}: {error}; unread: {:?}", self.unread),
            }
        }
    }

    /// Sends `exit` and waits for the end of the process, with stdin still open.
    pub fn exit(mut self) -> ExitStatus {
        self.notify("exit", Value::Null);
        self.end()
    }

    pub fn shut_down(&mut self) {
        let answer = self.ask("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null, "{answer}");
    }

    /// Has the server end as LSP asks for it.
    fn leave(&mut self) {
        self.shut_down();
        self.notify("exit", Value::Null);
        let status = self.end();
        assert!(status.success(), "{status}");
    }

    /// Everything said and not read until the server has ended: what its threads are slow to find, too.
    pub fn leave_with_unread(mut self) -> Vec<Value> {
        self.leave();
        // The channel ends where the output does.
        self.unread.extend(self.incoming.iter());
        self.unread.drain(..).collect()
    }

    /// Closes stdin and waits for the end of the process.
    pub fn hang_up(mut self) -> ExitStatus {
        self.stdin = None;
        self.end()
    }

    pub fn end(&mut self) -> ExitStatus {
        self.ended = true;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.child.kill();
            let _ = self.child.wait();
            return;
        }
        if !self.ended {
            self.idle();
            self.leave();
        }
        self.unread.extend(self.incoming.try_iter());
        assert!(self.unread.is_empty(), "nobody has read {:#?}", self.unread);
    }
}

/// What a person does in a notebook.
impl Client {
    /// Opens a notebook of cells, each with its language.
    pub fn open(&mut self, cells: &[(&str, &str)]) -> Notebook {
        self.open_at("file:///ws/a%20b.ipynb", cells)
    }

    /// The same, for a notebook with a place of its own.
    pub fn open_at(&mut self, uri: &str, cells: &[(&str, &str)]) -> Notebook {
        let mut notebook = Notebook {
            uri: uri.into(),
            version: 0,
            cells: Vec::new(),
            made: 0,
        };
        let mut items = Vec::new();
        let mut texts = Vec::new();
        for (language, text) in cells {
            let cell = notebook.make(language);
            items.push(cell.item());
            texts.push(cell.text(text));
            notebook.cells.push(cell);
        }
        self.notify(
            "notebookDocument/didOpen",
            json!({
                "notebookDocument": {
                    "uri": notebook.uri, "notebookType": "jupyter-notebook", "version": 0, "cells": items,
                    "metadata": {"metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "nbformat_minor": 5},
                },
                "cellTextDocuments": texts,
            }),
        );
        notebook
    }

    pub fn close(&mut self, notebook: Notebook) {
        let cells: Vec<Value> = notebook
            .cells
            .iter()
            .map(|cell| json!({"uri": cell.uri}))
            .collect();
        let params = json!({"notebookDocument": {"uri": notebook.uri}, "cellTextDocuments": cells});
        self.notify("notebookDocument/didClose", params);
    }

    pub fn change(&mut self, notebook: &mut Notebook, change: Value) {
        notebook.version += 1;
        let of = json!({"uri": notebook.uri, "version": notebook.version});
        let params = json!({"notebookDocument": of, "change": change});
        self.notify("notebookDocument/didChange", params);
    }

    /// Puts text at a place (0-based line and UTF-16 column) of a cell.
    pub fn type_text(&mut self, notebook: &mut Notebook, cell: usize, at: (u32, u32), text: &str) {
        self.replace(notebook, cell, (at, at), text);
    }

    pub fn replace(
        &mut self,
        notebook: &mut Notebook,
        cell: usize,
        ((line, character), (end_line, end_character)): ((u32, u32), (u32, u32)),
        text: &str,
    ) {
        let document = notebook.cells[cell].next_version();
        let range = json!({
            "start": {"line": line, "character": character},
            "end": {"line": end_line, "character": end_character},
        });
        let step = json!({"range": range, "text": text});
        let content = json!([{"document": document, "changes": [step]}]);
        self.change(notebook, json!({"cells": {"textContent": content}}));
    }

    pub fn insert(&mut self, notebook: &mut Notebook, at: usize, language: &str, text: &str) {
        let cell = notebook.make(language);
        let structure = json!({
            "array": {"start": at, "deleteCount": 0, "cells": [cell.item()]},
            "didOpen": [cell.text(text)],
        });
        notebook.cells.insert(at, cell);
        self.change(notebook, json!({"cells": {"structure": structure}}));
    }

    pub fn delete(&mut self, notebook: &mut Notebook, at: usize) {
        let cell = notebook.cells.remove(at);
        let structure = json!({
            "array": {"start": at, "deleteCount": 1},
            "didClose": [{"uri": cell.uri}],
        });
        self.change(notebook, json!({"cells": {"structure": structure}}));
    }

    /// Exchanges a cell with the next one: as VS Code does, without any text.
    pub fn move_down(&mut self, notebook: &mut Notebook, at: usize) {
        notebook.cells.swap(at, at + 1);
        let cells: Vec<Value> = notebook.cells[at..at + 2].iter().map(Cell::item).collect();
        let array = json!({"start": at, "deleteCount": 2, "cells": cells});
        let structure = json!({"array": array, "didOpen": [], "didClose": []});
        self.change(notebook, json!({"cells": {"structure": structure}}));
    }

    pub fn run_cell(&mut self, notebook: &mut Notebook, at: usize, order: u32) {
        let mut item = notebook.cells[at].item();
        item["executionSummary"] = json!({"executionOrder": order, "success": true});
        self.change(notebook, json!({"cells": {"data": [item]}}));
    }

    /// The actions at the start of a cell; `only` as in the context of the request.
    pub fn actions(&mut self, notebook: &Notebook, cell: usize, only: Option<&[&str]>) -> Value {
        let start = json!({"line": 0, "character": 0});
        let mut context = json!({"diagnostics": []});
        if let Some(only) = only {
            context["only"] = json!(only);
        }
        let params = json!({
            "textDocument": {"uri": notebook.cells[cell].uri},
            "range": {"start": start, "end": start},
            "context": context,
        });
        let mut answer = self.ask("textDocument/codeAction", params);
        assert_eq!(answer.get("error"), None, "{answer}");
        answer["result"].take()
    }

    pub fn resolve(&mut self, action: &Value) -> Value {
        self.ask("codeAction/resolve", action.clone())
    }
}

impl Notebook {
    fn make(&mut self, language: &str) -> Cell {
        self.made += 1;
        Cell {
            uri: format!("vscode-notebook-cell:/ws/a%20b.ipynb#W{}", self.made),
            language: language.into(),
            version: 1,
        }
    }
}

impl Cell {
    pub fn item(&self) -> Value {
        let kind = if self.language == "markdown" { 1 } else { 2 };
        json!({"kind": kind, "document": self.uri})
    }

    pub fn text(&self, text: &str) -> Value {
        json!({"uri": self.uri, "languageId": self.language, "version": self.version, "text": text})
    }

    fn next_version(&mut self) -> Value {
        self.version += 1;
        json!({"uri": self.uri, "version": self.version})
    }
}

/// The next message on a pipe; `None` at its end.
pub fn read_message(input: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line
            .strip_suffix("\r\n")
            .expect("headers end with \\r\\n, and nothing else is on stdout");
        if line.is_empty() {
            break;
        }
        let value = line
            .strip_prefix("Content-Length: ")
            .expect("the one header");
        length = Some(value.parse().expect("a number"));
    }
    let mut body = vec![0; length.expect("a length")];
    input.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("JSON"))
}
