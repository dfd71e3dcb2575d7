//! Inlay hints, for those who ask for them by the setting `inlay-hints`: at the end of a cell's first line, what
//! the cell takes from other cells and what it gives to them.

use tower_lsp::ls_types::{InlayHint, InlayHintLabel, Range};

use super::navigate;
use crate::lsp::lower;
use crate::lsp::proto::Uri;
use crate::lsp::session::View;
use crate::notebook::CellIdx;
use crate::text::{TextRange, TextSize};
use crate::view::relations;

pub fn list(cell: &Uri, asked: Range, view: View<'_>) -> Option<Vec<InlayHint>> {
    let index = CellIdx::new(view.documents.cell(cell)?.position()?);
    let first = navigate::range(index, TextRange::empty(0.into()), view)
        .start
        .line;
    let asked = asked.start.line..=asked.end.line;
    let is_shown = view.analysis.config().inlay_hints && asked.contains(&first);
    let label = is_shown
        .then(|| relations::takes_and_gives(view.analysis, index))
        .flatten();
    let Some(label) = label else {
        return Some(Vec::new());
    };
    let text = &view.analysis.notebook().cell(index)?.text;
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let end = TextSize::new(u32::try_from(end).ok()?);
    let position = lower::to_lsp(navigate::range(index, TextRange::empty(end), view)).end;
    Some(vec![InlayHint {
        position,
        label: InlayHintLabel::String(label),
        kind: None,
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }])
}
