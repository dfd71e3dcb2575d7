//! The cells of a notebook and who takes what from whom, as a picture shows them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::outline;
use super::tally::Tally;
use crate::analysis::graph::Lack;
use crate::analysis::order;
use crate::engine::Analysis;
use crate::notebook::{CellIdx, CellKind};

/// One cell. What it is called in an editor is the editor's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    pub index: u32,
    pub kind: &'static str,
    /// Plain text from the notebook.
    pub title: String,
    pub execution_count: Option<u32>,
    pub state: &'static str,
    /// The names that the cell leaves bound.
    pub binds: Vec<String>,
    pub findings: Tally,
    pub worst: Option<&'static str>,
}

/// `to` reads `names`, which `from` binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    pub from: u32,
    pub to: u32,
    pub names: Vec<String>,
    /// `from` stands below `to`, so that a run from the top fails there.
    pub backward: bool,
}

/// The findings of most notebooks are few, so everything but the links is copied.
pub fn node(analysis: &Analysis, cell: CellIdx) -> Option<Node> {
    let own = analysis.notebook().cell(cell)?;
    let findings = Tally::of(analysis.cell_findings(cell));
    let bound = analysis.link().facts(cell).bound_names();
    Some(Node {
        index: cell.0,
        kind: if own.kind == CellKind::Code {
            "code"
        } else {
            "markup"
        },
        title: outline::title(own),
        execution_count: own.execution.count,
        state: analysis.overview().freshness(cell).name(),
        binds: bound.map(|(name, _)| name.to_string()).collect(),
        findings,
        worst: findings.worst().map(crate::rule::Severity::name),
    })
}

/// The links of all cells, by the cell that binds and then by the cell that reads.
pub fn edges(analysis: &Analysis) -> Vec<Edge> {
    let link = analysis.link();
    let mut edges: BTreeMap<(CellIdx, CellIdx, bool), Vec<String>> = BTreeMap::new();
    let mut add = |from: CellIdx, to: CellIdx, name: &str| {
        let names = edges.entry((from, to, from > to)).or_default();
        if from != to && !names.iter().any(|own| own == name) {
            names.push(name.to_owned());
        }
    };
    for (cell, _) in analysis.notebook().indexed() {
        for source in link.sources(cell) {
            add(source.cell, cell, &source.name);
        }
        for need in link.needs(cell) {
            if let Lack::Later { cell: binder, .. } = need.lack {
                add(binder, cell, &need.name);
            }
        }
    }
    let edges = edges.into_iter().filter(|(_, names)| !names.is_empty());
    edges
        .map(|((from, to, backward), names)| Edge {
            from: from.0,
            to: to.0,
            names,
            backward,
        })
        .collect()
}

/// Finding an order takes time that grows faster than the notebook; a picture must not wait for it.
const MOST_ORDERED: usize = 1_000;

/// The order into which `order-cells` would bring the cells; `None` where there is nothing to
/// order, no order that is certain, or too much to order.
pub fn order(analysis: &Analysis) -> Option<Vec<u32>> {
    let is_large = analysis.notebook().cells.len() > MOST_ORDERED;
    if is_large || analysis.overview().runs_from_top() {
        return None;
    }
    let plan = order::plan(analysis.notebook(), analysis.link()).ok()?;
    let is_new = !plan.moved.is_empty();
    is_new.then(|| plan.order.iter().map(|cell| cell.0).collect())
}
