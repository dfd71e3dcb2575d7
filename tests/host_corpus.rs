//! Real notebooks, opened as the text of their files: the same findings, at the same places.
//!
//! The corpus is not part of the project. Where it is missing, this says so and passes.
#![cfg(test)] // so that clippy lets the helpers unwrap and print, too
#![expect(clippy::disallowed_methods, reason = "these tests read real notebooks")]

#[path = "support/corpus.rs"]
mod corpus;

use std::sync::Arc;

use cellwise::engine::Analysis;
use cellwise::format::{self, Decoded, Encoding};
use cellwise::lsp::documents::Documents;
use cellwise::lsp::proto::{self, Uri};
use cellwise::notebook::Anchor;
use cellwise::text::TextSize;
use rayon::prelude::*;
use serde_json::json;

#[test]
fn findings_in_raw_json_are_those_of_the_notebook_at_their_places() {
    let paths = corpus::notebooks();
    let places: usize = paths.par_iter().map(|path| check(path)).sum();
    assert!(paths.is_empty() || places > 1000, "{places} places");
}

/// Compares one file; gives how many places were compared.
fn check(path: &std::path::Path) -> usize {
    let bytes = std::fs::read(path).unwrap();
    let Ok(text) = String::from_utf8(bytes) else {
        return 0;
    };
    if Decoded::new(text.as_bytes()).encoding != Encoding::Utf8 {
        return 0;
    }
    let uri = format!("file://{}", path.display().to_string().replace(' ', "%20"));
    let mut documents = Documents::default();
    let item = json!({"uri": uri, "languageId": "json", "version": 0, "text": text});
    let event = proto::document_event("textDocument/didOpen", json!({"textDocument": item}));
    documents.apply(event.unwrap());
    let uri = Uri::from(uri.as_str());
    let Some(opened) = documents.snapshot(&uri) else {
        assert!(
            !text.trim_start().starts_with('{'),
            "{} is not opened",
            path.display()
        );
        return 0;
    };
    let mut parsed = format::parse(text.as_bytes());
    Arc::make_mut(&mut parsed.meta)
        .file_name
        .clone_from(&opened.meta.file_name);
    let expected = Analysis::new(parsed, Arc::default());
    let found = Analysis::new(opened, Arc::default());
    let of = |analysis: &Analysis| -> Vec<_> { analysis.findings().cloned().collect() };
    assert_eq!(of(&found), of(&expected), "{}", path.display());

    let (host, rope) = documents.host(&uri).unwrap();
    let mut places = 0;
    for finding in expected.findings() {
        let Anchor::Range(cell, range) = finding.anchor else {
            continue;
        };
        // With conflicts in the file no place is certain.
        let Some(bytes) = host.bytes(rope, cell, range) else {
            continue;
        };
        let (start, end) = (range.start(), range.end());
        assert_eq!(
            host.locate(rope, bytes.start),
            Some((cell, start)),
            "{}",
            path.display()
        );
        let last = &expected.notebook().cell(cell).unwrap().text[range];
        let Some(last) = last.chars().next_back() else {
            continue;
        };
        let before = host.bytes(
            rope,
            cell,
            cellwise::text::TextRange::at(start, end - start - TextSize::of(last)),
        );
        let before = before.unwrap();
        assert!(before.end < bytes.end, "{}: {finding:?}", path.display());
        places += 1;
    }
    places
}
