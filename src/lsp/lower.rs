//! An [`Edit`] in the words of LSP, or of our own editor extensions.
//!
//! - Text alone: text edits on cell URIs, each with the version of its cell.
//! - Files besides: `documentChanges` that create and edit them.
//! - A notebook that is a text document: whatever happens to its cells happens to lines of it, so all of it is text
//!   edits of that document, with its version.
//! - Cells inserted, moved or removed, outputs cleared: LSP has no words for it. A client with
//!   `notebookEdits` gets the command [`COMMAND`] with a payload; for another one it is refused.
//!
//! The payload: `{"notebook": {uri, version}, "cells": […], "files": […], "select": {…}}`. Every
//! index means the notebook before the edit; `select` alone means it after. A cell is named by `uri`,
//! `index` and `version`, all three to be checked before anything is done.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ropey::Rope;
use serde_json::{Value, json};
use tower_lsp::ls_types::{
    self, Command, CreateFile, CreateFileOptions, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, ResourceOp, TextDocumentEdit, TextEdit, WorkspaceEdit,
};

use super::documents::CellDocument;
use super::files;
use super::host::Host;
use super::proto::{Position, Range, Uri};
use super::session::View;
use crate::format;
use crate::notebook::{CellIdx, CellKind, Edit, EditOp};
use crate::text::{LineIndex, TextRange, TextSize, rope_position};

pub const COMMAND: &str = "cellwise.applyNotebookEdit";

#[derive(Debug)]
pub enum Lowered {
    Edit(WorkspaceEdit),
    Command(Command),
}

/// Why the client cannot do it, as a sentence for a person.
pub type Refused = String;

/// What is sent to the client for an edit: text edits, or the command of our own extensions.
///
/// # Errors
/// Where the client has no way to do it, or what the edit is about has changed.
pub fn lower(edit: &Edit, title: &str, view: View<'_>) -> Result<Lowered, Refused> {
    let profile = view.profile;
    let with_files = edit.ops.iter().all(|op| {
        matches!(
            op,
            EditOp::Replace { .. } | EditOp::CreateFile { .. } | EditOp::EditFile { .. }
        )
    });
    if view.host().is_some() {
        let is_about_files = edit.ops.iter().any(is_about_files);
        if is_about_files && !profile.create_files {
            return Err("this editor lets no language server create files".into());
        }
        return workspace_edit(edit, view).map(Lowered::Edit);
    }
    if edit.is_text_only() || (with_files && profile.document_changes && profile.create_files) {
        return workspace_edit(edit, view).map(Lowered::Edit);
    }
    if profile.notebook_edits {
        return Ok(Lowered::Command(Command {
            title: title.into(),
            command: COMMAND.into(),
            arguments: Some(vec![payload(edit, view)?]),
        }));
    }
    Err(if with_files {
        "this editor lets no language server create files".into()
    } else {
        "this editor lets no language server change the cells of a notebook".into()
    })
}

fn workspace_edit(edit: &Edit, view: View<'_>) -> Result<WorkspaceEdit, Refused> {
    let mut operations = Vec::new();
    let mut texts: Vec<(CellIdx, Vec<TextEdit>)> = Vec::new();
    let is_hosted = view.host().is_some();
    for op in &edit.ops {
        match op {
            _ if is_hosted && !is_about_files(op) => {}
            EditOp::Replace { cell, range, text } => {
                let edit = TextEdit {
                    range: to_lsp(range_in(*cell, *range, view)?),
                    new_text: text.clone(),
                };
                match texts.iter_mut().find(|(of, _)| of == cell) {
                    Some((_, edits)) => edits.push(edit),
                    None => texts.push((*cell, vec![edit])),
                }
            }
            EditOp::CreateFile { path, text } => {
                let uri = new_file(path, view)?;
                operations.push(DocumentChangeOperation::Op(ResourceOp::Create(
                    CreateFile {
                        uri: uri.clone(),
                        options: Some(CreateFileOptions {
                            overwrite: Some(false),
                            ignore_if_exists: Some(false),
                        }),
                        annotation_id: None,
                    },
                )));
                let start = ls_types::Position::new(0, 0);
                let insert = TextEdit::new(ls_types::Range::new(start, start), text.clone());
                operations.push(text_edit(uri, None, vec![insert]));
            }
            EditOp::EditFile {
                path,
                expected,
                replacements,
            } => {
                let (uri, version) = old_file(path, expected, view)?;
                let index = LineIndex::new(expected);
                let replacements = before_last_break(expected, replacements.clone());
                let edits = replacements.into_iter().map(|(bytes, new_text)| TextEdit {
                    range: to_lsp(range_of(&index, expected, bytes)),
                    new_text,
                });
                operations.push(text_edit(uri, version, edits.collect()));
            }
            _ => return Err("this edit is no text edit".into()),
        }
    }
    if let Some((host, rope)) = view.host() {
        return on_host(edit, operations, host, rope, view);
    }
    if !view.profile.document_changes {
        let mut changes = HashMap::with_capacity(texts.len());
        for (cell, edits) in texts {
            changes.insert(cell_uri(cell, view)?, edits);
        }
        return Ok(WorkspaceEdit {
            changes: Some(changes),
            ..WorkspaceEdit::default()
        });
    }
    for (cell, edits) in texts {
        let (_, document) = cell_at(cell, view)?;
        let version = i32::try_from(document.version).ok();
        operations.push(text_edit(cell_uri(cell, view)?, version, edits));
    }
    Ok(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    })
}

fn is_about_files(op: &EditOp) -> bool {
    matches!(op, EditOp::CreateFile { .. } | EditOp::EditFile { .. })
}

/// An edit of a notebook that is a text document, after what it does to other files.
fn on_host(
    edit: &Edit,
    mut operations: Vec<DocumentChangeOperation>,
    host: &Host,
    rope: &Rope,
    view: View<'_>,
) -> Result<WorkspaceEdit, Refused> {
    let own = edit.ops.iter().filter(|op| !is_about_files(op));
    let own = Edit {
        ops: own.cloned().collect(),
        select: None,
    };
    let hint = host.hint().ok_or(
        "the cells of this notebook can be changed only where the notebook itself is open",
    )?;
    let before = rope.to_string();
    let after = format::patch_as(before.as_bytes(), hint, &own)
        .map_err(|reason| format!("the document cannot be changed so: {reason}"))?;
    let after = String::from_utf8_lossy(&after);
    let place = |at: TextSize| rope_position(rope, at.to_usize()).into();
    let edits = before_last_break(&before, format::replacements(&before, &after))
        .into_iter()
        .map(|(range, new_text)| TextEdit {
            range: to_lsp(Range {
                start: place(range.start()),
                end: place(range.end()),
            }),
            new_text,
        })
        .collect();
    let uri = ls_types::Uri::from_str(view.notebook.as_str())
        .map_err(|error| format!("the document has no usable URI: {error}"))?;
    if operations.is_empty() && !view.profile.document_changes && !view.profile.create_files {
        return Ok(WorkspaceEdit {
            changes: Some(HashMap::from([(uri, edits)])),
            ..WorkspaceEdit::default()
        });
    }
    let version = i32::try_from(view.document.version).ok();
    operations.push(text_edit(uri, version, edits));
    Ok(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        ..WorkspaceEdit::default()
    })
}

/// What is put behind the last line break of a text is put before it. Neovim 0.10.4 leaves an empty line behind what is
/// added where no line is.
fn before_last_break(
    text: &str,
    mut replacements: Vec<(TextRange, String)>,
) -> Vec<(TextRange, String)> {
    let line_break = if text.ends_with("\r\n") { "\r\n" } else { "\n" };
    let Some(kept) = text.strip_suffix(line_break) else {
        return replacements;
    };
    let at = TextSize::of(kept);
    let mut reaching = replacements
        .iter_mut()
        .filter(|(range, _)| range.end() > at);
    if let (Some((range, new)), None) = (reaching.next(), reaching.next())
        && range.start() == TextSize::of(text)
        && let Some(lines) = new.strip_suffix(line_break)
    {
        *new = format!("{line_break}{lines}");
        *range = TextRange::empty(at);
    }
    replacements
}

fn payload(edit: &Edit, view: View<'_>) -> Result<Value, Refused> {
    let mut cells = Vec::new();
    let mut files = Vec::new();
    for op in &edit.ops {
        match op {
            EditOp::Replace { cell, range, text } => {
                let range = range_in(*cell, *range, view)?;
                cells.push(on_cell(
                    *cell,
                    json!({"op": "replace", "range": range, "text": text}),
                    view,
                )?);
            }
            EditOp::Insert { at, kind, text } => {
                let (kind, language) = match kind {
                    CellKind::Markdown => ("markup", "markdown"),
                    CellKind::Raw => ("code", "raw"),
                    CellKind::Code | CellKind::Unknown => ("code", "python"),
                };
                cells.push(json!({
                    "op": "insert", "index": at.0, "kind": kind, "language": language, "text": text,
                }));
            }
            EditOp::Move { cell, before } => {
                cells.push(on_cell(
                    *cell,
                    json!({"op": "move", "before": before.0}),
                    view,
                )?);
            }
            EditOp::Remove { cell } => cells.push(on_cell(*cell, json!({"op": "delete"}), view)?),
            EditOp::ClearOutputs { cell } => {
                cells.push(on_cell(*cell, json!({"op": "clearOutputs"}), view)?);
            }
            EditOp::ClearCount { cell } => {
                let op = json!({"op": "setMetadata", "metadata": {"execution_count": null}});
                cells.push(on_cell(*cell, op, view)?);
            }
            EditOp::StripMetadata | EditOp::MendFile => {
                return Err("this is about the notebook's file, which the editor keeps; run `cellwise fix` on it".into());
            }
            EditOp::CreateFile { path, text } => {
                files.push(json!({"create": new_file(path, view)?, "text": text}));
            }
            EditOp::EditFile {
                path,
                expected,
                replacements,
            } => {
                let (uri, _) = old_file(path, expected, view)?;
                let index = LineIndex::new(expected);
                let edits: Vec<Value> = replacements
                    .iter()
                    .map(|(bytes, text)| {
                        json!({"range": range_of(&index, expected, *bytes), "newText": text})
                    })
                    .collect();
                files.push(json!({"edit": uri, "expected": **expected, "edits": edits}));
            }
        }
    }
    let select = edit.select.and_then(|(cell, bytes)| {
        let after = edit.apply(view.analysis.notebook());
        let text = &after.cell(cell)?.text;
        let range = range_of(&LineIndex::new(text), text, bytes);
        Some(json!({"index": cell.0, "range": range}))
    });
    let version = view.document.version;
    Ok(json!({
        "notebook": {"uri": view.notebook, "version": version},
        "cells": cells,
        "files": files,
        "select": select,
    }))
}

/// An operation with the cell that it is about.
fn on_cell(cell: CellIdx, mut op: Value, view: View<'_>) -> Result<Value, Refused> {
    let (uri, document) = cell_at(cell, view)?;
    op["uri"] = json!(uri);
    op["index"] = json!(cell.0);
    op["version"] = json!(document.version);
    Ok(op)
}

fn cell_at<'a>(cell: CellIdx, view: View<'a>) -> Result<(&'a Uri, &'a CellDocument), Refused> {
    let uri = view.document.order.get(cell.to_usize());
    uri.and_then(|uri| Some((uri, view.documents.cell(uri)?)))
        .ok_or_else(|| format!("{cell} is gone"))
}

fn cell_uri(cell: CellIdx, view: View<'_>) -> Result<ls_types::Uri, Refused> {
    let (uri, _) = cell_at(cell, view)?;
    ls_types::Uri::from_str(uri.as_str())
        .map_err(|error| format!("{cell} has no usable URI: {error}"))
}

fn place_of(path: &Path, view: View<'_>) -> Result<PathBuf, Refused> {
    let absolute = if path.is_absolute() {
        Some(path.to_owned())
    } else {
        beside(view.notebook, path)
    };
    absolute.ok_or_else(|| no_folder(path))
}

fn no_folder(path: &Path) -> Refused {
    format!(
        "the notebook has no folder on disk to put {} in",
        path.display()
    )
}

fn beside(notebook: &Uri, path: &Path) -> Option<PathBuf> {
    Some(notebook.to_file_path()?.parent()?.join(path))
}

/// The URI of a file that is not there yet. A text that the client has open for it would be written into.
fn new_file(path: &Path, view: View<'_>) -> Result<ls_types::Uri, Refused> {
    let place = place_of(path, view)?;
    if !files::open(view.documents, &place).is_empty() {
        return Err(format!(
            "{} is open and not on disk: save it first, or close it",
            place.display()
        ));
    }
    ls_types::Uri::from_file_path(&place).ok_or_else(|| no_folder(path))
}

/// The URI of a file, as the client writes it where it has the file open, and the version then. What was read from disk must
/// be what it shows.
fn old_file(
    path: &Path,
    expected: &str,
    view: View<'_>,
) -> Result<(ls_types::Uri, Option<i32>), Refused> {
    let place = place_of(path, view)?;
    let open = files::open(view.documents, &place);
    if !open
        .iter()
        .all(|uri| files::shows(view.documents, uri, expected))
    {
        return Err(format!(
            "{} has changes that are not saved",
            place.display()
        ));
    }
    let Some((uri, text)) = open
        .iter()
        .find_map(|uri| Some((uri, view.documents.text(uri)?)))
    else {
        let uri = ls_types::Uri::from_file_path(&place).ok_or_else(|| no_folder(path))?;
        return Ok((uri, None));
    };
    let uri = ls_types::Uri::from_str(uri.as_str())
        .map_err(|error| format!("{} has no usable URI: {error}", place.display()))?;
    Ok((uri, i32::try_from(text.version).ok()))
}

fn text_edit(
    uri: ls_types::Uri,
    version: Option<i32>,
    edits: Vec<TextEdit>,
) -> DocumentChangeOperation {
    DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    })
}

fn range_in(cell: CellIdx, bytes: TextRange, view: View<'_>) -> Result<Range, Refused> {
    let of = view.analysis.notebook().cell(cell);
    let text = &of.ok_or_else(|| format!("{cell} is gone"))?.text;
    Ok(range_of(&LineIndex::new(text), text, bytes))
}

fn range_of(index: &LineIndex, text: &str, bytes: TextRange) -> Range {
    let place = |offset| Position::from(index.utf16(text, offset));
    Range {
        start: place(bytes.start()),
        end: place(bytes.end()),
    }
}

pub(super) fn to_lsp(range: Range) -> ls_types::Range {
    let place = |at: Position| ls_types::Position::new(at.line, at.character);
    ls_types::Range::new(place(range.start), place(range.end))
}

pub(super) fn from_lsp(range: ls_types::Range) -> Range {
    let place = |at: ls_types::Position| Position {
        line: at.line,
        character: at.character,
    };
    Range {
        start: place(range.start),
        end: place(range.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Analysis;
    use crate::lsp::documents::Documents;
    use crate::lsp::profile::Profile;
    use crate::lsp::proto;
    use crate::text::TextSize;
    use crate::workspace::Workspace;

    const ASTRAL: &str = "a = '😀'\nb";

    /// Lowers an edit of a notebook of two cells, [`ASTRAL`] and "x", of which the first has version 3.
    fn lowered(edit: &Edit, profile: Profile) -> Result<Value, String> {
        let mut documents = Documents::default();
        let text = |uri: &str, version: i64, text: &str| json!({"uri": uri, "languageId": "python", "version": version, "text": text});
        let params = json!({
            "notebookDocument": {"uri": "file:///ws/n.ipynb", "version": 5, "cells": [
                {"kind": 2, "document": "n:#1"}, {"kind": 2, "document": "n:#2"},
            ]},
            "cellTextDocuments": [text("n:#1", 3, ASTRAL), text("n:#2", 1, "x")],
        });
        documents.apply(proto::document_event("notebookDocument/didOpen", params).unwrap());
        let params = json!({"textDocument": text("file:///ws/open.py", 7, "é\nx\n")});
        documents.apply(proto::document_event("textDocument/didOpen", params).unwrap());
        let uri = Uri::from("file:///ws/n.ipynb");
        let analysis = Analysis::new(documents.snapshot(&uri).unwrap(), Default::default());
        let workspace = Workspace::default();
        let view = View {
            notebook: &uri,
            document: documents.notebook(&uri).unwrap(),
            documents: &documents,
            analysis: &analysis,
            profile,
            workspace: &workspace,
        };
        Ok(match lower(edit, "Title", view)? {
            Lowered::Edit(edit) => serde_json::to_value(edit).unwrap(),
            Lowered::Command(command) => {
                assert_eq!(command.command, COMMAND);
                command.arguments.unwrap().remove(0)
            }
        })
    }

    fn bytes(start: u32, end: u32) -> TextRange {
        TextRange::new(TextSize::new(start), TextSize::new(end))
    }

    fn range(start: (u32, u32), end: (u32, u32)) -> Value {
        json!({
            "start": {"line": start.0, "character": start.1},
            "end": {"line": end.0, "character": end.1},
        })
    }

    fn plain() -> Profile {
        Profile {
            document_changes: true,
            create_files: true,
            ..Profile::default()
        }
    }

    fn ours() -> Profile {
        Profile {
            notebook_edits: true,
            ..plain()
        }
    }

    #[test]
    fn text_goes_to_the_cell_with_its_version() {
        let edit = Edit::replace(CellIdx(0), bytes(4, 10), "0");
        let text_edit = json!({"range": range((0, 4), (0, 8)), "newText": "0"});
        let of_cell = json!({"textDocument": {"uri": "n:#1", "version": 3}, "edits": [text_edit]});
        for profile in [plain(), ours()] {
            let expected = json!({"documentChanges": [of_cell]});
            assert_eq!(lowered(&edit, profile), Ok(expected));
        }
        let neovim = Profile::default();
        let expected = json!({"changes": {"n:#1": [text_edit]}});
        assert_eq!(lowered(&edit, neovim), Ok(expected));
    }

    #[test]
    fn what_is_added_at_the_end_stands_before_the_last_line_break() {
        let added = |text: &str, at: u32, new: &str| {
            before_last_break(text, vec![(bytes(at, at), new.to_owned())])
        };
        assert_eq!(added("a\n", 2, "b\n"), [(bytes(1, 1), "\nb".to_owned())]);
        assert_eq!(
            added("a\r\n", 3, "b\r\n"),
            [(bytes(1, 1), "\r\nb".to_owned())]
        );
        assert_eq!(added("a\n", 0, "b\n"), [(bytes(0, 0), "b\n".to_owned())]);
        assert_eq!(added("a\n", 2, "b"), [(bytes(2, 2), "b".to_owned())]);
        assert_eq!(added("a", 1, "b\n"), [(bytes(1, 1), "b\n".to_owned())]);
    }

    #[test]
    fn files_are_created_before_they_are_written() {
        let mut edit = Edit::from(EditOp::CreateFile {
            path: "tests/test_n.py".into(),
            text: "import n\n".into(),
        });
        edit.ops
            .extend(Edit::replace(CellIdx(1), bytes(0, 1), "y").ops);
        let changes = &lowered(&edit, plain()).unwrap()["documentChanges"];
        assert_eq!(changes[0]["kind"], "create");
        assert_eq!(changes[0]["uri"], "file:///ws/tests/test_n.py");
        assert_eq!(changes[0]["options"]["overwrite"], false);
        assert_eq!(changes[1]["edits"][0]["newText"], "import n\n");
        assert_eq!(changes[2]["textDocument"]["uri"], "n:#2");
        assert!(
            lowered(&edit, Profile::default())
                .unwrap_err()
                .contains("create files")
        );
    }

    #[test]
    fn a_file_that_is_open_must_be_as_it_was_read() {
        let edit = |expected: &str| {
            Edit::from(EditOp::EditFile {
                path: "/ws/open.py".into(),
                expected: expected.into(),
                replacements: vec![(bytes(2, 2), "!".into())],
            })
        };
        let change = &lowered(&edit("é\nx\n"), plain()).unwrap()["documentChanges"][0];
        assert_eq!(change["textDocument"]["version"], 7);
        assert_eq!(change["edits"][0]["range"], range((0, 1), (0, 1)));
        assert!(
            lowered(&edit("other"), plain())
                .unwrap_err()
                .contains("not saved")
        );
    }

    #[test]
    fn cells_are_for_our_extensions_alone() {
        let edit = Edit {
            ops: vec![
                EditOp::Replace {
                    cell: CellIdx(0),
                    range: bytes(0, 0),
                    text: "\n".into(),
                },
                EditOp::Insert {
                    at: CellIdx(1),
                    kind: CellKind::Markdown,
                    text: "😀 here".into(),
                },
                EditOp::Move {
                    cell: CellIdx(1),
                    before: CellIdx(0),
                },
                EditOp::ClearCount { cell: CellIdx(0) },
            ],
            select: Some((CellIdx(2), bytes(5, 9))),
        };
        assert!(
            lowered(&edit, plain())
                .unwrap_err()
                .contains("cells of a notebook")
        );
        let payload = lowered(&edit, ours()).unwrap();
        assert_eq!(
            payload["notebook"],
            json!({"uri": "file:///ws/n.ipynb", "version": 5})
        );
        let cells = json!([
            {"op": "replace", "uri": "n:#1", "index": 0, "version": 3, "range": range((0, 0), (0, 0)), "text": "\n"},
            {"op": "insert", "index": 1, "kind": "markup", "language": "markdown", "text": "😀 here"},
            {"op": "move", "uri": "n:#2", "index": 1, "version": 1, "before": 0},
            {"op": "setMetadata", "uri": "n:#1", "index": 0, "version": 3, "metadata": {"execution_count": null}},
        ]);
        assert_eq!(payload["cells"], cells);
        // "x", the edited cell, the new one: its emoji is two units wide.
        assert_eq!(
            payload["select"],
            json!({"index": 2, "range": range((0, 3), (0, 7))})
        );
    }
}
