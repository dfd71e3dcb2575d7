//! What a code action is.

use crate::notebook::{Anchor, CellIdx, Edit};
use crate::project::Project;
use crate::rule::{Context, Finding, Fix};
use crate::text::TextRange;

/// One action. Each stands in a file of its own below `actions/`, listed in [`crate::actions::ALL`].
#[derive(Debug)]
pub struct Action {
    /// Its name on the wire (`data.action`): `extract-cell-to-function`.
    pub name: &'static str,
    /// Its LSP kinds: `refactor.extract.function`. An offer is listed under the first that was asked for.
    pub kinds: &'static [&'static str],
    /// What it could do at a place. Cheap: this runs whenever a cursor moves.
    pub offer: fn(&ActionContext<'_>) -> Vec<Offer>,
    /// What it does there, for one of its own offers.
    pub apply: fn(&ActionContext<'_>, argument: Option<&str>) -> Result<Edit, Refusal>,
    /// The source of the action's file; its `//!` header is the manual page. See [`crate::docs`].
    pub source: &'static str,
}

/// Where a person stands when asking for actions.
#[derive(Clone, Copy)]
pub struct ActionContext<'a> {
    pub all: Context<'a>,
    pub cell: CellIdx,
    /// The selected bytes of the cell's text; empty for a cursor.
    pub range: TextRange,
    /// The findings that touch the range.
    pub findings: &'a [&'a Finding],
    pub client: Client,
    /// The files around the notebook.
    pub project: &'a dyn Project,
    /// Whether only it matters that an edit can be made. Nobody will see it, so it need not be laid out.
    pub is_trial: bool,
}

impl<'a> ActionContext<'a> {
    /// The findings here that name this action as their repair, each with what it says of it.
    pub fn repairs(&self, action: &str) -> impl Iterator<Item = (&'a Finding, &'a Fix)> {
        let findings = self.findings.iter().copied();
        let fixes = findings.filter_map(|finding| Some((finding, finding.fix.as_ref()?)));
        fixes.filter(move |(_, fix)| fix.action == action)
    }

    /// The findings of a rule here that stand at a place in the cell, each with that place.
    pub fn places(&self, rule: &str) -> impl Iterator<Item = (&'a Finding, TextRange)> {
        let findings = self.findings.iter().copied();
        let own = findings.filter(move |finding| finding.rule == rule);
        own.filter_map(|finding| match finding.anchor {
            Anchor::Range(_, range) => Some((finding, range)),
            _ => None,
        })
    }
}

/// What whoever asked can do with an edit. A form that a client cannot carry out is never offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// It can insert, move and remove cells.
    pub cell_structure: bool,
    /// It can create and change other files.
    pub files: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What a menu shows: "Extract cell to function `load_prices`".
    pub title: String,
    /// Why it cannot be done here, for a person; such an offer is listed and not carried out.
    pub disabled: Option<String>,
    /// What tells this offer from the action's others at the same place.
    pub argument: Option<String>,
    /// The rule whose finding it repairs.
    pub repairs: Option<&'static str>,
    /// Whether it is the repair most people want.
    pub preferred: bool,
    /// What a person may choose instead of what this offer does by itself. Of the action's offers at a
    /// place the first asks, and stands for the others where the client can ask.
    pub ask: Option<Ask>,
}

/// A choice that a person has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// What is chosen, as `data.ask` says it: `module`.
    pub what: &'static str,
    /// What a menu shows before anything is chosen: "Move `clean` to a module…".
    pub title: String,
    /// Whether another choice may work where this offer is disabled.
    pub possible: bool,
}

/// What a person may choose from, where an offer [asks](Ask).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// The proposed one first.
    pub targets: Vec<Choice>,
    pub definitions: Vec<Choosable>,
    /// What an empty field shows.
    pub placeholder: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The action's argument.
    pub argument: String,
    pub label: String,
    pub description: String,
    /// Whether the file is yet to be created.
    pub is_new: bool,
}

/// A definition that may go along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choosable {
    pub name: String,
    pub cell: CellIdx,
    /// Whether the person stands on it.
    pub selected: bool,
}

impl Offer {
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            disabled: None,
            argument: None,
            repairs: None,
            preferred: false,
            ask: None,
        }
    }

    /// An offer to do what a finding says of its repair.
    pub fn repair(finding: &Finding, fix: &Fix) -> Self {
        Self {
            argument: fix.argument.clone(),
            repairs: Some(finding.rule),
            ..Self::new(fix.title.clone())
        }
    }
}

/// Why an action does not do it: a sentence a person understands, which names cells and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl<T: Into<String>> From<T> for Refusal {
    fn from(reason: T) -> Self {
        Self(reason.into())
    }
}
