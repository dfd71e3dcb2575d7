//! The boundary: notebooks, edits and places go in; findings, offers and edits come out.
//!
//! Nothing here or below does I/O, reads a clock or knows an editor.

mod fix_all;
mod offers;
mod overview;
mod repairs;

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::analysis::clones;
use crate::analysis::facts::OpeningKind;
use crate::analysis::graph::{Lack, facts_of};
use crate::analysis::known::imports::KnownImports;
use crate::analysis::secrets::Masked;
use crate::analysis::{Dependencies, FactsCache, Link, Surroundings};
use crate::config::Config;
use crate::notebook::{Cell, CellIdx, Notebook, NotebookMeta, Problem};
use crate::rule::{CellContext, Check, Context, Finding, Rule, Severity};
use crate::view::outline;
use crate::view::tally::Tally;
use crate::{rules, suppress};

pub use self::overview::Overview;
pub use self::repairs::Repairs;

/// One notebook and everything known of it, kept current edit by edit.
///
/// After any sequence of changes and a [`settle`](Self::settle), the findings are those
/// of a fresh [`Analysis`] of the same notebook.
#[derive(Debug)]
pub struct Analysis {
    notebook: Notebook,
    config: Arc<Config>,
    cache: Arc<FactsCache>,
    surroundings: Arc<Surroundings>,
    imports: Arc<KnownImports>,
    clones: clones::Project,
    dependencies: Arc<Dependencies>,
    link: Link,
    /// Findings about the notebook and its file.
    whole: Vec<Finding>,
    cells: Vec<CellFindings>,
    overview: Overview,
    /// What changed since the last [`settle`](Self::settle).
    dirty: Dirty,
}

/// Which findings a [`Analysis::settle`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Those of [`Analysis::notebook_findings`].
    pub notebook: bool,
    /// Cells whose findings differ from before.
    pub cells: BTreeSet<CellIdx>,
    /// What a [picture of the notebook](crate::view::graph) shows besides findings: titles, counts, links,
    /// what is stale. It may be said without need, and is never left out.
    pub picture: bool,
}

/// The findings of one cell, kept apart by what makes them change.
#[derive(Debug, Default)]
struct CellFindings {
    /// By [`Check::Cell`].
    own: Vec<Finding>,
    /// By [`Check::Linked`].
    linked: Vec<Finding>,
    /// What remains of both, and of the notebook's, after suppressions; in reading order.
    shown: Vec<Finding>,
}

#[derive(Debug, Default)]
struct Dirty {
    /// Everything: cells were moved, or the configuration is another.
    all: bool,
    /// Cells with another text, kind or language.
    texts: BTreeSet<CellIdx>,
    /// Cells that ran, or whose kind, tags or outputs are others.
    states: BTreeSet<CellIdx>,
    /// What is wrong with the notebook's file.
    problems: bool,
    /// What other notebooks hold, which rules on linked cells ask for.
    clones: bool,
    /// Rules on the whole notebook that the new texts concern.
    woken: BTreeSet<&'static str>,
    /// A cell has another title or count.
    picture: bool,
}

impl Analysis {
    /// Reads and checks a notebook; its findings are current at once.
    pub fn new(notebook: Notebook, config: Arc<Config>) -> Self {
        Self::with_cache(notebook, config, Arc::default())
    }

    /// The same, with facts shared with other notebooks.
    pub fn with_cache(notebook: Notebook, config: Arc<Config>, cache: Arc<FactsCache>) -> Self {
        let mut analysis = Self::unsettled(notebook, config, cache);
        analysis.settle();
        analysis
    }

    /// The same before the first [`settle`](Self::settle): links are known, findings are not. Whoever has
    /// to [tell](Self::set_surroundings) of other files does so first, and has the notebook checked once.
    pub fn unsettled(notebook: Notebook, config: Arc<Config>, cache: Arc<FactsCache>) -> Self {
        Self {
            link: Link::new(
                &notebook,
                &cache,
                config.builtins.as_slice().into(),
                Arc::default(),
            ),
            surroundings: Arc::default(),
            imports: Arc::default(),
            clones: clones::Project::default(),
            dependencies: Arc::default(),
            whole: Vec::new(),
            overview: Overview::default(),
            cells: notebook
                .cells
                .iter()
                .map(|_| CellFindings::default())
                .collect(),
            notebook,
            config,
            cache,
            dirty: Dirty {
                all: true,
                ..Dirty::default()
            },
        }
    }

    pub fn notebook(&self) -> &Notebook {
        &self.notebook
    }

    pub fn link(&self) -> &Link {
        &self.link
    }

    /// What holds of the notebook as a whole.
    pub fn overview(&self) -> &Overview {
        &self.overview
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What rules and hovers look at.
    pub fn context(&self) -> Context<'_> {
        Context {
            notebook: &self.notebook,
            link: &self.link,
            config: &self.config,
            imports: &self.imports,
            clones: &self.clones,
            dependencies: &self.dependencies,
            cache: &self.cache,
        }
    }

    /// One cell changed in place: its text, tags, execution or outputs. A cell that does not
    /// exist is passed over.
    pub fn set_cell(&mut self, index: CellIdx, cell: Cell) {
        let Some(slot) = self.notebook.cells.get_mut(index.to_usize()) else {
            return;
        };
        let same_nature = slot.kind == cell.kind && slot.language == cell.language;
        if !same_nature || slot.text != cell.text {
            self.dirty.texts.insert(index);
        }
        let same_state = same_nature
            && slot.execution == cell.execution
            && slot.count_of_code() == cell.count_of_code()
            && slot.tags == cell.tags
            && slot.outputs == cell.outputs;
        if !same_state {
            self.dirty.states.insert(index);
        }
        self.dirty.picture |= !same_nature
            || slot.execution != cell.execution
            || outline::line(slot) != outline::line(&cell);
        *slot = Arc::new(cell);
    }

    /// Cells were inserted, removed or moved: `delete` cells from `start` gave place to `insert`.
    /// Both are cut to the cells that there are.
    pub fn splice(&mut self, start: usize, delete: usize, insert: Vec<Arc<Cell>>) {
        // Positions are about to mean other cells.
        self.read_dirty_texts();
        self.dirty = Dirty {
            all: true,
            ..Dirty::default()
        };
        let start = start.min(self.notebook.cells.len());
        let end = start.saturating_add(delete).min(self.notebook.cells.len());
        self.cells
            .splice(start..end, insert.iter().map(|_| CellFindings::default()));
        let facts = insert
            .iter()
            .map(|cell| facts_of(&self.notebook, cell, &self.cache))
            .collect();
        self.link.splice(start, end - start, facts);
        self.notebook.cells.splice(start..end, insert);
    }

    pub fn set_meta(&mut self, meta: NotebookMeta) {
        if *self.notebook.meta != meta {
            self.notebook.meta = Arc::new(meta);
            self.relink();
        }
    }

    /// Something else is wrong with the file that the notebook is read from.
    pub fn set_problems(&mut self, problems: Arc<[Problem]>) {
        if self.notebook.problems != problems {
            self.notebook.problems = problems;
            self.dirty.problems = true;
        }
    }

    pub fn set_config(&mut self, config: Arc<Config>) {
        self.config = config;
        self.relink();
    }

    /// What the notebook takes all names from: `%run` and star imports. A front end that can read files
    /// looks them up and [tells](Self::set_surroundings); until then any name may come from there.
    pub fn lookups(&self) -> Vec<&OpeningKind> {
        self.link.lookups()
    }

    pub fn set_surroundings(&mut self, surroundings: Surroundings) {
        if *self.surroundings != surroundings {
            self.surroundings = Arc::new(surroundings);
            self.relink();
        }
    }

    /// Whether the cell reads names that no cell binds: whoever can read files may know
    /// [how the project imports them](Self::set_imports).
    pub fn lacks_names(&self, cell: CellIdx) -> bool {
        let needs = self.link.needs(cell);
        needs.iter().any(|need| need.lack == Lack::Never)
    }

    pub fn set_imports(&mut self, imports: Arc<KnownImports>) {
        if !Arc::ptr_eq(&self.imports, &imports) && self.imports != imports {
            self.imports = imports;
            self.dirty.all = true;
        }
    }

    /// What the project says that it depends on. Until this is told, nothing is known to be missing.
    pub fn set_dependencies(&mut self, dependencies: Arc<Dependencies>) {
        if !Arc::ptr_eq(&self.dependencies, &dependencies) && self.dependencies != dependencies {
            self.dependencies = dependencies;
            self.dirty.woken.insert(rules::ABOUT_DEPENDENCIES);
        }
    }

    /// What the notebook holds that others may hold, too.
    pub fn passages(&self) -> Vec<clones::Kept> {
        clones::Kept::of(&self.notebook, &self.link)
    }

    /// What the other notebooks of the project hold; `own` is the name of this one in the index.
    pub fn set_clones(&mut self, index: &Arc<clones::Index>, own: &Arc<str>) {
        let clones = clones::Project::new(Arc::clone(index), Arc::clone(own), &self.passages());
        if self.clones != clones {
            self.clones = clones;
            self.dirty.clones = true;
        }
    }

    fn relink(&mut self) {
        let declared = self.config.builtins.as_slice().into();
        let surroundings = Arc::clone(&self.surroundings);
        self.link = Link::new(&self.notebook, &self.cache, declared, surroundings);
        self.dirty = Dirty {
            all: true,
            ..Dirty::default()
        };
    }

    /// Brings links and findings up to date and says what changed.
    pub fn settle(&mut self) -> Changed {
        let mut linked = self.read_dirty_texts();
        let dirty = std::mem::take(&mut self.dirty);
        let only_texts = !dirty.all && !dirty.problems && dirty.states.is_empty();
        let mut own = dirty.texts.clone();
        if dirty.all {
            own = (0..self.cells.len()).map(CellIdx::new).collect();
        }
        if dirty.all || dirty.clones {
            linked = (0..self.cells.len()).map(CellIdx::new).collect();
        }
        if !dirty.states.is_empty() {
            own.extend(&dirty.states);
            self.note_dependents(&dirty.states, &mut linked);
        }
        let mut changed = Changed {
            picture: self.look_over(&dirty, &own, &linked),
            ..Changed::default()
        };
        let mut show: BTreeSet<CellIdx> = own.union(&linked).copied().collect();

        let running: Vec<(&'static Rule, Severity)> = rules::ALL
            .iter()
            .filter(|rule| rule.applies_to(self.notebook.meta.home))
            .filter_map(|rule| Some((rule, self.config.severity_of(rule)?)))
            .collect();
        let whole = self.check_whole(&running, only_texts.then_some(&dirty.woken));
        if whole != self.whole {
            // Cells may have gone since the old ones were found.
            let differs = |cell: &CellIdx| {
                cell.to_usize() < self.cells.len()
                    && of_cell(&self.whole, *cell) != of_cell(&whole, *cell)
            };
            let found = self.whole.iter().chain(&whole);
            let cells = found.filter_map(|finding| finding.anchor.cell());
            show.extend(cells.filter(differs));
            changed.notebook = true;
            self.whole = whole;
        }
        for &cell in &own {
            let is_own = |check: &Check| matches!(check, Check::Cell(_));
            self.cells[cell.to_usize()].own = self.check_cell(cell, &running, is_own);
        }
        for &cell in &linked {
            let is_linked = |check: &Check| matches!(check, Check::Linked(_));
            self.cells[cell.to_usize()].linked = self.check_cell(cell, &running, is_linked);
        }
        for cell in show {
            let shown = self.shown(cell);
            let slot = &mut self.cells[cell.to_usize()].shown;
            if *slot != shown {
                *slot = shown;
                changed.cells.insert(cell);
            }
        }
        changed
    }

    /// Brings the overview up to date. Returns whether a picture of the notebook may be another.
    fn look_over(
        &mut self,
        dirty: &Dirty,
        own: &BTreeSet<CellIdx>,
        linked: &BTreeSet<CellIdx>,
    ) -> bool {
        let revised = self.link.take_revised();
        if dirty.all {
            self.overview = Overview::new(&self.notebook, &self.link);
            return true;
        }
        let cells = own.union(linked).copied().collect();
        let differs = self.overview.update(cells, &self.notebook, &self.link);
        revised || differs || dirty.picture
    }

    /// Reads the cells whose text changed; returns those whose links are new.
    fn read_dirty_texts(&mut self) -> BTreeSet<CellIdx> {
        let mut linked = BTreeSet::new();
        for &cell in &self.dirty.texts {
            let facts = facts_of(
                &self.notebook,
                &self.notebook.cells[cell.to_usize()],
                &self.cache,
            );
            linked.insert(cell);
            let before = self.link.facts(cell);
            let is_python =
                self.notebook.cells[cell.to_usize()].is_python(&self.notebook.meta.language);
            let woken = rules::ALL.iter().filter(|rule| match rule.check {
                // What a cell of another language says is in no facts.
                Check::Notebook { wakes, .. } => !is_python || wakes(before, &facts),
                _ => false,
            });
            self.dirty.woken.extend(woken.map(|rule| rule.name));
            linked.extend(self.link.set(cell, facts));
        }
        linked
    }

    /// The cells whose findings may speak of how one of `changed` ran.
    fn note_dependents(&self, changed: &BTreeSet<CellIdx>, dependents: &mut BTreeSet<CellIdx>) {
        // All at once: of a notebook whose outputs are read, every cell is among them.
        let mut pending: Vec<CellIdx> = changed.iter().copied().collect();
        let mut seen = vec![false; self.cells.len()];
        let mut followed: FxHashSet<&str> = FxHashSet::default();
        while let Some(cell) = pending.pop() {
            if std::mem::replace(&mut seen[cell.to_usize()], true) {
                continue;
            }
            dependents.insert(cell);
            let facts = self.link.facts(cell);
            if !facts.openings.is_empty() {
                // `%reset` speaks to all names below.
                pending.extend((cell.to_usize() + 1..self.cells.len()).map(CellIdx::new));
            }
            for (name, _) in &facts.exits {
                if followed.insert(name) {
                    pending.extend(self.link.askers(name));
                }
            }
        }
        let mut next_counted = None;
        for (cell, content) in self.notebook.indexed().rev() {
            if changed.contains(&cell) {
                dependents.extend(next_counted);
            }
            if content.count_of_code().is_some() {
                next_counted = Some(cell);
            }
        }
    }

    /// `woken` names the rules that must look again, where not all must: the others find what they found.
    fn check_whole(
        &self,
        running: &[(&'static Rule, Severity)],
        woken: Option<&BTreeSet<&'static str>>,
    ) -> Vec<Finding> {
        let cx = self.context();
        let mut findings = Vec::new();
        for (rule, severity) in running {
            let first = findings.len();
            match rule.check {
                Check::Notebook { check, .. } => {
                    if woken.is_some_and(|woken| !woken.contains(rule.name)) {
                        let found = self.whole.iter();
                        findings.extend(found.filter(|finding| finding.rule == rule.name).cloned());
                        continue;
                    }
                    check(&cx, &mut findings);
                }
                Check::Cell(_) | Check::Linked(_) => {}
            }
            self.grade(&mut findings[first..], rule, *severity);
        }
        findings.sort_by_key(|finding| (finding.anchor.reading_order(), finding.rule));
        findings
    }

    fn check_cell(
        &self,
        index: CellIdx,
        running: &[(&'static Rule, Severity)],
        wanted: impl Fn(&Check) -> bool,
    ) -> Vec<Finding> {
        let cell_cx = CellContext {
            all: self.context(),
            index,
            cell: &self.notebook.cells[index.to_usize()],
            facts: self.link.facts(index),
        };
        let mut findings = Vec::new();
        for (rule, severity) in running {
            if !wanted(&rule.check) {
                continue;
            }
            if let Check::Cell(check) | Check::Linked(check) = rule.check {
                let first = findings.len();
                check(&cell_cx, &mut findings);
                self.grade(&mut findings[first..], rule, *severity);
            }
        }
        findings
    }

    /// Gives findings the severity that the configuration says, else what the rule says of the finding.
    fn grade(&self, findings: &mut [Finding], rule: &Rule, severity: Severity) {
        for finding in findings {
            finding.severity = self
                .config
                .configured_severity(rule)
                .or(finding.own_severity)
                .unwrap_or(severity);
        }
    }

    fn shown(&self, index: CellIdx) -> Vec<Finding> {
        let findings = &self.cells[index.to_usize()];
        let mut shown: Vec<Finding> = of_cell(&self.whole, index)
            .iter()
            .chain(&findings.own)
            .chain(&findings.linked)
            .cloned()
            .collect();
        suppress::apply_to_cell(
            &self.notebook.cells[index.to_usize()],
            index,
            &self.config,
            &mut shown,
        );
        shown.sort_by_key(|finding| (finding.anchor.reading_order(), finding.rule));
        hide_secrets(&self.notebook.cells[index.to_usize()].text, &mut shown);
        shown
    }

    /// Findings that belong to no cell.
    pub fn notebook_findings(&self) -> &[Finding] {
        // In reading order, those that belong to no cell come first.
        let end = self
            .whole
            .partition_point(|finding| finding.anchor.cell().is_none());
        &self.whole[..end]
    }

    /// The findings of one cell, in reading order.
    pub fn cell_findings(&self, cell: CellIdx) -> &[Finding] {
        self.cells
            .get(cell.to_usize())
            .map_or(&[], |findings| findings.shown.as_slice())
    }

    /// All findings: those of the notebook, then cell by cell in reading order.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.notebook_findings()
            .iter()
            .chain(self.cells.iter().flat_map(|cell| &cell.shown))
    }

    /// How many findings there are, those of the notebook included.
    pub fn tally(&self) -> Tally {
        Tally::of(self.findings())
    }
}

/// Masks the secrets of a cell in what is said of it.
fn hide_secrets(text: &str, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let masked = Masked::new(text);
    for finding in findings {
        masked.hide(&mut finding.message);
        let related = finding.related.iter_mut();
        related.for_each(|related| masked.hide(&mut related.message));
        if let Some(fix) = &mut finding.fix {
            masked.hide(&mut fix.title);
        }
    }
}

/// The findings of one cell among those of the whole notebook, which are in reading order.
fn of_cell(whole: &[Finding], cell: CellIdx) -> &[Finding] {
    let before = whole.partition_point(|finding| finding.anchor.cell() < Some(cell));
    let through = whole.partition_point(|finding| finding.anchor.cell() <= Some(cell));
    &whole[before..through]
}
