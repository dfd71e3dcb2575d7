//! What was found, ready to print: nothing here points into a notebook, so that notebooks can be dropped early.

mod fingerprint;
mod in_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use fingerprint::Fingerprint;
pub use in_file::InFile;

use crate::analysis::secrets::{self, Masked};
use crate::engine::Analysis;
use crate::notebook::{Anchor, Cell, CellIdx, Notebook};
use crate::project::Project;
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
    /// How many findings the baseline took out.
    pub known: usize,
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
    pub fingerprint: Fingerprint,
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
    /// The line that the place starts on, with secrets masked; `None` outside cells.
    pub source: Option<String>,
    /// Whether it means certain characters, and not the cell as a whole.
    pub is_range: bool,
    /// First character and one past the last, in the notebook's file; `None` where that was not asked for
    /// or cannot be told.
    pub in_file: Option<(LineColumn, LineColumn)>,
}

impl Report {
    /// The findings that are shown, which are those that outputs for people and for code review print.
    pub fn shown(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| self.shows(item))
    }

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
                let shown = Shown::new(notebook, related.anchor);
                let place = Place::new(shown.as_ref(), related.anchor);
                (place, related.message.clone())
            })
            .collect();
        let shown = Shown::new(notebook, finding.anchor);
        Self {
            path: Arc::clone(path),
            rule: finding.rule,
            group: rules::find(finding.rule).map_or(Group::State, |rule| rule.group),
            severity: finding.severity,
            message: finding.message.clone(),
            place: Place::new(shown.as_ref(), finding.anchor),
            related,
            fix: finding.fix.clone(),
            asked_for,
            fingerprint: fingerprint(shown.as_ref(), finding),
        }
    }

    /// The path with `/`, as CI systems want it on all systems. Characters that are no UTF-8 are replaced.
    pub fn slash_path(&self) -> String {
        let path = self.path.to_string_lossy();
        if std::path::MAIN_SEPARATOR == '/' {
            path.into_owned()
        } else {
            path.replace(std::path::MAIN_SEPARATOR, "/")
        }
    }

    /// The message with the place in the notebook before it, for who shows only a place in the file.
    pub fn placed_message(&self) -> String {
        match self.place.cell {
            Some(cell) => format!("{cell}, line {}: {}", self.place.start.line, self.message),
            None => self.message.clone(),
        }
    }

    /// Whether the finding makes a run fail. A hint does not, unless its rule was asked for by name.
    pub fn counts(&self) -> bool {
        self.severity != Severity::Hint || self.asked_for
    }
}

/// A cell of which lines are shown.
struct Shown<'n> {
    cell: &'n Cell,
    lines: LineIndex,
    masked: Masked<'n>,
}

impl<'n> Shown<'n> {
    fn new(notebook: &'n Notebook, anchor: Anchor) -> Option<Self> {
        let cell = notebook.cell(anchor.cell()?)?;
        Some(Self {
            cell,
            lines: LineIndex::new(&cell.text),
            masked: Masked::new(&cell.text),
        })
    }

    /// The 0-based line, with secrets masked.
    fn line(&self, line: u32) -> String {
        self.masked
            .part(self.lines.line_range(&self.cell.text, line))
    }
}

impl Place {
    fn new(shown: Option<&Shown<'_>>, anchor: Anchor) -> Self {
        let top = LineColumn { line: 1, column: 1 };
        let Some(shown) = shown else {
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
                in_file: matches!(anchor, Anchor::File(_)).then_some((start, start)),
            };
        };
        let Shown { cell, lines, .. } = shown;
        let range = anchor.range_in(&cell.text);
        let start = lines.line_column(&cell.text, range.start());
        Self {
            cell: anchor.cell(),
            cell_id: cell.id.as_deref().map(|id| secrets::hidden(id).into()),
            count: cell.execution.count,
            start,
            end: lines.line_column(&cell.text, range.end()),
            source: Some(shown.line(start.line - 1)),
            is_range: matches!(anchor, Anchor::Range(..)),
            in_file: None,
        }
    }

    /// First and last line in the notebook's file; its first where nothing is known.
    pub fn file_lines(&self) -> (u32, u32) {
        self.in_file
            .map_or((1, 1), |(start, end)| (start.line, end.line))
    }
}

/// Of what stands in the line of the finding and in those beside it.
fn fingerprint(shown: Option<&Shown<'_>>, finding: &Finding) -> Fingerprint {
    let Some(shown) = shown else {
        // A message about a file may count its lines.
        let message = finding.message.replace(|c: char| c.is_ascii_digit(), "");
        return Fingerprint::of([finding.rule, &message]);
    };
    let range = finding.anchor.range_in(&shown.cell.text);
    let line = shown.lines.line_of(range.start());
    let beside = [line.checked_sub(1), Some(line), Some(line + 1)];
    let around = beside.map(|line| line.map_or_else(String::new, |line| shown.line(line)));
    let flagged = shown.masked.part(range);
    let parts = [finding.rule, flagged.trim()];
    Fingerprint::of(
        parts
            .into_iter()
            .chain(around.iter().map(|line| line.trim())),
    )
}

/// The items of one analysed notebook, with their places in its file if that is given, and with the repairs
/// that can really be made.
pub fn items(
    path: PathBuf,
    analysis: &Analysis,
    project: &dyn Project,
    file: Option<&InFile<'_>>,
    asks_for: impl Fn(&str) -> bool,
) -> Vec<Item> {
    let path: Arc<Path> = path.into();
    let notebook = analysis.notebook();
    analysis
        .findings()
        .map(|finding| {
            let mut item = Item::new(&path, notebook, finding, asks_for(finding.rule));
            item.fix = analysis.repair_of(finding, project).cloned();
            if let Some(range) = file.and_then(|file| file.range(notebook, finding.anchor)) {
                item.place.in_file = Some((range.start, range.end));
            }
            item
        })
        .collect()
}
