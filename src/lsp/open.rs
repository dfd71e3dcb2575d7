//! An open notebook: its analysis, and what of that the client does not know yet.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::documents::{Documents, NotebookDocument};
use super::profile::Profile;
use super::proto::Uri;
use super::publish::{self, Published};
use super::status::{Subject, Told};
use super::wire::Outbox;
use crate::analysis::FactsCache;
use crate::analysis::clones::Index;
use crate::analysis::facts::OpeningKind;
use crate::config::Config;
use crate::engine::Analysis;
use crate::notebook::{CellIdx, Notebook};

/// What is known of it.
#[derive(Debug, Default)]
pub struct Open {
    pub config: Arc<Config>,
    /// `None` before the first analysis, and after one that panicked.
    pub analysis: Option<Analysis>,
    /// Cells that the analysis has not seen in their present state.
    pub dirty: FxHashSet<Uri>,
    /// Something else that the analysis has not seen.
    pub unsettled: bool,
    /// Cells whose diagnostics may differ from what was published.
    pub unpublished: FxHashSet<Uri>,
    pub notebook_unpublished: bool,
    /// The analysis panicked. It is not tried again before something changes.
    pub broken: bool,
    /// Some cell reads a name that no cell binds, or did.
    pub lacks_names: bool,
    /// What was last looked up in files, for the names that it brings.
    pub looked_up: Vec<OpeningKind>,
    /// The analysis knows what the project depends on.
    pub knows_dependencies: bool,
    /// The other notebooks' passages, as the analysis knows them.
    pub clones: Option<Arc<Index>>,
    pub published: Published,
    /// What was told of the notebook as a whole.
    pub told: Told,
}

/// Where there are fewer cells, it takes longer to start threads than to read them.
const MANY_CELLS: usize = 256;

fn analysis_of(notebook: Notebook, config: &Arc<Config>) -> Analysis {
    let cache = Arc::new(FactsCache::default());
    let is_large = notebook.cells.len() >= MANY_CELLS;
    let _read = is_large.then(|| cache.get_all(&notebook));
    Analysis::with_cache(notebook, Arc::clone(config), cache)
}

impl Open {
    pub fn touch(&mut self) {
        self.unsettled = true;
        self.broken = false;
    }

    pub fn settle(&mut self, uri: &Uri, documents: &Documents) {
        if !self.unsettled || self.broken {
            return;
        }
        let Some(document) = documents.notebook(uri) else {
            return;
        };
        if let Some(analysis) = &mut self.analysis {
            for cell in &self.dirty {
                let Some(document) = documents.cell(cell) else {
                    continue;
                };
                if let Some(position) = document.position() {
                    analysis.set_cell(CellIdx::new(position), document.to_cell());
                }
            }
            let changed = analysis.settle();
            self.lacks_names |= changed.cells.iter().any(|&cell| analysis.lacks_names(cell));
            let cells = changed.cells.iter();
            let cells = cells.filter_map(|cell| document.order.get(cell.to_usize()));
            self.unpublished.extend(cells.cloned());
            // A finding on a whole cell shows on its first line, which grows without the finding changing; so do the places
            // that findings of other cells speak of.
            let dirty = self.dirty.drain().flat_map(|cell| {
                let others = self.published.speaking_of(&cell).cloned();
                let mut shown: Vec<Uri> = others.collect();
                shown.push(cell);
                shown
            });
            self.unpublished.extend(dirty);
            self.notebook_unpublished |= changed.notebook || self.unpublished.remove(uri);
            self.told.picture_changed |=
                changed.picture || changed.notebook || !changed.cells.is_empty();
        } else if let Some(notebook) = documents.snapshot(uri) {
            let analysis = analysis_of(notebook, &self.config);
            let mut cells = analysis.notebook().indexed();
            self.lacks_names = cells.any(|(cell, _)| analysis.lacks_names(cell));
            drop(cells);
            self.analysis = Some(analysis);
            self.looked_up.clear();
            self.knows_dependencies = false;
            self.clones = None;
            self.dirty.clear();
            self.unpublished.extend(document.order.iter().cloned());
            self.notebook_unpublished = true;
            self.told.picture_changed = true;
        }
        self.unsettled = false;
    }

    /// Says what the client does not know yet. Returns whether anything of it is shown elsewhere, too.
    pub fn publish(
        &mut self,
        uri: &Uri,
        document: &NotebookDocument,
        documents: &Documents,
        profile: Profile,
        outbox: &Outbox,
    ) -> bool {
        let Some(analysis) = &self.analysis else {
            return false;
        };
        let is_due = std::mem::take(&mut self.notebook_unpublished);
        if let Some((host, rope)) = documents.host(uri) {
            if is_due || !self.unpublished.is_empty() {
                self.unpublished.clear();
                let diagnostics = publish::of_host(uri, analysis, host, rope, profile);
                let version = Some(document.version);
                self.published.show(uri, version, diagnostics, outbox);
            }
        } else if is_due {
            let diagnostics = publish::of_notebook(analysis, documents, document, profile);
            self.published.show(uri, None, diagnostics, outbox);
        }
        let mut cells: Vec<(usize, Uri)> = self
            .unpublished
            .drain()
            .filter_map(|cell| Some((documents.cell(&cell)?.position()?, cell)))
            .collect();
        cells.sort_unstable();
        for (position, cell) in cells {
            let position = CellIdx::new(position);
            let diagnostics = publish::of_cell(analysis, documents, document, position, profile);
            let version = documents.cell(&cell).map(|cell| cell.version);
            self.published.show(&cell, version, diagnostics, outbox);
        }
        let of = Subject {
            notebook: uri,
            document,
            analysis,
            profile,
        };
        self.told.tell(of, outbox)
    }
}
