//! Code lenses: above a cell, what it needs and who uses it; and what to run where it is out of date.

use serde_json::{Value, json};
use tower_lsp::ls_types::{CodeLens, Command};

use super::navigate;
use crate::lsp::lower;
use crate::lsp::proto::{Range, Uri};
use crate::lsp::session::View;
use crate::notebook::CellIdx;
use crate::text::TextRange;
use crate::view::relations;

const SHOW_GRAPH: &str = "cellwise.showGraph";
const RUN_CELLS: &str = "cellwise.runCells";

pub fn list(cell: &Uri, view: View<'_>) -> Option<Vec<CodeLens>> {
    let index = CellIdx::new(view.documents.cell(cell)?.position()?);
    let at = navigate::range(index, TextRange::empty(0.into()), view);
    let mut lenses = Vec::new();
    let to_run = relations::to_run(view.analysis, index);
    if view.profile.run_cells && !to_run.is_empty() {
        let numbers = relations::numbers(view.analysis, &to_run);
        let cells = to_run.iter().filter_map(|&cell| named(cell, view));
        let argument = json!({
            "notebook": {"uri": view.notebook, "version": view.document.version},
            "cells": cells.collect::<Vec<Value>>(),
        });
        lenses.push(lens(
            at,
            format!("stale: run {numbers}"),
            RUN_CELLS,
            argument,
        ));
    }
    if let Some(relations) = relations::sentence(view.analysis, index) {
        // Without a command a lens is only read.
        let command = if view.profile.graph { SHOW_GRAPH } else { "" };
        let argument = json!({"notebook": view.notebook, "cell": index.0});
        lenses.push(lens(at, relations, command, argument));
    }
    Some(lenses)
}

fn lens(at: Range, title: String, command: &str, argument: Value) -> CodeLens {
    CodeLens {
        range: lower::to_lsp(at),
        command: Some(Command {
            title,
            command: command.into(),
            arguments: (!command.is_empty()).then(|| vec![argument]),
        }),
        data: None,
    }
}

/// A cell as a command names it.
fn named(cell: CellIdx, view: View<'_>) -> Option<Value> {
    let uri = view.document.order.get(cell.to_usize())?;
    let version = view.documents.cell(uri)?.version;
    Some(json!({"uri": uri, "index": cell.0, "version": version}))
}
