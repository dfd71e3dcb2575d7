//! The algebra of `notebookDocument/didChange`: after any steps the documents hold the client's cells.

use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use serde_json::{Value, json};

use super::choices;
use super::client::{LANGUAGES, Naive, Step};
use super::host;

const NOTEBOOK: &str = "file:///ws/n.ipynb";

/// The first number chooses between a notebook of documents, and a text that is a notebook.
pub fn run(data: &[u8]) {
    let (text, mut choices) = choices::split(data);
    let text = String::from_utf8_lossy(text);
    if choices.flip() {
        host::run(&text, &mut choices);
        return;
    }
    let texts: Vec<&str> = text.split('|').take(16).collect();
    let mut steps = Vec::new();
    while !choices.is_empty() && steps.len() < 60 {
        steps.push(Step::any(&texts, &mut choices));
    }
    check(steps);
}

/// Panics where the documents hold something else than the client after one of the steps.
pub fn check(steps: Vec<Step>) {
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
        assert_eq!(order.len(), naive.cells.len());
        for ((cell, expected), uri) in snapshot.cells.iter().zip(&naive.cells).zip(order) {
            assert_eq!(uri.as_str(), &expected.uri);
            assert_eq!(&*cell.text, &expected.text);
            assert_eq!(cell.kind, LANGUAGES[expected.language].1);
            let version = documents.cell(uri).expect("open").version;
            assert_eq!(version, expected.version);
            let ran = naive.ran.get(&expected.uri);
            assert_eq!(cell.execution.count, ran.map(|(count, _)| *count));
            let edited = ran.is_some_and(|(_, text)| *text != expected.text);
            assert_eq!(cell.execution.edited_since, edited);
        }
    }
}

fn send(documents: &mut Documents, method: &str, params: Value) {
    let event = proto::document_event(method, params).expect("it is understood");
    let complaints = documents.apply(event).complaints;
    assert!(complaints.is_empty(), "{complaints:?}");
}
