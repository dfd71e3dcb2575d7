//! The only writer: all state of the server, changed by one event at a time.
//!
//! Events are taken in until none waits, then notebooks that changed are analysed once, and what
//! changed is published, unless more has come meanwhile: a burst of edits costs few analyses ([`Burst`]).
//! Nothing here waits for the client.

mod burst;
mod clones;
mod scanning;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use ropey::Rope;
use rustc_hash::FxHashMap;
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};

use self::burst::Burst;
use super::documents::{Change, Documents, NotebookDocument};
use super::event::{Event, Folders};
use super::files::OpenProject;
use super::host::Host;
use super::open::Open;
use super::profile::Profile;
use super::proto::{DocumentEvent, Uri};
use super::requests::{Request, Requests, Shown};
use super::scan::Closed;
use super::wire::Outbox;
use super::{configuration, saved, watch};
use crate::action::Client;
use crate::analysis::facts::OpeningKind;
use crate::engine::Analysis;
use crate::project::{NoProject, Project};
use crate::workspace::Workspace;

#[derive(Debug)]
pub struct Session {
    pub(super) documents: Documents,
    pub(super) notebooks: FxHashMap<Uri, Open>,
    profile: Profile,
    workspace: Workspace,
    outbox: Outbox,
    /// The folders that the client has open.
    folders: Folders,
    closed: Closed,
    /// Notebooks whose saved files hold outputs that nobody has read.
    unread: Vec<Uri>,
    clones: clones::Clones,
    requests: Requests,
    pub(super) lenses: Shown,
    pub(super) hints: Shown,
    /// For threads of ours, to tell when they are done.
    wake: mpsc::Sender<Event>,
    /// How many analyses there were, of any notebook.
    analyses: usize,
}

/// One notebook at rest, for whoever answers a request.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub notebook: &'a Uri,
    pub document: &'a NotebookDocument,
    pub documents: &'a Documents,
    /// Settled: it knows everything that the documents say.
    pub analysis: &'a Analysis,
    pub profile: Profile,
    pub workspace: &'a Workspace,
}

impl<'a> View<'a> {
    /// The files around the notebook.
    pub fn project(&self) -> Box<dyn Project + 'a> {
        match self.notebook.to_file_path() {
            Some(path) => Box::new(OpenProject {
                disk: self.workspace.project(&path),
                documents: self.documents,
            }),
            None => Box::new(NoProject),
        }
    }
}

impl View<'_> {
    /// The text document that the notebook is read from, if it is.
    pub fn host(&self) -> Option<(&Host, &Rope)> {
        self.documents.host(self.notebook)
    }

    /// What the engine needs to know of who asks. Any client can change the cells of a text: they are lines of it.
    pub fn client(&self) -> Client {
        let client = self.profile.client();
        if self.host().is_none() {
            return client;
        }
        Client {
            cell_structure: true,
            files: self.profile.create_files,
        }
    }
}

impl Session {
    /// `wake` leads to the session's own inbox.
    pub fn new(outbox: Outbox, wake: mpsc::Sender<Event>) -> Self {
        Self {
            documents: Documents::default(),
            notebooks: FxHashMap::default(),
            profile: Profile::default(),
            workspace: Workspace::default(),
            outbox,
            folders: Vec::new(),
            closed: Closed::default(),
            unread: Vec::new(),
            clones: clones::Clones::default(),
            requests: Requests::default(),
            lenses: Shown::default(),
            hints: Shown::default(),
            wake,
            analyses: 0,
        }
    }

    /// Runs until no event can come any more.
    pub fn run(&mut self, inbox: &mpsc::Receiver<Event>) {
        let mut burst = Burst::default();
        let mut next = inbox.recv().ok();
        while let Some(event) = next {
            self.guarded(|session| session.handle(event));
            next = burst.next(inbox);
            if next.is_none() {
                self.settle_all();
                // What has come meanwhile makes these results those of yesterday.
                next = inbox.try_recv().ok();
                burst.note(next.is_some());
            }
            if next.is_none() {
                self.guarded(Self::publish);
                next = inbox.recv().ok();
            }
        }
    }

    /// One turn of [`run`](Self::run), for whoever has no thread for it: takes in the events, and publishes.
    pub fn turn(&mut self, events: impl IntoIterator<Item = Event>) {
        for event in events {
            self.guarded(|session| session.handle(event));
        }
        self.settle_all();
        self.guarded(Self::publish);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Initialize(profile, folders, settings) => {
                self.profile = profile;
                self.folders = folders;
                if let Some(settings) = settings {
                    self.configure(&settings);
                }
            }
            Event::Initialized => {
                if self.profile.watches_files {
                    let params = watch::registration();
                    self.requests.send(Request::Watch, params, &self.outbox);
                }
            }
            Event::FoldersChanged { added, removed } => {
                self.folders.retain(|folder| !removed.contains(folder));
                self.folders.extend(added);
            }
            Event::FilesChanged(paths) => {
                self.clones_changed(paths);
                self.workspace.forget_imports();
                self.read_files_again();
                for open in self.notebooks.values_mut() {
                    open.lacks_names = true;
                }
            }
            Event::Scanned(outcome) => self.scanned(outcome),
            Event::Settings(settings) => self.configure(&settings),
            Event::Document(event) => self.document(event),
            Event::Question(question) => self.answer(question),
            Event::Answered(id) => {
                if self.requests.answered(id) == Some(Request::Progress) {
                    self.show_clones();
                }
                self.refresh();
            }
            Event::OutputsRead(notebook, cells) => {
                for change in self.documents.apply_saved(&notebook, &cells) {
                    self.follow(change);
                }
            }
            Event::ClonesCounted(files) => self.clones_counted(files),
            Event::ClonesRead(index) => self.clones_read(index),
            Event::ProgressCancelled(token) => {
                if token == clones::TOKEN {
                    self.cancel_clones();
                }
            }
            Event::Shutdown(reply) => reply.with(|| Ok(())),
            Event::ImportsRead => {
                for open in self.notebooks.values_mut() {
                    open.lacks_names = true;
                    open.touch();
                }
            }
        }
    }

    fn configure(&mut self, settings: &Value) {
        match configuration::read(settings) {
            Ok(None) => {}
            Ok(Some(settings)) => {
                self.workspace.set_overrides(settings);
                self.reconfigure();
                // They may have been switched on or off.
                self.hints.outdate();
            }
            Err(error) => self
                .outbox
                .log(&format!("the settings are kept as they were: {error}")),
        }
    }

    fn reconfigure(&mut self) {
        for (uri, open) in &mut self.notebooks {
            let (config, mistake) = configuration::of(uri, &self.workspace);
            if let Some(mistake) = mistake {
                self.outbox.log(&mistake);
            }
            if open.config == config {
                continue;
            }
            open.config = config;
            if let Some(analysis) = &mut open.analysis {
                analysis.set_config(Arc::clone(&open.config));
            }
            open.touch();
        }
    }

    /// Settings and files that notebooks take names from may have changed.
    fn read_files_again(&mut self) {
        self.workspace.forget();
        self.reconfigure();
        for open in self.notebooks.values_mut() {
            open.looked_up.clear();
            open.knows_dependencies = false;
            open.unsettled |= open.analysis.is_some();
        }
    }

    fn document(&mut self, event: DocumentEvent) {
        if matches!(
            event,
            DocumentEvent::NotebookSaved(_) | DocumentEvent::TextSaved(_)
        ) {
            // Not every client tells of a configuration file that changed; whoever changes one saves soon.
            self.read_files_again();
        }
        if let DocumentEvent::NotebookSaved(saved) = &event {
            let path = saved.notebook_document.uri.to_file_path();
            self.clones_changed(path.into_iter().collect());
        }
        let saved = match &event {
            DocumentEvent::NotebookOpened(opened) => Some(opened.notebook_document.uri.clone()),
            DocumentEvent::NotebookSaved(saved) => Some(saved.notebook_document.uri.clone()),
            _ => None,
        };
        let applied = self.documents.apply(event);
        for complaint in applied.complaints {
            self.outbox.log(&complaint);
        }
        for change in applied.changes {
            self.follow(change);
        }
        if !self.profile.outputs {
            self.unread.extend(saved);
        }
    }

    /// Reads saved files for their outputs. First diagnostics do not wait for these, nor share the processors with them.
    fn read_saved(&mut self) {
        for notebook in self.unread.drain(..) {
            let wake = self.wake.clone();
            saved::read(&notebook, move |notebook, cells| {
                // Nobody is there any more: nobody needs to know.
                let _ = wake.send(Event::OutputsRead(notebook, cells));
            });
        }
    }

    /// Has the analysis follow what the documents did.
    fn follow(&mut self, change: Change) {
        match change {
            Change::Opened(uri) => {
                let (config, mistake) = configuration::of(&uri, &self.workspace);
                if let Some(mistake) = mistake {
                    self.outbox.log(&mistake);
                }
                let mut open = Open {
                    config,
                    ..Open::default()
                };
                open.touch();
                self.closed.open(&uri, &self.outbox);
                self.notebooks.insert(uri, open);
            }
            Change::Closed(uri) => {
                if let Some(mut open) = self.notebooks.remove(&uri) {
                    open.published.clear_all(&self.outbox);
                }
            }
            Change::Cell { notebook, cell } => {
                if let Some(open) = self.notebooks.get_mut(&notebook) {
                    open.touch();
                    open.dirty.insert(cell);
                }
            }
            Change::Spliced {
                notebook,
                start,
                delete,
                insert,
            } => {
                let Some(open) = self.notebooks.get_mut(&notebook) else {
                    return;
                };
                open.touch();
                if let Some(analysis) = &mut open.analysis {
                    let cells = insert.iter().filter_map(|cell| self.documents.cell(cell));
                    let cells = cells.map(|cell| Arc::new(cell.to_cell())).collect();
                    analysis.splice(start, delete, cells);
                }
                // A moved cell keeps its URI, and with it what is shown there. Another one may stand now where
                // findings speak of a place, with the same text.
                open.unpublished.extend(insert);
                open.unpublished.extend(open.published.speakers().cloned());
            }
            Change::Meta(uri) => {
                let meta = self.documents.snapshot_meta(&uri);
                if let Some(open) = self.notebooks.get_mut(&uri) {
                    open.touch();
                    if let (Some(analysis), Some(meta)) = (&mut open.analysis, meta) {
                        analysis.set_meta(meta);
                    }
                }
            }
            Change::Problems(uri) => {
                let document = self.documents.notebook(&uri);
                let problems = document.map(|document| Arc::clone(&document.problems));
                if let Some(open) = self.notebooks.get_mut(&uri) {
                    open.touch();
                    if let (Some(analysis), Some(problems)) = (&mut open.analysis, problems) {
                        analysis.set_problems(problems);
                    }
                }
            }
            Change::Moved(uri) => {
                if let Some(open) = self.notebooks.get_mut(&uri) {
                    open.notebook_unpublished = true;
                }
            }
            Change::CellClosed { notebook, cell } => {
                if let Some(open) = self.notebooks.get_mut(&notebook) {
                    open.published.clear(&cell, &self.outbox);
                    open.unpublished.remove(&cell);
                }
            }
        }
    }

    /// The notebook of a cell, analysed up to now. `None` for a document that is no cell.
    pub(super) fn view(&mut self, cell: &Uri) -> Result<Option<View<'_>>> {
        let Some(notebook) = self.documents.cell(cell).map(|cell| cell.notebook.clone()) else {
            return Ok(None);
        };
        self.view_of(&notebook)
    }

    /// A notebook by its own URI, analysed up to now. `None` for one that is not open.
    ///
    /// # Errors
    /// Where the analysis of the notebook panicked.
    pub fn view_of(&mut self, notebook: &Uri) -> Result<Option<View<'_>>> {
        self.settle(notebook);
        let Some((notebook, open)) = self.notebooks.get_key_value(notebook) else {
            return Ok(None);
        };
        let Some(document) = self.documents.notebook(notebook) else {
            return Ok(None);
        };
        Ok(Some(View {
            notebook,
            document,
            documents: &self.documents,
            analysis: open.analysis.as_ref().ok_or_else(Error::internal_error)?,
            profile: self.profile,
            workspace: &self.workspace,
        }))
    }

    fn settle_all(&mut self) {
        let unsettled = self.notebooks.iter().filter(|(_, open)| open.unsettled);
        let unsettled: Vec<Uri> = unsettled.map(|(uri, _)| uri.clone()).collect();
        self.analyses += unsettled.len();
        for uri in unsettled {
            self.settle(&uri);
        }
    }

    fn settle(&mut self, uri: &Uri) {
        self.settle_by(uri, Open::settle);
        self.look_around(uri);
        self.see_clones(uri);
    }

    /// Reads the files that the notebook takes all names from, when it names others than before, and what
    /// the project depends on.
    fn look_around(&mut self, uri: &Uri) {
        let Some(open) = self.notebooks.get_mut(uri) else {
            return;
        };
        let Some(analysis) = &mut open.analysis else {
            return;
        };
        let learns = !open.knows_dependencies;
        if learns && let Some(path) = uri.to_file_path() {
            analysis.set_dependencies(self.workspace.dependencies(&path));
        }
        open.knows_dependencies = true;
        let lookups = analysis.lookups();
        let looked_up = lookups.iter().copied().eq(&open.looked_up);
        if looked_up && !open.lacks_names && !learns {
            return;
        }
        let Some(path) = uri.to_file_path() else {
            return;
        };
        if !looked_up {
            let lookups: Vec<OpeningKind> = lookups.into_iter().cloned().collect();
            analysis.set_surroundings(self.workspace.surroundings(&path, &lookups));
            open.looked_up = lookups;
        }
        if open.lacks_names {
            match self.workspace.known_imports(&path) {
                Some(imports) => {
                    analysis.set_imports(imports);
                    open.lacks_names = false;
                }
                None => {
                    let wake = self.wake.clone();
                    self.workspace.read_imports(&path, move || {
                        // Nobody is there any more: nobody needs to know.
                        let _ = wake.send(Event::ImportsRead);
                    });
                }
            }
        }
        open.unsettled = true;
        self.settle_by(uri, Open::settle);
    }

    /// Settles a notebook by `settle`, and survives its panic.
    fn settle_by(&mut self, uri: &Uri, settle: impl FnOnce(&mut Open, &Uri, &Documents)) {
        let documents = &self.documents;
        let Some(open) = self.notebooks.get_mut(uri) else {
            return;
        };
        if catch_unwind(AssertUnwindSafe(|| settle(open, uri, documents))).is_err() {
            // Half an analysis may hold anything; the documents are whole.
            open.analysis = None;
            open.unsettled = false;
            open.broken = true;
            self.outbox.log(&format!(
                "the analysis of {uri} failed; this is an error in Cellwise"
            ));
        }
    }

    fn publish(&mut self) {
        let mut changed = false;
        for (uri, open) in &mut self.notebooks {
            if let Some(document) = self.documents.notebook(uri) {
                changed |= open.publish(uri, document, &self.documents, self.profile, &self.outbox);
            }
        }
        if changed {
            self.lenses.outdate();
            if self.notebooks.values().any(|open| open.config.inlay_hints) {
                self.hints.outdate();
            }
        }
        self.refresh();
        self.read_saved();
        self.begin_clones();
    }

    /// Has the client ask again for what it shows and is outdated.
    fn refresh(&mut self) {
        if self.profile.lens_refresh {
            let by = Request::RefreshLenses;
            self.lenses.refresh(by, &mut self.requests, &self.outbox);
        }
        if self.profile.hint_refresh {
            let by = Request::RefreshHints;
            self.hints.refresh(by, &mut self.requests, &self.outbox);
        }
    }

    /// Runs `work`, and survives its panic: whatever it left is forgotten and found again from
    /// the documents. The reply that it held is dropped, which answers its request with an error.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
            for open in self.notebooks.values_mut() {
                open.analysis = None;
                open.touch();
            }
            self.outbox
                .log("a request failed; this is an error in Cellwise");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::event::Reply;
    use crate::lsp::proto;
    use crate::notebook::CellIdx;
    use serde_json::json;

    /// A session with an empty cell before a full one, which has been published.
    fn session() -> (Session, impl FnMut() -> Option<Vec<u8>>) {
        let (outbox, mut sent) = Outbox::collected();
        let mut session = Session::new(outbox, mpsc::channel().0);
        let cell = |text: &str, uri: &str| json!({"uri": uri, "languageId": "python", "version": 1, "text": text});
        let notebook = json!({
            "uri": "n:", "version": 0,
            "cells": [{"kind": 2, "document": "n:#1"}, {"kind": 2, "document": "n:#2"}],
        });
        let params = json!({"notebookDocument": notebook, "cellTextDocuments": [cell("", "n:#1"), cell("1", "n:#2")]});
        let event = proto::document_event("notebookDocument/didOpen", params).unwrap();
        session.handle(Event::Document(event));
        session.settle_all();
        session.publish();
        assert!(sent().is_some() && sent().is_none());
        (session, sent)
    }

    #[test]
    fn a_panic_costs_one_answer() {
        let (mut session, mut sent) = session();
        let (reply, mut answer) = Reply::<()>::channel();
        session.guarded(|_| reply.with(|| panic!("on purpose")));
        assert!(answer.try_recv().is_err(), "the front answers for it");
        let log = String::from_utf8(sent().unwrap()).unwrap();
        assert!(log.contains("window/logMessage"), "{log}");
        assert!(
            session
                .notebooks
                .values()
                .all(|open| open.analysis.is_none())
        );

        let view = session.view(&Uri::from("n:#1")).unwrap().unwrap();
        assert_eq!(
            view.analysis.cell_findings(CellIdx(0)).len(),
            1,
            "analysed from scratch"
        );
        session.publish();
        assert_eq!(sent(), None, "and nothing has changed");
    }

    fn edit(version: i64, text: &str) -> Event {
        let step =
            json!({"document": {"uri": "n:#1", "version": version}, "changes": [{"text": text}]});
        let change = json!({"cells": {"textContent": [step]}});
        let of = json!({"uri": "n:", "version": version});
        let params = json!({"notebookDocument": of, "change": change});
        Event::Document(proto::document_event("notebookDocument/didChange", params).unwrap())
    }

    #[test]
    fn an_analysis_that_panics_is_begun_again_at_the_next_change() {
        let (mut session, mut sent) = session();
        session.handle(edit(2, "1"));
        session.settle_by(&Uri::from("n:"), |_, _, _| panic!("on purpose"));
        let log = String::from_utf8(sent().unwrap()).unwrap();
        assert!(log.contains("the analysis of n: failed"), "{log}");
        assert!(
            session.view(&Uri::from("n:#1")).is_err(),
            "one error a request"
        );
        session.publish();
        assert_eq!(sent(), None, "what was published stays");

        session.handle(edit(3, "2"));
        session.settle_all();
        session.publish();
        let published = String::from_utf8(sent().unwrap()).unwrap();
        assert!(
            published.ends_with(r#""version":3,"diagnostics":[]}}"#),
            "{published}"
        );
    }

    #[test]
    fn a_burst_is_published_once() {
        let (mut session, mut sent) = session();
        let (events, inbox) = mpsc::channel();
        for version in 2..100_i64 {
            let text = " ".repeat(usize::try_from(version % 7).unwrap());
            events.send(edit(version, &text)).unwrap();
        }
        drop(events);
        session.run(&inbox);
        let published = String::from_utf8(sent().unwrap()).unwrap();
        assert!(published.contains(r#""version":99"#), "{published}");
        assert_eq!(sent(), None);
    }

    #[test]
    fn two_thousand_keystrokes_cost_few_analyses_at_once_or_in_chunks() {
        for chunk in [2_000, 200, 80] {
            keystrokes_in_chunks(chunk);
        }
    }

    /// As a pipe hands on what was written at once.
    fn keystrokes_in_chunks(size: usize) {
        let (mut session, mut sent) = session();
        let (events, inbox) = mpsc::channel();
        let versions: Vec<i64> = (2..=2_001).collect();
        let before = session.analyses;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for chunk in versions.chunks(size) {
                    for &version in chunk {
                        let text = "x".repeat(usize::try_from(version).unwrap());
                        events.send(edit(version, &text)).unwrap();
                    }
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            });
            session.run(&inbox);
        });
        let analyses = session.analyses - before;
        assert!((1..=50).contains(&analyses), "{analyses}");
        let view = session.view(&Uri::from("n:#1")).unwrap().unwrap();
        let text = &view.analysis.notebook().cells[0].text;
        assert_eq!(**text, *"x".repeat(2_001));
        let published: Vec<Vec<u8>> = std::iter::from_fn(&mut sent).collect();
        let last = String::from_utf8(published.last().unwrap().clone()).unwrap();
        assert!(last.contains(r#""version":2001"#), "{last}");
    }

    #[test]
    fn a_cancelled_request_is_not_worked_on() {
        let (reply, answer) = Reply::<()>::channel();
        drop(answer);
        reply.with(|| panic!("nobody waits"));
    }
}
