//! What was found, ready to print: nothing here points into a notebook, so that notebooks can be dropped early.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::Analysis;
use crate::notebook::{Anchor, CellIdx, Notebook};
use crate::rule::{Finding, Fix, Group, Severity};
use crate::rules;
use crate::text::{LineColumn, LineIndex};

/// The findings of all files, in the order of their paths.
#[derive(Debug, Default)]
pub struct Report {
    /// How many notebooks were read.
    pub notebooks: usize,
    pub items: Vec<Item>,
    /// Whether hints that nobody asked for are shown.
    pub hints: bool,
}

/// One finding.
#[derive(Debug, Clone)]
pub struct Item {
    pub path: Arc<Path>,
    pub rule: &'static str,
    pub group: Group,
    pub severity: Severity,
    pub message: String,
    pub place: Place,
    pub related: Vec<(Place, String)>,
    pub fix: Option<Fix>,
    /// Whether the rule was selected by its name: then its hints are shown and counted as any finding.
    pub asked_for: bool,
}

/// Where something is, for a person.
#[derive(Debug, Clone)]
pub struct Place {
    pub cell: Option<CellIdx>,
    pub cell_id: Option<Arc<str>>,
    /// The count of `In [12]`.
    pub count: Option<u32>,
    pub start: LineColumn,
    /// One past the last character.
    pub end: LineColumn,
    /// The line that the place starts on; `None` outside cells.
    pub source: Option<String>,
    /// Whether it means certain characters, and not the cell as a whole.
    pub is_range: bool,
}

impl Report {
    /// Whether the text output shows the finding.
    pub fn shows(&self, item: &Item) -> bool {
        self.hints || item.counts()
    }

    /// Whether there is anything that a run should fail for.
    pub fn fails(&self) -> bool {
        self.items.iter().any(Item::counts)
    }
}

impl Item {
    pub fn new(path: &Arc<Path>, notebook: &Notebook, finding: &Finding, asked_for: bool) -> Self {
        let related = finding
            .related
            .iter()
            .map(|related| {
                let place = Place::new(notebook, related.anchor);
                (place, related.message.clone())
            })
            .collect();
        Self {
            path: Arc::clone(path),
            rule: finding.rule,
            group: rules::find(finding.rule).map_or(Group::State, |rule| rule.group),
            severity: finding.severity,
            message: finding.message.clone(),
            place: Place::new(notebook, finding.anchor),
            related,
            fix: finding.fix.clone(),
            asked_for,
        }
    }

    /// Whether the finding makes a run fail. A hint does not, unless its rule was asked for by name.
    pub fn counts(&self) -> bool {
        self.severity != Severity::Hint || self.asked_for
    }
}

impl Place {
    pub fn new(notebook: &Notebook, anchor: Anchor) -> Self {
        let top = LineColumn { line: 1, column: 1 };
        let index = anchor.cell();
        let Some(cell) = index.and_then(|index| notebook.cell(index)) else {
            let start = match anchor {
                Anchor::File(place) => place,
                _ => top,
            };
            return Self {
                cell: None,
                cell_id: None,
                count: None,
                start,
                end: start,
                source: None,
                is_range: false,
            };
        };
        let lines = LineIndex::new(&cell.text);
        let range = anchor.range_in(&cell.text);
        let start = lines.line_column(&cell.text, range.start());
        let line = lines.line_range(&cell.text, start.line - 1);
        Self {
            cell: index,
            cell_id: cell.id.clone(),
            count: cell.execution.count,
            start,
            end: lines.line_column(&cell.text, range.end()),
            source: Some(cell.text[line].to_owned()),
            is_range: matches!(anchor, Anchor::Range(..)),
        }
    }
}

/// The items of one analysed notebook.
pub fn items(path: PathBuf, analysis: &Analysis, asks_for: impl Fn(&str) -> bool) -> Vec<Item> {
    let path: Arc<Path> = path.into();
    analysis
        .findings()
        .map(|finding| Item::new(&path, analysis.notebook(), finding, asks_for(finding.rule)))
        .collect()
}
