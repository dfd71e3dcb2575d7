//! What tower-lsp calls. One line a method: send the event before the first await, hold no state.

use std::path::PathBuf;
use std::sync::mpsc;

use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    self, CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams,
    DidChangeConfigurationParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DocumentHighlight, DocumentHighlightParams, DocumentSymbolParams, DocumentSymbolResponse,
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams, InitializeParams,
    InitializeResult, InitializedParams, InlayHint, InlayHintParams, Location,
    PrepareRenameResponse, ReferenceParams, RenameParams, TextDocumentPositionParams,
    WorkspaceEdit, WorkspaceFolder,
};
use tower_lsp::{LanguageServer, LspService};

use super::event::{Event, Reply};
use super::profile::{self, Profile};
use super::proto::Uri;
use super::question::{OfNotebook, OfRule, Question};
use super::scan;
use crate::lsp::answers::findings::{Explanation, Item};
use crate::lsp::answers::graph::Graph;
use crate::lsp::answers::targets;

/// Notifications about documents do not come here: see [`super::dispatch`].
#[derive(Debug, Clone)]
pub struct Front {
    session: mpsc::Sender<Event>,
}

impl Front {
    pub fn new(session: mpsc::Sender<Event>) -> Self {
        Self { session }
    }

    pub fn send(&self, event: Event) {
        // Without a session the process is ending.
        let _ = self.session.send(event);
    }

    /// tower-lsp with all methods that LSP does not know. The socket carries requests to the client, which
    /// [`super::wire`] sends in its stead.
    pub fn service(&self) -> LspService<Self> {
        let (service, _socket) = LspService::build(|_client| self.clone())
            .custom_method("cellwise/checkWorkspace", Self::check_workspace)
            .custom_method("cellwise/graph", Self::graph)
            .custom_method("cellwise/findings", Self::findings)
            .custom_method("cellwise/explain", Self::explain)
            .custom_method("cellwise/targets", Self::targets)
            .finish();
        service
    }

    async fn check_workspace(&self, params: scan::Params) -> Result<scan::Summary> {
        self.ask(|reply| Question::CheckWorkspace(params, reply))
            .await
    }

    async fn graph(&self, of: OfNotebook) -> Result<Option<Graph>> {
        self.ask(|reply| Question::Graph(of, reply)).await
    }

    async fn findings(&self, of: OfNotebook) -> Result<Option<Vec<Item>>> {
        self.ask(|reply| Question::Findings(of, reply)).await
    }

    async fn explain(&self, of: OfRule) -> Result<Option<Explanation>> {
        self.ask(|reply| Question::Explain(of, reply)).await
    }

    async fn targets(&self, params: targets::Params) -> Result<Option<targets::Targets>> {
        self.ask(|reply| Question::Targets(params, reply)).await
    }

    async fn ask<T>(&self, question: impl FnOnce(Reply<T>) -> Question) -> Result<T> {
        let (reply, answer) = Reply::channel();
        self.send(Event::Question(question(reply)));
        // A dropped reply is a request whose work panicked.
        answer
            .await
            .unwrap_or_else(|_| Err(Error::internal_error()))
    }
}

impl LanguageServer for Front {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let settings = params
            .initialization_options
            .as_ref()
            .and_then(|options| options.get("settings"));
        self.send(Event::Initialize(
            Profile::new(&params),
            folders(&params),
            settings
                .cloned()
                .filter(|settings| *settings != Value::Null),
        ));
        Ok(profile::server())
    }

    async fn initialized(&self, _: InitializedParams) {
        self.send(Event::Initialized);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let paths = |folders: Vec<WorkspaceFolder>| {
            let folders = folders.into_iter();
            folders.filter_map(|folder| path_of(&folder.uri)).collect()
        };
        self.send(Event::FoldersChanged {
            added: paths(params.event.added),
            removed: paths(params.event.removed),
        });
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        let changes = params.changes.iter();
        let paths = changes.filter_map(|change| path_of(&change.uri));
        self.send(Event::FilesChanged(paths.collect()));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.send(Event::Settings(params.settings));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|reply| Question::CodeAction(params, reply)).await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        self.ask(|reply| Question::ResolveCodeAction(action, reply))
            .await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(|reply| Question::CodeLens(params, reply)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|reply| Question::Hover(params, reply)).await
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let at = params.text_document_position_params;
        self.ask(|reply| Question::Definition(at, reply)).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let at = params.text_document_position;
        let with_bindings = params.context.include_declaration;
        self.ask(|reply| Question::References(at, with_bindings, reply))
            .await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        self.ask(|reply| Question::Highlight(at, reply)).await
    }

    async fn prepare_rename(
        &self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        self.ask(|reply| Question::PrepareRename(at, reply)).await
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let at = params.text_document_position;
        self.ask(|reply| Question::Rename(at, params.new_name, reply))
            .await
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(|reply| Question::Symbols(params, reply)).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask(|reply| Question::InlayHints(params, reply)).await
    }

    async fn shutdown(&self) -> Result<()> {
        let (reply, answer) = Reply::channel();
        self.send(Event::Shutdown(reply));
        answer
            .await
            .unwrap_or_else(|_| Err(Error::internal_error()))
    }
}

/// The folders that the client has open.
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    if let Some(folders) = &params.workspace_folders {
        return folders
            .iter()
            .filter_map(|folder| path_of(&folder.uri))
            .collect();
    }
    #[expect(
        deprecated,
        reason = "Neovim before 0.10 and JupyterLab send nothing else"
    )]
    let root = params.root_uri.as_ref();
    root.and_then(path_of).into_iter().collect()
}

fn path_of(uri: &ls_types::Uri) -> Option<PathBuf> {
    Uri::from(uri.as_str()).to_file_path()
}
