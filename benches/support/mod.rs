//! Notebooks for measurements, made of `cells.py.txt`; `notebooks.py` makes the same for the comparison.

use std::sync::Arc;

use cellwise::notebook::{Cell, CellKind, Notebook};

const TEMPLATE: &str = include_str!("cells.py.txt");

/// The texts of `count` cells: an import cell, then sections that use it, the one before and themselves.
/// Nothing is wrong with them.
pub fn cells(count: usize) -> Vec<(CellKind, String)> {
    let blocks = TEMPLATE.strip_prefix("# %%").unwrap_or_default();
    let blocks: Vec<(&str, &str)> = blocks
        .split("\n# %%")
        .filter_map(|block| block.split_once('\n'))
        .collect();
    let (first, section) = blocks.split_first().expect("the template has cells");
    let first = (CellKind::Code, first.1.to_owned());
    let repeated = (1..).flat_map(|k| {
        section.iter().map(move |(mark, text)| {
            let kind = match mark.trim() {
                "[markdown]" => CellKind::Markdown,
                _ => CellKind::Code,
            };
            let text = text.replace("@k", &format!("{k}"));
            (kind, text.trim_end().replace("@p", &format!("{}", k - 1)))
        })
    });
    std::iter::once(first).chain(repeated).take(count).collect()
}

pub fn notebook(count: usize) -> Notebook {
    let cells = cells(count).into_iter();
    Notebook {
        cells: cells
            .map(|(kind, text)| Arc::new(Cell::new(kind, text)))
            .collect(),
        ..Notebook::default()
    }
}
