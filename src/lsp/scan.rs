//! `cellwise/checkWorkspace`: all notebooks of the workspace, in a thread of its own, while the session goes on
//! answering. The thread reads and analyses; what is to be shown of it, the session decides.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::event::{Event, Reply};
use super::profile::Profile;
use super::proto::Uri;
use super::publish::{self, Diagnostic, Published};
use super::wire::Outbox;
use crate::analysis::clones::Index;
use crate::cli::{check, files};
use crate::config::Config;
use crate::format::{self, Hint};
use crate::rules;
use crate::view::tally::Tally;
use crate::workspace::{Workspace, clones};

/// Rules walk syntax trees recursively, and people paste generated code.
const STACK: usize = 64 << 20;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Params {
    pub work_done_token: Option<Value>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Summary {
    pub notebooks: usize,
    pub findings: Tally,
    pub files: Vec<FileSummary>,
}

#[derive(Debug, Clone, Serialize)]
pub struct FileSummary {
    pub uri: Uri,
    pub findings: Tally,
}

/// What a scan needs to know; nothing of it is shared with the session.
pub struct Scan {
    pub roots: Vec<PathBuf>,
    pub workspace: Workspace,
    pub profile: Profile,
    /// Notebooks that the client has open: it shows their findings already.
    pub open: BTreeSet<PathBuf>,
    pub token: Option<Value>,
    /// What the notebooks repeat of each other; `None` where nobody has read them yet.
    pub index: Option<Arc<Index>>,
}

/// What a scan found in one file.
#[derive(Debug)]
pub struct Scanned {
    pub path: PathBuf,
    pub uri: Uri,
    pub findings: Tally,
    pub diagnostics: Vec<Diagnostic>,
}

/// What a scan found, for the session to show and to answer with.
#[derive(Debug)]
pub struct Outcome {
    pub files: Vec<Scanned>,
    pub reply: Reply<Summary>,
}

impl Scan {
    /// Starts the work. It ends early when the client cancels the request.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        self,
        reply: Reply<Summary>,
        outbox: Outbox,
        done: impl FnOnce(Event) + Send + 'static,
    ) -> std::io::Result<()> {
        let work = move || {
            let files = self.run(&reply, &outbox);
            if let Some(files) = files {
                done(Event::Scanned(Outcome { files, reply }));
            }
        };
        let named = thread::Builder::new().name("scan".into());
        named.stack_size(STACK).spawn(work).map(drop)
    }

    /// `None` when it was cancelled.
    fn run(self, reply: &Reply<Summary>, outbox: &Outbox) -> Option<Vec<Scanned>> {
        let tell = |value: Value| {
            if let Some(token) = &self.token {
                outbox.progress(token, &value);
            }
        };
        tell(
            json!({"kind": "begin", "title": "Checking notebooks", "cancellable": true, "percentage": 0}),
        );
        let workspace = Arc::new(self.workspace);
        let found = files::find(&self.roots, &workspace);
        for error in &found.errors {
            outbox.log(error);
        }
        let read = || read_all(&self.roots, &found.paths, &workspace, reply);
        let Some(index) = self.index.clone().or_else(read) else {
            tell(json!({"kind": "end", "message": "cancelled"}));
            return None;
        };
        let closed: Vec<PathBuf> = found
            .paths
            .into_iter()
            .filter(|path| !self.open.contains(path))
            .collect();
        let mut scanned = Vec::with_capacity(closed.len());
        let mut shown = 0;
        for (at, path) in closed.iter().enumerate() {
            if reply.is_cancelled() {
                tell(json!({"kind": "end", "message": "cancelled"}));
                return None;
            }
            let percentage = at * 100 / closed.len();
            if percentage > shown {
                shown = percentage;
                let message = format!("{at} of {} notebooks", closed.len());
                tell(json!({"kind": "report", "percentage": percentage, "message": message}));
            }
            let work = || one(path, &self.roots, &workspace, &index, self.profile);
            match catch_unwind(AssertUnwindSafe(work)) {
                Ok(Ok(file)) => scanned.extend(file),
                Ok(Err(error)) => outbox.log(&error),
                Err(_) => outbox.log(&format!(
                    "the analysis of {} failed; this is an error in Cellwise",
                    path.display()
                )),
            }
            // Whoever types goes first.
            thread::yield_now();
        }
        tell(json!({"kind": "end", "message": format!("{} notebooks", scanned.len())}));
        Some(scanned)
    }
}

/// What all notebooks hold, where somebody asks; `None` when it was cancelled.
fn read_all(
    roots: &[PathBuf],
    paths: &BTreeSet<PathBuf>,
    workspace: &Workspace,
    reply: &Reply<Summary>,
) -> Option<Arc<Index>> {
    let config = paths
        .first()
        .and_then(|path| check::config_of(path, workspace).ok());
    if !config.is_some_and(|config| repeats_are_told(&config)) {
        return Some(Arc::default());
    }
    let paths: Vec<PathBuf> = paths.iter().cloned().collect();
    let cancelled = AtomicBool::new(false);
    let step = || {
        if reply.is_cancelled() {
            cancelled.store(true, Ordering::Relaxed);
        }
    };
    let name = |path: &Path| clones::name_of(path, roots);
    clones::index(&paths, name, &cancelled, step).map(Arc::new)
}

fn repeats_are_told(config: &Config) -> bool {
    rules::find(rules::ABOUT_CLONES).is_some_and(|rule| config.severity_of(rule).is_some())
}

/// `None` for a path that no URI can say.
fn one(
    path: &Path,
    roots: &[PathBuf],
    workspace: &Workspace,
    index: &Arc<Index>,
    profile: Profile,
) -> Result<Option<Scanned>, String> {
    let config = check::config_of(path, workspace)?;
    let notebook = format::parse_as(&files::read(path)?, Hint::of_path(path));
    let mut analysis = check::analyse(path, notebook, &config, workspace);
    if repeats_are_told(&config) {
        analysis.set_clones(index, &clones::name_of(path, roots));
        analysis.settle();
    }
    Ok(Uri::of_file(path).map(|uri| Scanned {
        path: path.to_owned(),
        uri,
        findings: analysis.tally(),
        diagnostics: publish::of_file(&analysis, profile),
    }))
}

/// What a client shows of notebooks that are not open.
#[derive(Debug, Default)]
pub struct Closed {
    uris: FxHashMap<PathBuf, Uri>,
    published: Published,
}

impl Closed {
    /// Shows what a scan found in place of what the last one did.
    pub fn show(&mut self, files: Vec<Scanned>, outbox: &Outbox) {
        let mut gone = std::mem::take(&mut self.uris);
        for file in files {
            gone.remove(&file.path);
            self.published
                .show(&file.uri, None, file.diagnostics, outbox);
            self.uris.insert(file.path, file.uri);
        }
        for uri in gone.values() {
            self.published.clear(uri, outbox);
        }
    }

    /// A notebook is opened: from now on its cells show what is found.
    pub fn open(&mut self, notebook: &Uri, outbox: &Outbox) {
        let path = notebook.to_file_path();
        if let Some(uri) = path.and_then(|path| self.uris.remove(&path)) {
            self.published.clear(&uri, outbox);
        }
    }
}
