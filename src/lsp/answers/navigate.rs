//! From a name to the places that have to do with it: definition, references, highlights, rename.

use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    DocumentHighlight, DocumentHighlightKind, GotoDefinitionResponse, Location, Position,
    PrepareRenameResponse, Uri as LspUri, WorkspaceEdit,
};

use super::code_action::REQUEST_FAILED;
use crate::analysis::occurrences::{Kind, Occurrence};
use crate::lsp::documents::byte_range;
use crate::lsp::lower::{self, Lowered};
use crate::lsp::proto::{Range, Uri};
use crate::lsp::publish;
use crate::lsp::session::View;
use crate::notebook::{Anchor, CellIdx};
use crate::refactor::rename;
use crate::text::{LineIndex, TextRange, TextSize};
use crate::view::variable;

/// A place in a cell, in the engine's terms.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub cell: CellIdx,
    pub offset: TextSize,
}

impl Place {
    pub fn new(cell: &Uri, position: Position, view: View<'_>) -> Option<Self> {
        let cell = CellIdx::new(view.documents.cell(cell)?.position()?);
        let text = &view.analysis.notebook().cell(cell)?.text;
        let at = lower::from_lsp(tower_lsp::ls_types::Range::new(position, position)).start;
        let offset = byte_range(&LineIndex::new(text), text, at.into(), at.into()).start();
        Some(Self { cell, offset })
    }

    fn occurrence(self, view: View<'_>) -> Option<Occurrence> {
        variable::at(view.analysis, self.cell, self.offset)
    }
}

pub fn definition(place: Place, view: View<'_>) -> Option<GotoDefinitionResponse> {
    let occurrence = place.occurrence(view)?;
    let found = variable::definitions(view.analysis, place.cell, &occurrence);
    let locations = found
        .into_iter()
        .filter_map(|(cell, range)| location(cell, range, view));
    Some(GotoDefinitionResponse::Array(locations.collect()))
}

pub fn references(place: Place, with_bindings: bool, view: View<'_>) -> Option<Vec<Location>> {
    let occurrence = place.occurrence(view)?;
    let places = variable::places(view.analysis, place.cell, &occurrence).into_iter();
    let wanted = places.filter(|(_, place)| with_bindings || !binds(&place.kind));
    let locations = wanted.filter_map(|(cell, place)| location(cell, place.range, view));
    Some(locations.collect())
}

/// In the cell itself: an editor shows no others.
pub fn highlights(place: Place, view: View<'_>) -> Option<Vec<DocumentHighlight>> {
    let occurrence = place.occurrence(view)?;
    let places = variable::places_in(view.analysis, place.cell, &occurrence).into_iter();
    let highlights = places.map(|found| DocumentHighlight {
        range: lower::to_lsp(range(place.cell, found.range, view)),
        kind: Some(if found.kind == Kind::Read {
            DocumentHighlightKind::READ
        } else {
            DocumentHighlightKind::WRITE
        }),
    });
    Some(highlights.collect())
}

/// # Errors
/// Why the name cannot be renamed; editors show it.
pub fn prepare_rename(place: Place, view: View<'_>) -> Result<Option<PrepareRenameResponse>> {
    let found = rename::prepare(view.analysis, place.cell, place.offset);
    let found = found.map_err(|refusal| refused(refusal.0))?;
    Ok(found
        .map(|found| PrepareRenameResponse::Range(lower::to_lsp(range(place.cell, found, view)))))
}

/// # Errors
/// Why the name cannot be the new one.
pub fn rename(place: Place, new: &str, view: View<'_>) -> Result<Option<WorkspaceEdit>> {
    let edit = rename::rename(view.analysis, place.cell, place.offset, new)
        .map_err(|refusal| refused(refusal.0))?;
    match lower::lower(&edit, "Rename", view).map_err(refused)? {
        Lowered::Edit(edit) => Ok(Some(edit)),
        Lowered::Command(_) => Err(Error::internal_error()),
    }
}

fn refused(reason: String) -> Error {
    Error {
        code: REQUEST_FAILED,
        message: reason.into(),
        data: None,
    }
}

fn binds(kind: &Kind) -> bool {
    matches!(kind, Kind::Bind | Kind::Import(_) | Kind::Declare)
}

/// The place of a part of a cell, in the document that the client has.
pub fn location(cell: CellIdx, bytes: TextRange, view: View<'_>) -> Option<Location> {
    let uri = match view.host() {
        Some((host, rope)) => {
            host.bytes(rope, cell, bytes)?;
            view.notebook
        }
        None => view.document.order.get(cell.to_usize())?,
    };
    let uri: LspUri = uri.as_str().parse().ok()?;
    Some(Location {
        uri,
        range: lower::to_lsp(range(cell, bytes, view)),
    })
}

/// The same, without the document. In a text document the start, where the place is not known since it is broken.
pub fn range(cell: CellIdx, bytes: TextRange, view: View<'_>) -> Range {
    if let Some((host, rope)) = view.host() {
        let start = Position::default();
        let none = || lower::from_lsp(tower_lsp::ls_types::Range::new(start, start));
        return host.range(rope, cell, bytes).unwrap_or_else(none);
    }
    publish::range(Anchor::Range(cell, bytes), view.analysis)
}
