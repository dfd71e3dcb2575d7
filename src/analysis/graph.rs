//! Links the cells of a notebook: who binds what another reads, on a run from the top.
//!
//! Linking follows Python rather than text: what a function reads is needed when it is called,
//! through any number of calls. The links are kept current edit by edit: a cell is linked again
//! when its own text changes, or when a name that it asked about is bound differently elsewhere.

mod names;
mod resolve;
mod twins;

use std::sync::{Arc, LazyLock};

use ruff_python_ast::name::Name;
use rustc_hash::FxHashSet;

use super::cache::FactsCache;
use super::facts::{Call, Facts, OpeningKind, ScopeIdx};
use super::surroundings::{self, Surroundings};
use crate::notebook::{Cell, CellIdx, Home, Notebook};
use crate::text::TextRange;
use names::Names;
use resolve::Resolver;
pub(super) use twins::TOLD;
use twins::Twins;

/// The facts of all cells of a notebook, joined in cell order.
#[derive(Debug, Default)]
pub struct Link {
    cells: Vec<CellLink>,
    names: Names,
    twins: Twins,
    home: Home,
    /// The version of Python that ran the notebook last, where that is known.
    python: Option<(u32, u32)>,
    /// Names that the configuration declares.
    declared: Arc<[String]>,
    surroundings: Arc<Surroundings>,
    /// Somebody who shows the links has to look again. See [`Link::take_revised`].
    revised: bool,
}

/// One cell's place among the others.
#[derive(Debug, Default)]
struct CellLink {
    facts: Arc<Facts>,
    needs: Box<[Need]>,
    sources: Box<[Source]>,
    /// Every name that was looked up in other cells for this link. Sorted.
    asked: Box<[Name]>,
}

/// A name that a cell needs and that a run from the top has not bound by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    pub name: Name,
    /// The read in the cell itself, or the call that leads to it.
    pub range: TextRange,
    pub lack: Lack,
    /// The functions through which the name is needed, the one that is called first; and where
    /// the last of them reads it. `None` where the cell reads the name itself.
    pub through: Option<Through>,
    /// Whether the read stands in a function's body that this cell only defines.
    pub in_body: bool,
    /// Whether the read stands in a branch, which a run from the top may pass by.
    pub in_branch: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Through {
    pub functions: Vec<Name>,
    pub cell: CellIdx,
    pub range: TextRange,
}

/// Why the name is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// No cell binds it.
    Never,
    /// It is bound first by a later cell, or further down in the same one.
    Later { cell: CellIdx, range: TextRange },
    /// It was deleted.
    Deleted { cell: CellIdx, range: TextRange },
}

/// A cell that another one takes a name from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    pub cell: CellIdx,
    pub name: Name,
}

impl Link {
    pub fn new(
        notebook: &Notebook,
        cache: &FactsCache,
        declared: Arc<[String]>,
        surroundings: Arc<Surroundings>,
    ) -> Self {
        let facts = notebook
            .cells
            .iter()
            .map(|cell| facts_of(notebook, cell, cache))
            .collect();
        let meta = &notebook.meta;
        Self::of(facts, (meta.home, meta.python), declared, surroundings)
    }

    fn of(
        facts: Vec<Arc<Facts>>,
        (home, python): (Home, Option<(u32, u32)>),
        declared: Arc<[String]>,
        surroundings: Arc<Surroundings>,
    ) -> Self {
        let mut twins = Twins::default();
        for (cell, facts) in (0..).zip(&facts) {
            twins.add(cell, facts);
        }
        let mut link = Self {
            names: Names::new(&facts),
            twins,
            cells: facts
                .into_iter()
                .map(|facts| CellLink {
                    facts,
                    ..CellLink::default()
                })
                .collect(),
            home,
            python,
            declared,
            surroundings,
            revised: true,
        };
        for position in 0..link.cells.len() {
            link.relink(position);
        }
        link
    }

    /// The same cells in another order.
    pub fn reordered(&self, order: &[CellIdx]) -> Self {
        let facts = order
            .iter()
            .filter_map(|cell| self.cells.get(cell.to_usize()))
            .map(|cell| Arc::clone(&cell.facts))
            .collect();
        self.with_cells(facts)
    }

    pub fn len(&self) -> usize {
        self.cells.len()
    }

    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The facts of a cell; nothing for a cell that is not Python or does not exist.
    pub fn facts(&self, cell: CellIdx) -> &Facts {
        static NOTHING: LazyLock<Facts> = LazyLock::new(Facts::default);
        self.cells
            .get(cell.to_usize())
            .map_or(&NOTHING, |cell| &cell.facts)
    }

    /// What the cell needs and a run from the top has not bound when it gets there.
    pub fn needs(&self, cell: CellIdx) -> &[Need] {
        self.cells
            .get(cell.to_usize())
            .map_or(&[], |cell| &cell.needs)
    }

    /// The cells above that this one takes names from, sorted.
    pub fn sources(&self, cell: CellIdx) -> &[Source] {
        self.cells
            .get(cell.to_usize())
            .map_or(&[], |cell| &cell.sources)
    }

    /// The bodies that a call of the cell may run on a run from the top, directly or not.
    pub fn bodies_of(&self, cell: CellIdx, call: &Call) -> Vec<(CellIdx, ScopeIdx)> {
        Resolver::new(self, cell).bodies_of(call)
    }

    /// The cells that take a name from this one, in order.
    pub fn readers(&self, cell: CellIdx) -> Vec<CellIdx> {
        let mut readers: Vec<CellIdx> = self
            .facts(cell)
            .exits
            .iter()
            .flat_map(|(name, _)| self.names.users(name))
            .map(|&position| CellIdx(position))
            .filter(|&reader| {
                reader != cell
                    && self
                        .sources(reader)
                        .iter()
                        .any(|source| source.cell == cell)
            })
            .collect();
        readers.sort_unstable();
        readers.dedup();
        readers
    }

    /// The cells that bind the name and leave it bound, on some path at least, in order.
    pub fn binders<'l>(&'l self, name: &'l str) -> impl DoubleEndedIterator<Item = CellIdx> + 'l {
        self.names
            .binders(name)
            .iter()
            .map(|&position| CellIdx(position))
            .filter(move |&cell| {
                self.facts(cell)
                    .exit(name)
                    .is_some_and(|exit| exit.state.may_be_bound())
            })
    }

    /// The nearest cell above that binds or deletes the name.
    pub fn binder_above(&self, name: &str, cell: CellIdx) -> Option<CellIdx> {
        self.names.binder_above(name, cell.0).map(CellIdx)
    }

    /// The nearest cell below that binds or deletes the name.
    pub fn binder_below(&self, name: &str, cell: CellIdx) -> Option<CellIdx> {
        self.names.binder_below(name, cell.0).map(CellIdx)
    }

    /// The cells with [`Facts::randoms`], in order.
    pub fn randoms(&self) -> impl Iterator<Item = CellIdx> {
        self.names.randoms().iter().copied().map(CellIdx)
    }

    /// The cells that hold a [passage](Facts::passages), in order; one that holds it twice is there twice.
    pub fn holders(&self, passage: u64) -> &[u32] {
        self.twins.holders(passage)
    }

    /// The cells that have bound or deleted the name when they end, in order.
    pub fn touchers<'l>(
        &'l self,
        name: &str,
    ) -> impl DoubleEndedIterator<Item = CellIdx> + use<'l> {
        self.names
            .binders(name)
            .iter()
            .map(|&position| CellIdx(position))
    }

    /// The cells whose links asked for the name, in order: all that read it from elsewhere are among them.
    pub fn askers<'l>(&'l self, name: &str) -> impl DoubleEndedIterator<Item = CellIdx> + use<'l> {
        self.names
            .users(name)
            .iter()
            .map(|&position| CellIdx(position))
    }

    /// Whether the name is there without any cell binding it.
    pub fn is_given(&self, name: &str) -> bool {
        crate::analysis::known::builtins::is_defined(name, self.home)
            || self.declared.iter().any(|own| own == name)
    }

    /// Whether annotations are run only when somebody asks for them, as they are since Python 3.14.
    fn defers_annotations(&self) -> bool {
        self.python >= Some((3, 14))
    }

    /// One cell's text has changed. Returns the cells whose links are new, or whose findings may
    /// speak of one that is.
    pub(crate) fn set(&mut self, cell: CellIdx, facts: Arc<Facts>) -> Vec<CellIdx> {
        let position = cell.to_usize();
        if Arc::ptr_eq(&self.cells[position].facts, &facts) {
            return Vec::new();
        }
        let old = std::mem::replace(&mut self.cells[position].facts, facts);
        let facts = Arc::clone(&self.cells[position].facts);
        let same_openings = old.written_file() == facts.written_file()
            && old.openings.len() == facts.openings.len()
            && old
                .openings
                .iter()
                .zip(&facts.openings)
                .all(|(a, b)| a.kind == b.kind);
        if !same_openings {
            self.rebuild();
            return (0..self.cells.len()).map(CellIdx::new).collect();
        }
        let mut dirty: FxHashSet<u32> = FxHashSet::default();
        dirty.insert(cell.0);
        let rebound = self.names.update(cell.0, &old, &facts);
        self.revised |= !rebound.is_empty();
        for name in &rebound {
            dirty.extend(self.names.users(name));
        }
        if resets(&old).ne(resets(&facts)) {
            let below = (position + 1..self.cells.len()).map(CellIdx::new);
            let misses = |lack: Lack| matches!(lack, Lack::Deleted { cell: by, .. } if by == cell);
            let told =
                below.filter(|&reader| self.needs(reader).iter().any(|need| misses(need.lack)));
            dirty.extend(told.map(|reader| reader.0));
        }
        let mut neighbours: FxHashSet<u32> = FxHashSet::default();
        self.twins.update(cell.0, &old, &facts, &mut neighbours);
        let deferred = deferred_reads(&old)
            .into_iter()
            .chain(deferred_reads(&facts));
        for name in rebound.iter().chain(deferred) {
            neighbours.extend(self.names.binder_below(name, cell.0));
        }
        for name in &rebound {
            self.note_readings(name, cell.0, &mut neighbours);
        }
        for &position in &dirty {
            let before = self.relink(position as usize);
            self.note_neighbours(position, &before, &mut neighbours);
        }
        neighbours.extend(dirty);
        let mut looked_at: Vec<u32> = neighbours.into_iter().collect();
        looked_at.sort_unstable();
        looked_at.into_iter().map(CellIdx).collect()
    }

    /// The cells that have the links they had, and whose findings may yet speak of the new ones of
    /// this cell: the next one that binds a name which this one now reads, or no longer reads,
    /// and those that this one gave to while it takes from them.
    fn note_neighbours(&self, position: u32, before: &CellLink, neighbours: &mut FxHashSet<u32>) {
        let now = &self.cells[position as usize];
        let only_in = |some: &[Name], others: &[Name]| -> Vec<Name> {
            some.iter()
                .filter(|name| others.binary_search(name).is_err())
                .cloned()
                .collect()
        };
        for name in only_in(&before.asked, &now.asked)
            .iter()
            .chain(&only_in(&now.asked, &before.asked))
        {
            neighbours.extend(self.names.binder_below(name, position));
            self.note_readings(name, position, neighbours);
        }
        for source in before.sources.iter().chain(&now.sources) {
            let waits = self.needs(source.cell).iter().any(
                |need| matches!(need.lack, Lack::Later { cell, .. } if cell == CellIdx(position)),
            );
            if waits {
                neighbours.insert(source.cell.0);
            }
        }
    }

    /// A cell calls a function, or calls it no longer: whoever binds what the function reads, below
    /// its definition, changes what that call gives.
    fn note_readings(&self, function: &str, position: u32, neighbours: &mut FxHashSet<u32>) {
        let Some(home) = self.names.binder_above(function, position) else {
            return;
        };
        let scopes = &self.cells[home as usize].facts.scopes;
        let own = scopes
            .iter()
            .filter(|scope| scope.name.as_ref().is_some_and(|name| name == function));
        for read in own.flat_map(|scope| &scope.reads) {
            neighbours.extend(self.names.binder_below(&read.name, home));
        }
    }

    /// Cells were inserted, removed or moved: `delete` cells from `start` gave place to new ones.
    pub(crate) fn splice(&mut self, start: usize, delete: usize, insert: Vec<Arc<Facts>>) {
        self.cells.splice(
            start..start + delete,
            insert.into_iter().map(|facts| CellLink {
                facts,
                ..CellLink::default()
            }),
        );
        self.rebuild();
    }

    /// What the cells' openings bring, as far as it is known.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    fn with_cells(&self, facts: Vec<Arc<Facts>>) -> Self {
        let declared = Arc::clone(&self.declared);
        let kernel = (self.home, self.python);
        Self::of(facts, kernel, declared, Arc::clone(&self.surroundings))
    }

    /// What brings names from files, each once, in the order of the cells.
    pub fn lookups(&self) -> Vec<&OpeningKind> {
        let mut lookups: Vec<&OpeningKind> = Vec::new();
        for &position in self.names.openings() {
            for kind in surroundings::lookups(self.facts(CellIdx(position))) {
                if !lookups.contains(&kind) {
                    lookups.push(kind);
                }
            }
        }
        lookups
    }

    /// Whether what cells bind, need or take may differ from when this was last asked.
    pub(crate) fn take_revised(&mut self) -> bool {
        std::mem::take(&mut self.revised)
    }

    fn rebuild(&mut self) {
        let facts = self.cells.drain(..).map(|cell| cell.facts).collect();
        *self = self.with_cells(facts);
    }

    /// Links a cell anew; returns its links as they were.
    fn relink(&mut self, position: usize) -> CellLink {
        let mut resolver = Resolver::new(self, CellIdx::new(position));
        resolver.run();
        let (mut needs, sources, asked) = resolver.finish();
        if self.home == Home::Marimo {
            // Whoever binds it runs first, wherever it stands.
            needs.retain(|need| need.lack == Lack::Never);
        }
        let cell = &mut self.cells[position];
        let now = CellLink {
            facts: Arc::clone(&cell.facts),
            needs: needs.into(),
            sources: sources.into(),
            asked: asked.into(),
        };
        self.revised |= cell.needs != now.needs || cell.sources != now.sources;
        let before = std::mem::replace(cell, now);
        self.names.ask(
            CellIdx::new(position).0,
            &before.asked,
            &self.cells[position].asked,
        );
        before
    }
}

/// Where all names go, which is what those who miss one are told.
fn resets(facts: &Facts) -> impl Iterator<Item = TextRange> {
    let resets = facts.openings.iter();
    resets
        .filter(|opening| opening.kind == OpeningKind::Reset)
        .map(|opening| opening.range)
}

/// Names that a cell reads in bodies, each once.
fn deferred_reads(facts: &Facts) -> Vec<&Name> {
    let mut names: Vec<&Name> = facts
        .scopes
        .iter()
        .flat_map(|scope| &scope.reads)
        .map(|read| &read.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The facts of a cell; nothing for a cell that is not Python.
pub(crate) fn facts_of(notebook: &Notebook, cell: &Cell, cache: &FactsCache) -> Arc<Facts> {
    if cell.is_python(&notebook.meta.language) {
        cache.get(&cell.text)
    } else {
        static NOTHING: LazyLock<Arc<Facts>> = LazyLock::new(Arc::default);
        Arc::clone(&NOTHING)
    }
}
