//! What the notebooks of the workspace repeat of each other: an index of their passages, made in a thread
//! of its own when the first notebook is there, and kept current by saves and by what the client tells of files.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use serde_json::{Value, json};

use super::Session;
use crate::analysis::clones::Index;
use crate::lsp::event::Event;
use crate::lsp::open::Open;
use crate::lsp::proto::Uri;
use crate::lsp::requests::Request;
use crate::lsp::wire::Outbox;
use crate::rules;
use crate::workspace::{Workspace, clones};

/// The name of the work, by which a client shows and cancels it.
pub const TOKEN: &str = "cellwise/index";

/// Of so many files the reading is shown: it may take longer than half a second.
const MANY: usize = 300;

/// Deep expressions are walked by recursion, and people paste generated code.
const STACK: usize = 64 << 20;

#[derive(Debug, Default)]
pub(super) struct Clones {
    roots: Vec<PathBuf>,
    index: Option<Arc<Index>>,
    /// Whether it has been asked for; it is not begun again after it was cancelled.
    begun: bool,
    /// Whether a thread is at work.
    busy: bool,
    /// Files that changed meanwhile.
    changed: BTreeSet<PathBuf>,
    cancelled: Arc<AtomicBool>,
    /// Whether the client shows the work.
    shown: Arc<AtomicBool>,
}

impl Session {
    /// Has the notebook know of the others, once they have been read.
    pub(super) fn see_clones(&mut self, uri: &Uri) {
        let Some(open) = self.notebooks.get_mut(uri) else {
            return;
        };
        let runs = rules::find(rules::ABOUT_CLONES).and_then(|rule| open.config.severity_of(rule));
        let (Some(path), Some(analysis), Some(_)) = (uri.to_file_path(), &mut open.analysis, runs)
        else {
            return;
        };
        if !self.clones.begun {
            self.clones.roots = match &self.folders[..] {
                // A notebook in nobody's project may stand anywhere, above all in a home folder.
                [] => self.workspace.root_of(&path).into_iter().collect(),
                folders => folders.to_vec(),
            };
            let workspace = self.workspace.apart();
            self.clones
                .begin(workspace, self.outbox.clone(), self.wake.clone());
        }
        let Some(index) = &self.clones.index else {
            return;
        };
        let is_seen = open
            .clones
            .as_ref()
            .is_some_and(|seen| Arc::ptr_eq(seen, index));
        if !is_seen {
            analysis.set_clones(index, &clones::name_of(&path, &self.clones.roots));
            open.clones = Some(Arc::clone(index));
            open.unsettled = true;
            self.settle_by(uri, Open::settle);
        }
    }

    /// So many files are to be read: a client that can is asked to show it.
    pub(super) fn clones_counted(&mut self, files: usize) {
        if files > MANY && self.profile.progress && self.clones.busy {
            let params = json!({"token": TOKEN});
            self.requests.send(Request::Progress, params, &self.outbox);
        }
    }

    /// The client is ready to show the work.
    pub(super) fn show_clones(&mut self) {
        if self.clones.busy && !self.clones.shown.swap(true, Ordering::Relaxed) {
            let begin = json!({"kind": "begin", "title": "Reading notebooks", "cancellable": true, "percentage": 0});
            self.outbox.progress(&Value::from(TOKEN), &begin);
        }
    }

    /// A thread is done; `None` where it was cancelled.
    pub(super) fn clones_read(&mut self, index: Option<Index>) {
        self.clones.busy = false;
        if self.clones.shown.swap(false, Ordering::Relaxed) {
            let end = json!({"kind": "end"});
            self.outbox.progress(&Value::from(TOKEN), &end);
        }
        if let Some(index) = index {
            self.clones.index = Some(Arc::new(index));
            for open in self.notebooks.values_mut() {
                open.touch();
            }
        }
        self.clones_changed(Vec::new());
    }

    /// Files were written, created or deleted.
    pub(super) fn clones_changed(&mut self, paths: Vec<PathBuf>) {
        let candidates = paths.into_iter().filter(|path| clones::is_candidate(path));
        self.clones.changed.extend(candidates);
        self.clones.follow(&self.workspace, &self.wake);
    }

    pub(super) fn cancel_clones(&mut self) {
        self.clones.cancelled.store(true, Ordering::Relaxed);
    }
}

impl Clones {
    /// What the notebooks hold, as far as they have been read.
    pub(super) fn index(&self) -> Option<Arc<Index>> {
        self.index.clone()
    }

    fn begin(&mut self, workspace: Workspace, outbox: Outbox, wake: mpsc::Sender<Event>) {
        self.begun = true;
        let roots = self.roots.clone();
        let (cancelled, shown) = (Arc::clone(&self.cancelled), Arc::clone(&self.shown));
        self.busy = spawn(move || {
            let files: BTreeSet<PathBuf> = roots
                .iter()
                .flat_map(|root| clones::files(root, |path| workspace.excludes(path)))
                .collect();
            let files: Vec<PathBuf> = files.into_iter().collect();
            // Nobody is there any more: nobody needs to know.
            let _ = wake.send(Event::ClonesCounted(files.len()));
            let done = AtomicUsize::new(0);
            let step = || {
                let now = done.fetch_add(1, Ordering::Relaxed) + 1;
                let percentage = now * 100 / files.len();
                let is_new = percentage > (now - 1) * 100 / files.len();
                if is_new && percentage < 100 && shown.load(Ordering::Relaxed) {
                    let message = format!("{now} of {} files", files.len());
                    let report =
                        json!({"kind": "report", "percentage": percentage, "message": message});
                    outbox.progress(&Value::from(TOKEN), &report);
                }
            };
            let index = clones::index(
                &files,
                |path| clones::name_of(path, &roots),
                &cancelled,
                step,
            );
            let _ = wake.send(Event::ClonesRead(index));
        });
    }

    /// Reads the files that changed, unless a thread is at work: then they wait for it.
    fn follow(&mut self, workspace: &Workspace, wake: &mpsc::Sender<Event>) {
        let Some(index) = self.index.as_ref().filter(|_| !self.busy) else {
            return;
        };
        let is_inside = |path: &PathBuf| {
            self.roots.iter().any(|root| path.starts_with(root)) && !workspace.excludes(path)
        };
        let changed: Vec<PathBuf> = std::mem::take(&mut self.changed)
            .into_iter()
            .filter(is_inside)
            .collect();
        if changed.is_empty() {
            return;
        }
        let (index, roots, wake) = (Arc::clone(index), self.roots.clone(), wake.clone());
        self.busy = spawn(move || {
            let mut index = Index::clone(&index);
            for path in changed {
                index.set(&clones::name_of(&path, &roots), clones::passages(&path));
            }
            let _ = wake.send(Event::ClonesRead(Some(index)));
        });
    }
}

/// Whether a thread could be started.
fn spawn(work: impl FnOnce() + Send + 'static) -> bool {
    let named = thread::Builder::new().name("index".into());
    named.stack_size(STACK).spawn(work).is_ok()
}
