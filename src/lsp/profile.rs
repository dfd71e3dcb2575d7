//! What the client can do and what the server offers, settled once at `initialize`.

use serde_json::json;
use tower_lsp::ls_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions,
    HoverProviderCapability, InitializeParams, InitializeResult, Notebook, NotebookCellSelector,
    NotebookDocumentSyncOptions, NotebookSelector, OneOf, PositionEncodingKind, RenameOptions,
    ResourceOperationKind, SaveOptions, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions,
    WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use crate::action::Client;
use crate::actions;
use crate::analysis::secrets;
use crate::lsp::answers::fix_all;

/// Every capability and quirk of a client as one bool. What a client does not say, it cannot.
#[derive(Debug, Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fact about the client"
)]
pub struct Profile {
    /// `initializationOptions.notebookEdits`: one of our own editor extensions, which carries out
    /// the command `cellwise.applyNotebookEdit`. LSP itself has no way to insert or move a cell.
    pub notebook_edits: bool,
    /// `initializationOptions.runCells`: it carries out the command `cellwise.runCells`.
    pub run_cells: bool,
    /// `initializationOptions.choices`: it asks the person where an action leaves a choice.
    pub choices: bool,
    /// `initializationOptions.status`: it takes `cellwise/status`.
    pub status: bool,
    /// `initializationOptions.graph`: it draws the notebook, by `cellwise.showGraph`, and takes
    /// `cellwise/graphChanged`.
    pub graph: bool,
    /// `initializationOptions.outputs`: it tells about outputs by `cellwise/outputs`.
    pub outputs: bool,
    /// `workspace.workspaceEdit.documentChanges`: edits may name the version they are meant for.
    /// Neovim accepts them without saying so, which costs it the check of the version only.
    pub document_changes: bool,
    /// `workspace.workspaceEdit.resourceOperations` has `create`.
    pub create_files: bool,
    /// `textDocument.codeAction.disabledSupport`: it shows what cannot be done and why.
    pub disabled_actions: bool,
    /// `textDocument.codeAction.codeActionLiteralSupport`: without it only commands are understood.
    pub action_literals: bool,
    /// `textDocument.codeAction.dataSupport` and `edit` among `resolveSupport.properties`:
    /// edits can be computed when an action is chosen.
    pub resolves_edits: bool,
    /// `command` among `resolveSupport.properties`. VS Code 1.100 has `edit` alone, 1.139 both.
    pub resolves_commands: bool,
    /// `textDocument.publishDiagnostics.relatedInformation`. JupyterLab shows none: there the
    /// message has to be enough.
    pub related_information: bool,
    /// `textDocument.publishDiagnostics.codeDescriptionSupport`: a rule's name is a link.
    pub code_description: bool,
    /// `workspace.configuration`. Never used while somebody types: the answer would hold up the edit.
    pub configuration: bool,
    /// `workspace.codeLens.refreshSupport`: it can be told to ask for lenses again.
    pub lens_refresh: bool,
    /// `workspace.inlayHint.refreshSupport`: the same for inlay hints.
    pub hint_refresh: bool,
    /// `workspace.didChangeWatchedFiles.dynamicRegistration`: it watches files where it is asked to.
    pub watches_files: bool,
    /// `window.workDoneProgress`.
    pub progress: bool,
    /// `notebookDocument.synchronization.executionSummarySupport`. `ls-types` 0.0.6 names it
    /// `executionSummaryReport` and so never finds it; nothing depends on it, as what is sent is read.
    pub notebook_sync: bool,
}

impl Profile {
    pub fn new(params: &InitializeParams) -> Self {
        let options = params.initialization_options.as_ref();
        let promises = |name: &str| {
            let promise = options.and_then(|options| options.get(name));
            promise.and_then(serde_json::Value::as_bool) == Some(true)
        };
        let capabilities = &params.capabilities;
        let workspace = capabilities.workspace.as_ref();
        let documents = capabilities.text_document.as_ref();
        let edit = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let action = documents.and_then(|documents| documents.code_action.as_ref());
        let diagnostics = documents.and_then(|documents| documents.publish_diagnostics.as_ref());
        let resolves = |property: &str| {
            action
                .and_then(|action| action.resolve_support.as_ref())
                .is_some_and(|resolve| resolve.properties.iter().any(|own| own == property))
        };
        let keeps_data = action.and_then(|action| action.data_support) == Some(true);
        Self {
            notebook_edits: promises("notebookEdits"),
            run_cells: promises("runCells"),
            choices: promises("choices"),
            status: promises("status"),
            graph: promises("graph"),
            outputs: promises("outputs"),
            document_changes: edit.and_then(|edit| edit.document_changes) == Some(true),
            create_files: edit
                .and_then(|edit| edit.resource_operations.as_ref())
                .is_some_and(|kinds| kinds.contains(&ResourceOperationKind::Create)),
            disabled_actions: action.and_then(|action| action.disabled_support) == Some(true),
            action_literals: action
                .is_some_and(|action| action.code_action_literal_support.is_some()),
            resolves_edits: keeps_data && resolves("edit"),
            resolves_commands: keeps_data && resolves("command"),
            related_information: diagnostics.and_then(|own| own.related_information) == Some(true),
            code_description: diagnostics.and_then(|own| own.code_description_support)
                == Some(true),
            configuration: workspace.and_then(|workspace| workspace.configuration) == Some(true),
            lens_refresh: workspace
                .and_then(|workspace| workspace.code_lens.as_ref())
                .and_then(|lenses| lenses.refresh_support)
                == Some(true),
            hint_refresh: workspace
                .and_then(|workspace| workspace.inlay_hint.as_ref())
                .and_then(|hints| hints.refresh_support)
                == Some(true),
            watches_files: workspace
                .and_then(|workspace| workspace.did_change_watched_files)
                .and_then(|watching| watching.dynamic_registration)
                == Some(true),
            progress: capabilities
                .window
                .as_ref()
                .and_then(|window| window.work_done_progress)
                == Some(true),
            notebook_sync: capabilities.notebook_document.is_some(),
        }
    }

    /// What the engine needs to know.
    pub fn client(self) -> Client {
        Client {
            cell_structure: self.notebook_edits,
            files: self.notebook_edits || (self.document_changes && self.create_files),
        }
    }

    /// Whether everything an action does can be left out of the list and asked for later.
    pub fn resolves(self) -> bool {
        self.resolves_edits && (self.resolves_commands || !self.notebook_edits)
    }
}

/// What the server offers; the same to every client.
pub fn server() -> InitializeResult {
    let mut kinds: Vec<&'static str> = actions::ALL
        .iter()
        .flat_map(|action| action.kinds.iter().copied())
        .collect();
    kinds.extend(fix_all::KINDS);
    kinds.sort_unstable();
    kinds.dedup();
    InitializeResult {
        capabilities: ServerCapabilities {
            // The one encoding that LSP makes mandatory, and the only one of VS Code and JupyterLab.
            position_encoding: Some(PositionEncodingKind::UTF16),
            text_document_sync: Some(TextDocumentSyncCapability::Options(
                TextDocumentSyncOptions {
                    open_close: Some(true),
                    change: Some(TextDocumentSyncKind::INCREMENTAL),
                    save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions {
                        include_text: Some(false),
                    })),
                    ..TextDocumentSyncOptions::default()
                },
            )),
            notebook_document_sync: Some(OneOf::Left(NotebookDocumentSyncOptions {
                notebook_selector: vec![every_cell_of("jupyter-notebook"), every_cell_of("*")],
                save: Some(true),
            })),
            code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(kinds.into_iter().map(CodeActionKind::from).collect()),
                resolve_provider: Some(true),
                work_done_progress_options: WorkDoneProgressOptions::default(),
            })),
            code_lens_provider: Some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            experimental: Some(json!({"cellwise": {"secretMarks": secrets::marks()}})),
            definition_provider: Some(OneOf::Left(true)),
            references_provider: Some(OneOf::Left(true)),
            document_highlight_provider: Some(OneOf::Left(true)),
            rename_provider: Some(OneOf::Right(RenameOptions {
                prepare_provider: Some(true),
                work_done_progress_options: WorkDoneProgressOptions::default(),
            })),
            document_symbol_provider: Some(OneOf::Left(true)),
            inlay_hint_provider: Some(OneOf::Left(true)),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                    supported: Some(true),
                    change_notifications: Some(OneOf::Left(true)),
                }),
                file_operations: None,
            }),
            hover_provider: Some(HoverProviderCapability::Simple(true)),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: env!("CARGO_PKG_NAME").into(),
            version: Some(env!("CARGO_PKG_VERSION").into()),
        }),
        offset_encoding: None,
    }
}

/// A client sends the cells that a selector names and no others, so a notebook with an R cell would
/// arrive with a hole in it. `*` is every language in VS Code, both where it chooses the cells and
/// where it chooses whose keystrokes to send; the languages are named too for clients that compare.
///
/// The notebook is named by its type alone: a scheme would leave out jupynvim (`jupynvim:/…`), and
/// `ls-types` 0.0.6 writes a filter by type with a key that clients do not know (`notebook_type`).
fn every_cell_of(notebook_type: &str) -> NotebookSelector {
    let cells = ["*", "python", "markdown", "raw"].map(|language| NotebookCellSelector {
        language: language.into(),
    });
    NotebookSelector::ByNotebook {
        notebook: Notebook::String(notebook_type.into()),
        cells: Some(cells.into()),
    }
}
