//! Document symbols: of a cell as a tree; of a notebook, asked for by its own URI, as a list with the
//! place of each, since the symbols of a tree must stand in one document.

use tower_lsp::ls_types::{DocumentSymbol, DocumentSymbolResponse, SymbolInformation, SymbolKind};

use super::navigate::{location, range};
use crate::lsp::lower;
use crate::lsp::proto::Uri;
use crate::lsp::session::View;
use crate::notebook::{CellIdx, CellKind};
use crate::text::{TextRange, TextSize};
use crate::view::outline;
use crate::view::symbols::{self, Symbol, SymbolKind as Kind};

pub fn of_cell(cell: &Uri, view: View<'_>) -> Option<DocumentSymbolResponse> {
    let index = CellIdx::new(view.documents.cell(cell)?.position()?);
    let symbols = symbols::of_cell(view.analysis, index).into_iter();
    let symbols = symbols.map(|symbol| nested(index, symbol, view));
    Some(DocumentSymbolResponse::Nested(symbols.collect()))
}

/// Headings, cells, and what stands in each, in document order.
pub fn of_notebook(view: View<'_>) -> DocumentSymbolResponse {
    let mut found = Vec::new();
    let mut heading: Option<String> = None;
    for (index, cell) in view.analysis.notebook().indexed() {
        let own = symbols::of_cell(view.analysis, index);
        let mut container = heading.clone();
        if cell.kind == CellKind::Code {
            let title = match &*outline::title(cell) {
                "" => index.to_string(),
                title => format!("{index}: {title}"),
            };
            let first = TextRange::empty(TextSize::new(0));
            push(
                &mut found,
                index,
                (&title, SymbolKind::MODULE, first),
                container.as_ref(),
                view,
            );
            container = Some(title);
        }
        for symbol in &own {
            flat(&mut found, index, symbol, container.as_ref(), view);
        }
        if let Some(last) = last_heading(&own) {
            heading = Some(last);
        }
    }
    DocumentSymbolResponse::Flat(found)
}

fn last_heading(symbols: &[Symbol]) -> Option<String> {
    let last = symbols.last()?;
    let is_heading = matches!(last.kind, Kind::Heading(_));
    is_heading.then(|| last_heading(&last.children).unwrap_or_else(|| last.name.clone()))
}

#[expect(
    deprecated,
    reason = "the type has no other way to leave `deprecated` out"
)]
fn nested(cell: CellIdx, symbol: Symbol, view: View<'_>) -> DocumentSymbol {
    let children = symbol.children.into_iter();
    let children: Vec<_> = children.map(|child| nested(cell, child, view)).collect();
    DocumentSymbol {
        name: symbol.name,
        detail: None,
        kind: kind(symbol.kind),
        tags: None,
        deprecated: None,
        range: lower::to_lsp(range(cell, symbol.range, view)),
        selection_range: lower::to_lsp(range(cell, symbol.name_range, view)),
        children: (!children.is_empty()).then_some(children),
    }
}

fn flat(
    found: &mut Vec<SymbolInformation>,
    cell: CellIdx,
    symbol: &Symbol,
    container: Option<&String>,
    view: View<'_>,
) {
    push(
        found,
        cell,
        (&symbol.name, kind(symbol.kind), symbol.range),
        container,
        view,
    );
    for child in &symbol.children {
        flat(found, cell, child, Some(&symbol.name), view);
    }
}

#[expect(
    deprecated,
    reason = "the type has no other way to leave `deprecated` out"
)]
fn push(
    found: &mut Vec<SymbolInformation>,
    cell: CellIdx,
    (name, kind, bytes): (&str, SymbolKind, TextRange),
    container: Option<&String>,
    view: View<'_>,
) {
    found.extend(
        location(cell, bytes, view).map(|location| SymbolInformation {
            name: name.to_owned(),
            kind,
            tags: None,
            deprecated: None,
            location,
            container_name: container.cloned(),
        }),
    );
}

fn kind(kind: Kind) -> SymbolKind {
    match kind {
        // As every Markdown server has it.
        Kind::Heading(_) => SymbolKind::STRING,
        Kind::Function => SymbolKind::FUNCTION,
        Kind::Method => SymbolKind::METHOD,
        Kind::Class => SymbolKind::CLASS,
        Kind::Variable => SymbolKind::VARIABLE,
    }
}
