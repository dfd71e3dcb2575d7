//! Hover: on a finding, its message and the manual page of its rule, as `cellwise explain` prints it;
//! on a variable of the notebook, where it is bound, changed and read.

use tower_lsp::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use super::navigate;
use crate::analysis::occurrences::Owner;
use crate::docs;
use crate::lsp::documents::byte_range;
use crate::lsp::lower;
use crate::lsp::proto::{Position, Uri};
use crate::lsp::session::View;
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
        parts.push(as_markdown(&format!("`{}`: {story}", named.name)));
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
            as_markdown(&finding.message),
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

/// A message as Markdown that shows it and does nothing else. A message may quote what somebody wrote into a notebook,
/// and an editor that shows a picture or a link fetches what it points at.
///
/// What stands between backticks stays code; elsewhere nothing begins a link, a picture or HTML. A quoted text that holds
/// a backtick only changes which is which.
fn as_markdown(message: &str) -> String {
    let line = message.replace(['\n', '\r'], " ");
    let parts: Vec<&str> = line.split('`').collect();
    let last = parts.len() - 1;
    let mut markdown = String::with_capacity(line.len() + 8);
    for (position, part) in parts.into_iter().enumerate() {
        let is_code = position % 2 == 1 && position < last;
        if is_code && !part.is_empty() {
            markdown.push('`');
            markdown.push_str(part);
            markdown.push('`');
            continue;
        }
        // A backtick that closes nothing, or two with nothing between them.
        if position % 2 == 1 {
            markdown.push_str(if is_code { "\\`\\`" } else { "\\`" });
        }
        for character in part.chars() {
            if matches!(character, '\\' | '[' | '<') {
                markdown.push('\\');
            }
            markdown.push(character);
        }
    }
    markdown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_what_it_quotes_and_fetches_nothing() {
        let same = "cell 7 needs `x`, which cell 9 binds (see `f`).";
        assert_eq!(as_markdown(same), same);
        let picture = "no file `![a](https://example.org/b)` here";
        assert_eq!(as_markdown(picture), picture, "it is code");
        let broken_out = "no file `a`![b](https://example.org/c)`d` here";
        assert_eq!(
            as_markdown(broken_out),
            "no file `a`!\\[b](https://example.org/c)`d` here"
        );
        assert_eq!(as_markdown("a ` [b]"), "a \\` \\[b]");
        assert_eq!(as_markdown("a `` [b]"), "a \\`\\` \\[b]");
        assert_eq!(
            as_markdown("<img src=x>\n\n[a]: b"),
            "\\<img src=x>  \\[a]: b"
        );
        assert_eq!(as_markdown("\\[a]"), "\\\\\\[a]");
    }
}
