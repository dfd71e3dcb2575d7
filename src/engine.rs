//! The boundary: notebooks, edits and places go in; findings, offers and edits come out.
//!
//! Nothing here or below does I/O, reads a clock or knows an editor.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::action::{Action, ActionContext, Client, Offer, Refusal};
use crate::analysis::Link;
use crate::config::Config;
use crate::notebook::{Cell, CellIdx, Edit, Notebook, NotebookMeta};
use crate::rule::{CellContext, Check, Context, Finding};
use crate::text::TextRange;
use crate::{actions, rules, suppress};

/// One notebook and everything known of it, kept current edit by edit.
///
/// After any sequence of changes and a [`settle`](Self::settle), the findings are those
/// of a fresh [`Analysis`] of the same notebook.
#[derive(Debug)]
pub struct Analysis {
    notebook: Notebook,
    config: Arc<Config>,
    link: Link,
    /// Findings of the notebook and of its file, then one entry a cell.
    whole: Vec<Finding>,
    cells: Vec<Vec<Finding>>,
}

/// Which findings a [`Analysis::settle`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Those of [`Analysis::notebook_findings`].
    pub notebook: bool,
    /// Cells whose findings differ from before.
    pub cells: BTreeSet<CellIdx>,
}

impl Analysis {
    /// Reads and checks a notebook; its findings are current at once.
    pub fn new(notebook: Notebook, config: Arc<Config>) -> Self {
        let mut analysis = Self {
            link: Link::new(&notebook),
            whole: Vec::new(),
            cells: vec![Vec::new(); notebook.cells.len()],
            notebook,
            config,
        };
        analysis.settle();
        analysis
    }

    pub fn notebook(&self) -> &Notebook {
        &self.notebook
    }

    pub fn link(&self) -> &Link {
        &self.link
    }

    /// One cell changed in place: its text, tags, execution or outputs.
    pub fn set_cell(&mut self, index: CellIdx, cell: Cell) {
        self.notebook.cells[index.to_usize()] = Arc::new(cell);
        self.link = Link::new(&self.notebook);
    }

    /// Cells were inserted, removed or moved: `delete` cells from `start` gave place to `insert`.
    /// Both are cut to the cells that there are.
    pub fn splice(&mut self, start: usize, delete: usize, insert: Vec<Arc<Cell>>) {
        let start = start.min(self.notebook.cells.len());
        let end = start.saturating_add(delete).min(self.notebook.cells.len());
        self.cells
            .splice(start..end, insert.iter().map(|_| Vec::new()));
        self.notebook.cells.splice(start..end, insert);
        self.link = Link::new(&self.notebook);
    }

    pub fn set_meta(&mut self, meta: NotebookMeta) {
        self.notebook.meta = Arc::new(meta);
        self.link = Link::new(&self.notebook);
    }

    pub fn set_config(&mut self, config: Arc<Config>) {
        self.config = config;
    }

    /// Brings links and findings up to date and says what changed.
    pub fn settle(&mut self) -> Changed {
        let before_whole = std::mem::take(&mut self.whole);
        let before = std::mem::take(&mut self.cells);
        let cx = self.context();
        let mut findings = Vec::new();
        for rule in rules::ALL {
            let Some(severity) = self.config.severity_of(rule) else {
                continue;
            };
            let first = findings.len();
            match rule.check {
                Check::Notebook(check) => check(&cx, &mut findings),
                Check::Cell(check) | Check::Linked(check) => {
                    for (index, cell) in self.notebook.indexed() {
                        let cell_cx = CellContext {
                            all: cx,
                            index,
                            cell,
                            facts: cx.facts(index),
                        };
                        check(&cell_cx, &mut findings);
                    }
                }
            }
            for finding in &mut findings[first..] {
                let set = self.config.configured_severity(rule);
                finding.severity = set.or(finding.own_severity).unwrap_or(severity);
            }
        }
        suppress::apply(&self.notebook, &self.config, &mut findings);
        let mut whole = Vec::new();
        let mut cells = vec![Vec::new(); self.notebook.cells.len()];
        for finding in findings {
            match finding.anchor.cell() {
                Some(cell) => cells[cell.to_usize()].push(finding),
                None => whole.push(finding),
            }
        }
        for list in cells.iter_mut().chain(std::iter::once(&mut whole)) {
            list.sort_by(|a: &Finding, b| {
                (a.anchor.reading_order(), a.rule).cmp(&(b.anchor.reading_order(), b.rule))
            });
        }
        self.whole = whole;
        self.cells = cells;
        Changed {
            notebook: before_whole != self.whole,
            cells: (0..self.cells.len())
                .filter(|&at| before.get(at) != Some(&self.cells[at]))
                .map(CellIdx::new)
                .collect(),
        }
    }

    /// Findings that belong to no cell.
    pub fn notebook_findings(&self) -> &[Finding] {
        &self.whole
    }

    /// The findings of one cell, in reading order.
    pub fn cell_findings(&self, cell: CellIdx) -> &[Finding] {
        self.cells.get(cell.to_usize()).map_or(&[], Vec::as_slice)
    }

    /// All findings: those of the notebook, then cell by cell in reading order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.whole.iter().chain(self.cells.iter().flatten())
    }

    /// What could be done at a place, disabled offers with their reason included.
    pub fn offers(
        &self,
        cell: CellIdx,
        range: TextRange,
        client: Client,
    ) -> Vec<(&'static Action, Offer)> {
        let findings = self.findings_at(cell, range);
        let cx = self.action_context(cell, range, &findings, client);
        actions::ALL
            .iter()
            .flat_map(|action| {
                (action.offer)(&cx)
                    .into_iter()
                    .map(move |offer| (action, offer))
            })
            .collect()
    }

    /// What one of the [`offers`](Self::offers) does.
    pub fn edit(
        &self,
        action: &Action,
        argument: Option<&str>,
        cell: CellIdx,
        range: TextRange,
        client: Client,
    ) -> Result<Edit, Refusal> {
        let findings = self.findings_at(cell, range);
        (action.apply)(
            &self.action_context(cell, range, &findings, client),
            argument,
        )
    }

    fn findings_at(&self, cell: CellIdx, range: TextRange) -> Vec<&Finding> {
        let Some(text) = self.notebook.cell(cell).map(|cell| &cell.text) else {
            return Vec::new();
        };
        self.cell_findings(cell)
            .iter()
            .filter(|finding| finding.anchor.range_in(text).intersect(range).is_some())
            .collect()
    }

    fn context(&self) -> Context<'_> {
        Context {
            notebook: &self.notebook,
            link: &self.link,
            config: &self.config,
        }
    }

    fn action_context<'a>(
        &'a self,
        cell: CellIdx,
        range: TextRange,
        findings: &'a [&'a Finding],
        client: Client,
    ) -> ActionContext<'a> {
        ActionContext {
            all: self.context(),
            cell,
            range,
            findings,
            client,
        }
    }
}
