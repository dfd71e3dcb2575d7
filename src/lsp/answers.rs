//! Which answer belongs to which question. What an answer is, its own file says.

use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{self, TextDocumentPositionParams};

use super::navigate::{self, Place};
use super::proto::Uri;
use super::question::Question;
use super::session::{Session, View};
use super::{code_action, code_lens, findings, graph, hover, inlay, symbols, targets};

impl Session {
    pub(super) fn answer(&mut self, question: Question) {
        match question {
            Question::CodeAction(params, reply) => reply.with(|| {
                self.in_cell(&params.text_document.uri, |cell, view| {
                    code_action::list(&params, cell, view)
                })
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
                self.in_cell(&params.text_document.uri, code_lens::list)
            }),
            Question::Hover(params, reply) => reply.with(|| {
                let of = &params.text_document_position_params.text_document;
                self.in_cell(&of.uri, |cell, view| hover::hover(&params, cell, view))
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
                self.in_cell(of, symbols::of_cell)
            }),
            Question::InlayHints(params, reply) => reply.with(|| {
                self.hints.give();
                self.in_cell(&params.text_document.uri, |cell, view| {
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
        let cell = Uri::from(at.text_document.uri.as_str());
        let Some(view) = self.view(&cell)? else {
            return Ok(None);
        };
        match Place::new(&cell, at.position, view) {
            Some(place) => answer(place, view),
            None => Ok(None),
        }
    }

    /// Answers from the notebook of a cell. `None` for a document that is no cell.
    fn in_cell<T>(
        &mut self,
        uri: &ls_types::Uri,
        answer: impl FnOnce(&Uri, View<'_>) -> Option<T>,
    ) -> Result<Option<T>> {
        let cell = Uri::from(uri.as_str());
        let view = self.view(&cell)?;
        Ok(view.and_then(|view| answer(&cell, view)))
    }
}
