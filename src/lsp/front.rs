//! What tower-lsp calls. One line a method: send the event before the first await, hold no state.

use std::sync::mpsc;

use serde_json::Value;
use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, DidChangeConfigurationParams, Hover,
    HoverParams, InitializeParams, InitializeResult, InitializedParams,
};

use super::event::{Event, Reply};
use super::profile::{self, Profile};

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

    async fn ask<T>(&self, event: impl FnOnce(Reply<T>) -> Event) -> Result<T> {
        let (reply, answer) = Reply::channel();
        self.send(event(reply));
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
            settings
                .cloned()
                .filter(|settings| *settings != Value::Null),
        ));
        Ok(profile::server())
    }

    async fn initialized(&self, _: InitializedParams) {}

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.send(Event::Settings(params.settings));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|reply| Event::CodeAction(params, reply)).await
    }

    async fn code_action_resolve(&self, action: CodeAction) -> Result<CodeAction> {
        self.ask(|reply| Event::ResolveCodeAction(action, reply))
            .await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|reply| Event::Hover(params, reply)).await
    }

    async fn shutdown(&self) -> Result<()> {
        self.ask(Event::Shutdown).await
    }
}
