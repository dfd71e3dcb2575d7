//! Which answer belongs to which question. What an answer is, its own file says.

pub mod code_action;
pub mod code_lens;
pub mod findings;
pub mod fix_all;
pub mod graph;
pub mod hover;
pub mod inlay;
pub mod navigate;
pub mod symbols;
pub mod targets;

use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{self, Position, Range, TextDocumentPositionParams};

use self::navigate::Place;
use super::lower;
use super::proto::Uri;
use super::question::Question;
use super::session::{Session, View};

impl Session {
    pub(super) fn answer(&mut self, question: Question) {
        match question {
            Question::CodeAction(mut params, reply) => reply.with(|| {
                let uri = Uri::from(params.text_document.uri.as_str());
                let asked = lower::from_lsp(params.range);
                let place = self.documents.to_cell(&uri, asked);
                let Some((cell, range)) = place.filter(|_| self.documents.can_be_changed(&uri))
                else {
                    return Ok(None);
                };
                params.range = lower::to_lsp(range);
                let view = self.view(&cell)?;
                Ok(view.and_then(|view| code_action::list(&params, &cell, view)))
            }),
            Question::ResolveCodeAction(action, reply) => reply.with(|| {
                let Some(cell) = code_action::cell_of(&action) else {
                    return Err(Error::invalid_params(
                        "the action has no data of this server",
                    ));
                };
                let view = self.view(&cell)?;
                code_action::resolve(action, view.ok_or_else(Error::content_modified)?)
            }),
            Question::CodeLens(params, reply) => reply.with(|| {
                self.lenses.give();
                self.in_cells(&params.text_document.uri, code_lens::list)
            }),
            Question::Hover(mut params, reply) => reply.with(|| {
                let of = &mut params.text_document_position_params;
                let Some((cell, position)) = self.place(of) else {
                    return Ok(None);
                };
                of.position = position;
                let view = self.view(&cell)?;
                Ok(view.and_then(|view| hover::hover(&params, &cell, view)))
            }),
            Question::Definition(at, reply) => {
                reply.with(|| self.at(&at, |place, view| Ok(navigate::definition(place, view))));
            }
            Question::References(at, with_bindings, reply) => reply.with(|| {
                self.at(&at, |place, view| {
                    Ok(navigate::references(place, with_bindings, view))
                })
            }),
            Question::Highlight(at, reply) => {
                reply.with(|| self.at(&at, |place, view| Ok(navigate::highlights(place, view))));
            }
            Question::PrepareRename(at, reply) => {
                reply.with(|| self.at(&at, navigate::prepare_rename));
            }
            Question::Rename(at, new, reply) => {
                reply.with(|| self.at(&at, |place, view| navigate::rename(place, &new, view)));
            }
            Question::Symbols(params, reply) => reply.with(|| {
                let of = &params.text_document.uri;
                if let Some(view) = self.view_of(&Uri::from(of.as_str()))? {
                    return Ok(Some(symbols::of_notebook(view)));
                }
                let cell = Uri::from(of.as_str());
                let view = self.view(&cell)?;
                Ok(view.and_then(|view| symbols::of_cell(&cell, view)))
            }),
            Question::InlayHints(params, reply) => reply.with(|| {
                self.hints.give();
                self.in_cells(&params.text_document.uri, |cell, view| {
                    inlay::list(cell, params.range, view)
                })
            }),
            Question::CheckWorkspace(params, reply) => self.scan(params, reply),
            Question::Targets(params, reply) => reply.with(|| {
                let Some(cell) = params.cell() else {
                    return Err(Error::invalid_params(
                        "the action has no data of this server",
                    ));
                };
                let view = self.view(&cell)?;
                Ok(view.and_then(|view| targets::list(&params, view)))
            }),
            Question::Graph(of, reply) => reply.with(|| {
                let graph = self.view_of(&of.notebook)?.map(graph::graph);
                if let Some(open) = self.notebooks.get_mut(&of.notebook) {
                    open.told.has_picture = true;
                }
                Ok(graph)
            }),
            Question::Findings(of, reply) => {
                reply.with(|| Ok(self.view_of(&of.notebook)?.map(findings::list)));
            }
            Question::Explain(of, reply) => reply.with(|| Ok(findings::explain(&of.rule))),
        }
    }

    /// Answers from a place in a cell. `None` for a document that is no cell.
    fn at<T>(
        &mut self,
        at: &TextDocumentPositionParams,
        answer: impl FnOnce(Place, View<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let Some((cell, position)) = self.place(at) else {
            return Ok(None);
        };
        let Some(view) = self.view(&cell)? else {
            return Ok(None);
        };
        match Place::new(&cell, position, view) {
            Some(place) => answer(place, view),
            None => Ok(None),
        }
    }

    /// The cell that a place is in, and the place there. `None` outside of cells.
    fn place(&self, at: &TextDocumentPositionParams) -> Option<(Uri, Position)> {
        let uri = Uri::from(at.text_document.uri.as_str());
        let range = lower::from_lsp(Range::new(at.position, at.position));
        let (cell, range) = self.documents.to_cell(&uri, range)?;
        Some((cell, lower::to_lsp(range).start))
    }

    /// Answers for a cell, or for all cells of a text document. `None` for a document that is neither.
    fn in_cells<T>(
        &mut self,
        uri: &ls_types::Uri,
        answer: impl Fn(&Uri, View<'_>) -> Option<Vec<T>>,
    ) -> Result<Option<Vec<T>>> {
        let uri = Uri::from(uri.as_str());
        if self.documents.host(&uri).is_none() {
            let view = self.view(&uri)?;
            return Ok(view.and_then(|view| answer(&uri, view)));
        }
        let view = self.view_of(&uri)?;
        Ok(view.map(|view| {
            let cells = view.document.order.iter();
            cells
                .filter_map(|cell| answer(cell, view))
                .flatten()
                .collect()
        }))
    }
}
