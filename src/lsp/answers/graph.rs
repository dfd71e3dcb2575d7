//! `cellwise/graph`: the cells of a notebook and who takes what from whom.

use serde::Serialize;

use crate::lsp::proto::Uri;
use crate::lsp::session::View;
use crate::notebook::CellIdx;
use crate::view::graph::{self, Edge, Node};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Graph {
    notebook: Uri,
    version: i64,
    cells: Vec<Cell>,
    edges: Vec<Edge>,
    runs_from_top: bool,
    order: Option<Vec<u32>>,
}

#[derive(Debug, Serialize)]
struct Cell {
    uri: Uri,
    #[serde(flatten)]
    node: Node,
}

pub fn graph(view: View<'_>) -> Graph {
    let cells = view.document.order.iter().enumerate();
    let cells = cells.filter_map(|(position, uri)| {
        let node = graph::node(view.analysis, CellIdx::new(position))?;
        let uri = uri.clone();
        Some(Cell { uri, node })
    });
    Graph {
        notebook: view.notebook.clone(),
        version: view.document.version,
        cells: cells.collect(),
        edges: graph::edges(view.analysis),
        runs_from_top: view.analysis.overview().runs_from_top(),
        order: graph::order(view.analysis),
    }
}
