//! What is said of a notebook as a whole, to clients that asked for it: `cellwise/status` with how it
//! stands, and `cellwise/graphChanged`, which is no more than a nudge.

use serde::Serialize;

use super::documents::NotebookDocument;
use super::profile::Profile;
use super::proto::Uri;
use super::wire::Outbox;
use crate::engine::Analysis;
use crate::view::tally::Tally;

/// What the client was told, so that nothing is told twice.
#[derive(Debug, Default)]
pub struct Told {
    /// Something that a picture shows may differ from when [`Self::tell`] was last called.
    pub picture_changed: bool,
    status: Option<Status>,
    /// The client has a picture: it asked for one after it was last told of a change.
    pub has_picture: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    findings: Tally,
    runs_from_top: bool,
    why: Vec<String>,
    stale: Vec<Stale>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Stale {
    uri: Uri,
    index: u32,
}

#[derive(Serialize)]
struct Of<'a, T> {
    notebook: &'a Uri,
    version: i64,
    #[serde(flatten)]
    what: T,
}

/// Of what it is said.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub notebook: &'a Uri,
    pub document: &'a NotebookDocument,
    pub analysis: &'a Analysis,
    pub profile: Profile,
}

impl Told {
    /// Says what has changed, and returns whether anything has. Where nothing has, it looks at nothing.
    pub fn tell(&mut self, subject: Subject<'_>, outbox: &Outbox) -> bool {
        if !std::mem::take(&mut self.picture_changed) {
            return false;
        }
        if subject.profile.status {
            let status = status(subject);
            if self.status.as_ref() != Some(&status) {
                outbox.notify("cellwise/status", &of(subject, &status));
                self.status = Some(status);
            }
        }
        if subject.profile.graph && std::mem::take(&mut self.has_picture) {
            outbox.notify("cellwise/graphChanged", &of(subject, ()));
        }
        true
    }
}

fn of<T>(subject: Subject<'_>, what: T) -> Of<'_, T> {
    Of {
        notebook: subject.notebook,
        version: subject.document.version,
        what,
    }
}

fn status(subject: Subject<'_>) -> Status {
    let overview = subject.analysis.overview();
    let stale = overview.stale().filter_map(|cell| {
        let uri = subject.document.order.get(cell.to_usize())?.clone();
        Some(Stale { uri, index: cell.0 })
    });
    Status {
        findings: subject.analysis.tally(),
        runs_from_top: overview.runs_from_top(),
        why: overview.why(subject.analysis.link()),
        stale: stale.collect(),
    }
}
