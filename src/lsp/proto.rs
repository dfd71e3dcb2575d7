//! What clients say about documents, read leniently.
//!
//! The types of `ls-types` are exact: one cell with a URI that RFC 3986 does not know (jupyterlab-lsp
//! leaves `#` raw), or one summary without a number, and the whole `didOpen` is gone and every later
//! edit with it. Here a field that cannot be read has its default, and a URI is any text,
//! compared and echoed byte for byte.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use tower_lsp::ls_types;

use crate::text::Utf16Position;

/// A URI as the client wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Uri(Arc<str>);

impl Uri {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The place on disk, of a `file:` URI that RFC 3986 knows, but for a raw `#`: jupyterlab-lsp leaves it in names.
    pub fn to_file_path(&self) -> Option<PathBuf> {
        let uri = ls_types::Uri::from_str(&self.0.replace('#', "%23")).ok()?;
        let is_file = uri.scheme().as_str() == "file";
        is_file.then(|| uri.to_file_path().map(Cow::into_owned))?
    }
}

impl Uri {
    /// The `file:` URI of an absolute path.
    pub fn of_file(path: &Path) -> Option<Self> {
        let uri = ls_types::Uri::from_file_path(path)?;
        Some(Self::from(uri.as_str()))
    }
}

impl From<&str> for Uri {
    fn from(uri: &str) -> Self {
        Self(uri.into())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Uri {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Uri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|uri| Self(uri.into()))
    }
}

#[derive(Debug, Clone)]
pub enum DocumentEvent {
    NotebookOpened(NotebookOpened),
    NotebookChanged(NotebookChanged),
    NotebookSaved(NotebookClosed),
    NotebookClosed(NotebookClosed),
    OutputsTold(OutputsTold),
    TextOpened(TextOpened),
    TextChanged(TextChanged),
    TextSaved(TextClosed),
    TextClosed(TextClosed),
}

/// Whether a notification is one that [`document_event`] reads.
pub fn concerns_documents(method: &str) -> bool {
    matches!(
        method,
        "notebookDocument/didOpen"
            | "notebookDocument/didChange"
            | "notebookDocument/didSave"
            | "notebookDocument/didClose"
            | "cellwise/outputs"
            | "textDocument/didOpen"
            | "textDocument/didChange"
            | "textDocument/didSave"
            | "textDocument/didClose"
    )
}

/// What a notification about documents says.
///
/// # Errors
/// Where a part is missing without which it says nothing, such as the URI.
pub fn document_event<'de, D: Deserializer<'de>>(
    method: &str,
    params: D,
) -> Result<DocumentEvent, D::Error> {
    use DocumentEvent as E;
    Ok(match method {
        "notebookDocument/didOpen" => E::NotebookOpened(Deserialize::deserialize(params)?),
        "notebookDocument/didChange" => E::NotebookChanged(Deserialize::deserialize(params)?),
        "notebookDocument/didSave" => E::NotebookSaved(Deserialize::deserialize(params)?),
        "notebookDocument/didClose" => E::NotebookClosed(Deserialize::deserialize(params)?),
        "cellwise/outputs" => E::OutputsTold(Deserialize::deserialize(params)?),
        "textDocument/didOpen" => E::TextOpened(Deserialize::deserialize(params)?),
        "textDocument/didChange" => E::TextChanged(Deserialize::deserialize(params)?),
        "textDocument/didSave" => E::TextSaved(Deserialize::deserialize(params)?),
        "textDocument/didClose" => E::TextClosed(Deserialize::deserialize(params)?),
        _ => return Err(de::Error::custom("no notification about documents")),
    })
}

/// A notification about documents, read in one go, as almost all messages can be: a tree of the whole message
/// takes several times its size. `None` for any other message, and for one that is odd.
pub fn plain_document_event(message: &[u8]) -> Option<DocumentEvent> {
    let mut message = serde_json::Deserializer::from_slice(message);
    let event = message.deserialize_map(Notification).ok()?;
    message.end().is_ok().then_some(event)
}

struct Notification;

impl<'de> Visitor<'de> for Notification {
    type Value = DocumentEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a notification about documents")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<DocumentEvent, A::Error> {
        let odd = || de::Error::custom("it takes a second look");
        let mut method: Option<Cow<'de, str>> = None;
        let mut event = None;
        while let Some(key) = members.next_key::<Cow<'de, str>>()? {
            match (&*key, &method) {
                ("jsonrpc", _) => {
                    members.next_value::<IgnoredAny>()?;
                }
                ("method", None) => {
                    method = Some(members.next_value()?);
                    if !method.as_deref().is_some_and(concerns_documents) {
                        return Err(odd());
                    }
                }
                ("params", Some(method)) if event.is_none() => {
                    event = Some(members.next_value_seed(Params(method))?);
                }
                _ => return Err(odd()),
            }
        }
        event.ok_or_else(odd)
    }
}

/// The parameters of a method.
struct Params<'m>(&'m str);

impl<'de> DeserializeSeed<'de> for Params<'_> {
    type Value = DocumentEvent;

    fn deserialize<D: Deserializer<'de>>(self, params: D) -> Result<DocumentEvent, D::Error> {
        document_event(self.0, params)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotebookOpened {
    pub notebook_document: NotebookItem,
    #[serde(default, deserialize_with = "each_or_default")]
    pub cell_text_documents: Vec<TextItem>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotebookItem {
    pub uri: Uri,
    #[serde(default, deserialize_with = "or_default")]
    pub version: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Map<String, Value>,
    #[serde(default, deserialize_with = "each_or_default")]
    pub cells: Vec<CellItem>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CellItem {
    /// 1 is markup, 2 is code.
    #[serde(default, deserialize_with = "or_default")]
    pub kind: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub document: Uri,
    /// `None` where the client says nothing about it, which is not the same as an empty one.
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "or_default")]
    pub execution_summary: Option<ExecutionSummary>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionSummary {
    #[serde(default, deserialize_with = "or_default")]
    pub execution_order: Option<i64>,
    #[serde(default, deserialize_with = "or_default")]
    pub success: Option<bool>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextItem {
    #[serde(default, deserialize_with = "or_default")]
    pub uri: Uri,
    #[serde(default, deserialize_with = "or_default")]
    pub language_id: String,
    #[serde(default, deserialize_with = "or_default")]
    pub version: i64,
    #[serde(default, deserialize_with = "or_default")]
    pub text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotebookChanged {
    pub notebook_document: Versioned,
    #[serde(default, deserialize_with = "or_default")]
    pub change: Change,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Versioned {
    pub uri: Uri,
    #[serde(default, deserialize_with = "or_default")]
    pub version: i64,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Change {
    #[serde(default, deserialize_with = "or_default")]
    pub metadata: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "or_default")]
    pub cells: CellsChange,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CellsChange {
    #[serde(default, deserialize_with = "or_default")]
    pub structure: Option<Structure>,
    #[serde(default, deserialize_with = "each_or_default")]
    pub data: Vec<CellItem>,
    #[serde(default, deserialize_with = "each_or_default")]
    pub text_content: Vec<TextContent>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Structure {
    #[serde(default, deserialize_with = "or_default")]
    pub array: ArrayChange,
    #[serde(default, deserialize_with = "each_or_default")]
    pub did_open: Vec<TextItem>,
    #[serde(default, deserialize_with = "each_or_default")]
    pub did_close: Vec<Identifier>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArrayChange {
    #[serde(default, deserialize_with = "or_default")]
    pub start: usize,
    #[serde(default, deserialize_with = "or_default")]
    pub delete_count: usize,
    #[serde(default, deserialize_with = "each_or_default")]
    pub cells: Vec<CellItem>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct Identifier {
    #[serde(default, deserialize_with = "or_default")]
    pub uri: Uri,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct TextContent {
    #[serde(default, deserialize_with = "or_default")]
    pub document: Versioned,
    #[serde(default, deserialize_with = "each_or_default")]
    pub changes: Vec<TextEdit>,
}

/// One step of a text: a range and its new text, or the whole new text.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TextEdit {
    #[serde(default)]
    pub range: Option<Range>,
    /// `None` is a step that could not be read. An empty default would wipe the text.
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub struct Position {
    pub line: u32,
    pub character: u32,
}

impl From<Position> for Utf16Position {
    fn from(position: Position) -> Self {
        Self {
            line: position.line,
            character: position.character,
        }
    }
}

impl From<Utf16Position> for Position {
    fn from(position: Utf16Position) -> Self {
        Self {
            line: position.line,
            character: position.character,
        }
    }
}

/// `cellwise/outputs`: what a client tells of outputs, which LSP has no words for.
#[derive(Debug, Clone, Deserialize)]
pub struct OutputsTold {
    pub notebook: Uri,
    #[serde(default, deserialize_with = "each_or_default")]
    pub cells: Vec<CellOutputs>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct CellOutputs {
    #[serde(default, deserialize_with = "or_default")]
    pub uri: Uri,
    /// Their size in the file.
    #[serde(default, deserialize_with = "or_default")]
    pub bytes: u64,
    #[serde(default, deserialize_with = "or_default")]
    pub error: Option<OutputError>,
    /// Lines of text outputs in which a credential may stand.
    #[serde(default, deserialize_with = "each_or_default")]
    pub suspects: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub struct OutputError {
    #[serde(default, deserialize_with = "or_default")]
    pub ename: String,
    #[serde(default, deserialize_with = "or_default")]
    pub evalue: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotebookClosed {
    pub notebook_document: Identifier,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextOpened {
    pub text_document: TextItem,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextChanged {
    pub text_document: Versioned,
    #[serde(default, deserialize_with = "each_or_default")]
    pub content_changes: Vec<TextEdit>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextClosed {
    pub text_document: Identifier,
}

fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A list whose unreadable entries have their default: leaving one out would shift the others.
fn each_or_default<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(Entries(PhantomData))
}

/// Reads a list one entry at a time; what is no list has none.
struct Entries<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned + Default> Visitor<'de> for Entries<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element::<Value>()? {
            entries.push(serde_json::from_value(entry).unwrap_or_default());
        }
        Ok(entries)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<T>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_str<E>(self, _: &str) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_message_that_is_read_in_one_go_says_what_it_says_to_a_second_look() {
        let odd = [
            json!({"notebookDocument": {"uri": "n:", "cells": [{"kind": 2}, null, 3]}, "cellTextDocuments": 7}),
            json!({"notebookDocument": {"uri": "n:", "cells": "x"}, "cellTextDocuments": {"a": [1.5]}}),
            json!({"notebookDocument": {"uri": 3}}),
            json!([]),
        ];
        for params in odd {
            let method = "notebookDocument/didOpen";
            let message = json!({"jsonrpc": "2.0", "method": method, "params": params});
            let plain = plain_document_event(message.to_string().as_bytes());
            let event = document_event(method, params).ok();
            assert_eq!(format!("{plain:?}"), format!("{event:?}"));
        }
        for other in [
            r#"{"method": "textDocument/hover", "params": {}}"#,
            r#"{"method": "textDocument/didClose", "params": {"textDocument": {"uri": "a:"}}, "id": 1}"#,
            r#"{"params": {"textDocument": {"uri": "a:"}}, "method": "textDocument/didClose"}"#,
            r#"{"method": "textDocument/didClose", "params": {"textDocument": {"uri": "a:"}}} x"#,
            r#"{"method": "textDocument/didClose", "params": {"textDocument": {"uri": "\ud800"}}}"#,
        ] {
            assert!(plain_document_event(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn odd_fields_cost_themselves_alone() {
        let params = json!({
            "notebookDocument": {"uri": "x:/a#b#c d", "version": null, "metadata": 7, "cells": [
                {"kind": 2, "document": "x:/a#b#1", "executionSummary": {"success": true}},
                null,
                {"kind": "code", "document": "x:/a#b#2", "metadata": null},
            ]},
            "cellTextDocuments": [{"uri": "x:/a#b#1", "languageId": "python", "version": 1, "text": "x"}, 3],
        });
        let Ok(DocumentEvent::NotebookOpened(opened)) =
            document_event("notebookDocument/didOpen", params)
        else {
            panic!("it is a didOpen");
        };
        let notebook = opened.notebook_document;
        assert_eq!(notebook.uri.as_str(), "x:/a#b#c d");
        assert_eq!(notebook.cells.len(), 3, "no cell shifts another");
        assert_eq!(notebook.cells[2].document.as_str(), "x:/a#b#2");
        assert_eq!(opened.cell_text_documents[0].text, "x");
    }
}
