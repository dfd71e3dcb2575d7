//! What real clients sent, sent again.
//!
//! The recordings are not part of the crate; where they are missing the tests say so and pass.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests read recordings, whose form is known, and say what they skip"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use serde_json::{Value, json};
use support::Client;

const VSCODE: [&str; 3] = [
    "vscode-1.100-notebook.jsonl",
    "vscode-1.100-save-actions.jsonl",
    "vscode-1.139-notebook.jsonl",
];

/// One line of a recording.
enum Line {
    /// From the client to the server.
    Sent(Value),
    /// What the person did next.
    Mark(String),
}

/// A recording of one process.
fn recording(name: &str) -> Option<Vec<Line>> {
    processes(name).next()
}

/// A recording, one list for each process of the server that was in it.
fn processes(name: &str) -> impl Iterator<Item = Vec<Line>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/traffic")
        .join(name);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: there is no {}", path.display());
        return BTreeMap::new().into_values();
    };
    let mut processes: BTreeMap<Option<i64>, Vec<Line>> = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("one JSON a line");
        let process = line["pid"].as_i64();
        if let Some(line) = Line::read(line) {
            processes.entry(process).or_default().push(line);
        }
    }
    processes.into_values()
}

impl Line {
    fn read(mut line: Value) -> Option<Self> {
        match line["dir"].as_str()? {
            "mark" => Some(Self::Mark(line["name"].as_str()?.to_owned())),
            "c2s" | "client->server" if line["msg"]["method"] == "$/marker" => Some(Self::Mark(
                line["msg"]["params"]["step"].as_str()?.to_owned(),
            )),
            "c2s" | "client->server" => Some(Self::Sent(line["msg"].take())),
            _ => None,
        }
    }
}

/// The cells of a client, done the slow and obvious way: a text is a vector of UTF-16 units.
#[derive(Default)]
struct Naive {
    order: Vec<String>,
    texts: BTreeMap<String, Text>,
}

struct Text {
    language: String,
    version: i64,
    units: Vec<u16>,
}

impl Naive {
    fn apply(&mut self, method: &str, params: &Value) {
        match method {
            "notebookDocument/didOpen" => {
                self.order = uris(&params["notebookDocument"]["cells"], "document");
                self.texts.clear();
                self.open(&params["cellTextDocuments"]);
            }
            "notebookDocument/didClose" => *self = Self::default(),
            "notebookDocument/didChange" => {
                let cells = &params["change"]["cells"];
                let structure = &cells["structure"];
                if let Some(start) = structure["array"]["start"].as_u64() {
                    let mut before: Vec<String> = std::mem::take(&mut self.order);
                    let mut after = before.split_off(usize::try_from(start).unwrap());
                    let gone = structure["array"]["deleteCount"].as_u64().unwrap();
                    after.drain(..usize::try_from(gone).unwrap());
                    before.extend(uris(&structure["array"]["cells"], "document"));
                    before.extend(after);
                    self.order = before;
                    for uri in uris(&structure["didClose"], "uri") {
                        self.texts.remove(&uri).expect("it was open");
                    }
                    self.open(&structure["didOpen"]);
                }
                for content in cells["textContent"].as_array().into_iter().flatten() {
                    let uri = content["document"]["uri"].as_str().unwrap();
                    let text = self.texts.get_mut(uri).expect("it is open");
                    text.version = content["document"]["version"].as_i64().unwrap();
                    for change in content["changes"].as_array().unwrap() {
                        text.change(change);
                    }
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, items: &Value) {
        for item in items.as_array().into_iter().flatten() {
            let text = Text {
                language: item["languageId"].as_str().unwrap().into(),
                version: item["version"].as_i64().unwrap(),
                units: item["text"].as_str().unwrap().encode_utf16().collect(),
            };
            self.texts
                .insert(item["uri"].as_str().unwrap().into(), text);
        }
    }
}

impl Text {
    fn change(&mut self, change: &Value) {
        let new = change["text"].as_str().unwrap().encode_utf16();
        if change.get("range").is_none() {
            self.units = new.collect();
            return;
        }
        let start = self.offset(&change["range"]["start"]);
        let end = self.offset(&change["range"]["end"]);
        if let Some(length) = change["rangeLength"].as_u64() {
            // The client's own count: it sees the same text as this model does.
            assert_eq!(usize::try_from(length).unwrap(), end - start, "{change}");
        }
        self.units.splice(start..end, new);
    }

    fn offset(&self, position: &Value) -> usize {
        let mut lines = position["line"].as_u64().unwrap();
        let mut at = 0;
        while lines > 0 {
            if self.units[at] == u16::from(b'\n') {
                lines -= 1;
            }
            at += 1;
        }
        at + usize::try_from(position["character"].as_u64().unwrap()).unwrap()
    }

    fn string(&self) -> String {
        String::from_utf16(&self.units).expect("no half of a pair")
    }
}

fn uris(items: &Value, key: &str) -> Vec<String> {
    let items = items.as_array().into_iter().flatten();
    items
        .map(|item| item[key].as_str().unwrap().to_owned())
        .collect()
}

/// Feeds a recording to both models, compares them after every message, and calls `at_mark` with
/// what the session has at each mark.
fn replay(name: &str, mut at_mark: impl FnMut(&str, &State)) {
    let Some(lines) = recording(name) else { return };
    let mut documents = Documents::default();
    let mut naive = Naive::default();
    let mut notebook = None;
    let mut compared = 0;
    let mut state = State::default();
    let mut marked = String::new();
    for (number, line) in lines.into_iter().enumerate() {
        let message = match line {
            Line::Mark(mark) => {
                at_mark(&mark, &state);
                marked = mark;
                continue;
            }
            Line::Sent(message) => message,
        };
        let method = message["method"].as_str().unwrap_or_default();
        if !proto::concerns_documents(method) {
            continue;
        }
        let params = message["params"].clone();
        if let Some(uri) = params["notebookDocument"]["uri"].as_str() {
            notebook = Some(Uri::from(uri));
        }
        shows_a_text_again(&marked, &params["change"]["cells"]["structure"], &state);
        naive.apply(method, &params);
        let event = proto::document_event(method, params).expect("it is understood");
        let applied = documents.apply(event);
        let complaints = applied.complaints;
        assert!(
            complaints.is_empty(),
            "{name}, message {number}: {complaints:?}"
        );
        let uri = notebook.clone().expect("a notebook comes first");
        state = State::of(&documents, &uri);
        assert_eq!(
            state.cells.len(),
            naive.order.len(),
            "{name}, message {number}"
        );
        for (cell, uri) in state.cells.iter().zip(&naive.order) {
            let expected = &naive.texts[uri];
            assert_eq!(cell.uri, *uri, "{name}, message {number}");
            assert_eq!(cell.text, expected.string(), "{name}, message {number}");
            assert_eq!(cell.version, expected.version, "{name}, message {number}");
            assert_eq!(
                cell.raw,
                expected.language == "raw",
                "{name}, message {number}"
            );
        }
        compared += 1;
    }
    assert!(
        compared > 10,
        "{name} has {compared} messages about documents"
    );
    at_mark("end", &state);
}

/// A client shows the whole text of a cell again when its language changes and when it is copied:
/// it must be the one that our edits have led to.
fn shows_a_text_again(marked: &str, structure: &Value, state: &State) {
    let Some(text) = structure["didOpen"][0]["text"].as_str() else {
        return;
    };
    let start = structure["array"]["start"].as_u64().unwrap();
    let start = usize::try_from(start).unwrap();
    let original = match marked {
        "change-language-raw" | "change-to-markdown" | "undo" => start,
        "cmd-copyCellDown" => start - 1,
        _ => return,
    };
    assert_eq!(text, state.cells[original].text, "after {marked}");
}

/// The notebook as the engine is given it.
#[derive(Default)]
struct State {
    cells: Vec<CellState>,
}

struct CellState {
    uri: String,
    id: Option<String>,
    text: String,
    version: i64,
    raw: bool,
    tags: Vec<String>,
    count: Option<u32>,
    edited: bool,
}

impl State {
    fn of(documents: &Documents, uri: &Uri) -> Self {
        let (Some(notebook), Some(snapshot)) = (documents.notebook(uri), documents.snapshot(uri))
        else {
            return Self::default();
        };
        let cells = notebook
            .order
            .iter()
            .zip(&snapshot.cells)
            .map(|(uri, cell)| CellState {
                uri: uri.as_str().into(),
                id: cell.id.as_deref().map(str::to_owned),
                text: cell.text.to_string(),
                version: documents.cell(uri).expect("it is open").version,
                raw: cell.kind == cellwise::notebook::CellKind::Raw,
                tags: cell.tags.iter().map(ToString::to_string).collect(),
                count: cell.execution.count,
                edited: cell.execution.edited_since,
            });
        Self {
            cells: cells.collect(),
        }
    }

    /// The part of the URI that names the cell, its count, and a `*` if it was edited since.
    fn runs(&self) -> String {
        let ran = self.cells.iter().filter_map(|cell| {
            let (_, name) = cell.uri.rsplit_once('#')?;
            let name = name.split_once("sdn").map_or(name, |(name, _)| name);
            let star = if cell.edited { "*" } else { "" };
            Some(format!("{name}={}{star}", cell.count?))
        });
        ran.collect::<Vec<_>>().join(" ")
    }
}

/// The loaded counts are In [7] for W1, In [3] for W2 and In [8] for W6.
#[test]
fn vscode_1_100_says_which_cells_were_edited_since_they_ran() {
    let mut seen = BTreeMap::new();
    replay(VSCODE[0], |mark, state| {
        seen.insert(mark.to_owned(), state.runs());
    });
    if seen.is_empty() {
        return;
    }
    let expected = [
        ("focus-cell", "W1=7 W2=3 W6=8"),
        ("pick server command", "W1=7* W2=3 W6=8"),
        ("typing", "W1=7* W2=3 W6=8"),
        // Ctrl+Z took back the last two characters and not the line before them.
        ("ui-type-in-new", "W1=7* W2=3* W6=8"),
        // On the way to "script" the on-save action put a line into every cell.
        ("script", "W1=7* W2=3* W6=8*"),
        ("exec-cell-1", "W1=7* W2=3* W6=8*"),
        ("clear-outputs", "W1=7* W2=3* W6=8* X15=101"),
        ("change-language-raw", "W1=7* W2=3* W6=8*"),
        ("end", ""),
    ];
    for (mark, runs) in expected {
        assert_eq!(sorted(&seen[mark]), runs, "at {mark}");
    }
}

#[test]
fn vscode_1_139_says_which_cells_were_edited_since_they_ran() {
    let mut seen = BTreeMap::new();
    replay(VSCODE[2], |mark, state| {
        seen.insert(mark.to_owned(), state.runs());
    });
    if seen.is_empty() {
        return;
    }
    let expected = [
        ("cmd-insertCodeCellBelow", "W1=7 W2=3 W6=8"),
        ("cmd-joinBelow", "W1=7 W2=3 W6=8"),
        ("exec-python-cell", "W1=7* W2=3 W6=8"),
        ("set-executionSummary-via-replace", "W1=101 W2=102 W6=8"),
        ("srv-multiCell", "W1=101 W2=102 W6=8 X13=55"),
        ("srv-staleVersion", "W1=101* W2=102* W6=8 X13=55*"),
        ("end", "W1=101* W2=102* W6=8* X13=55*"),
    ];
    for (mark, runs) in expected {
        assert_eq!(sorted(&seen[mark]), runs, "at {mark}");
    }
}

fn sorted(runs: &str) -> String {
    let mut runs: Vec<&str> = runs.split_whitespace().collect();
    runs.sort_unstable();
    runs.join(" ")
}

#[test]
fn saving_with_actions_ends_in_the_same_cells() {
    replay(VSCODE[1], |_, _| {});
}

#[test]
fn ids_and_tags_of_cells_arrive() {
    replay(VSCODE[0], |mark, state| {
        let cell = |id: &str| {
            state
                .cells
                .iter()
                .find(|cell| cell.id.as_deref() == Some(id))
        };
        if mark == "typing" {
            assert_eq!(cell("c1").expect("it has its id").tags, ["parameters"]);
            assert!(cell("r5").expect("it has its id").raw);
        }
        if mark == "api-notebook-metadata" {
            let inserted = cell("2d0ad3d2").expect("its id came later");
            assert_eq!(inserted.tags, ["parameters", "new"]);
        }
    });
}

/// Every recording, of every client, through the real binary: each request gets one answer, and
/// the server is there until it is told to leave.
#[test]
fn the_server_survives_every_client() {
    const METHOD_NOT_FOUND: i64 = -32601;
    const INVALID_PARAMS: i64 = -32602;
    let others = [
        "jupyterlab-lsp-5.3.jsonl",
        "jupyterlab-lsp-5.3-two-tabs.jsonl",
        "jupyterlab-own-socket.jsonl",
        "neovim-0.7.2.jsonl",
        "neovim-0.10.4.jsonl",
        "neovim-0.12.4.jsonl",
        "neovim-jupytext-hydrogen.jsonl",
        "neovim-jupytext-markdown.jsonl",
    ];
    let names = VSCODE.into_iter().chain(others);
    for (name, lines) in names.flat_map(|name| processes(name).map(move |lines| (name, lines))) {
        let mut client = Client::start();
        let mut answered = 0;
        let mut initialized = false;
        let mut next = 1000;
        for line in lines {
            let Line::Sent(mut message) = line else {
                continue;
            };
            let method = message["method"].as_str().unwrap_or_default().to_owned();
            if method == "exit" || method == "shutdown" || method.is_empty() {
                continue;
            }
            if message.get("id").is_none() {
                client.write(&message);
                continue;
            }
            // Ids of two browser tabs collide; each request is read to its answer here.
            next += 1;
            message["id"] = json!(next);
            client.write(&message);
            let answer = client.response(next);
            let code = answer["error"]["code"].as_i64();
            // The recorded actions carry the data of the server that was there then.
            let foreign = method == "codeAction/resolve" && code == Some(INVALID_PARAMS);
            assert!(
                foreign || matches!(code, None | Some(METHOD_NOT_FOUND)),
                "{name}: {method} was answered by {answer}"
            );
            initialized |= method == "initialize";
            answered += 1;
        }
        assert!(initialized && answered > 0, "{name}");
        for message in client.leave_with_unread() {
            let method = message["method"].as_str().unwrap_or_default();
            // The recorded settings are those of the server that was there then.
            let log = message["params"]["message"].as_str().unwrap_or_default();
            // Requests that the client has said it understands; the recording answers them not.
            let is_asked = [
                "client/registerCapability",
                "workspace/codeLens/refresh",
                "workspace/inlayHint/refresh",
            ];
            let is_expected = method == "textDocument/publishDiagnostics"
                || is_asked.contains(&method)
                || log.starts_with("the settings");
            assert!(is_expected, "{name}: {message}");
        }
    }
}
