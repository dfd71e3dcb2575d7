//! `cellwise/targets`: what a person may choose from before an action is resolved.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::code_action;
use crate::action::Choices;
use crate::lsp::proto::Uri;
use crate::lsp::session::View;

/// The parameters: the `data` of a listed action.
#[derive(Debug, Deserialize)]
pub struct Params {
    pub data: Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    targets: Vec<Target>,
    definitions: Vec<Definition>,
    placeholder: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    argument: String,
    label: String,
    description: String,
    is_new: bool,
}

#[derive(Debug, Serialize)]
struct Definition {
    name: String,
    cell: u32,
    selected: bool,
}

impl Params {
    /// The cell that the action is about.
    pub fn cell(&self) -> Option<Uri> {
        code_action::cell_of_data(&self.data)
    }
}

/// `None` where the action asks nothing there, or the cell has changed since.
pub fn list(params: &Params, view: View<'_>) -> Option<Targets> {
    code_action::choices(&params.data, view).map(Targets::from)
}

impl From<Choices> for Targets {
    fn from(choices: Choices) -> Self {
        let targets = choices.targets.into_iter().map(|own| Target {
            argument: own.argument,
            label: own.label,
            description: own.description,
            is_new: own.is_new,
        });
        let definitions = choices.definitions.into_iter().map(|own| Definition {
            name: own.name,
            cell: own.cell.0,
            selected: own.selected,
        });
        Self {
            targets: targets.collect(),
            definitions: definitions.collect(),
            placeholder: choices.placeholder,
        }
    }
}
