//! Whole sessions: a client that edits, asks and at times talks nonsense. Each request has one answer, what is sent is
//! JSON, and a client that was told bit by bit shows what one shows that opens the notebook now.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufReader, Read};
use std::sync::mpsc::{self, Receiver};

use cellwise::lsp::dispatch;
use cellwise::lsp::event::Event;
use cellwise::lsp::front::Front;
use cellwise::lsp::proto::Uri;
use cellwise::lsp::session::Session;
use cellwise::lsp::wire::Outbox;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

use super::choices::{self, Choices};
use super::client::{Naive, Step};

/// A notebook that has never been saved: nothing on disk has a say.
pub const NOTEBOOK: &str = "untitled:n.ipynb";

const REQUESTS: &[&str] = &[
    "textDocument/codeAction",
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/documentSymbol",
    "textDocument/inlayHint",
    "textDocument/codeLens",
    "cellwise/graph",
    "cellwise/findings",
    "cellwise/explain",
    "cellwise/nothing",
];

pub fn run(data: &[u8]) {
    let (text, choices) = choices::split(data);
    let text = String::from_utf8_lossy(text);
    let texts: Vec<&str> = text.split("\n%%\n").take(16).collect();
    let mut talk = Talk::new(texts, choices);
    talk.run();
}

/// A client and a server that take turns in one thread.
struct Talk<'d> {
    texts: Vec<&'d str>,
    choices: Choices<'d>,
    client: Naive,
    /// Whether only a new server would know less: no cell ran, and no nonsense was said.
    is_plain: bool,
    asked: i64,
    answered: BTreeMap<i64, usize>,
    listed: Vec<Value>,
    shown: BTreeMap<String, Value>,
}

impl<'d> Talk<'d> {
    fn new(texts: Vec<&'d str>, choices: Choices<'d>) -> Self {
        Self {
            texts,
            choices,
            client: Naive::of(NOTEBOOK),
            is_plain: true,
            asked: 0,
            answered: BTreeMap::new(),
            listed: Vec::new(),
            shown: BTreeMap::new(),
        }
    }

    fn run(&mut self) {
        let client_edits = self.choices.flip();
        let mut begin = initialize(client_edits);
        begin.extend(self.opened());
        let mut turns = 0;
        let is_sound = converse(&begin, |received| {
            self.hear(received);
            turns += 1;
            if turns > 40 || self.choices.is_empty() {
                return None;
            }
            let count = 1 + self.choices.below(3);
            Some((0..count).flat_map(|_| self.say()).collect())
        });
        assert!(is_sound, "the findings are not those of a fresh start");
        for id in 1..=self.asked {
            assert_eq!(self.answered.get(&id), Some(&1), "answers to request {id}");
        }
        if self.is_plain {
            let mut begin = initialize(client_edits);
            begin.extend(self.opened());
            let mut shown = BTreeMap::new();
            converse(&begin, |received| {
                for message in received {
                    note(&message, &mut shown);
                }
                None
            });
            let told = |shown: &BTreeMap<String, Value>| -> BTreeMap<String, Value> {
                let shown = shown.clone().into_iter();
                shown.filter(|(_, found)| *found != json!([])).collect()
            };
            assert_eq!(told(&self.shown), told(&shown));
        }
    }

    fn opened(&self) -> Vec<Value> {
        let cells: Vec<Value> = self
            .client
            .cells
            .iter()
            .map(|cell| self.client.item(cell))
            .collect();
        let texts: Vec<Value> = self
            .client
            .cells
            .iter()
            .map(super::client::Cell::document)
            .collect();
        vec![notification(
            "notebookDocument/didOpen",
            &json!({
                "notebookDocument": {"uri": NOTEBOOK, "notebookType": "jupyter-notebook", "version": self.client.version, "cells": cells},
                "cellTextDocuments": texts,
            }),
        )]
    }

    fn say(&mut self) -> Vec<Value> {
        match self.choices.below(16) {
            0..=8 => {
                let step = Step::any(&self.texts, &mut self.choices);
                self.is_plain &= !matches!(step, Step::Run { .. });
                let changes = self.client.step(step);
                changes
                    .into_iter()
                    .map(|change| self.changed(&change))
                    .collect()
            }
            9..=12 => vec![self.ask()],
            13 => {
                let Some(action) = self.listed.pop() else {
                    return Vec::new();
                };
                vec![self.request("codeAction/resolve", &action)]
            }
            14 => vec![self.ask(), self.cancel()],
            _ => {
                self.is_plain = false;
                vec![self.nonsense()]
            }
        }
    }

    fn changed(&mut self, change: &Value) -> Value {
        self.client.version += 1;
        let of = json!({"uri": NOTEBOOK, "version": self.client.version});
        notification(
            "notebookDocument/didChange",
            &json!({"notebookDocument": of, "change": change}),
        )
    }

    fn request(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        json!({"jsonrpc": "2.0", "id": self.asked, "method": method, "params": params})
    }

    fn cancel(&self) -> Value {
        notification("$/cancelRequest", &json!({"id": self.asked}))
    }

    fn ask(&mut self) -> Value {
        let method = self.choices.pick(REQUESTS).to_owned();
        let cell = self.choices.below(self.client.cells.len());
        let uri = self
            .client
            .cells
            .get(cell)
            .map_or("c:none", |cell| &cell.uri)
            .to_owned();
        let position = self.position();
        let end = if self.choices.flip() {
            position.clone()
        } else {
            self.position()
        };
        let range = json!({"start": position, "end": end});
        let params = json!({
            "textDocument": {"uri": uri}, "position": position, "range": range, "context": {"diagnostics": [], "includeDeclaration": true},
            "newName": self.choices.pick(&["x", "y1", "é", "for", "", "a b"]), "notebook": NOTEBOOK, "rule": "empty-cell",
        });
        self.request(&method, &params)
    }

    fn position(&mut self) -> Value {
        json!({"line": self.choices.below(6), "character": self.choices.below(20)})
    }

    fn nonsense(&mut self) -> Value {
        let number = self.choices.below(70_000);
        let any = match self.choices.below(6) {
            0 => json!(null),
            1 => json!(number),
            2 => json!(-1),
            3 => json!([]),
            4 => json!("x"),
            _ => json!({"uri": NOTEBOOK}),
        };
        let uri = self.choices.pick(&[
            NOTEBOOK,
            "untitled:n.ipynb#1",
            "untitled:n.ipynb#2",
            "c:none",
            "",
        ]);
        let place = |line: usize| json!({"line": line, "character": number});
        let range =
            json!({"start": place(self.choices.below(4)), "end": place(self.choices.below(4))});
        let edit = json!({"range": range, "text": "é\r"});
        match self.choices.below(12) {
            0 => notification(
                "notebookDocument/didClose",
                &json!({"notebookDocument": {"uri": uri}}),
            ),
            1 => notification(
                "notebookDocument/didChange",
                &json!({"notebookDocument": {"uri": uri, "version": number}, "change": any}),
            ),
            2 => notification(
                "notebookDocument/didChange",
                &json!({"notebookDocument": {"uri": NOTEBOOK, "version": 0}, "change": {"cells": {
                "structure": {"array": {"start": number, "deleteCount": number, "cells": [{"kind": 2, "document": uri}, any]}, "didOpen": [{"uri": uri, "text": "t"}]}}}}),
            ),
            3 => notification(
                "notebookDocument/didChange",
                &json!({"notebookDocument": {"uri": NOTEBOOK, "version": 0}, "change": {"cells": {
                "textContent": [{"document": {"uri": uri, "version": number}, "changes": [edit, any]}]}}}),
            ),
            4 => notification(
                "notebookDocument/didOpen",
                &json!({"notebookDocument": {"uri": uri, "cells": [{"kind": any, "document": uri}]}, "cellTextDocuments": any}),
            ),
            5 => notification(
                "textDocument/didOpen",
                &json!({"textDocument": {"uri": uri, "languageId": "python", "version": 0, "text": "# %%\nx\n"}}),
            ),
            6 => notification(
                "textDocument/didChange",
                &json!({"textDocument": {"uri": uri, "version": 0}, "contentChanges": [edit, any]}),
            ),
            7 => notification(
                "workspace/didChangeConfiguration",
                &json!({"settings": {"cellwise": {"select": any}}}),
            ),
            8 => notification(
                "cellwise/outputs",
                &json!({"notebook": NOTEBOOK, "cells": [{"uri": uri, "bytes": any, "suspects": any}]}),
            ),
            9 => notification(
                "textDocument/didClose",
                &json!({"textDocument": {"uri": uri}}),
            ),
            10 => json!({"jsonrpc": "2.0", "id": 70_000, "result": any}),
            _ => any,
        }
    }

    fn hear(&mut self, messages: Vec<Value>) {
        for message in messages {
            note(&message, &mut self.shown);
            if message.get("method").is_none()
                && let Some(id) = message["id"].as_i64()
            {
                *self.answered.entry(id).or_default() += 1;
                let actions = message["result"].as_array().cloned().unwrap_or_default();
                let actions = actions.into_iter();
                self.listed
                    .extend(actions.filter(|action| action.get("data").is_some()));
            }
        }
    }
}

/// Keeps what the client shows of each document.
fn note(message: &Value, shown: &mut BTreeMap<String, Value>) {
    if message["method"] == "textDocument/publishDiagnostics" {
        let params = &message["params"];
        let uri = params["uri"].as_str().unwrap_or_default().to_owned();
        shown.insert(uri, params["diagnostics"].clone());
    }
}

pub fn notification(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

/// Every rule that is not about files runs, and the client can do everything, but perhaps not change cells.
pub fn initialize(notebook_edits: bool) -> Vec<Value> {
    let capabilities = include_str!("../../tests/support/vscode.json");
    let capabilities: Value = serde_json::from_str(capabilities).expect("JSON");
    let options = json!({"notebookEdits": notebook_edits, "runCells": true, "graph": true, "status": true, "outputs": true});
    let params = json!({"processId": null, "rootUri": null, "capabilities": capabilities, "initializationOptions": options});
    vec![
        json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}),
        notification("initialized", &json!({})),
    ]
}

/// Has a server hear `begin` and then what `next` makes of its answers, until that is `None`.
/// Returns whether its findings at the end are those of a fresh analysis.
pub fn converse(begin: &[Value], next: impl FnMut(Vec<Value>) -> Option<Vec<Value>>) -> bool {
    let (outbox, receive) = Outbox::collected();
    let (events, inbox) = mpsc::channel();
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let handle = runtime.handle().clone();
    // Threads of the session have nowhere to send to, so that nothing depends on when they are done.
    let session = Session::new(outbox.clone(), mpsc::channel().0);
    let mut input = Input {
        chunk: VecDeque::from(frames(begin)),
        next,
        receive,
        session,
        inbox,
        runtime,
        is_sound: true,
    };
    dispatch::run(
        BufReader::new(&mut input),
        Front::new(events),
        &outbox,
        &handle,
    );
    input.is_sound
}

fn frames(messages: &[Value]) -> Vec<u8> {
    let frames = messages.iter().map(|message| {
        let body = message.to_string();
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    });
    frames.collect::<String>().into_bytes()
}

/// What the server reads. When it wants more, it is the session's turn, and then the client's.
struct Input<N, R> {
    chunk: VecDeque<u8>,
    next: N,
    receive: R,
    session: Session,
    inbox: Receiver<Event>,
    runtime: Runtime,
    is_sound: bool,
}

impl<N, R> Read for Input<N, R>
where
    N: FnMut(Vec<Value>) -> Option<Vec<Value>>,
    R: FnMut() -> Option<Vec<u8>>,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let events: Vec<Event> = self.inbox.try_iter().collect();
            self.session.turn(events);
            self.runtime.block_on(async {
                for _ in 0..8 {
                    tokio::task::yield_now().await;
                }
            });
            let mut received = Vec::new();
            while let Some(message) = (self.receive)() {
                received.push(body(&message));
            }
            let Some(messages) = (self.next)(received) else {
                self.is_sound = is_sound(&mut self.session);
                return Ok(0);
            };
            self.chunk = frames(&messages).into();
        }
        self.chunk.read(buffer)
    }
}

/// The message in a frame, which must be JSON.
fn body(frame: &[u8]) -> Value {
    let text = std::str::from_utf8(frame).expect("messages are UTF-8");
    let (_, body) = text.split_once("\r\n\r\n").expect("a header and a body");
    serde_json::from_str(body).expect("messages are JSON")
}

fn is_sound(session: &mut Session) -> bool {
    let Ok(Some(view)) = session.view_of(&Uri::from(NOTEBOOK)) else {
        return true;
    };
    let Some(notebook) = view.documents.snapshot(view.notebook) else {
        return false;
    };
    let config = std::sync::Arc::new(view.analysis.config().clone());
    let fresh = cellwise::engine::Analysis::new(notebook, config);
    view.analysis.findings().eq(fresh.findings())
}
