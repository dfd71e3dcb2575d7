//! Any sequence of edits ends in the cells that a naive model ends in.

#[path = "../fuzz/src/lib.rs"]
#[expect(dead_code, reason = "the other targets are those of other tests")]
mod fuzzed;

use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use fuzzed::client::Step;
use fuzzed::documents;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOTEBOOK: &str = "file:///ws/n.ipynb";

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

proptest! {
    #[test]
    fn any_script_ends_in_the_cells_of_the_client(steps in prop::collection::vec(step(), 0..60)) {
        documents::check(steps);
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
