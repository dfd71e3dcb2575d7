//! Any sequence of edits ends in the cells that a naive model ends in.

use std::collections::BTreeMap;

use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use cellwise::notebook::CellKind;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOTEBOOK: &str = "file:///ws/n.ipynb";

/// One thing a person does. Numbers are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Replace {
        cell: usize,
        start: usize,
        length: usize,
        text: String,
    },
    ReplaceAll {
        cell: usize,
        text: String,
    },
    Insert {
        at: usize,
        language: usize,
        text: String,
    },
    Delete {
        at: usize,
    },
    Move {
        from: usize,
        to: usize,
    },
    /// Under a new URI, under the same URI in one message, or in two.
    Language {
        at: usize,
        language: usize,
        how: u8,
    },
    Run {
        at: usize,
    },
}

const LANGUAGES: [(&str, CellKind); 4] = [
    ("python", CellKind::Code),
    ("markdown", CellKind::Markdown),
    ("raw", CellKind::Raw),
    ("r", CellKind::Code),
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("😀"),
        Just("é"),
        Just("e\u{301}"),
        Just("\u{10ffff}"),
        Just("x = 1"),
        Just(""),
        Just("\t"),
        Just("\u{2028}"),
        Just("\u{85}"),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn step() -> impl Strategy<Value = Step> {
    let n = any::<u16>().prop_map(usize::from);
    prop_oneof![
        6 => (n, any::<u16>(), 0..6_usize, text())
            .prop_map(|(cell, start, length, text)| Step::Replace { cell, start: start.into(), length, text }),
        1 => (0..99_usize, text()).prop_map(|(cell, text)| Step::ReplaceAll { cell, text }),
        2 => (0..99_usize, 0..4_usize, text()).prop_map(|(at, language, text)| Step::Insert { at, language, text }),
        1 => (0..99_usize).prop_map(|at| Step::Delete { at }),
        2 => (0..99_usize, 0..99_usize).prop_map(|(from, to)| Step::Move { from, to }),
        1 => (0..99_usize, 0..4_usize, 0..3_u8).prop_map(|(at, language, how)| Step::Language { at, language, how }),
        1 => (0..99_usize).prop_map(|at| Step::Run { at }),
    ]
}

/// The client: strings, and positions counted from the start each time.
#[derive(Default)]
struct Naive {
    cells: Vec<Cell>,
    version: i64,
    made: usize,
    runs: u32,
    /// The texts that ran, by URI: they outlive a cell that comes back under its URI.
    ran: BTreeMap<String, (u32, String)>,
}

#[derive(Clone)]
struct Cell {
    uri: String,
    language: usize,
    text: String,
    version: i64,
}

impl Cell {
    fn item(&self, ran: Option<&(u32, String)>) -> Value {
        let kind = if self.language == 1 { 1 } else { 2 };
        let mut item = json!({"kind": kind, "document": self.uri});
        if let Some((count, _)) = ran {
            item["executionSummary"] = json!({"executionOrder": count, "success": true});
        }
        item
    }

    fn document(&self) -> Value {
        json!({"uri": self.uri, "languageId": LANGUAGES[self.language].0, "version": self.version, "text": self.text})
    }
}

impl Naive {
    fn make(&mut self, language: usize, text: String) -> Cell {
        self.made += 1;
        Cell {
            uri: format!("c:#{}", self.made),
            language,
            text,
            version: 1,
        }
    }

    fn item(&self, cell: &Cell) -> Value {
        cell.item(self.ran.get(&cell.uri))
    }

    /// Does a step and returns the changes that tell of it, one a message.
    fn step(&mut self, step: Step) -> Vec<Value> {
        let count = self.cells.len();
        if count == 0 && !matches!(step, Step::Insert { .. }) {
            return Vec::new();
        }
        match step {
            Step::Replace {
                cell,
                start,
                length,
                text,
            } => {
                let cell = &mut self.cells[cell % count];
                // Where a cursor can stand: between characters, and not inside \r\n.
                let stops: Vec<usize> = (0..=cell.text.len())
                    .filter(|&at| cell.text.is_char_boundary(at))
                    .filter(|&at| {
                        !(cell.text[..at].ends_with('\r') && cell.text[at..].starts_with('\n'))
                    })
                    .collect();
                let start = start % stops.len();
                let end = (start + length).min(stops.len() - 1);
                let (start, end) = (stops[start], stops[end]);
                let range =
                    json!({"start": position(&cell.text, start), "end": position(&cell.text, end)});
                cell.text.replace_range(start..end, &text);
                cell.version += 1;
                let document = json!({"uri": cell.uri, "version": cell.version});
                vec![
                    json!({"cells": {"textContent": [{"document": document, "changes": [{"range": range, "text": text}]}]}}),
                ]
            }
            Step::ReplaceAll { cell, text } => {
                let cell = &mut self.cells[cell % count];
                cell.text.clone_from(&text);
                cell.version += 1;
                let document = json!({"uri": cell.uri, "version": cell.version});
                vec![
                    json!({"cells": {"textContent": [{"document": document, "changes": [{"text": text}]}]}}),
                ]
            }
            Step::Insert { at, language, text } => {
                let at = at % (count + 1);
                let cell = self.make(language, text);
                self.cells.insert(at, cell.clone());
                vec![structure(
                    at,
                    0,
                    &[self.item(&cell)],
                    &[cell.document()],
                    &[],
                )]
            }
            Step::Delete { at } => {
                let cell = self.cells.remove(at % count);
                vec![structure(at % count, 1, &[], &[], &[&cell.uri])]
            }
            Step::Move { from, to } => {
                let (from, to) = (from % count, to % count);
                let cell = self.cells.remove(from);
                self.cells.insert(to, cell);
                let (first, last) = (from.min(to), from.max(to));
                let moved: Vec<Value> = self.cells[first..=last]
                    .iter()
                    .map(|cell| self.item(cell))
                    .collect();
                vec![structure(first, last - first + 1, &moved, &[], &[])]
            }
            Step::Language { at, language, how } => {
                let at = at % count;
                let before = self.cells[at].clone();
                let mut after = before.clone();
                if how == 0 {
                    after = self.make(language, before.text.clone());
                }
                after.language = language;
                after.version = 1;
                self.cells[at] = after.clone();
                let (item, document) = (self.item(&after), after.document());
                if how == 2 {
                    vec![
                        structure(at, 1, &[], &[], &[&before.uri]),
                        structure(at, 0, &[item], &[document], &[]),
                    ]
                } else {
                    vec![structure(at, 1, &[item], &[document], &[&before.uri])]
                }
            }
            Step::Run { at } => {
                let cell = self.cells[at % count].clone();
                self.runs += 1;
                self.ran
                    .insert(cell.uri.clone(), (self.runs, cell.text.clone()));
                vec![json!({"cells": {"data": [self.item(&cell)]}})]
            }
        }
    }
}

fn structure(
    start: usize,
    delete: usize,
    cells: &[Value],
    open: &[Value],
    close: &[&str],
) -> Value {
    let close: Vec<Value> = close.iter().map(|uri| json!({"uri": uri})).collect();
    let array = json!({"start": start, "deleteCount": delete, "cells": cells});
    json!({"cells": {"structure": {"array": array, "didOpen": open, "didClose": close}}})
}

/// Line and UTF-16 column; lines end as in LSP.
fn position(text: &str, at: usize) -> Value {
    let (mut line, mut character) = (0, 0);
    let mut rest = text[..at].chars().peekable();
    while let Some(next) = rest.next() {
        let ends = next == '\n' || (next == '\r' && rest.peek() != Some(&'\n'));
        if ends {
            (line, character) = (line + 1, 0);
        } else {
            character += next.len_utf16();
        }
    }
    json!({"line": line, "character": character})
}

fn send(documents: &mut Documents, method: &str, params: Value) {
    let event = proto::document_event(method, params).expect("it is understood");
    let complaints = documents.apply(event).complaints;
    assert!(complaints.is_empty(), "{complaints:?}");
}

proptest! {
    #[test]
    fn any_script_ends_in_the_cells_of_the_client(steps in prop::collection::vec(step(), 0..60)) {
        let mut naive = Naive::default();
        let mut documents = Documents::default();
        let open = json!({"notebookDocument": {"uri": NOTEBOOK, "version": 0, "cells": []}});
        send(&mut documents, "notebookDocument/didOpen", open);
        for step in steps {
            for change in naive.step(step) {
                naive.version += 1;
                let of = json!({"uri": NOTEBOOK, "version": naive.version});
                let params = json!({"notebookDocument": of, "change": change});
                send(&mut documents, "notebookDocument/didChange", params);
            }
            let uri = Uri::from(NOTEBOOK);
            let snapshot = documents.snapshot(&uri).expect("it is open");
            let order = &documents.notebook(&uri).expect("it is open").order;
            prop_assert_eq!(order.len(), naive.cells.len());
            for ((cell, expected), uri) in snapshot.cells.iter().zip(&naive.cells).zip(order) {
                prop_assert_eq!(uri.as_str(), &expected.uri);
                prop_assert_eq!(&*cell.text, &expected.text);
                prop_assert_eq!(cell.kind, LANGUAGES[expected.language].1);
                prop_assert_eq!(documents.cell(uri).expect("open").version, expected.version);
                let ran = naive.ran.get(&expected.uri);
                prop_assert_eq!(cell.execution.count, ran.map(|(count, _)| *count));
                let edited = ran.is_some_and(|(_, text)| *text != expected.text);
                prop_assert_eq!(cell.execution.edited_since, edited);
            }
        }
    }

    #[test]
    fn nonsense_is_survived(changes in prop::collection::vec(nonsense(), 0..30)) {
        let mut documents = Documents::default();
        let cells = [json!({"kind": 2, "document": "c:#0"}), json!({"kind": 2, "document": "c:#1"})];
        let texts = [json!({"uri": "c:#0", "languageId": "python", "version": 1, "text": "a😀\nb"})];
        let open = json!({
            "notebookDocument": {"uri": NOTEBOOK, "version": 0, "cells": cells},
            "cellTextDocuments": texts,
        });
        for change in std::iter::once(("notebookDocument/didOpen", open)).chain(changes.into_iter().map(|change| {
            let of = json!({"uri": NOTEBOOK, "version": 0});
            ("notebookDocument/didChange", json!({"notebookDocument": of, "change": change}))
        })) {
            let event = proto::document_event(change.0, change.1).expect("it is understood");
            documents.apply(event);
            let uri = Uri::from(NOTEBOOK);
            let order = &documents.notebook(&uri).expect("it is open").order;
            let snapshot = documents.snapshot(&uri).expect("it is open");
            prop_assert_eq!(order.len(), snapshot.cells.len());
            for (position, cell) in order.iter().enumerate() {
                prop_assert_eq!(documents.cell(cell).expect("open").position(), Some(position));
            }
        }
    }
}

/// Changes that no sane client sends.
fn nonsense() -> impl Strategy<Value = Value> {
    let uri = (0..4_u8).prop_map(|cell| json!(format!("c:#{cell}")));
    let uris = prop::collection::vec(uri.clone(), 0..3);
    let place = (0..4_u32, 0..9_u32)
        .prop_map(|(line, character)| json!({"line": line, "character": character}));
    prop_oneof![
        (uri.clone(), place.clone(), place).prop_map(|(uri, start, end)| json!({"cells": {"textContent": [
            {"document": {"uri": uri, "version": 1}, "changes": [{"range": {"start": start, "end": end}, "text": "é\r"}]},
        ]}})),
        (0..5_u32, 0..5_u32, uris.clone(), uris.clone(), uris).prop_map(|(start, delete, cells, open, close)| {
            let cells: Vec<Value> = cells.iter().map(|uri| json!({"kind": 2, "document": uri})).collect();
            let open: Vec<Value> = open.iter().map(|uri| json!({"uri": uri, "languageId": "python", "version": 1, "text": "t"})).collect();
            let close: Vec<Value> = close.iter().map(|uri| json!({"uri": uri})).collect();
            json!({"cells": {"structure": {"array": {"start": start, "deleteCount": delete, "cells": cells}, "didOpen": open, "didClose": close}}})
        }),
        uri.prop_map(|uri| json!({"cells": {"data": [{"kind": 9, "document": uri, "metadata": []}]}})),
        Just(json!({"cells": []})),
        Just(json!(7)),
        Just(json!({"metadata": "x"})),
    ]
}
