//! Hover: on a finding, its message and the manual page of its rule, as `cellwise explain` prints it;
//! on a variable of the notebook, where it is bound, changed and read.

use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use super::documents::byte_range;
use super::proto::{Position, Uri};
use super::session::View;
use super::{lower, navigate};
use crate::analysis::occurrences::Owner;
use crate::docs;
use crate::notebook::CellIdx;
use crate::rules;
use crate::text::{LineIndex, TextRange};
use crate::view::variable;

pub fn hover(params: &HoverParams, cell: &Uri, view: View<'_>) -> Option<Hover> {
    let at = params.text_document_position_params.position;
    let at = Position {
        line: at.line,
        character: at.character,
    };
    let index = CellIdx::new(view.documents.cell(cell)?.position()?);
    let text = &view.analysis.notebook().cell(index)?.text;
    let lines = LineIndex::new(text);
    let offset = byte_range(&lines, text, at.into(), at.into()).start();
    let mut shown: Option<TextRange> = None;
    let mut parts = Vec::new();
    let named = variable::at(view.analysis, index, offset);
    if let Some(named) = named.filter(|named| named.owner == Owner::Notebook)
        && let Some(story) = variable::story(view.analysis, &named.name)
    {
        shown = Some(named.range);
        parts.push(format!("`{}`: {story}", named.name));
    }
    for finding in view.analysis.cell_findings(index) {
        let range = finding.anchor.range_in(text);
        if !range.contains_inclusive(offset) {
            continue;
        }
        shown = Some(shown.map_or(range, |shown| shown.cover(range)));
        let page = rules::find(finding.rule).map(|rule| docs::page(rule.source));
        parts.push(format!(
            "{}\n\n{}",
            finding.message,
            page.unwrap_or_default()
        ));
    }
    let shown = shown?;
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: MarkupKind::Markdown,
            value: parts.join("\n\n---\n\n"),
        }),
        range: Some(lower::to_lsp(navigate::range(index, shown, view))),
    })
}
