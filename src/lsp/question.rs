//! What a client can ask. A closed list: what is not here is not answered.

use serde::Deserialize;
use tower_lsp::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, DocumentHighlight,
    DocumentSymbolParams, DocumentSymbolResponse, GotoDefinitionResponse, Hover, HoverParams,
    InlayHint, InlayHintParams, Location, PrepareRenameResponse, TextDocumentPositionParams,
    WorkspaceEdit,
};

use super::event::Reply;
use super::proto::Uri;
use super::scan;
use crate::lsp::answers::findings::{Explanation, Item};
use crate::lsp::answers::graph::Graph;
use crate::lsp::answers::targets;

#[derive(Debug)]
pub enum Question {
    CodeAction(CodeActionParams, Reply<Option<CodeActionResponse>>),
    ResolveCodeAction(CodeAction, Reply<CodeAction>),
    CodeLens(CodeLensParams, Reply<Option<Vec<CodeLens>>>),
    Hover(HoverParams, Reply<Option<Hover>>),
    Definition(
        TextDocumentPositionParams,
        Reply<Option<GotoDefinitionResponse>>,
    ),
    /// With the bindings, or only where it is read.
    References(
        TextDocumentPositionParams,
        bool,
        Reply<Option<Vec<Location>>>,
    ),
    Highlight(
        TextDocumentPositionParams,
        Reply<Option<Vec<DocumentHighlight>>>,
    ),
    PrepareRename(
        TextDocumentPositionParams,
        Reply<Option<PrepareRenameResponse>>,
    ),
    /// To a new name.
    Rename(
        TextDocumentPositionParams,
        String,
        Reply<Option<WorkspaceEdit>>,
    ),
    Symbols(DocumentSymbolParams, Reply<Option<DocumentSymbolResponse>>),
    InlayHints(InlayHintParams, Reply<Option<Vec<InlayHint>>>),
    CheckWorkspace(scan::Params, Reply<scan::Summary>),
    Graph(OfNotebook, Reply<Option<Graph>>),
    Findings(OfNotebook, Reply<Option<Vec<Item>>>),
    Explain(OfRule, Reply<Option<Explanation>>),
    Targets(targets::Params, Reply<Option<targets::Targets>>),
}

/// The parameters of a request on a whole notebook.
#[derive(Debug, Deserialize)]
pub struct OfNotebook {
    pub notebook: Uri,
}

#[derive(Debug, Deserialize)]
pub struct OfRule {
    pub rule: String,
}
