//! Code actions: listed cheaply, resolved by computing them again.
//!
//! An action's `data` holds where and for which version it was offered, never the edit. Resolving
//! recomputes from the notebook of that moment; a cell that has moved on is refused with
//! `ContentModified`, so that no edit ever lands on a text it was not made for.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp::ls_types::{
    CodeAction, CodeActionContext, CodeActionDisabled, CodeActionKind, CodeActionOrCommand,
    CodeActionParams, CodeActionResponse, Diagnostic, NumberOrString,
};

use super::fix_all;
use crate::action::{Action, Choices, Offer};
use crate::actions;
use crate::lsp::documents::byte_range;
use crate::lsp::lower::{self, Lowered};
use crate::lsp::proto::{Range, Uri};
use crate::lsp::session::View;
use crate::notebook::{CellIdx, EditOp};
use crate::text::{LineIndex, TextRange};

/// `RequestFailed` of LSP 3.17: the request was right and could not be done.
pub const REQUEST_FAILED: ErrorCode = ErrorCode::ServerError(-32803);

/// What a client sends back to have an action resolved.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    action: String,
    uri: Uri,
    cell: Uri,
    range: Range,
    /// The version of the cell.
    version: i64,
    argument: Option<String>,
    /// What the person should choose before it is resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ask: Option<String>,
}

pub fn list(params: &CodeActionParams, cell: &Uri, view: View<'_>) -> Option<CodeActionResponse> {
    if !view.profile.action_literals {
        return None;
    }
    let place = Place::new(cell, lower::from_lsp(params.range), view)?;
    let project = view.project();
    let client = view.client();
    let offers = view
        .analysis
        .offers(place.index, place.bytes, client, &*project);
    let asks = view.profile.choices && view.profile.resolves();
    let offers = if asks { asking(offers) } else { offers };
    let actions = offers
        .into_iter()
        .filter_map(|(action, offer)| {
            let kind = kind_asked_for(action.kinds, offer.disabled.is_some(), &params.context)?;
            listed(
                Offered::One(action),
                kind,
                offer,
                &params.context,
                &place,
                view,
            )
        })
        .map(CodeActionOrCommand::CodeAction);
    let all = fix_all::KINDS
        .iter()
        .filter(|kind| asks_for(kind, &params.context));
    let all = all.filter_map(|kind| fix_all::offer(kind, place.index, view));
    let all = all.filter_map(|(kind, offer)| {
        listed(
            Offered::All(kind),
            kind,
            offer,
            &params.context,
            &place,
            view,
        )
    });
    Some(
        actions
            .chain(all.map(CodeActionOrCommand::CodeAction))
            .collect(),
    )
}

/// For a client that can ask: where one of an action's offers asks, it stands for all of them.
fn asking(offers: Vec<(&'static Action, Offer)>) -> Vec<(&'static Action, Offer)> {
    let asks = |action: &Action| {
        let mut own = offers.iter().filter(|(own, _)| own.name == action.name);
        own.any(|(_, offer)| offer.ask.is_some())
    };
    let kept: Vec<bool> = offers
        .iter()
        .map(|(action, offer)| offer.ask.is_some() || !asks(action))
        .collect();
    let offers = offers.into_iter().zip(kept).filter(|(_, kept)| *kept);
    let asked = |(action, mut offer): (&'static Action, Offer)| {
        if let Some(ask) = &offer.ask {
            offer.title.clone_from(&ask.title);
            if ask.possible {
                offer.disabled = None;
            }
        }
        (action, offer)
    };
    offers.map(|(offer, _)| asked(offer)).collect()
}

/// What a person may choose from for a listed action; `None` where its cell has changed since.
pub fn choices(data: &Value, view: View<'_>) -> Option<Choices> {
    let data = Data::deserialize(data).ok()?;
    let action = actions::find(&data.action)?;
    let place = Place::new(&data.cell, data.range, view)?;
    if place.version != data.version {
        return None;
    }
    let client = view.profile.client();
    let project = view.project();
    view.analysis
        .choices(action, place.index, place.bytes, client, &*project)
}

/// The cell that an action's data is about.
pub fn cell_of_data(data: &Value) -> Option<Uri> {
    Some(Data::deserialize(data).ok()?.cell)
}

/// The cell that an unresolved action is about.
pub fn cell_of(action: &CodeAction) -> Option<Uri> {
    cell_of_data(action.data.as_ref()?)
}

/// Computes what a listed action does now.
///
/// # Errors
/// Where it is none of ours, the notebook has moved on, or it cannot be done any more.
pub fn resolve(mut unresolved: CodeAction, view: View<'_>) -> Result<CodeAction> {
    let data = unresolved.data.as_ref().map(Data::deserialize);
    let Some(Ok(data)) = data else {
        return Err(Error::invalid_params(
            "the action has no data of this server",
        ));
    };
    let Some(action) = Offered::find(&data.action) else {
        return Err(Error::invalid_params(format!(
            "there is no action {}",
            data.action
        )));
    };
    let place = Place::new(&data.cell, data.range, view).ok_or_else(Error::content_modified)?;
    if place.version != data.version || *view.notebook != data.uri {
        return Err(Error::content_modified());
    }
    match carry_out(
        action,
        data.argument.as_deref(),
        &unresolved.title,
        &place,
        view,
    ) {
        Ok(lowered) => {
            fill(&mut unresolved, lowered);
            Ok(unresolved)
        }
        Err(reason) => Err(Error {
            code: REQUEST_FAILED,
            message: reason.into(),
            data: None,
        }),
    }
}

/// The selection of a request, in the engine's terms.
struct Place<'a> {
    cell: &'a Uri,
    range: Range,
    version: i64,
    index: CellIdx,
    bytes: TextRange,
}

impl<'a> Place<'a> {
    fn new(cell: &'a Uri, range: Range, view: View<'_>) -> Option<Self> {
        let document = view.documents.cell(cell)?;
        let index = CellIdx::new(document.position()?);
        let text = &view.analysis.notebook().cell(index)?.text;
        let (start, end) = (range.start.into(), range.end.into());
        Some(Self {
            cell,
            range,
            version: document.version,
            index,
            bytes: byte_range(&LineIndex::new(text), text, start, end),
        })
    }
}

/// What is carried out: an action, or all safe repairs.
#[derive(Clone, Copy)]
enum Offered {
    One(&'static Action),
    /// By its kind.
    All(&'static str),
}

impl Offered {
    fn find(name: &str) -> Option<Self> {
        let all = fix_all::KINDS.iter().find(|kind| **kind == name);
        let all = all.map(|kind| Self::All(kind));
        all.or_else(|| actions::find(name).map(Self::One))
    }

    fn name(self) -> &'static str {
        match self {
            Self::One(action) => action.name,
            Self::All(kind) => kind,
        }
    }
}

fn listed(
    action: Offered,
    kind: &'static str,
    offer: Offer,
    context: &CodeActionContext,
    place: &Place<'_>,
    view: View<'_>,
) -> Option<CodeAction> {
    let mut listed = CodeAction {
        title: offer.title,
        kind: Some(CodeActionKind::from(kind)),
        diagnostics: offer.repairs.map(|rule| repaired(rule, context)),
        // A client may pick the preferred one by itself.
        is_preferred: (offer.preferred && offer.disabled.is_none()).then_some(true),
        ..CodeAction::default()
    };
    let mut disabled = offer.disabled;
    if disabled.is_none() && !view.profile.resolves() {
        match carry_out(
            action,
            offer.argument.as_deref(),
            &listed.title,
            place,
            view,
        ) {
            Ok(lowered) => fill(&mut listed, lowered),
            Err(reason) => disabled = Some(reason),
        }
    }
    // Disabled ones have it, too: who looks for an action by its name finds the reason.
    if disabled.is_some() || view.profile.resolves() {
        let data = Data {
            action: action.name().into(),
            uri: view.notebook.clone(),
            cell: place.cell.clone(),
            range: place.range,
            version: place.version,
            argument: offer.argument,
            ask: offer
                .ask
                .filter(|_| view.profile.choices)
                .map(|ask| ask.what.to_owned()),
        };
        listed.data = serde_json::to_value(data).ok();
    }
    if let Some(reason) = disabled {
        if !view.profile.disabled_actions {
            return None;
        }
        listed.disabled = Some(CodeActionDisabled { reason });
    }
    Some(listed)
}

/// Whether a client that may ask for some kinds only asks for this one. A kind stands for all
/// below it (`refactor` for `refactor.extract.function`), and the empty kind for every one.
fn asked_for(kind: &str, context: &CodeActionContext) -> bool {
    let Some(only) = &context.only else {
        return true;
    };
    only.iter().any(|asked| {
        let asked = asked.as_str();
        asked.is_empty()
            || kind
                .strip_prefix(asked)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether a client names this kind or one above it: what a menu does not show is offered to nobody else.
fn asks_for(kind: &str, context: &CodeActionContext) -> bool {
    context.only.is_some() && asked_for(kind, context)
}

/// The first kind that was asked for. What is asked for by a source kind is carried out unseen, so
/// nobody is told there why it cannot be done.
fn kind_asked_for(
    kinds: &[&'static str],
    is_disabled: bool,
    context: &CodeActionContext,
) -> Option<&'static str> {
    let is_source = |kind: &str| kind.starts_with("source") || kind.starts_with("notebook.source");
    kinds
        .iter()
        .copied()
        .filter(|kind| !(is_disabled && is_source(kind)))
        .find(|kind| asked_for(kind, context))
}

/// The client's own diagnostics that an action repairs: it compares them with those it shows.
fn repaired(rule: &str, context: &CodeActionContext) -> Vec<Diagnostic> {
    let ours = context.diagnostics.iter().filter(|diagnostic| {
        diagnostic.source.as_deref() == Some("cellwise")
            && matches!(&diagnostic.code, Some(NumberOrString::String(code)) if code == rule)
    });
    ours.cloned().collect()
}

fn carry_out(
    action: Offered,
    argument: Option<&str>,
    title: &str,
    place: &Place<'_>,
    view: View<'_>,
) -> std::result::Result<Lowered, String> {
    let edit = match action {
        Offered::All(kind) => fix_all::edit(kind, place.index, view),
        Offered::One(action) => view.analysis.edit(
            action,
            argument,
            place.index,
            place.bytes,
            view.client(),
            &*view.project(),
        ),
    };
    let edit = edit.map_err(|refusal| refusal.0)?;
    let creates = |op: &EditOp| matches!(op, EditOp::CreateFile { .. });
    if edit.ops.iter().any(creates) {
        view.workspace.forget_modules();
    }
    lower::lower(&edit, title, view)
}

fn fill(action: &mut CodeAction, lowered: Lowered) {
    match lowered {
        Lowered::Edit(edit) => action.edit = Some(edit),
        Lowered::Command(command) => action.command = Some(command),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(kinds: &[&'static str]) -> CodeActionContext {
        CodeActionContext {
            only: Some(
                kinds
                    .iter()
                    .map(|&kind| CodeActionKind::from(kind))
                    .collect(),
            ),
            ..CodeActionContext::default()
        }
    }

    #[test]
    fn an_action_is_listed_under_the_kind_that_was_asked_for() {
        let kinds = ["refactor.rewrite", "notebook.source.organizeImports"];
        let listed = |disabled, context| kind_asked_for(&kinds, disabled, &context);
        assert_eq!(
            listed(false, CodeActionContext::default()),
            Some("refactor.rewrite")
        );
        let on_save = || only(&["notebook.source.organizeImports"]);
        assert_eq!(
            listed(false, on_save()),
            Some("notebook.source.organizeImports")
        );
        assert_eq!(listed(true, on_save()), None);
        assert_eq!(listed(false, only(&["quickfix"])), None);
    }

    #[test]
    fn a_kind_stands_for_those_below_it() {
        let extract = "refactor.extract.function";
        assert!(asked_for(extract, &CodeActionContext::default()));
        assert!(asked_for(extract, &only(&["refactor"])));
        assert!(asked_for(extract, &only(&["quickfix", "refactor.extract"])));
        assert!(asked_for(extract, &only(&[""])));
        assert!(!asked_for(extract, &only(&["refactor.ext"])));
        assert!(!asked_for(extract, &only(&[])));
        assert!(asked_for(
            "notebook.source.organizeImports",
            &only(&["notebook.source"])
        ));
        assert!(!asked_for(
            "notebook.source.organizeImports",
            &only(&["source"])
        ));
    }
}
