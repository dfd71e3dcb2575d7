//! The session's part in checking the workspace: it starts the work, shows what is found, and answers.

use std::path::PathBuf;

use super::Session;
use crate::lsp::event::Reply;
use crate::lsp::proto::Uri;
use crate::lsp::scan::{self, Outcome, Scan};
use crate::view::tally::Tally;

impl Session {
    pub(in crate::lsp) fn scan(&mut self, params: scan::Params, reply: Reply<scan::Summary>) {
        let wake = self.wake.clone();
        let scan = Scan {
            roots: self.folders.clone(),
            workspace: self.workspace.apart(),
            profile: self.profile,
            open: self
                .documents
                .notebooks()
                .filter_map(Uri::to_file_path)
                .collect(),
            token: params.work_done_token,
            index: self.clones.index(),
        };
        let started = scan.start(reply, self.outbox.clone(), move |event| {
            // Nobody is there any more: nobody needs to know.
            let _ = wake.send(event);
        });
        if let Err(error) = started {
            self.outbox
                .log(&format!("no thread can be started: {error}"));
        }
    }

    /// Shows what a scan found, but for notebooks that were opened meanwhile, and answers for it.
    pub(super) fn scanned(&mut self, outcome: Outcome) {
        let open: Vec<Uri> = self.documents.notebooks().cloned().collect();
        let paths: Vec<PathBuf> = open.iter().filter_map(Uri::to_file_path).collect();
        let mut files = outcome.files;
        files.retain(|file| !paths.contains(&file.path));
        let summary = |uri: &Uri, findings| scan::FileSummary {
            uri: uri.clone(),
            findings,
        };
        let mut summaries: Vec<_> = files
            .iter()
            .map(|file| summary(&file.uri, file.findings))
            .collect();
        for uri in &open {
            self.settle(uri);
            let analysis = self
                .notebooks
                .get(uri)
                .and_then(|open| open.analysis.as_ref());
            summaries.extend(analysis.map(|analysis| summary(uri, analysis.tally())));
        }
        summaries.sort_by(|a, b| a.uri.cmp(&b.uri));
        self.closed.show(files, &self.outbox);
        outcome.reply.with(|| {
            let mut findings = Tally::default();
            summaries.iter().for_each(|file| findings += file.findings);
            Ok(scan::Summary {
                notebooks: summaries.len(),
                findings,
                files: summaries,
            })
        });
    }
}
