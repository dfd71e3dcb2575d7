//! Files that hold a notebook: one file below `format/` for each format.

pub mod percent;

use std::sync::Arc;

use serde_json::Value;

use crate::notebook::{Anchor, Cell, CellKind, Execution, Notebook, Problem, ProblemKind};

/// Reads a notebook from a file's bytes.
///
/// Parsing never fails: what is wrong stands in [`Notebook::problems`], and the cells are
/// what could be read all the same.
// A stand-in, so that the command line can be tested: branch `format` brings the real one.
pub fn parse(bytes: &[u8]) -> Notebook {
    let Ok(file) = serde_json::from_slice::<Value>(bytes) else {
        return Notebook {
            problems: [Problem {
                kind: ProblemKind::Unreadable,
                anchor: Anchor::Notebook,
                message: "this is no notebook".to_owned(),
            }]
            .into(),
            ..Notebook::default()
        };
    };
    let cells = file["cells"].as_array().into_iter().flatten();
    Notebook {
        cells: cells
            .map(|cell| {
                let kind = match cell["cell_type"].as_str() {
                    Some("code") => CellKind::Code,
                    _ => CellKind::Markdown,
                };
                let mut read = Cell::new(kind, cell["source"].as_str().unwrap_or_default());
                read.id = cell["id"].as_str().map(Into::into);
                read.execution = Execution::with_count(cell["execution_count"].as_i64());
                Arc::new(read)
            })
            .collect(),
        ..Notebook::default()
    }
}
